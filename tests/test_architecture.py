"""The rooms of the house: who may import whom, and what is not imported before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
ROOMS = ("annotations", "curation", "reports", "rules", "training")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def files_that_import(*packages: str) -> set[str]:
    files = [ROOT / "rewright.py", *(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix() for path in files if not set(packages).isdisjoint(imports(path))}


def test_the_import_contracts_are_kept() -> None:
    pytest.importorskip("importlinter")
    lint = "from importlinter.cli import lint_imports_command; lint_imports_command()"

    done = subprocess.run([sys.executable, "-c", lint], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def test_only_what_an_extra_is_for_imports_more_than_a_plain_install_has() -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    plain = {canonicalize_name(Requirement(one).name) for one in dependencies}
    extra = {
        name
        for name, distributions in packages_distributions().items()
        if name not in (*ROOMS, "rewright") and plain.isdisjoint(map(canonicalize_name, distributions))
    }
    found = {path for path in files_that_import(*extra) if not path.startswith(("training/", "annotations/server/"))}

    assert found == {
        "annotations/argilla_client.py",
        "curation/export/hub.py",
        "curation/export/loading.py",
        "curation/on_ray.py",
    }


def test_argilla_is_imported_in_one_file() -> None:
    assert len(files_that_import("argilla")) <= 1


def test_training_libraries_are_imported_under_training_only() -> None:
    found = files_that_import("torch", "transformers", "peft", "accelerate")

    assert {path for path in found if not path.startswith("training/")} == set()


def test_help_starts_without_anything_heavy() -> None:
    probe = (
        "import sys, rewright; code = rewright.main(['--help']); print(*sorted(sys.modules), file=sys.stderr); "
        "sys.exit(code)"
    )

    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)

    heavy = {"argilla", "deltalake", "jinja2", "jsonschema", "opencc", "pandas", "polars", "pyarrow", "re2", "yaml"}
    assert heavy & set(done.stderr.split()) == set()
    assert "curate" in done.stdout
