"""What can go wrong here.

ExplorerError                 something was asked for that is not there, or cannot be shown; `field` says where
"""

from __future__ import annotations


class ExplorerError(ValueError):
    """A request that cannot be answered: a whole sentence, and the field of the request that it is about."""

    exit_code = 1

    def __init__(self, message: str, field: str | None = None, status: int = 422) -> None:
        super().__init__(message)
        self.field, self.status = field, status
