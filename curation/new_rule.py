"""A rule file to begin with: every part explained, and examples that fail until they are filled in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from curation.command import write
from curation.editor_schema import write_schemas
from curation.formats import TEXT_REWRITERS
from curation.notation import LABEL
from curation.pack import Pack
from curation.pack_places import PHASE
from curation.problems import Problem, RuleErrors, did_you_mean
from curation.rule import Example, Rule
from curation.signature import name_of, only_declines, parameters
from curation.vocabulary import Fact

_ID = re.compile(r"([a-z][a-z0-9-]*)\.([a-z0-9][a-z0-9-]*)")
SCHEMAS = ".schemas"
"""The folder of a pack that holds the JSON Schemas for editors."""

_BLANK = "写在这里"
_SPOKEN = ("在此写一句话", "在此寫一句話", "在此写一句不该动的话")


class _Rough(NamedTuple):
    """An output that a text rewriter is for."""

    form: str
    written: Callable[[str], str]
    """An output as it should be, to the YAML of it in this form."""


_ROUGH = {
    "canonicalise": _Rough("loose", lambda text: _quoted(" " + text)),
    "unwrap_fence": _Rough("fenced", lambda text: write(f"```json\n{text}\n```")),
    "unwrap_object": _Rough("object", lambda text: text),
}


def new_rule(
    folder: Path,
    identity: str,
    pack: Pack,
    *,
    like: str | None = None,
    use: str | None = None,
    number: int | None = None,
) -> list[Path]:
    """Write a rule file into the pack in `folder`, with a `pack.yaml` and schemas for editors where there are none.

    `like` copies an existing rule, `use` names the rewriter, `number` that of a phase that no pack has. Returns the
    files written, the rule's first; raises `RuleErrors` where the id is taken or a name does not exist.
    """
    phases = phase_numbers(pack)
    named = _ID.fullmatch(identity)
    if named is None:
        raise _refused(folder, f"the id {identity!r}", "write a phase, a dot and a name: trigger.sunset")
    if identity in {*(rule.id for rule in pack.rules), *pack.off}:
        raise _refused(folder, f"a rule {identity!r} exists already", "choose another name")
    phase, name = named.groups()
    if phase not in phases and number is None:
        remedy = did_you_mean(phase, phases, "phases are") + " (--number makes a new one)"
        raise _refused(folder, f"no phase {phase!r}", remedy)
    path = folder / f"{phases.get(phase, number):02d}-{phase}" / f"{name}.yaml"
    if path.exists():
        raise _refused(path, "the file exists already", "choose another name")
    text = _copied(pack, like, identity) if like else "".join(_template(pack, identity, phase, use))
    written = [path, *_frame(folder, pack)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")
    return written


def phase_numbers(pack: Pack) -> dict[str, int]:
    """Return the phases of a pack's folders with their numbers, in order."""
    folders = (path for root in pack.roots for path in root.iterdir() if path.is_dir())
    found = {match[2]: int(match[1]) for path in folders if (match := PHASE.fullmatch(path.name))}
    return dict(sorted(found.items(), key=lambda item: (item[1], item[0])))


def _frame(folder: Path, pack: Pack) -> list[Path]:
    """Write what a folder needs beside the rule, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    about = folder / "pack.yaml"
    if not about.exists():
        used = write([name for name in pack.id.split("+") if name != "own"])
        ours = "data" if pack.notation.label else "homes"
        about.write_text(f"id: own\nsummary: What is particular to our {ours}.\nuses: {used}\n", "utf-8", newline="\n")
        written.append(about)
    if not (folder / SCHEMAS).exists():
        written += write_schemas(folder / SCHEMAS, pack)
    return written


def _copied(pack: Pack, like: str, identity: str) -> str:
    """Return the text of another rule's file under a new id; its comments stay."""
    known = {rule.id: rule for rule in pack.rules}
    if like not in known:
        remedy = did_you_mean(like, known, "rules are")
        raise _refused(Path(like), f"no rule {like!r} to copy", remedy)
    document = known[like].document
    lines = document.text.split("\n")
    lines[document.line(("id",)) - 1] = f"id: {identity}"
    return "\n".join(lines)


