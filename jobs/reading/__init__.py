"""From files to candidates: readers, plans of what is read again, and the account of it."""
