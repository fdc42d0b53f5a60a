"""Exams by name: a suite of a pack, a file of items, or the test split of a version."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from curation.commands import open_store
from curation.pack import load_packs
from curation.workspace import Workspace
from training.ask import Exam
from training.items import Item, ItemError, items_of_suite, items_of_version, suite_path
from training.matching import Matching, matching_of
from training.shots import chosen_shots, shown


def exam_of(name: str, home: Workspace | None, split: str = "test", sample: int | None = None, seed: int = 0) -> Exam:
    """Return the exam that a name stands for: PACK/NAME, a .jsonl file, or a version of the workspace.

    What is right is judged by the pack that the suite lies in, or by the workspace's. Of a `sample`, so many items are
    drawn, in their order. Raises `ItemError`, `UnknownVersion`, `RuleErrors`.
    """
    path = suite_path(name)
    if path is not None:
        if not path.is_file():
            raise ItemError(f"{path}: there is no such file; name a suite as PACK/NAME, a .jsonl file, or a version")
        items = items_of_suite(path)
        around = path.resolve().parent.parent
        packs: Sequence[Path | str] = (
            [around] if (around / "pack.yaml").is_file() else () if home is None else home.packs
        )
    else:
        if home is None:
            raise ItemError(f"{name!r} is no suite, and there is no workspace here; name one with --workspace")
        store = open_store(home)
        version = store.version(name)
        items = items_of_version(store, version, split)
        if not items:
            raise ItemError(f"version {version.number} ({version.short}) has no rows in its split {split!r}")
        name, packs = f"version {version.number} {split}", home.packs
    if not packs:
        return Exam(name, _drawn(items, sample, seed), Matching(), None)
    pack = load_packs(packs, off=None if home is None or packs != home.packs else home.off)
    return Exam(name, _drawn(items, sample, seed), matching_of(pack.roots[0]), pack.contract)


def with_shots(exams: Sequence[Exam], home: Workspace | None, shots: int, ref: str | None, seed: int = 0) -> list[Exam]:
    """Return exams whose items begin with `shots` examples from a version's train split, as earlier turns.

    Raises `ItemError` where no version is named or there is no workspace, `TrainingError` where it has too few.
    """
    if not shots:
        return list(exams)
    if home is None or ref is None:
        raise ItemError(f"--shots {shots}: name the version they come from, and the workspace it is in")
    store = open_store(home)
    chosen = chosen_shots(items_of_version(store, store.version(ref), "train"), exams, shots, seed)
    return [shown(exam, chosen) for exam in exams]


def _drawn(items: list[Item], sample: int | None, seed: int) -> list[Item]:
    if sample is None or sample >= len(items):
        return items
    import random

    return [items[at] for at in sorted(random.Random(seed).sample(range(len(items)), sample))]
