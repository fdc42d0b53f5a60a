"""The commands that release a version and take rules back; what is heavy is imported when a command runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from annotations.command_options import Answers, Bar, Owner, Tag, Which, named, opened, policy_of, rejudge_of, stage
from curation.terminal import AsJson, InWorkspace, console, print_line, progress_bar

if TYPE_CHECKING:
    from annotations.release import RolledBack


def release(
    ref: Annotated[str, typer.Argument(metavar="REF", help="A version.")],
    tag: Annotated[str, typer.Option("--tag", metavar="NAME", help="The tag of the release.")] = "released",
    without: Annotated[
        list[str] | None, typer.Option("--without", metavar="RULE", help="Take this rule back first, in a new version.")
    ] = None,
    bar: Bar = None,
    owner: Owner = "owner",
    answers: Answers = 1,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Tag a version as released; exit code 1, and why, while a rule has not earned it."""
    from annotations.overview import print_rollback, print_verdict
    from annotations.release import release as released
    from annotations.release import rollback as rolled_back

    home, store, version = opened(folder, ref)
    store.check_tag_name(tag)
    backs = []
    for rule in dict.fromkeys(without or ()):
        rejudge = rejudge_of(home, store, version)
        backs.append(rolled_back(store, rule, version, rejudge, policy_of(owner, answers)))
        version = backs[-1].version
    verdict = released(store, version, home.bar if bar is None else bar, policy_of(owner, answers), tag=tag)
    if as_json:
        print_line({**verdict.as_json, "tag": tag, "without": [_told(back) for back in backs]})
    else:
        for back in backs:
            print_rollback(console(), back)
        print_verdict(console(), verdict, tag)
    if verdict.blockers:
        raise typer.Exit(1)


def rollback(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A rule that edited the version.")],
    ref: Which = None,
    tag: Tag = None,
    owner: Owner = "owner",
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Publish a version without the edits of one rule; all other edits stay, what depended on it is judged anew."""
    from annotations.release import rollback as rolled_back

    home, store, version = opened(folder, ref)
    with progress_bar() as progress:
        done = rolled_back(
            store,
            rule,
            version,
            rejudge_of(home, store, version),
            policy_of(owner, 1),
            tag=tag,
            progress=stage(progress, "rollback"),
        )
    if as_json:
        print_line(_told(done))
        return
    from annotations.overview import print_rollback

    print_rollback(console(), done)


def _told(done: RolledBack) -> dict[str, Any]:
    """Return a rollback as programs read it."""
    return {**named(done.version), **done._asdict(), "version": done.version.number}
