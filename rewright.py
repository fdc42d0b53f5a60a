"""Rewright's door: the command line, and the commands that need more than one room of the house.

`rewright --help` lists them. Exit codes: 0 done, 1 the check that was asked for found something, 2 the input or the
call was wrong, 3 a defect of Rewright itself, 75 another run was quicker and this one is to be run again, 128 and the
number of a signal where one ended it.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import curation.augment_commands
import curation.commands
import curation.export_commands
import curation.history_commands
import curation.rule_commands
import reports.commands
import reports.rule_commands
import training.commands
import training.operation_commands
from annotations.commands import review_commands
from annotations.release_commands import release, rollback
from curation.garbage import collect_seldom
from curation.problems import in_utf8
from curation.terminal import AsJson, InWorkspace, Raw, console, print_line, progress_bar, stdin_lines, workspace

if TYPE_CHECKING:
    from curation.manifest import Version
    from curation.pack import Pack
    from curation.store import Store

__all__ = ["app", "load_version", "main"]

DONE, FOUND, WRONG, DEFECT, AGAIN = 0, 1, 2, 3, os.EX_TEMPFAIL
_MANY_BYTES = 2 * 2**20
"""Of a raw data set (about 9,000 rows), from which on several processes pay for their start of some seconds."""

_ENDING = (signal.SIGTERM, signal.SIGHUP)

app = typer.Typer(
    name="rewright",
    help="Turn raw instruction data into audited versions, by rules that prove themselves.",
    no_args_is_help=True,
    rich_markup_mode=None,  # rich's help costs half of the start-up time
    pretty_exceptions_enable=False,
)
rule_commands = typer.Typer(help="List, prove and try the rules.", no_args_is_help=True, rich_markup_mode=None)

Devices = Annotated[
    Path | None,
    typer.Option("--devices", metavar="FILE", help="The device catalogue, YAML or JSON; the workspace's unless named."),
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, metavar="N", help="Processes; chosen by the size of the input unless named."),
]


def curate(
    raw: Raw,
    tag: Annotated[str | None, typer.Option("--tag", metavar="NAME", help="A tag for the new version.")] = None,
    devices: Devices = None,
    keep_duplicates: Annotated[
        bool, typer.Option("--keep-duplicates", help="Do not drop or queue rows that say the same.")
    ] = False,
    no_reuse: Annotated[
        bool, typer.Option("--no-reuse", help="Judge every row anew, also those of an earlier version.")
    ] = False,
    workers: Workers = None,
    engine: Annotated[
        Literal["own", "ray"], typer.Option("--engine", help="Judge rows in processes of its own, or on Ray.")
    ] = "own",
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Make a version of a data set by the rules, and its report.

    The data set is published as it came, too: the version's parent, from which verify derives it again.
    """
    from curation.curate import curate as curated
    from curation.workers import Rules
    from reports import write_report
    from reports.commands import precision_of, report_folder
    from reports.summary import print_summary

    started = time.monotonic()
    home = workspace(folder)
    store = curation.commands.open_store(home)
    with progress_bar() as progress:
        with redirect_stdout(sys.stderr):  # where Ray tells of workers that died
            version = curated(
                store,
                raw,
                Rules(home.packs, home.off),
                keep_duplicates=keep_duplicates,
                reuse=not no_reuse,
                tag=tag,
                shares=home.splits,
                keep=home.keep,
                workers=workers or _workers(raw, engine),
                engine=engine,
                catalogue_for=lambda pack: curation.commands.catalogue_of(pack, devices, home),
                progress=progress,
            )
        report = write_report(
            store,
            version,
            report_folder(home, version),
            precision=precision_of(_measured(store, version)),
            progress=lambda rows: progress("report", rows, None),
        )
    seconds = time.monotonic() - started
    if as_json:
        tags = curation.commands.tags_of(store, version)
        described = curation.commands.described(version, tags)
        print_line({**described, "report": str(report), "seconds": round(seconds, 3)})
    else:
        print_summary(console(), version, version.counts, _near(report), seconds)


