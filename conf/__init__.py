"""The pipeline settings, the sources and the bundled sample, as package data."""
