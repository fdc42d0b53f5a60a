"""Which tool is called, and with which parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from curation.rewriting import Command, Decline, Match, Rewritten, rewriter
from rules.meeting_tools.meetings import Asked, Meetings


@rewriter("read_parameters")
def read_parameters(command: Command, match: Match, context: Meetings) -> Rewritten:  # noqa: ARG001
    """Put the object itself for parameters that are the text of one; a text that is none is for a person."""
    text = command["parameters"]
    try:
        parameters = json.loads(text, object_pairs_hook=_once)
    except ValueError as error:
        raise Decline("the parameters are a text that is no JSON object", str(error)[:80]) from None
    if not isinstance(parameters, dict):
        raise Decline("the parameters are a text that is no JSON object", text[:80])
    return Rewritten({**command, "parameters": parameters})


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; a key twice is no object that anybody could read in one way."""
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key a second time")
    return dict(pairs)


@rewriter("rename_tool")
def rename_tool(
    command: Command,
    match: Match,  # noqa: ARG001 - the contract of rewriters
    context: Meetings,  # noqa: ARG001
    *,
    aliases: Mapping[str, str],
) -> Rewritten | None:
    """Call a tool by its name in the contract where the record has another that is known for it."""
    name = command["tool_name"]
    known = aliases.get(name) if isinstance(name, str) else None
    return None if known is None else Rewritten({**command, "tool_name": known}, note=f"{name} is {known}")


@rewriter("complete_tool")
def complete_tool(command: Command, match: Match, context: Meetings) -> Rewritten:
    """Name the tool that is missing: the only one that the words speak of and that takes just these parameters."""
    sentence: Asked = match.sentence
    parameters = command["parameters"]
    fitting = sorted(name for name in sentence.tools if context.tools[name].takes(parameters))
    if len(fitting) != 1:
        found = ", ".join(fitting) if fitting else ", ".join(sorted(sentence.tools)) or "no tool is spoken of"
        raise Decline("the tool is missing, and words and parameters do not settle which it is", found)
    rest = {key: value for key, value in command.items() if key != "tool_name"}
    return Rewritten(
        {"tool_name": fitting[0], **rest}, note=f"{fitting[0]}, from the words and {', '.join(parameters)}"
    )
