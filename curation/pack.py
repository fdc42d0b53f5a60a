"""Packs: folders of rules and all that these refer to, loaded whole or refused with every error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import util
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, cast

from curation.command import digest
from curation.formats import Order
from curation.notation import Notation, together
from curation.pack_files import PackFolder, read_folder, read_rules
from curation.problems import Problem, RuleErrors, did_you_mean
from curation.rewriting import Command, Context
from curation.rule import Rule
from curation.rule_file import canonical
from curation.strict_yaml import Document
from curation.text import Folded
from curation.vocabulary import Vocabulary

ENTRY_POINTS = "rewright.packs"


@dataclass(frozen=True)
class Pack:
    """The rules of one pack, or of several together, checked and ready to run."""

    id: str
    """The pack's id; of several, their ids joined by "+"."""
    summary: str
    roots: tuple[Path, ...]
    phases: tuple[str, ...]
    """In the order in which they run."""
    rules: tuple[Rule, ...]
    """By phase, then by id, without those switched off."""
    off: Mapping[str, str]
    """Rules that are switched off, with the reason."""
    vocabulary: Vocabulary
    lexicon_files: Mapping[str, Document] = field(repr=False)
    """For each lexicon its file with the place of every value, for messages."""
    notation: Notation
    """How outputs are written, and what rules see of a record."""
    order: Order
    """Of what rules see."""
    contract: Mapping[str, Any] | None
    """The JSON Schema that finished outputs, as rules see them, must satisfy."""
    catalogue: Any
    """The device catalogue that examples are about unless they name another."""
    text: str = field(repr=False)
    """Everything that decides what the rules do, as one canonical text; `digest` is over it."""
    digest: str
    survey: Callable[..., Any] | None = field(repr=False)
    """The pack's own reading of a data set, when it has one: batches of records to a catalogue."""
    label: Callable[[Command], str] | None = field(repr=False)
    """The pack's own classes of commands, when it has any: what a target mix speaks of."""
    _open: Callable[..., Context] | None = field(repr=False)

    @property
    def kind_key(self) -> str:
        """Return the member of a command that tells its type: the first in the pack's key order."""
        return next(iter(self.order.get("", ("type",))), "type")

    def open_context(self, catalogue: Any = None) -> Context:
        """Return what the pack knows beside the record; a pack without Python knows nothing."""
        return _Nothing() if self._open is None else self._open(self, catalogue)

    def rule(self, identity: str) -> Rule:
        """Return the rule with this id; raises `KeyError` that names the nearest one."""
        for rule in self.rules:
            if rule.id == identity:
                return rule
        raise KeyError(f"no rule {identity!r}; {did_you_mean(identity, [r.id for r in self.rules], 'rules are')}")

    def of_phase(self, phase: str) -> tuple[Rule, ...]:
        """Return the rules of a phase."""
        return tuple(rule for rule in self.rules if rule.phase == phase)


@dataclass(frozen=True)
class _Silence:
    facts: Mapping[str, frozenset[str]] = field(default_factory=dict)


class _Nothing:
    """The context of a pack without Python: no fact is known."""

    def analyse(self, text: Folded) -> _Silence:  # noqa: ARG002
        return _Silence()

    def describe(self, command: Command) -> Mapping[str, frozenset[str]]:  # noqa: ARG002
        return {}


def installed_packs() -> dict[str, Path]:
    """Return the folders of the packs that installed packages offer, by entry point name."""
    found: dict[str, Path] = {}
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda p: (p.name, p.value)):
        spec = util.find_spec(point.value.partition(":")[0])
        places = spec.submodule_search_locations if spec is not None else None
        if places:
            found[point.name] = Path(next(iter(places)))
    return found


def load_pack(folder: Path, *, off: Mapping[str, str] | None = None) -> Pack:
    """Return the pack in a folder; raises `RuleErrors` with all that is wrong in any of its files."""
    return load_packs([folder], off=off)


