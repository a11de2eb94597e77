"""Language models of words or symbols: how probable a text is."""
