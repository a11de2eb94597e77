"""Writes docs/stages.md and its pictures from the code, and from the figures in docs/stages.json: `make docs`.

A test holds that docs/stages.md is what this writes, so that it says what the code does.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from benchmarks import figures, illustrations
from benchmarks.references import Reference, references
from features.catalog import STAGES, stage_class
from features.manual import GROUPS, contents, page
from features.parameters import Parameter, parameters
from features.stage import Augmentation, Transform

HOUSE = Path(__file__).parent.parent
PATH = HOUSE / "docs" / "stages.md"
HEADING = """\
# Stages

What a recipe may name under `stages:`. Written from the code by `make docs`; the tests check that it is up to date, and
run every example. `wavemill stages` lists them in a terminal, and `wavemill stages NAME` says all about one. In Python

```python
wavemill.stage("log_mel", n_mels=40)(audio, 16000)
```

is an array that draws itself in a notebook, and that the next stage takes as it is. With the schema that `wavemill
schema` prints, an editor completes them.

- Audio is (channels, samples), float32 with full scale at 1.0. Features are (frames, bins), float32, time first. Tokens
  are (length), int32. `..` is what depends on the recording.
- Shapes and pictures are those of one built-in recording: two seconds of a gliding voice at 16 kHz, with a pause.
- Most stages read the array `audio` and write under their own name, or over what they read. `of` names another array to
  read, `as` another name to write: `add_noise: {as: noisy, ..}` keeps the clean array beside the noisy one.
- A number that may be drawn is written as a distribution: `{choice: [0.9, 1.1]}`, `{uniform: [5, 20]}`, or
  `{log_uniform: [100, 4000]}`. What was drawn is kept in the notes of each example.
- Augmentations change the train copies above 0 (`copies: {train: 3}`); with `act_on: train` every example of train,
  with `act_on: all` every example there is. `probability` says how likely one acts.
