"""What a rule does with one of its examples, against what the example says it must do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from curation.command import parse_object, write
from curation.formats import Reformatted
from curation.matching import Proposal, apply_rule, fires, propose
from curation.pack import Pack
from curation.rewriting import Context, Decline, Rewritten
from curation.rule import Example, Rule
from curation.text import fold


@dataclass(frozen=True)
class Bench:
    """A pack's examples, ready to run: one context for each catalogue they are about."""

    pack: Pack
    _contexts: dict[str | None, Context] = field(default_factory=dict)

    def context(self, example: Example) -> Context:
        """Return the context with the catalogue of an example."""
        name = example.devices
        if name not in self._contexts:
            catalogue = self.pack.catalogue if name is None else self.pack.vocabulary.catalogues[name]
            self._contexts[name] = self.pack.open_context(catalogue)
        return self._contexts[name]

    def fails(self, rule: Rule, example: Example) -> str:
        """Return what happens instead of what the example says; empty when it holds.

        A result must also be left alone by the rule that made it. A rewriter that raises anything but `Decline` fails.
        """
        try:
            proposal = self._apply(rule, example, example.output)
            wrong = self._wrong(rule, example, proposal)
            if wrong or not isinstance(proposal, Rewritten | Reformatted):
                return wrong
            again = self._apply(rule, example, self.text(proposal))
        except Exception as error:
            return f"{rule.use} raises {type(error).__name__}: {error}"
        return "" if again is None else f"the rule does not leave its own result alone: {self._said(again)}"

    def mutates(self, rule: Rule, example: Example) -> bool:
        """Tell whether the rewriter changes the command it is given."""
        if rule.rewrites_text:
            return False
        context = self.context(example)
        command = parse_object(example.output)
        before = write(command)
        match = fires(rule, fold(example.instruction), context.describe(command), context, example.record)
        if match is not None:
            propose(rule, command, match, context, self.pack.order)
        return write(command) != before

    def text(self, proposal: Rewritten | Reformatted) -> str:
        """Return the output that a proposal leads to."""
        return proposal.text if isinstance(proposal, Reformatted) else write(proposal.command, self.pack.order)

    def _apply(self, rule: Rule, example: Example, output: Any) -> Proposal:
        record: Mapping[str, Any] = {**example.record, "output": output}
        return apply_rule(rule, record, self.pack.order, self.context(example))

    def _wrong(self, rule: Rule, example: Example, proposal: Proposal) -> str:
        said = self._said(proposal)
        if example.expects == "unchanged":
            return "" if proposal is None else f"must be left alone, and {said}"
        if example.expects == "declines":
            if not isinstance(proposal, Decline):
                return f"must be declined, and {said}"
            given = example.reason in proposal.reason or example.reason in proposal.found
            return "" if given else f"must be declined with {example.reason!r}, and {said}"
        if proposal is None or isinstance(proposal, Decline):
            return f"must be rewritten, and {said}"
        after = example.after or ""
        wanted = after if rule.rewrites_text else write(parse_object(after), self.pack.order)
        return "" if self.text(proposal) == wanted else f"gives {self.text(proposal)}"

    def _said(self, proposal: Proposal) -> str:
        if proposal is None:
            return "is left alone"
        if isinstance(proposal, Decline):
            return f"is declined: {proposal}" + (f" ({proposal.found})" if proposal.found else "")
        return f"gives {self.text(proposal)}"
