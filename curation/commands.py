"""The commands about workspaces, versions and rule files; what is heavy is imported when a command runs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from curation.terminal import AsJson, InWorkspace, console, json_line, note, print_line, print_table, workspace
from curation.workspace import DEFAULT_PACK

if TYPE_CHECKING:
    from curation.manifest import Version
    from curation.pack import Pack
    from curation.store import Store
    from curation.workers import Rules
    from curation.workspace import Workspace

Ref = Annotated[str, typer.Argument(help="A version: its number, tag, or the first six or more digits of its id.")]


def init(
    home: Annotated[Path, typer.Argument(help="The folder to make a workspace; it may exist.")],
    packs: Annotated[
        list[str] | None,
        typer.Option(
            "--pack", metavar="NAME", help=f"An installed rule pack, {DEFAULT_PACK} unless named; may repeat."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a folder a workspace."""
    from curation.workspace import CONFIG, Workspace

    devices, labels = True, False
    if packs:
        from curation.catalogue_file import SCHEMA
        from curation.pack import load_packs

        if folders := [name for name in packs if "/" in name]:
            raise typer.BadParameter(f"{folders[0]!r}: name an installed pack; folders are named in {CONFIG}")
        loaded = load_packs(packs)
        labels = loaded.notation.label
        devices = not labels and any((root / SCHEMA).is_file() for root in loaded.roots)
    made = Workspace.create(home, packs or (DEFAULT_PACK,), devices=devices, labels=labels)
    if as_json:
        print_line({"workspace": str(made.root)})
        return
    console().print(f"workspace {home}", soft_wrap=True, markup=False)
    for name, what in (
        (CONFIG, "settings: rule packs, rules switched off, where the store is"),
        *([("devices.yaml", "the device catalogue, empty so far")] if devices else []),
        ("rules/", "for rules of your own"),
        ("store/", "the versions"),
    ):
        console().print(f"  {name:<14} {what}", soft_wrap=True, markup=False)


