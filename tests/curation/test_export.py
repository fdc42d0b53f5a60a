"""Exports: the right rows in the right splits, in the shape each trainer reads, under names that are never reused."""

from __future__ import annotations

import hashlib
import json
import shlex
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from curation.command import write
from curation.draft import StoreError
from curation.export.card import code, said, size_category
from curation.export.folder import SUMS, About, check_folder, write_folder
from curation.export.loading import load_version
from curation.export.rows import Choice, census
from curation.export.trainers import write_files
from curation.manifest import Version
from curation.shares import SPLITS
from curation.store import Store
from curation.version import verify
from tests.command_line import runner
from tests.curation.shelf import ROWS, publish, record, shelf, talk
from tests.curation.toy_store import publish_raw

TAG = "v1.0.0"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Version]:
    return shelf(tmp_path_factory.mktemp("shelf") / "store")


@pytest.fixture(scope="module")
def folder(made: tuple[Store, Version], tmp_path_factory: pytest.TempPathFactory) -> Path:
    store, version = made
    about = About("apache-2.0", ("zh", "yue"), {"toy.rule-0": (19, 20, 0.7639)})
    return write_folder(Choice(store, version), TAG, tmp_path_factory.mktemp("out"), about).path


def head_of(path: Path) -> Any:
    return yaml.safe_load((path / "README.md").read_text(encoding="utf-8").split("---\n")[1])


def read(path: Path, config: str, split: str) -> pl.DataFrame:
    files = sorted((path / "data" / config / split).glob("*.parquet"))
    return pl.concat([pl.read_parquet(file) for file in files])


def test_unchanged_and_rewritten_rows_are_exported_in_their_splits_and_in_order(made: tuple[Store, Version]) -> None:
    store, version = made
    state = store.read(version, ("disposition", "split")).filter(pl.col("disposition") != "review")

    rows = list(Choice(store, version).rows())

    assert [(row.key, row.split, row.disposition) for row in rows] == [
        (key, split, disposition) for _, key, disposition, split in state.rows()
    ]
    assert {row.split for row in rows} == set(SPLITS)
    assert len(rows) == version.counts["rows_out"]


def test_rows_in_review_come_only_where_asked_for_and_are_marked(made: tuple[Store, Version]) -> None:
    store, version = made

    rows = list(Choice(store, version, review=True).rows())

    assert Counter(row.disposition for row in rows) == {"unchanged": 12, "rewritten": 12, "review": 12}
    assert census(Choice(store, version)).digest != census(Choice(store, version, review=True)).digest


def test_fields_that_trainers_know_are_told_from_others(made: tuple[Store, Version]) -> None:
    store, version = made

    rows = {row.instruction: row for row in Choice(store, version).rows()}

    assert rows["打开第35盏灯"].output == record_of(35)["output"]  # came as `instruct`
    assert rows["打开第30盏灯"].system == "你是管家"
    assert rows["打开第30盏灯"].history == [["关灯", "{}"], ["开灯", "{}"]]
    assert rows["打开第30盏灯"].extra == '{"id": 30}'
    assert rows["打开第5盏灯"].extra is rows["打开第5盏灯"].system is rows["打开第5盏灯"].history is None


def record_of(number: int) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(record(number))
    return value


def test_a_raw_data_set_is_exported_without_what_is_no_record(tmp_path: Path) -> None:
    store = Store(tmp_path)
    texts = [
        write({"instruction": "开灯", "input": None, "output": {"b": 1, "a": 2}}),
        write({"instruction": "关灯", "input": "", "output": "not JSON"}),
        write("no object"),
        write({"instruction": " ", "output": "{}"}),
        write({"instruction": "开门"}),
        write({"instruction": "关门", "output": "{}", "history": ["not", "turns"], "system": 1}),
    ]
    raw = publish(store, texts)

    rows, found = list(Choice(store, raw).rows()), census(Choice(store, raw))

    assert [(row.instruction, row.input, row.output) for row in rows] == [
        ("开灯", "", '{"b": 1, "a": 2}'),
        ("关灯", "", "not JSON"),
        ("关门", "", "{}"),
    ]
    assert rows[2].extra == '{"history": ["not", "turns"], "system": 1}'
    assert found.unreadable == 3


