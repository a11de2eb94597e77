"""The text of a recording: what row digests are made of."""

import json
import random

import pytest

from manifests.recording import Piece, Recording, Span

TEXTS = ("a", 'quo"ted', "back\\slash", "zwölf\tneu\n", "\x00\x7f\u2028", "数字")


def _any_recording(rng: random.Random) -> Recording:
    def maybe(value: object) -> object:
        return value if rng.random() < 0.5 else None

    span = Span(
        rng.choice(TEXTS),
        rng.choice((0.0, 0, 1.5, 3, 1e-7, 1e22)),
        maybe(rng.choice((0.0, 0.25, 7))),
        maybe(rng.choice((0, 44))),
        maybe(rng.choice((0, 1 << 40))),
        maybe("e" * 32),
    )
    return Recording(
        key=rng.choice(TEXTS),
        span=span,
        channel=maybe(rng.choice((0, 1))),
        speaker=maybe(rng.choice(TEXTS)),
        text=maybe(rng.choice(TEXTS)),
        labels={rng.choice(TEXTS): rng.choice(("x", 1, 0.5, True, ["a", "b"])) for _ in range(rng.randrange(3))},
        split=maybe(rng.choice(TEXTS)),
        extra={rng.choice(TEXTS): {"nested": [None, 1]} for _ in range(rng.randrange(2))},
        origin="table.csv:3",
    )


@pytest.mark.parametrize("seed", range(300))
def test_the_text_of_a_recording_is_its_sorted_json(seed: int) -> None:
    recording = _any_recording(random.Random(seed))
    row = recording.to_json()
    assert recording.encode() == json.dumps(row, sort_keys=True, ensure_ascii=False)
    assert Recording.from_json(json.loads(recording.encode())) == recording
    row["key"] = "corpus/" + row["key"]
    for name in ("path", "offset", "size"):
        row.pop(name, None)
    assert recording.encode("corpus/", place=False) == json.dumps(row, sort_keys=True, ensure_ascii=False)


def _any_piece(rng: random.Random) -> Piece:
    other = _any_recording(rng)
    return Piece(other.span, rng.choice((0.0, 0, 0.25, 3)), other.channel, other.speaker, other.text)


@pytest.mark.parametrize("seed", range(100))
def test_the_text_of_a_composed_recording_is_its_sorted_json_too(seed: int) -> None:
    rng = random.Random(seed)
    whole = _any_recording(rng)
    about = {name: getattr(whole, name) for name in ("channel", "speaker", "text", "labels", "split", "extra")}
    pieces = [_any_piece(rng) for _ in range(rng.randrange(1, 5))]
    recording = Recording.composed(whole.key, pieces, **about)
    assert recording.spans == tuple(piece.span for piece in pieces)
    row = recording.to_json()
    assert recording.encode() == json.dumps(row, sort_keys=True, ensure_ascii=False)
    again = Recording.from_json(json.loads(recording.encode()))
    assert again == recording
    assert again.pieces == tuple(pieces)
    row["key"] = "corpus/" + row["key"]
    for piece in row["pieces"]:
        for name in ("path", "offset", "size"):
            piece.pop(name, None)
    assert recording.encode("corpus/", place=False) == json.dumps(row, sort_keys=True, ensure_ascii=False)


@pytest.mark.parametrize("composed", [False, True])
@pytest.mark.parametrize("seed", range(50))
def test_the_text_of_what_is_beside_a_recording_is_its_sorted_json_too(seed: int, composed: bool) -> None:
    rng = random.Random(seed)
    names = rng.sample(("noise", "clean", 'quo"ted', "a"), rng.randrange(1, 4))
    pieces = (_any_piece(rng), _any_piece(rng)) if composed else ()
    recording = _any_recording(rng)._replace(beside={name: _any_recording(rng).span for name in names}, pieces=pieces)
    if composed:
        recording = recording._replace(span=pieces[0].span)
    own = tuple(piece.span for piece in pieces) or (recording.span,)
    assert recording.spans == (*own, *(recording.beside[name] for name in sorted(names)))
    row = recording.to_json()
    assert recording.encode() == json.dumps(row, sort_keys=True, ensure_ascii=False)
    assert Recording.from_json(json.loads(recording.encode())) == recording
    row["key"] = "corpus/" + row["key"]
    for span in (row, *row.get("pieces", []), *row["beside"].values()):
        for name in ("path", "offset", "size"):
            span.pop(name, None)
    assert recording.encode("corpus/", place=False) == json.dumps(row, sort_keys=True, ensure_ascii=False)


@pytest.mark.parametrize("pieces", [(), (Piece(Span("a.wav", 1.0), 0.5), Piece(Span("b.wav"), text="b"))])
def test_a_recording_that_is_moved_has_other_paths_and_nothing_else(pieces: tuple[Piece, ...]) -> None:
    row = Recording("k", Span("a.wav", 1.0), pieces=pieces, beside={"clean": Span("c.wav", 1.0)}, origin="t.csv:3")
    moved = row.moved(lambda path: f"deep/{path}")
    assert [span.path for span in moved.spans] == [f"deep/{span.path}" for span in row.spans]
    assert moved.span == moved.spans[0]
    assert moved.moved(lambda path: path.removeprefix("deep/")) == row
    assert moved.origin == row.origin


def test_another_file_beside_it_is_another_recording() -> None:
    besides = [{}, {"clean": Span("a")}, {"clean": Span("b")}, {"noise": Span("a")}, {"clean": Span("a", 1.0)}]
    rows = [Recording("k", Span("n"), beside=beside) for beside in besides]
    assert len({row.encode() for row in rows}) == len(rows)
    assert all(one != other for number, one in enumerate(rows) for other in rows[:number])


def test_rows_of_before_keep_their_bytes() -> None:
    span = Span("a.flac", 1.5, 2.0, 44, 100, "e" * 32)
    row = Recording("k", span, 1, "theo", "hi", {"b": 1, "a": [""]}, "test", {"x": None}, origin="t.csv:3")
    assert row.encode() == (
        '{"channel": 1, "extra": {"x": null}, "key": "k", "labels": {"a": [""], "b": 1}, "offset": 44, '
        '"path": "a.flac", "seconds": 2.0, "size": 100, "speaker": "theo", "split": "test", "start": 1.5, '
        f'"text": "hi", "version": "{"e" * 32}"}}'
    )
    assert row.spans == (span,)


def test_another_order_or_gap_or_word_is_another_recording() -> None:
    one, two = Piece(Span("a")), Piece(Span("b"), 0.1, text="b")
    rows = [(one, two), (two, one), (one, two._replace(gap=0.2)), (one, two._replace(text="c")), (one,), (two, two)]
    assert len({Recording.composed("k", pieces).encode() for pieces in rows}) == len(rows)
