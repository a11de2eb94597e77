"""Gates: what must hold of a store before its readers see it."""
