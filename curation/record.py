"""Records: what a row of a raw data set becomes when it is read, its key, and the text that near-equal rows share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from curation.columns import digests
from curation.command import Keys, Unreadable, parse_object, write
from curation.turns import ALIASES, Conversation, conversation_in, earlier_in, instruction_in, is_history

__all__ = [
    "ALIASES",
    "SCHEMA",
    "Row",
    "add_keys",
    "batch_of",
    "batch_of_texts",
    "group_text",
    "instruction_in",
    "row_of",
    "unreadable_row",
]

SCHEMA = pl.Schema(
    {
        "payload": pl.String,
        "instruction": pl.String,
        "input": pl.String,
        "output": pl.String,
        "output_kind": pl.String,
        "problem": pl.String,
        "found": pl.String,
        "line": pl.Int64,
        "earlier": pl.String,
    }
)
"""The columns of a batch, after `seq`. `problem` is the reason to quarantine the row (null: none), `found` what was
found in this one ("" where the reason says all). `line` counts from 1 in the row's file; null where it has no lines.
`earlier` is what was said before the instruction, as `turns.earlier_in` says it; null where nothing was."""


class Row(NamedTuple):
    """One row as it was read, in the columns of `SCHEMA`."""

    payload: str
    instruction: str | None = None
    input: str = ""
    output: str | None = None
    output_kind: str = "missing"
    problem: str | None = None
    found: str = ""
    line: int | None = None
    earlier: str | None = None


def row_of(record: Mapping[str, Any], line: int | None = None) -> Row:
    """Return the row of a record, with what is wrong with it; of several problems the first field's.

    Raises `ValueError` where a number in it is NaN or infinite.
    """
    turns = conversation_in(record)
    instruction, spoken, found = _instruction(record, turns)
    given = record.get("input")
    output = record.get("output") if turns is None else turns.output
    kind = "missing" if output is None else _KINDS.get(type(output), "other")
    problem = spoken
    if problem is None and given is not None and not isinstance(given, str):
        problem = "input is not text"
    if problem is None and kind in _OUTPUT_PROBLEMS:
        problem = _OUTPUT_PROBLEMS[kind]
    if problem is None:
        problem, found = next(
            (wrong for name, check in FIELD_PROBLEMS.items() if record.get(name) and (wrong := check(record[name]))),
            (None, found),
        )
    return Row(
        write(record),
        instruction,
        given if isinstance(given, str) else "",
        output if kind == "text" else None,
        kind,
        problem,
        found,
        line,
        earlier_in(record, turns),
    )


_KINDS: Mapping[type, str] = {str: "text", dict: "object"}
_OUTPUT_PROBLEMS: Mapping[str, str] = {"missing": "output is missing", "other": "output is neither text nor an object"}


def _system_problem(value: Any) -> tuple[str, str] | None:
    return None if isinstance(value, str) else ("system is not text", type(value).__name__)


def _history_problem(value: Any) -> tuple[str, str] | None:
    if is_history(value):
        return None
    reason = "history is not a list of [question, answer] pairs"
    if not isinstance(value, list):
        return reason, "no list"
    return reason, f"turn {next(place for place, turn in enumerate(value, 1) if not is_history([turn]))}"


FIELD_PROBLEMS: Mapping[str, Callable[[Any], tuple[str, str] | None]] = {
    "system": _system_problem,
    "history": _history_problem,
}
"""Of each optional field that trainers know: a value to what is wrong with it and where, None where nothing is."""


def _instruction(record: Mapping[str, Any], turns: Conversation | None) -> tuple[str | None, str | None, str]:
    """Return the instruction, what is wrong with it, and what was found; a blank one is both there and wrong."""
    if turns is not None and turns.problem is not None:
        return None, turns.problem, turns.found
    if turns is not None:
        return turns.instruction, None if (turns.instruction or "").strip() else "instruction is blank", ""
    names = [name for name in ("instruction", *ALIASES) if record.get(name) is not None]
    if not names:
        return None, "instruction is missing", ""
    if len(names) > 1:
        return None, "both instruct and instruction are present", ""
    text = record[names[0]]
    if not isinstance(text, str):
        return None, "instruction is not text", ""
    return text, None if text.strip() else "instruction is blank", ""


def unreadable_row(raw: str, reason: str, found: str = "", line: int | None = None) -> Row:
    """Return the row of a text that is no record; its payload is the text as a JSON string, so nothing is lost."""
    return Row(write(raw), problem=f"unreadable record: {reason}", found=found, line=line)


def batch_of(rows: Iterable[Row]) -> pl.DataFrame:
    """Return rows as a batch with the columns of `SCHEMA`."""
    columns = list(zip(*rows, strict=True)) or [()] * len(SCHEMA)
    return pl.DataFrame(dict(zip(SCHEMA, columns, strict=True)), schema=SCHEMA)


# A record of the three Alpaca fields as text needs no Python object: written as `write` writes it, it is its own
# payload, and with other white space between the tokens it becomes so. `\u` and `\/` are left to the slow path, since
# `write` would spell them otherwise.
_NAMES = ("instruction", "input", "output")
_FIELDS = pl.Struct(dict.fromkeys(_NAMES, pl.String))
_TEXT = r'"(?:[^"\\\x00-\x1f]|\\["\\bfnrt])*"'
_SPACE = r"[ \t\r\n]*"
_WRITTEN = r"^\{" + ", ".join(f'"{name}": {_TEXT}' for name in _NAMES) + r"\}$"
_SPACED = (
    rf"^{_SPACE}\{{{_SPACE}"
    + f"{_SPACE},{_SPACE}".join(f'"{name}"{_SPACE}:{_SPACE}{_TEXT}' for name in _NAMES)
    + rf"{_SPACE}\}}{_SPACE}$"
)
# Each matches once, between two values: inside a JSON text every quotation mark has a backslash before it.
_RESPACED = {
    rf'^{_SPACE}\{{{_SPACE}"instruction"{_SPACE}:{_SPACE}"': '{"instruction": "',
    rf'"{_SPACE},{_SPACE}"input"{_SPACE}:{_SPACE}"': '", "input": "',
    rf'"{_SPACE},{_SPACE}"output"{_SPACE}:{_SPACE}"': '", "output": "',
    rf'"{_SPACE}\}}{_SPACE}$': '"}',
}


def batch_of_texts(texts: Sequence[str] | pl.Series, first_line: int | None = None) -> pl.DataFrame:
    """Return the batch of records given as JSON texts, one each.

    With `first_line` the texts are successive lines of a file, and blank ones are skipped.
    """
    raw, at = pl.col("raw"), pl.int_range(pl.len())
    # Lazy, since each step that is carried out by itself costs as much as a hundred rows.
    steps = pl.Series("raw", texts, dtype=pl.String).to_frame().lazy()
    if first_line is None:
        steps = steps.with_columns(line=pl.lit(None, pl.Int64), blank=pl.lit(value=False))
    else:
        steps = steps.with_columns(raw.str.strip_suffix("\r"), line=at + first_line)
        steps = steps.with_columns(blank=raw.str.strip_chars() == "")
    frame = steps.with_columns(at=at, written=raw.str.contains(_WRITTEN)).collect()
    if frame["written"].all():
        made = _columnar(frame)
    else:
        rest = frame.lazy().filter(~pl.col("written") & ~pl.col("blank"))
        other = rest.with_columns(spaced=raw.str.contains(_SPACED)).collect()
        parts = [_columnar(frame.filter("written"))]
        if other["spaced"].any():
            respaced = raw
            for found, written in _RESPACED.items():
                respaced = respaced.str.replace(found, written)
            parts.append(_columnar(other.filter("spaced").with_columns(respaced)))
        if not other["spaced"].all():
            slow = other.filter(~pl.col("spaced"))
            rows = batch_of(_parsed(text, line) for text, line in slow.select("raw", "line").iter_rows())
            parts.append(rows.insert_column(rows.width, slow["at"]))
        made = pl.concat(parts).sort("at")
    made.drop_in_place("at")
    return made


def _columnar(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows whose text is their payload."""
    blank = pl.col("instruction").str.strip_chars() == ""
    return (
        frame.lazy()
        .with_columns(pl.col("raw").str.json_decode(_FIELDS).alias("fields"))
        .unnest("fields")
        .with_columns(
            payload="raw",
            output_kind=pl.lit("text"),
            problem=pl.when(blank).then(pl.lit("instruction is blank")),
            found=pl.lit(""),
            earlier=pl.lit(None, pl.String),
        )
        .select(*SCHEMA, "at")
        .collect()
    )


