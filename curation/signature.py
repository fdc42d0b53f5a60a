"""Parameters of a rule file against the signature of the rewriter they go to."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Never, NoReturn, Union, get_args, get_origin, get_type_hints

REFERENCE = re.compile(r"<([a-z][a-z0-9_-]*)>")
"""A whole text of this form in `with` stands for the value a pattern read."""

_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", type(None): "null"}
_FIXED = 3  # command, match, context


@dataclass(frozen=True)
class Mismatch:
    """A parameter that does not fit: where it stands in the mapping, what was found, what is expected."""

    pointer: tuple[str | int, ...]
    found: str
    expected: str


@cache
def parameters(rewriter: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """Return the parameters a rule file can set, with resolved types as their annotations."""
    hints = get_type_hints(rewriter)
    own = list(inspect.signature(rewriter).parameters.values())[_FIXED:]
    return {p.name: p.replace(annotation=hints.get(p.name, Any)) for p in own if p.kind is not p.VAR_KEYWORD}


@cache
def only_declines(rewriter: Callable[..., Any]) -> bool:
    """Tell whether a rewriter says by its type that it never gives a result: `-> None`, `-> Never`, `-> NoReturn`."""
    return get_type_hints(rewriter).get("return", Any) in (type(None), Never, NoReturn)


def mismatches(rewriter: Callable[..., Any], given: Mapping[str, Any]) -> Iterator[Mismatch]:
    """Yield the given values that do not have the type the rewriter declares."""
    for name, parameter in parameters(rewriter).items():
        if name in given:
            yield from _mismatch(given[name], parameter.annotation, (name,))


def missing(rewriter: Callable[..., Any], given: Mapping[str, Any]) -> list[str]:
    """Return the parameters without a default that were not given."""
    return [
        n
        for n, p in parameters(rewriter).items()
        if p.default is p.empty and p.kind is not p.VAR_POSITIONAL and n not in given
    ]


def unknown(rewriter: Callable[..., Any], given: Mapping[str, Any]) -> list[str]:
    """Return the given names that the rewriter does not take."""
    if any(p.kind is p.VAR_KEYWORD for p in inspect.signature(rewriter).parameters.values()):
        return []
    return [name for name in given if name not in parameters(rewriter)]


def _mismatch(value: Any, hint: Any, at: tuple[str | int, ...]) -> Iterator[Mismatch]:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any or hint is object or (isinstance(value, str) and REFERENCE.fullmatch(value)):
        return
    if origin in (Union, types.UnionType):
        if all(next(_mismatch(value, choice, at), None) for choice in arguments):
            yield Mismatch(at, shown(value), name_of(hint))
    elif origin is Literal:
        if not any(value == choice and type(value) is type(choice) for choice in arguments):
            yield Mismatch(at, shown(value), name_of(hint))
    elif _is(origin or hint, Mapping):
        if not isinstance(value, dict):
            yield Mismatch(at, shown(value), name_of(hint))
        elif len(arguments) == 2:
            for key, member in value.items():
                yield from _mismatch(key, arguments[0], (*at, key))
                yield from _mismatch(member, arguments[1], (*at, key))
    elif not _is(origin or hint, str) and _is(origin or hint, Sequence):
        if not isinstance(value, list):
            yield Mismatch(at, shown(value), name_of(hint))
        elif arguments:
            for place, member in enumerate(value):
                yield from _mismatch(member, arguments[0], (*at, place))
    elif isinstance(hint, type) and not _fits(value, hint):
        yield Mismatch(at, shown(value), name_of(hint))


def _fits(value: Any, hint: type) -> bool:
    if isinstance(value, bool):
        return hint is bool
    return isinstance(value, (int, float) if hint is float else hint)


def _is(hint: Any, kind: type) -> bool:
    return isinstance(hint, type) and issubclass(hint, kind)


def shown(value: Any) -> str:
    """Return a value as an error message shows it."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def name_of(hint: Any) -> str:
    """Return a type as the catalogue and error messages print it."""
    if get_origin(hint) is None and isinstance(hint, type):
        return _WORDS.get(hint, hint.__name__)
    return str(hint).replace("typing.", "").replace("collections.abc.", "").replace("NoneType", "None")
