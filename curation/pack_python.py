"""A pack's Python: the module it names, the functions marked in it, and the source that its behaviour depends on."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from curation.command import digest
from curation.pattern import NamedReader


class PackImportError(Exception):
    """A pack's Python cannot be imported, or marks two functions with one name."""


@dataclass(frozen=True)
class PackPython:
    """What a pack's module provides."""

    rewriters: dict[str, Callable[..., Any]] = field(default_factory=dict)
    readers: dict[str, NamedReader] = field(default_factory=dict)
    slots: dict[str, Callable[..., Any]] = field(default_factory=dict)
    label: Callable[..., str] | None = None
    """The module's own `label(command)`: the class of a command that a target mix speaks of."""
    contract: Callable[[Any, tuple[str, ...]], dict[str, Any]] | None = None
    """The module's own `contract(catalogue, fields)`: the JSON Schema of outputs that follows from the pack's data."""
    open_context: Callable[..., Any] | None = None
    survey: Callable[..., Any] | None = None
    sources: dict[str, str] = field(default_factory=dict)
    """Module name -> digest of its source, for every module of the pack's distribution that it imports."""


def load_python(name: str, root: Path, pack: str) -> PackPython:
    """Import a dotted module, or a file of the pack's folder, and collect what is marked in it.

    Raises `PackImportError` with the line of the pack's own code at which the import failed.
    """
    try:
        module = _from_file(root / name, pack) if name.endswith(".py") else importlib.import_module(name)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        raise PackImportError(
            f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
        ) from error
    found: dict[tuple[str, str], Callable[..., Any]] = {}
    seen: set[str] = set()
    for function in _marked(module, seen):
        kind, label = function.__rewright__  # type: ignore[attr-defined]
        if found.setdefault((kind, label), function) is not function:
            raise PackImportError(f"two functions are marked as the {kind} {label!r}")
    readers = {n: NamedReader(n, f, _literals(f)) for (kind, n), f in sorted(found.items()) if kind == "reader"}
    return PackPython(
        rewriters={n: f for (kind, n), f in sorted(found.items()) if kind == "rewriter"},
        readers=readers,
        slots={n: f for (kind, n), f in sorted(found.items()) if kind == "slot"},
        label=getattr(module, "label", None),
        contract=getattr(module, "contract", None),
        open_context=getattr(module, "open_context", None),
        survey=getattr(module, "survey", None),
        sources=dict(sorted(_sources(seen).items())),
    )


def _literals(reader: Callable[..., Any]) -> frozenset[str] | None:
    """Return the words a reader declares as its attribute `literals`: every text it reads holds one of them."""
    words = getattr(reader, "literals", None)
    return None if words is None else frozenset(words)


def _from_file(path: Path, pack: str) -> ModuleType:
    name = f"rewright_pack_{pack}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _marked(module: ModuleType, seen: set[str]) -> Iterator[Callable[..., Any]]:
    """Yield the marked functions of a module and of the modules it imports or names in `__all__`."""
    seen.add(module.__name__)
    top = module.__name__.partition(".")[0]
    for name in getattr(module, "__all__", ()):
        if not hasattr(module, name):
            importlib.import_module(f"{module.__name__}.{name}")
    for value in list(vars(module).values()):
        if isinstance(value, ModuleType):
            if value.__name__ not in seen and value.__name__.partition(".")[0] == top:
                yield from _marked(value, seen)
        elif callable(value) and isinstance(getattr(value, "__rewright__", None), tuple):
            yield value


def _sources(modules: set[str]) -> dict[str, str]:
    """Return the digests of the source of these modules and of all they import from their own top-level package."""
    found: dict[str, str] = {}
    waiting = sorted(modules)
    while waiting:
        name = waiting.pop()
        top = name.partition(".")[0]
        loaded = sys.modules.get(name)
        path = getattr(loaded, "__file__", None)
        if name in found or path is None or not path.endswith(".py"):
            continue
        source = Path(path).read_text("utf-8")
        found[name] = digest(source)
        package = name if hasattr(loaded, "__path__") else name.rpartition(".")[0]
        waiting += [
            other for other in _imports(source, package) if other.partition(".")[0] == top and other in sys.modules
        ]
        waiting += [name[:dot] for dot, character in enumerate(name) if character == "."]
    return found


_IMPORT = re.compile(
    r"^[ \t]*((?:import|from[ \t]+[\w.]+[ \t]+import)[ \t]+(?:\([^()]*\)|[\w., \t*]+))(?:#.*)?$", re.MULTILINE
)
_IMPORT_WORD = re.compile(r"\bimport\b")


def _parsed(source: str) -> ast.Module:
    """Return the syntax tree of a source's imports, or one that has them among others."""
    # Nearly all imports are lines of their own, which are parsed fifty times quicker without the code around them.
    # Where the word stands anywhere else, if only in a comment, or a line is continued, all of the source is parsed.
    alone = _IMPORT.findall(source)
    if len(alone) == len(_IMPORT_WORD.findall(source)) and "\\\n" not in source:
        with suppress(SyntaxError):  # lines of a text that begin with the word
            return ast.parse("\n".join(alone))
    return ast.parse(source)


def _imports(source: str, package: str) -> Iterator[str]:
    for node in _statements(_parsed(source).body):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, base] if base else parents)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _statements(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield statements at any depth, without the expressions that make up most of a tree."""
    for node in body:
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            yield from _statements(getattr(node, part, ()))