def _parsed(raw: str, line: int | None) -> Row:
    """Return the row of any text."""
    try:
        return row_of(parse_object(raw), line)
    except Unreadable as error:
        return unreadable_row(raw, error.reason, error.found, line)


def add_keys(batch: pl.DataFrame, keys: Keys) -> pl.DataFrame:
    """Return the batch with `digest` (of the payload) and `key`; one `keys` serves all batches of a data set, in order.

    `keys` remembers 12 bytes for each payload, about 100 bytes of memory.
    """
    batch = batch.with_columns(digests("payload").alias("digest"))
    return batch.with_columns(pl.Series("key", list(map(keys.next, batch["digest"])), dtype=pl.String))


_MARKS = re.compile(r"[\W_]+")


def group_text(folded: str) -> str:
    """Return what is left of a folded instruction without its clause punctuation and spaces.

    Two instructions with the same text here, and the same input, are near-equal. What could change a number stays:
    anything between two digits (1.5, 10:30, 1-2), a sign before one (-5 is not 5), a per cent sign after one; so do
    symbols (<, +, °). Stripping what is stripped changes nothing.
    """
    return _MARKS.sub(_kept, folded)


def _kept(match: re.Match[str]) -> str:
    """Return what stays of a run of marks."""
    run, start, end = match[0], match.start(), match.end()
    digit_before = match.string[start - 1 : start].isdecimal()
    digit_after = match.string[end : end + 1].isdecimal()
    if digit_before and digit_after:
        return run
    percent = run[:1] if digit_before and run[0] == "%" else ""
    sign = run[-1:] if digit_after and run[-1] in "-." else ""
    between = run[len(percent) : len(run) - len(sign)]
    return percent + "".join(mark for mark in between if not _parts_clauses(mark)) + sign


def _parts_clauses(mark: str) -> bool:
    """Tell whether a mark is punctuation or a space; a tilde at the end of a sentence is one, too."""
    return mark in "~^`" or mark.isspace() or unicodedata.category(mark)[0] in "PZ"
