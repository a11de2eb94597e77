"""What can go wrong with language models.

TrainingError
└── LanguageModelError        a text that no model can be made of, or a file that is no ARPA; the message says where
"""

from __future__ import annotations

from training.errors import TrainingError


class LanguageModelError(TrainingError):
    """A text that no model can be made of, or a file that is no ARPA."""

    exit_code = 2
