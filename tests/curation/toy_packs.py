"""Variants of the toy pack: the same counter with other rules or other Python."""

from __future__ import annotations

import shutil
from pathlib import Path

from curation.engine import Engine
from curation.pack import load_pack

TOY = Path(__file__).parent / "toy_pack"

AGAIN = """
id: order.again
summary: Count cups without looking at the drink.
why: Two rules may come to the same.
severity: error
confidence: 0.9
review: {mode: none}
match:
  instruction:
    any: ['<number>杯']
  command: {count: absent}
rewrite:
  use: set_count
  with: {count: <number>}
examples:
  - instruction: 两杯
    before: '{"kind": "order"}'
    after: '{"kind": "order", "count": 2}'
  - instruction: 12杯
    declines: '{"kind": "order"}'
"""
"""Counts as order.count does, but declines more than nine."""

POLITE = """
id: order.polite
summary: Note whom to be friendly to.
why: A second phase sees what the first one made.
severity: style
confidence: 0.5
review: {mode: all}
match:
  sentence: {manner: polite}
  command: {count: present}
rewrite:
  use: set_options
  with: {options: {ice: little}}
examples:
  - instruction: 请来两杯
    before: '{"kind": "order", "count": 2}'
    after: '{"kind": "order", "count": 2, "options": {"ice": "little"}}'
  - instruction: 两杯
    unchanged: '{"kind": "order", "count": 2}'
"""
"""For a phase of its own: fires only on what order.count made."""


def variant(folder: Path, *, rules: dict[str, str] | None = None, python: dict[str, str] | None = None) -> Path:
    """Return a copy of the toy pack with rule files added (path from its root) and words of its Python replaced."""
    root = folder / "pack"
    shutil.copytree(TOY, root, ignore=shutil.ignore_patterns("__pycache__"))
    for path, text in (rules or {}).items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text.lstrip(), encoding="utf-8")
    source = (root / "cafe.py").read_text(encoding="utf-8")
    for old, new in (python or {}).items():
        assert old in source
        source = source.replace(old, new)
    (root / "cafe.py").write_text(source, encoding="utf-8")
    return root


def engine(root: Path = TOY) -> Engine:
    """Return the engine of a pack."""
    pack = load_pack(root)
    return Engine(pack, pack.open_context(pack.catalogue))
