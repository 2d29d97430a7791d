"""How alike tasks are, and clusters of them: from what is known of a task to vectors to groups. No Spark."""
