"""File formats of the field that Spark does not read: bytes in, records out, no file access of their own."""
