"""Browsing: what is in a store, for a page: a million rows that are never all loaded, and one row in every detail."""
