"""Values of parameters, each type in the one way in which the contract wants it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from curation.rewriting import Command, Decline, Match, Rewritten, rewriter
from curation.text import fold
from rules.chinese import find_durations
from rules.meeting_tools.meetings import Meetings
from rules.meeting_tools.moments import read_whole, reference_in
from rules.meeting_tools.people import split_people

_QUOTES: Mapping[str, str] = {
    "《": "》", "〈": "〉", "“": "”", "‘": "’", "「": "」", "『": "』", "【": "】", '"': '"', "'": "'",
}  # fmt: skip
_FORMS: Mapping[str, str] = {"time": "%Y-%m-%dT%H:%M", "day": "%Y-%m-%d"}
_ISO = re.compile(r"P(?:(?P<d>[0-9]+)D)?(?:T(?:(?P<h>[0-9]+)H)?(?:(?P<m>[0-9]+)M)?)?")
_AROUND = re.compile(r"(?:[共约的长为,]|时间|持续|提前|之前|以前|前|大概|大约|差不多|将近|接近)*")
_HALF_DAY = re.compile(r"半[天日]|[天日]半")
"""Of a meeting that is a morning or an afternoon, and not twelve hours."""


@rewriter("bare_titles")
def bare_titles(command: Command, match: Match, context: Meetings) -> Rewritten | None:  # noqa: ARG001
    """Take the quotation marks and spaces from around the name of a meeting; those within stay."""
    return _rewritten(command, context, "title", _bare)


def _bare(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    bare = value.strip()
    while len(bare) > 1 and _QUOTES.get(bare[0]) == bare[-1] and not {bare[0], bare[-1]} & set(bare[1:-1]):
        bare = bare[1:-1].strip()
    if not bare:
        raise Decline("a name of a meeting with nothing in it", value)
    return bare


@rewriter("list_people")
def list_people(command: Command, match: Match, context: Meetings) -> Rewritten | None:  # noqa: ARG001
    """Write the names of people as a list, in the order in which they are said, each once."""
    return _rewritten(command, context, "people", _listed)


def _listed(value: Any) -> Any:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return value
    each: dict[str, str] = {}
    for name in (name for text in names for name in split_people(text)):
        each.setdefault(fold(name).text, name)
    if not each:
        raise Decline("a list of people with nobody in it", str(value))
    return list(each.values())


@rewriter("write_times")
def write_times(command: Command, match: Match, context: Meetings) -> Rewritten | None:
    """Write days and times as ISO 8601, those relative to now by the reference in the record's input."""

    def written(kind: str) -> Callable[[Any], Any]:
        return lambda value: _time(value, kind, str(match.record.get("input") or ""))

    days = _rewritten(command, context, "day", written("day"))
    times = _rewritten(days.command if days else command, context, "time", written("time"))
    return times or days


def _time(value: Any, kind: str, said: str) -> Any:
    if not isinstance(value, str) or _is_written(value, _FORMS[kind]):
        return value
    moment = read_whole(value, reference_in(said))
    if moment.day is None or (moment.clock is None) != (kind == "day"):
        raise Decline(f"no {'day' if kind == 'day' else 'day with its hour'}", value)
    return moment.text()


def _is_written(value: str, form: str) -> bool:
    try:
        return datetime.strptime(value, form).strftime(form) == value
    except ValueError:
        return False


@rewriter("write_durations")
def write_durations(command: Command, match: Match, context: Meetings) -> Rewritten | None:  # noqa: ARG001
    """Write lengths of time as ISO 8601 (PT1H30M)."""
    return _rewritten(command, context, "duration", _duration)


def _duration(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise Decline("a length of time without its unit", str(value))
    if not isinstance(value, str):
        return value
    iso = _ISO.fullmatch(value.strip().upper())
    if iso and any(iso.groups()):
        days, hours, minutes = (int(iso[name] or 0) for name in "dhm")
        return _iso((days * 24 + hours) * 60 + minutes, value)
    text = fold(value).text
    found = find_durations(text)
    around = text if len(found) != 1 else text[: found[0].span.start] + "," + text[found[0].span.end :]
    if len(found) != 1 or not _AROUND.fullmatch(around):
        raise Decline("a length of time that cannot be read", value)
    if found[0].approximate or _HALF_DAY.search(text):
        raise Decline("a length of time that is said roughly", value)
    minutes, seconds = divmod(found[0].seconds, 60)
    if seconds:
        raise Decline("a length of time with seconds", value)
    return _iso(minutes, value)


def _iso(minutes: int, value: str) -> str:
    """Return minutes as an ISO 8601 duration."""
    if not minutes:
        raise Decline("a length of time of nothing", value)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    clock = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M")) if count)
    return "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")


def _rewritten(command: Command, context: Meetings, kind: str, written: Callable[[Any], Any]) -> Rewritten | None:
    """Return the call with the values of this type written anew, None where they are already so."""
    parameters = command["parameters"]
    names = context.tools[command["tool_name"]].holding(kind, parameters)
    new = {name: written(parameters[name]) for name in names}
    changed = {name: value for name, value in new.items() if value != parameters[name]}
    if not changed:
        return None
    note = "; ".join(f"{name}: {parameters[name]!s}" for name in changed)
    return Rewritten({**command, "parameters": {**parameters, **changed}}, note=f"as it was: {note}")
