"""`taskmill templates rank`: counts of what became of each wording's pairs, its score, and how that is told."""
