"""A pack's Python: what is collected from it, what its digest is over, and parameters against signatures."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest

from curation.pack_python import PackImportError, PackPython, load_python
from curation.signature import mismatches, missing, parameters, unknown

FILES = {
    "__init__": "import re\nfrom shop import words\nfrom .deep import tools\n__all__ = ['late']\n"
    "def open_context(pack, catalogue): ...\n",
    "words": "from curation.rewriting import reader\nfrom .tables import TABLE\n"
    "@reader('word')\ndef read(text): return []\n",
    "tables": "TABLE = {'a': 1}\n",
    "late": "from curation.rewriting import rewriter\n@rewriter('late')\ndef late(command, match, context): ...\n",
    "never": "raise ValueError\n",
    "deep/__init__": "",
    "deep/tools": "def f():\n    from ..never_loaded import x\n    import shop.tables\n",
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = tmp_path / "shop"
    for name, source in FILES.items():
        path = root / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    yield root
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


def load(root: Path) -> PackPython:
    return load_python("shop", root, "shop")


def test_marked_functions_are_found_in_what_the_module_imports_or_names(shop: Path) -> None:
    python = load(shop)
    assert sorted(python.rewriters) == ["late"]
    assert sorted(python.readers) == ["word"]
    assert python.readers["word"].literals is None
    assert python.open_context is not None
    assert python.survey is None


def test_the_sources_are_those_of_the_package_that_are_used(shop: Path) -> None:
    assert sorted(load(shop).sources) == [
        "shop",
        "shop.deep",
        "shop.deep.tools",
        "shop.late",
        "shop.tables",
        "shop.words",
    ]


@pytest.mark.parametrize(
    "source",
    [
        "import shop.tables\n",
        "from shop import (\n    tables,\n    deep,\n)  # of 1990\n",
        "def f():\n    from .  import tables as t, deep\nf()\n",
        "x = 1; import shop.tables\n",
        "if True: from shop import tables\n",
        "from shop \\\n    import tables\n",
        "from shop import \\\n    tables\n",
        "from shop import (  # (\n    tables)\n",
        "try:\n\timport shop.tables\nexcept ImportError: pass\n",
        '"""Of words.\n\nimport what you like\n"""\nimport shop.tables\n',
        '"""Say:\n\n    from shop import (tables\n"""\nfrom shop import (tables)\n',
        "# how to import\nfrom shop import tables\n",
        "from shop import *\nfrom .tables import TABLE\n",
    ],
)
def test_imports_are_found_however_they_are_written(shop: Path, source: str) -> None:
    (shop / "words.py").write_text(source, "utf-8")
    (shop / "deep/tools.py").write_text("", "utf-8")
    assert "shop.tables" in load(shop).sources


def test_a_module_that_fails_is_told_with_its_line(shop: Path) -> None:
    (shop / "words.py").write_text("\n\n1 / 0\n", "utf-8")
    with pytest.raises(PackImportError, match=r"division by zero \(words.py:3\)"):
        load(shop)


def rewriter(
    command: Any,
    match: Any,
    context: Any,
    sign: int,
    steps: Mapping[str, int],
    mode: Literal["a", "b"] = "a",
    share: float | None = None,
    words: Sequence[str] = (),
    *,
    loud: bool = False,
    anything: Any = None,
) -> None: ...


def test_only_what_a_rule_file_can_set_is_a_parameter() -> None:
    assert list(parameters(rewriter)) == ["sign", "steps", "mode", "share", "words", "loud", "anything"]
    assert missing(rewriter, {"steps": {}}) == ["sign"]
    assert unknown(rewriter, {"sign": 1, "command": {}, "sgin": 1}) == ["command", "sgin"]


@pytest.mark.parametrize(
    "given",
    [
        {"sign": -1, "steps": {"set_temperature": 1}, "mode": "b", "share": 1, "words": ["x"], "loud": True},
        {"sign": "<nudge>", "steps": {"x": "<number>"}, "mode": "<mode>", "share": None, "anything": [1, "x"]},
        {"steps": {}, "share": 0.5, "words": []},
    ],
)
def test_values_of_the_declared_types_and_references_fit(given: dict[str, Any]) -> None:
    assert list(mismatches(rewriter, given)) == []


@pytest.mark.parametrize(
    ("given", "pointer", "expected"),
    [
        ({"sign": "1"}, ("sign",), "a whole number"),
        ({"sign": 1.5}, ("sign",), "a whole number"),
        ({"sign": True}, ("sign",), "a whole number"),
        ({"steps": [1]}, ("steps",), "Mapping[str, int]"),
        ({"steps": {"a": 1, "b": "x"}}, ("steps", "b"), "a whole number"),
        ({"mode": "c"}, ("mode",), "Literal['a', 'b']"),
        ({"share": "x"}, ("share",), "float | None"),
        ({"words": "x"}, ("words",), "Sequence[str]"),
        ({"words": ["x", 1]}, ("words", 1), "a text"),
        ({"loud": 1}, ("loud",), "true or false"),
    ],
)
def test_a_value_of_another_type_is_told_with_its_place(
    given: dict[str, Any], pointer: tuple[str | int, ...], expected: str
) -> None:
    (wrong,) = mismatches(rewriter, given)
    assert (wrong.pointer, wrong.expected) == (pointer, expected)
