"""Language models behind OpenAI-compatible endpoints: asked with care for money, and never twice for the same."""