def _template(pack: Pack, identity: str, phase: str, use: str | None) -> Iterator[str]:
    sibling = _sibling(pack, phase, use)
    chosen = use or (sibling.use if sibling else "")
    if chosen not in {*pack.vocabulary.rewriters, *TEXT_REWRITERS}:
        remedy = did_you_mean(chosen, [*pack.vocabulary.rewriters, *TEXT_REWRITERS], "rewriters are")
        found = f"no rewriter {chosen!r}" if chosen else "no rule to take the rewriter from, and no --use"
        raise _refused(Path(identity), found, remedy)
    yield f"# yaml-language-server: $schema=../{SCHEMAS}/rule.schema.json\n"
    yield f"id: {identity}\n"
    yield "summary: Say in one sentence what the rule does to a record.\n"
    yield "why: Say what is wrong with the records it changes.\n"
    yield "severity: error            # how bad the record is if left alone: error, warning, style\n"
    yield "confidence: 0.9            # how sure you are, from 0 to 1; reports print the measured precision beside it\n"
    yield "review: {mode: all}        # who must look: all, none, or {mode: sample, rate: 0.05}\n"
    yield "\n# When it applies: all that stands here must hold. Take out what you do not need.\n"
    yield "match:\n"
    yield from _match(pack, chosen)
    yield "\n# What it does. The rewriters are:\n"
    known: Mapping[str, Any] = TEXT_REWRITERS if chosen in TEXT_REWRITERS else pack.vocabulary.rewriters
    for name, function in sorted(known.items()):
        yield f"#   {name}: {_first_line(function.__doc__)}\n"
    yield "rewrite:\n"
    yield f"  use: {chosen}\n"
    yield from _parameters(pack, chosen, sibling)
    yield "\n# Records that prove it, outputs pasted from the data in single quotes. `rewright rules check` runs\n"
    begun = "" if chosen in TEXT_REWRITERS else " None holds yet."
    yield f"# them, then takes out every line above in turn: one that no example misses is not proven.{begun}\n"
    yield "examples:\n"
    yield from _examples(pack, chosen, sibling)


def _match(pack: Pack, use: str) -> Iterator[str]:
    """Yield the part under `match`, with all that a rule of this pack can ask for as comments."""
    vocabulary = pack.vocabulary
    if use in TEXT_REWRITERS:
        form = f"{{form: {_ROUGH[use].form}}}"
        yield f"  output: {form:<18} # fenced (in a code fence), object (no text), loose (spelled otherwise)\n"
        return
    yield "  instruction:               # folded: simplified, half width, lower case, no spaces\n"
    yield f"    any: ['{_BLANK}']        # one of these must match, in google-re2 syntax\n"
    yield "    # all: ['…']             # each of these must match\n"
    yield "    # none: ['…']            # none of these may match\n"
    names = [f"<{name}>" for name in (*sorted(vocabulary.readers), *sorted(vocabulary.lexicons))]
    yield from _listed("    # names for patterns: ", names)
    for kind, facts in (("sentence", vocabulary.sentence), ("command", vocabulary.command)):
        if facts:
            yield f"  # {kind}: {{fact: value}}   # or a list of values; under `unless: {{{kind}: …}}` none may hold\n"
        for fact in facts.values():
            yield from _listed(f"  #   {fact.name}: ", _values(fact))


def _values(fact: Fact) -> list[str]:
    return ["anything"] if fact.values is None else sorted(fact.values)


def _listed(head: str, members: list[str]) -> Iterator[str]:
    """Yield a list in comment lines of at most 118 characters."""
    line = head
    for place, member in enumerate(members):
        piece = member + (", " if place + 1 < len(members) else "")
        if len(line) + len(piece) > 118:
            yield line.rstrip() + "\n"
            line = head[: len(head) - len(head.lstrip())] + "#     "
        line += piece
    yield line.rstrip() + "\n"


