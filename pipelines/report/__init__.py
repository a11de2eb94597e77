"""Report: one page about a build, self-contained; `writing.py` puts it into the store."""
