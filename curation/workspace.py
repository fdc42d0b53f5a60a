"""Workspaces: a folder with `rewright.toml`, the store, the user's own rules and the device catalogue."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curation.pack_places import rules_in
from curation.problems import did_you_mean
from curation.shares import USUAL, Keep, Shares, keep_fits, shares_fit

CONFIG = "rewright.toml"
DEFAULT_PACK = "smart_home"
OWN_PACK = "rules"
"""The folder of a workspace that is a pack of its own as soon as it has a `pack.yaml`."""

_PACKS_TEXT = """\
# A Rewright workspace. Paths are relative to this folder.

# Rule packs: installed ones by name, folders with "./" before them. The folder rules/ needs no mention once it has a
# pack.yaml; see rules/README.md.
packs = {packs}

# Where versions are kept: a folder, or an object-store address such as "s3://bucket/prefix".
store = "store"

"""
_DEVICES_SETTING = """\
# What the devices are called and can do; `--devices FILE` takes another file for one run.
devices = "devices.yaml"

"""
_RULES_SETTINGS = """\
# A rule whose measured precision is surely at least this good may change a released version.
bar = 0.95

# What part of a data set's sentences is for what; sentences that differ in script or punctuation only stay together.
[splits]
train = 0.9
validation = 0.05
test = 0.05
seed = 0

"""
_COMMAND_MIX = """\
# What part of the records for training each class should be, for `rewright augment`: classes of the packs' templates.
# [augment.mix]
# basic = 0.4
# automation = 0.3
# complex = 0.2
# abnormal = 0.1

"""
_LABEL_SETTINGS = """\
# What part of the records for training each label should be, for `rewright augment`: labels of the packs' templates.
# [augment.mix]
# "下载场景" = 0.6
# "其他" = 0.4

# For a label that a data set has too much of, the largest share that it may have of the rows that go out. The surplus
# is dropped, drawn by a hash of the seed and the record.
# [keep]
# share = {"其他" = 0.2}
# seed = 0

"""
_OFF_TEXT = """\
# Rules that are switched off, each with the reason: "fuzzy.small-step" = "our fans have no steps"
[off]
"""

_DEVICES_TEXT = """\
# The device catalogue: what a device mentioned in an instruction can be grounded in. Every device id seen in the data
# is in it anyway; what stands here adds to that and corrects it. `rewright profile RAW --suggest-devices FILE` writes
# a first one for a data set.
#
# rooms:
#   living: [客厅, 大厅]
# devices:
#   - id: light_living_01
#     type: light
#     room: living
#     names: [灯, 吊灯]
#     properties: {brightness: {min: 1, max: 100, step: 10}}
#     commands: [turn_on, turn_off, set_brightness]
"""

_RULES_TEXT = """\
# Rules of your own

`rewright rules new trigger.sunset` begins a rule: it writes `30-trigger/sunset.yaml`, one rule a file in the folder of
its phase, and the first time a `pack.yaml`, with which this folder is a pack of the workspace:

    id: own
    summary: {summary}
    uses: {packs}