def _parameters(pack: Pack, use: str, sibling: Rule | None) -> Iterator[str]:
    if use in TEXT_REWRITERS:
        return
    given: Mapping[str, Any] = sibling.params if sibling is not None and sibling.use == use else {}
    known = parameters(pack.vocabulary.rewriters[use])
    for name, parameter in known.items():
        must = "needed" if parameter.default is parameter.empty else "may be left out"
        yield f"  # {name}: {name_of(parameter.annotation)}, {must}; <name> is the value that a pattern read\n"
    needed = {name: given.get(name, "…") for name, one in known.items() if one.default is one.empty}
    if needed:
        yield f"  with: {write(needed)}\n"
    elif known:
        yield f"  # with: {{{next(iter(known))}: …}}\n"


def _examples(pack: Pack, use: str, sibling: Rule | None) -> Iterator[str]:
    if use in TEXT_REWRITERS:
        wanted = _output(pack, sibling)
        yield "  - instruction: 打开灯          # any: the rule looks at the output alone\n"
        yield f"    before: {_ROUGH[use].written(wanted)}\n"
        yield f"    after: {_quoted(wanted)}\n"
        yield "  - instruction: 關上燈\n"
        yield "    note: Say why this one must be left alone.\n"
        yield f"    unchanged: {_quoted(wanted)}\n"
        return
    shown = _shown(sibling)
    before = shown.output if shown and isinstance(shown.output, str) else _output(pack, sibling)
    after = shown.after if shown and shown.after else before
    declines = shown.expects == "declines" if shown else only_declines(pack.vocabulary.rewriters[use])
    for spoken, script in zip(_SPOKEN, ("simplified", "traditional"), strict=False):
        yield f"  - instruction: {spoken}     # in {script} script, as spoken\n"
        if declines:
            yield f"    declines: {_quoted(before)}\n"
        else:
            yield f"    before: {_quoted(before)}\n"
            yield f"    after: {_quoted(after)}\n"
    yield f"  - instruction: {_SPOKEN[2]}\n"
    yield "    note: Say why this one must be left alone.\n"
    yield f"    unchanged: {_quoted(before)}\n"
    if pack.vocabulary.catalogues:
        yield f"    # devices: {next(iter(pack.vocabulary.catalogues))}   # the catalogue the example is about\n"


def _shown(sibling: Rule | None) -> Example | None:
    """Return the example of another rule whose outputs show what records look like here."""
    examples = sibling.examples if sibling is not None else ()
    return next((one for one in examples if one.expects == "after"), next(iter(examples), None))


def _output(pack: Pack, sibling: Rule | None) -> str:
    """Return an output as the pack's are: of a rule's example, else as its notation, contract or key order say."""
    rules = [rule for rule in (sibling, *pack.rules) if rule is not None and not rule.rewrites_text]
    shown = (one.after or one.output for rule in rules for one in rule.examples)
    if (output := next((one for one in shown if isinstance(one, str)), None)) is not None:
        return output
    stated = pack.contract or {}
    names = [LABEL] if pack.notation.label else stated.get("required") or stated.get("properties") or ()
    return write(dict.fromkeys(names or pack.order.get("", ()), "…"), pack.order)


def _sibling(pack: Pack, phase: str, use: str | None) -> Rule | None:
    """Return the rule to take after: one of this rewriter, or of the one that the phase uses most."""
    rules = [rule for rule in pack.rules if (rule.use == use if use else not rule.rewrites_text)]
    here = [rule for rule in rules if rule.phase == phase] or rules
    usual = Counter(rule.use for rule in here).most_common(1)
    return next((rule for rule in here if rule.use == usual[0][0]), None)


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _refused(path: Path, found: str, remedy: str) -> RuleErrors:
    return RuleErrors([Problem(path, 0, 0, found, remedy)])
