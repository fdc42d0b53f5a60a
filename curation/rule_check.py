"""What can be checked in a rule file without running it: names, patterns, parameters and examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from curation.command import Unreadable, parse_object, write
from curation.formats import TEXT_REWRITERS
from curation.pattern import BadPattern, Pattern, UnknownName, compile_pattern
from curation.problems import Problem, did_you_mean
from curation.rule import Facts
from curation.signature import REFERENCE, mismatches, missing, parameters, unknown
from curation.strict_yaml import Document, Pointer
from curation.vocabulary import Fact, Vocabulary, fact_value

GROUPS = ("any", "all", "none")


class RuleReading:
    """One reading of one rule file; every check goes as far as it can in a file that is wrong elsewhere."""

    def __init__(self, document: Document, vocabulary: Vocabulary) -> None:
        """Start without problems."""
        self.document = document
        self.vocabulary = vocabulary
        self.problems: list[Problem] = []

    def refuse(self, pointer: Pointer, found: str, remedy: str, *, key: bool = False, offset: int = 0) -> None:
        """Add a problem at a place."""
        self.problems.append(self.document.problem(pointer, found, remedy, key=key, offset=offset))

    def at(self, pointer: Pointer, kind: type) -> Any:
        """Return the value at a place, or an empty one where there is none of this type."""
        value: Any = self.document.value
        for key in pointer:
            value = value.get(key) if isinstance(value, dict) else None
        return value if isinstance(value, kind) else kind()

    def identity(self, expected: str) -> None:
        """Check that the id is what the path says."""
        found = self.at(("id",), str)
        if found and found != expected:
            self.refuse(
                ("id",), f"the id {found!r}", f"write {expected!r}: the phase's folder and the file's name say so"
            )

    def patterns(self, pointer: Pointer) -> tuple[Pattern, ...]:
        """Return the patterns of a group that compile."""
        compiled: list[Pattern] = []
        for place, source in enumerate(self.at(pointer, list)):
            if not isinstance(source, str) or not source:
                continue
            here = (*pointer, place)
            try:
                pattern = compile_pattern(source, self.vocabulary.names)
            except UnknownName as error:
                if self.vocabulary.whole:
                    remedy = did_you_mean(error.name, self.vocabulary.names, "lexicons and readers are")
                    self.refuse(here, error.found, remedy, offset=error.offset)
            except BadPattern as error:
                self.refuse(here, error.found, error.remedy, offset=error.offset)
            else:
                if pattern.search("") is not None:
                    self.refuse(
                        here, "a pattern that matches everything, even nothing", "make some part of it required"
                    )
                compiled.append(pattern)
        return tuple(compiled)

    def duplicates(self) -> None:
        """Check that no pattern stands in two groups."""
        seen: dict[str, str] = {}
        for group in GROUPS:
            for place, source in enumerate(self.at(("match", "instruction", group), list)):
                if isinstance(source, str) and seen.setdefault(source, group) != group:
                    here = ("match", "instruction", group, place)
                    self.refuse(here, f"a pattern that stands under '{seen[source]}' too", "keep one of the two")

    def facts(self, pointer: Pointer, known: Mapping[str, Fact]) -> Facts:
        """Return the facts asked for at a place, as far as they exist."""
        found: dict[str, frozenset[str]] = {}
        for name, wanted in self.at(pointer, dict).items():
            here = (*pointer, name)
            values = wanted if isinstance(wanted, list) else [wanted]
            fact = known.get(name)
            if fact is None:
                remedy = did_you_mean(name, known, f"facts about the {pointer[-1]} are")
                self.refuse(here, f"unknown fact {name!r}", remedy, key=True)
                continue
            for place, value in enumerate(values):
                if fact.values is not None and fact_value(value) not in fact.values:
                    at = (*here, place) if isinstance(wanted, list) else here
                    self.refuse(at, f"{value!r} is no value of the fact {name!r}", self._value_remedy(value, fact))
            found[name] = frozenset(map(fact_value, values))
        return found

    @staticmethod
    def _value_remedy(value: Any, fact: Fact) -> str:
        return did_you_mean(fact_value(value), fact.values or (), "its values are")

    def rewrite(self, patterns: Mapping[str, tuple[Pattern, ...]]) -> None:
        """Check the rewriter, its parameters, and that patterns read every `<name>` among them."""
        use = self.at(("rewrite", "use"), str)
        given = self.at(("rewrite", "with"), dict)
        formed = "output" in self.at(("match",), dict)
        fills = self._fills
        forms = self.at(("match", "output", "form"), list)
        if fills and len(forms) > 1:
            here = ("match", "output", "form", forms.index("unreadable"))
            self.refuse(here, "the form 'unreadable' beside another", "make it two rules")
        if fills or use in TEXT_REWRITERS:
            for place in (("match", "command"), ("match", "unless", "command")):
                if self.at(place, dict):
                    self.refuse(
                        place,
                        "facts about the command in a rule about text",
                        "take them out: there is no command yet",
                        key=True,
                    )
        if use in TEXT_REWRITERS:
            if fills:
                self.refuse(
                    ("rewrite", "use"),
                    f"{use!r} reads a command, and in an unreadable output there is none",
                    "use a rewriter of the pack, or ask for another form",
                )
            if not formed:
                self.refuse(
                    ("rewrite", "use"),
                    f"{use!r} rewrites text, and no form is asked for",
                    "write match: {output: {form: …}}",
                )
            for name in given:
                self.refuse(("rewrite", "with", name), f"{use!r} takes no parameter {name!r}", "take it out", key=True)
            return
        if not use:
            return
        rewriter = self.vocabulary.rewriters.get(use)
        if rewriter is None and not self.vocabulary.whole:
            return
        if rewriter is None:
            remedy = did_you_mean(use, [*self.vocabulary.rewriters, *TEXT_REWRITERS], "rewriters are")
            self.refuse(("rewrite", "use"), f"unknown rewriter {use!r}", remedy)
        elif formed and not fills:
            names = ", ".join(TEXT_REWRITERS)
            self.refuse(
                ("match", "output"),
                f"{use!r} rewrites commands, not text",
                f"take it out, or use one of: {names}",
                key=True,
            )
        else:
            self._parameters(use, given)
        self._references(given, patterns)

    @property
    def _fills(self) -> bool:
        """Tell whether the rule is about unreadable outputs."""
        form = self.at(("match", "output", "form"), list)
        return "unreadable" in (form or [self.at(("match", "output", "form"), str)])

    def _parameters(self, use: str, given: Mapping[str, Any]) -> None:
        rewriter = self.vocabulary.rewriters[use]
        for name in unknown(rewriter, given):
            remedy = did_you_mean(name, parameters(rewriter), "it takes")
            self.refuse(("rewrite", "with", name), f"{use!r} takes no parameter {name!r}", remedy, key=True)
        for name in missing(rewriter, given):
            self.refuse(("rewrite", "use"), f"{use!r} needs the parameter {name!r}", f"write 'with: {{{name}: …}}'")
        for wrong in mismatches(rewriter, given):
            self.refuse(
                ("rewrite", "with", *wrong.pointer),
                f"{wrong.found} for {'.'.join(map(str, wrong.pointer))!r}",
                f"write {wrong.expected}",
            )

    def _references(self, given: Mapping[str, Any], patterns: Mapping[str, tuple[Pattern, ...]]) -> None:
        always = {name for pattern in patterns["all"] for name in pattern.names}
        some = always | {name for pattern in patterns["any"] for name in pattern.names}
        always |= set.intersection(*(set(pattern.names) for pattern in patterns["any"])) if patterns["any"] else set()
        for pointer, name in references(given):
            here = ("rewrite", "with", *pointer)
            if name not in some and self.vocabulary.whole:
                self.refuse(
                    here,
                    f"<{name}>, which no pattern under 'any' or 'all' reads",
                    did_you_mean(name, some, "they read"),
                )
            elif name not in always and self.vocabulary.whole:
                self.refuse(here, f"<{name}>, which only some patterns under 'any' read", "make it two rules")

    def examples(self) -> None:
        """Check that there are examples of both kinds, each once, with readable outputs."""
        text = self.at(("rewrite", "use"), str) in TEXT_REWRITERS or self._fills
        examples = [e for e in self.at(("examples",), list) if isinstance(e, dict)]
        if examples and not any("unchanged" in e or "declines" in e for e in examples):
            self.refuse(
                ("examples",),
                "no example that the rule leaves alone",
                "add one with 'unchanged' or 'declines'",
                key=True,
            )
        if examples and not any("after" in e or "declines" in e for e in examples):
            self.refuse(
                ("examples",), "no example that the rule changes", "add one with 'before' and 'after'", key=True
            )
        seen: dict[str, int] = {}
        for place, example in enumerate(self.at(("examples",), list)):
            if not isinstance(example, dict):
                continue
            self._example(("examples", place), example, text=text)
            said = write(
                {
                    k: v
                    for k, v in example.items()
                    if k in {"instruction", "input", "history", "before", "unchanged", "declines", "devices"}
                }
            )
            if said in seen:
                line = self.document.line(("examples", seen[said]))
                self.refuse(("examples", place), "an example a second time", f"keep one: the first is on line {line}")
            seen.setdefault(said, place)

    def _example(self, pointer: Pointer, example: Mapping[str, Any], *, text: bool) -> None:
        instruction = example.get("instruction")
        if isinstance(instruction, str) and not instruction.strip():
            self.refuse((*pointer, "instruction"), "a blank instruction", "write what the user said")
        for key in ("after",) if text else ("before", "after", "unchanged", "declines"):
            output = example.get(key)
            if key not in example:
                continue
            if not isinstance(output, str):
                self.refuse((*pointer, key), f"no text under {key!r}", "put the output in single quotes")
                continue
            try:
                parse_object(output)
            except Unreadable as error:
                self.refuse(
                    (*pointer, key), f"no command under {key!r} ({error})", "write one JSON object in single quotes"
                )
        devices = example.get("devices")
        if isinstance(devices, str) and devices not in self.vocabulary.catalogues:
            remedy = did_you_mean(devices, self.vocabulary.catalogues, "catalogues are")
            self.refuse((*pointer, "devices"), f"unknown catalogue {devices!r}", remedy)


def references(given: Any, at: Pointer = ()) -> Iterator[tuple[Pointer, str]]:
    """Yield each `<name>` among the parameters, and where it stands."""
    if isinstance(given, str):
        if name := REFERENCE.fullmatch(given):
            yield at, name[1]
    elif isinstance(given, dict | list):
        for key, value in given.items() if isinstance(given, dict) else enumerate(given):
            yield from references(value, (*at, key))
