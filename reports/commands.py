"""The commands that show versions: one of them, the difference of two, and the report to open in a browser."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from curation.commands import Ref, described, open_store, tags_of
from curation.terminal import AsJson, InWorkspace, console, json_line, note, print_line, workspace

if TYPE_CHECKING:
    from curation.manifest import Version
    from curation.store import Store
    from curation.workspace import Workspace
    from reports.version_report import Precision


def show(ref: Ref, folder: InWorkspace = None, as_json: AsJson = False) -> None:
    """Show where a version comes from and what the rules did."""
    store = open_store(workspace(folder))
    version = store.version(ref)
    tags, ruleset = tags_of(store, version), store.ruleset(version)
    if as_json:
        libraries = None if ruleset is None else dict(ruleset.libraries)
        print_line({**described(version, tags), "libraries": libraries})
        return
    from reports.overview import print_version

    parent = None if version.parent is None else store.version(version.parent)
    print_version(console(), version, parent, ruleset, tags)


def diff(
    first: Annotated[
        str, typer.Argument(metavar="A", help="A version: its number, tag, or the first six or more digits of its id.")
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="The version to compare it with.")],
    limit: Annotated[int, typer.Option("--limit", min=0, help="Changes to show.")] = 20,
    everything: Annotated[bool, typer.Option("--all", help="Show every change.")] = False,
    page: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page to open in a browser.")
    ] = None,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Show what differs between two versions.

    Rows by rule and disposition, the rules themselves, and what people decided.
    """
    from curation.version import diff as compared
    from reports.comparison import Comparison, print_comparison_counts, write_comparison
    from reports.difference import difference_lines, print_difference

    store = open_store(workspace(folder))
    before, after = store.version(first), store.version(second)
    if page is not None:
        write_comparison(Comparison.of(store, before, after), compared(store, before, after), page)
        note(f"comparison written to {page}")
    found = Comparison.of(store, before, after)
    changes = found.count(compared(store, before, after))
    if not as_json:
        print_difference(console(), changes, None if everything else limit)
        print_comparison_counts(console(), found)
        return
    # All changes, one a line, as they are found: together one JSON document.
    sides = [json_line({"number": version.number, "id": version.id}) for version in (before, after)]
    sys.stdout.write(f'{{"first": {sides[0]}, "second": {sides[1]}, "changes": [')
    separator = "\n"
    for line in difference_lines(changes):
        sys.stdout.write(separator + line)
        separator = ",\n"
    sys.stdout.write(f'\n], "summary": {json_line(found.as_json())}}}\n')


def report(ref: Ref, folder: InWorkspace = None, as_json: AsJson = False) -> None:
    """Write the report of a version and print where it is.

    report.html opens offline in any browser; report.md says the same.
    """
    home = workspace(folder)
    store = open_store(home)
    version = store.version(ref)
    from reports import write_report

    precision = precision_of(measured(store, version))
    path = write_report(store, version, report_folder(home, version), precision=precision)
    if as_json:
        print_line({"number": version.number, "id": version.id, "report": str(path)})
    else:
        sys.stdout.write(f"{path}\n")


def measured(store: Store, version: Version) -> Mapping[str, tuple[int, int, float]]:  # noqa: ARG001
    """Return `(right, judged, lower bound)` for each rule that people judged; the door puts what knows it here."""
    return {}


def precision_of(found: Mapping[str, tuple[int, int, float]]) -> dict[str, Precision]:
    """Return measured precision as reports show it, beside what the rules claim."""
    from reports.version_report import Precision

    return {rule: Precision(*numbers) for rule, numbers in found.items()}


def report_folder(home: Workspace, version: Version) -> Path:
    """Return the folder of a version's report: its number, and enough of its id to tell two stores apart."""
    return home.reports / f"{version.number}-{version.short}"
