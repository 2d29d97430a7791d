"""Forms of a pair: how its options are shown and in which order, what stands before and after, how long it may be."""
