"""Decode: exact samples for every format, spans, channels, limits, and reasons."""

from __future__ import annotations

import hashlib
import io
import struct
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import soundfile

from features.audio.decode import Decode
from features.audio.probe import probe
from features.draws import Draws
from features.errors import FeatureError
from features.example import Example
from features.stage import AudioShape, Rejected
from tests.features.audio.sounds import FORMATS, decoded, encode, noise, outcome, reason, reference, with_av

EXACT = {"PCM_16": 0, "PCM_24": 0, "PCM_32": 0, "FLOAT": 0, "DOUBLE": 0, "PCM_U8": 2**-7, "PCM_S8": 2**-7}


@pytest.mark.parametrize(("container", "subtype"), FORMATS)
@pytest.mark.parametrize("channels", [1, 2])
def test_every_sample_of_every_format(container: str, subtype: str, channels: int) -> None:
    """As soundfile reads the whole file at once; and as it was before, where the format loses nothing."""
    samples = noise(70_001, channels)
    data = encode(samples, container, subtype)
    audio = decoded(data)
    expected, rate = reference(data)
    assert audio.sample_rate == rate == 16000
    assert audio.samples.shape[0] == channels
    if container != "MP3":  # there soundfile's own read() jumps at its start; see the next test
        assert np.array_equal(audio.samples, expected)
    if subtype in EXACT:
        assert audio.samples.shape[1] == len(samples)
        assert np.abs(audio.samples - samples.T / 32768).max() <= EXACT[subtype]


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize("mode", ["CONSTANT", "AVERAGE", "VARIABLE"])
def test_mp3_has_the_length_that_went_in(rate: int, mode: str) -> None:
    """The encoder's delay and padding are taken off: FFmpeg's decoder gives the same samples."""
    import av

    samples = noise(30_000, 2)
    sink = io.BytesIO()
    soundfile.write(sink, samples, rate, format="MP3", bitrate_mode=mode)
    audio = decoded(sink.getvalue())
    with av.open(io.BytesIO(sink.getvalue()), format="mp3") as source:
        theirs = np.concatenate([frame.to_ndarray() for frame in source.decode(audio=0)], axis=1)
    assert audio.samples.shape == theirs.shape == (2, 30_000)
    assert np.abs(audio.samples - theirs).max() < 1e-5


@pytest.mark.parametrize("bits", [16, 24])
def test_miniaudio_reads_flac_bit_for_bit(bits: int) -> None:
    """Noise at full scale, jumps between both ends, and channels that are each other's negative."""
    rng = np.random.default_rng(bits)
    top = 2 ** (bits - 1)
    white = rng.integers(-top, top, (20_000, 1))
    jumps = np.where(np.arange(20_000)[:, np.newaxis] % 2 == 0, -top, top - 1)
    for whole in (white, jumps, np.concatenate([white, -1 - white], axis=1), np.repeat(jumps, 8, axis=1)):
        scaled = (whole << (32 - bits)).astype(np.int32)
        data = encode(scaled, "FLAC", f"PCM_{bits}")
        result, notes = outcome(data)
        assert notes["decoder"].startswith("miniaudio")
        assert np.array_equal(result.audio().samples, (whole / top).T.astype(np.float32))
        assert np.array_equal(result.audio().samples, reference(data)[0])


def test_blocks_change_nothing() -> None:
    """Longer than a block and than a chunk of memory, mixed and not."""
    samples = noise(3_000_000, 2)
    data = encode(samples)
    assert np.array_equal(decoded(data).samples, samples.T / np.float32(32768))
    mono = decoded(data, channels="mono").samples
    assert np.array_equal(mono, (samples.astype(np.float64).sum(1) / 65536).astype(np.float32)[np.newaxis])


