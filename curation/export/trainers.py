"""Versions as other trainers take them: LLaMA-Factory, ms-swift, and plain files of Alpaca, ShareGPT or messages."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from curation.command import Unreadable, parse_object, write
from curation.draft import StoreError
from curation.export.manifest import Manifest, describe
from curation.export.rows import Census, Choice, census
from curation.export.shapes import SHAPES
from curation.whole_file import whole, write_whole

REGISTRY = "dataset_info.json"
BASE = "Qwen/Qwen3-0.6B"
"""The base model that ready-made settings name unless another is given."""
TEMPLATES: Mapping[str, str] = {"llamafactory": "qwen3_nothink", "swift": "qwen3_nothinking"}
"""What each trainer calls the chat template of `BASE` without thinking, of which the rows have none.

Both make the same prompt of it, so that what they train can be served the same way; ms-swift's own choice for this base
would put an empty thought before each answer.
"""
_LINES = frozenset({"messages", "swift"})  # one object a line; the others are one array, as is usual for them


class Written(NamedTuple):
    """The files of an export."""

    files: tuple[Path, ...]
    """Data first, in order of split, then what was made to use it."""
    manifest: Manifest
    rows: Mapping[str, int]
    next: str
    """The command that trains on it; empty for formats of no particular trainer."""


def write_files(
    choice: Choice, ref: str, style: str, folder: Path, base: str = BASE, template: str | None = None
) -> Written:
    """Write a version as one file a split into `folder`, in a style of `SHAPES`, and register it where that is usual.

    `template` is the trainer's name of the chat template of `base`; that of `TEMPLATES` unless given.
    The names of the files carry the digest of the rows. Raises `StoreError` where there is no row, or where the
    folder's registry cannot be read.
    """
    found = census(choice)
    if not found.rows:
        raise StoreError(f"version {choice.version.number} ({choice.version.short}) has no row to export")
    manifest = describe(choice, ref, found)
    folder.mkdir(parents=True, exist_ok=True)
    known = _registry(folder / REGISTRY) if style == "llamafactory" else {}
    files = _data(choice, style, folder, manifest, found)
    made: list[Path] = []
    then = ""
    if style == "llamafactory":
        places = {split: (file.name, found.fields_of[split]) for split, file in files.items()}
        entries = llamafactory_entries(manifest.entry, places)
        write_whole(folder / REGISTRY, _ascii(known | json.loads(entries)))
        settings = folder / f"{manifest.folder}-lora.yaml"
        write_whole(settings, _llamafactory_settings(manifest, found, folder, base, template or TEMPLATES[style]))
        made, then = [folder / REGISTRY, settings], f"llamafactory-cli train {shlex.quote(str(settings))}"
    elif style == "swift":
        script = folder / f"{manifest.folder}-sft.sh"
        write_whole(script, _swift_script(manifest, files, base, template or TEMPLATES[style]))
        made, then = [script], f"sh {shlex.quote(str(script))}"
    return Written((*files.values(), *made), manifest, found.rows, then)


def llamafactory_entries(name: str, places: Mapping[str, tuple[str, Sequence[str]]]) -> str:
    """Return the text of a LLaMA-Factory registry with an entry for each split.

    `places` has, by split, its file or folder and the optional fields that are columns there. All columns are named,
    because those left out would be dropped, and no others, because one that is not there ends the run; ASCII, because
    it is read in the locale's encoding.
    """
    always = {"prompt": "instruction", "query": "input", "response": "output"}
    return _ascii(
        {
            f"{name}_{split}": {
                "file_name": file,
                "formatting": "alpaca",
                "columns": always | {field: field for field in ("system", "history") if field in fields},
            }
            for split, (file, fields) in places.items()
        }
    )


def _data(choice: Choice, style: str, folder: Path, manifest: Manifest, found: Census) -> dict[str, Path]:
    """Write the rows and return the file of each split."""
    suffix = "jsonl" if style in _LINES else "json"
    kind = "" if style in {"llamafactory", "swift"} else f"-{style}"
    files = {split: folder / f"{manifest.folder}{kind}-{split}.{suffix}" for split in found.rows}
    start, between, end = ("", "\n", "\n") if style in _LINES else ("[\n", ",\n", "\n]\n")
    shape = SHAPES[style]
    with ExitStack() as stack:
        parts = {split: stack.enter_context(whole(path)) for split, path in files.items()}
        out = {
            split: stack.enter_context(part.open("w", encoding="utf-8", newline="\n")) for split, part in parts.items()
        }
        separators = dict.fromkeys(files, start)
        for row in choice.rows():
            # Marked in every row of such an export: a column that only some rows have comes out as null elsewhere.
            record = shape(row) | ({"disposition": row.disposition} if choice.review else {})
            out[row.split].write(separators[row.split] + write(record))
            separators[row.split] = between
        for file in out.values():
            file.write(end)
    return files


def _registry(path: Path) -> dict[str, Any]:
    """Return the entries that a folder's registry has already."""
    if not path.exists():
        return {}
    try:
        return parse_object(path.read_text(encoding="utf-8-sig"))
    except (Unreadable, UnicodeDecodeError) as error:
        raise StoreError(f"{path}: no registry of LLaMA-Factory: {error}; nothing was written") from error


