"""Held-out folds: their plan, what overlaps across them, and their proof."""
