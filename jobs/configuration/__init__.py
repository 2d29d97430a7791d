"""What `conf/` and `templates/` may say, as classes, and the mistakes in it."""
