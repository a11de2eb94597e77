"""Showing: arrays as pictures and sound, with numpy and zlib alone; for notebooks, terminals, reports and pages."""
