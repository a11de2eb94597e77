"""Probe: what bytes are, by content; and whether all of them are there, at every place where they can be cut."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from features.audio.containers import mpeg, ogg
from features.audio.probe import probe
from tests.features.audio.sounds import FORMATS, decoded, encode, noise, outcome, reason, with_av

NAMES = {"WAVEX": "wav", "RF64": "wav", "NIST": "sph"}


@pytest.mark.parametrize(("container", "subtype"), FORMATS)
def test_what_is_declared(container: str, subtype: str) -> None:
    found = probe(memoryview(encode(noise(20_000, 2), container, subtype)))
    assert found.container == NAMES.get(container, container.lower())
    assert not found.fault
    if container == "W64":
        assert found.sample_rate is None
        return
    assert found.channels == 2
    assert found.sample_rate == (48_000 if subtype == "OPUS" else 16_000)
    unknown = container in ("AU", "CAF") or "ADPCM" in subtype
    wanted = None if unknown else 60_000 if subtype == "OPUS" else 20_000
    assert found.frames == wanted
    assert found.verdict == ("unknown" if container == "FLAC" else "complete")


@pytest.mark.parametrize(("container", "subtype"), FORMATS)
def test_a_cut_anywhere_is_seen(container: str, subtype: str) -> None:
    """Every cut of a format that declares its length is rejected; AU and the like declare theirs too."""
    data = encode(noise(30_000, 2), container, subtype)
    end = len(data)
    if container == "W64":
        end -= 8  # padding behind the samples
    if container == "CAF":
        end = data.index(b"data") + 12 + struct.unpack_from(">q", data, data.index(b"data") + 4)[0]
    rng = np.random.default_rng(3)
    places = {0, 1, 11, 12, 40, 43, 44, 45, 90, end // 2, end - 1, end - 2, *rng.integers(1, end, 60).tolist()}
    for place in sorted(places):
        assert reason(data[:place]), place


@pytest.mark.parametrize(
    ("codec", "container"),
    [("aac", "mp4"), ("alac", "mov"), ("libopus", "webm"), ("pcm_s16le", "matroska"), ("pcm_u8", "avi")],
)
def test_a_cut_of_other_containers_is_seen(codec: str, container: str) -> None:
    data = with_av(noise(48_000, 2), codec, container)
    assert probe(data).verdict == "complete"
    for place in np.linspace(5, len(data) - 1, 40).astype(int).tolist():
        assert reason(data[:place]), place


@pytest.mark.parametrize(("codec", "container"), [("mp2", "mp2"), ("aac", "adts"), ("libmp3lame", "mp3")])
def test_a_cut_of_frames_without_a_count(codec: str, container: str) -> None:
    """Nothing is declared: a cut inside a frame is seen, one between frames cannot be, and is marked unknown."""
    data = with_av(noise(48_000, 1), codec, container, **({"write_xing": "0"} if codec == "libmp3lame" else {}))
    verdicts = {place: probe(data[:place]).verdict for place in range(len(data) // 2, len(data) // 2 + 2000)}
    whole = [place for place, verdict in verdicts.items() if verdict != "truncated"]
    assert 1 <= len(whole) <= 40
    for place in whole:
        result, notes = outcome(data[:place])
        assert verdicts[place] == "unknown"
        assert notes["length"] == "unknown"
        assert result.audio().samples.shape[1] % (1024 if codec == "aac" else 1152) == 0


def test_a_truncated_file_can_be_kept() -> None:
    samples = noise(20_000)
    for container in ("WAV", "FLAC", "AIFF"):
        data = encode(samples, container)
        result, notes = outcome(data[: len(data) // 2], truncated="keep")
        got = result.audio().samples
        assert 7_000 < got.shape[1] < 12_000
        assert np.array_equal(got, samples[: got.shape[1]].T / np.float32(32768))
        assert "declares" in notes["incomplete"]


def test_reasons_say_by_how_much() -> None:
    data = encode(noise(10_000))
    assert reason(data[:-1234]) == "truncated: the data chunk declares 20000 bytes, 18766 are there"
    mp3 = encode(noise(50_000), "MP3", "MPEG_LAYER_III")
    assert reason(mp3[: len(mp3) // 2]).startswith("truncated: it declares 89 frames, 4")
    vorbis = encode(noise(50_000), "OGG", "VORBIS")
    pages = [at for at in range(len(vorbis)) if vorbis[at : at + 4] == b"OggS"]
    assert "its last page does not end the stream" in reason(vorbis[: pages[-1]])
    assert "s are there" in reason(vorbis[: pages[-1]])


def test_a_page_of_ogg_that_is_missing_or_changed() -> None:
    for subtype in ("VORBIS", "OPUS"):
        data = encode(noise(200_000), "OGG", subtype)
        pages = [at for at in range(len(data)) if data[at : at + 4] == b"OggS"]
        assert len(pages) > 4
        assert "is missing" in reason(data[: pages[3]] + data[pages[4] :])
        for place in (pages[3] + 7, pages[3] + 60, len(data) - 5):
            flipped = bytearray(data)
            flipped[place] ^= 8
            assert "checksum" in reason(bytes(flipped)), place
        assert "no Ogg page" in reason(data[: pages[3]] + b"junk" + data[pages[3] :])


def test_a_flipped_bit_in_flac_is_seen() -> None:
    data = encode(noise(60_000, 2), "FLAC")
    for form in (data, data[:18] + bytes([data[18], data[19], data[20], data[21] & 0xF0, 0, 0, 0, 0]) + data[26:]):
        rng = np.random.default_rng(7)
        for place in rng.integers(9000, len(data), 60).tolist():
            flipped = bytearray(form)
            flipped[place] ^= 1 << int(rng.integers(8))
            assert reason(bytes(flipped)), place


def test_mp3_with_bytes_lost_or_added() -> None:
    data = encode(noise(100_000), "MP3", "MPEG_LAYER_III")
    half = len(data) // 2
    assert "damaged" in reason(data[:half] + b"some bytes" + data[half:])
    assert reason(data[:half] + data[half + 1000 :])
    tagged = b"ID3\4\0\0\0\0\1\0" + bytes(128) + data + b"TAG" + bytes(125)
    assert probe(tagged).start == 138
    assert np.array_equal(decoded(tagged).samples, decoded(data).samples)
    assert probe(tagged).verdict == "complete"
    assert reason(b"ID3\4\0\0\0\0\1\0" + bytes(100)) == "mp3: it ends inside its ID3 tag, or behind it"


def test_mp3_that_counts_in_another_way() -> None:
    """A Xing frame that counts itself; and Fraunhofer's VBRI frame, which is no audio."""
    data = bytearray(encode(noise(50_000), "MP3", "MPEG_LAYER_III"))
    at = data.index(b"Xing") + 8
    frames, size = struct.unpack_from(">II", data, at)
    assert size == len(data)
    data[at : at + 4] = struct.pack(">I", frames + 1)
    assert probe(bytes(data)).verdict == "complete"
    assert probe(bytes(data)).frames is None
    assert decoded(bytes(data)).channels == 1
    assert reason(bytes(data[:-1])).startswith(f"truncated: it declares {frames + 1} frames, {frames - 1} are there")

    plain = with_av(noise(48_000), "libmp3lame", "mp3", 44100, write_xing="0", id3v2_version="0")
    first = mpeg.mpeg_header(plain, 0)
    assert first is not None
    count = decoded(plain).samples.shape[1] // 1152
    vbri = plain[:4] + bytes(32) + b"VBRI" + struct.pack(">HHHII", 1, 0, 75, len(plain) + first.size, count)
    tagged = vbri.ljust(first.size, b"\0") + plain
    assert (probe(tagged).verdict, probe(tagged).frames) == ("complete", count * 1152)
    assert np.array_equal(decoded(tagged).samples, decoded(plain).samples)
    assert "declares" in reason(tagged[:-300])


