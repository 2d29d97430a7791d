"""Gates that a task passes before anything of it is published: statistics in, verdicts out."""
