"""What changed between two outputs, part by part, and which words of an instruction a change rests on.

Two JSON objects are compared as they are laid out: one member a line, each line knowing its JSON pointer. A member that
reads the same but stands elsewhere is `moved`, so wrapping a command does not mark all of it as new.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from rapidfuzz.distance import Indel

from curation.command import Unreadable, parse_object, write

LINE_LIMIT = 2_000
"""Characters of one line that are shown and compared."""
LINES_LIMIT = 400
"""Lines of one output that are shown and compared: more is no longer read, and comparing costs their product."""
CONTEXT = 3
"""Unchanged lines kept around a change when a long output is folded."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.){0,60}"|[A-Za-z0-9_.+\-]+|\s+|.', re.DOTALL)
_KEY = re.compile(r'"(?:[^"\\]|\\.)*"(?=: )')

Kind = Literal["same", "moved", "changed", "removed", "added", "skipped"]


class Line(NamedTuple):
    """One line of an output as laid out."""

    pointer: str
    depth: int
    text: str


class Piece(NamedTuple):
    """A stretch of text, and whether it is marked."""

    text: str
    marked: bool


class Cell(NamedTuple):
    """One line on one side of a comparison."""

    depth: int
    pieces: tuple[Piece, ...]


class Pair(NamedTuple):
    """Two lines side by side; `skipped` counts the equal lines left out in its place."""

    kind: Kind
    before: Cell | None
    after: Cell | None
    skipped: int = 0


def object_of(text: str) -> dict[str, Any] | None:
    """Return the JSON object in `text` where it can be laid out without hiding anything, else None."""
    try:
        return parse_object(text)
    except Unreadable:
        return None


