"""What the meeting pack knows beside a record: its tools, and the words that people have for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from curation.lexicon import Lexicon
from curation.rewriting import Command
from curation.text import Folded
from rules.meeting_tools.tools import Tool, tools_of

_REMEMBERED = 4096  # sentences


@dataclass(frozen=True)
class Asked:
    """What one instruction asks for."""

    text: Folded
    tools: frozenset[str]
    """The tools that its words speak of."""

    @property
    def facts(self) -> Mapping[str, frozenset[str]]:
        """Return what rule files may ask of a sentence."""
        return {"tool": self.tools or frozenset({"none"})}


class Meetings:
    """The context that rewriters get."""

    def __init__(self, lexicons: Mapping[str, Lexicon], contract: Mapping[str, Any]) -> None:
        """Read the tools off the contract."""
        self.tools: Mapping[str, Tool] = tools_of(contract)
        self._words = lexicons["tools"]
        self._analyse = lru_cache(maxsize=_REMEMBERED)(self._analysed)

    def analyse(self, text: Folded) -> Asked:
        """Return what the sentence asks for."""
        return self._analyse(text)

    def _analysed(self, text: Folded) -> Asked:
        return Asked(text, frozenset(tool for _, tool in self._words.find(text.text)))

    def describe(self, command: Command) -> Mapping[str, frozenset[str]]:
        """Return the facts of a call that rule files may ask for."""
        name, parameters = command.get("tool_name"), command.get("parameters")
        known = isinstance(name, str) and name in self.tools
        tool = "absent" if name in (None, "") else "known" if known else "unknown"
        kind = "object" if isinstance(parameters, dict) else "text" if isinstance(parameters, str) else "other"
        return {"tool": frozenset({tool}), "parameters": frozenset({kind})}
