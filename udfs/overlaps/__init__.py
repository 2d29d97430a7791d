"""Content that examples share: fingerprints of texts, texts that meet, and the verdict on two examples."""