`lexicons/`, `catalogues/` and a Python file with rewriters (`python: rewriters.py`) may stand here too.
`rewright rules check rules` proves every line. A rule of another pack is switched off in `rewright.toml`, with the \
reason.
"""


class WorkspaceError(Exception):
    """There is no workspace, or its settings cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Workspace:
    """The settings of a workspace, paths made absolute."""

    root: Path
    packs: tuple[str, ...] = (DEFAULT_PACK,)
    """Names of installed packs, and folders."""
    store: str = "store"
    """A folder or an object-store address."""
    devices: Path | None = None
    """The device catalogue: as the settings name it, or `devices.yaml` where that is there."""
    bar: float = 0.95
    """Lower bound that the precision of each rule must reach in a release."""
    splits: Shares = USUAL
    keep: Keep = field(default_factory=Keep)
    """Of classes that a data set has too much of, the share that is kept."""
    mix: Mapping[str, float] = field(default_factory=dict)
    """For each class of commands the share that `rewright augment` aims at; empty where none is set."""
    off: Mapping[str, str] = field(default_factory=dict)
    """Rules that are switched off, with the reason."""

    @property
    def reports(self) -> Path:
        """Return the folder of the reports."""
        return self.root / "reports"

    @classmethod
    def create(
        cls, folder: Path, packs: Sequence[str] = (DEFAULT_PACK,), *, devices: bool = True, labels: bool = False
    ) -> Workspace:
        """Make a workspace of a folder, which may exist, with these packs; raises `WorkspaceError` where it is one.

        `devices` tells whether the packs read a catalogue of devices; where outputs are `labels` there are settings for
        their balance.
        """
        named = ", ".join(f'"{name}"' for name in packs)
        balance = _LABEL_SETTINGS if labels else _COMMAND_MIX if devices else ""
        summary = "What is particular to our homes." if devices else "What is particular to our data."
        files = {
            CONFIG: "".join(
                [
                    _PACKS_TEXT.format(packs=f"[{named}]"),
                    _DEVICES_SETTING if devices else "",
                    _RULES_SETTINGS,
                    balance,
                    _OFF_TEXT,
                ]
            ),
            "rules/README.md": _RULES_TEXT.format(summary=summary, packs=f"[{', '.join(packs)}]"),
        }
        if devices:
            files["devices.yaml"] = _DEVICES_TEXT
        if taken := [name for name in files if (folder / name).exists()]:
            raise WorkspaceError(f"{folder} has {' and '.join(taken)} already; nothing was written")
        for name in ("store", "rules"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        return cls.open(folder)

    @classmethod
    def around(cls, start: Path) -> Workspace | None:
        """Open the workspace that a folder is or lies in, None where there is none."""
        place = start.resolve()
        for folder in (place, *place.parents):
            if (folder / CONFIG).is_file():
                return cls.open(folder)
        return None

    @classmethod
    def find(cls, start: Path) -> Workspace:
        """Open the workspace that a folder is or lies in; raises `WorkspaceError` where there is none."""
        if not start.is_dir():
            raise WorkspaceError(f"{start} is no folder; make it a workspace with: rewright init {start}")
        if (home := cls.around(start)) is None:
            raise WorkspaceError(
                f"no workspace here: there is no {CONFIG} in {start.resolve()} or above; "
                "make one with: rewright init FOLDER, then go there or name it with --workspace FOLDER"
            )
        return home

    @classmethod
    def open(cls, folder: Path) -> Workspace:
        """Read the settings of a workspace; raises `WorkspaceError`."""
        path = folder / CONFIG
        try:
            content = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
        except OSError as error:
            raise WorkspaceError(f"{path}: cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise WorkspaceError(f"{path}: {error}") from error
        for key in content.keys() - _SETTINGS.keys():
            raise WorkspaceError(f"{path}: unknown setting {key!r}; {did_you_mean(key, _SETTINGS, 'settings are')}")
        for key, (fits, wanted) in _SETTINGS.items():
            if key in content and not fits(content[key]):
                raise WorkspaceError(f"{path}: {key} = {content[key]!r}; write {wanted}")
        root = folder.resolve()
        store = content.get("store", "store")
        devices = root / content.get("devices", "devices.yaml")
        return cls(
            root=root,
            packs=_packs(root, content.get("packs", [DEFAULT_PACK])),
            store=store if "://" in store else str(root / store),
            devices=devices if "devices" in content or devices.exists() else None,
            bar=float(content.get("bar", 0.95)),
            splits=Shares(**content.get("splits", {})),
            keep=Keep(**content.get("keep", {})),
            mix={label: float(share) for label, share in content.get("augment", {}).get("mix", {}).items()},
            off=content.get("off", {}),
        )


def _packs(root: Path, names: Sequence[str]) -> tuple[str, ...]:
    """Return the packs named, and the workspace's own where it has one that is not named."""
    packs = [_pack(root, name) for name in names]
    own = root / OWN_PACK
    there = (own / "pack.yaml").is_file() or rules_in(own)  # rules alone are refused when they are to be loaded
    if there and not any(Path(pack).resolve() == own.resolve() for pack in packs):
        packs.append(str(own))
    return tuple(packs)


def _pack(root: Path, name: str) -> str:
    """Return a folder's full path, and the name of an installed pack as it is."""
    return str(root / name) if "/" in name or name == "." else name


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) and one for one in value)


def _share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1


def _reasons(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(reason, str) for reason in value.values())


def _mix(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != {"mix"} or not isinstance(value["mix"], dict):
        return False
    shares = list(value["mix"].values())
    return bool(shares) and all(map(_share, shares)) and abs(sum(shares) - 1) < 1e-6


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


_SETTINGS = {
    "packs": (_texts, 'a list of packs such as ["smart_home", "./rules"]'),
    "store": (_text, "a folder or an object-store address"),
    "devices": (_text, "the path of a device catalogue"),
    "bar": (_share, "a number above 0, at most 1"),
    "splits": (shares_fit, "train, validation and test, each from 0 to 1, together 1; and a whole number as seed"),
    "keep": (keep_fits, 'share = {"LABEL" = 0.2}, shares from 0 to 1, and a whole number as seed'),
    "augment": (_mix, "a table [augment.mix] of classes and their shares, together 1"),
    "off": (_reasons, 'lines such as "fuzzy.small-step" = "why"'),
}
