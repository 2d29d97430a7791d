"""Near-duplicates by MinHash: shingles, signatures, bands and exact verification, over Arrow and numpy arrays."""
