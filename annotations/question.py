"""What a person is asked about one edit or one open case, and what came back."""

from __future__ import annotations

from typing import Literal, NamedTuple

from curation.command import digest, write

Kind = Literal["conflict", "decline", "duplicate", "all", "sample"]
KINDS: tuple[Kind, ...] = ("conflict", "decline", "duplicate", "all", "sample")
"""Why a person is asked, the most urgent first."""

Verdict = Literal["accept", "reject", "correct"]
VERDICTS: tuple[Verdict, ...] = ("accept", "reject", "correct")


class Proposal(NamedTuple):
    """What a rule would have written."""

    rule: str
    output: str


class Question(NamedTuple):
    """One case for a person: an edit to judge, or a record for which no rule found the answer."""

    key: str
    rule: str
    """Empty where no single rule stands behind the case."""
    rule_digest: str
    phase: str
    kind: Kind
    reason: str
    """A short word, the same for the same kind of case: people filter by it."""
    found: str
    """What was found in this record."""
    confidence: float | None
    """What the rule claims."""
    instruction: str
    evidence: tuple[int, int] | None
    """The characters of the instruction that the edit rests on; None for no part of it in particular."""
    before: str | None
    """The output as the edit found it; None where the record had none."""
    after: str | None
    """The output as the edit left it; None where nothing was decided."""
    proposals: tuple[Proposal, ...]
    """What else was proposed."""
    seq: int
    """The record's place in the data set."""
    summary: str = ""
    """What the rule does, in a sentence."""
    why: str = ""
    note: str = ""
    """What the rewriter said about this edit."""
    beside: tuple[tuple[str, str], ...] = ()
    """What else was said, each with who said it: the turns before, and the record's input."""

    @property
    def id(self) -> str:
        """Return the same 32 digits for the same question in every version, others for a result that changed.

        A question without a result is about what was proposed instead.
        """
        result = self.after if self.after is not None else [list(proposal) for proposal in self.proposals]
        return digest(write([self.key, self.rule, self.before, result]))[:32]


class Answer(NamedTuple):
    """What one person said about one question, as submitted."""

    question_id: str
    annotator: str
    verdict: Verdict
    corrected: str | None
    """What they wrote instead, to be checked; None with another verdict, or where they changed nothing."""
    wrong: tuple[str, ...]
    """What is wrong: device, slot, trigger, missing_action, meaning_lost, other."""
    comment: str
    answered_at: str | None
    """ISO 8601, UTC; when it was last submitted."""
    key: str
    """The record's key; from the question as it was asked, like all that follows."""
    rule: str
    rule_digest: str
    kind: str
    version: str
    """Id of the version that asked last."""
