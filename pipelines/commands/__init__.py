"""The commands that need a recipe or a store."""
