"""The files of one pack's folder: pack.yaml, lexicons, catalogues, the contract, and the rules in numbered folders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curation.lexicon import Lexicon, lexicon_from
from curation.notation import Notation, together
from curation.pack_places import PHASE, READ_WHOLE, files_in, rules_in
from curation.pack_python import PackImportError, PackPython, load_python
from curation.pattern import BadPattern, NamedReader, compile_pattern
from curation.problems import Problem, did_you_mean
from curation.rule import Rule
from curation.rule_file import load_rule
from curation.schema import no_schema, schema_problems
from curation.schema_parts import MissingPart, whole
from curation.strict_yaml import Document, Pointer, read
from curation.text import fold
from curation.vocabulary import Fact, Vocabulary, fact_value

_NO_PACK = "write one with id: and summary:, or name the folder of a pack"
_SYNTAX = set("[]()|?")
_CLASS = re.compile(r"\[[^\[\]\\]+\]")
_NO_WORD = re.compile(r"[.*+^$\\{}<>]")


@dataclass(frozen=True)
class PackFolder:
    """What one pack's folder says, beside its rules."""

    root: Path
    document: Document
    lexicons: dict[str, Lexicon]
    lexicon_files: dict[str, Document]
    catalogues: dict[str, Any]
    catalogue: Any
    contract: Any
    python: PackPython
    facts: dict[str, dict[str, Fact]]
    rules: dict[str, tuple[int, Path]] = field(default_factory=dict)
    """Rule id as the path says -> number of its phase, and the file."""
    documents: dict[str, Any] = field(default_factory=dict)
    """Path from the root -> content, for the digest; filled as rules are read."""

    @property
    def id(self) -> str:
        """Return the pack's id."""
        return str(self.document.value["id"])

    @property
    def summary(self) -> str:
        """Return what the pack is for."""
        return str(self.document.value["summary"])

    @property
    def uses(self) -> list[str]:
        """Return the packs it refers to."""
        return list(self.document.value.get("uses", []))

    @property
    def notation(self) -> Notation:
        """Return how it says that outputs are written."""
        return together([self.document.value])

    @property
    def order(self) -> Mapping[str, list[str]]:
        """Return how outputs are written."""
        return dict(self.document.value.get("order", {}))

    def names(self) -> dict[str, Mapping[str, Any]]:
        """Return everything it gives a name to, by kind."""
        return {
            "lexicons": self.lexicons,
            "readers": self.python.readers,
            "rewriters": self.python.rewriters,
            "slots": self.python.slots,
            "sentence": self.facts["sentence"],
            "command": self.facts["command"],
            "catalogues": self.catalogues,
        }

    def rule_ids(self) -> list[str]:
        """Return the ids its rule files must have."""
        return list(self.rules)

    def content(self) -> dict[str, Any]:
        """Return everything that decides what the pack does."""
        return {"id": self.id, "files": self.documents, "python": self.python.sources}

    def problem(self, pointer: Pointer, found: str, remedy: str) -> Problem:
        """Return a problem at a place of pack.yaml."""
        return self.document.problem(pointer, found, remedy)


def read_folder(root: Path) -> tuple[PackFolder | None, list[Problem]]:
    """Return what a pack's folder says beside its rules, and all that is wrong; nothing without a pack.yaml."""
    path = root / "pack.yaml"
    if not path.is_file():
        return None, [Problem(path, 0, 0, "there is no pack.yaml", _NO_PACK)]
    document, problems = read(path)
    if document is None:
        return None, problems
    wrong = schema_problems(document, "pack")
    if problems or wrong:
        return None, problems + wrong
    content = document.value
    documents: dict[str, Any] = {"pack.yaml": content}
    lexicons, lexicon_files = _lexicons(root, problems, documents)
    catalogues = {}
    for file in files_in(root / "catalogues", "catalogue", problems, (".yaml", ".json")):
        catalogues[file.stem] = _content(file, root, problems, documents)
    catalogue = _named_file(document, "catalogue", root, problems, documents)
    contract = _contract(document, root, problems, documents)
    if contract is not None and (wrong_schema := no_schema(contract)):
        problems.append(document.problem(("contract",), f"no JSON Schema ({wrong_schema})", "mend the schema"))
    python = PackPython()
    if "python" in content:
        try:
            python = load_python(content["python"], root, content["id"])
        except PackImportError as error:
            problems.append(document.problem(("python",), f"the Python of the pack fails: {error}", "mend the module"))
    names: dict[str, Lexicon | NamedReader] = {**lexicons, **python.readers}
    facts = {kind: _facts(document, kind, names, problems) for kind in ("sentence", "command")}
    rules = _rule_paths(root, problems)
    folder = PackFolder(
        root, document, lexicons, lexicon_files, catalogues, catalogue, contract, python, facts, rules, documents
    )
    return folder, problems


