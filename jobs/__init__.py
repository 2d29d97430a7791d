"""The steps, from sources to training files, and what they share."""
