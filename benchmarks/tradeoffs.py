"""Front ends and models beside each other: `python -m benchmarks.tradeoffs --data FOLDER --work FOLDER`.

On spoken digits by the official split: what each reaches, what its input takes on disk, what an hour of audio costs on
one core, front end and model apart. Then the best one, fed by a front end that differs from the one it learnt from.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.wavemill_runs import Trained, at_once, build, evaluate, parser, row, train
from features.chain import Chain
from features.example import Audio, Example
from manifests.store import Store
from training.answers import assess
from training.fitted import load_fitted
from training.loader import load
from training.window import examples

HOUR = 3600.0


@dataclass(frozen=True)
class System:
    """An array of the store, and what hears it; the rest is spoken_digits.yaml without its stages at load."""

    name: str
    array: str
    model: str
    lr: float = 0.003

    def choices(self) -> list[str]:
        given = {"task.array": self.array, "model": self.model, "optimizer.lr": self.lr, "stages": "[]"}
        return [word for name, value in given.items() for word in ("--set", f"{name}={value}")]


SYSTEMS = (
    System("MFCC, linear on statistics of 12 parts", "mfcc", "{name: linear}", 0.01),
    System("waveform, M5", "audio", "{name: m5, channels: 64}"),
    System("log-mel, BC-ResNet", "log_mel", "{name: bc_resnet, tau: 2, time_stride: 2, centre: bins}", 0.005),
    System("log-mel, conv_net", "log_mel", "{name: conv_net, centre: bins}"),
)

WRONG = {
    "as trained": {},
    "window of 512 samples in place of 256": {"WINDOW": "512"},
    "decibel in place of the natural logarithm": {"LOG": "db"},
    "filters from 300 Hz in place of 20": {"F_MIN": "300"},
}


def main() -> None:
    options = parser(__doc__, "fsdd/").parse_args()
    data, work, seed = str(options.data.absolute()), options.work / "tradeoffs", options.seeds[0]
    store = build("spoken_digits_front_ends.yaml", work / "store", DATA=data)
    runs = at_once(lambda s: fit(s, store, work, seed), SYSTEMS, options.jobs)
    torch.set_num_threads(1)
    row(
        "system",
        "test accuracy",
        "parameters",
        "input, MB an hour",
        "front end, ms an hour",
        "model, ms an hour",
        "min",
    )
    row(*["---"] * 7)
    for system, trained in zip(SYSTEMS, runs, strict=True):
        accuracy = f"{100 * evaluate(trained.run, store)['accuracy']:.1f} %"
        fitted = load_fitted(trained.run)
        size = f"{sum(p.numel() for p in fitted.model.parameters()):,}"
        costs = front_end(store, system.array), inference(trained.run, store, system.array)
        shown = [f"{1000 * cost:,.0f}" for cost in costs]
        row(
            system.name,
            accuracy,
            size,
            f"{bytes_an_hour(store, system.array) / 1e6:.1f}",
            *shown,
            f"{trained.minutes:.1f}",
        )
    print()
    row("front end in use", "test accuracy of conv_net")
    row("---", "---")
    for name, environ in WRONG.items():
        other = build(
            "spoken_digits_front_ends.yaml", work / "-".join(["store", *environ.values()]), DATA=data, **environ
        )
        row(name, f"{100 * accuracy_on(runs[-1].run, other):.1f} %")


def fit(system: System, store: Path, work: Path, seed: int) -> Trained:
    return train("spoken_digits.yaml", store, work / f"{system.array}-{SYSTEMS.index(system)}", seed, *system.choices())


def bytes_an_hour(store: Path, array: str) -> float:
    """What the array takes in the store for an hour of audio."""
    opened = Store.open(store)
    tables = [examples(opened, entry, [f"{array}.bytes", "seconds"], None) for entry in opened.generation.shards]
    total, seconds = (sum(sum(table[name].to_pylist()) for table in tables) for name in (f"{array}.bytes", "seconds"))
    return float(total / seconds * HOUR)


def clips(store: Path, count: int = 200) -> Sequence[Audio]:
    """The first test recordings."""
    found = []
    for batch in load(store, "test", arrays=["audio"], batch_size=1, shuffle=False):
        found.append(Audio(batch.arrays["audio"][0].T.contiguous().numpy(), 8000))
        if len(found) == count:
            break
    return found


def front_end(store: Path, array: str) -> float:
    """Seconds that the stage takes for an hour of audio, on one core; 0 for the waveform itself."""
    stages = [stage for stage in Store.open(store).generation.chain if array in stage]
    if not stages:
        return 0.0
    chain, audio = Chain.parse(stages), clips(store)
    given = [Example(str(n), None, {"audio": clip}) for n, clip in enumerate(audio)]
    return best(lambda: [chain.run(example) for example in given]) / sum(clip.seconds for clip in audio) * HOUR


def inference(run: Path, store: Path, array: str) -> float:
    """Seconds that the model takes for an hour of audio in batches of 32, on one core."""
    fitted = load_fitted(run)
    batches = list(load(store, "test", arrays=[array], batch_size=32, shuffle=False))
    seconds = sum(float((batch.lengths[array] / fitted.about.heard[0].rate).sum()) for batch in batches)
    with torch.inference_mode():
        return best(lambda: [fitted.task.outputs(fitted.model, batch) for batch in batches]) / seconds * HOUR


def best(function: object) -> float:
    """The shortest of five calls, in seconds of this process."""
    times = []
    for _ in range(5):
        began = time.process_time()
        function()  # type: ignore[operator]
        times.append(time.process_time() - began)
    return min(times)


def accuracy_on(run: Path, store: Path) -> float:
    """What the model makes of features that `evaluate` would refuse."""
    fitted = load_fitted(run)
    answers, _ = assess(
        fitted.task, fitted.model, load(store, "test", arrays=["log_mel"], batch_size=64, shuffle=False)
    )
    return fitted.task.metrics(answers)["accuracy"]


if __name__ == "__main__":
    main()
