"""The questions of a version, the most valuable first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl

from annotations.question import KINDS, Proposal, Question
from curation.command import Unreadable, digest, parse_object, write
from curation.edits import apply_to_payload
from curation.rule import Rule
from curation.store import Store
from curation.text import converter
from curation.turns import instruction_in, output_in, turns_before
from curation.version import Version

_BATCH = 20_000
_KEY = re.compile(r"\b[0-9a-f]{24}-\d+\b")
_CANTONESE = re.compile("[嘅咗喺唔啲嚟冇佢哋嘢咁啦喇畀]")


def questions(
    store: Store, version: str | int | Version, rules: Iterable[Rule] = (), *, limit: int | None = None, seed: str = ""
) -> list[Question]:
    """Return what a version asks people: conflicts, declines and duplicates, then each rule's edits to look at.

    Every question stands once. Edits come rule by rule in turns, each rule's in an order drawn by `seed`: whatever part
    of them has been answered, from the front, is a fair sample of every rule. `limit` keeps the first so many.
    """
    asking = store.version(version)
    queue = store.queue(asking)
    known = {rule.id: rule for rule in rules}
    found = {question.id: question for question in reversed(list(_asked(store, asking, queue, known)))}
    return _ordered(found.values(), seed)[:limit]


def script_of(text: str) -> str:
    """Return the script a text is written in: `hant`, `hans`, `yue` for Cantonese, `same` where it shows in none."""
    if _CANTONESE.search(text):
        return "yue"
    simple, traditional = converter("t2s").convert(text), converter("s2t").convert(text)
    to_simple = sum(one != other for one, other in zip(text, simple, strict=False))
    to_traditional = sum(one != other for one, other in zip(text, traditional, strict=False))
    if to_simple == to_traditional:
        return "same"
    return "hant" if to_simple > to_traditional else "hans"


def _ordered(found: Iterable[Question], seed: str) -> list[Question]:
    """Return questions by kind; open cases by rule and reason, so that alike stand together; edits in turns by rule."""
    open_cases: list[Question] = []
    edits: dict[tuple[int, str], list[Question]] = {}
    for question in found:
        if question.after is None:
            open_cases.append(question)
        else:
            edits.setdefault((KINDS.index(question.kind), question.rule), []).append(question)
    open_cases.sort(key=lambda one: (KINDS.index(one.kind), one.rule, one.reason, one.seq, one.id))
    turns: list[tuple[int, int, str, Question]] = []
    for (kind, rule), asked in edits.items():
        asked.sort(key=lambda one: digest(f"{seed}\n{one.id}"))
        turns += [(kind, turn, rule, question) for turn, question in enumerate(asked)]
    turns.sort(key=lambda one: one[:3])
    return [*open_cases, *(question for *_, question in turns)]


def _asked(store: Store, version: Version, queue: pl.DataFrame, rules: Mapping[str, Rule]) -> Iterator[Question]:
    if queue.is_empty():
        return
    keys = queue.select("key").unique()
    edits = (
        store.edits(version)
        .join(keys, on="key", how="semi")
        .sort("key", "ord")
        .rows_by_key("key", named=True, include_key=True)
    )
    rows = queue.sort("key", "ord").rows_by_key("key", named=True, include_key=True)
    others = _others(store, version, queue)
    for batch in store.batches(version.parent or version.id, _BATCH, ("payload",), deleted=True):
        wanted = batch.join(keys, on="key", how="semi")
        for seq, key, payload in wanted.select("seq", "key", "payload").iter_rows():
            yield from _of_record(seq, payload, rows[key], edits.get(key, []), version, rules, others)


def _of_record(
    seq: int,
    payload: str,
    rows: list[dict[str, Any]],
    edits: list[dict[str, Any]],
    version: Version,
    rules: Mapping[str, Rule],
    others: Mapping[str, Proposal],
) -> Iterator[Question]:
    """Yield the questions about one record, which stood in the parent with this payload."""
    states = [payload]
    for edit in edits:
        states.append(apply_to_payload(states[-1], edit["target"], edit["patch"], version.order))
    instruction, beside = instruction_of(payload), tuple(_beside(payload))
    for row in rows:
        place = next((i for i, edit in enumerate(edits) if _is_about(row, edit)), None)
        about = None if place is None else edits[place]
        rule = rules.get(row["rule"] or "")
        counts = version.counts.get("by_rule", {}).get(row["rule"] or "", {})
        claimed = rule.confidence if rule else counts.get("confidence")
        span = None if about is None or about["span_start"] is None else (about["span_start"], about["span_end"])
        yield Question(
            key=row["key"],
            rule=row["rule"] or "",
            rule_digest=row["rule_digest"] or "",
            phase=about["phase"] if about else rule.phase if rule else counts.get("phase", ""),
            kind=row["kind"],
            reason=row["reason"],
            found=row["found"] or "",
            confidence=claimed if about is None or about["confidence"] is None else about["confidence"],
            instruction=instruction,
            evidence=span,
            before=output_of(states[-1] if place is None else states[place]),
            after=None if place is None else output_of(states[place + 1]),
            proposals=(*_proposals(row["proposals"]), *(others[one] for one in _compared(row) if one in others)),
            seq=seq,
            summary=rule.summary if rule else counts.get("summary", ""),
            why=rule.why if rule else "",
            note=(about and about["note"]) or "",
            beside=beside,
        )


def _others(store: Store, version: Version, queue: pl.DataFrame) -> dict[str, Proposal]:
    """Return by key what stands in the records that others are duplicates of, as what else could be right."""
    keys = {key for row in queue.iter_rows(named=True) for key in _compared(row)}
    wanted = pl.DataFrame({"key": sorted(keys)}, {"key": pl.String})
    found: dict[str, Proposal] = {}
    for batch in store.batches(version, _BATCH, ("payload",)) if keys else ():
        rows = batch.join(wanted, on="key", how="semi", maintain_order="left")
        for seq, key, payload in rows.select("seq", "key", "payload").iter_rows():
            found[key] = Proposal(f"row {seq}: {instruction_of(payload)}", output_of(payload) or "")
    return found


def _compared(row: Mapping[str, Any]) -> list[str]:
    """Return the keys of the records that a queue row says to compare with."""
    return _KEY.findall(row["found"] or "") if row["kind"] == "duplicate" else []


def _is_about(row: Mapping[str, Any], edit: Mapping[str, Any]) -> bool:
    """Tell whether a queue row asks about this edit; declines, conflicts and duplicates ask about none."""
    return row["kind"] in ("sample", "all") and row["rule"] == edit["rule"] and edit["kind"] == "rule"


def instruction_of(payload: str) -> str:
    """Return a record's instruction as text; what is no record is shown whole."""
    try:
        spoken = instruction_in(parse_object(payload))
    except Unreadable:
        return payload
    return spoken if isinstance(spoken, str) else "" if spoken is None else write(spoken)


def _beside(payload: str) -> Iterator[tuple[str, str]]:
    """Yield what was said beside the instruction, and by whom."""
    try:
        record = parse_object(payload)
    except Unreadable:
        return
    for question, answer in turns_before(record):
        yield "user", question
        yield "assistant", answer
    if isinstance(record.get("input"), str) and record["input"]:
        yield "input", record["input"]


def output_of(payload: str) -> str | None:
    """Return a record's output as text; None where it has none."""
    try:
        output = output_in(parse_object(payload))
    except Unreadable:
        return None
    return output if output is None or isinstance(output, str) else write(output)


def _proposals(text: str | None) -> tuple[Proposal, ...]:
    found = parse_object(f'{{"all": {text}}}')["all"] if text else []
    return tuple(
        Proposal(str(one.get("rule", "")), one["output"] if isinstance(one["output"], str) else write(one["output"]))
        for one in found
    )