def profile(
    raw: Raw,
    devices: Devices = None,
    suggest: Annotated[
        Path | None,
        typer.Option("--suggest-devices", metavar="FILE", help="Write a device catalogue to start from, as YAML."),
    ] = None,
    workers: Workers = None,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Say what is in a data set, and what the rules would do.

    Instruction types, outputs, defects, devices. Nothing is published.
    """
    from curation.pack import load_packs
    from curation.profile import profile as profiled
    from curation.terminal import note
    from curation.workers import Rules
    from reports.profile import print_profile

    if suggest is not None and suggest.exists():
        raise FileExistsError(errno.EEXIST, "exists", str(suggest))
    home = curation.commands.around(folder)
    chosen = curation.commands.chosen_rules(folder)
    pack = load_packs(chosen.packs, off=chosen.off)
    catalogue = curation.commands.catalogue_of(pack, devices, home)
    rules = Rules(chosen.packs, chosen.off, catalogue)
    with progress_bar() as progress:
        found = profiled(raw, rules, workers or _workers(raw), progress, None if home is None else home.keep)
    if suggest is not None:
        suggestion = _suggestion(pack, catalogue, found.seen)
        if suggestion is None:
            raise typer.BadParameter(f"the pack {pack.id} has no devices to suggest", param_hint="--suggest-devices")
        with suggest.open("x", encoding="utf-8", newline="\n") as file:
            file.write(suggestion)
    if as_json:
        print_line(found.as_json())
        return
    print_profile(console(), found)
    if suggest is not None:
        note(f"device catalogue written to {suggest}; add what people call the devices, and what they can do")


@rule_commands.command("read")
def rules_read(
    kind: Annotated[str, typer.Argument(help="number, duration, clock or comparison.")],
) -> None:
    """Read numbers or times in the sentences on standard input.

    One sentence a line; prints one JSON object a line. Spans count the characters of the sentence as given.
    """
    from rules.chinese import KINDS, read

    if kind not in KINDS:
        raise typer.BadParameter(f"{kind!r} cannot be read; write one of {', '.join(KINDS)}", param_hint="KIND")
    for line in stdin_lines():
        print_line({"text": line, "found": read(kind, line)})


@rule_commands.command("analyse")
def rules_analyse(devices: Devices = None, folder: InWorkspace = None) -> None:
    """Say what the sentences on standard input say.

    One sentence a line; prints one JSON object a line: type, trigger, actions, changes.
    """
    from curation.pack import load_packs
    from curation.text import fold

    chosen = curation.commands.chosen_rules(folder)
    pack = load_packs(chosen.packs, off=chosen.off)
    catalogue = curation.commands.catalogue_of(pack, devices, curation.commands.around(folder))
    context: Any = pack.open_context(catalogue or None)
    for line in stdin_lines():
        sentence: Any = context.analyse(fold(line))
        if not hasattr(sentence, "as_json"):
            raise typer.BadParameter(f"the pack {pack.id} has no analyser", param_hint="packs")
        print_line(sentence.as_json())


_COMMANDS: tuple[Callable[..., None], ...] = (
    curation.commands.init,
    profile,
    curate,
    curation.augment_commands.augment,
    curation.commands.versions,
    reports.commands.show,
    reports.commands.diff,
    reports.commands.report,
    curation.history_commands.blame,
    curation.commands.verify,
    curation.commands.rows,
    curation.commands.tag,
    release,
    rollback,
    curation.export_commands.export,
    curation.export_commands.pull,
    curation.export_commands.push_hub,
    curation.history_commands.gc,
    training.commands.train,
    training.commands.compare,
    training.commands.merge,
    training.operation_commands.sweep,
    training.operation_commands.select,
    training.operation_commands.serve,
    training.operation_commands.load,
)
for _command in _COMMANDS:
    app.command()(_command)
app.command("eval")(training.commands.evaluate)
app.command("export-model")(training.operation_commands.export_model)
rule_commands.command("list")(curation.commands.rules_list)
rule_commands.command("new")(curation.rule_commands.new)
rule_commands.command("check")(curation.commands.rules_check)
rule_commands.command("explain")(curation.rule_commands.explain)
rule_commands.command("try")(reports.rule_commands.try_)
rule_commands.command("stats")(reports.rule_commands.stats)
rule_commands.command("docs")(reports.rule_commands.docs)
rule_commands.command("schema")(curation.rule_commands.schema)
app.add_typer(rule_commands, name="rules")
app.add_typer(review_commands, name="review")
app.add_typer(training.commands.model_commands, name="model")


@app.callback()
def _rewright(
    version: Annotated[bool, typer.Option("--version", help="Print the version of Rewright.", is_eager=True)] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"rewright {installed('rewright')}")
        raise typer.Exit


def load_version(ref: str | int = "released", store: str | Path = "store", **options: Any) -> Any:
    """Return a version of a store as Hugging Face datasets, polars or pandas frames; see `curation.export.loading`.

    Options: `config` (alpaca or messages), `as_` (datasets, polars or pandas), `split`, `streaming`, `include_review`,
    `storage_options`.
    """
    from curation.export.loading import load_version as loaded

    return loaded(ref, store, **options)


def _measured(store: Store, version: Version) -> dict[str, tuple[int, int, float]]:
    from annotations.trust import precision_in

    return precision_in(store, version)


curation.export_commands.measured = _measured
reports.commands.measured = _measured


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; what a user can put right is told in words, on standard error."""
    collect_seldom()
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever called: nothing comes in, and nobody listens
            setattr(sys, name, Path(os.devnull).open("r" if name == "stdin" else "w"))  # noqa: SIM115 - for the whole run
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace" if stream is sys.stderr else "strict")
    for word in sys.argv[1:] if arguments is None else arguments:
        if in_utf8(word) != word and not os.path.lexists(word):
            sys.stderr.write(f"rewright: {in_utf8(word)} is not UTF-8, and no file is called so; write it in UTF-8\n")
            return WRONG
    try:
        with _in_order():
            app(arguments, prog_name="rewright")
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # whoever read our output has seen enough
            return DONE
        return stop.code if isinstance(stop.code, int) else DONE
    except Exception as error:
        message = _told(error)
        if message is None:
            traceback.print_exc()
            return DEFECT
        sys.stderr.write(f"{message}\n")
        from curation.draft import LostRace

        return AGAIN if isinstance(error, LostRace) else WRONG
    return DONE


@contextmanager
def _in_order() -> Iterator[None]:
    """Let a signal that would end this process end it as Ctrl-C does, so that no file and no other process is left."""

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    ours = threading.current_thread() is threading.main_thread()  # Python hears of signals in no other
    numbers = [number for number in _ENDING if ours and signal.getsignal(number) is signal.SIG_DFL]  # nohup ignores one
    for number in numbers:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def _told(error: Exception) -> str | None:
    """Return what to tell of an error that is the user's to put right; None for a defect of ours."""
    from deltalake.exceptions import DeltaError

    from curation.draft import StoreError
    from curation.judgement import RewriterFault
    from curation.problems import RuleErrors, printable
    from curation.tables import Damaged
    from curation.text_files import ReadError
    from curation.workers import WorkerLost
    from curation.workspace import WorkspaceError
    from training.problems import TrainingError

    if isinstance(error, RuleErrors):
        return str(error) if len(error.problems) > 1 else f"rewright: {error.problems[0].render()}"
    if isinstance(error, ReadError | RewriterFault | StoreError | TrainingError | WorkerLost | WorkspaceError):
        return f"rewright: {printable(str(error))}"
    if isinstance(error, UnicodeDecodeError):
        byte = f"byte 0x{error.object[error.start]:02x} at position {error.start}"
        return f"rewright: standard input: {byte} of a line is not UTF-8"
    if isinstance(error, Damaged):
        return (
            f"rewright: the store is damaged: {printable(str(error))}; take it from a copy of the store. "
            "`rewright verify --all` names the versions that need it."
        )
    if isinstance(error, FileExistsError):
        return f"rewright: {error.filename} is there already; name another file or take it away"
    if isinstance(error, OSError) and error.strerror:
        return f"rewright: {error.filename or 'input or output'}: {error.strerror}"
    if isinstance(error, DeltaError | OSError):
        return f"rewright: the store cannot be used: {printable(str(error))}"
    return None


def _workers(raw: Path, engine: str = "own") -> int:
    """Return how many processes a data set is worth."""
    from curation.reading import files_of

    return (
        (os.cpu_count() or 1)
        if engine == "ray" or sum(file.stat().st_size for file in files_of(raw)) >= _MANY_BYTES
        else 1
    )


def _near(path: Path) -> Path:
    """Return a path as short as it can be typed here."""
    with suppress(ValueError):
        return path.relative_to(Path.cwd())
    return path


def _suggestion(pack: Pack, catalogue: dict[str, Any], seen: Sequence[str]) -> str | None:
    """Return a device catalogue to start from as YAML; None for a pack that knows no devices."""
    from curation.profile import as_yaml
    from rules.smart_home.catalogue import content_of
    from rules.smart_home.home import Home

    context = pack.open_context({**catalogue, "seen": seen})
    return as_yaml(content_of(context.catalogue)) if isinstance(context, Home) else None


if __name__ == "__main__":
    raise SystemExit(main())