def load_packs(
    sources: Sequence[Path | str], *, off: Mapping[str, str] | None = None, config: Path = Path("rewright.toml")
) -> Pack:
    """Return the packs in these folders, or installed under these names, as one.

    Packs that one of them uses are added when they are installed. `off` switches off rules by id, each with a reason,
    as `config` says. Raises `RuleErrors` with all that is wrong in any file of any of them.
    """
    problems: list[Problem] = []
    folders = _folders(sources, problems)
    vocabulary = _together(folders, problems)
    rules: list[Rule] = []
    phases: dict[str, int] = {}
    for folder in folders:
        found, wrong = read_rules(folder, replace(vocabulary, python=_python(folder, folders)), phases)
        rules += found
        problems += wrong
    rules.sort(key=lambda rule: (phases[rule.phase], rule.phase, rule.id))
    switched = dict(off or {})
    known = {stem for folder in folders for stem in folder.rule_ids()}
    for identity, reason in sorted(switched.items()):
        if identity not in known:
            remedy = did_you_mean(identity, known, "rules are")
            problems.append(Problem(config, 0, 0, f"{identity!r} is switched off and does not exist", remedy))
        elif not reason.strip():
            problems.append(Problem(config, 0, 0, f"{identity!r} is switched off without a reason", "write why"))
    problems += _same_id(rules)
    opening = [folder for folder in folders if folder.python.open_context is not None]
    for folder in opening[1:]:
        found_two = f"a second open_context (the pack {opening[0].id!r} has one)"
        problems.append(folder.problem(("python",), found_two, "load the two packs in workspaces of their own"))
    catalogue = next((folder.catalogue for folder in folders if folder.catalogue is not None), None)
    contract = _contract(folders, catalogue, problems)
    problems += _two_notations(folders)
    if problems:
        raise RuleErrors(problems)
    return _pack(folders, tuple(rules), phases, vocabulary, switched, opening, catalogue, contract)


def _pack(
    folders: list[PackFolder],
    rules: tuple[Rule, ...],
    phases: Mapping[str, int],
    vocabulary: Vocabulary,
    off: Mapping[str, str],
    opening: list[PackFolder],
    catalogue: Any,
    contract: Mapping[str, Any] | None,
) -> Pack:
    text = canonical({"packs": [folder.content() for folder in folders], "off": off})
    labels = [folder.python.label for folder in folders if folder.python.label is not None]
    surveys = [folder.python.survey for folder in folders if folder.python.survey is not None]
    notation = together(folder.document.value for folder in folders)
    order = {key: tuple(keys) for folder in reversed(folders) for key, keys in folder.order.items()}
    return Pack(
        id="+".join(folder.id for folder in folders),
        summary=folders[0].summary,
        roots=tuple(folder.root for folder in folders),
        phases=tuple(sorted(phases, key=lambda name: (phases[name], name))),
        rules=tuple(rule for rule in rules if rule.id not in off),
        off=off,
        vocabulary=vocabulary,
        lexicon_files={name: file for folder in folders for name, file in folder.lexicon_files.items()},
        notation=notation,
        order=notation.order or order,
        contract=contract,
        catalogue=catalogue,
        text=text,
        digest=digest(text),
        survey=surveys[0] if surveys else None,
        label=labels[0] if labels else None,
        _open=cast("Callable[..., Context]", opening[0].python.open_context) if opening else None,
    )


def _contract(folders: list[PackFolder], catalogue: Any, problems: list[Problem]) -> Mapping[str, Any] | None:
    """Return the contract that a file states, else the one that a pack's Python makes of the catalogue."""
    stated = next((folder.contract for folder in folders if folder.contract is not None), None)
    makers = [folder.python.contract for folder in folders if folder.python.contract is not None]
    if stated is not None or catalogue is None or not makers:
        return stated
    try:
        return makers[0](catalogue, together(folder.document.value for folder in folders).fields)
    except ValueError as error:
        owner = next(folder for folder in folders if folder.catalogue is not None)
        problems.append(owner.problem(("catalogue",), str(error), "mend the file"))
        return None


