"""Measures of sets of pairs, each with its standard error: length, words, wording, instructions, labels, structure."""
