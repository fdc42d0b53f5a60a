"""The check: examples run, faults are told, and every piece that no example misses is named with its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from curation.check import Findings, check
from curation.pack import load_pack

TOY = Path(__file__).parent / "toy_pack"


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return shutil.copytree(TOY, tmp_path / "toy", ignore=shutil.ignore_patterns("__pycache__"))


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def checked(root: Path, *paths: str, proof: bool = True) -> Findings:
    return check(load_pack(root), [root / path for path in paths], proof=proof)


def told(findings: Findings) -> list[str]:
    return [f"{kind} {p.path.name}:{p.line}:{p.column}: {p.found}" for kind, p in findings.findings]


def test_a_pack_whose_every_line_is_proven_is_all_good(toy: Path) -> None:
    findings = checked(toy)
    assert told(findings) == []
    assert findings.ok
    assert str(findings) == "3 rules, 14 examples, 17 pieces taken out in turn: all good"


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "20-order/count.yaml",
            '"count": 2}',
            '"count": 7}',
            """count.yaml:18:12: the example '来两杯拿铁': gives {"kind": "order", "drink": "latte", "count": 2}""",
        ),
        (
            "20-order/count.yaml",
            "来两杯拿铁",
            "来杯拿铁",
            "count.yaml:18:12: the example '来杯拿铁': must be rewritten, and is left alone",
        ),
        (
            "20-order/count.yaml",
            "来两杯拿铁",
            "来33杯拿铁",
            "count.yaml:18:12: the example '来33杯拿铁': must be rewritten, and is declined: more than anyone",
        ),
        (
            "20-order/count.yaml",
            "第二杯拿铁半价",
            "二杯拿铁半价",
            """count.yaml:30:16: the example '二杯拿铁半价': must be left alone, and gives {"kind": "order",""",
        ),
        (
            "20-order/count.yaml",
            "99杯",
            "9杯",
            """count.yaml:26:15: the example '9杯拿铁': must be declined, and gives {"kind": "order",""",
        ),
        (
            "20-order/count.yaml",
            "more than anyone",
            "too early",
            "count.yaml:26:15: the example '99杯拿铁': must be declined with 'too early', and is declined: more",
        ),
        (
            "cafe.py",
            '{**command, "count": count}',
            '{**command, "count": command.get("kind").x}',
            "count.yaml:18:12: the example '来两杯拿铁': set_count raises AttributeError: 'str' object has",
        ),
        (
            "10-format/fence.yaml",
            '"drink": "latte"}\'',
            '"drink": "mocha"}\'',
            """fence.yaml:14:12: the example '一杯拿铁': gives {"kind": "order", "drink": "latte"}""",
        ),
    ],
)
def test_an_example_that_does_not_hold_is_told_with_what_happens_instead(
    toy: Path, file: str, old: str, new: str, expected: str
) -> None:
    replaced(toy / file, old, new)
    assert f"example {expected}" in "\n".join(told(checked(toy)))


def test_a_result_that_the_rule_changes_again_is_told(toy: Path) -> None:
    path = toy / "20-order/sugar.yaml"
    replaced(toy / "cafe.py", "return None if old else ", "return ")
    replaced(toy / "cafe.py", "{**options, **old}}", "{**options, 'n': len(old)}}")
    path.write_text(path.read_text("utf-8").replace('"ice": "normal"}}', '"ice": "normal", "n": 0}}'), "utf-8")
    assert any(
        "the rule does not leave its own result alone" in line for line in told(checked(toy, "20-order/sugar.yaml"))
    )


def test_a_rewriter_that_changes_what_it_is_given_is_a_fault(toy: Path) -> None:
    replaced(
        toy / "cafe.py",
        "    return Rewritten({**command,",
        "    old = dict(command)\n    command['x'] = 1\n    return Rewritten({**old,",
    )
    found = told(checked(toy, "20-order/count.yaml"))
    assert found == ["fault count.yaml:13:8: set_count changes the command it is given"]


def test_words_wrongly_declared_to_the_pre_filter_are_a_fault(toy: Path) -> None:
    replaced(toy / "pack.yaml", "polite: ['请|麻烦', '谢']", "polite: ['请|麻烦']")
    replaced(toy / "20-order/sugar.yaml", "  instruction:\n    all: [<sweet>]\n", "")
    replaced(toy / "20-order/sugar.yaml", "<sweet>", "half")
    found = told(checked(toy, "20-order/sugar.yaml", proof=False))
    assert "fault sugar.yaml:20:12: the pre-filter would miss an example that the rule fires on" in found


def test_an_example_to_do_must_go_on_failing(toy: Path) -> None:
    path = toy / "20-order/count.yaml"
    with path.open("a", encoding="utf-8") as file:
        file.write(
            "  - instruction: 一打拿铁\n    todo: no dozens yet\n"
            """    before: '{"kind": "order"}'\n    after: '{"kind": "order", "count": 12}'\n"""
        )
    findings = checked(toy)
    assert findings.ok
    assert "15 examples (1 to do)" in str(findings)
    replaced(path, "一打拿铁", "12杯拿铁")
    assert told(checked(toy)) == ["example count.yaml:38:5: an example marked 'todo' that holds"]


def test_an_example_may_be_about_another_catalogue(toy: Path) -> None:
    (toy / "catalogues" / "tea.yaml").write_text("most: 3\n", "utf-8")
    replaced(toy / "cafe.py", "if count > most:", 'if count > _context.menu.get("most", most):')
    replaced(
        toy / "20-order/count.yaml",
        "  - instruction: 来两杯拿铁\n",
        "  - instruction: 5杯拿铁\n    devices: tea\n"
        """    declines: '{"kind": "order"}'\n  - instruction: 来两杯拿铁\n""",
    )
    assert checked(toy).ok


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "20-order/count.yaml",
            "来<number>杯']",
            "来<number>杯', '<number>大杯<drink>']",
            "count.yaml:9:58: not proven: without this pattern",
        ),
        (
            "20-order/count.yaml",
            "none: ['第<number>杯']",
            "none: ['第<number>杯', '再说']",
            "count.yaml:10:26: not proven: without this pattern",
        ),
        (
            "20-order/count.yaml",
            "{kind: order,",
            "{kind: [order, tip],",
            "count.yaml:11:27: not proven: without the value 'tip'",
        ),
        (
            "20-order/sugar.yaml",
            "{kind: question}",
            "{kind: [question, tip]}",
            "sugar.yaml:12:32: not proven: without the value 'tip'",
        ),
        (
            "20-order/sugar.yaml",
            "{manner: polite}",
            "{manner: [polite]}\n  command: {kind: order}",
            "sugar.yaml:11:13: not proven: without the fact 'kind'",
        ),
        (
            "20-order/count.yaml",
            ", most: 20",
            ", most: 9",
            "count.yaml:14:27: not proven: without the parameter 'most'",
        ),
        (
            "10-format/fence.yaml",
            "{form: fenced}",
            "{form: [fenced, object]}",
            "fence.yaml:8:27: not proven: without the form 'object'",
        ),
        ("lexicons/sweet.yaml", "[无糖]", "[无糖, 不甜]", "sweet.yaml:4:14: not proven: without the word '不甜'"),
        (
            "lexicons/sweet.yaml",
            "[半糖, 少糖]",
            "[半糖, 少糖, 半]",
            "sweet.yaml:5:18: not proven: without the word '半'",
        ),
    ],
)
def test_a_piece_that_no_example_misses_is_named_with_its_place(
    toy: Path, file: str, old: str, new: str, expected: str
) -> None:
    if file.endswith("count.yaml") and "most: 9" in new:
        replaced(toy / file, "12份拿鐵", "7份拿鐵")
        replaced(toy / file, '"count": 12', '"count": 7')
    replaced(toy / file, old, new)
    assert expected in "\n".join(told(checked(toy)))


def test_a_parameter_inside_another_is_a_piece_of_its_own(toy: Path) -> None:
    replaced(toy / "cafe.py", "{**options, **old}", '{**{k: v for k, v in options.items() if k != "ice"}, **old}')
    path = toy / "20-order/sugar.yaml"
    path.write_text(path.read_text("utf-8").replace(', "ice": "normal"', ""), "utf-8")
    (line,) = told(checked(toy))
    assert line.startswith("unproven sugar.yaml:15:36: not proven: without the parameter 'options.ice'")


def test_a_word_is_proven_by_any_rule_that_uses_its_lexicon(toy: Path) -> None:
    other = (toy / "20-order/sugar.yaml").read_text("utf-8").replace("order.sugar", "order.sweet")
    other = other.replace("做半糖", "做全糖").replace('"sugar": "half"', '"sugar": "full"', 1)
    (toy / "20-order/sweet.yaml").write_text(other, "utf-8")
    replaced(toy / "lexicons/sweet.yaml", "  none:", "  full: [全糖]\n  none:")
    assert checked(toy, "20-order/sugar.yaml").ok
    assert checked(toy, "lexicons/sweet.yaml").ok


def test_a_rule_that_reads_chinese_shows_both_scripts(toy: Path) -> None:
    replaced(toy / "20-order/sugar.yaml", "請做半糖", "请做半糖")
    assert told(checked(toy)) == ["script sugar.yaml:16:1: only simplified script in the examples it fires on"]


def test_a_rule_whose_examples_fail_is_not_taken_apart(toy: Path) -> None:
    replaced(toy / "20-order/count.yaml", "来两杯拿铁", "来杯拿铁")
    assert len(told(checked(toy, "20-order/count.yaml"))) == 1


def test_files_and_folders_can_be_checked_alone(toy: Path) -> None:
    assert checked(toy, "20-order/count.yaml").rules == 1
    assert checked(toy, "20-order").rules == 2
    assert checked(toy, "lexicons").rules == 0
    assert told(checked(toy, "20-order/none.yaml")) == ["path none.yaml:0:0: no rule and no lexicon of the pack"]
