"""The pack's rewriters, one module for each part of a call."""

from rules.meeting_tools.rewriters.call import complete_tool, read_parameters, rename_tool
from rules.meeting_tools.rewriters.checks import (
    check_missing_parameters,
    check_people,
    check_times,
    check_tool,
    check_unknown_parameters,
    check_unknown_tool,
)
from rules.meeting_tools.rewriters.values import bare_titles, list_people, write_durations, write_times

__all__ = [
    "bare_titles",
    "check_missing_parameters",
    "check_people",
    "check_times",
    "check_tool",
    "check_unknown_parameters",
    "check_unknown_tool",
    "complete_tool",
    "list_people",
    "read_parameters",
    "rename_tool",
    "write_durations",
    "write_times",
]