def versions(folder: InWorkspace = None, as_json: AsJson = False) -> None:
    """List the versions of the workspace."""
    store = open_store(workspace(folder))
    tags = _tags(store)
    found = store.versions()
    if as_json:
        print_line({"versions": [described(version, tags.get(version.id, [])) for version in found]})
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("version", "id", "kind", "parent"):
        table.add_column(name, no_wrap=True)
    table.add_column("tags")
    for name in ("rows in", "rewritten", "review", "rows out"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("message", overflow="fold")
    numbers = {version.id: str(version.number) for version in found}
    for version in found:
        counts = [f"{version.counts[name]:,}" for name in ("rows_in", "rewritten", "review", "rows_out")]
        head = (str(version.number), version.short, version.kind, numbers.get(version.parent or "", ""))
        table.add_row(*head, _plain(", ".join(tags.get(version.id, []))), *counts, _plain(version.message))
    if found:
        print_table(console(), table)
    else:
        note("no version yet; make one with: rewright curate RAW")


def verify(
    ref: Annotated[str | None, typer.Argument(help="A version; with --all, none.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Verify every version of the store.")] = False,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Derive a version again from its parent and its edits.

    Bit for bit; exit code 1 where anything differs.
    """
    from curation.draft import StoreError
    from curation.problems import printable
    from curation.version import verify as verified

    if (ref is None) != every:
        raise typer.BadParameter("name a version, or give --all")
    store = open_store(workspace(folder))
    if not (chosen := store.versions() if ref is None else [store.version(ref)]):
        raise StoreError(
            f"nothing to verify: no version is in {store.tables.root} yet; make one, or name its workspace"
        )
    faults = {version: verified(store, version) for version in chosen}
    if as_json:
        answer = [
            {
                "number": version.number,
                "id": version.id,
                "verified": not found,
                "faults": [{"key": fault.key, "what": fault.what} for fault in found],
            }
            for version, found in faults.items()
        ]
        print_line({"verified": not any(faults.values()), "versions": answer})
    else:
        for version, found in faults.items():
            state = f"{len(found)} {'fault' if len(found) == 1 else 'faults'}" if found else "verified"
            sys.stdout.write(f"version {version.number} ({version.short}): {state}\n")
            sys.stdout.writelines(f"  {printable(str(fault))}\n" for fault in found)
    if any(faults.values()):
        raise typer.Exit(1)


def rows(ref: Ref, folder: InWorkspace = None) -> None:
    """Print every row that came in and what became of it.

    In order, one JSON object a line.
    """
    for row in open_store(workspace(folder)).rows(ref):
        sys.stdout.write(json_line(row) + "\n")


def tag(
    name: Annotated[str, typer.Argument(help="The tag; one like v1.2.0 is given once.")],
    ref: Ref,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Put a tag on a version."""
    version = open_store(workspace(folder)).tag(name, ref)
    if as_json:
        print_line({"tag": name, "number": version.number, "id": version.id})
    else:
        sys.stdout.write(f"{name} is version {version.number} ({version.short})\n")


def rules_list(folder: InWorkspace = None, as_json: AsJson = False) -> None:
    """List the rules in the order in which they run."""
    from curation.pack import load_packs

    rules = chosen_rules(folder)
    pack = load_packs(rules.packs, off=rules.off)
    if as_json:
        listed = [
            {
                "id": rule.id,
                "phase": rule.phase,
                "summary": rule.summary,
                "severity": rule.severity,
                "confidence": rule.confidence,
                "review": {"mode": rule.review.mode, "rate": rule.review.rate},
                "pack": rule.pack,
                "path": rule.path,
                "digest": rule.digest,
                "examples": len(rule.examples),
            }
            for rule in pack.rules
        ]
        print_line({"pack": pack.id, "digest": pack.digest, "rules": listed, "off": dict(pack.off)})
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("rule", "severity", "sure", "review", "examples", "what it does"):
        right = name in {"sure", "examples"}
        table.add_column(name, justify="right" if right else "left", no_wrap=name != "what it does", overflow="fold")
    for rule in pack.rules:
        policy = f"sample {rule.review.rate:.0%}" if rule.review.mode == "sample" else rule.review.mode
        about = (f"{rule.confidence:.2f}", policy, str(len(rule.examples)), _plain(rule.summary))
        table.add_row(rule.id, rule.severity, *about)
    print_table(console(), table)
    for identity, reason in pack.off.items():
        console().print(_plain(f"{identity} is switched off: {reason}"), soft_wrap=True)


def rules_check(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Rule files, lexicons or folders; all unless named.")
    ] = None,
    version: Annotated[
        str | None, typer.Option("--version", metavar="REF", help="Name the rules that did nothing in this version.")
    ] = None,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Run the examples of rule files and prove every line.

    Exit code 1 where anything was found.
    """
    from curation.check import check
    from curation.pack import load_packs
    from curation.problems import RuleErrors

    packs = chosen_rules(folder)
    try:
        findings = check(load_packs(packs.packs, off=packs.off), paths or (), version=_by_rule(version, folder))
    except RuleErrors as error:
        if as_json:
            print_line({"ok": False, "findings": [_finding("load", problem) for problem in error.problems]})
        else:
            sys.stdout.write(f"{error}\n")
        raise typer.Exit(1) from None
    if as_json:
        print_line(
            {
                "ok": findings.ok,
                "rules": findings.rules,
                "examples": findings.examples,
                "todo": findings.todo,
                "pieces": findings.pieces,
                "findings": [_finding(one.kind, one.problem) for one in findings.findings],
            }
        )
    else:
        sys.stdout.write(f"{findings}\n")
    if not findings.ok:
        raise typer.Exit(1)


def _by_rule(ref: str | None, folder: Path | None) -> tuple[str, Mapping[str, Any]] | None:
    """Return a version's name and its counts by rule."""
    if ref is None:
        return None
    version = open_store(workspace(folder)).version(ref)
    if "by_rule" not in version.counts:
        raise typer.BadParameter(f"version {version.number} is {version.kind}: no rules ran", param_hint="--version")
    return str(version.number), version.counts["by_rule"]


def _finding(kind: str, problem: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "path": str(problem.path),
        "line": problem.line,
        "column": problem.column,
        "found": problem.found,
        "remedy": problem.remedy,
    }


def open_store(home: Workspace) -> Store:
    """Open a workspace's store."""
    from curation.store import Store

    return Store(home.store)


def chosen_rules(folder: Path | None) -> Rules:
    """Return the rules of the workspace, named or around the current folder; those of the default pack outside one."""
    from curation.workers import Rules

    home = around(folder)
    return Rules((DEFAULT_PACK,)) if home is None else Rules(home.packs, home.off)


def around(folder: Path | None) -> Workspace | None:
    """Return the workspace that is named, else the one around the current folder, None where there is none."""
    from curation.workspace import Workspace

    return Workspace.find(folder) if folder is not None else Workspace.around(Path())


def catalogue_of(pack: Pack, file: Path | None, home: Workspace | None) -> dict[str, Any]:
    """Return the device catalogue of a file, else of the workspace; nothing where neither has one.

    Raises `WorkspaceError` where the workspace names what is no file.
    """
    from curation.strict_yaml import has_content
    from curation.workspace import CONFIG, WorkspaceError

    if file is None:
        if home is None or home.devices is None:
            return {}
        file = home.devices
        if not file.is_file():
            raise WorkspaceError(
                f"{home.root / CONFIG}: devices: {file} is no file; write where the device catalogue is, or take the "
                "line out"
            )
        if not has_content(file):
            return {}
    from curation.catalogue_file import read_catalogue  # not without one: it imports jsonschema, which takes 40 ms

    return read_catalogue(file, pack)


def described(version: Version, tags: list[str]) -> dict[str, Any]:
    """Return a version as programs read it."""
    return {
        "number": version.number,
        "id": version.id,
        "kind": version.kind,
        "parent": version.parent,
        "tags": tags,
        "ruleset": version.ruleset,
        "counts": dict(version.counts),
        "source": dict(version.source),
        "message": version.message,
        "actor": version.actor,
        "created_at": version.created_at.isoformat(),
    }


def _tags(store: Store) -> dict[str, list[str]]:
    """Return for each version id its tags."""
    tags: dict[str, list[str]] = {}
    for name, identity in store.tags().items():
        tags.setdefault(identity, []).append(name)
    return tags


def tags_of(store: Store, version: Version) -> list[str]:
    """Return the tags of a version."""
    return _tags(store).get(version.id, [])


def _plain(text: str) -> Any:
    """Return text of files and data for a terminal: without markup or control characters."""
    from rich.text import Text

    from curation.problems import printable

    return Text(printable(text))
