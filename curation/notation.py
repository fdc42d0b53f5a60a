"""How the outputs of a pack are written, and what its rules see of a record.

Most packs' outputs are commands: the text of one JSON object. A pack may say `output: label` instead: an output is then
plain text, one label. Its rules see an object all the same, `{"label": …}`, with those fields of the record beside it
that the pack names; so facts, examples, contracts and rewriters are what they are elsewhere. What they make of it is
written back as the label and the fields, and the edit is a patch to the record.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from curation.command import Unreadable, parse_object, write
from curation.edits import Order, make_patch
from curation.record import FIELD_PROBLEMS, group_text
from curation.text import fold
from curation.turns import output_in, output_pointer

if TYPE_CHECKING:
    from curation.judgement import Judgement
    from curation.manifest import Ruleset

LABEL = "label"
"""The member under which rules see a label."""


@dataclass(frozen=True)
class Notation:
    """How outputs are written: as JSON objects, or as labels."""

    label: bool = False
    fields: tuple[str, ...] = ()
    """Of a record with a label, the other fields that rules see: `system`, `history`."""

    @property
    def order(self) -> Order | None:
        """Return the key order of what rules see; None where the packs say it themselves."""
        return {"": (LABEL, *self.fields)} if self.label else None

    def read(self, text: str) -> dict[str, Any]:
        """Return the command that an output is, of a label `{"label": text}`; raises `Unreadable`.

        A label is one line that is not blank. White space around it stays: to take it away is a rule's to do.
        """
        if not self.label:
            return parse_object(text)
        if not text.strip():
            raise Unreadable("empty")
        if len(lines := text.strip().splitlines()) > 1:
            raise Unreadable("more than one line", f"{len(lines)} lines")
        return {LABEL: text}

    def seen(self, record: Mapping[str, Any]) -> Any:
        """Return what the engine is given as a record's output: the output itself, or the text of what rules see.

        Raises `Unreadable` for a record with a label that is none, or with a field that is not what it should be.
        """
        if not self.label:
            return output_in(record)
        output = record.get("output")
        if not isinstance(output, str):
            raise Unreadable("output is not text")
        view = self.read(output)
        for name in self.fields:
            if record.get(name) is None:
                continue
            if (problem := FIELD_PROBLEMS[name](record[name])) is not None:
                raise Unreadable(*problem)
            view[name] = record[name]
        return write(view)

    def rows(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return a batch as `read_raw` yields it, with what the engine is given as `output`."""
        if not self.label:
            return batch
        columns = ("payload", "output", "output_kind", "problem", "found")
        rows = [self._row(*row) for row in batch.select(columns).iter_rows()]
        named = zip(columns[1:], zip(*rows, strict=True) if rows else ((),) * 4, strict=True)
        return batch.with_columns(pl.Series(name, values, dtype=pl.String) for name, values in named)

    def _row(
        self, payload: str, output: str | None, kind: str, problem: str | None, found: str
    ) -> tuple[str | None, str, str | None, str]:
        if problem is not None:
            return output, kind, problem, found
        try:
            return self.seen(json.loads(payload)), "text", None, ""
        except Unreadable as error:
            return output, kind, error.reason, error.found

    def says(self, said: str, seen: str) -> tuple[str, str]:
        """Return what a record's instruction stands in, and what it is answered with, of its input and final output.

        The fields that rules see are part of what it stands in, near-equal ones alike: 那第二个呢 after another turn is
        another question.
        """
        if not self.label:
            return said, seen
        view = json.loads(seen)
        answer = view.pop(LABEL)
        beside = {name: bare for name, value in view.items() if (bare := _bare(value))}
        return (write([said, beside]) if beside else said), answer

    def told(self, record: Mapping[str, Any], judged: Judgement) -> Judgement:
        """Return a judgement of what rules see in terms of the record: labels, fields, and where the output stands."""
        if not self.label:
            pointer = output_pointer(record)
            return judged._replace(changes=tuple(change.at(pointer) for change in judged.changes))
        changes = []
        before = dict(record)
        for change in judged.changes:
            view = json.loads(change.output)
            output = view.pop(LABEL)
            after = {**before, "output": output, **view}
            if missing := [name for name in self.fields if before.get(name) is not None and name not in view]:
                raise ValueError(f"{change.rule.id} took the field {missing[0]!r} away; a rule may only change it")
            if unseen := sorted(view.keys() - set(self.fields)):
                raise ValueError(f"{change.rule.id} writes {unseen[0]!r}, which is none of the fields that rules see")
            patches = make_patch(before, after)
            changes.append(
                change._replace(
                    target="record", patch=patches.patch, inverse=patches.inverse, output=output, beside=view
                )
            )
            before = after
        doubts = tuple(
            doubt._replace(proposals=tuple((rule, json.loads(seen)[LABEL]) for rule, seen in doubt.proposals))
            for doubt in judged.doubts
        )
        return judged._replace(changes=tuple(changes), doubts=doubts)


def _bare(value: Any) -> Any:
    """Return a value whose texts are what near-equal texts share."""
    return group_text(fold(value).text) if isinstance(value, str) else [_bare(member) for member in value]


OBJECTS = Notation()
"""Outputs are JSON objects: what holds unless a pack says otherwise."""


def notation_of(ruleset: Ruleset | None) -> Notation:
    """Return how outputs are written in a version that these rules made."""
    try:
        pack = parse_object("{}" if ruleset is None else ruleset.text).get("pack")
        packs = parse_object(pack)["packs"] if isinstance(pack, str) else []
    except Unreadable:  # rules that no pack was loaded for
        packs = []
    return together(folder["files"]["pack.yaml"] for folder in packs)


def together(packs: Iterable[Mapping[str, Any]]) -> Notation:
    """Return how outputs are written where these packs (the contents of their pack.yaml) are one."""
    said = [content for content in packs if content.get("output") == LABEL]
    named = {name for content in said for name in content.get("fields", ())}
    return Notation(bool(said), tuple(name for name in FIELD_PROBLEMS if name in named))
