"""Fetching: published corpora, downloaded and unpacked; never without being asked.

`sources` says where each corpus lies, `download` brings a file, `extract` unpacks it, `install` puts it in its place,
and `fetch` does one after the other. Whatever stops it, the same call goes on where it was.
"""
