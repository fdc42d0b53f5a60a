"""The JSON Schemas of rule files, lexicons and packs, and their complaints in our own words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from curation.problems import Problem, did_you_mean, nearest
from curation.strict_yaml import Document, Pointer, unknown_key

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_KINDS: dict[type, str] = {
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a mapping",
    type(None): "null",
}
_TYPES = {
    "string": "a text",
    "boolean": "true or false",
    "number": "a number",
    "array": "a list, as [ … ] or with a '-' a line",
    "object": "a mapping, as key: value",
}


# jsonschema-rs says whether, which is nearly always all there is to say, and jsonschema, imported only then, what: with
# its import it takes a tenth of a second to find nothing wrong with the files of a pack.


@cache
def _schema(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(
        resources.files("curation").joinpath(f"schemas/{name}.schema.json").read_text("utf-8")
    )
    return schema


@cache
def _quick(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_schema(name))


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


@cache
def _of_schemas() -> jsonschema_rs.Draft202012Validator:
    """Return what JSON Schemas must satisfy, their patterns as Python reads them."""
    schema = {"$ref": "https://json-schema.org/draft/2020-12/schema"}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, formats={"regex": _compiles})


def no_schema(content: Mapping[str, Any]) -> str | None:
    """Return why something is no JSON Schema, None where it is one."""
    if _of_schemas().is_valid(content):
        return None
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(content)
    except SchemaError as error:
        return error.message
    return None


def schema_problems(document: Document, name: str) -> list[Problem]:
    """Return where the document breaks the schema `rule`, `lexicon` or `pack`."""
    if not isinstance(document.value, dict):
        found = f"{_KINDS[type(document.value)]} instead of a {name}"
        return [document.problem((), found, "write a mapping, as key: value")]
    if _quick(name).is_valid(document.value):
        return []
    from jsonschema import Draft202012Validator

    errors = Draft202012Validator(_schema(name)).iter_errors(document.value)
    return [problem for error in errors for problem in told(document, error)]


def told(document: Document, error: ValidationError) -> Iterator[Problem]:
    """Yield what one error of a validator says, in our own words; `errorMessage` of its schema is what to do."""
    pointer: Pointer = tuple(error.absolute_path)
    value: Any = error.instance
    schema: Any = error.schema
    wanted: Any = error.validator_value
    properties = schema.get("properties", {})
    foreign = sorted(set(value) - set(properties)) if properties and isinstance(value, dict) else []
    misspelt = {nearest(key, properties) for key in foreign}
    if error.validator == "additionalProperties" and wanted is False:
        for key in foreign:
            yield unknown_key(document, (*pointer, key), list(properties))
    elif error.validator == "required":
        for key in wanted:
            if key not in value and key not in misspelt:
                what = properties.get(key, {}).get("description", "").rstrip(".")
                remedy = f"write '{key}: …' ({what})" if what else schema.get("errorMessage", f"write '{key}: …'")
                yield document.problem(pointer, f"{key!r} is missing", remedy)
    elif error.validator not in {"oneOf", "dependentRequired"} or misspelt <= {None}:
        found, remedy = _words(error, value, schema, wanted)
        label = next((f"{key}: " for key in reversed(pointer) if isinstance(key, str)), "")
        yield document.problem(pointer, label + found, remedy)


def _words(error: ValidationError, value: Any, schema: dict[str, Any], wanted: Any) -> tuple[str, str]:
    """Return what was found and what to write instead."""
    custom = schema.get("errorMessage")
    match error.validator:
        case "enum":
            return f"{value!r}", did_you_mean(str(value), wanted, "write one of")
        case "type":
            types = [wanted] if isinstance(wanted, str) else wanted
            return f"{_KINDS[type(value)]}", custom or "write " + " or ".join(_TYPES[t] for t in types)
        case "minItems" | "minProperties" if not value:
            return "nothing in it", "write at least one member, or take it out"
        case "minItems" | "maxItems":
            return f"a list of {len(value)}", custom or error.message
        case "minLength":
            return "an empty text", "write at least one character"
        case "uniqueItems":
            return "the same member twice", "keep one"
        case "minimum" | "maximum" | "exclusiveMinimum":
            more = "more than " if error.validator == "exclusiveMinimum" else ""
            return f"{value}", custom or f"write a number from {more}0 to 1"
        case "oneOf" | "anyOf" | "dependentRequired" if isinstance(value, dict):
            return "keys that do not go together: " + ", ".join(value), custom or "see the schema"
        case _:
            shown = repr(value) if isinstance(value, str | int | float | bool) else _KINDS[type(value)]
            return shown, custom or error.message
