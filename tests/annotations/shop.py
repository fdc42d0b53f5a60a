"""A small shop: a pack whose rules build on each other, a data set, and people who answer questions about it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from annotations.decisions import Pulled, output_check, take_answers
from annotations.question import Answer, Question
from annotations.replay import Rejudge, rules_of
from curation.command import write
from curation.curate import curate
from curation.manifest import Version
from curation.store import Store
from curation.workers import Rules

PACK = Path(__file__).parent / "shop_pack"
ORDER = '{"kind": "order", "drink": "latte"}'


def row(instruction: str, output: str = ORDER) -> dict[str, str]:
    return {"instruction": instruction, "input": "", "output": output}


def orders(number: int) -> list[dict[str, str]]:
    """Return as many orders, of all sorts in turn."""
    said = ("来两杯拿铁", "三杯拿铁，半糖", "拿铁", "四杯摩卡，无糖", "99杯拿铁", "五杯拿铁")
    return [row(f"{place}号桌{said[place % len(said)]}") for place in range(number)]


def make_version(
    store: Store, folder: Path, rows: Sequence[dict[str, Any]], off: dict[str, str] | None = None, pack: Path = PACK
) -> Version:
    """Curate rows by the rules of the shop."""
    path = folder / "orders.jsonl"
    path.write_text("".join(write(one) + "\n" for one in rows), encoding="utf-8")
    return curate(store, path, Rules((str(pack),), off or {}))


def shop_rules(store: Store, version: Version, off: dict[str, str] | None = None) -> Rejudge | None:
    return rules_of(store, version, (str(PACK),), off or {})[1]


def answer(question: Question, verdict: str, who: str = "ann", at: int = 0, **other: Any) -> Answer:
    """Return what somebody submits, `at` seconds after the hour."""
    fields: dict[str, Any] = {
        "question_id": question.id,
        "annotator": who,
        "verdict": verdict,
        "corrected": None,
        "wrong": (),
        "comment": "",
        "answered_at": f"2026-01-02T03:{at // 60:02d}:{at % 60:02d}.000000Z",
        "key": question.key,
        "rule": question.rule,
        "rule_digest": question.rule_digest,
        "kind": question.kind,
        "version": "",
    }
    return Answer(**{**fields, **other})


def take(store: Store, answers: Iterable[Answer], version: Version | None = None) -> Pulled:
    """Keep answers as decisions, as if `version` had asked."""
    schema = json.loads((PACK / "schema/order.schema.json").read_text(encoding="utf-8"))
    given = [one if version is None else one._replace(version=version.id) for one in answers]
    return take_answers(store, given, check=output_check(schema), source="argilla:test")


def outputs(store: Store, version: Version | str | int) -> dict[str, Any]:
    """Return for each instruction the disposition and the output in a version."""
    rows = store.read(version, ("payload", "disposition"))
    return {
        (record := json.loads(payload))["instruction"]: (disposition, json.loads(record["output"]))
        for payload, disposition in rows.select("payload", "disposition").iter_rows()
    }
