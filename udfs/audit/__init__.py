"""Looking for bias: mentions of groups, labels that go with them, and texts with the groups exchanged."""
