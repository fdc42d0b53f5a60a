"""Versions whose outputs are labels: what becomes of the sample data, and that everything can be undone."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from annotations.apply import apply_decisions
from annotations.decisions import output_check, take_answers
from annotations.queue import questions
from annotations.release import rollback
from annotations.replay import rules_of
from curation.augment import augment, remake
from curation.command import write
from curation.curate import curate
from curation.draft import StoreError
from curation.export.rows import Choice, census
from curation.manifest import Version
from curation.pack import load_packs
from curation.profile import profile
from curation.shares import Keep
from curation.store import Store
from curation.version import verify
from curation.workers import Rules
from tests.annotations.shop import answer

EXAMPLES = Path(__file__).parents[2] / "examples"
SUPPORT, NEWS = EXAMPLES / "support/support_raw.jsonl", EXAMPLES / "news/news_raw.jsonl"
TOPIC = load_packs(["news"]).catalogue["guidelines"]["topic"]["system"].strip()


def row(instruction: str, output: Any, **fields: Any) -> dict[str, Any]:
    return {"instruction": instruction, "input": "", "output": output, **fields}


def made(
    folder: Path,
    rows: Sequence[dict[str, Any]] | Path,
    pack: str = "support_intents",
    keep: Keep | None = None,
    workers: int = 1,
) -> tuple[Store, Version]:
    if isinstance(rows, Path):
        path = rows
    else:
        path = folder / "rows.jsonl"
        path.write_text("".join(write(one) + "\n" for one in rows), encoding="utf-8")
    store = Store(str(folder / "store"))
    version = curate(store, path, Rules((pack,)), keep=keep, workers=workers)
    assert verify(store, version) == []
    return store, version


def records(store: Store, version: Version | str) -> dict[str, tuple[str, dict[str, Any]]]:
    rows = store.read(version, ("payload", "disposition"))
    loaded = [(json.loads(payload), state) for payload, state in rows.select("payload", "disposition").iter_rows()]
    return {record["instruction"]: (state, record) for record, state in loaded}


def why(store: Store, version: Version) -> dict[int, list[str]]:
    return {one["row"]: one["reasons"] for one in store.rows(version)}


def test_an_alias_and_another_spelling_become_the_label_as_plain_text(tmp_path: Path) -> None:
    store, version = made(
        tmp_path, [row("导出本月的数据", "导出"), row("登不进去", "登錄場景 。"), row("你好", "其他")]
    )

    assert {said: (state, one["output"]) for said, (state, one) in records(store, version).items()} == {
        "导出本月的数据": ("rewritten", "下载场景"),
        "登不进去": ("rewritten", "登录场景"),
        "你好": ("unchanged", "其他"),
    }
    assert version.counts["types_after"] == {"下载场景": 1, "其他": 1, "登录场景": 1}
    assert version.counts["types_before"] == {"其他": 1, "导出": 1, "登錄場景 。": 1}


def test_what_is_no_label_is_quarantined_and_what_is_not_in_the_set_is_asked_about(tmp_path: Path) -> None:
    rows = [
        row("一", "下载场警"),
        row("二", " \n"),
        row("三", "因为要导出\n下载场景"),
        row("四", {"label": "下载场景"}),
        row("五", '{"label": "下载场景"}'),
    ]
    store, version = made(tmp_path, rows)

    assert list(why(store, version).values()) == [
        ["the label is not in the set: 下载场警"],
        ["empty"],
        ["more than one line: 2 lines"],
        ["output is not text"],
        ['the label is not in the set: {"label": "下载场景"}'],
    ]
    assert (version.counts["review"], version.counts["quarantined"]) == (2, 3)


def test_one_sentence_with_two_labels_is_asked_about_and_with_two_names_of_one_label_is_not_a_conflict(
    tmp_path: Path,
) -> None:
    rows = [
        row("注销要等几天", "注销场景"),
        row("註銷要等幾天？", "查询场景"),
        row("你好", "闲聊"),
        row("你好。", "其他"),
    ]
    store, version = made(tmp_path, rows)

    assert version.counts["queue_by_reason"] == {"conflicting duplicates": 2, "near duplicate": 1}
    assert records(store, version)["你好"][0] == "rewritten"


def test_the_same_words_after_other_turns_are_no_conflict(tmp_path: Path) -> None:
    rows = [
        row("后来呢", "社会", system=TOPIC, history=[["外卖员背出老人", "社会"]]),
        row("后来呢", "国际", system=TOPIC, history=[["首相辞职", "国际"]]),
        row("後來呢？", "体育", system=TOPIC + "\n", history=[["首相辞职。", "国际"]]),
    ]
    store, version = made(tmp_path, rows, "news")

    assert {said: state for said, (state, _) in records(store, version).items()} == {
        "后来呢": "review",
        "後來呢？": "review",
    }
    assert version.counts["queue_by_reason"] == {"conflicting duplicates": 2}
    assert version.counts["unchanged"] == 1


def test_a_lost_system_is_given_back_only_where_one_guideline_has_the_label(tmp_path: Path) -> None:
    own = "  类别：体育 / 财经。\n理由：只看动词。\n"
    rows = [
        row("甲", "sports"),
        row("乙", "体育", system=" ", note=[1, {"a": None}]),
        row("丙", "其他"),
        row("丁", "体育", system=own, history=[["a", "体育"]]),
        row("戊", "体育", system=None, history=None),
    ]
    store, version = made(tmp_path, rows, "news")
    found = records(store, version)

    assert found["甲"] == ("rewritten", row("甲", "体育", system=TOPIC))
    assert found["乙"] == ("rewritten", row("乙", "体育", system=TOPIC, note=[1, {"a": None}]))
    assert found["丙"] == ("review", row("丙", "其他"))
    assert found["丁"] == ("unchanged", rows[3])
    assert found["戊"] == ("rewritten", row("戊", "体育", system=TOPIC, history=None))


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("system", {"role": "system"}, "system is not text: dict"),
        ("history", "上一条", "history is not a list of [question, answer] pairs: no list"),
        ("history", [["a", "b"], ["c"]], "history is not a list of [question, answer] pairs: turn 2"),
        ("history", [["a", None]], "history is not a list of [question, answer] pairs: turn 1"),
        ("history", [{"role": "user"}], "history is not a list of [question, answer] pairs: turn 1"),
    ],
)
def test_an_ill_formed_field_is_quarantined_with_its_place(tmp_path: Path, field: str, value: Any, reason: str) -> None:
    store, version = made(tmp_path, [row("甲", "体育", **{field: value})], "news")

    assert why(store, version) == {0: [reason]}
    assert version.counts["quarantined"] == 1


def test_a_pack_that_does_not_name_a_field_carries_it_as_it_came(tmp_path: Path) -> None:
    fields = {"system": "客服", "history": [["你好", "闲聊"]], "score": [1]}
    store, version = made(tmp_path, [row("导出本月的数据", "导出", **fields)])

    assert records(store, version)["导出本月的数据"] == ("rewritten", row("导出本月的数据", "下载场景", **fields))


def test_a_history_that_no_trainer_could_read_is_quarantined_in_any_pack(tmp_path: Path) -> None:
    store, version = made(tmp_path, [row("导出本月的数据", "导出", history="x")])

    assert why(store, version) == {0: ["history is not a list of [question, answer] pairs: no list"]}


def others(number: int) -> list[dict[str, Any]]:
    return [row(f"闲聊第{place}句", "闲聊" if place % 3 else "其他") for place in range(number)]


def intents(number: int) -> list[dict[str, Any]]:
    return [row(f"导出第{place}份", "导出" if place % 2 else "下载场景") for place in range(number)]


def test_of_a_label_with_too_many_rows_the_surplus_is_dropped_with_its_reason(tmp_path: Path) -> None:
    store, version = made(tmp_path, [*others(60), *intents(40)], keep=Keep({"其他": 0.2}))

    left = Counter(one["output"] for one in store.rows(version) if one["disposition"] in {"unchanged", "rewritten"})
    assert left == {"下载场景": 40, "其他": 10}
    assert version.counts["dropped_by_reason"] == {"surplus of 其他": 50}
    assert version.counts["types_after"] == {"下载场景": 40, "其他": 10}
    assert {tuple(one["reasons"]) for one in store.rows(version) if one["disposition"] == "dropped"} == {
        ("surplus of 其他: it may be 20.00% of the rows that go out",)
    }


def test_which_rows_are_kept_depends_on_the_seed_and_on_nothing_else(tmp_path: Path) -> None:
    def kept(name: str, rows: list[dict[str, Any]], keep: Keep) -> set[str]:
        (tmp_path / name).mkdir()
        store, version = made(tmp_path / name, rows, keep=keep)
        return {
            said
            for said, (state, one) in records(store, version).items()
            if one["output"] == "其他" and state != "dropped"
        }

    rows = [*others(60), *intents(40)]
    first = kept("first", rows, Keep({"其他": 0.2}))
    assert kept("turned", rows[::-1], Keep({"其他": 0.2})) == first
    assert kept("less", rows, Keep({"其他": 0.1})) < first
    assert kept("seeded", rows, Keep({"其他": 0.2}, seed=1)) != first
    assert kept("all", rows, Keep({"其他": 0.6})) == {one["instruction"] for one in rows[:60]}
    assert kept("none", rows, Keep({"其他": 0})) == set()


def test_rows_that_wait_for_a_person_are_neither_counted_nor_dropped_as_surplus(tmp_path: Path) -> None:
    rows = [*others(10), *intents(10), row("说不清", "其他"), row("说不清！", "下载场景"), row("把它导出", "其他")]
    store, version = made(tmp_path, rows, keep=Keep({"其他": 0}))

    assert version.counts["dropped"] == 10
    assert {said: state for said, (state, _) in records(store, version).items() if state == "review"} == {
        "说不清": "review",
        "说不清！": "review",
        "把它导出": "review",
    }


def test_a_share_of_what_is_no_label_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="which is no label of labels"):
        made(tmp_path, intents(2), keep=Keep({"其它": 0.2}))
    with pytest.raises(StoreError, match="are no labels"):
        made(tmp_path, intents(2), "smart_home", Keep({"其他": 0.2}))


@pytest.mark.parametrize(
    ("pack", "path", "keep"), [("support_intents", SUPPORT, Keep({"其他": 0.15})), ("news", NEWS, None)]
)
def test_the_sample_data_has_every_defect_and_each_row_has_its_place(
    tmp_path: Path, pack: str, path: Path, keep: Keep | None
) -> None:
    store, version = made(tmp_path, path, pack, keep)
    counts = version.counts
    asked = {
        "support_intents": {
            "conflicting duplicates": 10,
            "near duplicate": 4,
            "the label is not in the set": 8,
            "labelled as other though the words name an intent": 4,
        },
        "news": {
            "a follow-up without the turns before it": 3,
            "conflicting duplicates": 6,
            "near duplicate": 2,
            "no system, and several guidelines have the label": 3,
            "the guideline in system does not have the label": 3,
            "the label is not in the set": 6,
        },
    }

    assert counts["queue_by_reason"] == asked[pack]
    assert 150 <= counts["rows_in"] <= 300
    assert counts["rows_in"] == sum(
        counts[name] for name in ("unchanged", "rewritten", "review", "quarantined", "dropped")
    )
    surplus = {"surplus of 其他"} if keep else set()
    assert set(counts["dropped_by_reason"]) == {"exact duplicate", *surplus}
    labels = set(load_packs([pack]).contract["properties"]["label"]["enum"])  # type: ignore[index]
    released = {one["output"] for one in store.rows(version) if one["disposition"] in {"unchanged", "rewritten"}}
    assert released == labels
    assert set(census(Choice(store, version)).types) == labels


@pytest.mark.slow
def test_several_processes_make_the_same_version(tmp_path: Path) -> None:
    (tmp_path / "two").mkdir()
    _, one = made(tmp_path, SUPPORT, keep=Keep({"其他": 0.15}))
    _, two = made(tmp_path / "two", SUPPORT, keep=Keep({"其他": 0.15}), workers=2)

    assert one.id == two.id


def test_a_rule_can_be_taken_back_from_labels_and_from_systems(tmp_path: Path) -> None:
    store, version = made(tmp_path, [row("甲", "sports"), row("乙", "体育")], "news")
    for rule, then in (("system.complete", row("乙", "体育")), ("label.alias", row("甲", "sports"))):
        pack, rejudge = rules_of(store, version, ("news",), {})
        assert rejudge is not None
        without = rollback(store, rule, version, rejudge)
        assert verify(store, without.version) == []
        assert records(store, without.version)[then["instruction"]][1] == then
        assert pack.notation.label


def test_people_correct_labels_in_words_and_not_in_objects(tmp_path: Path) -> None:
    rows = [row("日程怎么共享", "日程场景"), row("帮我导出", "其他"), row("字体太小", "体反馈")]
    store, version = made(tmp_path, rows)
    pack, rejudge = rules_of(store, version, ("support_intents",), {})
    check = output_check(pack.contract, pack.notation)
    asked = {one.instruction: one for one in questions(store, version)}
    said = {"日程怎么共享": " 权限场景\n", "帮我导出": "下载场景", "字体太小": "体验场景"}
    answers = [answer(asked[text], "correct", corrected=label) for text, label in said.items()]

    taken = take_answers(store, answers, check=check, source="argilla:test")
    applied = apply_decisions(store, version, rejudge)

    assert (taken.new, taken.invalid) == (3, 1)
    assert applied.version is not None
    assert verify(store, applied.version) == []
    assert {text: (state, one["output"]) for text, (state, one) in records(store, applied.version).items()} == {
        "日程怎么共享": ("rewritten", "权限场景"),
        "帮我导出": ("rewritten", "下载场景"),
        "字体太小": ("review", "体反馈"),
    }
    assert applied.version.counts["types_after"] == {"下载场景": 1, "体反馈": 1, "权限场景": 1}


@pytest.mark.parametrize(
    ("pack", "path", "mix"),
    [("support_intents", SUPPORT, {"退款场景": 0.5, "其他": 0.5}), ("news", NEWS, {"财经": 0.5, "负面": 0.5})],
)
def test_records_from_templates_bring_labels_to_a_mix_and_can_be_made_again(
    tmp_path: Path, pack: str, path: Path, mix: dict[str, float]
) -> None:
    store, version = made(tmp_path, path, pack)
    loaded = load_packs([pack])
    grown = augment(store, version, loaded, mix, seed=3, size=60)

    assert verify(store, grown) == []
    after = grown.counts["labels_after"]
    assert abs(after[min(mix)] - after[max(mix)]) <= 1
    generated = [one for _, one in records(store, grown).values() if "generated" in one]
    assert len(generated) == 60
    assert all(remake(loaded, {"seen": []}, one) == write(one) for one in generated[:10])
    systems = {one["output"]: one.get("system", "") for one in generated}
    assert [name in text for name, text in sorted(systems.items())] == [pack == "news"] * 2


def test_a_profile_counts_labels_as_they_are_and_as_the_rules_would_leave_them() -> None:
    found = profile(SUPPORT, Rules(("support_intents",)), keep=Keep({"其他": 0.15}))

    assert found.labels
    assert found.forms == {"label": 238, "no label": 6}
    assert found.commands["label"]["导出"] >= 1
    assert "导出" not in found.counts["types_after"]
    assert found.counts["dropped_by_reason"]["surplus of 其他"] == 31


@pytest.mark.parametrize(("pack", "path", "column"), [("support_intents", SUPPORT, 1), ("news", NEWS, 2)])
def test_the_sample_data_has_the_defects_that_its_readme_counts(
    tmp_path: Path, pack: str, path: Path, column: int
) -> None:
    store, version = made(tmp_path, path, pack)
    asked, gone = version.counts["queue_by_reason"], version.counts["quarantined_by_reason"]
    hits = {rule: did["hits"] for rule, did in version.counts["by_rule"].items()}
    out = Counter(one["output"] for one in store.rows(version) if one["disposition"] in {"unchanged", "rewritten"})
    duplicates = [asked["conflicting duplicates"], asked["near duplicate"], version.counts["dropped"]]
    unreadable = ("empty", "more than one line", "output is not text", "output is missing")
    counted = {
        "another name": [hits["label.alias"], hits["label.spelling"]],
        "a label that is not": [asked["the label is not in the set"]],
        "labelled 其他": [asked.get("labelled as other though the words name an intent")],
        "rows in a conflict": duplicates,
        "rows labelled 其他": [out["其他"]],
        "`system` missing": [
            hits["system.complete"] or None,
            asked.get("no system, and several guidelines have the label"),
        ],
        "`system` of a guideline": [asked.get("the guideline in system does not have the label")],
        "a follow-up": [asked.get("a follow-up without the turns before it")],
        "`history` not": [
            gone.get("history is not a list of [question, answer] pairs"),
            gone.get("system is not text"),
        ],
        "output blank": [gone.get(reason, 0) for reason in unreadable],
        "blank instruction": [gone["instruction is blank"]],
    }
    page = (EXAMPLES / "README.md").read_text("utf-8").partition("## Labels")[2].partition("\n## ")[0]
    table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| ")]

    for cells, (what, numbers) in zip(table[1:], counted.items(), strict=True):
        assert cells[0].startswith(what)
        assert cells[column] == " / ".join(str(one) for one in numbers if one is not None), what
    assert f"{version.counts['rows_in']} " in page


def test_a_pack_of_labels_is_the_two_files_that_the_page_shows(tmp_path: Path) -> None:
    page = (EXAMPLES.parent / "docs/support-intents.md").read_text("utf-8")
    shown = dict(re.findall(r"^```yaml\n# (pack\.yaml|labels\.yaml)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    folder = tmp_path / "shop"
    folder.mkdir()
    for name, text in shown.items():
        (folder / name).write_text(text, "utf-8")

    rows = [row("包裹到哪了", "物流"), row("寄到了吗", "Ｓhipping。"), row("你好", "其他"), row("退货", "returns")]
    store, version = made(tmp_path, rows, str(folder))

    assert {said: (state, one["output"]) for said, (state, one) in records(store, version).items()} == {
        "包裹到哪了": ("rewritten", "delivery"),
        "寄到了吗": ("rewritten", "delivery"),
        "你好": ("unchanged", "其他"),
        "退货": ("review", "returns"),
    }
