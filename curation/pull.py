"""Pulling: a version out of a store, checked on the way, into a modeler's repository, and pinned there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from curation.draft import StoreError
from curation.export.folder import About, check_folder, write_folder
from curation.export.loading import store_address
from curation.export.manifest import describe
from curation.export.rows import census, chosen
from curation.export.trainers import write_files
from curation.lock import Pinned, differences
from curation.manifest import Version
from curation.store import Store

USUAL_REF = "released"


class Pulled(NamedTuple):
    """What a pull left behind."""

    pinned: Pinned
    rows: Mapping[str, int]
    """By split."""
    new: bool
    """Something was written; otherwise the folder was there already, and is as it was written."""


class Differs(StoreError):  # noqa: N818 - what it is
    """Something is not as the lock file pins it."""


def place_of(source: str) -> tuple[str, str]:
    """Return store and reference of `STORE[@REF]`.

    A folder with an "@" in its name is taken as it is, and so is an address such as `abfss://container@account/path`.
    """
    store, at, ref = source.rpartition("@")
    if not (at and store and ref) or Path(source).is_dir() or ("://" in store and "/" in ref):
        return source, USUAL_REF
    return store, ref


def pull(
    store: str,
    ref: str,
    folder: Path,
    *,
    style: str = "hf",
    review: bool = False,
    about: Callable[[Store, Version], About] | None = None,
    base: Path = Path(),
    locked: Pinned | None = None,
    options: Mapping[str, str] | None = None,
) -> Pulled:
    """Export a version of a store into `folder`, checked on the way; return what to pin.

    Checked are the version's row, its content digest over every row, and the digest of every payload. `base` is the
    folder of the lock file. With `locked`, raises `Differs` before anything is written where the store or the rows
    are not what is pinned. Raises `StoreError` and `UnknownVersion`.
    """
    opened = Store(store_address(store if "://" in store else base / store), options)
    choice = chosen(opened, ref, review)
    version = choice.version
    found = census(choice)
    described = describe(choice, ref, found)
    target = folder / described.folder if style == "hf" else folder
    pinned = Pinned(
        store, ref, version.id, version.content, version.ruleset or "", style, review, found.digest, _from(base, target)
    )
    if locked is not None and (wrong := differences(locked, pinned)):
        raise Differs("; ".join(wrong))
    if style != "hf":
        write_files(choice, ref, style, folder)
        return Pulled(pinned, found.rows, new=True)
    new = not target.exists()
    if new:
        write_folder(choice, ref, folder, about and about(opened, version))
    else:
        try:
            check_folder(target, described)
        except StoreError as error:
            raise Differs(str(error)) from error
    return Pulled(pinned, found.rows, new)


def _from(base: Path, target: Path) -> str:
    """Return a path from the lock file's folder on, if it lies there."""
    try:
        return target.resolve().relative_to(base.resolve()).as_posix()
    except ValueError:
        return str(target)
