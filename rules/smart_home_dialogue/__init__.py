"""The dialogue pack's Python: rewriters that take the device of a command from the turns before it."""

from __future__ import annotations

from rules.smart_home_dialogue import rewriters

__all__ = ["rewriters"]
