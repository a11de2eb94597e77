"""Recipes as files: the mistakes that people make, each with the exact words that they get."""

from __future__ import annotations

from pathlib import Path

import pytest

from features import catalog
from manifests.errors import SplitError
from pipelines.errors import RecipeError
from pipelines.recipe import Recipe
from pipelines.recipe_file import load_recipe
from pipelines.scan import scan
from tests.factories import folder_corpus

RECIPE = """\
name: tones
corpora:
  tones: {reader: folder, root: corpus}
  noise: {reader: folder, root: corpus}
source: [tones]
split: {by: key, test: 0.3}
copies: {train: 2}
stages:
  - decode: {channels: mono}
  - resample: {sample_rate: 8000}
  - add_noise: {from: noise, snr_db: {uniform: [5, 20]}}
  - log_mel: {n_fft: 256, hop_length: 80, n_mels: 32}
store: {path: store, keep: {log_mel: float16, audio: flac}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a corpus, which is the current one; plugins are forgotten afterwards."""
    monkeypatch.setattr(catalog, "_ADDED", {})
    monkeypatch.chdir(tmp_path)
    folder_corpus("corpus", [f"{number}.wav" for number in range(20)])
    return tmp_path


def load(text: str = RECIPE, *overrides: str, environ: dict[str, str] | None = None) -> Recipe:
    Path("tones.yaml").write_text(text, encoding="utf-8")
    return load_recipe("tones.yaml", overrides, environ or {})


def replaced(old: str, new: str) -> str:
    assert RECIPE.count(old) == 1
    return RECIPE.replace(old, new)


def mistakes(text: str, *overrides: str) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        load(text, *overrides)
    assert caught.value.exit_code == 2
    return str(caught.value).splitlines()


def test_a_sound_recipe_is_read_whole() -> None:
    read = load()
    assert (read.path, read.text) == (Path("tones.yaml"), RECIPE)
    assert [stage.name for stage in read.stages] == ["decode", "resample", "add_noise", "log_mel"]
    assert [(spec.name, spec.encoding) for spec in read.arrays()] == [("audio", "flac"), ("log_mel", "float16")]


def test_the_text_that_is_kept_has_overrides_but_no_values_of_variables() -> None:
    text = replaced("store: {path: store", 'store: {path: "${OUT}/store"')
    read = load(text, "stages[3].log_mel.n_mels=16", environ={"OUT": "/somewhere"})
    assert read.store.path == "/somewhere/store"
    assert read.text == text.replace("n_mels: 32", "n_mels: 16")


def test_a_comment_or_another_order_of_keys_changes_nothing() -> None:
    lines = RECIPE.splitlines()
    other = load("# a comment\n" + "\n".join([lines[-1] + "  # here", *lines[:-1]]) + "\n")
    read = load()
    assert other.model_dump() == read.model_dump()
    assert other.chain().fingerprint() == read.chain().fingerprint()


# Ten broken recipes, as people write them.


def test_1_an_unknown_key() -> None:
    assert mistakes(replaced("n_mels", "n_mells")) == [
        "tones.yaml:12:43 stages[3].log_mel.n_mells: unknown parameter; did you mean n_mels?"
    ]


def test_2_a_wrong_type() -> None:
    assert mistakes(replaced("8000", "8 kHz")) == [
        "tones.yaml:10:29 stages[1].resample.sample_rate: expected a whole number, got '8 kHz'"
    ]


def test_3_a_duplicate_key() -> None:
    assert mistakes(RECIPE + "seed: 1\nseed: 2\n") == ["tones.yaml:15:1: a second 'seed'; the first is in line 14"]


def test_4_a_tab() -> None:
    assert mistakes(replaced("  - resample", "\t- resample")) == [
        "tones.yaml:10:1: a tab; indent and separate with spaces"
    ]


def test_5_a_file_that_is_not_there(folder: Path) -> None:
    with pytest.raises(RecipeError, match=r"^tone\.yaml: no such file$"):
        load_recipe("tone.yaml")
    assert mistakes(replaced("tones: {reader: folder, root: corpus}", "tones: {reader: folder, root: corpsu}")) == [
        "tones.yaml:3:33 corpora.tones.root: no such folder in the current directory: corpsu"
    ]
    assert mistakes(RECIPE, f"corpora.noise.root={folder}/none") == [
        f"--set corpora.noise.root={folder}/none: corpora.noise.root: no such folder: {folder}/none"
    ]


def test_6_stages_that_do_not_fit() -> None:
    assert mistakes(replaced("{n_fft", "{of: noisy, n_fft")) == [
        "tones.yaml:12:19 stages[3].log_mel.of: log_mel reads 'noisy', which no stage before it writes (there: audio)"
    ]


def test_7_an_unknown_stage() -> None:
    assert mistakes(replaced("resample:", "resampel:")) == [
        "tones.yaml:10:5 stages[1]: unknown stage 'resampel'; did you mean resample?"
    ]


