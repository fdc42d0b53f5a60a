"""Grids: all combinations of some settings, the rest as a profile has them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from curation.problems import did_you_mean
from training.settings import Settings, SettingsError, changed, profiles, read_settings, read_toml

GRIDS = Path(__file__).parent / "grids"


@dataclass(frozen=True)
class Point:
    """One combination."""

    name: str
    """The varied settings and their values, fit for a folder's name."""
    changes: dict[str, Any]
    settings: Settings

    def options(self) -> list[str]:
        """Return the combination as options of `rewright train`."""
        # Numbers, texts, lists and truth values are written alike in JSON and TOML.
        return [word for name, value in self.changes.items() for word in ("--set", f"{name}={json.dumps(value)}")]


@dataclass(frozen=True)
class Grid:
    """The combinations of a grid file, in the order of the file: its last line changes fastest."""

    config: str
    """A profile, or the path of a file with settings."""
    points: Sequence[Point]


def grids() -> list[str]:
    """Return the names of the grids that come with Rewright."""
    return sorted(file.stem for file in GRIDS.glob("*.toml"))


def read_grid(name: str) -> Grid:
    """Return a grid by its name or its file.

    The file says `config = "practice"` (a profile, or a file beside this one) and under `[grid]` a list of values for
    each setting: `rank = [16, 32]`. Settings that change together stand in one line:
    `"rank, alpha" = [[16, 32], [32, 64]]`. Raises `SettingsError`.
    """
    path = GRIDS / f"{name}.toml" if name in grids() else Path(name)
    if not path.is_file():
        raise SettingsError(f"no grid {name!r}; {did_you_mean(name, grids(), 'grids are')}, or a file")
    content = read_toml(path)
    for key in content.keys() - _KNOWN:
        raise SettingsError(f"{path}: unknown key {key!r}; {did_you_mean(key, _KNOWN, 'keys are')}")
    config, lists = content.get("config", "practice"), content.get("grid")
    if not isinstance(config, str):
        raise SettingsError(f"{path}: config = {config!r}; write the name of a profile, or a file")
    if not isinstance(lists, dict) or not lists:
        raise SettingsError(f"{path}: no [grid]; write a list of values for each setting, such as rank = [16, 32]")
    config = config if config in profiles() else str(path.parent / config)
    base = read_settings(config)
    axes = [_axis(key, values, path) for key, values in lists.items()]
    varied = [name for axis in axes for name in axis[0]]
    if len(set(varied)) < len(varied):
        raise SettingsError(f"{path}: a setting stands in two lines of [grid]; put it in one")
    points = [
        _point(base, {name: value for one in chosen for name, value in one.items()}, path) for chosen in product(*axes)
    ]
    names = [point.name for point in points]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SettingsError(f"{path}: {twice[0]} stands twice; give each value once")
    return Grid(config, points)


_KNOWN = {"config", "grid"}


def _axis(key: str, values: Any, path: Path) -> list[dict[str, Any]]:
    """Return what one line of a grid changes, for each of its values."""
    names = [name.strip() for name in key.split(",")]
    if not isinstance(values, list) or not values:
        raise SettingsError(f"{path}: {key} = {values!r}; write a list of values")
    if len(names) == 1:
        return [{names[0]: value} for value in values]
    for value in values:
        if not isinstance(value, list) or len(value) != len(names):
            raise SettingsError(f"{path}: {key} has {value!r}; write a list of {len(names)} values")
    return [dict(zip(names, value, strict=True)) for value in values]


def _point(base: Settings, changes: dict[str, Any], path: Path) -> Point:
    settings = changed(base, changes, str(path))
    return Point(
        "-".join(re.sub(r"[^\w.+-]", "_", f"{name}{value}") for name, value in changes.items()), changes, settings
    )
