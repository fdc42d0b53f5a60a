"""Templates: YAML files of a pack from which additional records are made, read whole or refused with every error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from curation.command import digest, write
from curation.pack import Pack
from curation.pack_places import files_in
from curation.problems import Problem, RuleErrors, did_you_mean
from curation.rewriting import Context, Filling
from curation.rule_file import canonical
from curation.schema import schema_problems
from curation.signature import mismatches, missing, parameters, unknown
from curation.strict_yaml import Document, read
from curation.text import fold, to_traditional

FOLDER = "templates"
"""Of a pack's folder."""

_NAME = re.compile(r"<([a-z][a-z0-9_]*)((?:\.[a-z][a-z0-9_]*)*)>")


class Draft(NamedTuple):
    """A sentence made from a template, and the output as the template says it."""

    instruction: str
    output: str


class Unfolded(ValueError):  # noqa: N818 - what is wrong with the text
    """A sentence is another one in traditional script: the conversion lost something."""


@dataclass(frozen=True)
class Template:
    """One template file, checked."""

    id: str
    summary: str
    label: str
    instructions: tuple[str, ...]
    slots: Mapping[str, tuple[str, Mapping[str, Any]]] = field(hash=False)
    """In the order of the file: name -> function and parameters."""
    output: Any = field(hash=False)
    """None: an empty output, for a rule to fill."""
    by: tuple[str, ...]
    traditional: float
    functions: Mapping[str, Any] = field(repr=False, compare=False)
    digest: str
    path: str

    def make(self, draw: Random, context: Context) -> Draft:
        """Return one sentence with its output; all chance comes from `draw`.

        A slot raises `Decline` where there is nothing to fill it with. Raises `Unfolded`.
        """
        said = draw.choice(self.instructions)
        filled: dict[str, Filling] = {}
        for name, (use, params) in self.slots.items():
            filled[name] = self.functions[use](draw, context, filled, **params)
        instruction = _NAME.sub(lambda match: filled[match[1]].words, said)
        output = "" if self.output is None else _filled(self.output, filled)
        if draw.random() < self.traditional:
            plain, instruction = instruction, to_traditional(instruction)
            if fold(plain).text != fold(instruction).text:
                raise Unfolded(f"{plain} is another sentence as {instruction}")
            # A label is a name: it does not follow the script of the sentence.
            output = output if isinstance(output, str) else _traditional(output)
        return Draft(instruction, output if isinstance(output, str) else write(output))


def load_templates(pack: Pack) -> tuple[Template, ...]:
    """Return the templates of all folders of a pack, by id; raises `RuleErrors` with all that is wrong in any."""
    templates: dict[str, Template] = {}
    problems: list[Problem] = []
    for path in (path for root in pack.roots for path in files_in(root / FOLDER, "template", problems)):
        document, wrong = read(path)
        if document is not None:
            wrong += schema_problems(document, "template") or list(_wrong(document, pack))
        if document is not None and path.stem in templates:
            wrong.append(document.problem(("id",), f"a second template {path.stem!r}", "give one another name"))
        problems += wrong
        if document is not None and not wrong:
            templates[path.stem] = _template(document, pack)
    if problems:
        raise RuleErrors(problems)
    return tuple(templates[name] for name in sorted(templates))


def one_of(draw: Random, context: Context, filled: Mapping[str, Filling], *, words: list[Any]) -> Filling:  # noqa: ARG001
    """Fill a slot with one of the words; where they say something in the output, as `{say: …, is: …}`."""
    chosen = draw.choice(words)
    if isinstance(chosen, Mapping):
        return Filling(chosen["say"], chosen["is"])
    return Filling(chosen, chosen)


def _template(document: Document, pack: Pack) -> Template:
    content = document.value
    return Template(
        id=content["id"],
        summary=content["summary"].strip(),
        label=content["label"],
        instructions=tuple(content["instructions"]),
        slots={name: (slot["use"], slot.get("with", {})) for name, slot in content.get("slots", {}).items()},
        output=content.get("output"),
        by=tuple(content.get("by", ())),
        traditional=float(content.get("traditional", 0)),
        functions={"one-of": one_of, **pack.vocabulary.slots},
        digest=digest(canonical({"template": content, "python": pack.vocabulary.python})),
        path=f"{FOLDER}/{document.path.name}",
    )


