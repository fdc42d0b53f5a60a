"""The libraries that modelers load with read what is exported, offline, and never give old rows for new ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import rewright
from curation.export.folder import write_folder
from curation.export.rows import Choice
from curation.shares import SPLITS
from tests.curation.hub_server import hub_server
from tests.curation.shelf import shelf

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
TAG = "v1.0.0"


@pytest.fixture
def datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The library, offline, with a cache of its own and no way to the network."""
    library = pytest.importorskip("datasets")
    monkeypatch.setattr(library.config, "HF_DATASETS_OFFLINE", True)
    monkeypatch.setattr(library.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    library.disable_progress_bars()
    return library


def test_a_folder_loads_by_split_and_by_configuration(tmp_path: Path, datasets: Any) -> None:
    store, version = shelf(tmp_path / "store")
    path = str(write_folder(Choice(store, version), TAG, tmp_path, shard_rows=5).path)

    alpaca, messages = datasets.load_dataset(path), datasets.load_dataset(path, "messages", split="test")
    audit = datasets.load_dataset(path, "audit", split="edits")
    streamed = list(datasets.load_dataset(path, split="train", streaming=True))

    rows = list(Choice(store, version).rows())
    assert {split: alpaca[split]["output"][:] for split in SPLITS} == {
        split: [row.output for row in rows if row.split == split] for split in SPLITS
    }
    assert [said[-1]["content"] for said in messages["messages"]] == alpaca["test"]["output"][:]
    assert [row["key"] for row in streamed] == [row.key for row in rows if row.split == "train"]
    assert audit.num_rows == store.edits(version).height
    assert alpaca["train"].features["history"] == datasets.List(datasets.List(datasets.Value("string")))


def test_two_pulls_of_one_name_never_give_stale_rows(tmp_path: Path, datasets: Any) -> None:
    for place, word in (("a", "打开"), ("b", "关闭")):
        store, version = shelf(tmp_path / f"store-{place}", word=word)
        path = write_folder(Choice(store, version), TAG, tmp_path / place).path
        # The worst case: somebody gives the folder the name that the other one had.
        path.rename(tmp_path / place / "lamps")

        loaded = datasets.load_dataset(str(tmp_path / place / "lamps"), split="train")

        assert all(said.startswith(word) for said in loaded["instruction"])


def test_versions_load_as_datasets_and_frames(tmp_path: Path, datasets: Any) -> None:
    store, version = shelf(tmp_path / "store", tag="released")
    place = store.tables.root

    whole = rewright.load_version("released", store=place)
    streamed = rewright.load_version(store=place, streaming=True, config="messages")
    frame = rewright.load_version("released", place, as_="pandas", split="test")

    assert isinstance(whole, datasets.DatasetDict)
    assert isinstance(streamed, datasets.IterableDatasetDict)
    rows = list(Choice(store, version).rows())
    for split in SPLITS:
        keys = [row.key for row in rows if row.split == split]
        assert whole[split]["key"][:] == [row["key"] for row in streamed[split]] == keys
    assert frame["key"].tolist() == whole["test"]["key"][:]
    assert pl.from_pandas(frame[["key", "output"]]).equals(
        rewright.load_version("released", place, as_="polars", split="test").select("key", "output")
    )


def test_the_metadata_is_valid_croissant_and_leads_to_the_rows(tmp_path: Path) -> None:
    croissant = pytest.importorskip("mlcroissant")
    store, version = shelf(tmp_path / "store")
    path = write_folder(Choice(store, version), TAG, tmp_path, shard_rows=9).path

    described = croissant.Dataset(jsonld=path / "croissant.json")
    rows = list(described.records("alpaca-train"))

    expected = [row.output for row in Choice(store, version).rows("train")][:9]
    assert not described.metadata.ctx.issues.errors
    assert [row["alpaca-train/output"].decode() for row in rows] == expected


def test_a_push_uploads_the_folder_in_one_commit_and_leaves_nothing_of_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # the stand-in speaks the protocol of before
    (tmp_path / "rewright.toml").write_text("")
    store, version = shelf(tmp_path / "store")
    written = write_folder(Choice(store, version), TAG, tmp_path / "out").path
    expected = {
        path.relative_to(written).as_posix(): path.read_bytes() for path in written.rglob("*") if path.is_file()
    }
    with hub_server() as hub:
        monkeypatch.setenv("HF_TOKEN", hub.token)
        words = ["push-hub", TAG, "lamps/home", "--endpoint", hub.address, "-w", str(tmp_path), "--json"]

        assert rewright.main(words) == 0
        told = json.loads(capsys.readouterr().out)
        first = dict(hub.files)
        assert rewright.main([*words, "--include-review"]) == 0

        assert first == expected
        assert (hub.created["type"], hub.created["visibility"]) == ("dataset", "private")
        assert len(hub.commits) == 2
        assert told["commit"] in hub.tags.values()
        assert told["tag"] in hub.tags
        assert not {path for path in hub.files if path.endswith(".parquet")} & expected.keys()
        monkeypatch.setenv("HF_TOKEN", "hf_other")
        capsys.readouterr()
        assert rewright.main(words) == 2
        assert "did not take lamps/home" in capsys.readouterr().err
    assert rewright.main(words) == 2  # nobody answers any more
    assert "did not take lamps/home" in capsys.readouterr().err
