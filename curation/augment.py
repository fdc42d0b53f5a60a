"""Additional records from templates, as a version of their own: seeded, labelled, and judged by the pack's own rules.

Every record is made from its own seed, which stands in it; the same template, seed and catalogue make the same bytes
again. A record is only taken where the rules leave it unchanged, where it is in the class that its template claims, and
where no row that ever came in says the same: so nothing of an evaluation split can come back as training data.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version as installed
from random import Random
from typing import Any, NamedTuple

import polars as pl

from curation.command import Unreadable, digest, parse_object, write
from curation.curate import LIBRARIES
from curation.draft import StoreError
from curation.edits import Edit, make_patch
from curation.engine import Engine
from curation.manifest import Ruleset, Version
from curation.mix import balanced
from curation.pack import Pack
from curation.problems import did_you_mean
from curation.rewriting import Decline
from curation.rule_file import canonical
from curation.splits import groups_of
from curation.store import Store
from curation.tables import frame
from curation.templates import Template, Unfolded, load_templates
from curation.turns import instruction_in

TRAIN = "train"
_IDLE = 200  # candidates of a template refused in a row, after which it has no more to say


class AugmentError(StoreError):
    """The records that were asked for cannot be made; the message says which and why. Nothing was published."""


class Generated(NamedTuple):
    """One record made from a template, before it is a row."""

    template: Template
    seed: str
    payload: str
    label: str
    group: str


@dataclass
class _Known:
    """What the version holds already."""

    labels: Counter[str] = field(default_factory=Counter)
    """Rows for training that are released, by class."""
    groups: set[str] = field(default_factory=set)
    """Of every row that ever came in, gone ones too."""
    seen: set[str] = field(default_factory=set)
    last: int = -1


def augment(
    store: Store,
    ref: str | int | Version,
    pack: Pack,
    mix: Mapping[str, float],
    seed: int,
    size: int,
    *,
    catalogue: Mapping[str, Any] | None = None,
    tag: str | None = None,
) -> Version:
    """Publish a version with `size` more records, which bring the classes of its training rows towards `mix`.

    `mix` gives each class its share (together 1). The devices are those of `catalogue`, else those the version was
    curated with. The same version, pack, mix, seed and size give the same version anywhere. Raises `AugmentError`
    where a class has no template or its templates have no more to say, `RuleErrors` for templates that are wrong.
    """
    parent = store.version(ref)
    templates = load_templates(pack)
    if pack.label is None:
        raise AugmentError(f"the pack {pack.id} has no classes; a mix needs its Python to have a function 'label'")
    _check(mix, templates, size)
    known = _survey(store, parent, pack)
    devices = dict(catalogue) if catalogue is not None else _catalogue(store, parent)
    if "seen" not in devices:
        devices["seen"] = sorted(known.seen)
    engine = Engine(pack, pack.open_context(devices))
    wanted = balanced({label: known.labels[label] for label in mix}, mix, size)
    refused: Counter[tuple[str, str]] = Counter()
    made = [
        record
        for label in sorted(wanted)
        for record in _records(engine, templates, label, wanted[label], seed, known.groups, refused)
    ]
    asked = {"mix": dict(sorted(mix.items())), "seed": seed, "size": size}
    used = {template.id: template.digest for template in templates}
    text = canonical({"pack": pack.text, "catalogue": devices, "templates": used, "augment": asked})
    ruleset = Ruleset(pack.id, text, pack.order, {name: installed(name) for name in LIBRARIES})
    message = f"{size} records added to version {parent.number}"
    with store.publish(parent, kind="augmented", ruleset=ruleset, source=parent.source, message=message) as draft:
        records, edits = _rows(made, known.last + 1)
        draft.add(records=records, edits=edits)
        return draft.commit(_counts(made, known, refused, asked), tag)


def remake(pack: Pack, catalogue: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    """Return the payload that a generated record's own template and seed make; raises `AugmentError`."""
    made = record["generated"]
    template = next((one for one in load_templates(pack) if one.id == made["template"]), None)
    if template is None:
        raise AugmentError(f"there is no template {made['template']!r}")
    found = judged_candidate(Engine(pack, pack.open_context(catalogue)), template, made["seed"])
    if isinstance(found, str):
        raise AugmentError(f"{template.id} refuses the seed {made['seed']}: {found}")
    return found.payload


def _check(mix: Mapping[str, float], templates: tuple[Template, ...], size: int) -> None:
    labels = sorted({template.label for template in templates})
    if size < 1:
        raise AugmentError(f"{size} records: ask for at least one")
    if not mix or any(not 0 <= share <= 1 for share in mix.values()) or abs(sum(mix.values()) - 1) > 1e-6:
        raise AugmentError(f"the shares of the mix are {dict(mix)}; write shares from 0 to 1 that make 1 together")
    for label in sorted(mix.keys() - labels):
        raise AugmentError(f"no template makes the class {label!r}; {did_you_mean(label, labels, 'templates make')}")


def _survey(store: Store, version: Version, pack: Pack) -> _Known:
    """Read through the version and the data set it comes from, once each."""
    known = _Known()
    for rows in store.batches(store.lineage(version)[0], columns=("payload",)):
        known.groups |= _groups(rows["payload"])
    for rows in store.batches(version, columns=("disposition", "payload", "split")):
        known.groups |= _groups(rows["payload"])
        released = rows.filter(
            pl.col("disposition").is_in(["unchanged", "rewritten"]), pl.col("split").fill_null(TRAIN) == TRAIN
        )
        for command in _commands(released["payload"], pack):
            known.labels[pack.label(command)] += 1  # type: ignore[misc]
        if pack.survey is not None:
            known.seen |= set(pack.survey(_commands(rows["payload"], pack)))
    known.last = max((int(rows["seq"].max()) for rows in store.batches(version, columns=(), deleted=True)), default=-1)  # type: ignore[arg-type]
    return known


