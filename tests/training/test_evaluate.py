"""Each answer is judged by itself, told why it is wrong, and counted by kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation.contract import Contract
from training.answers import Answer
from training.ask import About, Asked, Exam, asked, write_asked
from training.evaluate import evaluate, judge
from training.items import Item
from training.matching import Matching
from training.metrics import rate
from training.recall import recalled

SCHEMA = {"type": "object", "required": ["do"], "properties": {"n": {"type": "integer"}}}
GOLD = '{"do": "on", "n": 3}'
HOSTILE = "<script>alert(1)</script>|`x`\n# [a](http://b)"


def item(number: int = 0, kind: str = "k", answer: str = GOLD, accept: tuple[str, ...] = ()) -> Item:
    return Item(f"i{number}", kind, ({"role": "user", "content": HOSTILE},), answer, accept)


def said(text: str, *, ended: bool = True) -> Answer:
    return Answer(text, len(text), 0.5, ended)


@pytest.mark.parametrize(
    ("text", "reason", "exact", "strict", "schema"),
    [
        (GOLD, "", True, True, True),
        ('{"n": 3, "do": "on"}', "", False, True, True),
        ('{"do": "off", "n": 3}', 'do is "off", not "on"', False, False, True),
        ('{"do": "on"}', "n is missing", False, False, True),
        ('{"do": "on", "n": 3, "m": {"k": 1}}', "m.k is too much", False, False, True),
        ('{"n": 3}', "breaks the schema: $: 'do' is a required property; do is missing", False, False, False),
        ('{"do": "on", "n', "no JSON object", False, False, False),
        ("", "no answer", False, False, False),
        ("好的", "no JSON object", False, False, False),
    ],
)
def test_a_wrong_answer_is_told_why(text: str, reason: str, exact: bool, strict: bool, schema: bool) -> None:
    found = judge(item(), said(text), Matching(), Contract(SCHEMA))

    assert (found.reason, found.exact, found.agrees["strict"], found.schema) == (reason, exact, strict, schema)


def test_an_answer_that_was_cut_is_told_so() -> None:
    assert judge(item(), said('{"do"', ended=False), Matching(), None).reason.endswith("cut at its longest")


def test_of_several_right_answers_the_nearest_is_compared_with() -> None:
    other = '{"do": "start", "n": 3}'

    found = judge(item(accept=(other,)), said('{"n": 3, "do": "start"}'), Matching(), None)

    assert (found.expected, found.agrees["strict"], found.reason) == (other, True, "")


def test_figures_are_counted_by_kind_and_over_all() -> None:
    items = [item(0, "a"), item(1, "a"), item(2, "b"), item(3, "b")]
    answers = [said(GOLD), said("{"), said('{"do": "on", "n": 4}'), said(GOLD)]

    found = evaluate(items, answers, Matching(), Contract(SCHEMA))

    assert {name: figure.value for name, figure in found.figures.items() if "f1" not in name} == {
        "json": 0.75, "schema": 0.75, "exact": 0.5, "strict": 0.5, "balanced": 0.5, "lenient": 0.75,
    }  # fmt: skip
    assert {kind: figures["strict"].value for kind, figures in found.kinds.items()} == {"a": 0.5, "b": 0.5}
    assert found.figures["slot_f1"].value == pytest.approx(2 * 5 / (2 * 5 + 1 + 3))
    assert found.labels is None


def test_a_label_keeps_no_contract_and_breaks_none() -> None:
    labels = [item(0, "a", "下载场景"), item(1, "b", "其他")]
    answers = [said("下载场景"), said("其他")]

    assert "schema" not in evaluate(labels, answers, Matching(), Contract(SCHEMA)).figures
    both = evaluate([*labels, item(2, "a")], [*answers, said(GOLD)], Matching(), Contract(SCHEMA))
    assert both.figures["schema"] == rate([True])


def test_labels_are_classes() -> None:
    items = [item(0, "a", "下载场景"), item(1, "b", "其他")]

    found = evaluate(items, [said("下载场景"), said("下载")], Matching(), Contract(SCHEMA))

    assert found.labels is not None
    assert found.labels["accuracy"] == 0.5
    assert [one.reason for one in found.judged] == ["", "其他 was right"]
    assert found.figures["json"].value == 1.0


def exam() -> Exam:
    return Exam("pack/some", [item(0), item(1)], Matching(), SCHEMA)


def test_a_report_shows_what_people_and_models_said_as_text(tmp_path: Path) -> None:
    taken = asked(exam(), lambda _: [said(GOLD), said(HOSTILE)])

    report = write_asked([taken], About("m", note="a *test* base"), tmp_path).read_text("utf-8")

    assert "<script>" not in report
    assert "a \\*test\\* base" in report
    (row,) = [line for line in report.splitlines() if line.startswith("| i1 |")]
    assert row.replace("\\|", "").count("|") == 5
    assert "| strict | 50.0% |" in report


def test_answers_are_read_back_as_they_were_given(tmp_path: Path) -> None:
    taken = asked(exam(), lambda _: [said(GOLD), said("{", ended=False)])
    write_asked([taken], About("m"), tmp_path)

    known = recalled(tmp_path, [exam()])

    assert known is not None
    (again,) = known
    assert [one.as_json() for one in again.evaluation.judged] == [one.as_json() for one in taken.evaluation.judged]
    assert again.as_json() == Asked(taken.exam, taken.evaluation, again.seconds, False).as_json()
    assert recalled(tmp_path, [Exam("pack/some", [item(0)], Matching(), SCHEMA)]) is None
    assert recalled(tmp_path / "nowhere", [exam()]) is None
