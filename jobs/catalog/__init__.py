"""Sources, task types and tasks as found in the files, checked before anything runs."""
