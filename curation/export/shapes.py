"""One row in the shapes that trainers read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from curation.export.rows import Row


def alpaca(row: Row) -> dict[str, Any]:
    """Return `{"instruction", "input", "output"}`, with `system` and `history` where the row has them."""
    record: dict[str, Any] = {"instruction": row.instruction, "input": row.input, "output": row.output}
    if row.system is not None:
        record["system"] = row.system
    if row.history is not None:
        record["history"] = row.history
    return record


def messages(row: Row) -> dict[str, Any]:
    """Return `{"messages": [{"role", "content"}]}`: system, earlier turns, the question, the answer."""
    turns = [] if row.system is None else [_said("system", row.system)]
    for question, answer in row.history or ():
        turns += [_said("user", question), _said("assistant", answer)]
    return {"messages": [*turns, _said("user", asked(row)), _said("assistant", row.output)]}


def sharegpt(row: Row) -> dict[str, Any]:
    """Return `{"conversations": [{"from", "value"}]}`, with `system` where the row has it."""
    turns = []
    for question, answer in [*(row.history or ()), [asked(row), row.output]]:
        turns += [{"from": "human", "value": question}, {"from": "gpt", "value": answer}]
    return {"conversations": turns} if row.system is None else {"conversations": turns, "system": row.system}


def asked(row: Row) -> str:
    """Return instruction and input as the one question that trainers make of them."""
    return f"{row.instruction}\n{row.input}" if row.input else row.instruction


def _said(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


SHAPES: Mapping[str, Callable[[Row], dict[str, Any]]] = {
    "alpaca": alpaca,
    "messages": messages,
    "sharegpt": sharegpt,
    "llamafactory": alpaca,
    "swift": messages,
}
"""The shape of each format that is one file a split."""