def test_containers_behind_an_id3_tag() -> None:
    samples = noise(5000)
    for container in ("FLAC", "WAV"):
        tagged = b"ID3\4\0\0\0\0\1\0" + bytes(128) + encode(samples, container)
        assert np.array_equal(decoded(tagged).samples, samples.T / np.float32(32768))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "it is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", "git-lfs pointer"),
        (b"\n  <!DOCTYPE html><html><body>404</body></html>", "a web page"),
        (b"<html><head></head></html>", "a web page"),
        (b"<?xml version='1.0'?><Error/>", "XML"),
        (b'{"error": "not found"}', "JSON"),
        ("Grüße, nur Text\n".encode(), "text"),
        ("é".encode() * 400, "text"),
        (b"PK\x03\x04" + bytes(40), "a zip archive"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "a PNG image"),
        (bytes(5000), "it begins with 00 00"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "it begins with 52 49"),
        (noise(9000).tobytes(), "it begins with"),
    ],
)
def test_what_is_no_audio(data: bytes, what: str) -> None:
    found = probe(data)
    assert found.container == ""
    assert what in found.fault
    assert what in reason(data)


def test_opus_packets_are_as_long_as_libopus_says() -> None:
    """RFC 6716, table 2: the sum over a stream is its length, for each frame size that the encoder offers."""
    for duration in ("2.5", "5", "10", "20", "40", "60"):
        for application in ("voip", "audio", "lowdelay"):
            data = with_av(noise(48_000), "libopus", "ogg", frame_duration=duration, application=application)
            assert probe(data).frames == decoded(data).samples.shape[1] == 48_000, (duration, application)
    assert ogg.opus_samples(bytes([3, 3])) == 3 * 480
    assert ogg.opus_samples(bytes([31 << 3 | 1])) == 2 * 960


def test_aiff_and_wav_in_either_byte_order() -> None:
    """RIFX: the same numbers, big end first."""
    samples = noise(300, 2)
    fields = (16, 1, 2, 8000, 32000, 4, 16)
    for order, name in (("<", b"RIFF"), (">", b"RIFX")):
        chunk = b"WAVEfmt " + struct.pack(f"{order}IHHIIHH", *fields) + b"data" + struct.pack(f"{order}I", 1200)
        data = name + struct.pack(f"{order}I", 1236) + chunk + samples.astype(f"{order}i2").tobytes()
        assert (probe(data).frames, probe(data).sample_rate, probe(data).verdict) == (300, 8000, "complete")
        assert np.array_equal(decoded(data).samples, samples.T / np.float32(32768))
        assert "declares 1200 bytes, 1199" in reason(data[:-1])


def test_24_bits_in_blocks_of_4_are_ambiguous() -> None:
    header = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 32000, 4, 24) + b"data" + struct.pack("<I", 400)
    assert "may be integers or floats" in reason(b"RIFF" + struct.pack("<I", 436) + header + bytes(400))
