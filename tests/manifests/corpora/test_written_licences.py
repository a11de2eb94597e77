from __future__ import annotations

import pytest

from manifests.corpora.written_licences import licence_of

WRITTEN = {
    "http://creativecommons.org/licenses/by/3.0/": "cc-by-3.0",
    "https://creativecommons.org/licenses/by-nc-sa/4.0/legalcode": "cc-by-nc-sa-4.0",
    "http://creativecommons.org/publicdomain/zero/1.0/": "cc0-1.0",
    "https://creativecommons.org/publicdomain/mark/1.0/": "public-domain",
    "http://creativecommons.org/licenses/sampling+/1.0/": "cc-sampling-plus-1.0",
    "http://creativecommons.org/licenses/by/1.0/": "own",
    "Release 2.0 (CC BY 4.0)": "cc-by-4.0",
    "Volume 3.0 is licensed under a Attribution-ShareAlike 4.0 International License.": "cc-by-sa-4.0",
    "CC0": "cc0-1.0",
    "CC-BY": "cc-by-3.0",
    "CC BY-NC-SA 3.0": "cc-by-nc-sa-3.0",
    "CC-Sampling+": "cc-sampling-plus-1.0",
    "Dance, Sampling Plus": "cc-sampling-plus-1.0",
    "CC-NC-Sampling+": "own",
    "Creative Commons 0": "cc0-1.0",
    "Attribution Noncommercial": "cc-by-nc-3.0",
    "Songs is licensed under a Attribution-NonCommercial-NoDerivatives 4.0 International License.": "cc-by-nc-nd-4.0",
    "All recordings are in the Public Domain": "public-domain",
    "Ask the author": "own",
}


@pytest.mark.parametrize("text", WRITTEN)
def test_licences_are_known_by_address_and_in_words(text: str) -> None:
    assert licence_of(text) == WRITTEN[text]


def test_a_licence_without_its_version_is_the_one_that_the_caller_means() -> None:
    assert licence_of("Attribution", "4.0") == "cc-by-4.0"
