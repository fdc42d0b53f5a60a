"""Checks: nothing is rewritten; what does not hold together goes to a person."""

from __future__ import annotations

import re

from curation.rewriting import Command, Decline, Match, Rewritten, rewriter
from curation.text import fold
from rules.meeting_tools.meetings import Asked, Meetings
from rules.meeting_tools.moments import read_one, reference_in

_TIMES = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")

_SHIFTED = re.compile(r"(?:推迟|延后|延迟|延长|提前|提早|顺延|往[前后])(?!到|至)")
"""Words that move a time by as much as they say: the time that they name is the one before."""


@rewriter("check_unknown_tool")
def check_unknown_tool(command: Command, match: Match, context: Meetings) -> Rewritten | None:  # noqa: ARG001
    """Hand a call to a person whose tool is not one of the contract."""
    raise Decline("a tool that is not known", f"$.tool_name: {command['tool_name']}")


@rewriter("check_tool")
def check_tool(command: Command, match: Match, context: Meetings) -> Rewritten | None:
    """Hand a call to a person whose tool is another than the only one that the words speak of."""
    sentence: Asked = match.sentence
    tool = context.tools[command["tool_name"]].name
    if len(sentence.tools) == 1 and tool not in sentence.tools:
        raise Decline("the words speak of another tool", f"{tool}, said {min(sentence.tools)}")
    return None


@rewriter("check_unknown_parameters")
def check_unknown_parameters(command: Command, match: Match, context: Meetings) -> Rewritten | None:  # noqa: ARG001
    """Hand a call to a person with a parameter that its tool does not know."""
    unknown = [name for name in command["parameters"] if name not in context.tools[command["tool_name"]].holds]
    if unknown:
        raise Decline("a parameter that the tool does not know", ", ".join(f"$.parameters.{name}" for name in unknown))
    return None


@rewriter("check_missing_parameters")
def check_missing_parameters(command: Command, match: Match, context: Meetings) -> Rewritten | None:  # noqa: ARG001
    """Hand a call to a person that lacks a parameter which its tool needs."""
    missing = [name for name in context.tools[command["tool_name"]].required if name not in command["parameters"]]
    if missing:
        raise Decline("a required parameter is missing", ", ".join(f"$.parameters.{name}" for name in missing))
    return None


@rewriter("check_people")
def check_people(command: Command, match: Match, context: Meetings) -> Rewritten | None:
    """Hand a call to a person with somebody in it whom nobody has named."""
    parameters = command["parameters"]
    turns = [words for turn in match.record.get("history") or () for words in turn]
    said = "".join(fold(words).text for words in (match.text.source, str(match.record.get("input") or ""), *turns))
    for name in context.tools[command["tool_name"]].holding("people", parameters):
        people = parameters[name] if isinstance(parameters[name], list) else []
        strangers = [one for one in people if isinstance(one, str) and fold(one).text not in said]
        if strangers:
            raise Decline("people whom the sentence does not name", f"$.parameters.{name}: {', '.join(strangers)}")
    return None


@rewriter("check_times")
def check_times(command: Command, match: Match, context: Meetings) -> Rewritten | None:
    """Hand a call to a person whose one time is not the one that the sentence says."""
    parameters = command["parameters"]
    times = context.tools[command["tool_name"]].holding("time", parameters)
    if len(times) != 1 or _SHIFTED.search(match.text.text) or not _TIMES.fullmatch(str(parameters[times[0]])):
        return None
    try:
        said = read_one(match.text.text, reference_in(str(match.record.get("input") or "")))
    except Decline:
        return None  # the sentence alone does not settle a time, so it contradicts none
    day, _, clock = parameters[times[0]].partition("T")
    if (said.day and said.day.isoformat() != day) or (said.clock and f"{said.clock:%H:%M}" != clock):
        raise Decline(
            "the time is not the one that the sentence says",
            f"$.parameters.{times[0]}: {day}T{clock}, said {said.text()}",
        )
    return None
