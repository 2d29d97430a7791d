"""What the `taskmill` command shows, other than running steps."""
