"""The bias audit: a sample of every task looked through for groups of people, by Spark."""
