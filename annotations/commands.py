"""The commands of review; what is heavy is imported when a command runs."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import typer

from annotations.command_options import (
    Answers,
    Bar,
    DataSet,
    Owner,
    Tag,
    Which,
    named,
    opened,
    policy_of,
    refuse,
    rejudge_of,
    review_server,
    settled_in,
    stage,
)
from curation.commands import described, open_store, tags_of
from curation.terminal import AsJson, InWorkspace, console, note, print_line, progress_bar, workspace

AGAIN = "-again"
"""Ends the name of the data set that asks what could not be settled."""

review_commands = typer.Typer(help="Ask people, and use their answers.", no_args_is_help=True, rich_markup_mode=None)


@review_commands.command("plan")
def plan(
    ref: Which = None,
    bar: Bar = None,
    owner: Owner = "owner",
    answers: Answers = 1,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Say how each rule stands, how many answers it still needs, and what they cost in time."""
    from annotations.agreement import seconds_an_answer
    from annotations.plan import open_questions
    from annotations.trust import standings
    from curation.decision import read_decisions

    home, store, version = opened(folder, ref)
    policy = policy_of(owner, answers)
    settled = settled_in(store, version, policy)
    chosen = home.bar if bar is None else bar
    found = standings(store, version, chosen, settled, policy)
    asked = Counter(
        question.kind
        for question in open_questions(store, version)
        if (said := settled.get(question.id)) is None or said.state != "settled"
    )
    cases = {kind: asked[kind] for kind in ("conflict", "decline", "duplicate") if asked[kind]}
    seconds = seconds_an_answer(read_decisions(store.tables))
    expected = sum(one.expected or 0 for one in found) + answers * sum(cases.values())
    if as_json:
        rules = [{**one.as_json(), "seconds": _cost(one.expected, seconds)} for one in found]
        print_line(
            {
                **named(version),
                "bar": chosen,
                "rules": rules,
                "open": cases,
                "answers": expected,
                "seconds_an_answer": seconds,
                "seconds": _cost(expected, seconds),
            }
        )
        return
    from annotations.overview import print_cost, print_plan

    print_plan(console(), found, cases, chosen)
    print_cost(console(), expected, seconds)


