"""What an unknown dataset is: from the beginnings of its files to its reader, its columns and its task type."""
