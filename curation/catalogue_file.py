"""The catalogue of a data set (of a home: its devices) as a person writes it, read strictly, as YAML or JSON.

What may stand in it is the pack's to say: in `schema/devices.schema.json` of its folder. Beside the words of JSON
Schema three of our own mean: `uniqueBy: id`, no two members of a list have the same `id`; `keyOf: rooms`, a text is a
key of the file's mapping `rooms` or a value of the pack's lexicon of that name; `notAbove: [min, max]`, the number
`min` is not above `max`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

from curation.command import Unreadable, parse_object
from curation.pack import Pack
from curation.problems import Problem, RuleErrors, did_you_mean
from curation.schema import told
from curation.strict_yaml import Document, parse, read, read_text

SCHEMA = "schema/devices.schema.json"


def read_catalogue(path: Path, pack: Pack) -> dict[str, Any]:
    """Return the content of a catalogue file; raises `RuleErrors` with all that is wrong in it."""
    document, problems = _json(path) if path.suffix.lower() == ".json" else read(path)
    if document is not None and not problems:
        problems = _broken(document, pack)
    if document is None or problems:
        raise RuleErrors(problems)
    content: dict[str, Any] = document.value
    return content


def _json(path: Path) -> tuple[Document | None, list[Problem]]:
    """Return a JSON file's document; JSON is read as JSON, and as YAML for the places."""
    text, problems = read_text(path)
    if text is None:
        return None, problems
    try:
        content = parse_object(text)
    except Unreadable as error:
        return None, [Problem(path, 0, 0, f"{error.reason} ({error.found})", "write one JSON object")]
    places, _ = parse(text.replace("\t", " "), path)
    return (Document(path, "", content, {}, {}) if places is None else replace(places, value=content)), []


def _broken(document: Document, pack: Pack) -> list[Problem]:
    if not isinstance(document.value, dict):
        return [document.problem((), "no mapping", "write 'rooms:' and 'devices:'")]
    schema = next((root / SCHEMA for root in pack.roots if (root / SCHEMA).is_file()), None)
    if schema is None:
        return []

    def key_of(_: Any, name: str, value: Any, __: Any) -> Iterator[ValidationError]:
        lexicon = pack.vocabulary.lexicons.get(name)
        own = document.value.get(name)
        known = {*(lexicon.entries if lexicon else ()), *(own if isinstance(own, dict) else ())}
        if isinstance(value, str) and value not in known:
            yield _Unknown(did_you_mean(value, known, f"{name} are"))

    words = {"uniqueBy": _unique_by, "keyOf": key_of, "notAbove": _not_above}
    validator = validators.extend(Draft202012Validator, words)  # type: ignore[no-untyped-call]
    errors = validator(json.loads(schema.read_text("utf-8"))).iter_errors(document.value)
    return [problem for error in errors for problem in _in_words(document, error)]


class _Unknown(ValidationError):  # noqa: N818 - what it is about
    """A text that is no key of what it should be; the message is what to do."""


def _unique_by(_: Any, key: str, members: Any, __: Any) -> Iterator[ValidationError]:
    seen: set[str] = set()
    for place, member in enumerate(members if isinstance(members, list) else ()):
        name = member.get(key) if isinstance(member, dict) else None
        if isinstance(name, str) and name in seen:
            yield _Unknown("keep one of them", path=(place, key))
        elif isinstance(name, str):
            seen.add(name)


def _not_above(_: Any, ends: list[str], limits: Any, __: Any) -> Iterator[ValidationError]:
    low, high = (limits.get(end) if isinstance(limits, dict) else None for end in ends)
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        yield _Unknown(f"write no more than {ends[1]}, which is {high}", path=(ends[0],))


def _in_words(document: Document, error: ValidationError) -> Iterator[Problem]:
    if not isinstance(error, _Unknown):
        yield from told(document, error)
        return
    pointer = tuple(error.absolute_path)
    value: Any = document.value
    for step in pointer:
        value = value[step]
    again = " a second time" if error.validator == "uniqueBy" else ""
    yield document.problem(pointer, f"{pointer[-1]}: {value!r}{again}", error.message)
