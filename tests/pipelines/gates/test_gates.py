"""For each gate a corpus that violates it, what it says, and one that it lets pass."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent, indent

import numpy as np
import pytest
from click.testing import CliRunner

from manifests.storage import open_storage
from pipelines.commands.gating import gates as command
from pipelines.errors import RecipeError
from pipelines.gates.config import Gates
from pipelines.gates.duplicate_text import plain_text
from pipelines.history import publish
from pipelines.recipe_file import load_recipe
from tests.factories import write_audio
from tests.pipelines.gates.corpora import Corpus, sound


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path)


def filled(corpus: Corpus, **columns: list[object]) -> Corpus:
    """Four recordings in train, two in test, each of its own sound; columns have a value for each."""
    for number in range(6):
        own = {name: values[number] for name, values in columns.items()}
        corpus.add("train" if number < 4 else "test", sound(number), **own)
    return corpus


def test_what_is_filtered_is_counted_with_the_reasons(corpus: Corpus) -> None:
    for number in range(8):
        corpus.add("train", sound(number, 0.1 * (number + 1)))
    told = corpus.refusal("max_filtered: 30%, max_rejected: 0", more="  - filter_duration: {min_seconds: 0.35}\n")
    assert told.startswith(
        "gates.max_filtered: 3 of 8 recordings were filtered (37.50%, 30.00% allowed)\n"
        " recordings share why\n"
        " 3 37.50% filter_duration: 0.10 to 0.30 s; min_seconds is 0.35\n"
        "the store stays as it was."
    )
    assert corpus.build("max_filtered: 37.5%", more="  - filter_duration: {min_seconds: 0.35}\n").filtered == 3


def test_the_same_file_in_two_splits(corpus: Corpus) -> None:
    filled(corpus)
    corpus.add("test", sound(2))
    corpus.add("test", sound(2))
    corpus.add("train", sound(3))
    told = corpus.refusal("duplicate_audio: {}")
    assert "gates.duplicate_audio: 1 file is in more than one split (0.00% of a split allowed)" in told
    assert " test 4 2 50.00% train\n train 5 1 20.00% test\n" in told
    assert "all/0006.wav (test) = all/0002.wav (train)" in told or "all/0007.wav (test) = all/0002.wav (train)" in told
    corpus.rows = [row for row in corpus.rows if row["path"] not in ("0006.wav", "0007.wav")]
    corpus.build("duplicate_audio: {}")


def test_other_spans_and_channels_of_one_file_are_other_recordings(corpus: Corpus) -> None:
    write_audio(corpus.root / "long.wav", np.concatenate([sound(1, 2.0), sound(2, 2.0)]))
    spans = [("train", 0, 1, 0), ("test", 1, 1, 0), ("test", 0, 1, 1)]
    corpus.rows = [
        {"path": "long.wav", "split": split, "start": start, "seconds": seconds, "channel": channel, "key": f"{number}"}
        for number, (split, start, seconds, channel) in enumerate(spans)
    ]
    corpus.build("duplicate_audio: {}")
    corpus.rows.append({**corpus.rows[0], "split": "test", "key": "again"})
    assert "all/again (test) = all/0 (train)" in corpus.refusal("duplicate_audio: {}")


def test_the_same_text_in_two_splits_however_it_is_written(corpus: Corpus) -> None:
    filled(corpus, text=["Guten Tag!", "ja", "eins", "zwei", "guten  TAG", "Ja."])
    told = corpus.refusal("duplicate_text: {}")
    assert "gates.duplicate_text: 2 texts are in more than one split (0.00% of a split allowed)" in told
    assert " test 2 2 100.00% train\n train 4 2 50.00% test\n" in told
    assert "all/0004.wav (test) = all/0000.wav (train): 'guten TAG'" in told
    one = corpus.refusal("duplicate_text: {min_words: 2}")
    assert "1 text is in more than one split" in one
    corpus.build("duplicate_text: {min_words: 3}")


def test_a_share_that_is_allowed_is_one_of_each_split(corpus: Corpus) -> None:
    filled(corpus, text=["a", "b", "c", "d", "a", "e"])
    assert "50.00%" in corpus.refusal("duplicate_text: {max_share: 40%}")
    corpus.build("duplicate_text: {max_share: 50%}")


def test_plain_texts() -> None:
    assert plain_text("  Don’t  STOP — ﬁne! ") == "don t stop fine"
    assert plain_text("Straße") == plain_text("STRASSE")
    assert plain_text("?!") == ""


def test_speakers_and_sessions_in_two_splits(corpus: Corpus) -> None:
    filled(corpus, speaker=["ada", "bob", "ada", "cy", "ada", "cy"], session=[1, 2, 3, 4, 5, 6])
    told = corpus.refusal("disjoint: [speaker, session]")
    assert "gates.disjoint: 2 values of speaker are in more than one split" in told
    assert "speaker ada, 1 in test, 2 in train" in told
    assert "split: {by: speaker, ..} keeps them apart" in told
    assert "of session" not in told
    corpus.rows[0] = {**corpus.rows[0], "session": 6}
    assert "1 value of session is in more than one split" in corpus.refusal("disjoint: [session]")


def test_a_group_that_nobody_has_is_a_mistake(corpus: Corpus) -> None:
    filled(corpus, speaker=["a", "b", "c", "d", "e", "f"], session=[1, 2, 3, 4, 5, 6])
    assert "gates.disjoint: no recording has 'sesion'; there are session, speaker" in corpus.refusal(
        "disjoint: [sesion]"
    )


def test_classes_that_are_small_missing_or_uneven(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path, labels=["word"])
    for number, (split, word) in enumerate([("train", "yes")] * 6 + [("train", "no")] * 2 + [("test", "yes")] * 2):
        corpus.add(split, sound(number), word=word)
    told = corpus.refusal("class_balance: {word: {max_ratio: 2, min_count: 1}}")
    assert "gates.class_balance: the 2 classes of word are not as even as asked (max_ratio 2, min_count 1)" in told
    assert " test no 0 yes 2 inf 1\n train no 2 yes 6 3.0 0\n" in told
    assert "such as train: yes 6, no 2, 3.0 times" in told
    assert "such as test: no 0" in told
    corpus.add("test", sound(20), word="no")
    corpus.build("class_balance: {word: {max_ratio: 3, min_count: 1}}")
    assert "no recording has the label 'wrod'; there are word" in corpus.refusal(
        "class_balance: {wrod: {min_count: 1}}"
    )


def test_sources_of_several_rates(corpus: Corpus) -> None:
    for number, rate in enumerate([16000, 16000, 8000, 44100]):
        corpus.add("train", sound(number, 0.3, rate), rate)
    told = corpus.refusal(
        "sample_rates: {min_hz: 16000, max_different: 1}", more="  - resample: {sample_rate: 16000}\n"
    )
    assert (
        "gates.sample_rates: sources have 3 different rates (1 allowed) and rates below 16000 Hz in 1 recording\n"
        in told
    )
    assert " Hz recordings share such as\n 8000 1 25.00% all/0002.wav\n" in told
    corpus.build("sample_rates: {min_hz: 8000, max_different: 3}", more="  - resample: {sample_rate: 16000}\n")


def test_texts_that_do_not_fit_their_recordings(corpus: Corpus) -> None:
    rng = np.random.default_rng(0)
    for number in range(40):
        seconds = rng.uniform(0.2, 0.6)
        corpus.add("train", sound(number, seconds), text="x" * round(seconds * 100 * rng.uniform(0.8, 1.25)))
    corpus.build("text_duration: {}")
    corpus.add("train", sound(50, 1.0), text="short")
    corpus.add("train", sound(51, 0.2), text="y" * 300)
    told = corpus.refusal("text_duration: {}")
    assert (
        "gates.text_duration: 2 of 42 texts do not fit the duration of their recordings (4.76%, 0.00% allowed)" in told
    )
    assert "all/0040.wav: 5.0 characters a second" in told
    assert "all/0041.wav: 1500.0 characters a second" in told
    corpus.build("text_duration: {max_share: 5%}")


def test_modified_z_scores_are_those_of_the_formula(corpus: Corpus) -> None:
    rng = np.random.default_rng(1)
    rates = np.append(np.exp(rng.normal(4, 0.3, 30)), 900.0)
    for number, rate in enumerate(rates):
        corpus.add("train", sound(number, 0.5), text="x" * round(rate * 0.5))
    x = np.log([len(row["text"]) / 0.5 for row in corpus.rows])
    z = 0.6745 * (x - np.median(x)) / np.median(np.abs(x - np.median(x)))
    told = corpus.refusal("text_duration: {max_z: 4}")
    found = float(told.partition("all/0030.wav")[2].partition("z = ")[2].partition(":")[0])
    assert found == pytest.approx(z[-1], rel=0.05)
    assert f"gates.text_duration: {np.sum(np.abs(z) > 4)} of 31" in told


def test_a_gate_that_has_nothing_to_look_at_does_not_pass(corpus: Corpus) -> None:
    filled(corpus)
    assert "gates.text_duration: no recording has a text" in corpus.refusal("text_duration: {}")


def test_all_gates_that_fail_are_told_at_once_and_publish_accepts_what_was_built(corpus: Corpus) -> None:
    filled(corpus, text=["a", "b", "c", "d", "a", "e"], speaker=["a", "b", "c", "d", "a", "f"])
    told = corpus.refusal("duplicate_text: {}, disjoint: [speaker], duplicate_audio: {}")
    assert [line for line in told.splitlines() if line.startswith("gates.")] == [
        "gates.disjoint: 1 value of speaker is in more than one split (0.00% of a split allowed)",
        "gates.duplicate_text: 1 text is in more than one split (0.00% of a split allowed)",
    ]
    made = publish(open_storage(corpus.store))
    assert made.count("produced") == 6
    assert made.reason.startswith("published, though gates.disjoint: 1 value of speaker")
    assert "; gates.duplicate_text: 1 text" in made.reason
    corpus.build(
        "duplicate_text: {}, disjoint: [speaker], duplicate_audio: {}"
    )  # it was accepted, and nothing has changed since


def test_a_gate_that_is_new_looks_at_what_is_there_already(corpus: Corpus) -> None:
    filled(corpus, text=["a", "b", "c", "d", "a", "e"])
    assert corpus.build("").generation == 1
    assert "gates.duplicate_text: 1 text is in more than one split" in corpus.refusal("duplicate_text: {}")
    assert corpus.build("duplicate_text: {max_share: 50%}").generation == 1


def test_the_command_holds_a_store_against_its_gates_and_changes_nothing(corpus: Corpus) -> None:
    filled(corpus, text=["a", "b", "c", "d", "a", "e"])
    corpus.build("")
    corpus.recipe("duplicate_text: {}, duplicate_audio: {}")
    recipe, names = str(corpus.folder / "recipe.yaml"), sorted(path.name for path in corpus.store.rglob("*"))
    told = CliRunner().invoke(command, [recipe])
    assert (told.exit_code, told.stdout.splitlines()[0].startswith("gates.duplicate_text: 1 text is")) == (3, True)
    assert told.stderr.endswith("generation 1; 2 gates, 1 refuse it\n")
    found = json.loads(CliRunner().invoke(command, [recipe, "--json"]).stdout)
    assert [problem["gate"] for problem in found["problems"]] == ["duplicate_text"]
    assert found["problems"][0]["table"][1] == ["test", "2", "1", "50.00%", "train"]
    allowed = CliRunner().invoke(command, [recipe, "--set", "gates.duplicate_text.max_share=50%"])
    assert (allowed.exit_code, allowed.stdout) == (0, "")
    assert sorted(path.name for path in corpus.store.rglob("*")) == names


def test_rejected_and_filtered_recordings_leak_nothing(corpus: Corpus) -> None:
    filled(corpus, text=["a", "b", "c", "d", "e", "f"])
    corpus.add("test", sound(0, 0.1), text="a")
    assert corpus.build("duplicate_text: {}", more="  - filter_duration: {min_seconds: 0.2}\n").filtered == 1


def test_gates_do_not_disturb_each_other(corpus: Corpus) -> None:
    filled(corpus, text=["a", "b", "c", "d", "a", "e"], speaker=["a", "b", "c", "d", "e", "f"], session=list("uvwxyz"))
    told = corpus.refusal("disjoint: [speaker, session], duplicate_text: {}, duplicate_audio: {}")
    assert told.count("gates.") == 1
    assert "gates.duplicate_text: 1 text" in told


@pytest.mark.parametrize(
    ("gates", "message"),
    [
        ("duplicate_txt: {}", "gates.duplicate_txt: unknown parameter; did you mean duplicate_text?"),
        ("duplicate_text: {min_word: 2}", "gates.duplicate_text.min_word: unknown parameter; did you mean min_words?"),
        ("duplicate_text: {max_share: 3}", "gates.duplicate_text.max_share: must be at most 1, got 3"),
        ("class_balance: {word: {}}", "gates.class_balance.word: give max_ratio, min_count or both"),
        (
            "class_balance: {word: {max_ration: 2}}",
            "gates.class_balance.word.max_ration: unknown parameter; did you mean max_ratio?",
        ),
        ("sample_rates: {}", "gates.sample_rates: give min_hz, max_different or both"),
        ("disjoint: speaker", "gates.disjoint: expected a list, got 'speaker'"),
        ("duplicate_fingerprint: {}", "gates.duplicate_fingerprint: needs the stage fingerprint, behind decode"),
    ],
)
def test_mistakes_in_gates_are_told_with_their_place(corpus: Corpus, gates: str, message: str) -> None:
    filled(corpus)
    with pytest.raises(RecipeError) as caught:
        corpus.recipe(gates)
    (problem,) = str(caught.value).splitlines()
    assert problem.endswith(message)
    assert ":10:" in problem


def test_every_gate_says_what_it_asks() -> None:
    schema = json.dumps(Gates.model_json_schema())
    assert all(field.description for field in Gates.model_fields.values())
    assert "Modified z-score" in schema


def test_the_recipe_of_the_document_is_one(corpus: Corpus) -> None:
    text = (Path(__file__).parents[3] / "docs" / "gates.md").read_text("utf-8")
    stages, gates = (dedent(text.partition(f"\n    {name}:\n")[2].partition("\n\n")[0]) for name in ("stages", "gates"))
    assert stages.count("\n") == 8
    filled(corpus, text=list("abcdef"))
    corpus.recipe("")
    recipe = (corpus.folder / "recipe.yaml").read_text("utf-8")
    before, _, after = recipe.partition("stages:\n")
    keep = after[after.index("store:") : after.index("gates:")]
    whole = f"{before}stages:\n{indent(stages, '  ')}\n  - log_mel\n{keep}gates:\n{indent(gates, '  ')}\n"
    (corpus.folder / "recipe.yaml").write_text(whole, "utf-8")
    read = load_recipe(corpus.folder / "recipe.yaml")
    assert {gate.name for gate in read.gates.of_generation()} == {
        "max_rejected, max_filtered", "class_balance", "disjoint", "sample_rates", "text_duration",
        "duplicate_audio", "duplicate_text", "duplicate_fingerprint", "licences",
    }  # fmt: skip