def _two_notations(folders: list[PackFolder]) -> Iterator[Problem]:
    """Yield the packs whose outputs are objects beside one whose outputs are labels."""
    labels = next((folder for folder in folders if folder.notation.label), None)
    if labels is not None:
        for folder in folders:
            if folder.document.value.get("output") == "object" or folder.order:
                found = f"outputs that are objects, beside the pack {labels.id!r}, whose outputs are labels"
                yield folder.problem((), found, "load the two packs in workspaces of their own")


def _folders(sources: Sequence[Path | str], problems: list[Problem]) -> list[PackFolder]:
    """Return the folders of the sources and of the packs they use, those used first."""
    installed: dict[str, Path] | None = None
    found: dict[str, PackFolder] = {}
    waiting = list(sources)
    while waiting:
        source = waiting.pop(0)
        path = Path(source)
        if isinstance(source, str) and (path.name == source or not path.is_dir()):
            installed = installed_packs() if installed is None else installed
            if source in installed:  # a folder of this name may lie here by chance
                path = installed[source]
            elif not path.is_dir():
                remedy = did_you_mean(source, installed, "installed packs are")
                problems.append(Problem(path, 0, 0, f"no folder and no installed pack {source!r}", remedy))
                continue
        folder, wrong = read_folder(path)
        problems += wrong
        if folder is None:
            continue
        other = found.get(folder.id)
        if other is not None:
            if other.root.resolve() != folder.root.resolve():
                two = f"a second pack with the id {folder.id!r} (the first is {other.root.name}/)"
                problems.append(folder.problem(("id",), two, "give one of them another id"))
            continue
        found[folder.id] = folder
        waiting += [name for name in folder.uses if name not in found and name not in map(_name, waiting)]
    placed: dict[str, PackFolder] = {}
    for folder in found.values():
        _place(folder, found, placed, set())
    return list(placed.values())


def _name(source: Path | str) -> str:
    return Path(source).name


def _place(folder: PackFolder, found: Mapping[str, PackFolder], placed: dict[str, PackFolder], above: set[str]) -> None:
    for name in folder.uses:
        if name in found and name not in above:
            _place(found[name], found, placed, above | {folder.id})
    placed.setdefault(folder.id, folder)


def _python(folder: PackFolder, folders: Sequence[PackFolder]) -> str:
    """Return the digest of the Python that a pack's rules call: its own, and that of the packs it uses.

    A pack that neither opens a context nor says what it uses lives on those beside it, whichever they are.
    """
    by_id = {other.id: other for other in folders}
    used: dict[str, Mapping[str, str]] = {}
    waiting = [folder] if folder.uses or folder.python.open_context is not None else list(folders)
    while waiting:
        one = waiting.pop()
        used[one.id] = one.python.sources
        waiting += [by_id[name] for name in one.uses if name in by_id and name not in used]
    return digest(canonical({module: source for sources in used.values() for module, source in sources.items()}))


def _together(folders: Iterable[PackFolder], problems: list[Problem]) -> Vocabulary:
    """Return the names of all folders together; a name that two of them give is a problem."""
    merged: dict[str, dict[str, Any]] = {
        kind: {} for kind in ("lexicons", "readers", "rewriters", "slots", "sentence", "command", "catalogues")
    }
    python: dict[str, str] = {}
    for folder in folders:
        python.update(folder.python.sources)
        for kind, names in folder.names().items():
            shared = ("lexicons", "readers") if kind in {"lexicons", "readers"} else (kind,)
            for name, value in names.items():
                if any(name in merged[other] for other in shared):
                    taken = f"the name {name!r} a second time ({' or '.join(shared)})"
                    problems.append(folder.problem((), taken, "give one of the two another name"))
                else:
                    merged[kind][name] = value
    return Vocabulary(**merged, python=digest(canonical(python)), whole=not problems)


def _same_id(rules: Sequence[Rule]) -> list[Problem]:
    first: dict[str, Rule] = {}
    problems: list[Problem] = []
    for rule in rules:
        if rule.id in first:
            found = (
                f"a second rule with the id {rule.id!r} (the first is {first[rule.id].path} of {first[rule.id].pack})"
            )
            problems.append(rule.document.problem(("id",), found, "give one of the two files another name"))
        first.setdefault(rule.id, rule)
    return problems
