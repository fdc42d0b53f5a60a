"""Raw data sets: a file or folder in, batches of rows out, in constant memory and without losing a row.

A row that cannot be a record comes out with its problem. What makes the rest of a file unreadable (another encoding, an
array that is never closed) raises `ReadError`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import polars as pl

from curation.record import ALIASES, batch_of_texts
from curation.text_files import RECORD_CHARACTERS, ReadError, decoded, lines, members
from curation.turns import lacking

__all__ = ["ReadError", "field_names", "files_of", "read_raw"]

_JUDGED = 1000  # rows whose fields tell those of a data set


def read_raw(path: Path, batch_rows: int = 20_000) -> Iterator[pl.DataFrame]:
    """Yield the rows of a data set in order, at most `batch_rows` at a time: `seq` from 0, then `record.SCHEMA`.

    Reads a JSON array, JSONL, CSV, TSV, Parquet or Arrow file, or a folder of shards of one of these, among them a
    Hugging Face dataset as `save_to_disk` leaves it or as it lies on the Hub. Raises `ReadError`.
    """
    seq = 0
    for file in files_of(path):
        try:
            for batch in _FORMATS[file.suffix.lower()](file, batch_rows):
                if not batch.is_empty():
                    yield batch.select(pl.int_range(seq, seq + pl.len(), dtype=pl.Int64).alias("seq"), pl.all())
                    seq += batch.height
        except OSError as error:
            raise ReadError(f"{file.name}: cannot be read: {error.strerror or error}") from error
    if seq == 0:
        raise ReadError(f"{path.name}: no record in it")


def field_names(path: Path) -> dict[str, str]:
    """Return the fields that are read under another name, `{"instruct": "instruction"}` or nothing.

    Judged by the first rows of the data set. Raises `ReadError`.
    """
    seen: set[str] = set()
    for batch in read_raw(path, _JUDGED):
        seen.update(_names(batch))
        if batch["seq"][-1] >= _JUDGED - 1:
            break
    return {name: field for name, field in ALIASES.items() if name in seen}


def _names(batch: pl.DataFrame) -> Iterator[str]:
    """Yield the names of the fields of each record."""
    whole = batch.filter(pl.col("problem").is_null() | ~pl.col("problem").str.starts_with("unreadable"))
    return (name for payload in whole["payload"] for name in json.loads(payload))


def files_of(path: Path) -> list[Path]:
    """Return the files that a data set is made of, in reading order; raises `ReadError` where there is none.

    A folder's shards are read in the order of their names, the splits of a dataset in the order it lists them. Left
    out are hidden files and what is known to be no data, such as README.md; any other file is an error.
    """
    known = f"known are {', '.join(sorted(_FORMATS))}"
    if path.is_file():
        if path.suffix.lower() not in _FORMATS:
            raise ReadError(f"{path.name}: unknown suffix {path.suffix!r}; {known}: unpack the file, or convert it")
        return [path]
    if not path.is_dir():
        if path.exists():
            raise ReadError(f"{path}: a pipe or a device; data is read twice: save it to a file, and name that")
        raise ReadError(f"{path}: no such file or folder")
    if listed := _saved_dataset(path):
        return [file for name in listed for file in files_of(path / name)]
    visible = [
        file
        for file in sorted(path.rglob("*"), key=lambda file: _by_number(file.relative_to(path).as_posix()))
        if file.is_file() and not any(part[0] in "._" for part in file.relative_to(path).parts)
    ]
    found = [file for file in visible if file.suffix.lower() in _FORMATS and file.name not in _ABOUT]
    other = (file for file in visible if file.suffix.lower() not in _FORMATS)
    if strange := [file for file in other if not _NO_DATA.fullmatch(file.name.lower())]:
        shown = ", ".join(file.relative_to(path).as_posix() for file in strange[:_SHOWN])
        more = f" and {len(strange) - _SHOWN} more" if len(strange) > _SHOWN else ""
        raise ReadError(
            f"{path.name}: {shown}{more} would not be read; {known}: unpack or convert what is data, and take the "
            "rest out of the folder"
        )
    if not found:
        raise ReadError(f"{path.name}: no data file in this folder; {known}")
    suffixes = sorted({file.suffix.lower() for file in found})
    if len(suffixes) > 1:
        raise ReadError(
            f"{path.name}: files of several kinds ({', '.join(suffixes)}); name one file or a folder of one kind"
        )
    return found


_SHOWN = 3  # files of a folder that an error names
_ABOUT = {"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"}
# Texts about data, code, pictures and checksums lie beside it. What is not known to be one of them is asked about.
_NO_DATA = re.compile(
    r".*\.(md|rst|html|pdf|cff|bib|py|ipynb|sh|toml|ya?ml|log|png|jpe?g|gif|svg|md5|sha256)"
    r"|(readme|licen[cs]e|copying|notice|citation|authors|changelog|makefile|\w+sums)\b[^.]*(\.txt)?"
)


def _by_number(name: str) -> list[tuple[int, str]]:
    """Return a sort key under which part-2 comes before part-10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def _saved_dataset(path: Path) -> list[str]:
    """Return the splits or shards of a folder that `save_to_disk` made, nothing for another folder."""
    for name, lists in (("dataset_dict.json", "splits"), ("state.json", "_data_files")):
        if (path / name).is_file():
            try:
                listed = json.loads((path / name).read_bytes()).get(lists, [])
                return [Path(entry if isinstance(entry, str) else entry["filename"]).name for entry in listed]
            except (ValueError, AttributeError, TypeError, KeyError) as error:
                raise ReadError(f"{path.name}/{name}: not what Hugging Face datasets writes: {error!r}") from error
    return []