def test_a_version_without_splits_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    raw = publish_raw(store, [record(1)])

    with pytest.raises(StoreError, match="has no splits"):
        write_folder(Choice(store, raw), "0", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_bytes_that_are_not_those_published_are_refused(tmp_path: Path) -> None:
    store, version = shelf(tmp_path / "store")
    kept = store.read(version, ("disposition", "payload", "split", "grp")).head(1)
    with store.publish(version, kind="review") as draft:
        draft.add(kept.with_columns(op=pl.lit("upsert"), digest=pl.lit("0" * 64)))
        wrong = draft.commit()

    assert verify(store, wrong)
    with pytest.raises(StoreError, match="does not have the bytes"):
        census(Choice(store, wrong))


def test_a_folder_has_every_row_by_configuration_and_split(made: tuple[Store, Version], folder: Path) -> None:
    store, version = made
    rows = list(Choice(store, version).rows())

    for split in SPLITS:
        alpaca, messages = read(folder, "alpaca", split), read(folder, "messages", split)
        of_split = [row for row in rows if row.split == split]
        assert alpaca["key"].to_list() == messages["key"].to_list() == [row.key for row in of_split]
        assert alpaca["output"].to_list() == [row.output for row in of_split]
        assert [said[-1]["content"] for said in messages["messages"].to_list()] == alpaca["output"].to_list()
    assert alpaca.columns == [
        "key", "instruction", "input", "output", "system", "history", "extra", "disposition",
    ]  # fmt: skip


def test_no_group_of_sentences_is_in_two_splits(made: tuple[Store, Version]) -> None:
    store, version = made
    state = store.read(version, ("split", "grp"), deleted=True)

    assert state.group_by("grp").agg(pl.col("split").n_unique())["split"].max() == 1
    assert state.height == ROWS


def test_names_and_patterns_carry_the_digest_of_the_rows(made: tuple[Store, Version], folder: Path) -> None:
    store, version = made
    digest = census(Choice(store, version)).digest[:8]

    assert folder.name == f"灯-lamps-{TAG}-{digest}"
    for config in head_of(folder)["configs"]:
        for files in config["data_files"]:
            assert digest in files["path"]
            assert list(folder.glob(files["path"]))


def test_the_card_names_a_language_only_where_the_publisher_does(made: tuple[Store, Version], tmp_path: Path) -> None:
    assert "language" not in head_of(write_folder(Choice(*made), TAG, tmp_path).path)


def test_the_card_says_what_was_done(folder: Path) -> None:
    text, head = (folder / "README.md").read_text(encoding="utf-8"), head_of(folder)

    assert (head["license"], head["language"], head["size_categories"]) == ("apache-2.0", ["zh", "yue"], ["n<1K"])
    assert [config["config_name"] for config in head["configs"]] == ["alpaca", "messages", "audit"]
    assert "| rewritten | 12 |" in text
    assert "12 rows are held back" in text
    assert "@misc{" in text


def test_the_audit_has_the_edits_of_exported_rows(made: tuple[Store, Version], folder: Path) -> None:
    store, version = made
    edits = pl.read_parquet(next((folder / "audit").iterdir()))

    assert edits.drop("version").equals(store.edits(version).select(edits.drop("version").columns))
    assert set(edits["version"]) == {version.id}


def test_a_data_set_as_it_came_has_no_audit(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    raw = publish(store, [record(number) for number in range(10)])

    path = write_folder(Choice(store, raw), "0", tmp_path).path

    assert not (path / "audit").exists()
    assert [config["config_name"] for config in head_of(path)["configs"]] == ["alpaca", "messages"]
    assert "Nothing was corrected" in (path / "README.md").read_text(encoding="utf-8")


def test_the_same_version_gives_the_same_bytes(tmp_path: Path, folder: Path) -> None:
    store, version = shelf(tmp_path / "another")
    about = About("apache-2.0", ("zh", "yue"), {"toy.rule-0": (19, 20, 0.7639)})

    again = write_folder(Choice(store, version), TAG, tmp_path, about).path

    assert again.name == folder.name
    assert (again / SUMS).read_bytes() == (folder / SUMS).read_bytes()


def test_checksums_are_those_of_all_files(folder: Path) -> None:
    listed = dict(reversed(line.split("  ")) for line in (folder / SUMS).read_text(encoding="utf-8").splitlines())

    files = [path for path in folder.rglob("*") if path.is_file() and path.name != SUMS]
    assert listed == {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def test_a_folder_that_is_there_is_checked_and_left_alone(tmp_path: Path) -> None:
    store, version = shelf(tmp_path / "store")
    path = write_folder(Choice(store, version), TAG, tmp_path).path
    before = {file: file.stat().st_mtime_ns for file in path.rglob("*")}

    assert write_folder(Choice(store, version), TAG, tmp_path).path == path
    assert {file: file.stat().st_mtime_ns for file in path.rglob("*")} == before
    (path / "data/alpaca/train/more.parquet").write_bytes(b"")
    with pytest.raises(StoreError, match=r"more\.parquet was added"):
        write_folder(Choice(store, version), TAG, tmp_path)
    (path / "data/alpaca/train/more.parquet").unlink()
    (path / "README.md").write_text("mine")
    with pytest.raises(StoreError, match=r"README\.md was changed"):
        check_folder(path)
    (path / SUMS).write_text("nothing")
    with pytest.raises(StoreError, match="cannot be read"):
        check_folder(path)


def test_a_failed_export_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, version = shelf(tmp_path / "store")

    def full(*given: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("curation.export.folder.croissant", full)
    with pytest.raises(OSError, match="No space"):
        write_folder(Choice(store, version), TAG, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_large_splits_come_in_shards(tmp_path: Path) -> None:
    store, version = shelf(tmp_path / "store")

    path = write_folder(Choice(store, version), TAG, tmp_path, shard_rows=4).path

    rows = [row.key for row in Choice(store, version).rows("train")]
    names = sorted(file.name for file in (path / "data/alpaca/train").iterdir())
    assert len(names) == -(-len(rows) // 4)
    assert names[0].endswith(f"-00000-of-{len(names):05d}.parquet")
    assert read(path, "alpaca", "train")["key"].to_list() == rows


def test_other_rows_are_another_folder_with_other_patterns(tmp_path: Path) -> None:
    first, second = shelf(tmp_path / "a"), shelf(tmp_path / "b", word="关闭")

    paths = [write_folder(Choice(*one), TAG, tmp_path).path for one in (first, second)]

    assert paths[0].name != paths[1].name
    assert head_of(paths[0])["configs"] != head_of(paths[1])["configs"]


def test_llamafactory_is_told_of_every_split_beside_what_it_knew(made: tuple[Store, Version], tmp_path: Path) -> None:
    other = {"theirs": {"file_name": "x.json"}}
    (tmp_path / "dataset_info.json").write_text(json.dumps(other))

    written = write_files(Choice(*made), TAG, "llamafactory", tmp_path, "some/model")

    text = (tmp_path / "dataset_info.json").read_text(encoding="ascii")
    registry = json.loads(text)
    assert list(registry) == ["theirs", *(f"灯_lamps_v1_0_0_{split}" for split in SPLITS)]
    entry = registry["灯_lamps_v1_0_0_train"]
    assert entry["columns"] == {
        "prompt": "instruction", "query": "input", "response": "output", "system": "system", "history": "history",
    }  # fmt: skip
    rows = json.loads((tmp_path / entry["file_name"]).read_text(encoding="utf-8"))
    assert len(rows) == written.rows["train"]
    assert all(isinstance(row["output"], str) and "disposition" not in row for row in rows)
    settings = yaml.safe_load(written.files[-1].read_text(encoding="utf-8"))
    assert settings["dataset"] == "灯_lamps_v1_0_0_train"
    assert settings["eval_dataset"] == "灯_lamps_v1_0_0_validation"
    assert settings["model_name_or_path"] == "some/model"
    assert str(written.files[-1]) in written.next


def test_a_column_is_registered_where_the_file_of_the_split_has_it(tmp_path: Path) -> None:
    choice = Choice(*talk(tmp_path))

    write_files(choice, "0", "llamafactory", tmp_path / "lf")
    folder = write_folder(choice, "0", tmp_path).path

    entries = json.loads((tmp_path / "lf" / "dataset_info.json").read_text(encoding="ascii")).values()
    for entry in entries:
        rows = json.loads((tmp_path / "lf" / entry["file_name"]).read_text(encoding="utf-8"))
        assert set(entry["columns"].values()) == {name for row in rows for name in row}
    assert [len(entry["columns"]) for entry in entries] == [5, 3, 3]
    # A Parquet file has the columns of the whole data set.
    entries = json.loads((folder / "dataset_info.json").read_text(encoding="ascii")).values()
    assert [len(entry["columns"]) for entry in entries] == [5, 5, 5]
    for entry in entries:
        found = pl.read_parquet(folder / entry["file_name"] / "*.parquet").columns
        assert set(entry["columns"].values()) <= set(found)


@pytest.mark.parametrize("template", [None, "smollm2"])
def test_settings_name_the_chat_template_and_leave_out_earlier_answers(
    made: tuple[Store, Version], tmp_path: Path, template: str | None
) -> None:
    yaml_file = write_files(Choice(*made), TAG, "llamafactory", tmp_path, "模型/base", template).files[-1]
    script = write_files(Choice(*made), TAG, "swift", tmp_path, "模型/base", template).files[-1]

    settings = yaml.safe_load(yaml_file.read_text(encoding="utf-8"))
    assert settings["model_name_or_path"] == "模型/base"
    assert settings["template"] == (template or "qwen3_nothink")
    assert settings["mask_history"] is True
    options = shlex.split(script.read_text(encoding="utf-8").partition("swift sft")[2])
    assert options[options.index("--template") + 1] == (template or "qwen3_nothinking")
    assert options[options.index("--loss_scale") + 1] == "last_round"


def test_the_command_takes_the_base_and_its_template(
    made: tuple[Store, Version], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = runner(capsys)
    run("init", tmp_path / "home")
    shelf(tmp_path / "home" / "store")

    done = run(
        "export", TAG, tmp_path / "lf", "--format", "llamafactory", "--base", "some/model", "--template", "smollm2",
        "--workspace", tmp_path / "home", "--json",
    )  # fmt: skip

    assert done.code == 0, done.err
    settings = yaml.safe_load(Path(done.json["files"][-1]).read_text(encoding="utf-8"))
    assert (settings["model_name_or_path"], settings["template"]) == ("some/model", "smollm2")


def test_a_registry_that_cannot_be_read_is_not_overwritten(made: tuple[Store, Version], tmp_path: Path) -> None:
    (tmp_path / "dataset_info.json").write_text("[]")

    with pytest.raises(StoreError, match="no registry"):
        write_files(Choice(*made), TAG, "llamafactory", tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["dataset_info.json"]


def test_swift_gets_messages_and_a_command(made: tuple[Store, Version], tmp_path: Path) -> None:
    written = write_files(Choice(*made), TAG, "swift", tmp_path)

    lines = [json.loads(line) for line in written.files[0].read_text(encoding="utf-8").splitlines()]
    roles = [[said["role"] for said in line["messages"]] for line in lines]
    assert ["system", "user", "assistant", "user", "assistant", "user", "assistant"] in roles
    assert ["user", "assistant"] in roles
    script = written.files[-1]
    assert subprocess.run(["sh", "-n", script], check=False).returncode == 0
    assert "--tuner_type lora" in script.read_text(encoding="utf-8")
    assert written.files[0].name in script.read_text(encoding="utf-8")


@pytest.mark.parametrize("style", ["alpaca", "sharegpt", "messages"])
def test_plain_files_hold_every_row(made: tuple[Store, Version], tmp_path: Path, style: str) -> None:
    written = write_files(Choice(*made, review=True), TAG, style, tmp_path)

    found: list[dict[str, Any]] = []
    for file in written.files:
        text = file.read_text(encoding="utf-8")
        found += json.loads(text) if file.suffix == ".json" else map(json.loads, text.splitlines())

    assert len(found) == sum(written.rows.values()) == 36
    assert Counter(row["disposition"] for row in found)["review"] == 12
    asked = {
        "alpaca": lambda row: row["instruction"] + ("\n" + row["input"] if row["input"] else ""),
        "sharegpt": lambda row: row["conversations"][-2]["value"],
        "messages": lambda row: row["messages"][-2]["content"],
    }[style]
    assert "打开第30盏灯\n客厅" in {asked(row) for row in found}


@pytest.mark.parametrize("config", ["alpaca", "messages"])
def test_frames_hold_what_the_folder_holds(made: tuple[Store, Version], folder: Path, config: Any) -> None:
    store, _ = made

    frames = load_version(TAG, store.tables.root, config=config, as_="polars")
    streamed = load_version(TAG, store.tables.root, config=config, as_="polars", streaming=True, split="train")

    assert list(frames) == list(SPLITS)
    assert all(frames[split].equals(read(folder, config, split)) for split in SPLITS)
    assert pl.concat(streamed).equals(frames["train"])


def test_wrong_calls_are_told(made: tuple[Store, Version]) -> None:
    store, _ = made

    with pytest.raises(StoreError, match="no split 'dev'"):
        load_version(TAG, store.tables.root, split="dev", as_="polars")
    with pytest.raises(ValueError, match="no configuration"):
        load_version(TAG, store.tables.root, config="audit")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="write datasets, polars or pandas"):
        load_version(TAG, store.tables.root, as_="numpy")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rows", "name"), [(999, "n<1K"), (1_000, "1K<n<10K"), (99_999, "10K<n<100K"), (10**8, "n>100M")]
)
def test_sizes_are_named_as_the_hub_does(rows: int, name: str) -> None:
    assert size_category(rows) == name


def test_nothing_from_data_breaks_out_of_the_card() -> None:
    assert said("a|b `x` <img src=x>\n# head [l](http://x)") == (
        r"a\|b \`x\` \<img src=x\>\\u000a\# head \[l\](http\://x)"
    )
    assert code("a``b|c") == "```a``b¦c```"
