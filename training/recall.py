"""Answers that were given before, read back and judged anew."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from curation.contract import Contract
from training.answers import Answer
from training.ask import Asked, Exam
from training.evaluate import evaluate
from training.items import digest_of


def recalled(folder: Path, exams: Sequence[Exam]) -> list[Asked] | None:
    """Return what `write_asked` left in a folder, if it is about these exams, item by item; None otherwise."""
    if not (folder / "report.md").is_file():
        return None
    told = json.loads((folder / "figures.json").read_text(encoding="utf-8"))["exams"]
    if [(one["data"], one["digest"]) for one in told] != [(exam.name, digest_of(exam.items)) for exam in exams]:
        return None
    with (folder / "answers.jsonl").open(encoding="utf-8") as lines:
        given = [json.loads(line) for line in lines]
    taken = []
    for exam, figures in zip(exams, told, strict=True):
        answers = [
            Answer(one["answered"], one["tokens"], one["seconds"], one["ended"])
            for one in given
            if one["data"] == exam.name
        ]
        contract = None if exam.schema is None else Contract(exam.schema)
        found = evaluate(exam.items, answers, exam.matching, contract)
        taken.append(Asked(exam, found, figures["seconds"], figures["constrained"]))
    return taken
