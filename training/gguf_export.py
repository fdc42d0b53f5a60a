"""A merged model as GGUF, for llama.cpp and what is built on it; by llama.cpp's own converter, in its own process."""

from __future__ import annotations

import errno
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from training.problems import TrainingError

PACKAGE = "llama-cpp-python==0.3.36"
DIGEST = "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e"
"""sha256 of the source package (77 MB), whose copy of llama.cpp has the converter (MIT)."""
CONVERTER = "convert_hf_to_gguf.py"
TYPES = ("auto", "f32", "f16", "bf16", "q8_0")

_WANTED = (CONVERTER, "LICENSE", "conversion/", "gguf-py/")
_FORCED = """\
import runpy, sys
from pathlib import Path
converter, name = sys.argv[1:3]
sys.path[:0] = [str(Path(converter).parent), str(Path(converter).parent / "gguf-py")]
from conversion.base import TextModel
TextModel.get_vocab_base_pre = lambda self, tokenizer: name
sys.argv = [converter, *sys.argv[3:]]
runpy.run_path(converter, run_name="__main__")
"""
"""The converter, with the pre-tokeniser named instead of recognised."""


class ConversionError(TrainingError):
    """A model cannot be converted; the message is what the converter said last, and what to do."""


@dataclass(frozen=True)
class Gguf:
    """What stands in a GGUF file, read back."""

    path: str
    architecture: str
    tensors: int
    values: int
    """Numbers in all tensors."""
    values_of_model: int
    """Numbers in the safetensors that it was made of; a converter may add some or leave tied ones out."""
    vocabulary: int
    pre_tokeniser: str
    chat_template: bool
    bytes: int

    def as_json(self) -> dict[str, Any]:
        """Return it as programs read it."""
        return asdict(self)


def fetch_converter(cache: Path) -> Path:
    """Return the converter, fetched into a folder of the cache the first time; checked by digest.

    Raises `ConversionError` where the package cannot be had.
    """
    folder = cache / PACKAGE.replace("==", "-")
    converter = folder / CONVERTER
    if converter.is_file():
        return converter
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as place:
        pinned = Path(place) / "pinned.txt"
        pinned.write_text(f"{PACKAGE} --hash=sha256:{DIGEST}\n", encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", place]
        only_source = ["--no-binary", PACKAGE.partition("==")[0], "--require-hashes", "--requirement", str(pinned)]
        done = subprocess.run([*pip, *only_source], capture_output=True, text=True, check=False)
        archives = sorted(Path(place).glob("*.tar.gz"))
        if done.returncode or not archives:
            raise ConversionError(
                f"the source package {PACKAGE} cannot be had: {done.stderr.strip()[-300:]}; name a copy of llama.cpp's "
                f"{CONVERTER} with --converter"
            )
        whole = Path(place) / "llama.cpp"
        with tarfile.open(archives[0]) as archive:
            for member in archive:
                _, found, rest = member.name.partition("/vendor/llama.cpp/")
                if found and rest.startswith(_WANTED) and member.isfile():
                    member.name = rest
                    archive.extract(member, whole, filter="data")
        whole.replace(folder)
    return converter


def convert(model: Path, out: Path, converter: Path, kind: str = "auto", pre_tokeniser: str | None = None) -> Gguf:
    """Write a model's folder as one GGUF file and read it back.

    The converter knows the pre-tokenisers of published models; one that it does not know it refuses, unless one is
    named. Raises `FileExistsError` where the file is there, `ConversionError`.
    """
    if out.exists():
        raise FileExistsError(errno.EEXIST, "exists", str(out))
    if not (model / "config.json").is_file():
        raise ConversionError(f"{model} holds no model (no config.json); make one of a run with: rewright merge")
    if not converter.is_file():
        raise ConversionError(f"{converter}: there is no such file; name llama.cpp's {CONVERTER}")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as place:
        part = Path(place) / "model.gguf"
        start = (
            [str(converter)]
            if pre_tokeniser is None
            else ["-P", "-c", _FORCED, str(converter.resolve()), pre_tokeniser]
        )
        command = [sys.executable, *start, str(model), "--outfile", str(part), "--outtype", kind]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode or not part.is_file():
            raise ConversionError(_said(done.stderr))
        found = read_back(part, model)
        part.replace(out)
    return Gguf(**{**found.as_json(), "path": str(out)})


def read_back(path: Path, model: Path) -> Gguf:
    """Return what stands in a GGUF file, and how many numbers the model has; raises `ConversionError`."""
    from gguf import GGUFReader

    try:
        read = GGUFReader(path)
        fields = {name: read.fields[name] for name in _FIELDS if name in read.fields}
        told = {name: field.contents() for name, field in fields.items()}
        counts = [int(tensor.n_elements) for tensor in read.tensors]
    except (ValueError, KeyError, IndexError, OSError) as error:
        raise ConversionError(f"{path} cannot be read back: {error}") from error
    if not counts or "general.architecture" not in told:
        raise ConversionError(f"{path} has {len(counts)} tensors and names no architecture")
    return Gguf(
        path=str(path),
        architecture=told["general.architecture"],
        tensors=len(counts),
        values=sum(counts),
        values_of_model=_values(model),
        vocabulary=len(told.get("tokenizer.ggml.tokens", ())),
        pre_tokeniser=told.get("tokenizer.ggml.pre", ""),
        chat_template="tokenizer.chat_template" in told,
        bytes=path.stat().st_size,
    )


_FIELDS = ("general.architecture", "tokenizer.ggml.tokens", "tokenizer.ggml.pre", "tokenizer.chat_template")


def _values(model: Path) -> int:
    from math import prod

    from safetensors import safe_open

    total = 0
    for path in sorted(model.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            total += sum(prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118 - no mapping
    return total


def _said(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.strip()]
    last = lines[-1].strip() if lines else "the converter said nothing and wrote nothing"
    if "pre-tokenizer was not recognized" in last:
        last += "; name the nearest one with --pre-tokeniser, such as qwen2, and check what the file answers"
    return last
