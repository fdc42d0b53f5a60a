"""From answers to decisions: what was submitted is kept for ever, and what several people said comes to one verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Literal, NamedTuple

from annotations.cases import cases
from annotations.question import Answer, Question, Verdict
from annotations.queue import questions
from annotations.server.accounts import OWNER
from curation.command import Unreadable, digest, parse_object, write
from curation.contract import Contract
from curation.decision import Decision, append_decisions, known_decisions
from curation.edits import Order
from curation.notation import OBJECTS, Notation
from curation.store import Store, UnknownVersion

State = Literal["settled", "waiting", "disputed", "owner", "invalid"]
_CHUNK = 2_000
_SAMPLED = ("sample", "all")

Check = Callable[[str], str | None]
"""A corrected output to what is wrong with it; None where it can be used."""


class Policy(NamedTuple):
    """How many answers a question needs, and whose answer always decides."""

    owner: str = OWNER
    answers: int = 1


class Pulled(NamedTuple):
    """What became of the answers of a pull."""

    answers: int
    new: int
    known: int
    invalid: int
    """Of the new ones, corrected outputs that cannot be used: they are asked again."""
    unknown: int
    """Of the new ones, answers to questions that no version of the store asks."""


class Settlement(NamedTuple):
    """What the answers to one question come to."""

    question: str
    key: str
    rule: str
    rule_digest: str
    kind: str
    state: State
    """settled | waiting (for more answers) | disputed (a third person is asked) | owner (who decides) | invalid."""
    verdict: Verdict | None
    """Only where it is settled."""
    output: str | None
    """The corrected output, read and written again; only with the verdict `correct`."""
    by: tuple[Decision, ...]
    """The decisions that carry the verdict; where it is not settled, all that count."""

    @property
    def right(self) -> bool:
        """Tell whether the rule was right: its output was accepted, or written again as it is."""
        return self.verdict == "accept" or (self.output is not None and digest(self.output) == self.by[0].after)

    @property
    def annotators(self) -> str:
        """Return who decided, each once."""
        return ", ".join(dict.fromkeys(decision.annotator for decision in self.by))


def output_check(contract: Mapping[str, Any] | None, notation: Notation = OBJECTS) -> Check:
    """Return the check of a corrected output: that it is written as `notation` says, and satisfies the contract.

    White space around a label is no part of it: text areas leave some.
    """
    compiled = None if contract is None else Contract(contract)

    def check(text: str) -> str | None:
        try:
            command = notation.read(text.strip() if notation.label else text)
        except Unreadable as error:
            return str(error)
        return None if compiled is None else compiled.broken_by(command)

    return check


def take_answers(
    store: Store,
    answers: Iterable[Answer],
    *,
    check: Check,
    source: str,
    progress: Callable[[int], None] | None = None,
) -> Pulled:
    """Keep submitted answers as decisions, those that are not there yet; return what became of them.

    Any answers may come again, in any order: each is kept once. They are kept in steps, so that a cut loses nothing
    that was kept, and the next call goes on.
    """
    asked = _Asked(store)
    waiting = iter(answers)
    total = new = invalid = unknown = 0
    while chunk := list(islice(waiting, _CHUNK)):
        # What is known needs no look at the question it answered.
        known = known_decisions(store.tables)
        fresh = [answer for answer in chunk if _decision(answer, None, check, source).id not in known]
        found = asked.by(fresh)
        added = append_decisions(
            store.tables, (_decision(answer, found.get(answer.question_id), check, source) for answer in fresh)
        )
        total, new = total + len(chunk), new + len(added)
        invalid += sum(decision.problem is not None for decision in added)
        unknown += sum(decision.question not in found for decision in added)
        if progress:
            progress(total)
    return Pulled(total, new, total - new, invalid, unknown)


def settle(
    decisions: Iterable[Decision], policy: Policy | None = None, order: Order | None = None
) -> dict[str, Settlement]:
    """Return for each question that was answered what its answers come to; their order does not matter.

    Of each person the latest answer counts. The owner's decides; otherwise more than half of the answers must agree,
    and there must be as many as `policy` asks for. One against one asks for a third; what is still open then is the
    owner's to decide.
    """
    latest: dict[str, dict[str, Decision]] = {}
    for decision in sorted(decisions, key=lambda one: one.age):
        latest.setdefault(decision.question, {})[decision.annotator] = decision
    chosen = policy or Policy()
    return {question: _settled(list(said.values()), chosen, order) for question, said in sorted(latest.items())}


def _settled(said: list[Decision], policy: Policy, order: Order | None) -> Settlement:
    one = max(said, key=lambda decision: (decision.rule_digest != "", decision.after is not None, decision.age))
    about = (one.question, one.key, one.rule, one.rule_digest, one.kind)
    valid = [decision for decision in said if decision.problem is None]
    owner = [decision for decision in valid if decision.annotator == policy.owner]
    if owner:
        return Settlement(*about, "settled", owner[0].verdict, _written(owner[0], order), tuple(owner))
    opinions = Counter((decision.verdict, _written(decision, order)) for decision in valid)
    if not opinions:
        return Settlement(*about, "invalid", None, None, tuple(said))
    (verdict, output), votes = opinions.most_common(1)[0]
    if len(valid) < policy.answers:
        return Settlement(*about, "waiting", None, None, tuple(valid))
    if 2 * votes <= len(valid):
        return Settlement(*about, "disputed" if len(valid) == 2 else "owner", None, None, tuple(valid))
    agree = tuple(one for one in valid if (one.verdict, _written(one, order)) == (verdict, output))
    return Settlement(*about, "settled", verdict, output, agree)


def _written(decision: Decision, order: Order | None) -> str | None:
    if decision.verdict != "correct" or decision.problem is not None:
        return None
    text = decision.corrected or ""
    try:
        return write(parse_object(text), order)
    except Unreadable:  # a label: the check took it when the answer came
        return text.strip()


class _Asked:
    """The questions that versions of a store ask, looked up as answers to them come."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queued: dict[str, dict[str, Question]] = {}

    def by(self, answers: Iterable[Answer]) -> dict[str, Question]:
        """Return the questions of the answers, by id; those that no version asks are left out."""
        found: dict[str, Question] = {}
        others: dict[str, list[Answer]] = {}
        for answer in answers:
            if question := self._in_queue(answer.version).get(answer.question_id):
                found[question.id] = question
            else:
                others.setdefault(answer.version, []).append(answer)
        for version, some in sorted(others.items()):
            if self._in_queue(version):
                for case in cases(self._store, version, {answer.key for answer in some}):
                    asked = (case.question(place) for place in case.places())
                    found |= {question.id: question for question in asked}
        return found

    def _in_queue(self, version: str) -> dict[str, Question]:
        if version not in self._queued:
            try:
                self._queued[version] = {
                    question.id: question
                    for one in self._store.lineage(version)
                    for question in questions(self._store, one)
                }
            except UnknownVersion:
                self._queued[version] = {}
        return self._queued[version]


def _decision(answer: Answer, question: Question | None, check: Check, source: str) -> Decision:
    problem = None
    if answer.verdict == "correct":
        problem = "no corrected output was written" if answer.corrected is None else check(answer.corrected)
    before = None if question is None else question.before
    after = None if question is None else question.after
    return Decision(
        question=answer.question_id,
        key=answer.key,
        rule=answer.rule,
        rule_digest=answer.rule_digest,
        kind=answer.kind,
        before=None if before is None else digest(before),
        after=None if after is None else digest(after),
        verdict=answer.verdict,
        corrected=answer.corrected,
        wrong=answer.wrong,
        comment=answer.comment,
        annotator=answer.annotator,
        source=source,
        sampled=answer.kind in _SAMPLED,
        version=answer.version,
        problem=problem,
        decided_at=_time(answer.answered_at),
    )


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    when = datetime.fromisoformat(text)
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
