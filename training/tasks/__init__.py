"""Task families: what a model's outputs mean, one file each."""
