from __future__ import annotations

from click.testing import CliRunner

from manifests.corpora import CORPORA, reader_class
from wavemill import cli


def test_the_list_names_every_reader_with_what_it_reads_and_every_parameter() -> None:
    done = CliRunner().invoke(cli, ["corpora"])
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines if not line.startswith(" ")] == list(CORPORA)
    assert sum(line.startswith("  ") for line in lines) == sum(len(reader_class(n).model_fields) for n in CORPORA)
    assert "  root (required): The folder that holds the corpus" in done.stdout
    assert "composed: connected speech of the recordings of another corpus" in done.stdout
