"""Models on disk or of a hub: loaded without running code of theirs, with or without an adapter, named by digest."""

from __future__ import annotations

import hashlib
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from training.problems import TrainingError

if TYPE_CHECKING:
    from training.settings import Settings


class ModelError(TrainingError):
    """A model cannot be loaded or written; the message says what to do."""


class Loaded(NamedTuple):
    """A model with its tokenizer."""

    model: Any
    tokenizer: Any


def load(model: str, adapter: Path | None = None, settings: Settings | None = None) -> Loaded:
    """Return a causal language model with its tokenizer, on the accelerator where there is one.

    `settings` say whether it comes in 4 bits, and in what precision. Only safetensors are read. Raises `ModelError`.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    hush()
    cuda = torch.cuda.is_available()
    # What is only asked is computed in full on a processor, so that a merged model says what base and adapter said.
    given: dict[str, Any] = {"dtype": dtype_of("auto" if cuda else "fp32")}
    if settings is not None:
        given["dtype"] = dtype_of(settings.precision)
        if settings.four_bit:
            given["quantization_config"] = _four_bits()
        if not cuda and given["dtype"] is torch.bfloat16:
            given["attn_implementation"] = "eager"  # of short records quicker there than fused attention
    folder = Path(model)
    if not folder.exists() and (model.startswith((".", "/")) or model.count("/") != 1):
        raise ModelError(f"no model {model!r}; name a folder, or OWNER/NAME of a hub")
    try:
        tokenizer = AutoTokenizer.from_pretrained(model, trust_remote_code=False)
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            model, trust_remote_code=False, use_safetensors=True, **given
        )
        if adapter is not None:
            from peft import PeftModel

            loaded = PeftModel.from_pretrained(loaded, str(adapter))
    except (KeyError, OSError, ValueError) as error:  # peft's KeyError is a setting that its file lacks
        said = f"{error} is missing" if isinstance(error, KeyError) else error
        raise ModelError(f"{model if adapter is None else f'{model} with {adapter}'}: {said}") from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if cuda and "quantization_config" not in given:
        loaded = loaded.to("cuda")
    return Loaded(loaded, tokenizer)


def hush() -> None:
    """Keep the libraries from telling users what only developers can change, and from drawing bars in a log."""
    from transformers.utils import logging

    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    if not sys.stderr.isatty():
        logging.disable_progress_bar()


def dtype_of(precision: str) -> Any:
    """Return torch's type for a precision; `auto` is what the hardware does well."""
    import torch

    if precision == "auto":
        if torch.cuda.is_available():
            precision = "bf16" if torch.cuda.is_bf16_supported() else "fp16"
        else:  # without instructions for it bf16 is two and a half times slower than fp32, with them quicker
            knows = torch.cpu.get_capabilities()
            precision = "bf16" if knows.get("avx512_bf16") or knows.get("amx_bf16") else "fp32"
    return {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}[precision]


def fingerprint(model: str) -> str:
    """Return what tells one model from another: a digest of its files, or the name on the hub."""
    folder = Path(model)
    if not folder.is_dir():
        return model
    whole = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in {".safetensors", ".json", ".jinja"}:
            with path.open("rb") as file:
                whole.update(f"{path.name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()


def parameters(model: Any) -> dict[str, int]:
    """Return how many parameters a model has, and how many of them are trained."""
    sizes = [(one.numel(), one.requires_grad) for one in model.parameters()]
    return {"all": sum(size for size, _ in sizes), "trained": sum(size for size, trained in sizes if trained)}


def merge(model: str, adapter: Path, folder: Path) -> Path:
    """Write a model with its adapter added to the weights, as safetensors; returns the folder.

    Raises `FileExistsError` where something is there, `ModelError` where the two do not fit.
    """
    if folder.exists():
        import errno

        raise FileExistsError(errno.EEXIST, "exists", str(folder))
    loaded, tokenizer = load(model, adapter)
    loaded.merge_and_unload().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _four_bits() -> Any:
    import torch
    from transformers import BitsAndBytesConfig

    if not torch.cuda.is_available():
        raise ModelError("four_bit needs an accelerator with CUDA; without one use the profile cpu-small")
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype_of("auto"),
    )
