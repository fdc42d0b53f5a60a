"""What a rule is: when it fires, what it does, who must look, and the examples that prove it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from curation.pattern import Pattern
from curation.strict_yaml import Document

Facts = Mapping[str, frozenset[str]]
"""For each fact asked for, the values of which one must hold."""


@dataclass(frozen=True)
class Review:
    """Which of a rule's rewrites a person looks at."""

    mode: Literal["none", "sample", "all"]
    rate: float
    """The share that mode `sample` queues; 0 for `none`, 1 for `all`."""


@dataclass(frozen=True)
class Matcher:
    """When a rule fires: all that is stated here must hold."""

    any: tuple[Pattern, ...] = ()
    all: tuple[Pattern, ...] = ()
    none: tuple[Pattern, ...] = ()
    sentence: Facts = field(default_factory=dict)
    command: Facts = field(default_factory=dict)
    form: frozenset[str] = frozenset()
    """The forms of an output that a text rewriter is for; empty in all other rules."""
    unless_sentence: Facts = field(default_factory=dict)
    unless_command: Facts = field(default_factory=dict)


@dataclass(frozen=True)
class Example:
    """A record and what the rule must do with it."""

    instruction: str
    input: str
    output: Any
    """The output as it comes: a text, or any value in the examples of a text rewriter."""
    expects: Literal["after", "unchanged", "declines"]
    after: str | None
    reason: str
    """What the reason of a decline must contain; empty: any reason."""
    note: str
    devices: str | None
    todo: bool
    place: int
    """Its position in the rule file, from 0."""
    line: int
    history: tuple[tuple[str, str], ...] = ()
    """The turns before, each a question and its answer."""

    @property
    def record(self) -> dict[str, Any]:
        """Return the record of the example, as the engine gets it."""
        record = {"instruction": self.instruction, "input": self.input, "output": self.output}
        return {**record, "history": [list(turn) for turn in self.history]} if self.history else record


@dataclass(frozen=True)
class Rule:
    """One rule file, checked: every name in it exists, every pattern compiles, every parameter fits its rewriter."""

    id: str
    summary: str
    why: str
    severity: Literal["error", "warning", "style"]
    confidence: float
    review: Review
    phase: str
    pack: str
    path: str
    """The file, from the pack's folder."""
    match: Matcher
    use: str
    """The name of the rewriter; `rewriter` is the function itself."""
    params: Mapping[str, Any]
    rewriter: Callable[..., Any] = field(repr=False, compare=False)
    examples: tuple[Example, ...] = field(repr=False)
    literals: frozenset[str] | None = field(repr=False)
    """Words of which every folded instruction the rule fires on holds at least one; None when there is no such set."""
    digest: str
    """Over the rule without its examples, the lexicons it uses and the pack's Python."""
    document: Document = field(repr=False, compare=False)
    """The file with the place of every value, for messages."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the lexicons and readers its patterns refer to, each once."""
        patterns = (*self.match.any, *self.match.all, *self.match.none)
        return tuple(dict.fromkeys(name for pattern in patterns for name in pattern.names))

    @property
    def rewrites_text(self) -> bool:
        """Tell whether the rule works on the output as it came, before it is a command."""
        return bool(self.match.form)

    @property
    def fills(self) -> bool:
        """Tell whether the rule writes an output where none can be read."""
        return "unreadable" in self.match.form