@pytest.mark.parametrize(("container", "subtype"), FORMATS)
def test_spans_are_exact(container: str, subtype: str) -> None:
    """A span is the same cut of the whole, wherever it lies; spans that touch give the whole again."""
    data = encode(noise(40_000, 2), container, subtype)
    whole = decoded(data).samples
    rng = np.random.default_rng(1)
    for start, length in [(0, 1), (0, 5000), (1, 7000), *rng.integers(1, 19_000, (6, 2)).tolist()]:
        cut = decoded(data, {"start": start / 16000, "seconds": length / 16000}).samples
        assert np.array_equal(cut, whole[:, start : start + length]), (start, length)
    rest = decoded(data, {"start": 12_345 / 16000}).samples
    assert np.array_equal(rest, whole[:, 12_345:])
    edges = [0.0, 0.3333, 0.77777, 1.2, 1.9999]
    parts = [decoded(data, {"start": a, "seconds": b - a}).samples for a, b in pairwise(edges)]
    assert np.array_equal(np.concatenate(parts, axis=1), whole[:, : round(1.9999 * 16000)])


def test_spans_of_flac_without_a_total_and_with_a_tag_behind_it() -> None:
    samples = noise(50_000)
    data = encode(samples, "FLAC")
    tagged = data + b"TAG" + bytes(125)
    for form in (without_total(data), tagged):
        cut = decoded(form, {"start": 1.0, "seconds": 0.5}).samples
        assert np.array_equal(cut, samples[16_000:24_000].T / np.float32(32768))
    assert np.array_equal(decoded(tagged, {"start": 3.0}).samples, samples[48_000:].T / np.float32(32768))


def without_total(data: bytes, total: int = 0) -> bytes:
    """A FLAC whose STREAMINFO declares another total, or none."""
    packed = int.from_bytes(data[18:26], "big") >> 36 << 36 | total
    return data[:18] + packed.to_bytes(8, "big") + data[26:]


def test_spans_beyond_the_end() -> None:
    data = encode(noise(16_000))
    assert reason(data, {"start": 0.5, "seconds": 0.6}) == "the span ends at 1.100 s, the recording at 1.000 s"
    assert reason(data, {"start": 1.0, "seconds": 0.5}) == "it ends before 1 s"
    assert reason(data, {"start": 7.0}) == "it ends before 7 s"
    assert "is none" in reason(data, {"start": -0.5})
    assert "is none" in reason(data, {"start": 0.5, "seconds": 0.0})
    assert decoded(data, {"start": 0.5, "seconds": 0.505}).samples.shape == (1, 8000)  # within the rounding of 0.01 s


def test_channels() -> None:
    samples = noise(5000, 3)
    data = encode(samples)
    scaled = samples.T / np.float32(32768)
    assert np.array_equal(decoded(data, channels="all").samples, scaled)
    assert np.array_equal(decoded(data, channels=2).samples, scaled[2:])
    assert np.array_equal(decoded(data, {"channel": 1}, channels="all").samples, scaled[1:2])
    assert np.array_equal(decoded(data, {"channel": 0}, channels="mono").samples, scaled[:1])
    mono = (scaled[0] + scaled[1] + scaled[2]) / np.float32(3)
    assert np.array_equal(decoded(data, channels="mono").samples, mono[np.newaxis])
    assert reason(data, {"channel": 3}) == "channel 3 of a recording that has 3 (the first is 0)"


def test_shapes_that_the_chain_is_told() -> None:
    assert Decode().check({}) == {"audio": AudioShape(None, 1)}
    assert Decode(channels=1).check({}) == {"audio": AudioShape(None, 1)}
    assert Decode(channels="all").check({}) == {"audio": AudioShape(None, None)}
    with pytest.raises(ValueError):
        Decode(channels=-1)


def test_notes_say_by_what_it_was_decoded() -> None:
    _, notes = outcome(encode(noise(8000), "FLAC"))
    decoder = notes.pop("decoder")
    assert decoder.startswith("miniaudio 1.")
    assert notes == {"container": "flac", "codec": "flac", "sample_rate": 16000, "channels": 1, "seconds": 0.5}
    _, notes = outcome(with_av(noise(48_000), "mp2", "mp2"))
    assert notes["length"] == "unknown"


