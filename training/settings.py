"""How a model is trained: named profiles, and TOML files that change some of their values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from curation.problems import did_you_mean
from training.problems import TrainingError

PROFILES = Path(__file__).parent / "profiles"
SCHEDULERS = ("constant", "constant_with_warmup", "cosine", "linear")
PRECISIONS = ("auto", "bf16", "fp16", "fp32")


class SettingsError(TrainingError):
    """Settings cannot be used; the message names the file, what was found and what to write."""


@dataclass(frozen=True)
class Settings:
    """LoRA and the optimiser, as the profile `practice` has them unless said otherwise."""

    rank: int = 32
    alpha: int = 64
    dropout: float = 0.05
    modules: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
    """Linear layers that get an adapter; their bias gets none."""
    epochs: float = 4.0
    batch: int = 4
    """Records in one forward pass on one device."""
    accumulation: int = 4
    """Forward passes in one step."""
    learning_rate: float = 3e-5
    scheduler: str = "cosine"
    warmup: float = 0.1
    """Share of the steps."""
    weight_decay: float = 0.01
    evaluate_every: int = 200
    """Steps; at least once an epoch. The state with the smallest validation loss is kept."""
    max_length: int = 1024
    """Tokens of prompt and answer; longer records are left out, never cut."""
    packing: bool = False
    """The records of a batch follow one another in one row, without padding."""
    four_bit: bool = False
    """The base in 4 bits (QLoRA), which needs CUDA and bitsandbytes."""
    checkpointing: bool = False
    """Activations are computed again in the backward pass: less memory, a third slower."""
    precision: str = "auto"
    """auto takes bf16 where accelerator or processor compute in it; otherwise fp16 on an accelerator, else fp32."""

    def as_json(self) -> dict[str, Any]:
        """Return every value, for a run's own record of itself."""
        return asdict(self) | {"modules": list(self.modules)}


def profiles() -> list[str]:
    """Return the names of the profiles."""
    return sorted(file.stem for file in PROFILES.glob("*.toml"))


def read_settings(config: str, changes: Mapping[str, Any] | None = None) -> Settings:
    """Return a profile's settings, or those of a TOML file; `changes` win over both.

    A file may name the profile it starts from (`profile = "cpu-small"`). Raises `SettingsError`.
    """
    path = PROFILES / f"{config}.toml"
    if config not in profiles():
        path = Path(config)
        if not path.is_file():
            raise SettingsError(
                f"no settings {config!r}; {did_you_mean(config, profiles(), 'profiles are')}, or a file"
            )
    content = read_toml(path)
    start = content.pop("profile", None)
    settings = Settings() if start is None else read_settings(str(start))
    return changed(changed(settings, content, str(path)), changes or {}, "--set")


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file says; raises `SettingsError`."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: {error}") from None


def changed(settings: Settings, values: Mapping[str, Any], where: str) -> Settings:
    """Return settings with some values changed; raises `SettingsError` that names `where` for what does not fit."""
    kinds = {one.name: str(one.type) for one in fields(Settings)}
    for name, value in values.items():
        if name not in kinds:
            raise SettingsError(f"{where}: unknown setting {name!r}; {did_you_mean(name, kinds, 'settings are')}")
        if (wanted := _misfit(name, kinds[name], value)) is not None:
            raise SettingsError(f"{where}: {name} = {value!r}; write {wanted}")
    fitted: dict[str, Any] = {name: tuple(value) if name == "modules" else value for name, value in values.items()}
    return replace(settings, **fitted)


def parsed(assignments: list[str]) -> dict[str, Any]:
    """Return what `--set NAME=VALUE` says, values as in TOML; raises `SettingsError`."""
    values: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        try:
            values |= tomllib.loads(f"{name} = {text}") if equals else {}
        except tomllib.TOMLDecodeError:
            values |= {name: text}
        if not equals:
            raise SettingsError(f"--set {assignment}: write NAME=VALUE, such as rank=16")
    return values


def _misfit(name: str, kind: str, value: Any) -> str | None:
    """Return what to write instead of a value, None where it fits."""
    if name == "scheduler":
        return None if value in SCHEDULERS else f"one of {', '.join(SCHEDULERS)}"
    if name == "precision":
        return None if value in PRECISIONS else f"one of {', '.join(PRECISIONS)}"
    if name == "modules":
        texts = isinstance(value, list | tuple) and bool(value) and all(isinstance(one, str) for one in value)
        return None if texts else "a list of names of linear layers"
    if kind == "bool":
        return None if isinstance(value, bool) else "true or false"
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "int":
        return None if number and isinstance(value, int) and value > 0 else "a whole number above 0"
    if name in {"dropout", "warmup"}:
        return None if number and 0 <= value < 1 else "a number from 0, below 1"
    if name == "weight_decay":
        return None if number and value >= 0 else "a number from 0"
    return None if number and value > 0 else "a number above 0"
