"""Converts published collections of templates to native task types, as far as nothing is lost."""
