"""Chapters: from what audio is to what a model hears, each a page with live pictures of the very stages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Chapter:
    """A page: `number` is part of its address, `about` says in a line what one will see."""

    number: int
    title: str
    about: str


CHAPTERS = (
    Chapter(
        0, "What audio is", "From a sentence to a phoneme to single samples, and the four systems that hear or speak."
    ),
    Chapter(1, "Signals and sampling", "Aliasing, bit depth, dither and clipping, seen and heard."),
    Chapter(2, "Time and frequency", "Windows, leakage, the trade between time and frequency, and phase."),
    Chapter(3, "Perceptual scales", "Mel, decibels, MFCC and PCEN: what is thrown away, and how it sounds."),
    Chapter(
        4, "Neural inputs and architectures", "Frames, patches, normalisation, augmentation, and what a model sees."
    ),
    Chapter(5, "Multimodal", "Audio with its text: transcript, alignment, and the rates of tokens."),
)
