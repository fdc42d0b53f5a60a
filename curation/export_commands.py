"""The commands by which modelers get data: export, pull; what is heavy is imported when a command runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from curation.commands import Ref, open_store
from curation.terminal import AsJson, InWorkspace, print_line, workspace

if TYPE_CHECKING:
    from curation.export.folder import About
    from curation.lock import Asked, Pinned
    from curation.manifest import Version
    from curation.pull import Pulled
    from curation.store import Store

    Measured = Callable[[Store, Version], Mapping[str, tuple[int, int, float]]]


def _nothing(_store: Store, _version: Version) -> Mapping[str, tuple[int, int, float]]:
    """Say nothing of any rule."""
    return {}


measured: Measured = _nothing
"""Says what people's answers show of a version's rules, for the card. Set by the door: answers are another room's."""


class Format(StrEnum):
    """What an export can be."""

    HF = "hf"
    LLAMAFACTORY = "llamafactory"
    SWIFT = "swift"
    SHAREGPT = "sharegpt"
    ALPACA = "alpaca"
    MESSAGES = "messages"


_Format = Annotated[Format, typer.Option("--format", help="hf is a Hugging Face folder.")]
_Review = Annotated[
    bool, typer.Option("--include-review", help="Also rows that wait for a person, marked in `disposition`.")
]
_License = Annotated[str, typer.Option("--license", metavar="ID", help="Of the data, for the card: apache-2.0, ….")]
_Languages = Annotated[
    list[str] | None,
    typer.Option("--language", metavar="ID", help="Of the instructions, for the card: zh, …; left out unless named."),
]