def test_limits() -> None:
    data = encode(noise(16_000, 2))
    assert decoded(data, max_seconds=1.0).seconds == 1.0
    assert reason(data, max_seconds=0.9999) == "1.00 s; max_seconds is 0.9999"
    assert decoded(data, {"start": 0.1, "seconds": 0.5}, max_seconds=0.5).seconds == 0.5
    assert reason(data, max_sample_rate=8000) == "sample rate 16000 Hz; max_sample_rate is 8000"
    assert reason(data, max_channels=1) == "2 channels; max_channels is 1"
    assert reason(data, max_bytes=64_000) == "64044 bytes; max_bytes is 64000"
    assert reason(data, max_bytes=127_999) == "1.00 s, decoded; max_bytes is 127999"
    assert decoded(data, channels="mono", max_bytes=64_044).channels == 1
    streamed = without_total(encode(noise(100_000), "FLAC"))
    assert decoded(streamed, max_seconds=6.25).seconds == 6.25
    assert "max_seconds is 6" in reason(streamed, max_seconds=6.0)


def test_nothing_in_it() -> None:
    assert reason(encode(noise(0))) == "it holds no samples"
    flac = encode(noise(100), "FLAC")
    only_streaminfo = flac[:4] + b"\x80" + flac[5:42]
    assert reason(without_total(only_streaminfo)) == "it holds no samples"
    assert "declares 100 samples, 0 can be decoded" in reason(only_streaminfo, max_seconds=9)
    assert reason(b"") == "not audio: it is empty"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("channels", ["mono", "all", 1])
def test_numbers_that_are_not_finite(value: float, channels: str | int) -> None:
    samples = np.zeros((100_000, 2), np.float32)
    samples[70_007, 1] = value
    data = encode(samples, "WAV", "FLOAT")
    assert "not finite, the first of them near sample 70007" in reason(data, channels=channels)
    assert not decoded(data, channels=0).samples.any()  # the other channel is sound
    both = np.array([[np.inf, -np.inf]], np.float32)
    assert "not finite" in reason(encode(both, "WAV", "FLOAT"), channels="mono")
    assert "not finite" in reason(encode(np.array([[1e300]]), "WAV", "DOUBLE"))


def test_a_header_sizes_no_allocation() -> None:
    data = encode(noise(8000), "FLAC")
    lie = without_total(data, 2**36 - 1)
    assert reason(lie) == "4294967.30 s; max_seconds is 3600"
    huge = {"max_seconds": 1e9, "max_bytes": 2**50}
    assert reason(lie, **huge) == ("truncated or damaged: it declares 68719476735 samples, 8000 can be decoded")
    kept, notes = outcome(lie, truncated="keep", **huge)
    assert kept.audio().samples.shape == (1, 8000)
    assert "68719476735" in notes["incomplete"]
    assert "declares 6000 samples, 8" in reason(without_total(data, 6000))
    rf64 = bytearray(encode(noise(100), "RF64"))
    rf64[28:36] = struct.pack("<Q", 2**60)
    assert reason(bytes(rf64)) == "truncated: the data chunk declares 1152921504606846976 bytes, 200 are there"


