"""The most informative examples: which may be chosen, what speaks for each, and rounds that never repeat one."""
