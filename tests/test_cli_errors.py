"""What a user does wrong is told in words, on standard error, with exit code 2 and no traceback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import rewright
from curation.draft import Draft
from curation.manifest import Version
from curation.store import Store

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    assert rewright.main(["init", str(tmp_path / "home")]) == 0
    monkeypatch.chdir(tmp_path / "home")
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("curate", ""), "an empty name"),
        (("profile", ""), "an empty name"),
        (("curate", "absent.json"), "no such file or folder"),
        (("curate", "rewright.toml"), "unknown suffix '.toml'"),
        (("curate", "gbk.jsonl"), "not UTF-8"),
        (("curate", "empty.jsonl"), "no record in it"),
        (("curate", "one.json", "--devices", "absent.yaml"), "absent.yaml: the file cannot be read"),
        (("curate", "one.json", "--tag", "7"), "cannot be a tag"),
        (("curate", "one.json", "--workers", "0"), "--workers"),
        (("profile", "one.json", "--suggest-devices", "devices.yaml"), "is there already"),
        (("show", "first"), "no version 'first'"),
        (("rows", "3"), "there is none yet"),
        (("diff", "0"), "Missing argument"),
        (("verify",), "--all"),
        (("report", "0"), "no version '0'"),
        (("rules", "read", "colour"), "number, duration, clock, comparison"),
        (("rules", "check", "absent"), "no rule and no lexicon"),
        (("show", "1", "-w", "absent"), "rewright init absent"),
        (("nonsense",), "No such command"),
    ],
)
def test_a_wrong_call_is_told_in_words(
    words: tuple[str, ...], told: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "one.json").write_text('[{"instruction": "开灯", "input": "", "output": "{}"}]', encoding="utf-8")
    (home / "gbk.jsonl").write_bytes('{"instruction": "开灯"}\n'.encode("gbk"))
    (home / "empty.jsonl").write_bytes(b"")
    capsys.readouterr()

    code = rewright.main(words)

    out, err = capsys.readouterr()
    assert code == (1 if words[:2] == ("rules", "check") else 2)
    assert told in (out if code == 1 else err)
    assert "Traceback" not in err
    if code == 2:
        assert out == ""
        assert len(err.strip().splitlines()) <= 4


def test_outside_of_a_workspace_the_way_in_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    code = rewright.main(["versions"])

    assert code == 2
    assert "rewright init" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("packs = 3", "packs = 3"),
        ('pakcs = ["smart_home"]', "did you mean 'packs'"),
        ("bar = 2", "a number above 0"),
        ('packs = ["smart_hom"]', "did you mean 'smart_home'"),
        ('packs = ["./absent"]', "no folder and no installed pack"),
        ('[off]\n"function.complet" = "why"', "did you mean 'function.complete'"),
        ('[off]\n"function.complete" = " "', "without a reason"),
        ("packs = [", "rewright.toml"),
    ],
)
def test_settings_that_cannot_be_used_are_told(
    text: str, told: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "rewright.toml").write_text(text, encoding="utf-8")
    capsys.readouterr()

    code = rewright.main(["rules", "list"])

    assert code == 2
    assert told in capsys.readouterr().err


def test_a_damaged_store_is_told_by_every_reader_and_verify_goes_on(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert rewright.main(["curate", str(EXAMPLES / "tiny.json")]) == 0
    (version,) = (one for one in Store(home / "store").versions() if one.kind == "raw")
    for file in (home / "store/records" / f"draft={version.draft}").iterdir():
        os.truncate(file, 500)
    capfd.readouterr()

    assert rewright.main(["verify", "--all", "--json"]) == 1
    out, err = capfd.readouterr()
    assert [["has 500 bytes" in fault["what"] for fault in one["faults"]] for one in json.loads(out)["versions"]] == [
        [True],
        [True],
    ]
    assert err == ""
    for words in (("rows", "1"), ("report", "1"), ("diff", "0", "1"), ("export", "1", "out"), ("pull", ".@1", "out")):
        assert rewright.main(words) == 2
        out, err = capfd.readouterr()
        assert out == ""
        assert len(err.splitlines()) == 1
        assert "has 500 bytes" in err


def test_who_loses_a_race_is_told_to_run_again_by_an_exit_code_of_its_own(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rewright.main(["curate", str(EXAMPLES / "tiny.json")]) == 0
    store, made = Store(home / "store"), Draft._made

    def raced(draft: Draft, counts: Mapping[str, Any]) -> Version:
        monkeypatch.undo()
        monkeypatch.chdir(home)
        with store.publish(1, kind="review") as quick:
            quick.commit()
        return made(draft, counts)

    monkeypatch.setattr(Draft, "_made", raced)
    capsys.readouterr()

    assert rewright.main(["rollback", "function.complete", "1"]) == 75

    told = capsys.readouterr().err
    assert "was made of version 1 while this one was" in told
    assert "Run it again" in told
    assert [version.kind for version in store.versions()] == ["raw", "curated", "review"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mounted", "told"),
    [
        ("mount --bind store store && mount -o remount,ro,bind store", "its file system is read-only; mount it for"),
        (
            "cp -r store held && mount -t tmpfs -o size=4m none store && cp -r held/. store "
            "&& (head -c 5M /dev/zero > store/full) 2> head.txt",
            "no space is left on the device; make room there",
        ),
    ],
)
def test_a_store_that_cannot_be_written_is_told_in_one_line_before_work_is_done(
    mounted: str, told: str, home: Path
) -> None:
    assert rewright.main(["curate", str(EXAMPLES / "tiny.json")]) == 0
    alone = ["unshare", "--map-root-user", "--mount", "sh", "-c"]  # the mount is this command's alone
    if shutil.which("unshare") is None or subprocess.run([*alone, "mount -t tmpfs none store"], check=False).returncode:
        pytest.skip("this user may mount nothing")
    run = f"{sys.executable} -m rewright"
    rewrights = [f"{run} tag x 1", f"{run} curate {EXAMPLES / 'tiny.csv'}", f"{run} rollback function.complete 1"]
    script = f"{mounted}; {'; '.join(f'{command}; echo $?' for command in rewrights)}"

    done = subprocess.run(
        [*alone, script],
        env={**os.environ, "PYTHONPATH": str(EXAMPLES.parent)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "2\n2\n2\n"
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    assert all(f"{home / 'store'}: the store cannot be written, {told}" in line for line in lines)


@pytest.mark.parametrize("name", ["device.yaml", "rules"])
@pytest.mark.parametrize("words", [("curate", str(EXAMPLES / "tiny.json")), ("profile", str(EXAMPLES / "tiny.json"))])
def test_a_workspace_that_names_a_device_catalogue_which_is_no_file_is_told(
    words: tuple[str, ...], name: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = (home / "rewright.toml").read_text(encoding="utf-8")
    (home / "rewright.toml").write_text(settings.replace('"devices.yaml"', f'"{name}"'), encoding="utf-8")

    code = rewright.main(words)

    assert code == 2
    assert f"rewright.toml: devices: {home / name} is no file" in capsys.readouterr().err


def test_a_workspace_that_names_no_device_catalogue_needs_none(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = (home / "rewright.toml").read_text(encoding="utf-8")
    (home / "rewright.toml").write_text(settings.replace('devices = "devices.yaml"', ""), encoding="utf-8")
    (home / "devices.yaml").unlink()

    assert rewright.main(["curate", str(EXAMPLES / "tiny.json")]) == 0


def test_all_that_is_wrong_in_a_device_catalogue_is_told_at_once_with_its_place(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "devices.yaml").write_text(
        """\
