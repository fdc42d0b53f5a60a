"""From items to an adapter: LoRA by peft, in transformers' Trainer, top to bottom."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import resource
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curation.command import write
from curation.whole_file import whole
from training import models
from training.diagnosis import Finding, diagnose, fluctuation
from training.encode import Encoded, course, encode, fitting
from training.items import Item, digest_of
from training.problems import TrainingError
from training.settings import Settings

RECORD = "run.json"
ADAPTER = "adapter"
_LIBRARIES = ("torch", "transformers", "peft", "datasets", "accelerate", "tokenizers")


class RunError(TrainingError):
    """A run cannot begin or go on; the message says what to do."""


@dataclass(frozen=True)
class Job:
    """All that decides what a run makes."""

    model: str
    """A folder, or a name on a hub."""
    data: Mapping[str, Any]
    """What the items are: version, its digests, and whatever else tells where they come from."""
    training: Sequence[Item]
    validation: Sequence[Item]
    settings: Settings
    seed: int = 0
    tokens: int | None = None
    """Tokens to train on, by repeating or cutting the data; None for whole epochs."""

    def identity(self) -> dict[str, Any]:
        """Return what tells this run from any other."""
        return {
            "model": models.fingerprint(self.model),
            "training": digest_of(self.training),
            "validation": digest_of(self.validation),
            "settings": self.settings.as_json(),
            "seed": self.seed,
            "tokens": self.tokens,
        }


@dataclass(frozen=True)
class Run:
    """A finished run: a folder with `adapter/`, `run.json`, `curve.jsonl`, `left-out.jsonl` and `curves.svg`."""

    folder: Path
    record: Mapping[str, Any]

    @property
    def adapter(self) -> Path:
        """Return the folder of the adapter."""
        return self.folder / ADAPTER

    @property
    def findings(self) -> list[Finding]:
        """Return the diagnosis."""
        settings, records = self.record["identity"]["settings"], self.record["records"]
        with (self.folder / "curve.jsonl").open(encoding="utf-8") as lines:
            curve = [json.loads(line) for line in lines]
        return diagnose(
            curve,
            settings["warmup"],
            records["left_out"],
            records["training"] + records["left_out"],
            settings["max_length"],
        )

    @classmethod
    def read(cls, folder: Path) -> Run:
        """Return the run in a folder; raises `RunError` where none was finished there."""
        path = folder / RECORD
        if not path.is_file():
            raise RunError(f"{folder} holds no finished run; make one with: rewright train")
        return cls(folder, json.loads(path.read_text(encoding="utf-8")))


def train(job: Job, folder: Path, tell: Callable[[str], None] = lambda _: None) -> Run:
    """Train an adapter in a folder and return the run; `tell` hears now and then how far it is, without a terminal.

    What was begun there and killed is taken up at its last checkpoint, with the same result; what was finished there
    is returned as it is. Raises `RunError` where the folder holds another run, or nothing is left to train on;
    `ModelError`, `TemplateError` where the model cannot be used.
    """
    identity = job.identity()
    if (folder / RECORD).is_file():
        done = Run.read(folder)
        if done.record["identity"] != identity:
            raise RunError(f"{folder} holds another run; name another folder with --out, or take it away")
        return done
    _begin(folder, identity)
    return _trained(job, folder, identity, tell)


def _trained(job: Job, folder: Path, identity: Mapping[str, Any], tell: Callable[[str], None]) -> Run:
    from transformers import set_seed
    from transformers.trainer_utils import get_last_checkpoint

    from training.loop import Teller
    from training.plots import curves

    started = time.monotonic()
    checkpoints = folder / "checkpoints"
    last = get_last_checkpoint(checkpoints) if checkpoints.is_dir() else None
    before = _seconds_until(last)

    def clock() -> float:
        return before + time.monotonic() - started

    settings = job.settings
    set_seed(job.seed)  # before the adapter draws its first weights
    base, tokenizer = models.load(job.model, settings=settings)
    training, longer = fitting((encode(tokenizer, item) for item in job.training), settings.max_length)
    validation, _ = fitting((encode(tokenizer, item) for item in job.validation), settings.max_length)
    if not training:
        raise RunError(f"none of {len(job.training):,} records fits into {settings.max_length} tokens (max_length)")
    with (folder / "left-out.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(write({"id": one.id, "tokens": len(one.input_ids)}) + "\n" for one in longer)
    one_epoch = sum(len(one.input_ids) for one in training)
    tokens = round(one_epoch * settings.epochs) if job.tokens is None else job.tokens
    drawn = course(training, settings.batch, job.seed, tokens=tokens)
    model = _adapted(base, settings)
    trainer = _trainer(job, model, tokenizer, drawn, validation, checkpoints, clock)
    if trainer.args.disable_tqdm:
        trainer.add_callback(Teller(tell))
    trainer.train(resume_from_checkpoint=last)
    model.save_pretrained(folder / ADAPTER)
    tokenizer.save_pretrained(folder / ADAPTER)
    curve = [
        {name: value for name, value in sorted(point.items()) if name not in _CLOCKS}
        for point in trainer.state.log_history
        if "train_runtime" not in point
    ]
    (folder / "curve.jsonl").write_text("".join(write(point) + "\n" for point in curve), encoding="utf-8")
    record = {
        "identity": identity,
        "model": job.model,
        "data": dict(job.data),
        "records": {"training": len(training), "validation": len(validation), "left_out": len(longer)},
        "tokens": {
            "seen": sum(len(one.input_ids) for one in drawn),
            "answers": sum(label >= 0 for one in drawn for label in one.labels),
        },
        "steps": trainer.state.global_step,
        "parameters": models.parameters(model),
        "best": {"step": trainer.state.best_global_step, "validation_loss": trainer.state.best_metric},
        "fluctuation": fluctuation(curve),
        "environment": _environment(str(base.dtype).removeprefix("torch.")),
        "measured": {"seconds": round(clock(), 1), "peak_mib": peak_mib()},
    }
    curves(curve, folder / "curves.svg")
    with whole(folder / RECORD) as part:  # a run is finished when its record stands there
        part.write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(checkpoints, ignore_errors=True)
    return Run(folder, record)


def _adapted(base: Any, settings: Settings) -> Any:
    """Return a model with a fresh adapter to train; raises `RunError` where it has no such modules."""
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training

    base.config.use_cache = False
    if settings.four_bit:
        base = prepare_model_for_kbit_training(base, use_gradient_checkpointing=settings.checkpointing)
    elif settings.checkpointing:
        base.enable_input_require_grads()
    adapter = LoraConfig(
        task_type="CAUSAL_LM",
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=list(settings.modules),
        bias="none",
    )
    try:
        return get_peft_model(base, adapter)
    except ValueError as error:
        raise RunError(f"modules: {error}") from error


def _environment(precision: str) -> dict[str, Any]:
    """Return on what a run was made, as its record keeps it."""
    import torch

    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "threads": torch.get_num_threads(),
        "precision": precision,
        **{name: importlib.metadata.version(name) for name in _LIBRARIES},
    }


def peak_mib() -> dict[str, int]:
    """Return the most memory that this process has held so far: of the machine, and of the accelerator."""
    import torch

    # Linux counts in KiB, macOS in bytes.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    held = {"process": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit}
    return held | ({"accelerator": torch.cuda.max_memory_allocated() // 2**20} if torch.cuda.is_available() else {})


_CLOCKS = ("seconds", "eval_runtime", "eval_samples_per_second", "eval_steps_per_second")


def _seconds_until(checkpoint: str | None) -> float:
    """Return the seconds that all sessions of a run took to come to a checkpoint."""
    from transformers import TrainerState

    if checkpoint is None:
        return 0.0
    logged = TrainerState.load_from_json(str(Path(checkpoint) / "trainer_state.json")).log_history
    return float(logged[-1]["seconds"])


def _begin(folder: Path, identity: Mapping[str, Any]) -> None:
    """Note whose folder it is, or find that it is ours to go on with."""
    digest = hashlib.sha256(write(dict(identity)).encode()).hexdigest()
    claim = folder / "identity"
    if claim.is_file() and claim.read_text(encoding="utf-8") != digest:
        raise RunError(f"{folder} holds another run, unfinished; name another folder with --out, or take it away")
    folder.mkdir(parents=True, exist_ok=True)
    claim.write_text(digest, encoding="utf-8")


def _trainer(
    job: Job,
    model: Any,
    tokenizer: Any,
    training: Sequence[Encoded],
    validation: Sequence[Encoded],
    checkpoints: Path,
    clock: Callable[[], float],
) -> Any:
    """Return the Trainer of a job; the clock says how many seconds the run has taken so far."""
    import torch
    from datasets import Dataset
    from transformers import DataCollatorForSeq2Seq, DataCollatorWithFlattening, PrinterCallback, TrainingArguments

    from training.loop import AnswerTrainer

    settings = job.settings
    a_step = settings.batch * settings.accumulation
    every = max(1, min(settings.evaluate_every, -(-len(job.training) // a_step)))
    kind = models.dtype_of(settings.precision)
    cuda = torch.cuda.is_available()
    arguments = TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=1,  # the records stand there in the order of all epochs
        per_device_train_batch_size=settings.batch,
        per_device_eval_batch_size=settings.batch,
        gradient_accumulation_steps=settings.accumulation,
        activation_checkpointing=settings.checkpointing,
        learning_rate=settings.learning_rate,
        lr_scheduler_type=settings.scheduler,
        warmup_steps=settings.warmup,
        weight_decay=settings.weight_decay,
        train_sampling_strategy="sequential",
        bf16=cuda and kind is torch.bfloat16,
        fp16=cuda and kind is torch.float16,
        logging_steps=1,
        eval_strategy="steps" if validation else "no",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        load_best_model_at_end=bool(validation),
        metric_for_best_model="eval_loss" if validation else None,
        greater_is_better=False if validation else None,
        label_names=["labels"],
        remove_unused_columns=False,
        report_to="none",
        dataloader_pin_memory=cuda,
        disable_tqdm=not sys.stderr.isatty(),
        log_level="error",
        seed=job.seed,
        data_seed=job.seed,
    )
    padded = DataCollatorForSeq2Seq(tokenizer, padding=True)
    trainer = AnswerTrainer(
        clock,
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list([_columns(one) for one in training]),
        eval_dataset=Dataset.from_list([_columns(one) for one in validation]) if validation else None,
        data_collator=DataCollatorWithFlattening() if settings.packing else padded,
    )
    trainer.remove_callback(PrinterCallback)  # which prints every step where there is no progress bar
    return trainer


def _columns(one: Encoded) -> dict[str, list[int]]:
    return {"input_ids": one.input_ids, "labels": one.labels}
