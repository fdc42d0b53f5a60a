"""The pre-filter: rows that surely come out as they came, found in whole columns, without a Python object for each.

A row is one of them when its output is written as all outputs are, keeps the contract, and every rule that the facts
about the command leave needs words that the instruction does not have.
"""

from __future__ import annotations

import polars as pl

from curation.columns import squeezed
from curation.engine import Engine

_ALWAYS = 1  # the bit of what must be looked at whatever the words
_MOST = 62  # sets of words that are told apart; rules beyond are looked at always


def untouched(engine: Engine, rows: pl.DataFrame) -> pl.DataFrame:
    """Return `seq` and `type` (of the command) of the rows that no rule changes or queues; never one too many.

    `rows` has `seq`, `instruction`, `output` (text) and nothing that is quarantined before the rules run.
    """
    words, bits = _words(engine)
    asked = [(output, *_asks(engine, output, bits)) for output in rows["output"].unique()]
    known = pl.DataFrame(
        [one for one in asked if not one[1] & _ALWAYS],
        {"output": pl.String, "asks": pl.Int64, "type": pl.String},
        orient="row",
    )
    maybe = rows.select("seq", "instruction", "output").join(known, on="output", how="inner")
    if maybe.is_empty():
        return maybe.select("seq", "type")
    texts = squeezed(maybe["instruction"])
    has = pl.Series([0], dtype=pl.Int64).new_from_index(0, maybe.height)
    for bit, literals in words.items():
        has = has | (texts.str.contains_any(sorted(literals)).cast(pl.Int64) * bit)
    return maybe.filter((maybe["asks"] & has) == 0).select("seq", "type")


def _words(engine: Engine) -> tuple[dict[int, frozenset[str]], dict[str, int]]:
    """Return each set of words under a bit of its own, and for each rule the bit of its set."""
    sets: dict[frozenset[str], int] = {}
    bits: dict[str, int] = {}
    for rule in engine.pack.rules:
        literals = frozenset(word.replace(" ", "") for word in rule.literals or ())
        if "" in literals or not literals or (literals not in sets and len(sets) >= _MOST):
            bits[rule.id] = _ALWAYS
        else:
            bits[rule.id] = sets.setdefault(literals, 2 << len(sets))
    return {bit: literals for literals, bit in sets.items()}, bits


def _asks(engine: Engine, output: str, bits: dict[str, int]) -> tuple[int, str]:
    """Return the bits of all rules that an output leaves, and its type."""
    seen = engine.see(output)
    asks = 0 if seen.form == "canonical" else _ALWAYS
    for rules in seen.rules:
        for rule in rules:
            asks |= bits[rule.id]
    if not asks & _ALWAYS and engine.contract is not None and not engine.contract.keeps(seen.command or {}):
        asks |= _ALWAYS
    return asks, seen.type
