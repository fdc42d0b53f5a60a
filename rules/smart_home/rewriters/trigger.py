"""Conditions and times: a command that runs at once becomes an automation with the trigger that the sentence states."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from typing import Any

from curation.rewriting import Command, Decline, Match, Rewritten, rewriter
from curation.text import fold
from rules.chinese.durations import find_durations
from rules.smart_home.conditions.days import find_days
from rules.smart_home.home import Home
from rules.smart_home.old_triggers import MEASURES, TRIGGER_KEYS, of_trigger, read_old, tells_when
from rules.smart_home.old_values import read_days
from rules.smart_home.sentence import Analysis
from rules.smart_home.steps import Shape, Step, power_word, take_apart
from rules.smart_home.triggers import SENSORS, is_canonical, sensor_ids, sensor_type

_INCLUSIVE = re.compile(r"以[上下內内]")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_TIMES = re.compile(
    r"(?:(?:set|create|add|start)_)?(?:timer|schedule|delay|countdown)(?:_task|_control|_device|_action)?"
    r"|(?:scheduled|delayed|timed)_(?:control|device|action|task)"
)
"""Functions that say that something is done later, not what."""
_OF_CONDITIONS = frozenset({"sensor", "sensor_id", "sensor_type", "operator", "condition", "threshold"})


@rewriter("wrap_in_automation")
def wrap_in_automation(
    command: Command,
    match: Match,
    context: Home,
    *,
    trigger: Mapping[str, Any] | None = None,
) -> Rewritten | None:
    """Put the actions of a command under the trigger that the sentence states.

    `trigger` states it instead where a rule's own pattern knows better. An older trigger in the record is consumed
    where it agrees with the sentence; where it does not, or cannot be read, a person decides.
    """
    sentence: Analysis = match.sentence
    shape = take_apart(command)
    if not shape.steps:
        return None
    said = dict(trigger) if trigger is not None else dict(sentence.trigger or {})
    if trigger is None and sentence.declined:
        raise Decline(sentence.declined, _words(sentence))
    if not said:
        return None
    shape = _when_apart(shape, sentence)
    wanted = _with_sensor_ids(said, shape.trigger)
    notes = [sentence.notes] if sentence.notes and trigger is None else []
    if shape.trigger is not None:
        notes += _consumed(shape, wanted, context, loose=bool(_INCLUSIVE.search(_words(sentence))))
    rest = {k: v for k, v in command.items() if k not in {"mcp_type", "function", "params"}}
    wrapped = {
        "mcp_type": "sensor_trigger",
        "function": "create_automation",
        "params": {"trigger": wanted, "action": _action(shape, command, sentence, context)},
        **rest,
    }
    evidence = sentence.evidence if trigger is None else match.span
    return Rewritten(wrapped, note="; ".join(notes), span=evidence)


def _words(sentence: Analysis) -> str:
    """Return the words of the condition as spoken."""
    source = sentence.text.to_source(*sentence.evidence)
    return sentence.text.source[source.start : source.end]


def _action(shape: Shape, command: Command, sentence: Analysis, context: Home) -> Any:
    """Return the action part in the target format."""
    if shape.form == "flat" and len(shape.steps) > 1:
        ids = {step.device_id for step in shape.steps}
        for action in sentence.actions:
            if action.device is not None and action.device.every and context.catalogue.meant(action.device) - ids:
                raise Decline("the record has some devices where the sentence means all", action.device.words)
    if len(shape.steps) > 1 or (shape.form == "list" and len(sentence.actions) > 1):
        return [step.listed() for step in shape.steps]
    step = shape.steps[0]
    if shape.form == "change" and ("delta" in step.params or step.params == {"mode": "auto"}):
        return step.listed()
    if step.device_id is None:
        raise Decline("the record names no device", str(command.get("params")))
    if step.function is None and step.power is None:
        raise Decline("the record says of its action neither power nor a function", str(command.get("params")))
    return step.alone()


def _with_sensor_ids(said: Mapping[str, Any], found: Any) -> dict[str, Any]:
    """Return the trigger with a sensor's id in place of its type where the record itself holds one."""
    ids = {sensor_type(identity): identity for identity in sensor_ids(found)}
    return {ids.get(key, key) if key in SENSORS else key: value for key, value in said.items()}


