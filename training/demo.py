"""The demo: from audio to a trained model, through the commands that a user types.

    python -m training.demo [--data FOLDER] [--out FOLDER]

It speaks a corpus of its own, or takes a folder of labelled folders, and prints each command before it
runs. The recipe and the training configuration lie beside the results, to be copied and changed.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from itertools import chain, count
from pathlib import Path

from features.errors import FeatureError
from manifests.index import PRODUCED
from manifests.store import Store
from training import spoken_corpus

PROJECT = Path(__file__).parents[1]
SPOKEN_RECIPE = PROJECT / "pipelines/recipes/spoken_words.yaml"
FOLDER_RECIPE = PROJECT / "pipelines/recipes/labelled_folders.yaml"
CONFIG = PROJECT / "training/configs/labels.yaml"


class StepError(RuntimeError):
    """A command of the demo that failed; it has said why."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"exit code {exit_code}")
        self.exit_code = exit_code


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.demo", description="From audio to a trained model.")
    parser.add_argument(
        "--data", type=Path, help="a folder with one folder of audio per label; by default it is spoken"
    )
    parser.add_argument("--out", type=Path, help="where everything goes; by default demo, or demo/own with --data")
    chosen = parser.parse_args(arguments)
    out = chosen.out or Path("demo/own" if chosen.data else "demo")
    if chosen.data and not chosen.data.is_dir():
        parser.error(f"--data: {chosen.data} is no folder")
    try:
        demonstrate(chosen.data, out)
    except StepError as error:
        return error.exit_code
    except FeatureError as error:
        say(f"wavemill: {error}")
        return error.exit_code
    return 0


def demonstrate(data: Path | None, out: Path) -> None:
    """Corpus, shards, ledger, training, test, prediction."""
    out.mkdir(parents=True, exist_ok=True)
    corpus, recipe, config = data or out / "corpus", out / "recipe.yaml", out / "train.yaml"
    store, run = out / "store", unused(out, "run")
    if data is None:
        speak(corpus)
    provide(FOLDER_RECIPE if data else SPOKEN_RECIPE, recipe)
    provide(CONFIG, config)

    say(f"\n## Build the shards: {recipe} says how")
    wavemill("build", recipe, "--out", store, data=corpus)
    say("\n## What was left out, and why")
    wavemill("ledger", store)
    say(f"\n## Train: {config} says how")
    wavemill("train", config, "--store", store, "--out", run)
    say("\n## How good is it, on recordings that neither trained it nor chose it?")
    wavemill("evaluate", run, "--store", store, "--split", "test")
    say("\n## What does it hear in one of them?")
    wavemill("predict", run, corpus / one_of(store, "test"))
    say(NEXT.format(recipe=quoted(recipe), config=quoted(config), store=quoted(store), data=quoted(corpus)))


NEXT = """
## What next
  Change {recipe} and see what a build would do:
    DATA={data} wavemill plan {recipe} --out {store}
  See and hear what each stage does to a recording:
    DATA={data} wavemill try {recipe}
  List the examples, and train on some of them:
    wavemill ls {store}
    wavemill train {config} --store {store} --where "seconds < 1" --out another-run
  Do all this with your own folder, one folder of audio per label:
    make demo DATA=folder
  The command wavemill is in .venv/bin; `source .venv/bin/activate` brings it into reach."""


def speak(corpus: Path) -> None:
    """The demo's own corpus, unless it was spoken before."""
    if corpus.exists():
        say(f"## The corpus is in {corpus} already")
        return
    say("## Speak a corpus: ten words in twelve voices, with espeak-ng")
    files = spoken_corpus.write(corpus)
    say(f"{corpus}: {files} files, WAV, FLAC, Ogg and MP3, at several sample rates; some are broken on purpose")


def provide(template: Path, target: Path) -> None:
    """A copy for the user; one that is there may have been changed, and stays."""
    if not target.exists():
        shutil.copyfile(template, target)


def unused(folder: Path, name: str) -> Path:
    """folder/name, or name-2, name-3, .. where a demo ran before: a run is never overwritten."""
    numbered = (folder / f"{name}-{number}" for number in count(2))
    return next(path for path in chain([folder / name], numbered) if not path.exists())


def wavemill(*arguments: str | Path, data: Path | None = None) -> None:
    """Prints and runs a command; a recipe reads the folder `data` as ${DATA}. StepError when it fails."""
    words = [str(argument) for argument in arguments]
    prefix = "" if data is None else f"DATA={quoted(data)} "
    say(f"$ {prefix}wavemill {shlex.join(words)}")
    environment = os.environ if data is None else {**os.environ, "DATA": str(data)}
    done = subprocess.run([sys.executable, "-m", "wavemill", *words], env=environment, check=False)
    if done.returncode != 0:
        raise StepError(done.returncode)


def one_of(store: Path, split: str) -> str:
    """The path of a recording of that split, an MP3 where there is one."""
    opened = Store.open(store)
    rows = [row for entry in opened.entries(split) for row in opened.index(entry, ["path", "fate"]).to_pylist()]
    paths: list[str] = sorted(row["path"] for row in rows if row["fate"] == PRODUCED)
    return next((path for path in paths if path.endswith(".mp3")), paths[0])


def quoted(path: Path) -> str:
    return shlex.quote(str(path))


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
