from __future__ import annotations

from pathlib import Path

from manifests.recording import Recording, Span
from tests.factories import folder_corpus, write_lines
from tests.manifests.corpora.reading import message_of, read

ROWS = (
    "canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration",
    "Alban Berg,Sonata Op. 1,train,2018,2018/a.midi,2018/a.wav,698.661160312",
    'Franz Liszt,"Étude ""Gnomenreigen"", No. 2",validation,2008,2008/b.midi,2008/b.wav,180.5',
)


def corpus(root: Path, *rows: str, version: str = "v3.0.0") -> Path:
    folder_corpus(root, ["2018/a.wav", "2008/b.wav"])
    write_lines(root / f"maestro-{version}.csv", *rows)
    return root


def test_performances_keep_the_split_of_their_publishers(tmp_path: Path) -> None:
    rows = read("maestro", corpus(tmp_path, *ROWS))
    assert rows == [
        Recording(
            "2018/a",
            Span("2018/a.wav"),
            labels={"composer": "Alban Berg", "title": "Sonata Op. 1", "year": 2018},
            split="train",
            extra={"midi": "2018/a.midi", "midi_seconds": 698.661160312},
        ),
        Recording(
            "2008/b",
            Span("2008/b.wav"),
            labels={"composer": "Franz Liszt", "title": 'Étude "Gnomenreigen", No. 2', "year": 2008},
            split="valid",
            extra={"midi": "2008/b.midi", "midi_seconds": 180.5},
        ),
    ]
    assert rows[0].origin == f"{tmp_path}/maestro-v3.0.0.csv:2"


def test_older_versions_are_read_as_well(tmp_path: Path) -> None:
    assert len(read("maestro", corpus(tmp_path, *ROWS, version="v1.0.0"))) == 2


def test_broken_rows_and_missing_tables_are_named(tmp_path: Path) -> None:
    tables = "maestro-v3.0.0.csv, maestro-v2.0.0.csv, maestro-v1.0.0.csv"
    assert message_of("maestro", tmp_path) == f"{tmp_path}: has none of {tables}"
    corpus(tmp_path, *ROWS, "A,B,extra,2018,2018/c.midi,2018/c.wav,1")
    expected = "split is 'extra', which is none of train, validation and test"
    assert message_of("maestro", tmp_path) == f"{tmp_path}/maestro-v3.0.0.csv:4: {expected}"
