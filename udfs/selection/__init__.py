"""The most informative of many examples within a budget: vectors of texts, and choices that cover them."""