def _wrong(document: Document, pack: Pack) -> Iterator[Problem]:
    """Yield what is wrong with a template whose form is right."""
    content, path = document.value, Path(document.path)
    if content["id"] != path.stem:
        yield document.problem(("id",), f"the id {content['id']!r}", f"write {path.stem!r}, as the file is named")
    functions = {"one-of": one_of, **pack.vocabulary.slots}
    slots = content.get("slots", {})
    for name, slot in slots.items():
        function, given = functions.get(slot["use"]), slot.get("with", {})
        here = ("slots", name)
        if function is None:
            remedy = did_you_mean(slot["use"], functions, "slot functions are")
            yield document.problem((*here, "use"), f"unknown slot function {slot['use']!r}", remedy)
            continue
        for other in unknown(function, given):
            remedy = did_you_mean(other, parameters(function), "it takes")
            found = f"{slot['use']!r} takes no parameter {other!r}"
            yield document.problem((*here, "with", other), found, remedy, key=True)
        for other in missing(function, given):
            remedy = f"write 'with: {{{other}: …}}'"
            yield document.problem((*here, "use"), f"{slot['use']!r} needs the parameter {other!r}", remedy)
        for one in mismatches(function, given):
            yield document.problem((*here, "with", *one.pointer), one.found, f"write {one.expected}")
    said = {match[1] for text in content["instructions"] for match in _NAME.finditer(text)}
    for place, text in enumerate(content["instructions"]):
        for match in _NAME.finditer(text):
            if match[1] not in slots or match[2]:
                remedy = did_you_mean(match[1], slots, "slots are")
                yield document.problem(("instructions", place), f"{match[0]}, which is no slot", remedy)
    for pointer, name in _names(content.get("output")):
        if name not in slots:
            remedy = did_you_mean(name, slots, "slots are")
            yield document.problem(("output", *pointer), f"<{name}>, which is no slot", remedy)
    used = said | {name for _, name in _names(content.get("output"))}
    for name in slots.keys() - used:
        yield document.problem(("slots", name), f"a slot {name!r} that nothing uses", "take it out", key=True)
    for place, rule in enumerate(content.get("by", ())):
        known = [one.id for one in pack.rules]
        if rule not in known and rule not in pack.off:
            remedy = did_you_mean(rule, known, "rules are")
            yield document.problem(("by", place), f"no rule {rule!r}", remedy)
    if content.get("output") is None and "by" not in content:
        yield document.problem((), "neither an output nor a rule that makes one", "write 'output' or 'by'")


def _names(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield each `<name>` in an output, and where it stands."""
    if isinstance(value, str):
        for match in _NAME.finditer(value):
            yield at, match[1]
    elif isinstance(value, Mapping | list):
        for key, member in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from _names(member, (*at, key))


def _filled(value: Any, filled: Mapping[str, Filling]) -> Any:
    if isinstance(value, str):
        whole = _NAME.fullmatch(value)
        if whole is not None:
            return _part(filled[whole[1]].value, whole[2])
        return _NAME.sub(lambda match: str(_part(filled[match[1]].value, match[2])), value)
    if isinstance(value, Mapping):
        return {key: _filled(member, filled) for key, member in value.items()}
    if isinstance(value, list):
        return [_filled(member, filled) for member in value]
    return value


def _part(value: Any, path: str) -> Any:
    for name in filter(None, path.split(".")):
        value = value[name]
    return value


def _traditional(value: Any) -> Any:
    """Return an output whose words are in traditional script; the keys, and what is not Chinese, stay."""
    if isinstance(value, str):
        return to_traditional(value)
    if isinstance(value, Mapping):
        return {key: _traditional(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_traditional(member) for member in value]
    return value
