"""Files are checked against their schemas by one validator and told about by another, which must agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from curation.schema import no_schema, schema_problems
from curation.strict_yaml import Document, read

ROOT = Path(__file__).parents[2]
RULE = ROOT / "rules/smart_home/30-trigger/relative-time.yaml"
LEXICON = ROOT / "rules/smart_home/lexicons/rooms.yaml"
PACK = ROOT / "rules/smart_home/pack.yaml"
TEMPLATE = ROOT / "rules/smart_home_supplement/templates/small-talk.yaml"
FILES = [("rule", RULE), ("lexicon", LEXICON), ("pack", PACK), ("template", TEMPLATE)]
values = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3)
    | st.sampled_from([[], {}, ["x", "x"], {"any": []}, {"x": []}, "none", "all", "a.b"])
    | st.sampled_from([10**40, 1.0, "\x85", "a\x85", "\x1c"])
)  # fmt: skip


def document_of(value: Any) -> Document:
    return Document(Path("x.yaml"), "", value, {}, {})


def places_in(value: Any, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(below for key, member in inner for below in places_in(member, (*place, key)))]


def changed(value: Any, place: tuple[str | int, ...], new: Any) -> Any:
    if not place:
        return new
    made = value.copy()
    made[place[0]] = changed(value[place[0]], place[1:], new)
    return made


@settings(deadline=None)
@given(st.data(), st.sampled_from(FILES), values)
def test_what_is_wrong_with_a_file_is_found_by_both(data: st.DataObject, file: tuple[str, Path], new: Any) -> None:
    name, path = file
    document, _ = read(path)
    assert document is not None
    assert schema_problems(document, name) == []
    schema = json.loads((ROOT / f"curation/schemas/{name}.schema.json").read_text("utf-8"))
    place = data.draw(st.sampled_from([place for place in places_in(document.value) if place]))
    other = changed(document.value, place, new)
    assert (schema_problems(document_of(other), name) == []) == Draft202012Validator(schema).is_valid(other)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"type": "objekt"},
        {"properties": {"a": {"items": {"pattern": "["}}}},
        {"pattern": r"\p{L}"},  # no pattern of Python's
        {"patternProperties": {"(": {}}},
        {"$defs": {"a": {"minimum": "1"}}},
        {"$ref": "#/ a"},
    ],
)
def test_a_contract_that_is_no_schema_is_refused_as_jsonschema_refuses_it(content: dict[str, Any]) -> None:
    refused = None
    try:
        Draft202012Validator.check_schema(content)
    except SchemaError as error:
        refused = error.message
    assert no_schema(content) == refused
