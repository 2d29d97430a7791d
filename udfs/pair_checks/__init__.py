"""Checks of rendered pairs: in which rows something is wrong, and what that takes from their quality."""
