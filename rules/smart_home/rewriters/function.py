"""Function completion: the function of a record that has none, from its parameters, its device and the instruction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curation.rewriting import Command, Decline, Match, Rewritten, rewriter
from rules.smart_home.asked.model import SETTERS
from rules.smart_home.home import Home
from rules.smart_home.old_triggers import tells_when
from rules.smart_home.sentence import Analysis
from rules.smart_home.steps import Step, take_apart

_BARE = frozenset({"lock", "unlock", "start", "pause", "resume", "stop", "return_to_base"})
"""Commands that need no parameter, and that no parameter tells from one another."""


@rewriter("complete_function")
def complete_function(
    command: Command,
    match: Match,
    context: Home,
    *,
    keys: Mapping[str, str],
    power: str,
    settings: str,
    automation: str,
) -> Rewritten | None:
    """Fill in a missing or empty function.

    One parameter that says what is set names its function (`keys`); power alone is `power`; several settings, or
    none of these, are `settings` with the device's type for `<device>`; a command with a trigger is `automation`. Where
    there is no parameter at all, the instruction names it.
    """
    shape = take_apart(command)
    if shape.mcp_type == "sensor_trigger":
        return _with_function(command, automation, "a command with a trigger")
    if not shape.steps:
        raise Decline("the function is missing and nothing says which it is")
    function, reason = _function(shape.steps[0], match.sentence, context, keys, power, settings)
    return _with_function(command, function, reason)


@rewriter("put_device_first")
def put_device_first(command: Command, match: Match, context: Home) -> Rewritten | None:  # noqa: ARG001
    """Write the device before the other parameters of a plain command."""
    params = command["params"]
    return Rewritten({**command, "params": {"device_id": params["device_id"], **params}})


def _function(
    step: Step, sentence: Analysis, context: Home, keys: Mapping[str, str], power: str, settings: str
) -> tuple[str, str]:
    """Return the function of a step, and what it was chosen from."""
    done = {key: value for key, value in step.params.items() if key in keys or not tells_when(key, value)}
    step = step._replace(params=done)  # when it is done says nothing of what is done
    if step.name:
        return step.name, f"the command of its first action, {step.name}"
    said = [key for key in step.params if key in keys]
    others = [key for key in step.params if key not in keys]
    if len(said) == 1 and not others:
        return keys[said[0]], f"the parameter {said[0]}"
    if list(step.params) == ["power"]:
        return power, "power alone"
    if step.device_id is None:
        raise Decline("the function is missing and the record names no device")
    if not step.params:
        wanted = sentence.actions[0] if len(sentence.actions) == 1 else None
        changed = None if wanted is None or wanted.relative is None else wanted.relative.prop
        if changed is not None:
            return SETTERS[changed], f"the instruction, which changes the {changed}"
        if wanted is not None and wanted.command.startswith("set_"):
            raise Decline("the value that the instruction sets is missing", ", ".join(wanted.arg))
        if wanted is not None and wanted.command in {"turn_on", "turn_off", "open", "close"}:
            raise Decline("the function is missing and so is the power value", wanted.command)
        if wanted is not None and wanted.command in _BARE:
            return wanted.command, "the instruction"
    kind = context.catalogue.get(step.device_id).type
    named = ", ".join(step.params) if step.params else "no parameter"
    return settings.replace("<device>", kind), f"{named}: no single setting of the table"


def _with_function(command: Command, function: str, reason: str) -> Rewritten:
    rest = {key: value for key, value in command.items() if key != "function"}
    head: dict[str, Any] = {"mcp_type": rest.pop("mcp_type")} if "mcp_type" in rest else {}
    return Rewritten({**head, "function": function, **rest}, note=f"{function}, from {reason}")
