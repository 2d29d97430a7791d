"""How good wordings are, from what became of their pairs and from what they say themselves."""
