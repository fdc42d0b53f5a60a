"""A small store to export from: a raw data set with splits, and what the toy engine makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from curation.command import write
from curation.manifest import Version
from curation.shares import Shares
from curation.store import Store
from tests.curation.toy_store import BARE, publish_curated, raw_frame, with_splits

SHARES = Shares(0.6, 0.2, 0.2)
ROWS = 60


def record(number: int, word: str = "打开") -> str:
    """Return a record; some have earlier turns, a system prompt, an input, fields of their own, or `instruct`."""
    name = "instruct" if number % 7 == 0 else "instruction"
    value: dict[str, Any] = {name: f"{word}第{number}盏灯", "input": "客厅" if number % 6 == 0 else ""}
    value["output"] = write(BARE)
    if number % 10 == 0:
        value |= {"system": "你是管家", "history": [["关灯", "{}"], ["开灯", "{}"]]}
    if number % 15 == 0:
        value["id"] = number
    return write(value)


def publish(store: Store, texts: Sequence[str], shares: Shares = SHARES) -> Version:
    """Publish texts as a raw data set with splits."""
    source = {"name": "灯 lamps.jsonl", "fields": {}, "splits": shares.as_json()}
    with store.publish(None, kind="raw", source=source, message="lamps") as draft:
        draft.add(with_splits(raw_frame(texts), texts, "kind", shares))
        return draft.commit()


def shelf(folder: Path | str, word: str = "打开", tag: str | None = "v1.0.0") -> tuple[Store, Version]:
    """Return a store with a raw data set and a version curated from it, under a tag."""
    store = Store(folder)
    raw = publish(store, [record(number, word) for number in range(ROWS)])
    return store, publish_curated(store, raw, tag=tag)


def talk(folder: Path) -> tuple[Store, Version]:
    """Return a store with a raw data set whose rows for training, and no others, have earlier turns and a system."""
    rows = [{"instruction": f"打开第{n}盏灯", "output": write({"device": f"lamp_{n}", "on": True})} for n in range(30)]
    store = Store(folder / "drawn")
    drawn = store.read(publish(store, [write(row) for row in rows]), ("split",))["split"].to_list()
    more = {"input": "客厅", "system": "你是管家", "history": [["关灯", "好的"], ["开灯", "灯已打开"]]}
    store = Store(folder / "store")
    texts = [write(row | (more if split == "train" else {})) for row, split in zip(rows, drawn, strict=True)]
    version = publish(store, texts)
    assert store.read(version, ("split",))["split"].to_list() == drawn  # the draw sees the sentence only
    return store, version
