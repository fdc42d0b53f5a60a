"""Measure what a training step costs on a processor, by precision, attention and dropout, all in one interleaved run.

    python benchmarks/training_step.py comparison/SmolLM2-135M-Instruct --threads 1

A step is forward and backward of eight records of 112 tokens through a LoRA adapter of rank 16 on all linear layers, as
`rewright train --config cpu-small` has it; the ids are random, since what they are costs nothing.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Mapping
from itertools import product
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from training.settings import Settings

RECORDS, TOKENS, PROMPT = 8, 112, 45


def adapted(model: str, precision: Any, attention: str, dropout: float) -> Any:
    """Return the model with an adapter, ready to be trained."""
    base = AutoModelForCausalLM.from_pretrained(
        model, dtype=precision, attn_implementation=attention, use_safetensors=True
    )
    modules = list(Settings().modules)
    lora = LoraConfig(task_type="CAUSAL_LM", r=16, lora_alpha=32, lora_dropout=dropout, target_modules=modules)
    return get_peft_model(base, lora).train()


def measure(models: Mapping[str, Any], steps: int) -> dict[str, list[float]]:
    """Return tokens a second of each model, step by step; each model's first step is not counted."""
    vocabulary = next(iter(models.values())).config.vocab_size
    ids = torch.randint(vocabulary, (RECORDS, TOKENS), generator=torch.Generator().manual_seed(1))
    labels = ids.clone()
    labels[:, :PROMPT] = -100
    mask = torch.ones_like(ids)
    mask[0, TOKENS - 12 :] = 0  # as where one record is shorter
    found: dict[str, list[float]] = {name: [] for name in models}
    for step in range(steps + 1):
        for name, model in models.items():
            started = time.perf_counter()
            model(input_ids=ids, attention_mask=mask, labels=labels).loss.backward()
            model.zero_grad()
            if step:
                found[name].append(ids.numel() / (time.perf_counter() - started))
    return found


def main() -> None:
    """Measure the model that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--steps", type=int, default=5)
    given = parser.parse_args()
    warnings.filterwarnings("ignore", category=FutureWarning)
    torch.set_num_threads(given.threads)
    models = {
        f"{str(precision).removeprefix('torch.')}, {attention} attention, dropout {dropout}": adapted(
            given.model, precision, attention, dropout
        )
        for precision, attention, dropout in product((torch.float32, torch.bfloat16), ("sdpa", "eager"), (0.05, 0.0))
    }
    for name, speeds in measure(models, given.steps).items():
        middle, least, most = statistics.median(speeds), min(speeds), max(speeds)
        sys.stdout.write(f"{middle:5.0f} tokens/s ({least:.0f} to {most:.0f})  {name}\n")


if __name__ == "__main__":
    main()
