"""Items: what a model is asked and what it should answer, from a version's split or from a suite."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.command import Json, Unreadable, parse_object, write
from curation.export.rows import chosen, type_of
from curation.export.shapes import messages
from curation.pack import installed_packs
from curation.problems import did_you_mean
from training.problems import TrainingError

if TYPE_CHECKING:
    from curation.manifest import Version
    from curation.store import Store

Message = dict[str, str]
"""`{"role": system | user | assistant, "content": text}`."""


class ItemError(TrainingError):
    """A suite cannot be used; the message names file, line, what was found and what to do."""


@dataclass(frozen=True)
class Item:
    """One question with its right answer."""

    id: str
    """A record's key, or the id that the suite gives it."""
    kind: str
    """What it is counted as: the type of the command in a version, what the suite says in a suite."""
    messages: tuple[Message, ...]
    """All that is said before the answer, the question last."""
    answer: str
    accept: tuple[str, ...] = ()
    """Other answers that are as right."""

    @property
    def question(self) -> str:
        """Return what the user said last."""
        return self.messages[-1]["content"]


def items_of_version(store: Store, version: Version, split: str) -> list[Item]:
    """Return the rows of one split, in order; rows that wait for a person are left out, as in an export.

    Raises `StoreError` where the version is not as it was published.
    """
    notation = store.notation(version)
    return [
        Item(row.key, type_of(row.output, version, notation), tuple(messages(row)["messages"][:-1]), row.output)
        for row in chosen(store, version).rows(split)
    ]


def suite_path(name: str) -> Path | None:
    """Return the file of a suite: a path that ends in .jsonl, or PACK/NAME of an installed pack; None for neither.

    Raises `ItemError` where the pack has no such suite.
    """
    if name.endswith(".jsonl"):
        return Path(name)
    pack, slash, stem = name.partition("/")
    if not slash or (folder := installed_packs().get(pack)) is None:
        return None
    path = folder / "suites" / f"{stem}.jsonl"
    if not path.is_file():
        there = sorted(file.stem for file in path.parent.glob("*.jsonl"))
        raise ItemError(f"the pack {pack} has no suite {stem!r}; {did_you_mean(stem, there, 'suites are')}")
    return path


def items_of_suite(path: Path) -> list[Item]:
    """Return the items of a suite: JSONL of `id`, `kind`, `instruction`, `output`, as wanted of training data.

    Besides, a line may have `input`, `system`, `history` (pairs of question and answer) and `accept` (a list of other
    right outputs). Outputs are objects, or text for a set of labels. Raises `ItemError`.
    """
    items: list[Item] = []
    seen: set[str] = set()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        at = error.object.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{error.object[error.start]:02x} is not UTF-8"
        raise ItemError(f"{path}:{at}: {found}; save the file as UTF-8") from None
    for number, line in enumerate(text.split("\n"), start=1):  # splitlines() parts at U+2028, too
        if not line.strip():
            continue
        try:
            content = parse_object(line)
        except Unreadable as error:
            raise ItemError(f"{path}:{number}: {error}; write one JSON object a line") from None
        item = _item(content, f"{path}:{number}")
        if item.id in seen:
            raise ItemError(f"{path}:{number}: the id {item.id!r} stands twice; give each line its own")
        seen.add(item.id)
        items.append(item)
    if not items:
        raise ItemError(f"{path}: no item; write one JSON object a line")
    return items


def digest_of(items: Iterable[Item]) -> str:
    """Return a digest over all that the items ask and answer, in their order."""
    lines = hashlib.sha256()
    for item in items:
        lines.update(write([item.id, item.kind, list(item.messages), item.answer, list(item.accept)]).encode() + b"\n")
    return lines.hexdigest()


def said(answer: Json) -> str:
    """Return an answer as a model is to write it: text as it is, anything else in the one spelling of outputs."""
    return answer if isinstance(answer, str) else write(answer)


_NEEDED = ("id", "kind", "instruction")
_KNOWN = (*_NEEDED, "output", "input", "system", "history", "accept")


def _item(content: dict[str, Any], place: str) -> Item:
    for name in _NEEDED:
        if not isinstance(content.get(name), str) or not content[name].strip():
            raise ItemError(f"{place}: {name} is {write(content.get(name))}; write text")
    for name in content:
        if name not in _KNOWN:
            raise ItemError(f"{place}: unknown field {name!r}; {did_you_mean(name, _KNOWN, 'fields are')}")
    if not isinstance(content.get("output"), dict | str):
        raise ItemError(f"{place}: output is {write(content.get('output'))}; write an object, or a label as text")
    for name in ("input", "system"):
        if not isinstance(content.get(name), str | None):
            raise ItemError(f"{place}: {name} is {write(content[name])}; write text, or leave it out")
    others, turns = content.get("accept", []), content.get("history") or []
    if not isinstance(others, list) or not all(isinstance(other, dict | str) for other in others):
        raise ItemError(f"{place}: accept is {write(others)}; write a list of outputs")
    if not isinstance(turns, list) or not all(_is_turn(turn) for turn in turns):
        raise ItemError(f"{place}: history is {write(turns)}; write a list of [question, answer]")
    told: list[Message] = []
    if content.get("system"):
        told.append({"role": "system", "content": content["system"]})
    for question, answer in turns:
        told += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    asked = "\n".join(part for part in (content["instruction"], content.get("input")) if part)
    told.append({"role": "user", "content": asked})
    return Item(
        content["id"], content["kind"], tuple(told), said(content["output"]), tuple(said(other) for other in others)
    )


def _is_turn(value: Any) -> bool:
    return isinstance(value, Sequence) and len(value) == 2 and all(isinstance(words, str) for words in value)
