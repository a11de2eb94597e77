"""Published corpora in small, to build and train on: their names, folders, tables and rates, with babble for audio.

Readers are tested on what tests/manifests/corpora makes, which is never heard. These have all three splits, some
recordings of each class, and the traps that a recipe has to deal with.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.factories import write_audio, write_lines
from tests.features.examples import babble

SAID = ("BY THIS MANOEUVRE", "GO DO YOU HEAR", "BUT IN LESS THAN FIVE MINUTES", "I DON'T KNOW")
LIBRISPEECH = {  # speakers of each part
    "train-clean-100": ("60", "103"),
    "train-other-500": ("20",),
    "dev-clean": ("84",),
    "test-clean": ("61",),
    "test-other": ("367",),
}
WORDS = ("bed", "stop", "yes")
CATEGORIES = {0: "dog", 10: "rain", 36: "vacuum_cleaner"}
GENRES = ("blues", "jazz", "metal")

# Splits by chance, which fall so that in few recordings none is empty.
SENTENCES = ("split={by: key, valid: 0.2, test: 0.2, seed: 2}",)
VOICES = ("split={from: corpus, by: speaker, valid: 0.3, seed: 2}",)


def speech(path: Path, seconds: float, rate: int, seed: int) -> None:
    write_audio(path, babble(seconds, rate, seed), rate, "PCM_16")


def noise(path: Path, seconds: float, seed: int) -> None:
    wave = 0.1 * np.random.default_rng(seed).standard_normal((1, round(seconds * 16000)))
    write_audio(path, wave.astype(np.float32), 16000, "PCM_16")


def librispeech(data: Path) -> None:
    """20 utterances: 12 of train, 4 of valid, 4 of test, in two parts each but valid."""
    root, table = data / "librispeech", [";ID  |SEX| SUBSET           |MINUTES| NAME"]
    for part, speakers in LIBRISPEECH.items():
        count = 2 if part.startswith("test") else 4
        for speaker in speakers:
            chapter = root / part / speaker / "121123"
            ids = [f"{speaker}-121123-{number:04}" for number in range(count)]
            for number, name in enumerate(ids):
                speech(chapter / f"{name}.flac", 1.6 + 0.1 * number, 16000, 10 * int(speaker) + number)
            lines = (f"{name} {said}" for name, said in zip(ids, SAID, strict=False))
            write_lines(chapter / f"{speaker}-121123.trans.txt", *lines)
            table.append(f"{speaker:5}| F | {part:17}| 8.02  | Reader {speaker}")
    write_lines(root / "SPEAKERS.TXT", *table)


def speech_commands(data: Path) -> None:
    """18 clips, of which four of six speakers are train; one is shorter than a second; and noise, which is no word."""
    root, speakers = data / "speech_commands", [f"{number:08x}" for number in range(0xA0, 0xA6)]
    names = {speaker: [f"{word}/{speaker}_nohash_0.wav" for word in WORDS] for speaker in speakers}
    for number, name in enumerate(name for found in names.values() for name in found):
        speech(root / name, 1.0 if number else 0.7, 16000, number)
    write_lines(root / "validation_list.txt", *names[speakers[4]])
    write_lines(root / "testing_list.txt", *names[speakers[5]])
    for number, name in enumerate(("white_noise", "running_tap")):
        noise(root / "_background_noise_" / f"{name}.wav", 3.0, number)
    write_lines(root / "_background_noise_/README.md", "These are longer audio clips")


def esc50(data: Path) -> None:
    """30 clips: two of each of three classes in each of the five folds; 1 s, where they have 5."""
    root, rows = data / "esc50", ["filename,fold,target,category,esc10,src_file,take"]
    for fold in range(1, 6):
        for target, category in CATEGORIES.items():
            for take in "AB":
                source = 1000 * fold + target
                name = f"{fold}-{source}-{take}-{target}.wav"
                speech(root / "audio" / name, 1.0, 44100, source + ord(take))
                rows.append(f"{name},{fold},{target},{category},{target < 36},{source},{take}")
    write_lines(root / "meta/esc50.csv", *rows)


def ljspeech(data: Path) -> None:
    """20 sentences of one voice, with abbreviations that only the third column spells out."""
    root, rows = data / "ljspeech", []
    texts = (("Dr. Who, in 12 days?", "Doctor Who, in twelve days?"), ("Printing, in the only sense", "Printing, only"))
    for number in range(20):
        name = f"LJ001-{number + 1:04}"
        speech(root / "wavs" / f"{name}.wav", 1.5 + 0.03 * number, 22050, number)
        rows.append("|".join((name, *texts[number % 2])))
    write_lines(root / "metadata.csv", *rows)


def voxceleb(data: Path) -> None:
    """Two recordings, each of more than four seconds, of eight speakers, two of whom are test; with MUSAN and rooms."""
    root, rows = data / "voxceleb", ["VoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet"]
    for number in range(8):
        speaker, kept = f"id{10001 + number}", "test" if number > 5 else "dev"
        for video in range(2):
            speech(root / f"wav/{speaker}/video{video}/00001.wav", 4.3, 16000, 10 * number + video)
        rows.append(f"{speaker}\tSomebody_{number}\tf\tIreland\t{kept}")
    write_lines(root / "vox1_meta.csv", *rows)
    noise(data / "musan/noise/free-sound/noise-free-sound-0000.wav", 5.0, 1)
    noise(data / "musan/music/fma/music-fma-0000.wav", 5.0, 2)
    for size in ("small", "medium"):
        folder = f"RIRS_NOISES/simulated_rirs/{size}room"
        name = f"{folder}/Room001/Room001-00001.wav"
        noise(data / "rirs" / name, 0.1, 3)
        write_lines(data / "rirs" / folder / "rir_list", f"--rir-id Room001-00001 --room-id Room001 {name}")


def gtzan(data: Path) -> None:
    """18 clips of three genres, of which the split without faults leaves three out; 2 s, where they have 30."""
    root, lists = data / "gtzan", {"train": [0, 1, 2], "valid": [3], "test": [4]}
    for genre in GENRES:
        for number in range(6):
            seed = 10 * GENRES.index(genre) + number
            speech(root / genre / f"{genre}.{number:05}.wav", 2.0, 22050, seed)
    for split, numbers in lists.items():
        names = (f"{genre}/{genre}.{number:05}.wav" for genre in GENRES for number in numbers)
        write_lines(root / "filtered" / f"{split}_filtered.txt", *names)


def voicebank_demand(data: Path) -> None:
    """VoiceBank-DEMAND in small, at its own rate: sentences of one speaker for each split, noisy and clean."""
    spoken = [("trainset_28spk", f"p228_{n:03}") for n in range(1, 17)]
    spoken += [("trainset_28spk", "p226_001"), ("testset", "p232_001"), ("testset", "p257_001")]
    for seed, (part, name) in enumerate(spoken):
        clean = babble(1.0 + 0.02 * seed, 48000, seed)
        hiss = 0.05 * np.random.default_rng(seed).standard_normal(clean.shape)
        for kind, samples in (("clean", clean), ("noisy", (clean + hiss).astype(np.float32))):
            path = data / f"voicebank_demand/{kind}_{part}_wav/{name}.wav"
            write_audio(path, samples, 48000, "PCM_16")
