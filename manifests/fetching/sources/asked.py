"""Corpora that one has to ask their publishers for."""

from __future__ import annotations

from manifests.fetching.source import Asked

ASKED = (
    Asked(
        "common_voice",
        "https://commonvoice.mozilla.org/datasets",
        "choose a language and a version there, agree not to identify the speakers, and take the link that you are "
        "given; unpack it, and name the folder of the language (the one with validated.tsv) as root",
    ),
    Asked(
        "gigaspeech",
        "https://github.com/SpeechColab/GigaSpeech",
        "fill in the form that is linked there; the password that comes by mail opens the publishers' own download",
    ),
    Asked(
        "voxceleb",
        "https://www.robots.ox.ac.uk/~vgg/data/voxceleb/",
        "fill in the form that is linked there; links and a password come by mail. Join the pieces of each zip with "
        "cat before unpacking",
    ),
)
