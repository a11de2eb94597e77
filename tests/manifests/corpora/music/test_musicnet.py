from __future__ import annotations

from pathlib import Path

from manifests.recording import Recording, Span
from tests.factories import folder_corpus, write_lines
from tests.manifests.corpora.reading import message_of, read

HEADER = "start_time,end_time,instrument,note,start_beat,end_beat,note_value"
METADATA = (
    "id,composer,composition,movement,ensemble,source,transcriber,catalog_name,seconds",
    "1727,Schubert,Piano Quintet in A major,2. Andante,Piano Quintet,European Archive,http://tirolmusic,OP114,447",
    '2303,Bach,"Prelude, in C",,Solo Piano,Museopen,http://x,BWV846,120',
)
ABOUT = {"composition": "Piano Quintet in A major", "movement": "2. Andante", "source": "European Archive"}


def corpus(root: Path) -> Path:
    folder_corpus(root, ["train_data/1727.wav", "test_data/2303.wav"])
    write_lines(root / "musicnet_metadata.csv", *METADATA)
    notes = ("44100,110250,41,64,4.0,1.5,Half", "0,88200,1,60,0.0,2.0,Half", "176400,220500,1,62,9.0,1.0,Quarter")
    write_lines(root / "train_labels" / "1727.csv", HEADER, *notes)
    write_lines(root / "test_labels" / "2303.csv", HEADER, "22050,44100,1,21,0.0,1.0,Quarter")
    return root


def test_a_piece_has_its_notes_in_seconds(tmp_path: Path) -> None:
    rows = read("musicnet", corpus(tmp_path), span_seconds=None)
    assert rows == [
        Recording(
            "2303",
            Span("test_data/2303.wav"),
            labels={"piece": "2303", "composer": "Bach", "ensemble": "Solo Piano", "events": ["0.5 1 21"]},
            split="test",
            extra={"composition": "Prelude, in C", "source": "Museopen"},
        ),
        Recording(
            "1727",
            Span("train_data/1727.wav"),
            labels={
                "piece": "1727",
                "composer": "Schubert",
                "ensemble": "Piano Quintet",
                "events": ["0 2 60", "1 2.5 64", "4 5 62"],
            },
            split="train",
            extra=ABOUT,
        ),
    ]


def test_spans_have_the_notes_that_sound_in_them_from_their_own_start(tmp_path: Path) -> None:
    _, *rows = read("musicnet", corpus(tmp_path), span_seconds=1.7)
    assert [(row.key, row.span.start, row.span.seconds) for row in rows] == [
        ("1727@0.0", 0.0, 1.667),
        ("1727@1.667", 1.667, 1.667),
        ("1727@3.334", 3.334, 1.666),
    ]
    assert [row.labels["events"] for row in rows] == [
        ["0 1.667 60", "1 1.667 64"],
        ["0 0.333 60", "0 0.833 64"],
        ["0.666 1.666 62"],
    ]
    assert all(row.labels["piece"] == "1727" and row.extra == ABOUT for row in rows)


def test_notes_may_name_their_instruments(tmp_path: Path) -> None:
    rows = read("musicnet", corpus(tmp_path), instruments=True)
    assert [row.key for row in rows] == ["2303@0.0", "1727@0.0"]
    assert rows[1].labels["events"] == ["0 2 60 1", "1 2.5 64 41", "4 5 62 1"]


def test_broken_tables_are_named(tmp_path: Path) -> None:
    table = corpus(tmp_path) / "test_labels" / "2303.csv"
    write_lines(table, HEADER, "0.5,44100,1,21,0.0,1.0,Quarter")
    assert message_of("musicnet", tmp_path) == f"{table}:2: start_time is '0.5', which is no whole number"
    table.unlink()
    assert message_of("musicnet", tmp_path) == f"{table}: no such file"
    write_lines(tmp_path / "musicnet_metadata.csv", *METADATA[:2])
    expected = "no line of musicnet_metadata.csv has the id 2303"
    assert message_of("musicnet", tmp_path) == f"{tmp_path}/test_data/2303.wav: {expected}"