rooms:
  cellar: [地下室]
devices:
  - {id: light_cellar_01, type: light, room: cellar, names: [灯]}
  - {id: light_cellar_01, type: light, room: cellar}
  - {id: fan_cellar_01, type: fan, room: celar}
  - {id: tv_cellar_01, kind: tv, room: null}
  - {id: ac_cellar_01, type: ac, room: null, properties: {temperature: {min: low, step: 0}}}
  - {id: ac_cellar_02, type: ac, room: null, properties: {temperature: {min: 30, max: 16}}}
""",
        encoding="utf-8",
    )
    capsys.readouterr()

    code = rewright.main(["curate", str(EXAMPLES / "tiny.json")])

    err = capsys.readouterr().err
    assert code == 2
    assert "devices.yaml:5:10: id: 'light_cellar_01' a second time; keep one of them" in err
    assert "devices.yaml:6:42: room: 'celar'; did you mean 'cellar'?" in err
    assert "unknown key 'kind'" in err
    assert "'type' is missing" in err
    assert "devices.yaml:8:" in err
    assert "write a number above 0" in err
    assert "devices.yaml:9:78: min: 30; write no more than max, which is 16" in err


def test_a_device_catalogue_may_be_json_and_is_read_as_strictly(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "good.json").write_text('{\n\t"devices": [{"id": "fan_01", "type": "fan", "room": null}]\n}')
    (home / "double.json").write_text('{"devices": [], "devices": []}')
    (home / "wrong.json").write_text('{\n\t"devices": [{"id": "fan_01"}]\n}')

    assert rewright.main(["curate", str(EXAMPLES / "tiny.json"), "--devices", "good.json"]) == 0
    capsys.readouterr()
    assert rewright.main(["curate", str(EXAMPLES / "tiny.json"), "--devices", "double.json"]) == 2
    assert "duplicate key" in capsys.readouterr().err
    assert rewright.main(["curate", str(EXAMPLES / "tiny.json"), "--devices", "wrong.json"]) == 2
    assert "wrong.json:2:14: 'type' is missing" in capsys.readouterr().err
