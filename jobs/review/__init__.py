"""Review by people: samples to look at, decisions as files and as a table, and what they bind."""
