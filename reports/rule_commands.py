"""The commands that show what rules do: on data, in a version, and on pages of their own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from curation.commands import Ref, around, catalogue_of, chosen_rules, open_store
from curation.terminal import AsJson, InWorkspace, Raw, console, print_line, progress_bar, workspace
from reports import commands

InVersion = Annotated[str | None, typer.Option("--version", metavar="REF", help="Add the counts of a version.")]


def try_(
    rule: Annotated[Path, typer.Argument(metavar="RULE", help="A rule file, in a pack or not yet.")],
    raw: Raw,
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="REF", help="Compare with a version instead of the rules without this one."),
    ] = None,
    devices: Annotated[
        Path | None, typer.Option("--devices", metavar="FILE", help="The device catalogue, YAML or JSON.")
    ] = None,
    samples: Annotated[int, typer.Option("--samples", min=0, metavar="N", help="Records to show.")] = 20,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Try a rule on data before it is merged.

    What it changes, whom it meets, which rows come out otherwise. Nothing is published.
    """
    from curation.pack import load_packs
    from curation.trial import try_rule, with_rule
    from reports.rule_trial import print_trial, trial_as_json

    rules = chosen_rules(folder)
    pack = load_packs(rules.packs, off=rules.off)
    packs = with_rule(pack, rule)
    compared = None
    if against is not None:
        store = open_store(workspace(folder))
        compared = (store, store.version(against))
    catalogue = catalogue_of(pack, devices, around(folder))
    with progress_bar() as progress:
        trial = try_rule(packs, raw, catalogue, against=compared, samples=samples, progress=progress)
    if as_json:
        print_line(trial_as_json(trial, against or ""))
    else:
        print_trial(console(), trial, against or "")


def stats(ref: Ref, folder: InWorkspace = None, as_json: AsJson = False) -> None:
    """Show what each rule did in a version.

    Coverage, overlap with other rules, conflicts, declines, claimed and measured precision.
    """
    from reports.rule_stats import print_stats, rule_stats

    store = open_store(workspace(folder))
    version = store.version(ref)
    found = rule_stats(store, version, commands.precision_of(commands.measured(store, version)))
    if not found:
        raise typer.BadParameter(f"version {version.number} is {version.kind}: no rules ran", param_hint="REF")
    if as_json:
        listed = [one.as_json() for one in found]
        print_line({"number": version.number, "id": version.id, "rows": version.counts["rows_in"], "rules": listed})
    else:
        print_stats(console(), version, found)


def docs(
    target: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the pages are.")] = Path("docs/rules"),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 1 where a page is not as the rules are.")
    ] = False,
    version: InVersion = None,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Write a page for every rule, and a catalogue."""
    from curation.pack import load_packs
    from reports.rule_pages import pages, stale, write_pages

    rules = chosen_rules(folder)
    pack = load_packs(rules.packs, off=rules.off)
    counts, named = None, ""
    if version is not None:
        published = open_store(workspace(folder)).version(version)
        counts, named = published.counts.get("by_rule", {}), f"{published.number} ({published.short})"
    wanted = pages(pack, counts, named)
    changed = stale(target, wanted) if check else write_pages(target, wanted)
    if as_json:
        print_line({"pages": len(wanted), "changed": changed, "written": not check})
    else:
        sys.stdout.writelines(f"{target / name}\n" for name in changed)
        told = "not current" if check else "written"
        sys.stdout.write(f"{len(wanted)} pages, {len(changed)} {told}\n")
    if check and changed:
        raise typer.Exit(1)
