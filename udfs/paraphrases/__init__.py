"""Other wordings of a template: what must stay as it is, and whether a candidate says the same."""
