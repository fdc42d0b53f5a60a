from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.training.small_base import random_base, tokenizer

pytest.importorskip("transformers")


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_base(tmp_path_factory.mktemp("base") / "random")


@pytest.fixture(scope="session")
def words() -> Any:
    return tokenizer()
