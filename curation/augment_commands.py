"""The command that makes additional records from templates; what is heavy is imported when it runs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from curation.commands import Ref, described, open_store, tags_of
from curation.terminal import AsJson, InWorkspace, console, print_line, print_table, workspace


def augment(
    ref: Ref,
    size: Annotated[int, typer.Option("--size", "-n", help="How many records to add.")],
    seed: Annotated[int, typer.Option("--seed", help="Another seed, other records; the same seed, the same.")] = 0,
    mix: Annotated[
        list[str] | None,
        typer.Option("--mix", help="CLASS=SHARE, once for each class; else [augment.mix] of rewright.toml."),
    ] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="Put this tag on the new version.")] = None,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Add records made from the packs' templates to a version, towards a target mix, as a version of their own."""
    from curation.augment import augment as augmented
    from curation.pack import load_packs

    home = workspace(folder)
    aimed = _shares(mix) if mix else dict(home.mix)
    if not aimed:
        raise typer.BadParameter("no mix: write [augment.mix] in rewright.toml, or give --mix CLASS=SHARE")
    store = open_store(home)
    version = augmented(store, ref, load_packs(home.packs, off=home.off), aimed, seed, size, tag=tag)
    if as_json:
        print_line(described(version, tags_of(store, version)))
        return
    from rich.table import Table

    counts = version.counts
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("class", no_wrap=True)
    for name in ("before", "added", "after", "share", "aimed at"):
        table.add_column(name, justify="right", no_wrap=True)
    total = sum(counts["labels_after"].get(label, 0) for label in aimed)
    for label in sorted({*counts["labels_after"], *aimed}):
        before, after = (counts[name].get(label, 0) for name in ("labels_before", "labels_after"))
        share = f"{after / total:.1%}" if label in aimed and total else ""
        goal = f"{aimed[label]:.1%}" if label in aimed else ""
        table.add_row(label, f"{before:,}", f"{after - before:,}" if after > before else "", f"{after:,}", share, goal)
    print_table(console(), table)
    refused = sum(counts["refused_by_template"].values())
    left_out = f"; {refused:,} candidates were refused" if refused else ""
    sys.stdout.write(f"version {version.number} ({version.short}): {counts['generated']:,} records added{left_out}\n")


def _shares(given: list[str]) -> dict[str, float]:
    """Return the shares of `CLASS=SHARE` options; raises `BadParameter`."""
    shares: dict[str, float] = {}
    for text in given:
        label, _, share = text.partition("=")
        try:
            shares[label.strip()] = float(share)
        except ValueError:
            raise typer.BadParameter(f"{text!r}: write CLASS=SHARE, such as abnormal=0.1", param_hint="--mix") from None
    return shares
