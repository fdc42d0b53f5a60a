"""A version as a Hugging Face folder: Parquet by configuration and split, card, audit, metadata and checksums.

The folder's name and the names of its data files carry a digest of the rows, and a folder that is there is never
written again: `datasets.load_dataset` caches by base name and file pattern, and would give old rows for new ones.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import polars as pl

from curation.draft import StoreError
from curation.export.card import card
from curation.export.croissant import croissant
from curation.export.manifest import Manifest, describe
from curation.export.parquet import SHARD_ROWS, Shards, schemas, write_frames
from curation.export.rows import Census, Choice, census
from curation.export.trainers import llamafactory_entries
from curation.tables import DRAFTED

SUMS = "SHA256SUMS"
MANIFEST = "manifest.json"
_AUDIT = pl.Schema(
    [("version", pl.String()), *((name, kind) for name, kind in DRAFTED["edits"].items() if name != "draft")]
)
_BLOCK = 1 << 20


@dataclass(frozen=True)
class About:
    """What the publisher of a folder says about the data."""

    license: str = "unknown"
    """An identifier of the Hub, such as `apache-2.0`."""
    languages: tuple[str, ...] = ()
    """Of the instructions; where there is none, the card says nothing: no rule knows what the data is written in."""
    precision: Mapping[str, tuple[int, int, float]] = field(default_factory=dict)
    """For each rule that people judged: right, judged, and the lower bound of the share that is right, 95 % sure."""


class Folder(NamedTuple):
    """A folder that was written, or was there already."""

    path: Path
    manifest: Manifest
    rows: Mapping[str, int]
    """By split."""


def write_folder(
    choice: Choice, ref: str, parent: Path, about: About | None = None, shard_rows: int = SHARD_ROWS
) -> Folder:
    """Write the folder of a version into `parent`.

    Where it is there already it is checked and left as it is. Raises `StoreError` where it is not as it was written,
    or where there is no row to export.
    """
    found = census(choice)
    if not found.rows:
        raise StoreError(f"version {choice.version.number} ({choice.version.short}) has no row to export")
    manifest = describe(choice, ref, found)
    folder = parent / manifest.folder
    if folder.exists():
        check_folder(folder, manifest)
        return Folder(folder, manifest, found.rows)
    parent.mkdir(parents=True, exist_ok=True)
    growing = Path(tempfile.mkdtemp(prefix=f".{manifest.folder}.", dir=parent))
    try:
        _fill(growing, choice, manifest, found, about or About(), shard_rows)
        growing.chmod(0o755)
        try:
            growing.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
            check_folder(folder, manifest)  # another process was quicker
    finally:
        shutil.rmtree(growing, ignore_errors=True)
    return Folder(folder, manifest, found.rows)


def check_folder(folder: Path, manifest: Manifest | None = None) -> None:
    """Raise `StoreError` naming what is not as it was written: a file changed, missing, or added."""
    try:
        stated = dict(_sum(line) for line in (folder / SUMS).read_text(encoding="utf-8").splitlines())
        present = {path.relative_to(folder).as_posix() for path in _files(folder)}
        wrong = [f"{name} is not among its files" for name in sorted(stated.keys() - present)]
        wrong += [f"{name} was added" for name in sorted(present - stated.keys())]
        wrong += [
            f"{name} was changed" for name in sorted(present & stated.keys()) if sha256(folder / name) != stated[name]
        ]
        if manifest is not None and not wrong and (folder / MANIFEST).read_text(encoding="utf-8") != manifest.text:
            wrong.append(f"{MANIFEST} describes something else")
    except (OSError, ValueError) as error:
        raise StoreError(f"{folder}: {SUMS} cannot be read: {error}; take the folder away and export again") from error
    if wrong:
        raise StoreError(f"{folder}: {'; '.join(wrong[:5])}; take the folder away and export again")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def _fill(folder: Path, choice: Choice, manifest: Manifest, found: Census, about: About, shard_rows: int) -> None:
    """Write all files."""
    digest = manifest.short
    with ExitStack() as stack:
        shards = {
            (config, split): stack.enter_context(
                Shards(folder / "data" / config / split, digest, config, schema, rows, shard_rows)
            )
            for config, schema in schemas(found.fields).items()
            for split, rows in found.rows.items()
        }
        configs = tuple(schemas(found.fields))
        for row in choice.rows():
            for config in configs:
                shards[config, row.split].add(row)
    edits = write_frames(folder / "audit" / f"edits-{digest}.parquet", _edits(choice), _AUDIT)
    if not edits:
        shutil.rmtree(folder / "audit")
    # Here every split has every field as a column, with nulls where no row of it has one.
    places = {split: (f"data/alpaca/{split}", found.fields) for split in found.rows}
    entries = llamafactory_entries(manifest.entry, places)
    _text(folder / "dataset_info.json", entries)
    _text(folder / MANIFEST, manifest.text)
    _text(folder / "README.md", card(choice, manifest, found, about, edits))
    sums = {path.relative_to(folder).as_posix(): sha256(path) for path in sorted(_files(folder))}
    sizes = {name: (folder / name).stat().st_size for name in sums}
    described = croissant(manifest, found, about.license, {name: (sums[name], sizes[name]) for name in sums})
    _text(folder / "croissant.json", described)
    sums["croissant.json"] = sha256(folder / "croissant.json")
    _text(folder / SUMS, "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)))


def _edits(choice: Choice) -> Iterator[pl.DataFrame]:
    """Yield the edits that led from the raw data set to the version, those of rows exported, by row."""
    line = choice.store.lineage(choice.version)
    ids = {version.draft: version.id for version in line}
    snapshot = choice.store.snapshot(choice.version)
    for window in snapshot.windows():
        rows = snapshot.rows(("disposition",), window).filter(pl.col("op") != "delete")
        kept = rows if choice.review else rows.filter(pl.col("disposition") != "review")
        edits = snapshot.changes("edits", window).join(kept, on="key", how="semi")
        edits = edits.with_columns(version=pl.col("draft").replace_strict(ids, return_dtype=pl.String))
        yield edits.select(*_AUDIT).sort("seq", maintain_order=True)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != SUMS]


def _sum(line: str) -> tuple[str, str]:
    if not (match := re.fullmatch(r"([0-9a-f]{64})  (.+)", line)):
        raise ValueError(f"a line that is no checksum: {line[:80]!r}")
    return match[2], match[1]


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