MEASURED = """
import resource, sys
from tests.features.audio.sounds import outcome
data = open(sys.argv[1], "rb").read()
limits = {name: float(value) for name, value in (text.split("=") for text in sys.argv[2:])}
outcome(open(sys.argv[1], "rb").read()[:200], **limits)
import miniaudio, soundfile
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
result, _ = outcome(data, channels="mono", **limits)
print(result.reason if hasattr(result, "reason") else "decoded")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_an_hour_of_silence_stop_at_the_limit(tmp_path) -> None:
    """Memory is bounded by what the limit allows, 4.8 MB here, whatever the header says of an hour."""
    silence = encode(np.zeros((3600 * 8000, 1), np.int16), "FLAC", sample_rate=8000)
    assert len(silence) < 1_000_000
    for name, data in {
        "declared": silence,
        "open": without_total(silence),
        "lie": without_total(silence, 100_000),
    }.items():
        path = tmp_path / name
        path.write_bytes(data)
        command = [sys.executable, "-c", MEASURED, str(path), "max_seconds=150"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        said, kilobytes = done.stdout.splitlines()
        assert ("max_seconds is 150" in said) or (name == "lie" and "declares 100000 samples" in said)
        assert int(kilobytes) < 20_000, name


def test_a_change_of_rate_or_channels_half_way() -> None:
    for container, subtype in (("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"), ("FLAC", "PCM_16")):
        first = encode(noise(30_000), container, subtype, 16000)
        other_rate = encode(noise(30_000), container, subtype, 8000 if subtype == "OPUS" else 24000)
        other_channels = encode(noise(30_000, 2), container, subtype, 16000)
        for second in (other_rate, other_channels):
            assert reason(first + second, truncated="reject")
    mp3 = encode(noise(30_000), "MP3", "MPEG_LAYER_III", 16000)
    assert "rate changes from 16000 to 24000" in reason(mp3 + encode(noise(30_000), "MP3", "MPEG_LAYER_III", 24000))
    assert "channels change from 1 to 2" in reason(mp3 + encode(noise(30_000, 2), "MP3", "MPEG_LAYER_III", 16000))
    vorbis = encode(noise(30_000), "OGG", "VORBIS", 16000)
    assert "from 16000 to 24000" in reason(vorbis + encode(noise(30_000), "OGG", "VORBIS", 24000), truncated="keep")


def test_a_change_of_rate_inside_flac() -> None:
    """Frames of another rate behind the first ones, numbered on, as the decoders pass over in silence."""
    first, second = encode(noise(40_960), "FLAC", "PCM_16", 16000), encode(noise(81_920), "FLAC", "PCM_16", 24000)
    block = struct.unpack_from(">H", first, 8)[0]
    tail = second[frame_starts(second)[40_960 // block] :]
    for total in (0, 81_920):
        assert "changes from 16000 to 24000" in reason(without_total(first, total) + tail)
    changed = bytearray(first)
    changed[18:21] = ((24000 << 12) | (int.from_bytes(first[18:22], "big") >> 8 & 0xFFF)).to_bytes(4, "big")[1:]
    assert "changes from" in reason(bytes(changed))


def frame_starts(data: bytes) -> list[int]:
    """Where frames begin, by the header that the first of them has."""
    from features.audio.containers import flac

    info = flac.streaminfo(data[8:42])
    begin = flac._first_frame(data)
    assert info is not None
    assert begin is not None
    return [place for place in flac._candidates(data, begin).tolist() if flac._header(data, place, info)]


def test_wav_whose_sizes_were_left_open() -> None:
    samples = noise(5000, 2)
    data = encode(samples)
    at = data.index(b"data") + 4
    for riff, size in ((0xFFFFFFFF, 0xFFFFFFFF), (0, 0), (len(data) - 8, 0), (0x7FFFFFFF, 0x7FFFFFDB), (0, 0x7FFFF000)):
        streamed = bytearray(data)
        streamed[4:8], streamed[at : at + 4] = struct.pack("<I", riff), struct.pack("<I", size)
        result, notes = outcome(bytes(streamed))
        assert np.array_equal(result.audio().samples, samples.T / np.float32(32768)), (riff, size)
        assert notes["length"] == "unknown"
        assert probe(bytes(streamed)).verdict == "unknown"
    short = bytearray(data[:-2000])
    short[at : at + 4] = bytes(4)
    assert "RIFF chunk declares 20044 bytes, 18044 are there" in reason(bytes(short))
    empty = bytearray(data[: at + 4])
    empty[at : at + 4] = bytes(4)
    assert reason(bytes(empty) + b"LIST\4\0\0\0INFO") == "it holds no samples"


@pytest.mark.parametrize(
    ("codec", "container", "name"),
    [
        ("aac", "mp4", "mp4"),
        ("aac", "adts", "adts"),
        ("libopus", "webm", "webm"),
        ("pcm_s16le", "matroska", "matroska"),
        ("alac", "mp4", "mp4"),
        ("wavpack", "wv", "wv"),
        ("pcm_f64le", "matroska", "matroska"),
        ("pcm_u8", "avi", "avi"),
        ("pcm_s32le", "mov", "mp4"),
        ("pcm_s64le", "wav", "wav"),
    ],
)
def test_other_containers_need_the_extra(codec: str, container: str, name: str, monkeypatch) -> None:
    samples = noise(48_000, 2)
    data = with_av(samples, codec, container)
    assert probe(data).container == name
    result, notes = outcome(data)
    assert notes["decoder"].startswith("PyAV")
    audio = result.audio()
    assert (audio.sample_rate, audio.channels) == (48000, 2)
    if codec in ("alac", "pcm_s16le", "pcm_f64le", "pcm_s32le", "pcm_s64le"):
        assert np.array_equal(audio.samples, samples.T / np.float32(32768))
    else:
        assert 48_000 <= audio.samples.shape[1] <= 48_000 + 2048
    cut = decoded(data, {"start": 0.25, "seconds": 0.25})
    assert np.array_equal(cut.samples, audio.samples[:, 12_000:24_000])
    monkeypatch.setattr("features.audio.decoders.find_spec", lambda name: None)
    assert f"reading {name} needs PyAV: pip install 'wavemill[containers]'" in reason(data)


def test_only_named_decoder_errors_reject(monkeypatch) -> None:
    """Anything else is a bug, and is raised."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("features.audio.decoders.with_soundfile.SoundFileDecoder.read", broken)
    with pytest.raises(ZeroDivisionError):
        outcome(encode(subtype="PCM_24"))
    with pytest.raises(FeatureError, match="no encoded bytes"):
        Decode().apply(Example("key"), Draws(0, "decode", 0, "key", 0))
    unknown = b"RIFF" + struct.pack("<I", 44) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 0x7777, 1, 8000, 8000, 1, 8)
    refused = reason(unknown + b"data" + struct.pack("<I", 8) + bytes(8))
    assert "libsndfile" in refused
    assert "PyAV" in refused
    assert "0x7f" not in refused  # no address of an object in a reason


