"""Genders: one label for what corpora write in many ways."""

from __future__ import annotations

_MEANS = {
    **dict.fromkeys(("f", "female", "female_feminine"), "female"),
    **dict.fromkeys(("m", "male", "male_masculine"), "male"),
}
_SAYS_NOTHING = ("", "do_not_wish_to_say", "unknown", "n/a", "na")


def gender_label(written: str | None) -> dict[str, str]:
    """The label `gender` for what a corpus says of a speaker; none where it says nothing.

    >>> gender_label("F"), gender_label("male_masculine"), gender_label("non-binary"), gender_label("")
    ({'gender': 'female'}, {'gender': 'male'}, {'gender': 'non-binary'}, {})
    """
    name = (written or "").strip().lower()
    return {} if name in _SAYS_NOTHING else {"gender": _MEANS.get(name, name)}
