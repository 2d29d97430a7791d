"""Task clusters: what is known of tasks, how similar they are, and what clusters are called."""