- A stage that streams makes the very same bits of a waveform that comes in pieces.
- [Speed and parity](#speed-and-parity) of all stages stand at the end.
- A stage of your own: [CONTRIBUTING.md](../CONTRIBUTING.md#adding-a-stage).
"""
FIGURES = """\
## Speed and parity

Speed is seconds of audio that one core does in a second: `python -m benchmarks.stages`, here on {machine}. A stage
and its library take turns, and the processor time of each is counted. Where the ratio is below 1, the library was
faster: by a few hundredths where both do the same arithmetic, since a stage makes a new example, and sees that every
sample is finite, and since `spectral_descriptors` have double precision. `time_mask` also sets up a generator for each
recording, and `segment` an example for each part. White noise is made as every colour is, from a spectrum whose
numbers any worker can draw. torch's Fourier transform is MKL's, in a half or a third of the time of scipy's, which
stages use: a builder is not to import torch.

Parity is the largest difference, relative to the library's largest value, over {clips} clips, synthetic and real:
`make parity DATA=folder`. For logarithms it is the difference of what the logarithm was taken of; for a pitch, the
share of the frames, voiced for both, in which the two are more than half a semitone apart.

{versions}

| stage | library | x real time | library's | ratio | largest difference |
|---|---|---|---|---|---|
"""
EXPLAINED = ("of", "as", "act_on", "probability")
"""Parameters that the heading explains, where a stage has them as its base does."""


def document(measured: dict[str, Any]) -> str:
    """The text of docs/stages.md, with these figures."""
    groups = contents()
    parts = [HEADING]
    for group, names in groups.items():
        links = ", ".join(f"[{name}](#{name})" for name in names)
        parts.append(f"**[{GROUPS[group]}](#{GROUPS[group].lower().replace(' ', '-')})**: {links}\n")
    for group, names in groups.items():
        parts += [f"## {GROUPS[group]}\n", *(_section(name, measured) for name in names)]
    return "\n".join([*parts, _table(measured)])


def _section(name: str, measured: dict[str, Any]) -> str:
    found, code = page(name), f"{stage_class(name).__module__.replace('.', '/')}.py"
    parts = [f"### {name}\n", _text(found.why, code), _text(found.gives, code)]
    if name in illustrations.NAMES:
        parts.append(f"![{name}](stages/{name}.png)\n")
    streams = " Streams." if found.streams else ""
    parts += [f"```yaml\n{found.recipe}\n```\n", f"Reads {found.reads}. Writes {found.writes}.{streams}\n"]
    own = [one for one in found.parameters if not _is_explained(name, one)]
    if own:
        parts.append("| parameter | default | takes | |\n|---|---|---|---|\n" + "".join(map(_row, own)))
    if beside := [line for one in references() if one.stage == name and (line := _beside(one, measured))]:
        parts.append("\n".join(beside) + "\n")
    if found.source:
        parts.append(f"```text\n{found.source}\n```\n")
    return "\n".join([*parts, f"Code: [{code}](../{code})\n"])


def _is_explained(name: str, parameter: Parameter) -> bool:
    base = Augmentation if issubclass(stage_class(name), Augmentation) else Transform
    return parameter.name in EXPLAINED and parameter in parameters(base)


def _row(parameter: Parameter) -> str:
    default = "required" if parameter.default is None else f"`{parameter.default}`"
    cells = f"`{parameter.name}`", default, parameter.values, parameter.about.replace("<", "&lt;")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _text(docstring: str, code: str) -> str:
    """A docstring as Markdown: angle brackets are seen, and the files that it names are linked."""
    folder = code.rpartition("/")[0]
    pieces = re.split(r"(`[^`]*`)", docstring)
    plain = [piece if piece.startswith("`") else piece.replace("<", "&lt;") for piece in pieces]
    return re.sub(r"\b(\w+\.py)\b", rf"[\1](../{folder}/\1)", "".join(plain)) + "\n"


def _beside(reference: Reference, measured: dict[str, Any]) -> str:
    """How a stage stands beside a library, in a line; nothing where nothing was measured."""
    speed, parity = (measured.get(kind, {}).get(figures.key(reference)) for kind in ("speed", "parity"))
    words = []
    if speed and speed["theirs"]:
        words.append(f"{speed['ours'] / speed['theirs']:.2f} times as fast")
    if parity:
        words.append(f"difference {parity['difference']}")
    told = f" ({reference.remark})" if reference.remark else ""
    return f"- `{reference.label}` beside {reference.library}: {', '.join(words)}{told}" if words else ""


def _table(measured: dict[str, Any]) -> str:
    """All that was measured, with the machine and the versions that it was measured with."""
    speeds, parities = measured.get("speed", {}), measured.get("parity", {})
    if not speeds:
        return ""
    rows = []
    for reference in references():
        speed, parity = speeds.get(figures.key(reference), {}), parities.get(figures.key(reference), {})
        rows.append(_figures(reference.label, reference.library, speed, parity))
    rows += [_figures(name, "", speeds[name], {}) for name in STAGES if name in speeds]
    made = measured["made_with"]
    libraries = made["speed"]["libraries"] | made["parity"]["libraries"]
    versions = ", ".join(f"{library} {version}" for library, version in sorted(libraries.items()))
    clips = max((parity["clips"] for parity in parities.values()), default=0)
    return FIGURES.format(machine=made["speed"]["machine"], clips=clips, versions=f"With {versions}.") + "".join(rows)


def _figures(label: str, library: str, speed: dict[str, Any], parity: dict[str, Any]) -> str:
    ours, theirs = speed.get("ours"), speed.get("theirs")
    cells = [label, library, f"{ours:,.0f}" if ours else "", f"{theirs:,.0f}" if theirs else ""]
    cells += [f"{ours / theirs:.2f}" if ours and theirs else "", parity.get("difference", "")]
    return "| " + " | ".join(cells) + " |\n"


def main() -> None:
    PATH.write_text(document(figures.load()), "utf-8")
    illustrations.write(PATH.with_suffix(""))


if __name__ == "__main__":
    main()
