"""What people look at: the report of a version, the difference of two, and the table that ends a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curation.manifest import Version
    from curation.store import Store
    from reports.version_report import Precision


def write_report(
    store: Store,
    version: str | int | Version,
    folder: Path,
    *,
    max_rows: int = 500,
    precision: Mapping[str, Precision] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Path:
    """Write the report of a version into `folder` and return the path of its page, `report.html`.

    `report.md` says the same. Where a section of the page would have more than `max_rows` rows, `diffs.jsonl` has all
    rows that are not simply unchanged. Equal versions give equal bytes. `precision` is what people's decisions say of
    each rule; `progress` is told the rows walked so far. Raises `UnknownVersion`.
    """
    # Templates and script detection are only loaded where a report is made: the command line starts without them.
    from reports.render import write_view
    from reports.version_report import gather

    return write_view(gather(store, version, precision=precision), folder, max_rows=max_rows, progress=progress)


__all__ = ["write_report"]
