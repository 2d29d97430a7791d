"""Examples looked through for personal data and sensitive themes: flags, redaction, and reasons to refuse a row."""
