"""What the ledger says of why recordings were left out."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from manifests.store import Store
from pipelines.build import build
from pipelines.commands.looking import ledger
from pipelines.ledger import read_ledger
from pipelines.reasons import Reasons
from tests.factories import tone, write_audio
from tests.pipelines.corpora import Tones


def test_numbers_become_ranges_and_words_stay_apart() -> None:
    reasons = Reasons()
    for reason in ("-3.5 dB; min_snr_db is 10", "4.0 dB; min_snr_db is 10", "silence", "-20.1 dB; min_snr_db is 10"):
        reasons.add("filtered", "filter_snr", reason)
    reasons.add("rejected", "decode", "1,200 bytes of mp3 in 44100 Hz")
    reasons.add("rejected", "decode", "900 bytes of mp3 in 8000 Hz")
    assert list(reasons) == [
        (3, "filtered", "filter_snr", "-20.1 to 4.0 dB; min_snr_db is 10"),
        (2, "rejected", "decode", "900 to 1,200 bytes of mp3 in 8000 to 44100 Hz"),
        (1, "filtered", "filter_snr", "silence"),
    ]


def test_the_ledger_of_a_store_with_filters_has_a_line_for_each_reason(tmp_path: Path) -> None:
    tones = Tones(tmp_path, 12, more="  - filter_duration: {min_seconds: 0.23, max_seconds: 1}\n  - filter_silence\n")
    tones.write(tones.root / "high" / "silence.wav", 0 * tone(0.5, 8000))
    write_audio(tones.root / "low" / "long.wav", tone(2.0, 8000), 8000)
    made = build(tones.recipe(), "inline")
    short = sum(number % 7 < 3 for number in range(12))
    assert (made.produced, made.filtered, made.rejected) == (12 - short, short + 2, 0)
    store = Store.open(tones.store)
    assert list(read_ledger(store).reasons) == [
        (short + 1, "filtered", "filter_duration", "0.20 to 2.00 s; min_seconds is 0.23, max_seconds is 1"),
        (1, "filtered", "filter_silence", "digital silence"),
    ]
    text = CliRunner().invoke(ledger, [str(tones.store)], catch_exceptions=False).output
    assert f"{short + 1} filtered by filter_duration: 0.20 to 2.00 s; min_seconds is 0.23" in text
    assert "tones/high/silence.wav: filter_silence: digital silence" in text
