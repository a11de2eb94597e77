"""Speech from text, figures: `python -m benchmarks.speaking WHAT --data FOLDER --work FOLDER --seeds 1`.

digits: strings that no text of train has, by each of six voices. german: sentences that neither the voice nor the
recogniser ever saw. Both first hold the vocoder against Griffin-Lim on held-out recordings; then what was spoken is
heard by our own recogniser, which learnt from real recordings alone, and its error is that of both together.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import torch

from benchmarks import german_sentences
from benchmarks.connected_digits import DECODING
from benchmarks.spoken_digits import SPEAKERS
from benchmarks.wavemill_runs import (
    BF16,
    Trained,
    build,
    evaluate,
    language_model,
    row,
    run_chosen,
    train,
    wavemill,
)
from features.text.normalize_text import NormalizeText
from manifests.store import Store
from training.errors import PredictError
from training.fitted import Fitted, load_fitted
from training.language.estimating import texts
from training.loader import load
from training.metrics.edits import Edits, align, count, summed
from training.synthesis.saying import say_into
from training.synthesis.vocoder import waveform_of

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
STRINGS, SENTENCES = 300, 60
TWELVE, SIXTY = ("--set", "epochs=12"), ("--set", "epochs=60")
"""Of the German vocoder and the German voice, for figures within half an hour; their configurations go on longer."""
VOCODER_MEASURES = ("stft_distance", "mel_l1", "stoi")


class Said(NamedTuple):
    """A text that was spoken into a file."""

    file: Path
    text: str
    speaker: str | None


def copy_synthesis(trained: Trained, store: Path) -> None:
    """Prints the vocoder beside Griffin-Lim, on the recordings of test, and how fast it is on one core."""
    report = evaluate(trained.run, store)
    row("copy synthesis of test", "spectra apart", "mel apart", "STOI")
    row(*["---"] * 4)
    for name, end in (("vocoder", ""), ("vocoder without its rounds", "_alone"), ("Griffin-Lim, 60", "_griffin_lim")):
        row(name, *(f"{report[measure + end]:.3f}" for measure in VOCODER_MEASURES))
    factor = real_time_factor(load_fitted(trained.run), store)
    print(f"\n{trained.minutes:.0f} minutes; real-time factor {factor:.3f} on one core\n", flush=True)


def real_time_factor(vocoder: Fitted, store: Path, most: int = 20) -> float:
    """Seconds of one core for each second of audio, over some recordings of test."""
    task: Any = vocoder.task
    taken, seconds = 0.0, 0.0
    for number, batch in enumerate(load(store, "test", arrays=["log_mel"], batch_size=1, shuffle=False)):
        if number == most:
            break
        began = time.process_time()
        samples = waveform_of(task, vocoder.model, batch.arrays["log_mel"][0])
        taken, seconds = taken + time.process_time() - began, seconds + len(samples) / task.spec.sample_rate
    return taken / seconds


def say(run: Path, vocoder: Path, asked: Iterable[tuple[str, str | None]], folder: Path) -> list[Said]:
    """Speaks (text, speaker), each into a file; those with sounds that train does not have are left out, and told."""
    voice, heard, found = load_fitted(run), load_fitted(vocoder), []
    folder.mkdir(parents=True, exist_ok=True)
    for number, (text, speaker) in enumerate(asked):
        file = folder / f"{speaker or 'said'}-{number:04}.wav"
        try:
            say_into(voice, text, file, vocoder=heard, speaker=speaker)
        except PredictError as error:
            print(f"not spoken: {error}\n", flush=True)
            continue
        found.append(Said(file, text, speaker))
    return found


def answers(run: Path, files: Iterable[Path], *how: str) -> dict[str, dict[str, Any]]:
    """What `wavemill predict` says of files, by file."""
    told = json.loads(wavemill("predict", run, *files, *how, "--json"))
    return {Path(one["file"]).name: one for one in told["predictions"]}


def errors(pairs: Iterable[tuple[str, str]]) -> tuple[Edits, Edits]:
    """The edits of words and of characters, over all pairs of what was said and what was heard."""
    both = [*pairs]
    words = summed(count(align(said.split(), heard.split())) for said, heard in both)
    return words, summed(count(align(said, heard)) for said, heard in both)


def new_strings(train_texts: set[str], count_of: int, seed: int) -> list[str]:
    """Strings of two to five digits, each length as likely, that no text of train is."""
    drawn, found = random.Random(seed), list[str]()
    while len(found) < count_of:
        text = " ".join(drawn.choices(WORDS, k=drawn.randint(2, 5)))
        if text not in train_texts and text not in found:
            found.append(text)
    return found


def digits(data: str, work: Path, seeds: list[int], jobs: int) -> None:
    """Strings of digits in six voices; heard by recognisers of words and of speakers that learnt from real strings."""
    store = build("spoken_digits_speech.yaml", work / "digits_speech" / "store", DATA=data)
    strings = build("connected_digits.yaml", work / "connected" / "store", DATA=data)
    recogniser = train("connected_digits.yaml", strings, work / "connected" / "run-1", 1, *BF16)
    names = train("speakers.yaml", strings, work / "connected" / "speakers-1", 1, "--set", "epochs=3", *BF16)
    print(
        f"speakers of real strings of test: {evaluate(names.run, strings)['accuracy']:.1%} named rightly\n", flush=True
    )
    decoding = ("--language-model", str(language_model(strings, 2, "word")), *DECODING)
    for seed in seeds:
        vocoder = train("digits_vocoder.yaml", store, work / "digits_speech" / f"vocoder-{seed}", seed, *BF16)
        voice = train("digits_tts.yaml", store, work / "digits_speech" / f"voice-{seed}", seed, *BF16)
        evaluate(voice.run, store)  # draws mel, alignment and pitch
        copy_synthesis(vocoder, store)
        unseen = new_strings({*texts(Store.open(store), "train")}, STRINGS, seed)
        asked = [(text, speaker) for speaker in SPEAKERS for text in unseen]
        said = say(voice.run, vocoder.run, asked, work / "digits_speech" / f"said-{seed}")
        files = [one.file for one in said]
        greedy, searched = answers(recogniser.run, files), answers(recogniser.run, files, *decoding)
        who = answers(names.run, files)
        row("speaker", "strings", "WER, greedy", "WER", "named rightly")
        row(*["---"] * 5)
        for speaker in (*SPEAKERS, None):
            some = [one for one in said if speaker in (None, one.speaker)]
            rates = (errors((one.text, told[one.file.name]["text"]) for one in some)[0] for told in (greedy, searched))
            right = sum(who[one.file.name]["label"] == one.speaker for one in some) / len(some)
            row(speaker or "all", len(some), *(f"{edits.rate:.2%}" for edits in rates), f"{right:.1%}")
        print(f"\n{voice.minutes:.0f} minutes for the voice, seed {seed}\n", flush=True)


def german(data: str, work: Path, seeds: list[int], jobs: int) -> None:
    """Sentences of the test split of german_asr.yaml; heard by that recogniser, beside the real recordings of them."""
    store = build("german_tts.yaml", work / "german_tts" / "store", DATA=data)
    sentences, recogniser = german_sentences.recogniser(data, work, 1)
    known = {NormalizeText(numbers="words", language="de").rewrite(text) for text in texts(Store.open(store), "train")}
    unseen = [text for text in texts(Store.open(sentences), "test") if text not in known][:SENTENCES]
    real = evaluate(recogniser.run, sentences)
    for seed in seeds:
        vocoder = train("german_vocoder.yaml", store, work / "german_tts" / f"vocoder-{seed}", seed, *BF16, *TWELVE)
        voice = train("german_tts.yaml", store, work / "german_tts" / f"voice-{seed}", seed, *BF16, *SIXTY)
        evaluate(voice.run, store)  # draws mel, alignment and pitch
        copy_synthesis(vocoder, store)
        said = say(voice.run, vocoder.run, [(text, None) for text in unseen], work / "german_tts" / f"said-{seed}")
        heard = answers(recogniser.run, [one.file for one in said])
        words, characters = errors((one.text, heard[one.file.name]["text"]) for one in said)
        row("seed", "heard", "sentences", "WER", "CER")
        row(*["---"] * 5)
        row(seed, "recordings of test", real["examples"], f"{real['wer']:.1%}", f"{real['cer']:.1%}")
        row(seed, "spoken by the voice", len(said), f"{words.rate:.1%}", f"{characters.rate:.1%}")
        print(f"\n{voice.minutes:.0f} minutes for the voice\n", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    run_chosen(__doc__, "fsdd/, or kerstin-asr/ and kerstin-tts/", digits, german)
