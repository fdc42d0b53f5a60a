"""Suites: read strictly, so that no figure rests on a line that was misread."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from curation.pack import installed_packs
from training.answers import Answer
from training.ask import asked
from training.exams import exam_of
from training.items import Item, ItemError, digest_of, items_of_suite, suite_path

LINE: dict[str, Any] = {"id": "a", "kind": "k", "instruction": "打开灯", "output": {"b": 1, "a": "开"}}


def suite(folder: Path, *lines: object) -> Path:
    path = folder / "some.jsonl"
    text = (line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
    path.write_text("\n".join(text), encoding="utf-8")
    return path


def test_an_item_asks_what_training_data_ask(tmp_path: Path) -> None:
    talk = {**LINE, "input": "现在八点", "system": "你是管家", "history": [["几点了", "八点"]], "accept": [{"c": 2}]}

    (item,) = items_of_suite(suite(tmp_path, talk))

    assert [(one["role"], one["content"]) for one in item.messages] == [
        ("system", "你是管家"),
        ("user", "几点了"),
        ("assistant", "八点"),
        ("user", "打开灯\n现在八点"),
    ]
    assert (item.answer, item.accept, item.question) == ('{"b": 1, "a": "开"}', ('{"c": 2}',), "打开灯\n现在八点")


def test_a_label_is_an_answer_too(tmp_path: Path) -> None:
    (item,) = items_of_suite(suite(tmp_path, {**LINE, "output": "下载场景"}))

    assert item.answer == "下载场景"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "some.jsonl:2: "),
        ("[]", "not an object"),
        ({**LINE, "id": ""}, 'id is ""'),
        ({**LINE, "id": "a"}, "stands twice"),
        ({**LINE, "id": "b", "kind": 3}, "kind is 3"),
        ({**LINE, "id": "b", "output": [1]}, "write an object, or a label"),
        ({**LINE, "id": "b", "ouput": {}}, "did you mean 'output'"),
        ({**LINE, "id": "b", "history": [["a"]]}, r"\[question, answer\]"),
        ({**LINE, "id": "b", "accept": {}}, "a list of outputs"),
        ({**LINE, "id": "b", "accept": [3]}, "a list of outputs"),
        ({**LINE, "id": "b", "input": 5}, "input is 5; write text"),
        ({**LINE, "id": "b", "system": 5}, "system is 5; write text"),
    ],
)
def test_a_line_that_cannot_be_asked_is_named_with_its_place(tmp_path: Path, line: object, why: str) -> None:
    with pytest.raises(ItemError, match=why) as error:
        items_of_suite(suite(tmp_path, LINE, line))

    assert "some.jsonl:2" in str(error.value)


def test_a_line_ends_where_json_lines_end_and_a_byte_order_mark_is_no_part_of_it(tmp_path: Path) -> None:
    path = suite(tmp_path, LINE, {**LINE, "id": "b", "instruction": "开灯\u2028再关灯\x85"})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    assert [item.messages[-1]["content"][:2] for item in items_of_suite(path)][1] == "开灯"


def test_a_suite_that_is_not_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    path = suite(tmp_path, LINE)
    path.write_bytes(path.read_bytes() + "开灯".encode("gbk"))

    with pytest.raises(ItemError, match=r"some\.jsonl:1: byte 0xbf is not UTF-8"):
        items_of_suite(path)


def test_an_empty_suite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ItemError, match="no item"):
        items_of_suite(suite(tmp_path, "", ""))


def test_a_suite_is_named_by_its_pack() -> None:
    path = suite_path("smart_home/advanced")

    assert path is not None
    assert path.parts[-3:] == ("smart_home", "suites", "advanced.jsonl")
    assert suite_path("some/where.jsonl") == Path("some/where.jsonl")
    assert suite_path("released") is None
    with pytest.raises(ItemError, match="did you mean 'advanced'"):
        suite_path("smart_home/advance")


def test_the_digest_tells_any_difference() -> None:
    item = Item("a", "k", ({"role": "user", "content": "q"},), "x")
    others = [
        Item("b", "k", item.messages, "x"),
        Item("a", "j", item.messages, "x"),
        Item("a", "k", ({"role": "system", "content": "q"},), "x"),
        Item("a", "k", item.messages, "y"),
        Item("a", "k", item.messages, "x", ("y",)),
    ]

    assert len({digest_of([one]) for one in (item, *others)}) == 6
    assert digest_of([item, others[0]]) != digest_of([others[0], item])


@pytest.mark.parametrize(
    "path",
    sorted(path for folder in installed_packs().values() for path in folder.glob("suites/*.jsonl")),
    ids=lambda path: f"{path.parts[-3]}/{path.stem}",
)
def test_every_suite_of_a_pack_can_be_asked_and_a_model_that_is_right_has_full_marks(path: Path) -> None:
    exam = exam_of(f"{path.parts[-3]}/{path.stem}", None)
    right = [Answer(item.answer, 1, 0.1, True) for item in exam.items]

    found = asked(exam, lambda _: right).evaluation

    assert len(exam.items) >= 60
    assert {
        name: figure.value for name, figure in found.figures.items() if figure.value != 1.0 and name != "schema"
    } == {}
    assert found.labels is None or set(found.labels.values()) == {1.0}
    labels = found.labels is not None
    assert labels or found.figures["schema"].value == 1.0
