"""Structured annotations as text and back: spans, trees, tables, each with a codec that loses nothing."""
