"""The words a pattern cannot match without, read off its syntax tree.

A pre-filter looks for these in many rows at once; only rows that have one need the pattern itself. So the answer must
never leave out a text the pattern would match, and may be as coarse as it likes the other way.
"""

from __future__ import annotations

import re
import re._constants as op  # type: ignore[import-not-found]  # the standard library's own regex parser
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, takewhile
from typing import Any, NamedTuple

Literals = frozenset[str]
_BEGINNING = 3
"""So many characters of a word are looked for by a sieve: more words begin alike than end alike."""
LIMIT = 400
"""So many words at most: beyond, the pre-filter would cost more than it saves."""


class _Facts(NamedTuple):
    exact: Literals | None
    """All texts this part can match, when they are few."""
    needed: Literals | None
    """Words of which every match of this part holds at least one."""


_ANYTHING = _Facts(None, None)
_NOTHING = _Facts(frozenset({""}), None)


def literals(source: str, placeholders: Mapping[str, Literals | None], flags: int = 0) -> Literals | None:
    """Return words of which every text that `source` matches holds at least one, or None when there are none.

    `placeholders` are characters that stand for a part with words of its own.
    """
    try:
        tree = parser.parse(source, flags)
    except RecursionError:
        return None
    found = best(_sequence(tree, placeholders))
    return None if found is None else _fewest(found)


def sieve(patterns: Iterable[re.Pattern[str] | str]) -> re.Pattern[str]:
    """Return a pattern that is found in every text in which one of these is, and in few others.

    It looks for the beginnings of words that they need, which is much quicker than looking for the patterns themselves:
    Python's engine skips from one possible first character to the next only where all alternatives begin with one.
    """
    words: set[str] = set()
    for pattern in patterns:
        source, flags = (pattern, 0) if isinstance(pattern, str) else (pattern.pattern, pattern.flags)
        needed = frozenset({source}) if source.isalnum() else literals(source, {}, flags)
        if needed is None:
            return re.compile("")  # it may match anywhere
        words.update(word[:_BEGINNING] for word in needed)
    return one_of(_fewest(frozenset(words)))


def one_of(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that is found in the texts that have one of these words, and in no others.

    Words that begin alike stand together: Python's engine tries one alternative after the other.
    """
    alternatives = []
    for first, alike in groupby(sorted(words), lambda word: word[:1]):
        rests = [re.escape(word[1:]) for word in alike]
        alternatives.append(re.escape(first) + (f"(?:{'|'.join(rests)})" if len(rests) > 1 else rests[0]))
    return re.compile("|".join(alternatives))


def of_any(patterns: Iterable[Literals | None]) -> Literals | None:
    """Return words of which a match of any of several patterns holds one, None where one of them needs none.

    Of more words than are looked for, their beginnings.
    """
    sets = list(patterns)
    words = frozenset().union(*(found for found in sets if found))
    for length in (None, _BEGINNING, 2):
        shorter = _fewest(frozenset(word[:length] for word in words))
        if len(shorter) <= LIMIT:
            return shorter if sets and all(sets) else None
    return None


def best(sets: Iterable[Literals | None]) -> Literals | None:
    """Return the most selective set: the one whose shortest word is longest, of these the smallest."""
    usable = [s for s in sets if s and "" not in s and len(s) <= LIMIT]
    if not usable:
        return None
    return min(usable, key=lambda s: (-min(map(len, s)), len(s), sorted(s)))


def _fewest(words: Literals) -> Literals:
    """Return the words without those that hold another of them."""
    sizes = sorted({len(word) for word in words})
    return frozenset(word for word in words if not any(part in words for part in _parts(word, sizes)))


def _parts(word: str, sizes: Iterable[int]) -> Iterator[str]:
    """Yield every piece of a word that has one of these sizes, but the word itself."""
    for size in takewhile(len(word).__gt__, sizes):
        for start in range(len(word) - size + 1):
            yield word[start : start + size]


def _sequence(nodes: Any, placeholders: Mapping[str, Literals | None]) -> _Facts:
    found: list[Literals | None] = []
    run: Literals = frozenset({""})
    whole, cut = True, False
    for code, argument in nodes:
        part = _part(code, argument, placeholders)
        if part.exact is not None:
            if not cut and len(run) * len(part.exact) <= LIMIT:
                run = frozenset(left + right for left in run for right in part.exact)
                continue
            beginnings = _beginnings(run, part.exact)
            if len(beginnings) <= LIMIT:
                run, whole, cut = beginnings, False, True
                continue
        whole, cut = False, False
        found += [run, part.needed]
        run = frozenset({""}) if part.exact is None else part.exact
    return _Facts(run if whole else None, best([*found, run]))


def _beginnings(run: Literals, following: Literals) -> Literals:
    """Return the beginnings of what one part and the next can match; those that are long enough say no more."""
    enough = {left for left in run if len(left) >= _BEGINNING}
    longer = {left + right for left in run - enough for right in following}
    return frozenset(word[:_BEGINNING] for word in enough | longer)


def _part(code: Any, argument: Any, placeholders: Mapping[str, Literals | None]) -> _Facts:
    if code is op.LITERAL:
        character = chr(argument)
        if character in placeholders:
            return _Facts(None, placeholders[character])
        return _Facts(frozenset({character}), None)
    if code is op.IN:
        return _characters(argument)
    if code is op.BRANCH:
        return _either([_sequence(branch, placeholders) for branch in argument[1]])
    if code is op.SUBPATTERN:
        return _sequence(argument[-1], placeholders)
    if code in (op.MAX_REPEAT, op.MIN_REPEAT):
        low, high, inner = argument
        part = _sequence(inner, placeholders)
        if low == 0:
            if high == 1 and part.exact is not None:
                return _Facts(part.exact | {""}, None)
            return _ANYTHING
        return part if low == high == 1 else _Facts(None, best(part))
    if code is op.AT:
        return _NOTHING
    return _ANYTHING


def _characters(members: Any) -> _Facts:
    found: set[str] = set()
    for code, argument in members:
        if code is op.LITERAL:
            found.add(chr(argument))
        elif code is op.RANGE and argument[1] - argument[0] < LIMIT:
            found |= {chr(point) for point in range(argument[0], argument[1] + 1)}
        else:
            return _ANYTHING
    return _Facts(frozenset(found), None) if len(found) <= LIMIT else _ANYTHING


def _either(parts: list[_Facts]) -> _Facts:
    exacts = [part.exact for part in parts if part.exact is not None]
    exact = frozenset().union(*exacts) if len(exacts) == len(parts) else None
    if exact is not None and len(exact) <= LIMIT:
        return _Facts(exact, None)
    needs = [need for need in map(best, parts) if need is not None]
    return _Facts(None, frozenset().union(*needs) if len(needs) == len(parts) else None)
