"""What the gates of tasks are given: statistics of each task, made by Spark, and what the configuration says."""
