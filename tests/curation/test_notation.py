"""How outputs are written: a pack whose outputs are labels, and what its rules see."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.batch import run_batch
from curation.command import Keys, Unreadable, digest, parse_object, write
from curation.edits import apply_to_payload
from curation.engine import Engine
from curation.notation import OBJECTS, Notation
from curation.pack import Pack, load_pack, load_packs
from curation.problems import RuleErrors
from curation.record import add_keys, batch_of_texts

PYTHON = """
from curation.rewriting import Rewritten, rewriter


class Told:
    facts = {}


class Context:
    def analyse(self, text):
        return Told()

    def describe(self, command):
        return {"shout": frozenset({"yes" if command["label"].islower() else "no"})}


def open_context(pack, catalogue):
    return Context()


def contract(catalogue, fields):
    if not catalogue["labels"]:
        raise ValueError("there is no label")
    return {"properties": {"label": {"enum": catalogue["labels"]}}}


@rewriter("shout")
def shout(command, match, context):
    changed = {**command, "label": command["label"].upper(), "system": command.get("system", "") + "!"}
    changed.pop("history" if command["label"] == "drop" else "nothing", None)
    return Rewritten(changed)
"""
RULE = """
id: form.shout
summary: Write labels in capitals.
why: So that there is one.
severity: error
confidence: 0.9
review: {mode: none}
match:
  command: {shout: 'yes'}
rewrite:
  use: shout
examples:
  - instruction: one
    before: '{"label": "yes"}'
    after: '{"label": "YES", "system": "!"}'
  - instruction: two
    unchanged: '{"label": "YES"}'
"""
ABOUT = """
id: shouting
summary: Labels in capitals.
python: shouting.py
output: label
fields: [history, system]
catalogue: labels.yaml
facts:
  command:
    shout: {values: ['yes', 'no']}
"""


def folder(root: Path, about: str = ABOUT, labels: str = "labels: ['YES', 'NO']\n") -> Path:
    (root / "10-form").mkdir(parents=True)
    (root / "10-form/shout.yaml").write_text(RULE.lstrip(), "utf-8")
    (root / "shouting.py").write_text(PYTHON, "utf-8")
    (root / "labels.yaml").write_text(labels, "utf-8")
    (root / "pack.yaml").write_text(about.lstrip(), "utf-8")
    return root


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    return load_pack(folder(tmp_path / "shouting"))


def test_a_pack_of_labels_sees_the_label_and_its_fields_in_one_order(pack: Pack) -> None:
    record = {"history": [["a", "b"]], "output": "yes", "extra": 1, "system": None}

    assert pack.notation == Notation(label=True, fields=("system", "history"))
    assert pack.order == {"": ("label", "system", "history")}
    assert pack.kind_key == "label"
    assert pack.notation.seen(record) == '{"label": "yes", "history": [["a", "b"]]}'


def test_an_object_pack_is_given_the_output_as_it_came() -> None:
    output = {"kind": "order"}

    assert OBJECTS.seen({"output": output}) is output
    assert OBJECTS.says("in", "out") == ("in", "out")


@given(st.text(min_size=1, max_size=20))
def test_a_label_is_read_as_it_stands_or_not_at_all(text: str) -> None:
    notation = Notation(label=True)
    lines = text.strip().splitlines()

    if len(lines) == 1:
        assert notation.read(text) == {"label": text}
    else:
        with pytest.raises(Unreadable, match="more than one line" if lines else "empty"):
            notation.read(text)


def judged(pack: Pack, *records: dict[str, object]) -> tuple[list[str], list[dict[str, object]]]:
    """Return the payloads as they came, and the edits that a batch makes of them."""
    rows = add_keys(batch_of_texts([write(one) for one in records]), Keys()).with_row_index("seq")
    made = run_batch(Engine(pack, pack.open_context(pack.catalogue)), rows.with_columns(rows["seq"].cast(int)))
    return rows["payload"].to_list(), made.edits.rows(named=True)


def test_an_edit_is_a_patch_to_the_record_that_leads_there_and_back(pack: Pack) -> None:
    came = {"instruction": "甲", "system": "s", "output": "yes", "more": [1.0, None]}
    (payload,), (edit,) = judged(pack, came)
    after = apply_to_payload(payload, "record", str(edit["patch"]))

    assert edit["target"] == "record"
    assert after == write({"instruction": "甲", "system": "s!", "output": "YES", "more": [1.0, None]})
    assert apply_to_payload(after, "record", str(edit["inverse"])) == payload
    assert (edit["before"], edit["after"]) == (digest(payload), digest(after))


def test_a_label_outside_the_contract_that_python_makes_of_the_data_is_asked_about(pack: Pack) -> None:
    engine = Engine(pack, pack.open_context(pack.catalogue))
    found = engine.judge("甲", "", pack.notation.seen({"output": "maybe"}))

    assert [change.output for change in found.changes] == ['{"label": "MAYBE", "system": "!"}']
    assert found.disposition == "review"
    assert "'MAYBE' is not one of" in found.doubts[0].found


def test_a_rule_that_takes_a_field_away_is_a_fault(pack: Pack) -> None:
    with pytest.raises(ValueError, match=r"form\.shout took the field 'history' away"):
        judged(pack, {"instruction": "甲", "output": "drop", "history": [["a", "b"]]})


def test_a_rule_that_writes_a_field_that_rules_do_not_see_is_a_fault(tmp_path: Path) -> None:
    pack = load_pack(folder(tmp_path / "shouting", ABOUT.replace("[history, system]", "[history]")))

    with pytest.raises(ValueError, match=r"form\.shout writes 'system'"):
        judged(pack, {"instruction": "甲", "output": "yes", "system": "kept"})


@pytest.mark.parametrize(
    ("about", "labels", "found", "remedy"),
    [
        (ABOUT.replace("output: label\n", ""), "labels: [a]\n", "'output' is missing", "output"),
        (ABOUT.replace("output: label", "output: object"), "labels: [a]\n", "output", "take 'fields' out"),
        (ABOUT.replace("history,", "input,"), "labels: [a]\n", "'input'", "history, system"),
        (ABOUT.replace("output: label", "output: lable"), "labels: [a]\n", "'lable'", "did you mean 'label'?"),
        (ABOUT + "order: {'': [label]}\n", "labels: [a]\n", "whose outputs are labels", "workspaces of their own"),
        (ABOUT, "labels: []\n", "there is no label", "mend the file"),
    ],
)
def test_a_pack_that_says_otherwise_is_refused(
    tmp_path: Path, about: str, labels: str, found: str, remedy: str
) -> None:
    with pytest.raises(RuleErrors) as refused:
        load_pack(folder(tmp_path / "shouting", about, labels))

    assert found in str(refused.value)
    assert remedy in str(refused.value)


def test_packs_of_objects_and_of_labels_are_not_loaded_together(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "pack.yaml").write_text("id: other\nsummary: Objects.\norder: {'': [kind]}\n", "utf-8")

    with pytest.raises(RuleErrors, match="beside the pack 'shouting', whose outputs are labels"):
        load_packs([folder(tmp_path / "shouting"), other])


def test_the_view_is_json_that_reads_back(pack: Pack) -> None:
    record = {"output": '"\\', "system": "行\n", "history": [["\u2028", "{}"]]}

    view = parse_object(pack.notation.seen(record))

    assert view == {"label": '"\\', "system": "行\n", "history": [["\u2028", "{}"]]}
    assert json.loads(write(view)) == view
