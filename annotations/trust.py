"""Which rules have earned trust: measured precision by rule digest, and how many answers would settle the rest."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

import polars as pl

from annotations.cases import cases, curated
from annotations.decisions import Policy, Settlement, settle
from annotations.sequential import Interval, clears, fails, needed, sequence, wilson
from curation.decision import read_decisions
from curation.manifest import GONE
from curation.store import Store
from curation.version import Version

State = Literal["exempt", "cleared", "reviewed", "below", "open"]


class Precision(NamedTuple):
    """How often people agreed with a rule, on edits drawn at random."""

    right: int
    judged: int
    wilson: Interval
    """For one look."""
    sure: Interval
    """For any number of looks: what decisions rest on."""

    @property
    def lower(self) -> float:
        """Return the bound that must reach the bar: the smaller of the two."""
        return min(self.wilson.lower, self.sure.lower)


@dataclass(frozen=True)
class Standing:
    """How a rule stands in a version, against a bar."""

    rule: str
    rule_digest: str
    policy: str
    """Its review policy: none, `sample 5%`, all."""
    claimed: float | None
    edits: int
    """Edits of it that stand on rows of the version."""
    decided: int
    """Of these, edits that people accepted one by one."""
    right: int
    judged: int
    lower: float
    upper: float
    """Wilson's interval."""
    sure_lower: float
    sure_upper: float
    """The interval that holds however often one looks."""
    state: State
    """exempt (policy none) | cleared | reviewed (every edit of it) | below (surely under the bar) | open."""
    least: int | None
    """Answers that settle it if all of them say that it is right; None where no number does."""
    expected: int | None
    """Answers that settle it if its share of right ones stays as measured, or as claimed where nothing is."""

    @property
    def blocks(self) -> bool:
        """Tell whether the rule holds a release back."""
        return self.state in ("below", "open")

    def as_json(self) -> dict[str, Any]:
        """Return it as programs read it."""
        return asdict(self) | {"blocks": self.blocks}


def precision_of(settlements: Iterable[Settlement]) -> dict[tuple[str, str], Precision]:
    """Return for each rule and digest its precision, from settled questions that were drawn at random only."""
    right: Counter[tuple[str, str]] = Counter()
    judged: Counter[tuple[str, str]] = Counter()
    for said in settlements:
        if said.state == "settled" and said.rule and any(decision.sampled for decision in said.by):
            judged[said.rule, said.rule_digest] += 1
            right[said.rule, said.rule_digest] += said.right
    return {
        about: Precision(right[about], n, wilson(right[about], n), sequence(right[about], n))
        for about, n in sorted(judged.items())
    }


def precision_in(
    store: Store, ref: str | int | Version, policy: Policy | None = None
) -> dict[str, tuple[int, int, float]]:
    """Return `(right, judged, lower bound)` for each rule of a version that people judged; nothing for raw data."""
    decisions = read_decisions(store.tables)
    if not decisions or store.version(ref).kind == "raw":
        return {}
    measured = precision_of(settle(decisions, policy, store.version(ref).order).values())
    digests = {rule: digest for rule, digest, _ in rule_edits(store, ref).iter_rows()}
    return {
        rule: (found.right, found.judged, found.wilson.lower)
        for (rule, digest), found in measured.items()
        if digests.get(rule) == digest
    }


def rule_edits(store: Store, ref: str | int | Version) -> pl.DataFrame:
    """Return `rule`, `rule_digest` and `edits`: how many of each rule's edits stand on rows of a version."""
    snapshot = store.snapshot(ref)
    found = [pl.DataFrame(schema={"rule": pl.String, "rule_digest": pl.String, "edits": pl.Int64})]
    for window in snapshot.windows():
        rows = snapshot.rows(("disposition",), window).filter(~pl.col("disposition").is_in([*GONE, "review"]))
        edits = snapshot.changes("edits", window).join(rows, on="key", how="semi").filter(pl.col("rule_digest") != "")
        sign = pl.when(pl.col("kind") == "rule").then(1).when(pl.col("kind") == "rollback").then(-1).otherwise(0)
        by_rules = edits.filter(pl.col("phase") != "review").with_columns(edits=sign.cast(pl.Int64))
        found.append(by_rules.group_by("rule", "rule_digest").agg(pl.col("edits").sum()))
    return pl.concat(found).group_by("rule", "rule_digest").agg(pl.col("edits").sum()).sort("rule", "rule_digest")


def standings(
    store: Store, ref: str | int | Version, bar: float, settled: Mapping[str, Settlement], policy: Policy | None = None
) -> list[Standing]:
    """Return how each rule stands that edited a version; raises `StoreError` for a data set as it came."""
    version = store.version(ref)
    stated = curated(store, version).counts.get("by_rule", {})
    measured = precision_of(settled.values())
    decided = _decided(store, version, settled)
    asked = (policy or Policy()).answers
    found = []
    for rule, digest, edits in rule_edits(store, version).iter_rows():
        if edits == 0:
            continue
        about = stated.get(rule, {})
        precision = measured.get((rule, digest)) or Precision(0, 0, wilson(0, 0), sequence(0, 0))
        found.append(_standing(rule, digest, about, edits, decided[rule], precision, bar, asked))
    return found


def _standing(
    rule: str,
    digest: str,
    about: Mapping[str, Any],
    edits: int,
    decided: int,
    precision: Precision,
    bar: float,
    answers: int,
) -> Standing:
    mode, claimed = str(about.get("review", "sample")), about.get("confidence")
    right, judged = precision.right, precision.judged
    left = edits - decided
    state: State = "open"
    if mode == "none":
        state = "exempt"
    elif left == 0:
        state = "reviewed"
    elif mode != "all" and clears(right, judged, bar):
        state = "cleared"
    elif mode != "all" and fails(right, judged, bar):
        state = "below"
    least = expected = 0 if state in ("exempt", "cleared", "reviewed") else None
    if state in ("open", "below"):
        # Looking at every edit settles it, too: no rule needs more answers than it has edits.
        share = right / judged if judged else float(claimed if claimed is not None else 1)
        counts = (
            [None, None] if mode == "all" or state == "below" else [needed(right, judged, bar, s) for s in (1, share)]
        )
        least, expected = (answers * (left if n is None else min(n, left)) for n in counts)
    return Standing(
        rule=rule,
        rule_digest=digest,
        policy=mode,
        claimed=claimed,
        edits=edits,
        decided=decided,
        right=right,
        judged=judged,
        lower=precision.wilson.lower,
        upper=precision.wilson.upper,
        sure_lower=precision.sure.lower,
        sure_upper=precision.sure.upper,
        state=state,
        least=least,
        expected=expected,
    )


def _decided(store: Store, version: Version, settled: Mapping[str, Settlement]) -> Counter[str]:
    """Count by rule the edits standing in a version that people accepted, by themselves or with the whole record."""
    said = {name: one for name, one in settled.items() if one.state == "settled"}
    found: Counter[str] = Counter()
    for case in cases(store, version, {one.key for one in said.values()}) if said else ():
        if case.disposition == "review":
            continue
        for place in case.places():
            about = said.get(case.question(place).id)
            if place < case.floor or (about is not None and about.right):
                found[case.edits[place]["rule"]] += 1
    return found


def draw(rule: str, key: str) -> float:
    """Return the number from 0 to 1 by which an edit is drawn: a rule's sample is its edits with the smallest."""
    return int.from_bytes(hashlib.sha256(f"{rule}\0{key}".encode()).digest()[:8], "big") / 2**64
