"""Versions in Python: as Hugging Face datasets, polars or pandas frames, at once or as a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import polars as pl

from curation.draft import StoreError
from curation.export.parquet import schemas, values
from curation.export.rows import Choice, census, chosen
from curation.store import Store

Kind = Literal["datasets", "polars", "pandas"]
_FRAME_ROWS = 5_000


def load_version(
    ref: str | int = "released",
    store: str | Path = "store",
    *,
    config: Literal["alpaca", "messages"] = "alpaca",
    as_: Kind = "datasets",
    split: str | None = None,
    streaming: bool = False,
    include_review: bool = False,
    storage_options: Mapping[str, str] | None = None,
) -> Any:
    """Return a version of a store, by its splits.

    A `DatasetDict` (for `as_="datasets"`, which needs the extra `hub`), or a dict of polars or pandas frames; with
    `split`, only that one. Streaming, a dataset is an `IterableDataset`, and a frame an iterator of frames of at most
    5,000 rows. `store` is a folder (a store or a workspace) or an object-store address. Nothing is cached, so no other
    version's rows can come back; the version is checked as `rewright pull` checks it, and every row against the digest
    it was published with.

    Raises `UnknownVersion`, `StoreError` for a split that is not there or a damaged version, `ValueError` for a
    configuration or kind that there is none of.
    """
    if config not in {"alpaca", "messages"}:
        raise ValueError(f"no configuration {config!r}; there are alpaca and messages")
    if as_ not in {"datasets", "polars", "pandas"}:
        raise ValueError(f"as_={as_!r}; write datasets, polars or pandas")
    opened = Store(store_address(store), storage_options)
    choice = chosen(opened, ref, include_review)
    found = census(choice)
    if split is not None and split not in found.rows:
        raise StoreError(f"no split {split!r} in version {choice.version.short}; there are {', '.join(found.rows)}")
    wanted = list(found.rows) if split is None else [split]
    parts = {one: _part(choice, one, config, schemas(found.fields)[config], as_, streaming) for one in wanted}
    if split is not None:
        return parts[split]
    if as_ != "datasets":
        return parts
    import datasets

    return (datasets.IterableDatasetDict if streaming else datasets.DatasetDict)(parts)


def store_address(place: str | Path) -> str:
    """Return where the store is: of a workspace its store, of anything else itself."""
    from curation.workspace import CONFIG, Workspace

    if "://" in str(place) or not (Path(place) / CONFIG).is_file():
        return str(place)
    return Workspace.open(Path(place)).store


def _part(choice: Choice, split: str, config: str, schema: Any, as_: str, streaming: bool) -> Any:
    """Return one split."""
    if as_ == "datasets":
        return _dataset(choice, split, config, schema, streaming)
    frames = map(pl.DataFrame, _tables(choice, split, config, schema))
    if as_ == "polars":
        return frames if streaming else pl.concat(frames)
    return (frame.to_pandas() for frame in frames) if streaming else pl.concat(frames).to_pandas()


def _dataset(choice: Choice, split: str, config: str, schema: Any, streaming: bool) -> Any:
    import datasets

    features = datasets.Features.from_arrow_schema(schema)
    if streaming:
        # A list among these would be taken for shards, each with a part of it.
        given = {"choice": choice, "split": split, "config": config, "names": tuple(schema.names)}
        return datasets.IterableDataset.from_generator(_records, features=features, gen_kwargs=given, split=split)
    import pyarrow as pa

    table = pa.concat_tables(_tables(choice, split, config, schema))
    return datasets.Dataset(table, split=datasets.NamedSplit(split))


def _tables(choice: Choice, split: str, config: str, schema: Any) -> Iterator[Any]:
    import pyarrow as pa

    records = _records(choice, split, config, schema.names)
    while batch := list(islice(records, _FRAME_ROWS)):
        yield pa.Table.from_pylist(batch, schema=schema)


def _records(choice: Choice, split: str, config: str, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    for row in choice.rows(split):
        given = values(config, row)
        yield {name: given[name] for name in names}
