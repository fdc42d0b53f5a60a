"""A contract in several files is one schema whose references hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from curation.contract import Contract
from curation.pack import load_pack
from curation.problems import RuleErrors
from curation.schema_parts import MissingPart, whole

TYPES = {"$defs": {"name": {"type": "string", "minLength": 2}, "names": {"items": {"$ref": "#/$defs/name"}}}}
FILES: dict[str, Any] = {
    "tools/types.json": TYPES,
    "tools/book.json": {
        "properties": {"who": {"$ref": "types.json#/$defs/names"}, "kind": {"$ref": "#/$defs/kind"}},
        "$defs": {"kind": {"enum": ["a", "b"]}},
    },
}
ROOT = {
    "properties": {"call": {"$ref": "book.json"}, "mark": {"$ref": "#/$defs/mark"}},
    "$defs": {"mark": {"const": 1}},
}


def test_references_hold_from_file_to_file_and_within_each() -> None:
    contract = Contract(whole(ROOT, "tools/call.json", FILES.get))

    assert contract.keeps({"call": {"who": ["ab"], "kind": "b"}, "mark": 1})
    assert "$.call.who[0]" in (contract.broken_by({"call": {"who": ["a"]}}) or "")
    assert "$.call.kind" in (contract.broken_by({"call": {"kind": "c"}}) or "")
    assert "$.mark" in (contract.broken_by({"mark": 2}) or "")


def test_a_schema_in_one_file_stays_as_it_is() -> None:
    assert whole(TYPES, "types.json", FILES.get) is TYPES


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(MissingPart, match=r"^elsewhere/no\.json$"):
        whole({"$ref": "../elsewhere/no.json"}, "tools/call.json", FILES.get)


def test_a_pack_says_which_file_its_contract_lacks(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text("id: own\nsummary: Ours.\ncontract: call.json\n", encoding="utf-8")
    (tmp_path / "call.json").write_text('{"$ref": "../secret.json"}', encoding="utf-8")
    (tmp_path.parent / "secret.json").write_text("{}", encoding="utf-8")

    with pytest.raises(RuleErrors, match=r"refers to '\.\./secret\.json', which is no schema of the pack"):
        load_pack(tmp_path)
