"""The set of labels of a pack: what each means, the other names it goes by, and the guidelines that a system states."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from curation.text import fold


def spelling(text: str) -> str:
    """Return what is left of a label when white space, width, script, case and punctuation do not count."""
    return "".join(filter(str.isalnum, fold(text).text))


@dataclass(frozen=True)
class Guideline:
    """A text that tells a model which labels there are and what they mean, as records carry it in `system`."""

    name: str
    system: str
    labels: frozenset[str]


@dataclass(frozen=True)
class LabelSet:
    """Labels with what they mean, in the order in which they are listed."""

    means: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Spelling of another name -> label."""
    other: str | None = None
    """The label of what none of the others is for."""
    guidelines: tuple[Guideline, ...] = ()

    @classmethod
    def read(cls, content: Any) -> LabelSet:
        """Return the set that a file states; raises `ValueError` with what is wrong in it."""
        if (error := best_match(_schema().iter_errors(content))) is not None:
            raise ValueError(f"{error.json_path}: {error.message}")
        means = {name: about["means"] for name, about in content["labels"].items()}
        aliases: dict[str, str] = {}
        for name, spelled in _names(content["labels"]):
            key = spelling(spelled)
            if not key:
                raise ValueError(f"{spelled!r} of {name!r}: write a name with letters")
            if key in aliases:
                raise ValueError(
                    f"{spelled!r} of {name!r} is, but for its spelling, a name of {aliases[key]!r} already"
                )
            aliases[key] = name
        other = content.get("other")
        if other is not None and other not in means:
            raise ValueError(f"other: {other!r} is no label")
        guidelines = tuple(
            Guideline(name, about["system"].strip(), frozenset(about["labels"]))
            for name, about in content.get("guidelines", {}).items()
        )
        for guideline in guidelines:
            if unknown := sorted(guideline.labels - means.keys()):
                raise ValueError(f"guidelines: {guideline.name}: {unknown[0]!r} is no label")
        if len({guideline.system for guideline in guidelines}) < len(guidelines):
            raise ValueError("guidelines: two of them have the same text")
        return cls(means, aliases, other, guidelines)

    def meant(self, text: str) -> str | None:
        """Return the label that a text stands for, None where it is in no way spelled like one of its names."""
        return self.aliases.get(spelling(text))

    def guideline(self, system: str) -> Guideline | None:
        """Return the guideline that a system states, word for word but for white space around it."""
        return next((one for one in self.guidelines if one.system == system.strip()), None)


def _names(labels: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each label with each of its names, its own first."""
    for name in labels:
        yield name, name
    for name, about in labels.items():
        for alias in about.get("aliases", ()):
            yield name, alias


@cache
def _schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads((Path(__file__).parent / "schema/labels.schema.json").read_text("utf-8")))
