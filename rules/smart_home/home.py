"""What the smart-home pack knows beside a record: its vocabulary and the device catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from curation.rewriting import Command
from curation.text import Folded
from rules.smart_home.catalogue import Catalogue, load
from rules.smart_home.sentence import Analysis, analyse
from rules.smart_home.steps import Shape, is_blank, take_apart
from rules.smart_home.triggers import is_canonical
from rules.smart_home.vocabulary import Vocabulary

_REMEMBERED = 256  # sentences: several rules ask about the one at hand, and hardly any comes twice in a data set


class Home:
    """The context that rewriters get: sentences analysed once, commands described, devices grounded."""

    def __init__(self, lexicons: Mapping[str, Any], catalogue: Catalogue) -> None:
        """Join the pack's lexicons with the names of the catalogue."""
        self.lexicons = lexicons
        self.catalogue = catalogue
        self.vocabulary = Vocabulary(lexicons, catalogue.spoken)
        self._analyse = lru_cache(maxsize=_REMEMBERED)(self._analysed)

    def analyse(self, text: Folded) -> Analysis:
        """Return what the sentence says."""
        return self._analyse(text)

    def _analysed(self, text: Folded) -> Analysis:
        return analyse(text, self.vocabulary)

    def describe(self, command: Command) -> Mapping[str, frozenset[str]]:
        """Return the facts of a command that rule files may ask for."""
        shape = take_apart(command)
        return _facts(
            _kind(command, shape),
            str(command.get("error", "none")),
            "absent" if is_blank(command.get("function")) else "present",
            _trigger(shape),
            "none" if not shape.steps else "one" if len(shape.steps) == 1 else "several",
            _device(command, shape),
            shape.form,
        )


@lru_cache(maxsize=1024)
def _facts(
    kind: str, error: str, function: str, trigger: str, actions: str, device: str, shape: str
) -> Mapping[str, frozenset[str]]:
    """Return the facts of a command; of thousands of commands few differ in them, and these share one object."""
    return {
        "kind": frozenset({kind}),
        "error": frozenset({error}),
        "function": frozenset({function}),
        "trigger": frozenset({trigger}),
        "actions": frozenset({actions}),
        "device": frozenset({device}),
        "shape": frozenset({shape}),
    }


def _kind(command: Command, shape: Shape) -> str:
    if "error" in command:
        return "error"
    known = {"iot", "sensor_trigger", "chain", "sql", "optimization"}
    return shape.mcp_type if shape.mcp_type in known else "unknown"


def _device(command: Command, shape: Shape) -> str:
    if shape.form != "flat" or shape.mcp_type != "iot" or "device_id" not in command["params"]:
        return "none"
    return "first" if next(iter(command["params"])) == "device_id" else "later"


def _trigger(shape: Shape) -> str:
    if shape.trigger is None:
        return "absent"
    return "present" if is_canonical(shape.trigger) and shape.form != "flat" else "old"


def open_home(lexicons: Mapping[str, Any], content: Mapping[str, Any] | None) -> Home:
    """Return the context for a catalogue as read from a file and a survey: `{"rooms", "devices", "seen"}`."""
    content = content or {}
    rooms = {room: tuple(words) for room, words in lexicons["rooms"].entries.items()}
    return Home(lexicons, load(content, rooms, content.get("seen", ())))
