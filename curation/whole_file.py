"""Files that are there whole or not at all, whoever else writes them at the same time."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a name beside `path` that nobody else has; what is written there takes its place, or goes on an error."""
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.part")  # tempfile would let nobody else read the file
    try:
        yield part
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_whole(path: Path, text: str) -> None:
    """Write a text to a file, in UTF-8, in one step."""
    with whole(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