def _llamafactory_settings(manifest: Manifest, found: Census, folder: Path, base: str, template: str) -> str:
    """Return the settings of a LoRA run over the training split, evaluated on the one for validation."""
    lines = [
        "# LoRA supervised fine-tuning by LLaMA-Factory, from the folder in which it was exported.",
        "# `template` must be that of the base model; answers of earlier turns were not checked and are not learned.",
        f"model_name_or_path: {json.dumps(base, ensure_ascii=False)}",
        f"template: {json.dumps(template, ensure_ascii=False)}",
        "stage: sft",
        "do_train: true",
        "finetuning_type: lora",
        "lora_rank: 32",
        "lora_alpha: 64",
        "lora_dropout: 0.05",
        "lora_target: q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj",
        f"dataset_dir: {json.dumps(str(folder), ensure_ascii=False)}",
        f"dataset: {manifest.entry}_{_first(found)}",
        "mask_history: true",
        "cutoff_len: 1024",
        f"output_dir: {json.dumps(f'saves/{manifest.folder}', ensure_ascii=False)}",
        "num_train_epochs: 4",
        "per_device_train_batch_size: 4",
        "gradient_accumulation_steps: 4",
        "learning_rate: 3.0e-5",
        "lr_scheduler_type: cosine",
        "warmup_ratio: 0.1",
        "weight_decay: 0.01",
        "logging_steps: 10",
    ]
    if "validation" in found.rows:
        lines += [
            f"eval_dataset: {manifest.entry}_validation",
            "eval_strategy: steps",
            "eval_steps: 200",
            "save_steps: 200",
            "load_best_model_at_end: true",
        ]
    return "\n".join([*lines, ""])


def _swift_script(manifest: Manifest, files: Mapping[str, Path], base: str, template: str) -> str:
    """Return the command of a LoRA run by ms-swift; it finds the files beside itself."""
    train = files.get("train", next(iter(files.values())))
    options: Sequence[tuple[str, str]] = [
        ("--model", shlex.quote(base)),
        ("--template", shlex.quote(template)),
        ("--tuner_type", "lora"),
        ("--dataset", f'"$here"/{shlex.quote(train.name)}'),
        *([("--val_dataset", f'"$here"/{shlex.quote(files["validation"].name)}')] if "validation" in files else []),
        ("--lora_rank", "32"),
        ("--lora_alpha", "64"),
        ("--lora_dropout", "0.05"),
        ("--target_modules", "all-linear"),
        ("--num_train_epochs", "4"),
        ("--per_device_train_batch_size", "4"),
        ("--gradient_accumulation_steps", "4"),
        ("--learning_rate", "3e-5"),
        ("--warmup_ratio", "0.1"),
        ("--weight_decay", "0.01"),
        ("--eval_steps", "200"),
        ("--save_steps", "200"),
        ("--loss_scale", "last_round"),
        ("--max_length", "1024"),
        ("--output_dir", shlex.quote(f"saves/{manifest.folder}")),
    ]
    command = " \\\n".join(["swift sft", *(f"    {name} {value}" for name, value in options), '    "$@"'])
    head = (
        "# LoRA supervised fine-tuning by ms-swift; more options may follow the command.\n"
        "# `--template` must be that of the base model; answers of earlier turns were not checked and are not learned."
    )
    return f'#!/bin/sh\n{head}\nhere=$(dirname "$0")\n{command}\n'


def _first(found: Census) -> str:
    return "train" if "train" in found.rows else next(iter(found.rows))


def _ascii(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2) + "\n"
