"""The meeting pack's Python: rewriters for tool calls, and what it knows beside a record."""

from __future__ import annotations

from typing import Any

from rules.meeting_tools import rewriters
from rules.meeting_tools.meetings import Meetings

__all__ = ["open_context", "rewriters"]


def open_context(pack: Any, catalogue: Any) -> Meetings:  # noqa: ARG001 - meetings have no catalogue
    """Return the context of the pack."""
    return Meetings(pack.vocabulary.lexicons, pack.contract)
