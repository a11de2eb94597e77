"""wavemill: the front door. The command line, and the public Python names; imports happen on call."""

from __future__ import annotations
