"""Loading side by side: wavemill, webdataset, datasets, and torch's DataLoader over files, the same batches for all.

    python -m benchmarks.loaders --store STORE --work FOLDER [--rounds 5] [--workers 0]

STORE keeps log_mel in float16 (`python -m benchmarks.builds` leaves one in out/wavemill). Its train split is written
once more as tars of .npy for webdataset, as Arrow for datasets, and as a file for each example. Each contender reads
all of it, in the order of the store, and pads 32 examples at a time into float32; what batches hold is compared before
anything is timed. The figure is of real frames, those that are no padding. wavemill alone compares checksums, unless it
says so. Then the same with wavemill's shuffle, whose batches hold examples of like length: what that saves is apart.
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import datasets
import numpy as np
import pyarrow as pa
import torch
import webdataset
from torch import Tensor

from benchmarks.wavemill_runs import row
from training.loader import load

NAME, BINS, BATCH, SHARD = "log_mel", 80, 32, 500


def pad(arrays: list[np.ndarray]) -> Tensor:
    """What a peer's user writes: zeros, and each example copied in."""
    made = torch.zeros(len(arrays), max(map(len, arrays)), BINS)
    for place, array in zip(made, arrays, strict=True):
        place[: len(array)].copy_(torch.from_numpy(array))
    return made


def examples(store: Path) -> Iterator[np.ndarray]:
    """The features of train in stored order, (frames, bins) float16."""
    for batch in load(store, "train", arrays=[NAME], batch_size=BATCH, shuffle=False):
        for values, length in zip(batch.arrays[NAME], batch.lengths[NAME].tolist(), strict=True):
            yield values[:length].numpy().astype(np.float16)


def write_peers(store: Path, work: Path) -> None:
    """The same examples in the peers' own forms."""
    shutil.rmtree(work, ignore_errors=True)
    for name in ("tar", "arrow", "npy"):
        (work / name).mkdir(parents=True)
    found = list(examples(store))
    for first in range(0, len(found), SHARD):
        some = found[first : first + SHARD]
        with webdataset.TarWriter(str(work / f"tar/{first:06d}.tar")) as tar:
            for at, values in enumerate(some):
                tar.write({"__key__": f"{first + at:06d}", "mel.npy": values})
        offsets = pa.array(np.cumsum([0, *(one.size for one in some)]))
        column = pa.LargeListArray.from_arrays(offsets, pa.array(np.concatenate([one.ravel() for one in some])))
        table = pa.table({"mel": column})
        with (
            pa.OSFile(str(work / f"arrow/{first:06d}.arrow"), "wb") as sink,
            pa.ipc.new_stream(sink, table.schema) as to,
        ):
            to.write_table(table)
    for at, values in enumerate(found):
        np.save(work / f"npy/{at:06d}.npy", values)


class Files(torch.utils.data.Dataset[np.ndarray]):
    """An array a file."""

    def __init__(self, folder: Path) -> None:
        self.paths = sorted(folder.iterdir())

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, at: int) -> np.ndarray:
        return np.load(self.paths[at])


def contenders(store: Path, work: Path, workers: int) -> dict[str, Callable[[], Iterable[Tensor]]]:
    """Each makes an epoch of padded batches."""
    tars = [str(path) for path in sorted((work / "tar").iterdir())]
    rows = datasets.load_dataset("arrow", data_files=[str(path) for path in sorted((work / "arrow").iterdir())])[
        "train"
    ]
    rows = rows.with_format("numpy")
    files = Files(work / "npy")
    common: dict[str, Any] = {"arrays": [NAME], "batch_size": BATCH, "workers": workers}

    def ours(**how: Any) -> Callable[[], Iterable[Tensor]]:
        made = load(store, "train", **common, **how)
        return lambda: (batch.arrays[NAME] for batch in made)

    def tensors(pairs: list[tuple[np.ndarray]]) -> Tensor:
        return pad([one for (one,) in pairs])

    def by_webdataset() -> Iterable[Tensor]:
        stream = webdataset.WebDataset(tars, shardshuffle=False, empty_check=False).decode().to_tuple("mel.npy")
        return stream.batched(BATCH, collation_fn=tensors)

    def by_datasets() -> Iterable[Tensor]:
        for first in range(0, len(rows), BATCH):
            yield pad([one.reshape(-1, BINS) for one in rows[first : first + BATCH]["mel"]])

    return {
        "wavemill": ours(shuffle=False),
        "wavemill, without checksums": ours(shuffle=False, check=False),
        "webdataset": by_webdataset,
        "datasets": by_datasets,
        "DataLoader over files": lambda: torch.utils.data.DataLoader(files, BATCH, collate_fn=pad, num_workers=workers),
        "wavemill, examples of like length together": ours(shuffle=True),
    }


def agree(made: dict[str, Callable[[], Iterable[Tensor]]]) -> int:
    """The real frames of an epoch; SystemExit where the batches of one contender are not those of the others."""
    whole = {name: [batch.clone() for batch in epoch()] for name, epoch in made.items() if "like length" not in name}
    first = whole["wavemill"]
    for name, batches in whole.items():
        same = len(batches) == len(first) and all(map(torch.equal, batches, first))
        if not same:
            raise SystemExit(f"{name} gives other batches")
    return sum(int((batch != 0).any(2).sum()) for batch in first)


def compare(store: Path, work: Path, rounds: int, workers: int) -> None:
    """Prints the table."""
    torch.set_num_threads(1)
    datasets.disable_progress_bars()
    write_peers(store, work)
    made = contenders(store, work, workers)
    frames = agree(made)
    seconds, padded = {name: list[float]() for name in made}, dict[str, int]()
    for _ in range(rounds):
        for name, epoch in made.items():
            began = time.perf_counter()
            padded[name] = sum(batch.shape[0] * batch.shape[1] for batch in epoch())
            seconds[name].append(time.perf_counter() - began)
    reading = f"{workers} processes that read ahead, of wavemill and DataLoader" if workers else "one process"
    print(f"{frames:,} frames in batches of {BATCH}, {reading}; {rounds} rounds, medians.\n")
    row("", "real frames a second", "wavemill is times as fast", "padding")
    row(*["---"] * 4)
    for name in made:
        ratio = median(a / b for a, b in zip(seconds[name], seconds["wavemill"], strict=True))
        padding = f"{1 - frames / padded[name]:.0%}"
        row(name, f"{frames / median(seconds[name]):,.0f}", f"{ratio:.2f}", padding)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--store", type=Path, required=True)
    options.add_argument("--work", type=Path, required=True)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument(
        "--workers", type=int, default=0, help="Processes that read ahead, of wavemill and DataLoader."
    )
    chosen = options.parse_args()
    compare(chosen.store, chosen.work, chosen.rounds, chosen.workers)


if __name__ == "__main__":
    main()
