"""The commands around training: find settings, choose a base, export, serve, measure a server."""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from curation.commands import open_store
from curation.terminal import AsJson, InWorkspace, console, note, print_line, progress_bar
from curation.workspace import Workspace
from training.commands import Model, Most, Note, need

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from training.load import Level
    from training.selection import Selection
    from training.sweep import Sweep

_EVALUATING = ("nltk", "jieba", "rouge_chinese", "sklearn", "scipy")
_LOCALLY = ("torch", "transformers", "peft")

Exams = Annotated[
    list[str], typer.Option("--exam", metavar="DATA", help="What is asked: as --data of eval; repeatable.")
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder of runs, answers and report.")]


def sweep(
    grid: Annotated[str, typer.Argument(metavar="GRID", help="practice-27, or a TOML file.")],
    data: Annotated[str, typer.Option("--data", metavar="VERSION", help="The version to train on.")],
    model: Model,
    exams: Exams,
    out: Out = Path("sweep"),
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    tokens: Annotated[
        int | None, typer.Option("--tokens", min=1, help="Train on so many tokens instead of whole epochs.")
    ] = None,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Questions answered together.")] = 16,
    most: Most = 256,
    remark: Note = "",
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Train and ask every combination of some settings.

    The first --exam decides. What the folder has already is not made again; a failed run does not stop the others.
    Exit code 1 where one failed.
    """
    need(*_LOCALLY, *_EVALUATING, "datasets", "matplotlib")
    from training.exams import exam_of
    from training.grid import read_grid
    from training.items import items_of_version
    from training.settings import Settings
    from training.sweep import sweep as swept
    from training.train import Job

    combinations = read_grid(grid)
    home = Workspace.find(folder or Path())
    store = open_store(home)
    version = store.version(data)
    about = {"version": version.id, "number": version.number, "content": version.content, "ref": data}
    parts = [items_of_version(store, version, split) for split in ("train", "validation")]
    job = Job(model, about, parts[0], parts[1], Settings(), seed, tokens)
    asked = {name: exam_of(name, home) for name in exams}
    with progress_bar() as progress:
        found = swept(job, combinations, asked, home.root, out, batch=batch, most=most, note=remark, progress=progress)
    if as_json:
        print_line({"report": str(out / "report.md"), **found.as_json()})
    else:
        _print_sweep(found)
        sys.stdout.write(f"report  {out / 'report.md'}\n")
    if found.failed:
        raise typer.Exit(1)


def select(
    models: Annotated[list[str], typer.Argument(metavar="MODEL...", help="Folders, or OWNER/NAME of a hub.")],
    exams: Exams,
    data: Annotated[
        str | None, typer.Option("--data", metavar="VERSION", help="The version whose train split the shots come from.")
    ] = None,
    shots: Annotated[
        int, typer.Option("--shots", min=0, metavar="K", help="Examples before each question, as earlier turns.")
    ] = 0,
    sample: Annotated[int | None, typer.Option("--sample", min=1, metavar="N", help="So many items of each.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the sample, and of the shots.")] = 0,
    batch: Annotated[
        int, typer.Option("--batch", min=1, help="Questions answered together; more than 1 blurs the latency.")
    ] = 1,
    most: Most = 256,
    out: Out = Path("selection"),
    remark: Note = "",
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Choose a base model by what it answers, how fast, in how much memory.

    Each model is asked in a process of its own. What the folder has already is not asked again. Exit code 1 where a
    model could not be asked.
    """
    need(*_LOCALLY, *_EVALUATING)
    from training.exams import exam_of, with_shots
    from training.selection import select as selected

    if len(set(models)) < len(models):
        raise typer.BadParameter("name each model once", param_hint="MODEL...")
    if data is not None and not shots:
        raise typer.BadParameter("nothing is shown of it; say how many with --shots", param_hint="--data")
    home = Workspace.around(folder or Path())
    asked = with_shots([exam_of(name, home, sample=sample, seed=seed) for name in exams], home, shots, data, seed)
    asking = [word for name in exams for word in ("--data", name)] + ["--seed", str(seed)]
    asking += [] if sample is None else ["--sample", str(sample)]
    asking += ["--shots", str(shots), "--shots-of", str(data)] if shots else []
    asking += [] if home is None else ["--workspace", str(home.root)]
    with progress_bar() as progress:
        found = selected(
            models,
            asked,
            asking,
            out,
            shots=shots,
            sample=sample,
            seed=seed,
            batch=batch,
            most=most,
            note=remark,
            progress=progress,
        )
    if as_json:
        print_line({"report": str(out / "report.md"), **found.as_json()})
    else:
        _print_selection(found)
        sys.stdout.write(f"report  {out / 'report.md'}\n")
    if len(found.asked) < len(found.candidates):
        raise typer.Exit(1)


def export_model(
    model: Annotated[Path, typer.Argument(metavar="MODEL_DIR", help="A merged model, as rewright merge writes it.")],
    out: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write, such as model.gguf.")],
    gguf: Annotated[
        bool, typer.Option("--gguf", help="As GGUF, the only format; needed where FILE ends otherwise.")
    ] = False,
    kind: Annotated[
        str, typer.Option("--type", help="auto (16 bits), f32, f16, bf16 or q8_0: how the numbers are kept.")
    ] = "auto",
    pre_tokeniser: Annotated[
        str | None,
        typer.Option(
            "--pre-tokeniser", metavar="NAME", help="llama.cpp's name for it, where the converter knows none."
        ),
    ] = None,
    converter: Annotated[
        Path | None,
        typer.Option(
            "--converter", metavar="FILE", help="llama.cpp's convert_hf_to_gguf.py; fetched once unless named."
        ),
    ] = None,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Write a merged model as GGUF, for llama.cpp and what is built on it.

    By llama.cpp's own converter. The file is read back before it is there.
    """
    need("torch", "transformers", "gguf", "sentencepiece")
    from training.gguf_export import TYPES, convert, fetch_converter

    if not gguf and out.suffix != ".gguf":
        raise typer.BadParameter(f"{out} does not end in .gguf; only GGUF is written: give --gguf", param_hint="FILE")
    if kind not in TYPES:
        raise typer.BadParameter(f"{kind!r}; write one of {', '.join(TYPES)}", param_hint="--type")
    if converter is None:
        home = Workspace.find(folder or Path())
        converter = fetch_converter(home.root / "cache")
    made = convert(model, out, converter, kind, pre_tokeniser)
    if as_json:
        print_line(made.as_json())
        return
    sys.stdout.write(
        f"{made.path}  {made.bytes:,} bytes\n"
        f"read back  {made.architecture}, {made.tensors:,} tensors, {made.values:,} numbers (the model has "
        f"{made.values_of_model:,}), {made.vocabulary:,} tokens\n"
        f"pre-tokeniser  {made.pre_tokeniser or 'none'}{' (as named)' if pre_tokeniser else ''}\n"
        f"chat template  {'kept' if made.chat_template else 'none'}\n"
    )


def serve(
    model: Annotated[Path, typer.Argument(metavar="MODEL_DIR", help="A model's folder, such as a merged one.")],
    host: Annotated[
        str, typer.Option("--host", help="Where to listen. Anything but this machine is open to whoever reaches it.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 8000,
    as_json: AsJson = False,
) -> None:
    """Serve a model to OpenAI-compatible clients.

    By vLLM where it is installed and an accelerator is there, by transformers otherwise. Runs until it is stopped;
    its address is printed once it answers.
    """
    need("torch", "transformers", "fastapi", "uvicorn", "openai")
    from training.serving import ServeError, is_loopback, running, server_of, told

    server = server_of(model, host, port)
    if not is_loopback(host):
        note(f"there is no key: whoever reaches {host}:{port} can ask this model, and take its time")
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # stopped either way, the server stops with us
    with tempfile.TemporaryDirectory() as place:
        log = Path(place) / "server.log"
        try:
            with running(server, log) as process:
                if as_json:
                    print_line({"url": server.url, "model": server.model, "server": server.kind, "pid": process.pid})
                else:
                    sys.stdout.write(f"url     {server.url}\nmodel   {server.model}\nserver  {server.kind}\n")
                sys.stdout.flush()
                code = process.wait()
        except KeyboardInterrupt:
            return
        finally:
            signal.signal(signal.SIGTERM, before)
        raise ServeError(f"the server ended with exit code {code}: {told(log)}")


def load(
    url: Annotated[str, typer.Option("--url", metavar="URL", help="An OpenAI-compatible server, up to /v1.")],
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="As the server names it.")],
    exam: Annotated[str, typer.Option("--exam", metavar="DATA", help="Whose questions are asked: as --data of eval.")],
    at_once: Annotated[str, typer.Option("--at-once", help="Requests under way together, level by level.")] = "1,2,4,8",
    requests: Annotated[
        int | None, typer.Option("--requests", min=1, metavar="N", help="At each level; each item once unless named.")
    ] = None,
    most: Most = 256,
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds to wait for an answer.")] = 600.0,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write report.md, figures.json and load.svg here.")
    ] = None,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Measure a server: throughput, latency and errors by requests at once.

    Exit code 1 where a request failed. The key comes from OPENAI_API_KEY, where the server wants one.
    """
    need("openai", *(["matplotlib"] if out else []))
    from training.exams import exam_of
    from training.load import load as measured
    from training.load import write_load

    try:
        counts = [int(one) for one in at_once.split(",")]
    except ValueError:
        counts = []
    if not counts or min(counts) < 1:
        raise typer.BadParameter(f"{at_once!r}; write whole numbers from 1, such as 1,2,4,8", param_hint="--at-once")
    items = exam_of(exam, Workspace.around(folder or Path())).items
    number = requests or len(items)
    with progress_bar() as progress:
        levels = measured(url, model, items, counts, number, most=most, timeout=timeout, progress=progress)
    about: dict[str, Any] = {
        "url": url,
        "model": model,
        "exam": exam,
        "items": len(items),
        "requests": number,
        "max_tokens": most,
    }
    report = None if out is None else write_load(levels, about, out)
    if as_json:
        told = [level.as_json() for level in levels]
        print_line({**about, "report": None if report is None else str(report), "levels": told})
    else:
        _print_load(levels)
        if report is not None:
            sys.stdout.write(f"report  {report}\n")
    if any(level.errors for level in levels):
        raise typer.Exit(1)


def _print_sweep(found: Sweep) -> None:
    from rich.markup import escape

    table = _table("run", "strictly right", "95 % interval", "loss moves", "seconds", "MiB")
    for one in found.done:
        strict = one.exams[0].evaluation.figures["strict"]
        seconds, size = one.cost
        moves = "-" if one.steadiness == float("inf") else f"{one.steadiness:.2f}"
        between = f"{strict.low:.1%} to {strict.high:.1%}"
        table.add_row(escape(one.point.name), f"{strict.value:.1%}", between, moves, f"{seconds:,.0f}", f"{size:,}")
    console().print(table)
    for one in found.failed:
        note(f"{one.point.name}: {one.failed}")
    _print_choice(found.choice.name, found.choice.why)


def _print_selection(found: Selection) -> None:
    from rich.markup import escape

    table = _table("model", "strictly right", "slot F1", "schema", "p50 s", "p90 s", "p99 s", "tokens/s", "MiB")
    for one in found.asked:
        figures = one.exams[0].evaluation.figures
        rates = [f"{figures[name].value:.1%}" if name in figures else "-" for name in ("strict", "slot_f1", "schema")]
        pace = [f"{seconds:.2f}" for seconds in one.speed.values()]
        size = one.peak.get("accelerator", one.peak["process"])
        table.add_row(escape(one.model), *rates, *pace, f"{one.pace:.1f}", f"{size:,}")
    console().print(table)
    for one in found.candidates:
        if one.failed:
            note(f"{one.model}: {one.failed}")
    _print_choice(found.choice.name, found.choice.why)


def _print_load(levels: list[Level]) -> None:
    table = _table("at once", "requests/s", "tokens/s", "p50 s", "p90 s", "p99 s", "errors")
    for level in levels:
        pace = [f"{level.latency[name]:.2f}" if level.answers else "-" for name in ("p50", "p90", "p99")]
        rates = (f"{level.requests_per_second:.2f}", f"{level.tokens_per_second:.1f}")
        table.add_row(str(level.at_once), *rates, *pace, str(len(level.errors)))
    console().print(table)
    for level in levels:
        if level.errors:
            note(f"{level.at_once} at once: {level.errors[0]}")


def _print_choice(name: str, why: Sequence[str]) -> None:
    sys.stdout.write(f"\nrecommended  {name}\n")
    sys.stdout.writelines(f"  {sentence}\n" for sentence in why)


def _table(first: str, *others: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