def _when_apart(shape: Shape, sentence: Analysis) -> Shape:
    """Return the shape with the parameters that say when something is done moved from the step to the trigger."""
    loose = shape.trigger if shape.form == "flat" and isinstance(shape.trigger, dict) else {}
    if not loose.keys() <= TRIGGER_KEYS:
        loose = {}  # an object of its own
    beside = set(loose)
    found = [
        {k: v for k, v in step.params.items() if tells_when(k, v) and not _is_done(k, v, sentence)}
        for step in shape.steps
    ]
    if any(one != found[0] for one in found):
        raise Decline("an action of several has a time or a condition of its own", str(shape.trigger or found))
    beside |= found[0].keys()
    told = dict(found[0])
    steps = []
    for step in shape.steps:
        if beside:
            told |= {key: value for key, value in step.params.items() if _belongs(key, value, beside, step)}
        name = None if step.name is not None and beside and _TIMES.fullmatch(step.name) else step.name
        left = {key: value for key, value in step.params.items() if key not in told}
        steps.append(step._replace(name=name, params=left))
    if not beside:
        return shape
    trigger = shape.trigger
    if told and trigger is not None:
        trigger = {**trigger, **told} if loose else {"trigger": trigger, **told}
    return shape._replace(steps=tuple(steps), trigger=trigger if trigger is not None else told)


def _is_done(key: str, value: Any, sentence: Analysis) -> bool:
    """Tell whether a parameter says how long or how far something is done: 烤二十分钟, 往后调两度."""
    if key == "offset" and sentence.relatives:
        return True
    readings = read_old({key: value})
    meant = readings.get("time_after", []) if readings is not None else []
    return any(
        one.canonical in meant
        for one in find_durations(sentence.text.text)
        if not any(c.span.start <= one.span.start < c.span.end for c in sentence.conditions)
    )


def _belongs(key: str, value: Any, beside: Set[str], step: Step) -> bool:
    """Tell whether a parameter is a part of the loose condition that stands beside it."""
    if key in {"unit", "units"}:
        return True
    if beside.isdisjoint(_OF_CONDITIONS):
        return False
    if key in {"value", "val", "attribute", "metric", "property", "comparator", "op", "sensor_type"}:
        return True
    if key in {"state", "status"}:
        return "power" in step.params or step.name not in {None, "control_device"} or power_word(value) is None
    return (
        key in MEASURES
        and "operator" in beside
        and "power" in step.params
        and not {"value", "threshold"} & {*beside, *step.params}
    )


def _consumed(shape: Shape, wanted: dict[str, Any], context: Home, *, loose: bool) -> list[str]:
    """Return what to note of an older trigger that says the same; decline where it says something else."""
    if is_canonical(shape.trigger) and shape.form != "flat":
        more = shape.trigger.keys() - wanted.keys()
        if more or any(
            key in shape.trigger and not _agrees(key, shape.trigger[key], value) for key, value in wanted.items()
        ):
            raise Decline("the trigger in the record says something else than the sentence", str(shape.trigger))
        wanted.update({key: value for key, value in shape.trigger.items() if key == "repeat"})
        return []
    readings = read_old(shape.trigger, lambda text: _spoken(text, context))
    if readings is None:
        raise Decline("an older trigger in the record cannot be read", str(shape.trigger))
    by_type = {sensor_type(key) or key: value for key, value in wanted.items()}
    for key, values in readings.items():
        if not any(_agrees(name, value, said, loose) for name, said in _meant_by(key, by_type) for value in values):
            raise Decline("an older trigger in the record says something else than the sentence", str(shape.trigger))
    old = shape.trigger if isinstance(shape.trigger, dict) else {}
    apart = [key for key, value in old.items() if of_trigger(key, value)]
    return [f"the older {', '.join(apart) if shape.form == 'flat' and apart else 'trigger'} is consumed"]


def _meant_by(key: str, said: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the parts of the sentence's trigger that a part of an older one may say."""
    if key == "comparison":
        return [(name, value) for name, value in said.items() if isinstance(value, dict)]
    if key == "time_after" and key not in said:
        key = "for"  # a duration beside a state
    if key == "repeat":
        return [(key, said.get(key, []))]  # without a word for it, once
    name = "repeat" if key == "repeats" else key
    return [(key, said[name])] if name in said else []


def _spoken(text: str, context: Home) -> dict[str, Any]:
    """Return what Chinese words of a record state as a condition or as days."""
    folded = fold(text)
    days = find_days(folded.text, context.lexicons["repeats"], [])
    if days and days[0].span == (0, len(folded.text)):
        return {"repeat": days[0].repeat}
    if not _CHINESE.search(folded.text):
        return {}
    return dict(context.analyse(fold(f"{text}就开灯")).trigger or {})


def _agrees(key: str, found: Any, wanted: Any, loose: bool = False) -> bool:
    """Tell whether two values of a trigger say the same.

    Weekdays may be spelled out; where the words are `loose` (以上, 以下), `>` is as good as `>=`.
    """
    if loose and isinstance(found, dict) and isinstance(wanted, dict):
        same_side = str(found.get("operator"))[:1] == str(wanted.get("operator"))[:1]
        return same_side and found.get("value") == wanted.get("value")
    if key == "repeats":
        return bool(wanted)
    if key == "repeat":
        return _days(found) == _days(wanted)
    return bool(found == wanted)


def _days(repeat: Any) -> frozenset[str] | None:
    """Return the days on which something comes back, however that is spelled."""
    return repeat if isinstance(repeat, frozenset) else read_days(repeat)