def _groups(payloads: pl.Series) -> set[str]:
    records = [json.loads(payload) for payload in payloads]
    texts = [instruction_in(one) if isinstance(one, dict) else None for one in records]
    said = pl.Series([text if isinstance(text, str) else None for text in texts], dtype=pl.String)
    return set(groups_of(said.drop_nulls()))


def _commands(payloads: pl.Series, pack: Pack) -> Iterator[dict[str, Any]]:
    for payload in payloads:
        try:
            seen = pack.notation.seen(json.loads(payload))
            yield parse_object(seen) if isinstance(seen, str) else seen
        except Unreadable:
            continue


def _catalogue(store: Store, version: Version) -> dict[str, Any]:
    """Return the device catalogue that the version, or the last of its ancestors that had one, was made with."""
    for one in reversed(store.lineage(version)):
        rules = store.ruleset(one)
        content = json.loads(rules.text) if rules is not None else {}
        if isinstance(content.get("catalogue"), dict):
            return dict(content["catalogue"])
    return {}


def _records(
    engine: Engine,
    templates: tuple[Template, ...],
    label: str,
    wanted: int,
    seed: int,
    groups: set[str],
    refused: Counter[tuple[str, str]],
) -> Iterator[Generated]:
    """Yield so many records of a class, its templates in turn; adds their groups to `groups`."""
    own = [template for template in templates if template.label == label]
    idle = dict.fromkeys((template.id for template in own), 0)
    made = number = 0
    while made < wanted and (able := [template for template in own if idle[template.id] < _IDLE]):
        template = able[number % len(able)]
        found = judged_candidate(engine, template, f"{seed}:{label}:{number}", groups)
        number += 1
        if isinstance(found, str):
            refused[template.id, found] += 1
            idle[template.id] += 1
            continue
        groups.add(found.group)
        made += 1
        idle[template.id] = 0
        yield found
    if made < wanted:
        ids = {template.id for template in own}
        why = "; ".join(f"{t}: {r} ({n})" for (t, r), n in refused.most_common() if t in ids)
        raise AugmentError(f"{made} of {wanted} records of the class {label!r} could be made; refused were {why}")


def judged_candidate(engine: Engine, template: Template, seed: str, groups: Collection[str] = ()) -> Generated | str:
    """Return the record that a seed makes, in none of `groups`, or why there is none."""
    try:
        draft = template.make(Random(f"{template.id}:{seed}"), engine.context)
    except Decline as decline:
        return f"no filling: {decline.reason}"
    except Unfolded:
        return "another sentence in traditional script"
    group = groups_of(pl.Series([draft.instruction])).item()
    if group in groups:
        return "the data set says it already"
    notation = engine.pack.notation
    record = {"instruction": draft.instruction, "input": "", "output": draft.output}
    try:
        output = notation.seen(record)
    except Unreadable as error:
        return f"no label: {error}"
    if template.by:
        judged = engine.judge(draft.instruction, "", output)
        rules = {rule for change in judged.changes for rule in (change.rule.id, *change.also)}
        if judged.disposition != "rewritten" or not rules.issuperset(template.by):
            why = [doubt.reason for doubt in judged.doubts] or [judged.disposition]
            return f"not made by {', '.join(template.by)}: {why[0]}"
        for change in notation.told(record, judged).changes:
            record |= {**change.beside, "output": change.output}
        output = judged.changes[-1].output
    else:
        output = write(parse_object(output), engine.pack.order)
        record = record if notation.label else {**record, "output": output}
    judged = engine.judge(draft.instruction, "", output)
    if judged.disposition != "unchanged":
        why = [
            *(doubt.reason for doubt in judged.doubts),
            *(f"{change.rule.id} changes it" for change in judged.changes),
        ]
        return f"not left alone: {why[0]}"
    label = engine.pack.label(parse_object(output)) if engine.pack.label is not None else template.label
    if label != template.label:
        return f"of the class {label!r}"
    made = {"template": template.id, "seed": seed}
    payload = write({**record, "generated": made})
    return Generated(template, seed, payload, label, group)


def _rows(made: list[Generated], first: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows of the new records and the edits that made them out of nothing."""
    records, edits = [], []
    for seq, one in enumerate(made, start=first):
        payload_digest = digest(one.payload)
        key = f"{payload_digest[:24]}-0"
        records.append((seq, key, "upsert", "unchanged", payload_digest, one.payload, TRAIN, one.group))
        patches = make_patch({}, json.loads(one.payload))
        edit = Edit(
            key=key,
            ord=0,
            rule=f"generate.{one.template.id}",
            rule_digest=one.template.digest,
            also=(),
            phase="generate",
            kind="generate",
            target="record",
            patch=patches.patch,
            inverse=patches.inverse,
            before=digest(write({})),
            after=payload_digest,
            note=one.template.summary,
        )
        edits.append(edit.row())
    places = pl.Series("seq", range(first, first + len(made)), dtype=pl.Int64)
    return frame("records", records), frame("edits", edits).with_columns(places)


def _counts(
    made: list[Generated], known: _Known, refused: Counter[tuple[str, str]], asked: Mapping[str, Any]
) -> dict[str, Any]:
    added = Counter(one.label for one in made)
    return {
        "generated": len(made),
        "asked": dict(asked),
        "by_template": dict(sorted(Counter(one.template.id for one in made).items())),
        "labels_before": dict(sorted(known.labels.items())),
        "labels_after": dict(sorted((known.labels + added).items())),
        "refused_by_template": {f"{t}: {r}": n for (t, r), n in sorted(refused.items())},
    }