def test_8_an_unknown_corpus() -> None:
    text = replaced("source: [tones]", "source: [tone]").replace("from: noise", "from: nose")
    assert mistakes(text) == [
        "tones.yaml:5:10 source[0]: unknown corpus 'tone'; did you mean tones?",
        "tones.yaml:11:23 stages[2].add_noise.from: unknown corpus 'nose'; did you mean noise?",
    ]


def test_9_a_bad_range() -> None:
    assert mistakes(replaced("[5, 20]", "[20, 5]")) == [
        "tones.yaml:11:48 stages[2].add_noise.snr_db.uniform: uniform runs from low to high, got [20.0, 5.0]"
    ]


def test_10_a_split_that_comes_out_empty() -> None:
    with pytest.raises(SplitError) as caught:
        list(scan(load(replaced("test: 0.3", "test: 0.000001"))))
    assert caught.value.exit_code == 2
    assert str(caught.value) == (
        "split: test came out empty; change a fraction or the seed; by key there are 20 groups: "
        + ", ".join(sorted(f"{number}.wav" for number in range(20)))
    )


# What else can be wrong.


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[tones]", "[tones, tones]", "5:17 source[1]: 'tones' is listed twice"),
        ("tones: {reader: folder", "tones: {reader: fodler",
         "3:19 corpora.tones.reader: unknown reader 'fodler'; did you mean folder?"),
        ("tones: {reader: folder", "tones: {reader: zzz",
         "3:19 corpora.tones.reader: unknown reader 'zzz'; `wavemill corpora` lists them"),
        ("tones: {reader: folder, ", "tones: {reader: folder, licence: odbl, ",
         "3:36 corpora.tones.licence: unknown licence 'odbl'; did you mean odbl-1.0?"),
        ("copies:", "gates: {licences: [cc0, ccby]}\ncopies:",
         "7:25 gates.licences[1]: unknown licence 'ccby'; did you mean cc-by-4.0, cc-by-3.0, cc-by-2.5, cc-by-2.0?"),
        ("tones: {reader: folder, ", "tones: {", "3:3 corpora.tones.reader: missing"),
        ("tones: {reader: folder, ", "tones: {reader: folder, labels: parent, ",
         "3:27 corpora.tones.labels: unknown parameter; did you mean label?"),
        ("tones: {reader: folder, ", "tones: {reader: folder, split: {by: path, valid: 2}, ",
         "3:52 corpora.tones.split.valid: a fraction between 0 and 1, or a list of groups: [theo]"),
        ("{by: key, test: 0.3}", "{by: key}",
         "6:8 split: `by: key` needs `valid` or `test`, a fraction or a list of groups"),
        ("{train: 2}", "{train: 0}", "7:17 copies.train: must be at least 1, got 0"),
        ("{train: 2}", "{tain: 2}", "7:10 copies.tain: the recipe makes no split 'tain'; did you mean train?"),
        ("{train: 2}", "{valid: 2}", "7:10 copies.valid: the recipe makes no split 'valid'; there are test, train"),
        ("{train: 2}", "{test: 2}", "7:16 copies.test: no stage augments copies of test, so all 2 would be the same"),
        ("snr_db", "act_on: none, snr_db",
         "11:38 stages[2].add_noise.act_on: expected copies, train or all, got 'none'"),
        ("  - decode: {channels: mono}\n", "",
         "9:5 stages[0]: the first stage must be decode, which turns a file into audio"),
        ("{channels: mono}", "\n    channels: mono",
         "9:5 stages[0]: a stage has one name, got decode, channels; indent parameters below the name"),
        ("  - resample: {", "  - [resample]\n  - resample: {",
         "10:5 stages[1]: write a stage as its name, or as its name with parameters below it"),
        ("{sample_rate: 8000}", "", "10:5 stages[1].resample.sample_rate: missing"),
        ("n_mels: 32", "n_mels: 0", "12:51 stages[3].log_mel.n_mels: must be at least 1, got 0"),
        ("{log_mel: float16", "{logmel: float16",
         "13:29 store.keep.logmel: no stage writes 'logmel'; did you mean log_mel?"),
        ("{log_mel: float16", "{log_mel: flac",
         "13:38 store.keep.log_mel: log_mel is features, and flac does not hold them; write float16 or float32"),
        ("{log_mel: float16", "{log_mel: float8",
         "13:38 store.keep.log_mel: expected float32, float16, int16, int32 or flac, got 'float8'; "
         "did you mean float32?"),
        ("{log_mel: float16, audio: flac}", "{}", "13:28 store.keep: expected at least 1 item, got 0"),
        ("path: store,", "", "13:1 store.path: missing"),
        ("path: store,", "path: store, format: zip,", "13:30 store.format: expected arrow or tar, got 'zip'"),
        ("path: store,", "path: store, shard_bytes: 1 MiBs,",
         "13:35 store.shard_bytes: expected a number of bytes such as 128 MiB or 500 kB, got '1 MiBs'"),
        ("copies:", "gates: {max_rejected: 1}\ncopies:", ""),
        ("copies:", "gates: {max_rejected: one}\ncopies:",
         "7:23 gates.max_rejected: expected a percentage such as 1%, or a number from 0 to 1, got 'one'"),
        ("copies:", "limits: {seconds: 0}\ncopies:", "7:19 limits.seconds: must be above 0, got 0"),
        ("copies:", "limits: {memory: 100 MiB}\ncopies:",
         "7:18 limits.memory: a builder takes nearly 512 MiB before its first recording; give it more"),
        ("copies:", "seed: -1\ncopies:", "7:7 seed: must be at least 0, got -1"),
        ("name: tones", "name: my tones", "1:7 name: a name has letters, digits and . _ - only, got 'my tones'"),
        ("name: tones\n", "", "1:1 name: missing"),
        ("copies:", "plugins: [mine.py]\ncopies:", "7:11 plugins[0]: {folder}/mine.py: No such file or directory"),
        ("root: corpus}\nsource", 'root: "${NONE}"}\nsource',
         "4:33 corpora.noise.root: environment variable NONE is not set or empty; set it, or write ${{NONE:-default}}"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_where_it_stands(folder: Path, old: str, new: str, message: str) -> None:
    if message:
        assert mistakes(replaced(old, new)) == [f"tones.yaml:{message.format(folder=folder)}"]
    else:
        load(replaced(old, new))


def test_copies_that_nothing_tells_apart() -> None:
    text = replaced("  - add_noise: {from: noise, snr_db: {uniform: [5, 20]}}\n", "")
    assert mistakes(text) == [
        "tones.yaml:7:17 copies.train: no stage augments copies of train, so all 2 would be the same"
    ]
    assert load(text, "copies.train=1").copies == {"train": 1}
    assert mistakes(text, "split={from: corpus}", "copies={dev: 3}") == [
        "--set copies={dev: 3}: copies.dev: this split is called valid here"
    ]


def test_an_array_may_not_take_the_name_of_a_column() -> None:
    assert mistakes(replaced("{log_mel: float16", "{text: float16").replace("{n_fft", "{as: text, n_fft")) == [
        "tones.yaml:13:29 store.keep.text: 'text' is a column of every store; give the array another name with as:"
    ]


def test_everything_that_is_wrong_is_named_at_once() -> None:
    text = (
        replaced("name: tones", "name: my tones")
        .replace("root: corpus}\nsource: [tones]", "root: none}\nsource: [tone]")
        .replace("8000", "eight")
        .replace("{from: noise, snr_db: {uniform: [5, 20]}}", "{from: nose, snr_db: loud}")
        .replace("log_mel: {n_fft", "log_mell: {n_fft")
        .replace("audio: flac", "audio: falc")
    )
    assert [line.split(": ")[0] for line in mistakes(text, "limits.secs=1")] == [
        "--set limits.secs=1",
        "tones.yaml:1:7 name",
        "tones.yaml:4:33 corpora.noise.root",
        "tones.yaml:5:10 source[0]",
        "tones.yaml:10:29 stages[1].resample.sample_rate",
        "tones.yaml:11:23 stages[2].add_noise.from",
        "tones.yaml:11:37 stages[2].add_noise.snr_db",
        "tones.yaml:12:5 stages[3]",
        "tones.yaml:13:54 store.keep.audio",
    ]


def test_stages_of_a_plugin_are_found_beside_the_recipe(folder: Path) -> None:
    source = (
        "from features.stage import Transform\n\n\n"
        "class Inverted(Transform):\n    name = 'inverted'\n    flip: bool = True\n"
    )
    Path("below").mkdir()
    Path("below/mine.py").write_text(source)
    text = replaced("copies:", "plugins: [mine.py]\ncopies:").replace(
        "  - log_mel", "  - inverted: {flip: true}\n  - log_mel"
    )
    Path("below/tones.yaml").write_text(text)
    read = load_recipe("below/tones.yaml")
    assert read.origin.plugins == (str(folder / "below/mine.py"),)
    before = read.chain().fingerprint()
    Path("below/mine.py").write_text(source + "# another\n")
    assert load_recipe("below/tones.yaml").chain().fingerprint() != before
    with pytest.raises(RecipeError, match=r"inverted.filp: unknown parameter; did you mean flip\?"):
        load_recipe("below/tones.yaml", ["stages[3].inverted={filp: true}"])


def test_importing_a_recipe_runs_nothing_that_it_does_not_name(folder: Path) -> None:
    Path("mine.py").write_text("raise SystemExit('run')\n")
    assert load().origin.plugins == ()