def lay_out(value: object, pointer: str = "", depth: int = 0, lead: str = "", tail: str = "") -> Iterator[Line]:
    """Yield a JSON value one member a line, with the pointer (RFC 6901) and depth of each."""
    if isinstance(value, dict) and value:
        members = [
            (f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", f"{write(key)}: ", member)
            for key, member in value.items()
        ]
        opening, closing = "{", "}"
    elif isinstance(value, list) and value:
        members = [(f"{pointer}/{position}", "", member) for position, member in enumerate(value)]
        opening, closing = "[", "]"
    else:
        yield Line(pointer, depth, f"{lead}{write(value)}{tail}")
        return
    yield Line(pointer, depth, lead + opening)
    for position, (at, name, member) in enumerate(members):
        yield from lay_out(member, at, depth + 1, name, "," if position + 1 < len(members) else "")
    yield Line(pointer, depth, closing + tail)


def _lines(text: str, laid_out: bool) -> list[Line]:
    value = object_of(text) if laid_out else None
    lines = _raw_lines(text) if value is None else list(lay_out(value))
    kept = [line._replace(text=_cut(line.text)) for line in lines[:LINES_LIMIT]]
    if len(lines) > LINES_LIMIT:
        kept.append(Line("", 0, f"… {len(lines) - LINES_LIMIT:,} more lines, {len(text):,} characters in all"))
    return kept


def _raw_lines(text: str) -> list[Line]:
    return [Line("", 0, line) for line in text.split("\n")]


def _cut(text: str) -> str:
    return text if len(text) <= LINE_LIMIT else f"{text[:LINE_LIMIT]}… ({len(text):,} characters)"


def show(text: str) -> list[Pair]:
    """Return one output laid out, with nothing marked."""
    return [Pair("same", None, _plain(line)) for line in _lines(text, laid_out=True)]


def compare(before: str, after: str) -> list[Pair]:
    """Return two outputs side by side with the parts marked that differ.

    Outputs that lay out alike though their text differs (spacing, escapes, a code fence) are compared as raw text, so
    that a change is never invisible. Texts beyond the limits are compared as far as they are shown.
    """
    if before == after:
        return _fold([Pair("same", _plain(line), _plain(line)) for line in _lines(after, laid_out=True)])
    both = object_of(before) is not None and object_of(after) is not None
    old, new = _lines(before, both), _lines(after, both)
    if both and old == new:
        old, new = _lines(before, laid_out=False), _lines(after, laid_out=False)
    pairs = list(_pairs(old, new))
    if all(pair.kind == "same" for pair in pairs):
        beyond = Cell(0, (Piece("… they differ beyond what is shown", True),))
        pairs.append(Pair("changed", beyond, beyond))
    return _fold(pairs)


def _pairs(old: Sequence[Line], new: Sequence[Line]) -> Iterator[Pair]:
    removed: list[Line] = []
    added: list[Line] = []
    opcodes = Indel.opcodes([_essence(line) for line in old], [_essence(line) for line in new])
    for step in opcodes:
        if step.tag == "delete":
            removed += old[step.src_start : step.src_end]
        elif step.tag == "insert":
            added += new[step.dest_start : step.dest_end]
        else:
            yield from _block(removed, added)
            removed, added = [], []
            for left, right in zip(
                old[step.src_start : step.src_end], new[step.dest_start : step.dest_end], strict=True
            ):
                yield Pair("same" if left.pointer == right.pointer else "moved", _plain(left), _plain(right))
    yield from _block(removed, added)


def _essence(line: Line) -> str:
    return line.text.removesuffix(",")


def _block(removed: Sequence[Line], added: Sequence[Line]) -> Iterator[Pair]:
    """Pair what went with what came: members of the same name first, the rest side by side in order."""
    start = 0
    waiting: list[Line] = []
    for left in removed:
        partner = next((n for n in range(start, len(added)) if _alike(left, added[n])), None)
        if partner is None:
            waiting.append(left)
            continue
        yield from _apart(waiting, added[start:partner])
        yield _changed(left, added[partner])
        waiting, start = [], partner + 1
    yield from _apart(waiting, added[start:])


def _alike(left: Line, right: Line) -> bool:
    old, new = _KEY.match(left.text), _KEY.match(right.text)
    if old or new:
        return bool(old and new and old[0] == new[0])
    return Indel.normalized_similarity(left.text, right.text) >= 0.5


def _apart(removed: Sequence[Line], added: Sequence[Line]) -> Iterator[Pair]:
    for n in range(max(len(removed), len(added))):
        left = _whole(removed[n]) if n < len(removed) else None
        right = _whole(added[n]) if n < len(added) else None
        yield Pair("changed" if left and right else "removed" if left else "added", left, right)


def _changed(left: Line, right: Line) -> Pair:
    old, new = _TOKEN.findall(left.text), _TOKEN.findall(right.text)
    before: list[Piece] = []
    after: list[Piece] = []
    for step in Indel.opcodes(old, new):
        if step.src_end > step.src_start:
            before.append(Piece("".join(old[step.src_start : step.src_end]), step.tag != "equal"))
        if step.dest_end > step.dest_start:
            after.append(Piece("".join(new[step.dest_start : step.dest_end]), step.tag != "equal"))
    return Pair("changed", Cell(left.depth, tuple(before)), Cell(right.depth, tuple(after)))


def _plain(line: Line) -> Cell:
    return Cell(line.depth, (Piece(line.text, False),))


def _whole(line: Line) -> Cell:
    return Cell(line.depth, (Piece(line.text, True),))


def _fold(pairs: list[Pair]) -> list[Pair]:
    """Leave out long stretches of equal lines, as many as are told in their place."""
    if len(pairs) <= 40:
        return pairs
    near = {
        close
        for position, pair in enumerate(pairs)
        if pair.kind != "same"
        for close in range(position - CONTEXT, position + CONTEXT + 1)
    } or set(range(CONTEXT))
    folded: list[Pair] = []
    for position, pair in enumerate(pairs):
        if position in near:
            folded.append(pair)
        elif folded and folded[-1].kind == "skipped":
            folded[-1] = folded[-1]._replace(skipped=folded[-1].skipped + 1)
        else:
            folded.append(Pair("skipped", None, None, 1))
    return folded


def mark(text: str, spans: Iterable[tuple[int, int]]) -> list[Piece]:
    """Return `text` with the characters of `spans` marked; spans may overlap, what lies outside the text is ignored."""
    pieces: list[Piece] = []
    at = 0
    for start, end in sorted(spans):
        start, end = max(start, at), min(end, len(text))
        if start >= end:
            continue
        if at < start:
            pieces.append(Piece(text[at:start], False))
        if pieces and pieces[-1].marked and at == start:
            pieces[-1] = Piece(pieces[-1].text + text[start:end], True)
        else:
            pieces.append(Piece(text[start:end], True))
        at = end
    if at < len(text):
        pieces.append(Piece(text[at:], False))
    return pieces


def operations(patch: str) -> list[str]:
    """Return the operations of an RFC 6902 patch as `replace /function`, without its tests."""
    steps = [step for step in json.loads(patch) if step["op"] != "test"]
    return [
        f"{step['op']} {step['from'] + ' → ' if 'from' in step else ''}{step['path'] or 'the whole'}" for step in steps
    ]
