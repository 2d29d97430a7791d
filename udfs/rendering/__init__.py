"""Rendering of examples through templates: Arrow kernels, sandboxed Jinja, and the choice between them."""
