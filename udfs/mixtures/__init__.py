"""How much of each task goes into a training mixture: published rules of sampling, and how they become counts."""
