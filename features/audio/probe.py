"""What encoded bytes are, and whether all of them are there: by content, never by a name.

Decoders accept half a file without a word. The container knows better: its sizes, its last page, its
counts. `probe` reads those and no more; it decodes nothing and does no I/O.
"""

from __future__ import annotations

import codecs
from dataclasses import replace

from features.audio.containers import Probe, Verdict, boxes, chunked, flac, mpeg, ogg, riff

__all__ = ["Probe", "Verdict", "probe"]

# Containers that are recognised and left to a decoder to judge; nothing in them is checked here.
OTHERS: dict[bytes, str] = {
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "asf",
    b"#!AMR": "amr",
    b"\x0b\x77": "ac3",
    b"MAC ": "ape",
    b"wvpk": "wv",
    b"TTA1": "tta",
    b"MPCK": "mpc8",
    b"MP+": "mpc",
    b"DSD ": "dsf",
    b"Creative Voice File": "voc",
    b"PVF1\n": "pvf",
    b"ALawSoundFile**": "wve",
    b"2BIT": "avr",
}

TEXTS = {
    b"version https://git-lfs.github.com/spec/": "a git-lfs pointer: the audio was never fetched (git lfs pull)",
    b"<!doctype html": "a web page",
    b"<html": "a web page",
    b"<?xml": "XML",
    b"{": "JSON or other text",
}

BINARIES = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "gzip data",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\x28\xb5\x2f\xfd": "zstd data",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x7fELF": "a program",
}


def probe(data: bytes | memoryview) -> Probe:
    """What the bytes are and declare; `fault` says why where they are no audio."""
    whole = bytes(data)
    if not whole:
        return Probe("", fault="not audio: it is empty")
    start = _after_tags(whole)
    if start >= len(whole):
        return Probe("mp3", verdict="truncated", fault="it ends inside its ID3 tag, or behind it")
    found = _container(whole[start:] if start else whole)
    return replace(found, start=start + found.start)


def _after_tags(data: bytes) -> int:
    """Where the container begins: MP3, FLAC and others are found behind ID3v2 tags."""
    at = 0
    while data[at : at + 3] == b"ID3":
        size = mpeg.id3v2_size(data, at)
        if size == 0:
            break
        at += size
    return at


def _container(data: bytes) -> Probe:
    head, form = data[:4], data[8:12]
    if head in (b"RIFF", b"RIFX", b"RF64", b"BW64") and len(data) >= 12:
        if form == b"WAVE":
            return riff.probe(data)
        if form == b"AVI ":
            return riff.avi(data)
    if head == b"fLaC":
        return flac.probe(data)
    if head == b"OggS":
        return ogg.probe(data)
    if head == b"FORM" and form in (b"AIFF", b"AIFC"):
        return chunked.aiff(data)
    if head in (b".snd", b"dns."):
        return chunked.au(data)
    if head == b"caff":
        return chunked.caf(data)
    if head == b"riff" and data[24:28] == b"wave":
        return chunked.wave64(data)
    if data.startswith(b"NIST_1A\n"):
        return chunked.sphere(data)
    if data[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip") and len(data) >= 16:
        return boxes.mp4(data)
    if head == b"\x1a\x45\xdf\xa3":
        return boxes.matroska(data)
    return _frames_or_none(data)


def _frames_or_none(data: bytes) -> Probe:
    for magic, name in OTHERS.items():
        if data.startswith(magic):
            return Probe(name, reason="its length is not looked at")
    what = _not_audio(data)
    if what:
        return Probe("", fault=f"not audio: {what}")
    return mpeg.probe(data) or Probe("", fault=f"not audio as far as can be told: it begins with {data[:8].hex(' ')}")


def _not_audio(data: bytes) -> str:
    """What the bytes are where they are something else; empty where that is not known."""
    for magic, name in BINARIES.items():
        if data.startswith(magic):
            return name
    opening = data[:512].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for magic, name in TEXTS.items():
        if opening.startswith(magic):
            return name
    text = codecs.getincrementaldecoder("utf-8")(errors="strict")
    try:
        letters = text.decode(data[:512])
    except UnicodeDecodeError:
        return ""
    return "text" if all(letter.isprintable() or letter in "\t\r\n\f" for letter in letters) else ""
