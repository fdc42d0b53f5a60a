"""How often a process looks for garbage."""

from __future__ import annotations

import gc

_NEW_OBJECTS = 50_000
"""After so many more of them the collector looks through the newest; Python has it look after 700."""


def collect_seldom() -> None:
    """Let this process, which must be our own, look for garbage less often.

    A start makes tens of thousands of objects that stay, and a row that is judged leaves none behind.
    """
    gc.set_threshold(_NEW_OBJECTS)
