"""Showing what a store holds: one example read back, drawn in a terminal, written as files that other programs open."""
