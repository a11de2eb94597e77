"""Published corpora of speech, each read as its publishers lay it out, one file each.

Labels that several of them state have the same names and values: `gender` (see genders.py), `language` (BCP 47: "en",
"de"), `subset` (the part of a corpus that is published by itself), `emotion`, `word`.
"""
