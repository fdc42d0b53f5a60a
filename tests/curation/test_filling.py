"""Rules about unreadable outputs: where a pack has one, a record without an output is given one instead of going."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from curation.batch import run_batch
from curation.check import check
from curation.edits import apply_to_payload
from curation.engine import Engine
from curation.pack import Pack, load_pack
from curation.problems import RuleErrors
from curation.record import Keys, add_keys, batch_of_texts

TOY = Path(__file__).parent / "toy_pack"
FILL = """\
id: fill.count
summary: Write an order where the log lost it.
why: How many were ordered is said.
severity: error
confidence: 0.9
review: {mode: all}
match:
  instruction: {any: ['<number>杯']}
  output: {form: unreadable}
rewrite:
  use: set_count
  with: {count: <number>}
examples:
  - instruction: 来两杯
    before: ''
    after: '{"count": 2}'
  - instruction: 來三杯
    before: '{"kind": "or'
    after: '{"count": 3}'
  - instruction: 来33杯
    declines: ''
    reason: more than anyone
  - instruction: 来杯咖啡
    unchanged: ''
  - instruction: 来两杯
    note: There is an order.
    unchanged: '{"kind": "order", "count": 7}'
"""


def toy(root: Path, **rules: str) -> Path:
    folder = shutil.copytree(TOY, root / "toy", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "30-fill").mkdir()
    (folder / "schema" / "order.schema.json").write_text('{"type": "object", "required": ["count"]}')
    for name, text in rules.items():
        (folder / "30-fill" / f"{name}.yaml").write_text(text, "utf-8")
    return folder


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    return load_pack(toy(tmp_path, count=FILL))


def test_every_line_of_such_a_rule_is_proven_like_any_other(pack: Pack) -> None:
    assert str(check(pack)).endswith("all good")


@pytest.mark.parametrize("output", ["", "{", "[1]", '{"a": 1, "a": 2}', '{"a": NaN}', "好的"])
def test_a_record_without_a_readable_output_is_given_one(pack: Pack, output: str) -> None:
    judged = Engine(pack, pack.open_context()).judge("来两杯", "", output)
    assert (judged.disposition, judged.type_before) == ("rewritten", "unreadable")
    change = judged.changes[0]
    assert (change.rule.id, change.target, change.output) == ("fill.count", "record", '{"count": 2}')
    assert change.span is not None
    assert "来两杯"[change.span.start : change.span.end] == "两杯"


def test_such_an_edit_applies_to_the_bytes_as_they_came_and_leads_back(pack: Pack) -> None:
    raw = {"instruction": "来两杯", "input": "", "output": "{", "who": "a"}
    rows = add_keys(batch_of_texts([json.dumps(raw, ensure_ascii=False)]), Keys()).with_row_index("seq")
    made = run_batch(Engine(pack, pack.open_context()), rows)
    edit, payload = made.edits.row(0, named=True), rows["payload"][0]
    after = apply_to_payload(payload, "record", edit["patch"])
    assert after == made.records["payload"][0]
    assert json.loads(after) == {**raw, "output": '{"count": 2}'}
    assert apply_to_payload(after, "record", edit["inverse"]) == payload
    assert made.queue["kind"].to_list() == ["all"]
    assert made.outcomes.is_empty()


def test_a_readable_output_is_left_to_the_other_rules(pack: Pack) -> None:
    judged = Engine(pack, pack.open_context()).judge("来两杯", "", '{"kind": "question"}')
    assert "fill.count" not in [change.rule.id for change in judged.changes]


def test_what_such_a_rule_declines_stays_quarantined_and_says_so(pack: Pack) -> None:
    judged = Engine(pack, pack.open_context()).judge("来33杯", "", "")
    assert judged.disposition == "quarantined"
    assert judged.unreadable == ("empty", "fill.count: more than anyone drinks")


def test_what_two_such_rules_write_differently_stays_quarantined(tmp_path: Path) -> None:
    other = FILL.replace("fill.count", "fill.other").replace("set_count", "set_options").replace("{count:", "{options:")
    other = other.replace("{options: <number>}", "{options: {n: <number>}}")
    pack = load_pack(toy(tmp_path, count=FILL, other=other))
    judged = Engine(pack, pack.open_context()).judge("来两杯", "", "")
    assert judged.disposition == "quarantined"
    assert judged.unreadable == ("empty", "fill.count: rules propose different outputs")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("form: unreadable", "form: [loose, unreadable]", "the form 'unreadable' beside another"),
        ("  output:", "  command: {kind: order}\n  output:", "facts about the command in a rule about text"),
        (
            "set_count\n  with: {count: <number>}",
            "canonicalise",
            "'canonicalise' reads a command, and in an unreadable output there is none",
        ),
        ("{count: <number>}", "{cunt: <number>}", "'set_count' takes no parameter 'cunt'"),
    ],
)
def test_what_such_a_rule_cannot_ask_for_is_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in FILL
    with pytest.raises(RuleErrors, match=r"count\.yaml") as error:
        load_pack(toy(tmp_path, count=FILL.replace(old, new, 1)))
    assert told in str(error.value)
