"""Requests: what an object store was asked for. Every request costs money and time, also one that failed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace


@dataclass(slots=True)
class Requests:
    """Requests by kind, those that had to be tried again included, and the bytes that went both ways.

    >>> (Requests(get=2, received_bytes=10) + Requests(get=1, put=1)).to_json()["get"]
    3
    """

    get: int = 0
    put: int = 0
    list: int = 0
    head: int = 0
    delete: int = 0
    received_bytes: int = 0
    sent_bytes: int = 0

    def __add__(self, other: Requests) -> Requests:
        return Requests(*(getattr(self, item.name) + getattr(other, item.name) for item in fields(self)))

    def take(self) -> Requests:
        """What was counted since the last time; from here on it counts anew."""
        taken = replace(self)
        for item in fields(self):
            setattr(self, item.name, 0)
        return taken

    def count(self, kind: str, received: int = 0, sent: int = 0) -> None:
        """One more request of a kind: get, put, list, head or delete."""
        setattr(self, kind, getattr(self, kind) + 1)
        self.received_bytes += received
        self.sent_bytes += sent

    def to_json(self) -> dict[str, int]:
        """The counts that are not zero: nothing for a folder."""
        return {name: count for name, count in asdict(self).items() if count}
