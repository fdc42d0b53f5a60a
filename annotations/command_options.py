"""What the commands of review and release share: options, the version they are about, what people settled of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from curation.commands import open_store
from curation.terminal import note, workspace

if TYPE_CHECKING:
    from annotations.decisions import Policy, Settlement
    from annotations.replay import Rejudge
    from annotations.server.address import Address
    from curation.curate import Progress
    from curation.manifest import Version
    from curation.store import Store
    from curation.workspace import Workspace

Which = Annotated[
    str | None, typer.Argument(metavar="[REF]", help="A version; the newest that rules or people made unless named.")
]
Bar = Annotated[
    float | None,
    typer.Option(
        "--bar", min=0.0, max=1.0, help="The precision a rule must surely have; the workspace's unless named."
    ),
]
Owner = Annotated[
    str, typer.Option("--owner", envvar="REWRIGHT_OWNER", metavar="NAME", help="Whose answer always decides.")
]
Answers = Annotated[
    int,
    typer.Option("--answers", envvar="REWRIGHT_ANSWERS", min=1, metavar="N", help="Answers that each question needs."),
]
DataSet = Annotated[str, typer.Option("--dataset", metavar="NAME", help="The data set on the Argilla server.")]
Tag = Annotated[str | None, typer.Option("--tag", metavar="NAME", help="A tag for the new version.")]


def opened(folder: Path | None, ref: str | None) -> tuple[Workspace, Store, Version]:
    """Open the workspace, its store, and the version that is named, else the newest that rules or people made."""
    from curation.draft import StoreError

    home = workspace(folder)
    store = open_store(home)
    if ref is not None:
        return home, store, store.version(ref)
    made = [version for version in store.versions() if version.kind != "raw"]
    if not made:
        raise StoreError("no version to review yet; make one with: rewright curate RAW")
    return home, store, made[-1]


def policy_of(owner: str, answers: int) -> Policy:
    """Return how answers come to a verdict."""
    from annotations.decisions import Policy

    return Policy(owner, answers)


def settled_in(store: Store, version: Version, policy: Policy) -> dict[str, Settlement]:
    """Return what the answers to each question come to."""
    from annotations.decisions import settle
    from curation.decision import read_decisions

    return settle(read_decisions(store.tables), policy, version.order)


def rejudge_of(home: Workspace, store: Store, version: Version) -> Rejudge | None:
    """Return the rules that made a version; says so where the workspace has others by now."""
    from annotations.replay import rules_of

    rejudge = rules_of(store, version, home.packs, home.off)[1]
    if rejudge is None:
        note(
            f"the rules have changed since version {version.number} was made: "
            "what depends on an edit that is taken back goes to review"
        )
    return rejudge


@contextmanager
def review_server(home: Workspace) -> Iterator[Address]:
    """Yield the Argilla server of a workspace; what goes wrong with it is told, and ends the command."""
    from annotations.server.address import find_server
    from annotations.server.environment import ServerError

    try:
        yield find_server(home.root)
    except ServerError as error:
        refuse(error)


def stage(progress: Progress, name: str, total: int | None = None) -> Callable[[int], None]:
    """Return what tells a progress bar how far one stage is."""
    return lambda done: progress(name, done, total)


def refuse(error: Exception) -> NoReturn:
    """Tell what the user can put right, and end the command with exit code 2."""
    from curation.problems import printable

    note("rewright: " + "\n".join(map(printable, str(error).splitlines())))
    raise typer.Exit(2)


def named(version: Version) -> dict[str, Any]:
    """Return what tells programs which version an answer is about."""
    return {"number": version.number, "id": version.id}
