"""Sensitive themes in texts: who classifies them, and the small classifier that looks for words."""