def _chunks(blocks: Iterable[list[str]], rows: int) -> Iterator[list[str]]:
    """Yield the texts of the blocks, `rows` at a time, or fewer where they are long."""
    texts: list[str] = []
    size = 0
    for block in blocks:
        texts += block
        size += sum(map(len, block))
        while len(texts) >= rows or (size > RECORD_CHARACTERS and texts):
            yield texts[:rows]
            texts, size = texts[rows:], 0
    if texts:
        yield texts


def _is_array(block: pl.Series) -> bool:
    """Tell whether the first lines of a file are those of one JSON array; an array in a line among others is a row."""
    first, *others = block.str.strip_chars().replace("", None).drop_nulls().head(2).to_list() or [""]
    return re.match(r"\[\s*([{\]]|$)", first) is not None and (not others or not first.endswith("]"))


def _with_fields(path: Path, batches: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield the batches of a file without a header; raises `ReadError` after the last where no record could be one."""
    sound, names = False, dict[str, None]()
    for batch in batches:
        sound = sound or batch["problem"].null_count() > 0
        if not sound:
            names.update(dict.fromkeys(_names(batch)))
        yield batch
    if not sound and names and (lack := lacking(names)):
        raise ReadError(f"{path.name}: {lack}")


def _jsonl(path: Path, batch_rows: int) -> Iterator[pl.DataFrame]:
    first = 1
    for block in lines(path):
        if first == 1 and _is_array(block):
            raise ReadError(f"{path.name}: a JSON array, not one object a line; name it {path.stem}.json")
        for chunk in block.to_frame().iter_slices(batch_rows):
            yield batch_of_texts(chunk.to_series(), first)
            first += chunk.height


def _json(path: Path, batch_rows: int) -> Iterator[pl.DataFrame]:
    for chunk in _chunks(members(decoded(path), path.name), batch_rows):
        yield batch_of_texts(chunk)


def _table(path: Path, batch_rows: int) -> Iterator[pl.DataFrame]:
    # Only here: pyarrow, and numpy with it, take a tenth of a second and 40 MiB, and JSON needs neither.
    from curation.table_files import read_arrow, read_csv, read_parquet

    readers = {".parquet": read_parquet, ".arrow": read_arrow}
    return readers.get(path.suffix.lower(), read_csv)(path, batch_rows)


_FORMATS: Mapping[str, Callable[[Path, int], Iterator[pl.DataFrame]]] = {
    ".json": lambda path, batch_rows: _with_fields(path, _json(path, batch_rows)),
    ".jsonl": lambda path, batch_rows: _with_fields(path, _jsonl(path, batch_rows)),
    ".ndjson": lambda path, batch_rows: _with_fields(path, _jsonl(path, batch_rows)),
    ".csv": _table,
    ".tsv": _table,
    ".parquet": _table,
    ".arrow": _table,
}
