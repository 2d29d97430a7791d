"""What is looked for in the texts of each task, and what becomes of it."""
