"""Settings: every shipped profile loads, and what does not fit is named."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from training.settings import PROFILES, Settings, SettingsError, parsed, profiles, read_settings


@pytest.mark.parametrize("name", profiles())
def test_a_shipped_profile_loads(name: str) -> None:
    said = tomllib.loads((PROFILES / f"{name}.toml").read_text(encoding="utf-8"))
    settings = read_settings(name)

    for key, value in said.items():
        found = getattr(settings, key)
        assert (list(found) if isinstance(found, tuple) else found) == value


def test_the_default_is_the_practice() -> None:
    assert read_settings("practice") == Settings()
    assert (Settings().rank, Settings().alpha, Settings().learning_rate) == (32, 64, 3e-5)
    assert Settings().batch * Settings().accumulation == 16


def test_a_file_starts_from_a_profile_and_the_command_line_wins(tmp_path: Path) -> None:
    path = tmp_path / "lora.toml"
    path.write_text('profile = "cpu-small"\nrank = 8\nepochs = 1.0\n', encoding="utf-8")

    settings = read_settings(str(path), parsed(["epochs=3", "scheduler=linear", 'modules=["q_proj"]']))

    assert (settings.rank, settings.epochs, settings.scheduler) == (8, 3, "linear")
    assert settings.modules == ("q_proj",)
    assert settings.batch == read_settings("cpu-small").batch


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ranks = 8", "did you mean 'rank'"),
        ("rank = 0", "a whole number above 0"),
        ("rank = 1.5", "a whole number above 0"),
        ("rank = true", "a whole number above 0"),
        ("dropout = 1.0", "from 0, below 1"),
        ("learning_rate = -1e-3", "a number above 0"),
        ('scheduler = "cosin"', "one of constant"),
        ('precision = "fp8"', "one of auto"),
        ("modules = []", "a list of names"),
        ("packing = 1", "true or false"),
        ('profile = "cpu"', "no settings 'cpu'"),
        ("rank = ", "lora.toml"),
    ],
)
def test_a_setting_that_does_not_fit_is_named_with_what_to_write(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "lora.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SettingsError, match=why):
        read_settings(str(path))


def test_settings_that_are_nowhere_and_words_that_are_no_setting_are_refused() -> None:
    with pytest.raises(SettingsError, match="profiles are"):
        read_settings("nowhere.toml")
    with pytest.raises(SettingsError, match="NAME=VALUE"):
        parsed(["rank"])
