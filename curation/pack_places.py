"""Where the files of a pack lie: rules in folders with a number, the phases; and what there is that is never read."""

from __future__ import annotations

import re
from pathlib import Path

from curation.problems import Problem

PHASE = re.compile(r"([0-9]{2})-([a-z][a-z0-9-]*)")
"""The name of a phase's folder: its number, which is its place among the phases, and its name."""

READ_WHOLE = frozenset({"catalogues", "lexicons", "templates"})
"""The folders without a number of which every file is read."""

_RULE = re.compile(rb"^(match|rewrite)[ \t]*:", re.MULTILINE)


def rules_in(folder: Path) -> list[Path]:
    """Return the YAML files of a folder and the folders in it that look like rules, whether or not they are read.

    Other files lie there rightly: catalogues, labels, what the Python of a pack reads. What begins with a dot or an
    underscore is left out.
    """
    files = [path for pattern in ("*.yaml", "*.yml", "*/*.yaml", "*/*.yml") for path in folder.glob(pattern)]
    shown = (path for path in files if not any(part[0] in "._" for part in path.relative_to(folder).parts))
    return sorted(path for path in shown if path.is_file() and _RULE.search(path.read_bytes()))


def files_in(folder: Path, kind: str, problems: list[Problem], suffixes: tuple[str, ...] = (".yaml",)) -> list[Path]:
    """Return the files of a folder that is read as a whole; any other than a text about them is a problem."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix in suffixes and path.is_file():
            found.append(path)
        elif path.suffix != ".md" and not path.name.startswith((".", "_")):
            named = " or ".join(f"*{suffix}" for suffix in suffixes)
            problems.append(Problem(path, 0, 0, f"not a {kind}", f"name it {named}, or move it elsewhere"))
    return found
