"""Splits: who trains, who chooses, who tests. A seeded hash of the group decides, so growth moves nobody."""
