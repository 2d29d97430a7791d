"""What people decided about pairs: which decision binds, how good that makes a task, and what to look at next."""
