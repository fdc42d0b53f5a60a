"""The command line as a user meets it, on the bundled data set."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

import rewright
from tests.command_line import Run, runner

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
RAW = EXAMPLES / "smart_home_raw.jsonl"
DEVICES = EXAMPLES / "devices.yaml"
DISPOSITIONS = ("unchanged", "rewritten", "review", "quarantined", "dropped")


@pytest.fixture(scope="session")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the bundled data set as version 1, tagged `first`. Tests must not publish into it."""
    home = tmp_path_factory.mktemp("cli") / "home"
    assert rewright.main(["init", str(home)]) == 0
    assert rewright.main(["curate", str(RAW), "--devices", str(DEVICES), "--tag", "first", "-w", str(home)]) == 0
    return home


@pytest.fixture
def run(curated: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command inside the curated workspace."""
    monkeypatch.chdir(curated)

    return runner(capsys)


def pipe(*words: str, given: bytes, folder: Path = ROOT) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process of its own, from any folder."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import rewright; sys.exit(rewright.main())"
    return subprocess.run(
        [sys.executable, "-c", code, *words], input=given, capture_output=True, cwd=folder, timeout=120, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_told_to_end_ends_as_if_interrupted(
    number: signal.Signals, curated: Path, tmp_path: Path
) -> None:
    home = shutil.copytree(curated, tmp_path / "home")
    heard = ("env", f"--default-signal={number.name.removeprefix('SIG')}")  # these tests may run under nohup
    call = (sys.executable, "-m", "rewright", "curate", str(RAW), "--no-reuse", "--workers", "2", "-w", str(home))
    with subprocess.Popen(
        [*heard, *call],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=0,
    ) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while len(children.read_text().split()) < 3:  # two that work, and one that looks after what they share
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(number)
        try:
            told = process.communicate(timeout=30)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    assert (process.returncode, *told) == (128 + number, b"", b"")


def test_init_makes_a_workspace_that_all_commands_find(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run("init", tmp_path / "home")
    monkeypatch.chdir(tmp_path / "home" / "rules")
    listed = run("versions")

    assert done.code == listed.code == 0
    assert {path.name for path in (tmp_path / "home").iterdir()} == {"rewright.toml", "devices.yaml", "rules", "store"}
    assert "no version yet" in listed.err


@pytest.mark.parametrize(
    ("pack", "devices"), [("meeting_tools", False), ("smart_home_dialogue", True), ("smart_home_supplement", True)]
)
def test_init_begins_a_device_catalogue_for_packs_that_know_devices(
    tmp_path: Path, run: Run, pack: str, devices: bool
) -> None:
    done = run("init", tmp_path, "--pack", pack)
    assert (tmp_path / "devices.yaml").exists() is devices
    assert ("devices.yaml" in (tmp_path / "rewright.toml").read_text("utf-8")) is devices
    assert ("devices.yaml" in done.out) is devices


def test_init_overwrites_nothing(tmp_path: Path, run: Run) -> None:
    run("init", tmp_path)
    (tmp_path / "devices.yaml").write_text("mine")

    again = run("init", tmp_path)

    assert again.code == 2
    assert "already" in again.err
    assert (tmp_path / "devices.yaml").read_text() == "mine"


def test_curate_ends_with_numbers_that_add_up_and_the_report(tmp_path: Path, run: Run) -> None:
    run("init", tmp_path)

    done = run("curate", EXAMPLES / "tiny.csv", "-w", tmp_path, "--tag", "tiny")

    numbers = dict(re.findall(r"^(rows in|rows out|[a-z]+) +([\d,]+) *$", done.out, re.MULTILINE))
    assert done.code == 0
    assert int(numbers["rows in"]) == sum(int(numbers[name]) for name in DISPOSITIONS) == 6
    assert int(numbers["rows out"]) == int(numbers["unchanged"]) + int(numbers["rewritten"])
    report = re.search(r"^report +(.*)$", done.out, re.MULTILINE)
    assert report is not None
    assert (tmp_path / report[1]).read_text(encoding="utf-8").startswith("<!doctype html>")
    assert re.search(r"^version +1  v_[0-9a-f]{32}$", done.out, re.MULTILINE)


def test_curating_again_gives_the_same_version(tmp_path: Path, run: Run, curated: Path) -> None:
    run("init", tmp_path)

    again = run("curate", RAW, "--devices", DEVICES, "-w", tmp_path, "--workers", "2", "--json").json
    twice = run("curate", RAW, "--devices", DEVICES, "-w", tmp_path, "--json").json

    assert again["id"] == twice["id"] == run("show", "first", "--json").json["id"]
    assert len(run("versions", "-w", tmp_path, "--json").json["versions"]) == 2


@pytest.mark.parametrize("name", ["家裡", "My Data", "data (new), 50% & more", "a=b=c"])
def test_a_workspace_can_be_in_a_folder_of_any_name(
    name: str, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / name / "home"
    assert run("init", home).code == 0
    monkeypatch.chdir(home)
    more = home / "更多.jsonl"
    more.write_bytes(RAW.read_bytes() + b'{"instruction": "\xe5\xbc\x80\xe7\x81\xaf", "input": "", "output": "{}"}\n')

    for words in (
        ("curate", RAW, "--tag", "first"), ("curate", more), ("verify", "first"), ("verify", "3"), ("report", "3"),
        ("diff", "first", "3"), ("rows", "3"), ("export", "3", "out", "--format", "alpaca"),
        ("pull", "store@first", "pulled"), ("gc", "--dry-run"), ("gc",), ("verify", "first"),
    ):  # fmt: skip
        done = run(*words)
        assert done.code == 0, (words, done.err)


@pytest.mark.parametrize("name", ["[v1]", "a%41", "a\\b", "a|b", "date=2026-11-26", "draft=d_1"])
def test_a_folder_that_no_store_can_be_in_is_refused_with_the_reason(name: str, tmp_path: Path, run: Run) -> None:
    run("init", tmp_path / name)

    done = run("curate", RAW, "-w", tmp_path / name)

    assert done.code == 2
    assert "rename the folder" in done.err
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_curating_what_a_version_holds_changes_nothing(tmp_path: Path, run: Run) -> None:
    raw = [json.loads(line) for line in RAW.read_text(encoding="utf-8").splitlines()[:-1] if line.endswith("}")]
    rows = [row for row in map(json.loads, run("rows", "first").out.splitlines()) if row["disposition"] == "rewritten"]
    instructions = {row: record["instruction"] for row, record in enumerate(raw)}
    again = [{"instruction": instructions.get(row["row"], ""), "input": "", "output": row["output"]} for row in rows]
    again = [record for record in again if record["instruction"]]
    (tmp_path / "again.json").write_text(json.dumps(again, ensure_ascii=False), encoding="utf-8")
    run("init", tmp_path / "home")

    counts = run(
        "curate", tmp_path / "again.json", "--devices", DEVICES, "--keep-duplicates", "-w", tmp_path / "home", "--json"
    ).json["counts"]

    assert counts["rewritten"] == 0


def test_versions_shows_parents_and_tags(run: Run) -> None:
    raw, first = run("versions", "--json").json["versions"]
    table = run("versions").out

    assert (raw["number"], raw["kind"], raw["parent"]) == (0, "raw", None)
    assert (first["number"], first["kind"], first["parent"], first["tags"]) == (1, "curated", raw["id"], ["first"])
    assert "first" in table
    assert "smart_home_raw.jsonl" in table


def test_show_says_where_a_version_comes_from_and_what_rules_did(run: Run) -> None:
    shown, answer = run("show", "first").out, run("show", "first", "--json").json

    assert "trigger.relative-time" in shown
    assert f"{answer['counts']['rows_in']}" in shown
    assert answer["counts"]["rows_in"] == sum(answer["counts"][name] for name in DISPOSITIONS)
    assert answer["libraries"]["polars"]
    assert run("show", "0").code == 0


def test_diff_shows_changes_and_gives_them_all_as_one_document(run: Run) -> None:
    shown, answer = run("diff", "0", "first", "--limit", "2").out, run("diff", "0", "first", "--json").json
    counts = run("show", "first", "--json").json["counts"]

    assert (answer["first"]["number"], answer["second"]["number"]) == (0, 1)
    assert len(answer["changes"]) == counts["rows_in"] - counts["unchanged"]
    assert "not shown" in shown
    assert run("diff", "first", "first", "--json").json["changes"] == []


def test_report_writes_the_same_files_again(run: Run, curated: Path) -> None:
    path = Path(run("report", "first").out.strip())
    before = path.read_bytes()

    assert run("report", "first").code == 0
    assert path.read_bytes() == before
    assert path.is_relative_to(curated / "reports")
    assert re.fullmatch(r"1-[0-9a-f]{8}", path.parent.name)
    assert path.with_name("report.md").is_file()


def test_verify_says_verified_and_exits_with_one_where_something_was_touched(
    run: Run, curated: Path, tmp_path: Path
) -> None:
    assert run("verify", "first").out.endswith("verified\n")
    assert run("verify", "--all", "--json").json["verified"] is True
    broken = tmp_path / "broken"
    shutil.copytree(curated, broken)
    next((broken / "store" / "edits").rglob("*.parquet")).unlink()

    found = run("verify", "first", "-w", broken)

    assert found.code == 1
    assert "fault" in found.out
    assert run("verify", "first", "-w", broken, "--json").code == 1


def test_a_store_without_a_version_is_not_verified(tmp_path: Path, run: Run) -> None:
    run("init", tmp_path)

    found = run("verify", "--all", "-w", tmp_path, "--json")

    assert (found.code, found.out) == (2, "")
    assert f"no version is in {tmp_path / 'store'} yet" in found.err


def test_rows_gives_every_row_that_came_in_in_order(run: Run) -> None:
    rows = [json.loads(line) for line in run("rows", "first").out.splitlines()]
    counts = run("show", "first", "--json").json["counts"]

    assert [row["row"] for row in rows] == list(range(counts["rows_in"]))
    assert all(set(row) == {"row", "key", "disposition", "output", "rules", "reasons"} for row in rows)
    for name in DISPOSITIONS:
        assert sum(row["disposition"] == name for row in rows) == counts[name]
    assert all((row["output"] is None) == (row["disposition"] in {"quarantined", "dropped"}) for row in rows)
    assert all(row["rules"] for row in rows if row["disposition"] == "rewritten")
    assert all(row["reasons"] for row in rows if row["disposition"] not in {"unchanged", "rewritten"})


def test_a_tag_names_a_version_and_a_release_tag_stays(tmp_path: Path, run: Run) -> None:
    run("init", tmp_path)
    run("curate", EXAMPLES / "tiny.json", "-w", tmp_path)

    assert run("tag", "v1.0.0", "1", "-w", tmp_path).code == 0
    assert run("show", "v1.0.0", "-w", tmp_path, "--json").json["number"] == 1
    moved = run("tag", "v1.0.0", "0", "-w", tmp_path)
    assert moved.code == 2
    assert "stays there" in moved.err


def test_rules_are_listed_in_the_order_in_which_they_run(run: Run) -> None:
    listed = run("rules", "list", "--json").json["rules"]
    phases = [rule["phase"] for rule in listed]

    assert list(dict.fromkeys(phases)) == ["format", "function", "trigger", "chain", "fuzzy", "check"]
    assert all(rule["id"] in run("rules", "list").out for rule in listed[:3])


def test_rules_that_are_switched_off_do_not_run(tmp_path: Path, run: Run) -> None:
    run("init", tmp_path)
    config = tmp_path / "rewright.toml"
    config.write_text(config.read_text() + '"function.complete" = "our device names its functions"\n')

    listed = run("rules", "list", "-w", tmp_path, "--json").json

    assert "function.complete" not in {rule["id"] for rule in listed["rules"]}
    assert listed["off"] == {"function.complete": "our device names its functions"}


def test_a_pack_of_ones_own_is_made_as_the_workspace_says(tmp_path: Path, run: Run) -> None:
    run("init", tmp_path)
    said = (tmp_path / "rules" / "README.md").read_text(encoding="utf-8")
    pack = "".join(line.strip() + "\n" for line in said.splitlines() if line.startswith("    "))
    (tmp_path / "rules" / "pack.yaml").write_text(pack)
    config = tmp_path / "rewright.toml"
    config.write_text(config.read_text().replace('["smart_home"]', '["smart_home", "./rules"]'))

    listed = run("rules", "list", "-w", tmp_path, "--json")

    assert listed.code == 0, listed.err
    assert listed.json["pack"] == "smart_home+own"


def test_rules_check_names_file_and_line_of_a_broken_rule(tmp_path: Path, run: Run) -> None:
    shutil.copytree(ROOT / "tests" / "curation" / "toy_pack", tmp_path / "rules")
    run("init", tmp_path / "home")
    config = tmp_path / "home" / "rewright.toml"
    config.write_text(config.read_text().replace('["smart_home"]', f'["{tmp_path / "rules"}"]'))
    rule = next(path for path in sorted((tmp_path / "rules").rglob("*.yaml")) if path.parent.name[:1].isdigit())
    good = run("rules", "check", "-w", tmp_path / "home", "--json")
    rule.write_text(rule.read_text(encoding="utf-8") + "surprise: 1\n", encoding="utf-8")

    bad = run("rules", "check", "-w", tmp_path / "home", "--json")

    assert good.json["ok"] is True, good.out
    assert bad.code == 1
    assert [Path(one["path"]).name for one in bad.json["findings"]] == [rule.name]
    assert bad.json["findings"][0]["line"] == rule.read_text(encoding="utf-8").count("\n")


def test_readers_answer_line_by_line_from_any_folder(tmp_path: Path) -> None:
    done = pipe("rules", "read", "duration", given="四十分钟后关灯\n\n半個鐘之後熄燈\r\n".encode(), folder=tmp_path)

    answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert [answer["text"] for answer in answers] == ["四十分钟后关灯", "", "半個鐘之後熄燈"]
    assert [[found["canonical"] for found in answer["found"]] for answer in answers] == [["40m"], [], ["30m"]]
    assert answers[0]["found"][0]["span"] == [0, 4]


def test_the_analyser_says_what_a_sentence_is(tmp_path: Path) -> None:
    given = "客厅温度低过十八度就开暖气\n打开书房的台灯\n".encode()

    done = pipe("rules", "analyse", "--devices", str(DEVICES), given=given, folder=tmp_path)

    first, second = (json.loads(line) for line in done.stdout.decode().splitlines())
    assert (first["type"], second["type"]) == ("conditional", "basic")
    assert first["trigger"] == {"temperature": {"operator": "<", "value": 18}}
    assert second["trigger"] is None


def test_standard_input_that_is_not_utf8_is_refused() -> None:
    done = pipe("rules", "read", "number", given="开灯".encode("gbk"))

    assert done.returncode == 2
    assert b"not UTF-8" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_word_of_the_call_that_is_not_utf8_is_refused(run: Run) -> None:
    done = run("rules", "explain", os.fsdecode(b"\xff"), "--output", "{}")

    assert done.code == 2
    assert done.err == "rewright: \\xff is not UTF-8, and no file is called so; write it in UTF-8\n"


def test_a_data_set_whose_name_is_not_utf8_is_curated_under_its_bytes(tmp_path: Path, run: Run) -> None:
    raw = tmp_path / os.fsdecode("数据.jsonl".encode("gbk"))
    raw.write_bytes(RAW.read_bytes())
    run("init", tmp_path / "home")

    assert run("curate", raw, "-w", tmp_path / "home").code == 0
    assert run("profile", raw).code == 0
    listed = run("versions", "-w", tmp_path / "home", "--json").json["versions"]
    assert [one["source"]["name"] for one in listed] == ["\\xca\\xfd\\xbe\\xdd.jsonl"] * 2


def test_a_reader_that_stops_early_is_no_error(curated: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import rewright; sys.exit(rewright.main())"
    command = f'"{sys.executable}" -c "{code}" rows first | head -n 1; exit ${{PIPESTATUS[0]}}'

    done = subprocess.run(["bash", "-c", command], cwd=curated, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert json.loads(done.stdout)["row"] == 0


@pytest.mark.parametrize(
    "words", ["versions >&-", "versions --json >&-", "verify first >&- 2>&-", "rules read number <&-"]
)
def test_a_stream_that_is_closed_is_no_defect(words: str, curated: Path) -> None:
    command = f"exec {sys.executable} {ROOT / 'rewright.py'} {words}"

    done = subprocess.run(["sh", "-c", command], cwd=curated, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")


def test_profile_says_what_is_there_and_suggests_devices_that_curate_takes(tmp_path: Path, run: Run) -> None:
    answer = run("profile", RAW, "--suggest-devices", tmp_path / "devices.yaml", "--json").json
    table = run("profile", RAW, "--devices", DEVICES).out
    used = run("curate", EXAMPLES / "tiny.csv", "--devices", tmp_path / "devices.yaml", "-w", _new(tmp_path, run))

    assert answer["rows"] == sum(answer["forms"].values()) == 384
    assert answer["commands"]["function"]["control_device"] > 50
    assert answer["keys"]["params"]["device_id"] > 200
    assert {"basic", "conditional", "chain", "fuzzy", "query", "non-command"} <= set(answer["sentences"]["type"])
    assert "light_living_01" in answer["seen"]
    assert answer["would"]["quarantined"] > 0
    assert "devices seen" in table
    assert used.code == 0, used.err


def _new(folder: Path, run: Run) -> Path:
    run("init", folder / "new")
    return folder / "new"


def test_profile_publishes_nothing(run: Run) -> None:
    before = run("versions").out
    run("profile", EXAMPLES / "tiny.json")

    assert run("versions").out == before