@review_commands.command("push")
def push(
    ref: Which = None,
    every: Annotated[
        list[str] | None, typer.Option("--every", metavar="RULE", help="Ask about every edit of this rule.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Questions to push at most.")] = None,
    dataset: DataSet = "review",
    bar: Bar = None,
    owner: Owner = "owner",
    answers: Answers = 1,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Put the questions of a version to people, the most valuable first; what is there already is left as it is."""
    from annotations import argilla_client
    from annotations.guidelines import guidelines, labels_of
    from annotations.plan import to_ask
    from annotations.trust import standings
    from curation.pack import load_packs

    home, store, version = opened(folder, ref)
    policy = policy_of(owner, answers)
    settled = settled_in(store, version, policy)
    pack = load_packs(home.packs, off=home.off)
    rules = standings(store, version, home.bar if bar is None else bar, settled, policy)
    if unknown := sorted(set(every or ()) - {one.rule for one in rules}):
        raise typer.BadParameter(f"no edit of {unknown[0]!r} stands in version {version.number}", param_hint="--every")
    asking = to_ask(store, version, pack.rules, rules, settled, policy, every or ())
    done = {}
    with review_server(home) as server, progress_bar() as progress:
        for name, asked, needed in ((dataset, asking.first[:limit], answers), (dataset + AGAIN, asking.again, 1)):
            done[name] = argilla_client.push(
                server,
                name,
                asked,
                version=version.id,
                guidelines=guidelines(pack.rules, labels_of(pack)),
                answers=needed,
                progress=stage(progress, name, len(asked)),
            )
    if as_json:
        print_line(
            {**named(version), "server": str(server), "pushed": {name: one._asdict() for name, one in done.items()}}
        )
        return
    for name, one in done.items():
        note(f"{name}: {one.added:,} questions added, {one.updated:,} shown anew, {one.kept:,} as they were")


@review_commands.command("pull")
def pull(
    dataset: DataSet = "review",
    owner: Owner = "owner",
    answers: Answers = 1,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Keep the answers that were submitted as decisions; drafts and discarded answers are counted, not used."""
    from annotations import argilla_client
    from annotations.decisions import output_check, settle, take_answers
    from curation.decision import read_decisions
    from curation.pack import load_packs

    home = workspace(folder)
    store = open_store(home)
    pack = load_packs(home.packs, off=home.off)
    check = output_check(pack.contract, pack.notation)
    found: dict[str, dict[str, Any]] = {}
    with review_server(home) as server, progress_bar() as progress:
        for name in (dataset, dataset + AGAIN):
            taken = take_answers(
                store,
                argilla_client.pull(server, name),
                check=check,
                source=f"argilla:{name}",
                progress=stage(progress, name),
            )
            counted = argilla_client.counts(server, name)
            found[name] = {**taken._asdict(), "drafts": counted.drafts, "discarded": counted.discarded}
    states = Counter(said.state for said in settle(read_decisions(store.tables), policy_of(owner, answers)).values())
    if as_json:
        print_line({"server": str(server), "pulled": found, "questions": dict(sorted(states.items()))})
        return
    for name, one in found.items():
        note(
            f"{name}: {one['new']:,} new decisions, {one['known']:,} known; not used: {one['drafts']:,} drafts, "
            f"{one['discarded']:,} discarded, {one['invalid']:,} corrections that are not valid"
        )
        if one["unknown"]:
            note(f"{name}: {one['unknown']:,} answers to questions that no version of this store asks; kept")
    if again := states["disputed"] + states["owner"] + states["invalid"]:
        note(f"{again:,} questions need another answer: rewright review push asks them in {dataset + AGAIN}")


@review_commands.command("status")
def status(
    ref: Which = None,
    owner: Owner = "owner",
    answers: Answers = 1,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Show progress, agreement, answers and pace by annotator and by rule, and what remains."""
    from annotations.agreement import agreement, latest, pace
    from annotations.plan import open_questions
    from curation.decision import read_decisions

    _, store, version = opened(folder, ref)
    settled = settled_in(store, version, policy_of(owner, answers))
    asked = {question.id for question in open_questions(store, version)}
    said = read_decisions(store.tables)
    states = Counter(settled[name].state for name in asked if name in settled)
    state = {
        "version": version.number,
        "questions": len(asked),
        "settled": states["settled"],
        **{name: states[name] for name in ("waiting", "disputed", "owner", "invalid")},
        "remaining": len(asked) - states["settled"],
        "answers": len(latest(said)),
    }
    agreed, paces = agreement(said), (pace(said, "annotator"), pace(said, "rule"))
    if as_json:
        by = {
            f"by_{name}": [one._asdict() for one in found]
            for name, found in zip(("annotator", "rule"), paces, strict=True)
        }
        print_line({**state, "id": version.id, "agreement": agreed._asdict(), **by})
        return
    from annotations.overview import print_status

    print_status(console(), state, agreed, paces)


@review_commands.command("apply")
def apply(
    ref: Which = None,
    tag: Tag = None,
    owner: Owner = "owner",
    answers: Answers = 1,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Publish what the decisions make of a version: accepted edits stay, rejected ones go, corrections are made."""
    from annotations.apply import apply_decisions

    home, store, version = opened(folder, ref)
    with progress_bar() as progress:
        done = apply_decisions(
            store,
            version,
            rejudge_of(home, store, version),
            policy_of(owner, answers),
            tag=tag,
            progress=stage(progress, "applying"),
        )
    if as_json:
        made = None if done.version is None else described(done.version, tags_of(store, done.version))
        print_line({**done._asdict(), "version": made})
        return
    from annotations.overview import print_applied

    print_applied(console(), done)


@review_commands.command("serve")
def serve(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Where it answers; 0 takes a free port.")
    ] = 6900,
    folder: InWorkspace = None,
) -> None:
    """Run an Argilla server for this workspace on this machine, until Ctrl-C."""
    from annotations.server.environment import ServerError
    from annotations.server.running import serve as serving

    home = workspace(folder)
    try:
        serving(home.root, port)
    except ServerError as error:
        refuse(error)


def _cost(answers: int | None, seconds: float | None) -> float | None:
    return None if answers is None or seconds is None else answers * seconds
