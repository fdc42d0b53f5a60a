"""Releases: which rules a version may be released with, and how to take one of them back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from annotations.apply import pending
from annotations.cases import BY_PERSON, Case, cases, curated
from annotations.decisions import Policy, Settlement, settle
from annotations.publish import publish
from annotations.queue import output_of
from annotations.replay import PERSON_CONTRADICTED, Entry, Outcome, Rejudge, proposals_text, without
from annotations.trust import Standing, standings
from curation.decision import read_decisions
from curation.draft import StoreError
from curation.problems import did_you_mean
from curation.store import Store
from curation.version import Version, verify


class Blocker(NamedTuple):
    """A reason not to release a version, and what would help."""

    rule: str
    """Empty where it is about the version."""
    reason: str
    help: tuple[str, ...]


class Verdict(NamedTuple):
    """Whether a version may be released."""

    version: Version
    bar: float
    standings: tuple[Standing, ...]
    blockers: tuple[Blocker, ...]

    @property
    def as_json(self) -> dict[str, Any]:
        """Return it as programs read it."""
        return {
            "number": self.version.number,
            "id": self.version.id,
            "bar": self.bar,
            "released": not self.blockers,
            "blockers": [blocker._asdict() for blocker in self.blockers],
            "rules": [one.as_json() for one in self.standings],
        }


class RolledBack(NamedTuple):
    """A version without the edits of a rule."""

    version: Version
    rule: str
    rows: int
    """Rows that the rule's edits were taken off."""
    dispositions: Mapping[str, int]
    """What these rows are now."""
    kept: Mapping[str, int]
    """Later edits made again as they were, by rule."""
    changed: Mapping[str, int]
    """Later edits that had depended on the rule: judged anew, with another result or none, by rule."""
    contradicted: int
    """Rows that went back to review because a person had decided otherwise."""


@dataclass
class _Count:
    rows: int = 0
    contradicted: int = 0
    dispositions: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)


def may_release(store: Store, ref: str | int | Version, bar: float, policy: Policy | None = None) -> Verdict:
    """Return what speaks against releasing a version; nothing does where every rule's precision surely reaches `bar`.

    Rules whose policy is `none` are not measured and hold nothing back; of rules under `all` every edit must be
    accepted; a rule of whose edits every one was accepted needs no bound. Decisions that change rows must be applied,
    and the version and its ancestors must verify. Raises `StoreError` for a data set as it came.
    """
    version = store.version(ref)
    curated(store, version)
    settled = settle(read_decisions(store.tables), policy, version.order)
    rules = standings(store, version, bar, settled, policy)
    blockers = [_blocker(one, bar, version) for one in rules if one.blocks]
    agreed = {name: said for name, said in settled.items() if said.state == "settled"}
    if waiting := sum(1 for _ in pending(store, version, agreed, None)):
        how = (f"rewright review apply {version.number}, then release the new version",)
        blockers.append(Blocker("", f"decisions about {_rows(waiting)} are not applied", how))
    for one in store.lineage(version):
        if faults := verify(store, one):
            how = (f"rewright verify {one.number}",)
            blockers.append(Blocker("", f"version {one.number} does not verify: {faults[0]}", how))
    return Verdict(version, bar, tuple(rules), tuple(blockers))


def release(
    store: Store, ref: str | int | Version, bar: float, policy: Policy | None = None, *, tag: str = "released"
) -> Verdict:
    """Tag a version as released unless something speaks against it, and return what does; nothing: it is tagged."""
    store.check_tag_name(tag)
    store.check_tag_free(tag, store.version(ref).id)
    verdict = may_release(store, ref, bar, policy)
    if not verdict.blockers:
        store.tag(tag, verdict.version)
    return verdict


