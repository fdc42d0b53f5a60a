"""Load: the same questions to a server, more and more of them at once, and what becomes of speed and answers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curation.problems import without_login
from training.answers import Answer, AnswerError, client_of, refusal, served_answer
from training.evaluate import speed
from training.items import Item


@dataclass(frozen=True)
class Level:
    """What was measured with so many requests under way together."""

    at_once: int
    answers: Sequence[Answer]
    """Those that came."""
    errors: Sequence[str]
    """What was said instead of an answer, one for each request that failed, in no order."""
    seconds: float
    """From the first request to the last answer."""

    @property
    def requests_per_second(self) -> float:
        """Return answers a second; requests that failed do not count."""
        return len(self.answers) / self.seconds

    @property
    def tokens_per_second(self) -> float:
        """Return tokens of answers a second, as the server counts them."""
        return sum(answer.tokens for answer in self.answers) / self.seconds

    @property
    def latency(self) -> dict[str, float]:
        """Return percentiles of the seconds to an answer; nothing where none came."""
        return speed(self.answers)

    def as_json(self) -> dict[str, Any]:
        """Return the figures as programs read them."""
        return {
            "at_once": self.at_once,
            "requests": len(self.answers) + len(self.errors),
            "errors": len(self.errors),
            "error": self.errors[0] if self.errors else None,
            "seconds": round(self.seconds, 3),
            "requests_per_second": round(self.requests_per_second, 3),
            "tokens_per_second": round(self.tokens_per_second, 1),
            "latency": self.latency,
        }


def load(
    url: str,
    model: str,
    items: Sequence[Item],
    at_once: Sequence[int],
    requests: int,
    *,
    most: int = 256,
    timeout: float = 600.0,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> list[Level]:
    """Ask a server so many requests at each level, the items in turn, and measure; each is sent once.

    One request goes before the first level and is not counted: a server may load its model with it. Raises
    `AnswerError` where that one fails.
    """
    from openai import OpenAIError

    with client_of(url, timeout) as client:
        try:
            served_answer(client, model, items[0], most=most)
        except OpenAIError as error:
            raise AnswerError(f"{without_login(url)}: {refusal(error)}") from error

        def ask(at: int) -> Answer | str:
            try:
                return served_answer(client, model, items[at % len(items)], most=most)
            except OpenAIError as error:
                return refusal(error)

        levels = []
        for count in at_once:
            said: list[Answer | str] = []
            started = time.perf_counter()
            with ThreadPoolExecutor(count) as pool:
                try:
                    for done in as_completed([pool.submit(ask, at) for at in range(requests)]):
                        said.append(done.result())
                        progress(f"{count} at once", len(said), requests)
                except BaseException:  # whoever stops it does not want to wait for the rest
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise
                seconds = time.perf_counter() - started
            answers = [one for one in said if isinstance(one, Answer)]
            levels.append(Level(count, answers, [one for one in said if isinstance(one, str)], seconds))
    return levels


def write_load(levels: Sequence[Level], about: dict[str, Any], folder: Path) -> Path:
    """Write report.md, figures.json and load.svg into a folder; returns the report."""
    from training.plots import under_load
    from training.report import rendered

    folder.mkdir(parents=True, exist_ok=True)
    figures = {**about, "levels": [level.as_json() for level in levels]}
    (folder / "figures.json").write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    known = [level for level in levels if level.answers]
    lines = {
        "requests/s": {"requests/s": [level.requests_per_second for level in known]},
        "tokens/s": {"tokens/s": [level.tokens_per_second for level in known]},
        "seconds to an answer": {name: [level.latency[name] for level in known] for name in ("p50", "p90", "p99")},
    }
    under_load([level.at_once for level in known], lines, folder / "load.svg")
    report = folder / "report.md"
    report.write_text(rendered("load.md", levels=levels, about=about), encoding="utf-8")
    return report