def export(
    ref: Ref,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the export goes; made where it is missing.")],
    style: _Format = Format.HF,
    review: _Review = False,
    base: Annotated[
        str | None, typer.Option("--base", metavar="MODEL", help="The base model that ready-made settings name.")
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(
            "--template", metavar="NAME", help="What the trainer calls the base's chat template; else Qwen3's."
        ),
    ] = None,
    license_name: _License = "unknown",
    languages: _Languages = None,
    home: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Write a version as trainers read it, by its splits.

    Unchanged and rewritten rows; those in review are held back. Names carry a digest of the rows.
    """
    from curation.export.folder import write_folder
    from curation.export.rows import chosen
    from curation.export.trainers import BASE, write_files

    store = open_store(workspace(home))
    choice = chosen(store, ref, review)
    if style is Format.HF:
        path, manifest, rows = write_folder(choice, ref, folder, _about(store, choice.version, license_name, languages))
        paths: Sequence[Path] = (path,)
        then = ""
    else:
        paths, manifest, rows, then = write_files(choice, ref, style, folder, base or BASE, template)
    left = 0 if review else choice.version.counts["review"]
    if as_json:
        print_line(
            {
                "format": style,
                "version": choice.version.id,
                "digest": manifest.digest,
                "files": [str(path) for path in paths],
                "rows": dict(rows),
                "held_back": left,
                "command": then or None,
            }
        )
        return
    sys.stdout.writelines(f"{path}\n" for path in paths)
    told = _rows(rows) + (f"; {left:,} in review held back" if left else "")
    sys.stdout.write(f"rows    {told}\ndigest  {manifest.digest}\n")
    if then:
        sys.stdout.write(f"train   {then}\n")


def push_hub(
    ref: Ref,
    repository: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="The repository; made if missing.")],
    public: Annotated[bool, typer.Option("--public", help="For everybody; otherwise a new one is private.")] = False,
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", metavar="URL", help="Another server than the Hugging Face Hub.")
    ] = None,
    review: _Review = False,
    license_name: _License = "unknown",
    languages: _Languages = None,
    home: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Upload a version to the Hugging Face Hub.

    The folder of `export --format hf`, in one commit, tagged. Needs the extra hub, and a token as `hf auth login`
    leaves it or in HF_TOKEN.
    """
    from curation.export.hub import push
    from curation.export.rows import chosen

    store = open_store(workspace(home))
    choice = chosen(store, ref, review)
    about = _about(store, choice.version, license_name, languages)
    done = push(choice, ref, repository, about, private=not public, endpoint=endpoint)
    if as_json:
        print_line(done._asdict())
    else:
        sys.stdout.write(f"{done.url}\ncommit  {done.commit}\ntag     {done.tag}\ndigest  {done.digest}\n")


def pull(
    source: Annotated[
        str | None,
        typer.Argument(metavar="STORE[@TAG]", help="A store or workspace, local or in an object store; tag released."),
    ] = None,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the data goes.")] = Path("data"),
    style: _Format = Format.HF,
    review: _Review = False,
    locked: Annotated[
        bool, typer.Option("--locked", help="Fail where anything is not as the lock file pins it; without STORE, all.")
    ] = False,
    lock: Annotated[Path, typer.Option("--lock", metavar="FILE", help="The lock file.")] = Path("rewright.lock"),
    license_name: _License = "unknown",
    languages: _Languages = None,
    as_json: AsJson = False,
) -> None:
    """Get a version out of a store, checked, and pin it.

    rewright.lock says which version it is, by which rules, with which rows. Exit code 1 where --locked finds a
    difference.
    """
    from curation.draft import StoreError
    from curation.lock import Asked, read_lock, write_lock
    from curation.pull import Differs, place_of
    from curation.pull import pull as pulled

    known = {one.asked: one for one in read_lock(lock)}
    base = lock.parent
    if source is not None:
        address, ref = place_of(source)
        wanted = [Asked(address if "://" in address else _seen_from(base, address), ref, style, review)]
    elif locked and not known:
        found = "the lock file pins nothing" if lock.exists() else "there is no such lock file"
        raise StoreError(
            f"{lock}: {found}; name the right one with --lock, or pin a data set with: rewright pull STORE"
        )
    elif locked:
        wanted = list(known)
    else:
        raise typer.BadParameter("name a store, or give --locked")
    done: dict[Asked, Pulled | str] = {}
    for asked in wanted:
        pin = known.get(asked) if locked else None
        if locked and pin is None:
            done[asked] = f"{lock} does not pin it"
            continue
        try:
            done[asked] = pulled(
                asked.store,
                asked.ref,
                _parent(base, pin) if pin else folder,
                style=asked.format,
                review=asked.review,
                about=lambda store, version: _about(store, version, license_name, languages),
                base=base,
                locked=pin,
            )
        except Differs as error:
            done[asked] = str(error)
    _tell(done, as_json)
    if any(isinstance(one, str) for one in done.values()):
        raise typer.Exit(1)
    if not locked:
        pins = {asked: one.pinned for asked, one in done.items() if not isinstance(one, str)}
        write_lock(lock, list((known | pins).values()))


def _tell(done: Mapping[Asked, Pulled | str], as_json: bool) -> None:
    if as_json:
        listed: list[dict[str, Any]] = []
        for asked, found in done.items():
            if isinstance(found, str):
                listed.append({**asked._asdict(), "ok": False, "differs": found})
            else:
                listed.append({**asdict(found.pinned), "ok": True, "new": found.new, "rows": dict(found.rows)})
        print_line({"ok": not any(isinstance(one, str) for one in done.values()), "data": listed})
        return
    for asked, found in done.items():
        if isinstance(found, str):
            sys.stdout.write(f"{asked} differs: {found}\n")
            continue
        state = "new" if found.new else "there already, and as it was"
        sys.stdout.write(f"{found.pinned.folder}  {state}\n")
        sys.stdout.write(f"rows     {_rows(found.rows)}\nversion  {found.pinned.version}\n")
        sys.stdout.write(f"rules    {found.pinned.ruleset or 'none'}\ndigest   {found.pinned.digest}\n")


def _about(store: Store, version: Version, license_name: str, languages: list[str] | None) -> About:
    from curation.export.folder import About

    return About(license_name, tuple(languages or ()), measured(store, version))


def _rows(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} {split}" for split, n in rows.items())


def _seen_from(base: Path, address: str) -> str:
    """Return a folder as the lock file's folder names it; a full path stays one."""
    return address if Path(address).is_absolute() or base == Path() else os.path.relpath(address, base)


def _parent(base: Path, pin: Pinned) -> Path:
    """Return the folder into which a data set was pulled."""
    target = base / pin.folder
    return target.parent if pin.format == Format.HF else target
