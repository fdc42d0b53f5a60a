"""What the rules of a pack can refer to: lexicons, readers, rewriters, facts and catalogues."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from curation.lexicon import Lexicon
from curation.literals import Literals, best
from curation.pattern import NamedReader, Pattern


@dataclass(frozen=True)
class Fact:
    """A fact that rules can ask for."""

    name: str
    values: frozenset[str] | None
    """All values it can have; None: any."""
    needs: Mapping[str, tuple[Pattern, ...]] = field(default_factory=dict)
    """For a value ("" for every value), patterns of which one matches wherever it holds."""

    def literals(self, wanted: frozenset[str]) -> Literals | None:
        """Return words of which one occurs in every sentence in which one of the wanted values holds."""
        found: set[str] = set()
        for value in wanted:
            patterns = self.needs.get(value, self.needs.get("", ()))
            words = [pattern.literals for pattern in patterns]
            if not words or not all(words):
                return None
            found.update(*[word for word in words if word])
        return best([frozenset(found)])


@dataclass(frozen=True)
class Vocabulary:
    """The names of all packs of a workspace together."""

    lexicons: Mapping[str, Lexicon]
    readers: Mapping[str, NamedReader]
    rewriters: Mapping[str, Callable[..., Any]]
    sentence: Mapping[str, Fact]
    command: Mapping[str, Fact]
    catalogues: Mapping[str, Any]
    python: str
    """A digest of the Python that may be called by these names."""
    whole: bool = True
    """False when a file that gives names could not be read: then an unknown name says nothing."""
    slots: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    """What templates call by name to fill a slot."""

    @property
    def names(self) -> dict[str, Lexicon | NamedReader]:
        """Return what `<name>` in a pattern can refer to."""
        return {**self.lexicons, **self.readers}


def fact_value(value: Any) -> str:
    """Return a value of a fact as facts hold it: a text."""
    return str(value).lower() if isinstance(value, bool) else str(value)
