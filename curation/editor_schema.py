"""The JSON Schemas of rule files, lexicons and packs for editors, with the names that the packs at hand provide."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from curation.formats import TEXT_REWRITERS
from curation.pack import Pack
from curation.signature import name_of, parameters
from curation.strict_yaml import read
from curation.vocabulary import Fact

NAMES = ("rule", "lexicon", "pack")


def plain_schema(name: str) -> dict[str, Any]:
    """Return one of the schemas that files are checked against: `rule`, `lexicon` or `pack`."""
    text = resources.files("curation").joinpath(f"schemas/{name}.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def editor_schemas(pack: Pack) -> dict[str, dict[str, Any]]:
    """Return the schemas by name, that of rules with the pack's facts, rewriters, parameters and catalogues filled in.

    It is for completion and hover and no stricter than the check: what `rules check` accepts it accepts.
    """
    rule = plain_schema("rule")
    match = rule["properties"]["match"]["properties"]
    summaries = fact_summaries(pack)
    for kind, facts in (("sentence", pack.vocabulary.sentence), ("command", pack.vocabulary.command)):
        for place in (match, match["unless"]["properties"]):
            place[kind] = _facts(place[kind]["description"], facts, summaries.get(kind, {}))
    rewrite = rule["properties"]["rewrite"]
    functions = {**pack.vocabulary.rewriters, **TEXT_REWRITERS}
    rewrite["properties"]["use"] = {
        "description": rewrite["properties"]["use"]["description"],
        "oneOf": [
            {"const": name, "description": _sentence(function.__doc__)} for name, function in sorted(functions.items())
        ],
    }
    rewrite["allOf"] = [
        {
            "if": {"properties": {"use": {"const": name}}, "required": ["use"]},
            "then": {"properties": {"with": {"properties": _parameters(function)}}},
        }
        for name, function in sorted(pack.vocabulary.rewriters.items())
    ]
    if pack.vocabulary.catalogues:
        devices = rule["$defs"]["example"]["properties"]["devices"]
        devices.clear()
        devices.update(description="The catalogue that the example is about.", enum=sorted(pack.vocabulary.catalogues))
    names = ", ".join(f"<{name}>" for name in (*sorted(pack.vocabulary.readers), *sorted(pack.vocabulary.lexicons)))
    groups = match["instruction"]["properties"]
    for group in groups.values():
        group["description"] = f"{group['description']} Names: {names}."
    return {"rule": rule, "lexicon": plain_schema("lexicon"), "pack": plain_schema("pack")}


def write_schemas(folder: Path, pack: Pack) -> list[Path]:
    """Write the schemas for editors into a folder, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in editor_schemas(pack).items():
        path = folder / f"{name}.schema.json"
        path.write_text(json.dumps(schema, ensure_ascii=False, indent=2) + "\n", "utf-8", newline="\n")
        written.append(path)
    return written


def _facts(description: str, facts: Mapping[str, Fact], summaries: Mapping[str, str]) -> dict[str, Any]:
    properties = {}
    for name, fact in facts.items():
        value: dict[str, Any] = {} if fact.values is None else {"enum": _spelled(fact.values)}
        properties[name] = {
            "description": summaries.get(name, ""),
            "anyOf": [value, {"type": "array", "minItems": 1, "uniqueItems": True, "items": value}],
        }
    return {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "description": description,
        "properties": properties,
    }


def _spelled(values: Iterable[str]) -> list[Any]:
    """Return the values of a fact in every way a file may spell them: yes may be quoted, true and 1 may not be."""
    spelled: list[Any] = []
    for value in sorted(values):
        spelled.append(value)
        if value in {"true", "false"}:
            spelled.append(value == "true")
        elif value.isdigit():
            spelled.append(int(value))
    return spelled


def fact_summaries(pack: Pack) -> dict[str, dict[str, str]]:
    """Return what the packs say of their facts: kind, fact, summary."""
    found: dict[str, dict[str, str]] = {"sentence": {}, "command": {}}
    for root in pack.roots:
        document, _ = read(root / "pack.yaml")
        facts = {} if document is None else document.value.get("facts", {})
        for kind, known in facts.items():
            found[kind].update({name: fact.get("summary", "") for name, fact in known.items()})
    return found


def _parameters(function: Any) -> dict[str, Any]:
    """Return the parameters of a rewriter as properties; a type is said in words, since `<name>` may stand for any."""
    return {name: {"description": name_of(parameter.annotation)} for name, parameter in parameters(function).items()}


def _sentence(text: str | None) -> str:
    return " ".join((text or "").strip().partition("\n\n")[0].split())