def rollback(
    store: Store,
    rule: str,
    ref: str | int | Version,
    rejudge: Rejudge | None,
    policy: Policy | None = None,
    *,
    actor: str = "",
    tag: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> RolledBack:
    """Publish a version without the edits of one rule, of kind `rollback`; all other edits stay in place.

    Later edits that depended on them are judged anew by their rules; a row of which a person had decided otherwise
    goes back to review with what was decided. Raises `StoreError` where the rule edited nothing that stands.
    """
    version = store.version(ref)
    curated(store, version)
    edited = {name for case in cases(store, version) for name in (case.edits[place]["rule"] for place in case.places())}
    if rule not in edited:
        remedy = did_you_mean(rule, edited, "rules that edited it are")
        raise StoreError(f"no edit of {rule!r} stands in version {version.number}; {remedy}")
    settled = settle(read_decisions(store.tables), policy, version.order)
    count = _Count()
    made = publish(
        store,
        version,
        _without_rule(store, version, rule, settled, rejudge, actor or None, count, progress),
        kind="rollback",
        message=f"version {version.number} without {rule}",
        actor=actor,
        counts=lambda: {"rolled_back": {rule: count.rows}},
        tag=tag,
        rejudge=rejudge,
    )
    if made is None:
        raise AssertionError("an edit of the rule stands, but no row changed")
    tables = (dict(sorted(one.items())) for one in (count.dispositions, count.kept, count.changed))
    dispositions, kept, changed = tables
    return RolledBack(made, rule, count.rows, dispositions, kept, changed, count.contradicted)


def _without_rule(
    store: Store,
    version: Version,
    rule: str,
    settled: Mapping[str, Settlement],
    rejudge: Rejudge | None,
    actor: str | None,
    count: _Count,
    progress: Callable[[int], None] | None,
) -> Iterator[Outcome]:
    for case in cases(store, version):
        places = case.places(rule)
        if not places:
            continue
        outcome = without(case, places, rejudge, actor=actor, note=f"{rule} was taken back")
        outcome = _remembering(case, places, outcome, settled)
        count.rows += 1
        count.contradicted += any(entry.rule == BY_PERSON for entry in outcome.queue)
        count.dispositions[outcome.disposition] += 1
        count.kept.update(outcome.kept)
        count.changed.update(outcome.changed)
        yield outcome
        if progress:
            progress(count.rows)


def _remembering(case: Case, places: list[int], outcome: Outcome, settled: Mapping[str, Settlement]) -> Outcome:
    """Return the outcome, in review where a person had accepted what is taken back: no decision is dropped."""
    asked = [entry for entry in outcome.queue if entry.rule == BY_PERSON]
    for place in places:
        said = settled.get(case.question(place).id)
        if said is not None and said.state == "settled" and said.right and not asked:
            shown = proposals_text([(case.edits[place]["rule"], output_of(case.payload) or "")])
            entry = Entry("conflict", BY_PERSON, said.by[0].id, PERSON_CONTRADICTED, said.annotators, shown)
            asked.append(entry)
            outcome = replace(outcome, queue=(*outcome.queue, entry), disposition="review", gone=None)
    return outcome


def _blocker(one: Standing, bar: float, version: Version) -> Blocker:
    left = one.edits - one.decided
    every = f"review all of its edits, {left:,} to go: rewright review push {version.number} --every {one.rule}"
    quarantine = f"release without it: rewright release {version.number} --without {one.rule}"
    if one.policy == "all":
        reason = f"its policy is that a person looks at every edit; {left:,} of {one.edits:,} are not accepted"
        return Blocker(one.rule, reason, (f"answer them: rewright review push {version.number}", quarantine))
    if one.judged == 0:
        reason = f"nobody has judged it yet; its precision must surely be {bar:.0%}"
    else:
        lower = min(one.lower, one.sure_lower)
        sure = f"surely under {bar:.0%}" if one.state == "below" else f"surely only {lower:.1%}, not {bar:.0%}"
        reason = f"{one.right:,} of {one.judged:,} right: {sure}"
    more = () if one.state == "below" else (_more(one, version),)
    return Blocker(one.rule, reason, (*more, quarantine, every))


def _more(one: Standing, version: Version) -> str:
    least, expected = one.least or 0, one.expected or 0
    number = f"{least:,}" if least == expected else f"{least:,} to {expected:,}"
    return f"{number} more answers: rewright review push {version.number}"


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"
