"""What differs between the rules of two versions: rules and lexicons, the device catalogue, what is switched off."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from curation.manifest import Ruleset


class RuleChanges(NamedTuple):
    """The files and settings that two rule sets do not have in common, each list sorted."""

    added: tuple[str, ...]
    """Files of packs, rules by their id."""
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    settings: tuple[str, ...]
    """Others that differ: the device catalogue, rules switched off, whether duplicates are kept."""
    libraries: Mapping[str, tuple[str | None, str | None]]
    """Version before and after of each library that differs; they are no part of a rule set's digest."""

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return any(self)


def rule_changes(before: Ruleset | None, after: Ruleset | None) -> RuleChanges:
    """Return what differs between two rule sets; None stands for no rules."""
    first, second = _parts(before), _parts(after)
    files = {name: (first[0].get(name), second[0].get(name)) for name in sorted({*first[0], *second[0]})}
    used = [dict(rules.libraries) if rules else {} for rules in (before, after)]
    return RuleChanges(
        tuple(name for name, (old, _) in files.items() if old is None),
        tuple(name for name, (_, new) in files.items() if new is None),
        tuple(name for name, (old, new) in files.items() if None not in (old, new) and old != new),
        tuple(name for name in sorted({*first[1], *second[1]}) if first[1].get(name) != second[1].get(name)),
        {
            name: (used[0].get(name), used[1].get(name))
            for name in sorted({*used[0], *used[1]})
            if used[0].get(name) != used[1].get(name)
        },
    )


def _parts(rules: Ruleset | None) -> tuple[dict[str, str], dict[str, str]]:
    """Return the files of a rule set by name, and its other settings, each as text to compare."""
    files: dict[str, str] = {}
    settings: dict[str, str] = {}
    try:
        content = json.loads(rules.text) if rules else {}
    except ValueError:
        content = {"text": rules.text if rules else ""}
    for name, value in content.items() if isinstance(content, dict) else [("text", content)]:
        if name == "pack":
            pack = json.loads(value) if isinstance(value, str) else value
            for number, folder in enumerate(pack.pop("packs", ())):
                found = folder.pop("files", {})
                files |= {_name(path, text): json.dumps(text) for path, text in found.items()}
                settings[f"pack {folder.get('id', number + 1)}"] = json.dumps(folder)
            settings |= {key: json.dumps(of) for key, of in pack.items()}
        else:
            settings[name] = json.dumps(value)
    return files, settings


def _name(path: str, content: Any) -> str:
    """Return a rule's id, and the path of any other file."""
    in_phase = path[:1].isdigit() and isinstance(content, dict)
    return str(content["id"]) if in_phase and isinstance(content.get("id"), str) else path