def read_rules(folder: PackFolder, vocabulary: Vocabulary, phases: dict[str, int]) -> tuple[list[Rule], list[Problem]]:
    """Return the rules of a folder and all that is wrong with them; adds its phases with their numbers to `phases`."""
    rules: list[Rule] = []
    problems: list[Problem] = []
    for identity, (number, path) in folder.rules.items():
        phase = identity.partition(".")[0]
        if phases.setdefault(phase, number) != number:
            found = f"the phase {phase!r} with the number {number:02d}"
            problems.append(Problem(path.parent, 0, 0, found, f"number it {phases[phase]:02d}, as elsewhere"))
        document, wrong = read(path)
        problems += wrong
        if document is None:
            continue
        relative = path.relative_to(folder.root).as_posix()
        rule, wrong_rule = load_rule(document, vocabulary, pack=folder.id, phase=phase, path=relative)
        said = {(problem.line, problem.column) for problem in wrong}
        problems += [problem for problem in wrong_rule if (problem.line, problem.column) not in said]
        if rule is not None and not wrong:
            folder.documents[relative] = document.value
            rules.append(rule)
    return rules, problems


def _rule_paths(root: Path, problems: list[Problem]) -> dict[str, tuple[int, Path]]:
    found: dict[str, tuple[int, Path]] = {}
    for phase in sorted(path for path in root.iterdir() if path.is_dir() and path.name[:1].isdigit()):
        name = PHASE.fullmatch(phase.name)
        if name is None:
            problems.append(Problem(phase, 0, 0, f"a phase folder named {phase.name!r}", "name it like 30-trigger"))
            continue
        for path in files_in(phase, "rule file", problems):
            identity = f"{name[2]}.{path.stem}"
            if identity in found:
                problems.append(Problem(path, 0, 0, f"a second rule {identity!r}", "rename a phase or a file"))
            found[identity] = (int(name[1]), path)
    for path in rules_in(root):
        if path.parent == root or not (path.parent.name[:1].isdigit() or path.parent.name in READ_WHOLE):
            remedy = "move it into the folder of its phase, named like 30-trigger"
            problems.append(Problem(path, 0, 0, "a rule in no phase, which would never run", remedy))
    return found


def _content(path: Path, root: Path, problems: list[Problem], documents: dict[str, Any]) -> Any:
    document, wrong = read(path)
    problems += wrong
    if document is None:
        return None
    documents[path.relative_to(root).as_posix()] = document.value
    return document.value


def _named_file(document: Document, key: str, root: Path, problems: list[Problem], documents: dict[str, Any]) -> Any:
    name = document.value.get(key)
    if name is None:
        return None
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        problems.append(document.problem((key,), f"{name!r} lies outside the pack", "move the file into the folder"))
        return None
    if not path.is_file():
        near = (
            [p.relative_to(root).as_posix() for p in path.parent.glob("*") if p.is_file()]
            if path.parent.is_dir()
            else []
        )
        problems.append(
            document.problem((key,), f"there is no file {name!r}", did_you_mean(name, near, "files there are"))
        )
        return None
    relative = path.relative_to(root).as_posix()
    return documents[relative] if relative in documents else _content(path, root, problems, documents)


