from __future__ import annotations

import json
from pathlib import Path

import pytest

from manifests.corpora import json_members as module
from manifests.corpora.json_members import json_members
from manifests.errors import CorpusError
from manifests.files import LocalFiles

OBJECT = {"a": {"x": [1, 2.5, None], "ü": "}, {"}, "b": 1234567, "c": "", "d": [], "e": {"f": {"g": True}}}


def members(root: Path, text: str) -> list[tuple[str, object]]:
    (root / "a.json").write_text(text, encoding="utf-8")
    return list(json_members(LocalFiles(root), "a.json"))


@pytest.mark.parametrize("chunk", [1, 2, 7, 1 << 16])
@pytest.mark.parametrize("indent", [None, 2])
def test_members_come_in_order_wherever_the_chunks_are_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int, indent: int | None
) -> None:
    monkeypatch.setattr(module, "_CHUNK", chunk)
    assert members(tmp_path, json.dumps(OBJECT, indent=indent) + "\n") == list(OBJECT.items())
    assert members(tmp_path, " { } ") == []


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"a" 1}', "{1: 2}"])
def test_what_is_no_object_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(CorpusError) as caught:
        members(tmp_path, text)
    assert str(caught.value) == f"{tmp_path}/a.json: not a JSON object {{..}}"


@pytest.mark.parametrize("text", ['{"a": 1', '{"a": 1, "b": }', '{"a": 1 "b": 2}', '{"a": 1} 2', '{"a": 1,}'])
def test_where_it_breaks_off_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(CorpusError) as caught:
        members(tmp_path, text)
    assert str(caught.value) == f"{tmp_path}/a.json: not JSON behind 'a'"


def test_a_member_beyond_all_measure_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_MEMBER", 100)
    monkeypatch.setattr(module, "_CHUNK", 10)
    with pytest.raises(CorpusError, match="not JSON behind 'a'"):
        members(tmp_path, json.dumps({"a": 1, "b": "x" * 200}))


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"b\.json: no such file"):
        list(json_members(LocalFiles(tmp_path), "b.json"))
    (tmp_path / "a.json").write_bytes(b'{"\xff": 1}')
    with pytest.raises(CorpusError, match=r"a\.json: not UTF-8 \(invalid start byte\)"):
        list(json_members(LocalFiles(tmp_path), "a.json"))
