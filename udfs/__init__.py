"""Column functions over Arrow arrays and native expressions: no session, no files, no conf."""
