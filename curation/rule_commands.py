"""The commands with which rules are written: begin one, ask why a record comes out so, complete them in an editor."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from curation.commands import around, catalogue_of, chosen_rules
from curation.terminal import AsJson, InWorkspace, print_line
from curation.workspace import OWN_PACK


def new(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Phase and name, such as trigger.sunset.")],
    pack_folder: Annotated[
        Path | None, typer.Option("--pack", metavar="FOLDER", help="The pack; the workspace's own unless named.")
    ] = None,
    like: Annotated[str | None, typer.Option("--from", metavar="RULE", help="Copy this rule.")] = None,
    use: Annotated[str | None, typer.Option("--use", metavar="REWRITER", help="What the rule does.")] = None,
    number: Annotated[
        int | None, typer.Option("--number", min=0, max=99, help="The number of a phase that no pack has yet.")
    ] = None,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Begin a rule: a file to fill in.

    Every part is explained; its examples fail until they are filled in.
    """
    from curation.new_rule import new_rule
    from curation.pack import load_packs
    from curation.problems import shown

    home = around(folder)
    if pack_folder is None and home is None:
        raise typer.BadParameter("name the folder of a pack with --pack, or run this in a workspace")
    rules = chosen_rules(folder)
    pack = load_packs(rules.packs, off=rules.off)
    place = pack_folder or (home.root / OWN_PACK if home else Path(OWN_PACK))
    written = new_rule(place, identity, pack, like=like, use=use, number=number)
    if as_json:
        print_line({"rule": identity, "written": [str(path) for path in written]})
        return
    sys.stdout.writelines(f"{shown(path)}\n" for path in written)
    sys.stdout.write(f"fill it in, then: rewright rules check {shown(written[0])}\n")


def explain(
    instruction: Annotated[str, typer.Argument(metavar="INSTRUCTION", help="What the user said.")],
    output: Annotated[str, typer.Option("--output", metavar="TEXT", help="The record's output, as it came.")],
    said: Annotated[str, typer.Option("--input", metavar="TEXT", help="The record's input.")] = "",
    system: Annotated[
        str | None, typer.Option("--system", metavar="TEXT", help="The record's system, where rules see it.")
    ] = None,
    history: Annotated[
        str, typer.Option("--history", metavar="JSON", help="The turns before: [[question, answer], …].")
    ] = "",
    words: Annotated[bool, typer.Option("--words", help="Show every word that a lexicon knows.")] = False,
    devices: Annotated[
        Path | None, typer.Option("--devices", metavar="FILE", help="The device catalogue, YAML or JSON.")
    ] = None,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Say why a record comes out as it does.

    What was read in the sentence, what each rule proposed, and why the others were silent.
    """
    from curation.command import Unreadable
    from curation.engine import Engine
    from curation.pack import load_packs
    from curation.trace import explain as explained
    from curation.trace_text import as_json as trace_json
    from curation.trace_text import lines

    rules = chosen_rules(folder)
    pack = load_packs(rules.packs, off=rules.off)
    catalogue: Any = catalogue_of(pack, devices, around(folder)) or pack.catalogue
    try:
        seen = pack.notation.seen({"output": output, "system": system})
    except Unreadable as error:
        raise typer.BadParameter(f"no label: {error}", param_hint="--output") from None
    trace = explained(Engine(pack, pack.open_context(catalogue)), instruction, said, seen, _earlier(history))
    if as_json:
        print_line(trace_json(trace))
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines(trace, words=words))


def _earlier(history: str) -> str | None:
    """Return earlier turns as the engine takes them; raises `typer.BadParameter` where they are none."""
    from curation.command import Unreadable, parse_object
    from curation.turns import earlier_in, is_history

    if not history:
        return None
    try:
        record = parse_object(f'{{"history": {history}}}')
    except Unreadable as error:
        raise typer.BadParameter(f"no JSON ({error})", param_hint="--history") from error
    if not is_history(record["history"]):
        raise typer.BadParameter("write a list of pairs, each a question and its answer", param_hint="--history")
    return earlier_in(record, None)


def schema(
    target: Annotated[
        Path | None,
        typer.Argument(metavar="[FOLDER]", help="Where to write them; without it the schema of rules is printed."),
    ] = None,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Complete rule files in an editor: their JSON Schemas.

    With the facts, rewriters and names that the packs here provide.
    """
    import json

    from curation.editor_schema import editor_schemas, write_schemas
    from curation.pack import load_packs
    from curation.problems import shown

    rules = chosen_rules(folder)
    pack = load_packs(rules.packs, off=rules.off)
    if target is None:
        found = editor_schemas(pack)
        print_line(found) if as_json else sys.stdout.write(
            json.dumps(found["rule"], ensure_ascii=False, indent=2) + "\n"
        )
        return
    written = write_schemas(target, pack)
    if as_json:
        print_line({"written": [str(path) for path in written]})
    else:
        sys.stdout.writelines(f"{shown(path)}\n" for path in written)