def _contract(document: Document, root: Path, problems: list[Problem], documents: dict[str, Any]) -> Any:
    """Return the contract with all files of the pack that it refers to, in one schema."""
    contract = _named_file(document, "contract", root, problems, documents)
    if contract is None:
        return None

    def read_part(name: str) -> Any:
        path = root / name
        if not path.is_file() or not path.resolve().is_relative_to(root.resolve()):
            return None
        return _content(path, root, problems, documents)

    try:
        return whole(contract, document.value["contract"], read_part)
    except MissingPart as missing:
        found = f"the contract refers to {missing.path!r}, which is no schema of the pack"
        problems.append(document.problem(("contract",), found, "write a $ref to a file of the pack's folder"))
        return None


def _lexicons(
    root: Path, problems: list[Problem], documents: dict[str, Any]
) -> tuple[dict[str, Lexicon], dict[str, Document]]:
    lexicons: dict[str, Lexicon] = {}
    files: dict[str, Document] = {}
    for path in files_in(root / "lexicons", "lexicon", problems):
        document, wrong = read(path)
        if document is not None:
            wrong += schema_problems(document, "lexicon")
            if not wrong:
                wrong += _lexicon_problems(document, path.stem)
        problems += wrong
        if document is None or wrong:
            continue
        lexicons[path.stem] = lexicon_from(document.value)
        files[path.stem] = document
        documents[path.relative_to(root).as_posix()] = document.value
    return lexicons, files


def _lexicon_problems(document: Document, stem: str) -> list[Problem]:
    problems: list[Problem] = []
    if document.value["id"] != stem:
        problems.append(
            document.problem(("id",), f"the id {document.value['id']!r}", f"write {stem!r}, as the file is named")
        )
    seen: dict[str, Pointer] = {}
    for value, words in document.value["entries"].items():
        for place, word in enumerate(words):
            pointer = ("entries", value, place)
            folded = fold(word).text
            sign = _foreign(word)
            if not folded:
                problems.append(document.problem(pointer, "a word of which folding leaves nothing", "take it out"))
            elif sign:
                problems.append(
                    document.problem(pointer, f"{sign!r} in a word", f"write it as [{sign}], or leave it out")
                )
            elif folded in seen:
                line = document.line(seen[folded])
                problems.append(
                    document.problem(
                        pointer, f"the word {folded!r} a second time", f"keep one: the first is on line {line}"
                    )
                )
            elif _SYNTAX & set(word):
                try:
                    compile_pattern("<x>", {"x": Lexicon("x", "", {"x": (word,)})})
                except BadPattern as error:
                    problems.append(document.problem(pointer, error.found, error.remedy))
            seen.setdefault(folded, pointer)
    return problems


def _foreign(word: str) -> str:
    """Return a sign that would mean something else than itself in the word as a pattern; empty when there is none."""
    bare = _CLASS.sub("", word)
    found = _NO_WORD.search(bare)
    if found is not None:
        return found.group()
    return next((sign for sign in bare if sign not in _SYNTAX and _SYNTAX & set(fold(sign).text)), "")


def _facts(
    document: Document, kind: str, names: Mapping[str, Lexicon | NamedReader], problems: list[Problem]
) -> dict[str, Fact]:
    found: dict[str, Fact] = {}
    for name, content in document.value.get("facts", {}).get(kind, {}).items():
        here = ("facts", kind, name)
        values = frozenset(map(fact_value, content["values"])) if "values" in content else None
        needs = content.get("needs", {})
        by_value = {"": needs} if isinstance(needs, list) else needs
        compiled = {}
        for value, sources in by_value.items():
            place = (*here, "needs", value) if isinstance(needs, dict) else (*here, "needs")
            if value and values is not None and value not in values:
                remedy = did_you_mean(value, values, "its values are")
                problems.append(document.problem(place, f"{value!r} is no value of {name!r}", remedy))
            patterns = []
            for number, source in enumerate(sources):
                try:
                    patterns.append(compile_pattern(source, names))
                except BadPattern as error:
                    at = (*place, number)
                    problems.append(document.problem(at, error.found, error.remedy))
            compiled[value] = tuple(patterns)
        found[name] = Fact(name, values, compiled)
    return found
