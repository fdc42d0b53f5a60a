"""What a version asks people, and in which order."""

from __future__ import annotations

import pytest

from annotations.question import Question
from annotations.queue import instruction_of, questions, script_of
from curation.command import digest, parse_object, write
from curation.edits import Edit, make_patch
from curation.manifest import Ruleset
from curation.store import Store
from curation.tables import frame

ORDER = {"": ["kind", "function", "params"]}
RULES = Ruleset("toy", "toy rules", ORDER, {})
START = {"kind": "k", "params": {"power": "on"}}
ASKED = [  # kind and rule of the queue row of each record
    ("sample", "toy.a"), ("sample", "toy.a"), ("sample", "toy.a"), ("sample", "toy.b"), ("all", "toy.c"),
    ("decline", "toy.b"), ("conflict", None), ("duplicate", None), ("decline", "toy.a"),
]  # fmt: skip


def payload(number: int) -> str:
    return write({"instruction": f"十分钟后打开{number}号水泵", "input": "", "output": write(START)})


def key(number: int) -> str:
    return digest(payload(number))[:24] + "-0"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store with a version that asks all kinds of questions."""
    made = Store(tmp_path_factory.mktemp("store"))
    raw = [
        (seq, key(seq), "upsert", "unchanged", digest(payload(seq)), payload(seq), None, None)
        for seq in range(len(ASKED))
    ]
    with made.publish(None, kind="raw", source={"file": "toy.json"}) as draft:
        draft.add(records=frame("records", raw))
        draft.commit()
    records, edits, queue = [], [], []
    for seq, (kind, rule) in enumerate(ASKED):
        now = payload(seq)
        if kind in ("sample", "all"):
            command = START
            for place, after in enumerate(({**START, "function": "f"}, {**START, "function": "f", "params": {"n": 1}})):
                changed = write({**parse_object(now), "output": write(after, ORDER)})
                by = rule if place else "toy.first"
                edits.append(
                    Edit(
                        key(seq), place, by, digest(by), (), "toy", "rule", "command",
                        *make_patch(command, after, ORDER), digest(now), digest(changed), 0, 4, "said so", 0.9,
                    ).row()
                )  # fmt: skip
                now, command = changed, after
        proposals = (
            '[{"rule": "toy.a", "output": "{}"}, {"rule": "toy.b", "output": "[]"}]' if kind == "conflict" else None
        )
        found = f"compare {key(0)}" if kind == "duplicate" else "a pump"
        queue.append((key(seq), 0, kind, rule, rule and digest(rule), f"reason {kind}", found, proposals))
        disposition = "rewritten" if kind in ("sample", "all") else "review"
        records.append((seq, key(seq), "upsert", disposition, digest(now), now, None, None))
    with made.publish(0, kind="curated", ruleset=RULES) as draft:
        draft.add(records=frame("records", records), edits=frame("edits", edits), queue=frame("queue", queue))
        draft.commit({"by_rule": {"toy.a": {"summary": "Does a.", "confidence": 0.5, "phase": "p"}}})
    return made


@pytest.fixture(scope="module")
def asked(store: Store) -> list[Question]:
    return questions(store, 1)


def test_conflicts_and_declines_come_first_then_rules_in_turns(asked: list[Question]) -> None:
    assert [(one.kind, one.rule) for one in asked] == [
        ("conflict", ""), ("decline", "toy.a"), ("decline", "toy.b"), ("duplicate", ""), ("all", "toy.c"),
        ("sample", "toy.a"), ("sample", "toy.b"), ("sample", "toy.a"), ("sample", "toy.a"),
    ]  # fmt: skip


def test_a_question_about_an_edit_shows_what_that_edit_found_and_left(asked: list[Question]) -> None:
    one = next(question for question in asked if question.kind == "all")
    assert one.before == '{"kind": "k", "function": "f", "params": {"power": "on"}}'
    assert one.after == '{"kind": "k", "function": "f", "params": {"n": 1}}'
    assert (one.evidence, one.note, one.confidence, one.seq, one.key) == ((0, 4), "said so", 0.9, 4, key(4))
    assert one.instruction == "十分钟后打开4号水泵"


def test_an_open_case_shows_the_record_and_what_was_proposed(asked: list[Question]) -> None:
    conflict, decline = asked[0], asked[1]
    assert conflict.after is None
    assert conflict.before == write(START)
    assert [tuple(proposal) for proposal in conflict.proposals] == [("toy.a", "{}"), ("toy.b", "[]")]
    assert (decline.summary, decline.confidence, decline.phase, decline.found) == ("Does a.", 0.5, "p", "a pump")


def test_a_duplicate_shows_what_it_is_a_duplicate_of(asked: list[Question]) -> None:
    (other,) = next(question for question in asked if question.kind == "duplicate").proposals
    assert other.rule == "row 0: 十分钟后打开0号水泵"
    assert other.output == '{"kind": "k", "function": "f", "params": {"n": 1}}'


def test_the_same_version_asks_the_same_and_another_seed_only_changes_the_order(
    store: Store, asked: list[Question]
) -> None:
    assert questions(store, 1) == asked
    other = questions(store, 1, seed="another")
    assert {one.id for one in other} == {one.id for one in asked}
    assert questions(store, 1, limit=3) == asked[:3]
    assert questions(store, 0) == []


def test_a_question_keeps_its_id_until_what_it_shows_changes(asked: list[Question]) -> None:
    one, conflict = asked[-1], asked[0]
    assert one._replace(confidence=0.1, reason="x", seq=9).id == one.id
    assert len({one.id, one._replace(after="{}").id, one._replace(before="{}").id, one._replace(rule="r").id}) == 4
    assert conflict._replace(proposals=conflict.proposals[:1]).id != conflict.id


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("把阳台的灯关掉", "hans"),
        ("開窗簾，關風扇", "hant"),
        ("唔該熄咗盞燈", "yue"),
        ("好的", "same"),
        ("ok", "same"),
        ("", "same"),
    ],
)
def test_the_script_of_an_instruction_is_told(text: str, script: str) -> None:
    assert script_of(text) == script


@pytest.mark.parametrize("name", ["instruction", "instruct"])
def test_an_instruction_is_shown_under_whichever_name_it_came(name: str) -> None:
    assert instruction_of(write({name: "把阳台的灯关掉", "output": "{}"})) == "把阳台的灯关掉"