@pytest.mark.parametrize(("width", "imported"), [(2, "[]"), (3, "['soundfile']")])
def test_decoders_are_imported_when_they_are_needed(width: int, imported: str) -> None:
    script = (
        "import io, sys, wave; from features.audio.decode import Decode; from features.draws import Draws;"
        "from features.example import Example, Source; sink = io.BytesIO(); file = wave.open(sink, 'wb');"
        f"file.setparams((1, {width}, 8000, 0, 'NONE', '')); file.writeframes(bytes(600)); file.close();"
        "example = Example('key', Source(sink.getvalue()));"
        "assert Decode().apply(example, Draws(0, 'decode', 0, 'key', 0)).arrays['audio'].samples.size;"
        "print(sorted({'miniaudio', 'av', 'soundfile'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == imported


@pytest.mark.parametrize("channels", [1, 2])
def test_every_16_bit_number_is_what_libsndfile_makes_of_it(channels: int) -> None:
    every = np.arange(-32768, 32768, dtype=np.int16).reshape(-1, channels)
    data = encode(every)
    result, notes = outcome(data)
    assert notes["decoder"].startswith("numpy")
    samples = result.audio().samples
    assert np.array_equal(samples, reference(data)[0])
    cut = decoded(data, {"start": 0.5, "seconds": 0.25})
    assert np.array_equal(cut.samples, samples[:, 8000:12000])


def test_output_of_version_1() -> None:
    """A digest of what version 1 of the stage makes of one WAV: another one needs another version."""
    steps = (np.arange(6000, dtype=np.int64) * 7919 % 65536 - 32768).astype("<i2")
    data = b"RIFF" + struct.pack("<I", 12036) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 2, 8000, 32000, 4, 16)
    result, _ = outcome(data + b"data" + struct.pack("<I", 12000) + steps.tobytes(), channels="mono")
    assert not isinstance(result, Rejected)
    digest = hashlib.blake2b(result.audio().samples.tobytes(), digest_size=8).hexdigest()
    assert (Decode.version, digest) == (1, "d4bbe51640635318")
