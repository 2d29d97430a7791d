"""What mixtures are made of: their files, the pairs that may take part, what is taken of these, and shards of it."""
