"""Near-duplicates among examples, and pairs that repeat others."""
