"""The rule author's commands as a user meets them, and packs of one's own."""

from __future__ import annotations

import json
import shutil
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import rewright
from curation.formats import TEXT_REWRITERS
from curation.strict_yaml import read
from tests.command_line import Run, runner

ROOT = Path(__file__).parents[1]
TOY = ROOT / "tests" / "curation" / "toy_pack"
LIGHT = '{"mcp_type": "iot", "function": "control_device", "params": {"device_id": "light_living_01", "power": "off"}}'

ASKING = """from curation.rewriting import Decline, rewriter

@rewriter("ask")
def ask(command, match, context) -> None:
    \"\"\"Hand the record to a person.\"\"\"
    raise Decline("asked")
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh workspace, entered."""
    assert rewright.main(["init", str(tmp_path / "home")]) == 0
    monkeypatch.chdir(tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def cafe(home: Path) -> Path:
    """A workspace of the toy pack, which loads in no time."""
    shutil.copytree(TOY, home / "cafe", ignore=shutil.ignore_patterns("__pycache__"))
    config = home / "rewright.toml"
    config.write_text(config.read_text("utf-8").replace('["smart_home"]', '["./cafe"]'), "utf-8")
    return home


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(capsys)


def replaced(path: Path, *pairs: tuple[str, str]) -> None:
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, "utf-8")


@pytest.mark.parametrize("place", ["check/count.yaml", "count.yaml", "20-order/count.yml", "20-order/count.yaml"])
@pytest.mark.parametrize("about", ["", "id: own\nsummary: Ours.\nuses: [cafe]\n"])
def test_no_rule_of_a_workspace_is_passed_over(cafe: Path, run: Run, place: str, about: str) -> None:
    rule = cafe / "rules" / place
    rule.parent.mkdir(exist_ok=True)
    text = (TOY / "20-order" / "count.yaml").read_text("utf-8")
    rule.write_text(text.replace("id: order.count", "id: order.many"), "utf-8")
    if about:
        (cafe / "rules" / "pack.yaml").write_text(about, "utf-8")

    found = run("rules", "check")

    assert found.code == 1
    assert (rule.name if about else "there is no pack.yaml; write one") in found.out


@pytest.mark.parametrize("style", [(), ("--json",)])
def test_a_rule_that_cannot_be_read_is_a_finding_as_any_other(cafe: Path, run: Run, style: tuple[str, ...]) -> None:
    replaced(cafe / "cafe" / "20-order" / "count.yaml", ("why:", "wy:"))

    found = run("rules", "check", *style)

    assert (found.code, found.err) == (1, "")
    assert "count.yaml" in found.out
    assert "did you mean 'why'?" in found.out


# -- new ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("identity", ["trigger.sunset", "check.house", "function.own", "fuzzy.own", "chain.own"])
def test_a_new_rule_loads_and_only_its_examples_fail(home: Path, run: Run, identity: str) -> None:
    made = run("rules", "new", identity, "--json")
    path = Path(made.json["written"][0])
    found = run("rules", "check", path, "--json")

    assert made.code == 0
    assert (home / "rules" / "pack.yaml").exists()
    assert found.code == 1
    assert found.json["findings"], found.out
    assert {one["kind"] for one in found.json["findings"]} == {"example"}
    assert {one["path"] for one in found.json["findings"]} == {str(path)}


@pytest.mark.parametrize("use", ["ask_about_words", "ask_about_label", "write_label"])
def test_a_new_rule_about_labels_begins_with_labels_and_declines_where_its_rewriter_only_can(
    tmp_path: Path, run: Run, use: str
) -> None:
    run("init", tmp_path / "desk", "--pack", "labels")
    made = run("rules", "new", "check.own", "--use", use, "--workspace", tmp_path / "desk", "--json")
    path = Path(made.json["written"][0])
    examples = read(path)[0].value["examples"]  # type: ignore[union-attr]
    found = run("rules", "check", path, "--workspace", tmp_path / "desk").out

    expected = "before" if use == "write_label" else "declines"
    assert [expected in one for one in examples] == [True, True, False]
    assert all(json.loads(one.get(expected, one.get("unchanged")))["label"] for one in examples)
    assert "and is left alone; mend the rule or the example" in found
    assert "raises" not in found


@pytest.fixture
def bare(home: Path) -> Path:
    """A workspace whose only pack states a contract and nothing else."""
    (home / "rules" / "pack.yaml").write_text("id: own\nsummary: Tools.\ncontract: call.json\n", "utf-8")
    (home / "rules" / "call.json").write_text('{"type": "object", "required": ["name", "arguments"]}', "utf-8")
    replaced(home / "rewright.toml", ('["smart_home"]', '["./rules"]'))
    return home


@pytest.mark.parametrize("use", ["canonicalise", "unwrap_fence", "unwrap_object"])
def test_a_new_rule_about_the_form_of_outputs_holds_from_the_beginning(bare: Path, run: Run, use: str) -> None:
    made = run("rules", "new", "format.own", "--number", "10", "--use", use, "--json")
    path = Path(made.json["written"][0])

    text = path.read_text("utf-8")
    assert f"The rewriters are:\n#   canonicalise: {TEXT_REWRITERS['canonicalise'].__doc__}\n" in text
    assert """after: '{"name": "…", "arguments": "…"}'""" in text
    assert run("rules", "check", path).code == 0


def test_a_new_rule_of_a_pack_without_rewriters_asks_for_one(bare: Path, run: Run) -> None:
    done = run("rules", "new", "format.own", "--number", "10")

    assert done.code == 2
    assert "no rule to take the rewriter from, and no --use; rewriters are: canonicalise, unwrap_fence" in done.err


def test_a_new_rule_of_a_pack_without_examples_begins_with_what_its_contract_states(bare: Path, run: Run) -> None:
    replaced(bare / "rules" / "pack.yaml", ("contract:", "python: own.py\ncontract:"))
    (bare / "rules" / "own.py").write_text(ASKING, "utf-8")

    made = run("rules", "new", "check.own", "--number", "60", "--use", "ask", "--json")

    assert """declines: '{"name": "…", "arguments": "…"}'""" in Path(made.json["written"][0]).read_text("utf-8")


def test_a_new_rule_explains_what_can_be_asked_and_done(home: Path, run: Run) -> None:
    run("rules", "new", "trigger.sunset")
    text = (home / "rules" / "30-trigger" / "sunset.yaml").read_text("utf-8")

    for part in (
        "<duration>",
        "#   condition: ",
        "time_after",
        "#   wrap_in_automation: Put the actions",
        "use: wrap_in_",
    ):
        assert part in text
    assert text.startswith("# yaml-language-server: $schema=../.schemas/rule.schema.json\n")
    assert (home / "rules" / "30-trigger" / "../.schemas/rule.schema.json").is_file()


def test_a_rule_can_be_begun_from_another_one(cafe: Path, run: Run) -> None:
    done = run("rules", "new", "order.double", "--from", "order.count", "--json")
    copied = Path(done.json["written"][0]).read_text("utf-8")
    original = (cafe / "cafe" / "20-order" / "count.yaml").read_text("utf-8")

    assert copied == original.replace("id: order.count", "id: order.double")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("order.count",), "'order.count' exists already"),
        (("ordr.count",), "did you mean 'order'?"),
        (("Order",), "trigger.sunset"),
        (("order.new", "--from", "order.cont"), "did you mean 'order.count'?"),
        (("order.new", "--use", "set_cout"), "did you mean 'set_count'?"),
    ],
)
def test_a_new_rule_that_cannot_be_is_refused_with_what_to_write(
    cafe: Path, run: Run, words: tuple[str, ...], told: str
) -> None:
    before = sorted(cafe.rglob("*.*ml"))
    done = run("rules", "new", *words)

    assert done.code == 2
    assert told in done.err
    assert sorted(cafe.rglob("*.*ml")) == before


def test_outside_a_workspace_a_new_rule_asks_for_its_pack(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("rules", "new", "trigger.sunset")
    assert done.code == 2
    assert "--pack" in done.err


# -- explain, try, stats ---------------------------------------------------------------------------------------------


def test_explain_tells_the_way_of_a_record(home: Path, run: Run) -> None:
    words = ("rules", "explain", "半小時後把客廳的燈關掉", "--output", LIGHT)
    told, as_json = run(*words), run(*words, "--json").json

    assert told.code == 0
    assert "read         半小时 as <duration> 30m, characters 0-3" in told.out
    assert "  => trigger.relative-time applied" in told.out
    assert "disposition  rewritten" in told.out
    (applied,) = (phase["applied"] for phase in as_json["phases"] if phase["applied"])
    assert applied["rule"] == "trigger.relative-time"
    assert json.loads(as_json["output"])["params"]["trigger"] == {"time_after": "30m"}


@pytest.fixture
def orders(cafe: Path) -> Path:
    """A raw data set of the toy pack: what the rules change, decline, leave alone and quarantine."""
    latte = '{"kind": "order", "drink": "latte"}'
    said = [f"来{number}杯拿铁" for number in range(1, 31)]
    rows = [{"instruction": one, "input": "", "output": latte} for one in said]
    rows += [
        {"instruction": "請做半糖", "input": "", "output": '{"kind": "order"}'},
        {"instruction": "两杯摩卡，请做半糖", "input": "", "output": '{"kind": "order", "drink": "mocha"}'},
        {"instruction": "第二杯拿铁半价", "input": "", "output": latte},
        {"instruction": "一杯拿铁", "input": "", "output": f"```json\n{latte}\n```"},
        {"instruction": "一杯拿铁", "input": "", "output": "nothing"},
    ]
    path = cafe / "orders.json"
    path.write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
    return path


def test_a_rule_of_the_pack_is_tried_against_the_rules_without_it(cafe: Path, orders: Path, run: Run) -> None:
    done = run("rules", "try", cafe / "cafe" / "20-order" / "count.yaml", orders, "--json")
    found = done.json

    assert found["revises"] is False
    assert (found["rows"], found["records"]) == (35, 35)
    assert found["what"] == {"applied": 21, "declined": 10, "in conflict": 1}
    assert found["conflicts"] == {"order.sugar": 1}
    assert found["meets"] == {"format.fence": 1}
    assert len(found["samples"]) == 20
    assert sorted(found["samples"], key=lambda one: int(one["row"])) == found["samples"]
    assert sum(move["rows"] for move in found["moves"]) == 32
    assert {"was": "unchanged", "now": "rewritten", "rows": 20} in found["moves"]
    assert {"was": "unchanged", "now": "review", "rows": 10} in found["moves"]
    assert run("rules", "try", cafe / "cafe" / "20-order" / "count.yaml", orders, "--json").out == done.out


def test_a_revised_rule_outside_its_pack_is_tried_in_its_place(cafe: Path, orders: Path, run: Run) -> None:
    revised = cafe / "count.yaml"
    shutil.copy(cafe / "cafe" / "20-order" / "count.yaml", revised)
    replaced(revised, ("most: 20", "most: 25"))

    found = run("rules", "try", revised, orders, "--json").json

    assert found["revises"] is True
    assert found["moves"] == [{"was": "review", "now": "rewritten", "rows": 5}]
    assert "review → rewritten" in run("rules", "try", revised, orders).out


def test_a_trial_against_a_version_tells_what_would_change_in_it(cafe: Path, orders: Path, run: Run) -> None:
    run("curate", orders, "--tag", "first")
    rule = cafe / "cafe" / "20-order" / "count.yaml"
    same = run("rules", "try", rule, orders, "--against", "first", "--json").json
    replaced(rule, ("most: 20", "most: 25"))
    now = run("rules", "try", rule, orders, "--against", "first", "--json").json

    assert same["moves"] == []
    assert now["moves"] == [{"was": "review", "now": "rewritten", "rows": 5}]
    assert now["left_out"] == same["left_out"]


def test_a_trial_of_a_rule_that_does_not_load_names_the_line(cafe: Path, orders: Path, run: Run) -> None:
    broken = cafe / "count.yaml"
    shutil.copy(cafe / "cafe" / "20-order" / "count.yaml", broken)
    replaced(broken, ("use: set_count", "use: set_cout"))

    done = run("rules", "try", broken, orders)

    assert done.code == 2
    assert "count.yaml:13:8: unknown rewriter 'set_cout'; did you mean 'set_count'?" in done.err


def test_stats_count_what_each_rule_did_and_with_whom(cafe: Path, orders: Path, run: Run) -> None:
    run("curate", orders, "--tag", "first")
    found = {one["rule"]: one for one in run("rules", "stats", "first", "--json").json["rules"]}

    assert (found["order.count"]["hits"], found["order.count"]["declines"]) == (21, 10)
    assert found["order.count"]["coverage"] == 21 / 35
    assert found["order.count"]["conflicts"] == found["order.sugar"]["conflicts"] == 1
    assert found["order.count"]["overlap"] == found["format.fence"]["overlap"] == 1
    assert found["order.count"]["precision"] is None
    table = run("rules", "stats", "first").out
    assert "order.count" in table
    assert "60.0%" in table
    assert run("rules", "stats", "0").code == 2


def test_check_names_the_rules_without_a_hit_in_a_version(cafe: Path, orders: Path, run: Run) -> None:
    run("curate", orders, "--tag", "first")
    assert run("rules", "check", "--version", "first").code == 0
    lines = orders.read_text("utf-8")
    orders.write_text(json.dumps(json.loads(lines)[:3], ensure_ascii=False), "utf-8")
    run("curate", orders, "--tag", "second")

    found = run("rules", "check", "--version", "second", "--json").json["findings"]

    assert {(one["kind"], Path(one["path"]).stem) for one in found} == {("idle", "fence"), ("idle", "sugar")}


# -- docs and schemas ------------------------------------------------------------------------------------------------


def test_the_pages_of_the_shipped_rules_are_current(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    done = run("rules", "docs", "--check")
    assert done.code == 0, f"run `rewright rules docs`:\n{done.out}"


def test_pages_follow_the_rules_and_leave_other_files_alone(cafe: Path, orders: Path, run: Run) -> None:
    first = run("rules", "docs", "pages", "--json").json
    (cafe / "pages" / "mine.md").write_text("my own", "utf-8")
    again = run("rules", "docs", "pages", "--json").json
    replaced(cafe / "cafe" / "20-order" / "count.yaml", ("The raw orders drop", "Raw orders | <b>lose</b>"))
    (cafe / "cafe" / "20-order" / "sugar.yaml").unlink()
    stale = run("rules", "docs", "pages", "--check", "--json")
    changed = run("rules", "docs", "pages", "--json").json

    assert sorted(first["changed"]) == ["README.md", "format.fence.md", "order.count.md", "order.sugar.md"]
    assert again["changed"] == []
    assert stale.code == 1
    assert changed["changed"] == stale.json["changed"] == ["README.md", "order.count.md", "order.sugar.md"]
    assert {path.name for path in (cafe / "pages").iterdir()} == {
        "README.md", "format.fence.md", "order.count.md", "mine.md",
    }  # fmt: skip
    page = (cafe / "pages" / "order.count.md").read_text("utf-8")
    assert "<b>" not in page
    assert "`第<number>杯`" in page
    assert '+  "count": 2' in page
    assert "more than `most` is for a person" in page.replace("\\`", "`")


def test_pages_show_the_counts_of_a_version(cafe: Path, orders: Path, run: Run) -> None:
    run("curate", orders, "--tag", "first")
    run("rules", "docs", "pages", "--version", "first")
    assert "21 hits, 10 declined, 1 in conflict" in (cafe / "pages" / "order.count.md").read_text("utf-8")


def test_schemas_for_editors_take_every_rule_and_know_the_names_of_the_pack(
    home: Path, run: Run, tmp_path: Path
) -> None:
    assert run("rules", "schema", "schemas").code == 0
    schemas = {
        path.name.partition(".")[0]: json.loads(path.read_text("utf-8")) for path in (home / "schemas").iterdir()
    }
    validator = Draft202012Validator(schemas["rule"])

    for path in sorted((ROOT / "rules" / "smart_home").glob("[0-9]*/*.yaml")):
        document, _ = read(path)
        assert document is not None
        assert list(validator.iter_errors(document.value)) == [], path
    names = [one["const"] for one in schemas["rule"]["properties"]["rewrite"]["properties"]["use"]["oneOf"]]
    assert "wrap_in_automation" in names
    sentence = schemas["rule"]["properties"]["match"]["properties"]["sentence"]["properties"]
    assert "time_after" in json.dumps(sentence["condition"])


# -- packs of one's own ----------------------------------------------------------------------------------------------

WITH_A_TRIGGER = """\
id: trigger.bedtime
summary: Take the bedtime story's end for going to bed.
why: Our homes say it so, and the pack does not know it.
severity: error
confidence: 0.9
review: {mode: all}
match:
  instruction:
    any: [<bedtime>]
rewrite:
  use: wrap_in_automation
  with: {trigger: {event: <bedtime>}}
examples:
  - instruction: 故事讲完后关掉儿童房的灯
    devices: house
    before: '{"mcp_type": "iot", "function": "control_device", "params": {"device_id": "light_kids_09", "power": "off"}}'
    after: '{"mcp_type": "sensor_trigger", "function": "create_automation", "params": {"trigger": {"event": "sleep"}, "action": {"device_id": "light_kids_09", "arg": "turn_off"}}}'
  - instruction: 故事講完後拉上窗簾
    before: '{"mcp_type": "iot", "function": "close", "params": {"device_id": "curtain_kids_01"}}'
    after: '{"mcp_type": "sensor_trigger", "function": "create_automation", "params": {"trigger": {"event": "sleep"}, "action": {"device_id": "curtain_kids_01", "arg": {"op": "close"}}}}'
  - instruction: 讲个故事
    unchanged: '{"mcp_type": "iot", "function": "play_media", "params": {"device_id": "speaker_kids_01", "content": "故事"}}'
"""  # noqa: E501

REWRITER = '''\
"""Rewriters of our own."""

from __future__ import annotations

from typing import Any

from curation.rewriting import Command, Match, Rewritten, rewriter


@rewriter("confirm_first")
def confirm_first(command: Command, match: Match, context: Any, *, confirm: bool) -> Rewritten | None:
    """Ask back before the command runs."""
    return Rewritten({**command, "confirm": confirm})
'''

CONFIRMED = """\
id: house.confirm
summary: Ask back before anything is unlocked.
why: Our homes never unlock at once.
severity: warning
confidence: 0.99
review: {mode: none}
match:
  instruction:
    any: [解锁]
rewrite:
  use: confirm_first
  with: {confirm: true}
examples:
  - instruction: 院门解锁
    before: '{"mcp_type": "iot", "function": "unlock", "params": {"device_id": "lock_yard_01"}}'
    after: '{"mcp_type": "iot", "function": "unlock", "params": {"device_id": "lock_yard_01"}, "confirm": true}'
  - instruction: 院門解鎖
    before: '{"mcp_type": "iot", "function": "unlock", "params": {"device_id": "lock_yard_01"}}'
    after: '{"mcp_type": "iot", "function": "unlock", "params": {"device_id": "lock_yard_01"}, "confirm": true}'
  - instruction: 院门上锁
    unchanged: '{"mcp_type": "iot", "function": "lock", "params": {"device_id": "lock_yard_01"}}'
"""


@pytest.fixture
def own(home: Path) -> Path:
    """A pack of one's own in the workspace: rules, a lexicon, a rewriter, a catalogue, another rule switched off."""
    folder = home / "rules"
    for name, text in {
        "pack.yaml": "id: own\nsummary: Ours.\nuses: [smart_home]\npython: ours.py\n",
        "ours.py": REWRITER,
        "lexicons/bedtime.yaml": "id: bedtime\nsummary: The end of the day.\nentries:\n  sleep: [故事讲完后]\n",
        "catalogues/house.yaml": "rooms: {}\ndevices:\n  - {id: light_kids_09, type: light, room: kids, names: [灯]}\n",
        "30-trigger/bedtime.yaml": WITH_A_TRIGGER,
        "55-house/confirm.yaml": CONFIRMED,
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    with (home / "rewright.toml").open("a", encoding="utf-8") as file:
        file.write('"trigger.unsayable" = "our homes say more than the pack knows"\n')
    return folder


def test_a_pack_of_ones_own_adds_rules_words_rewriters_and_a_catalogue(own: Path, run: Run) -> None:
    checked = run("rules", "check", own, "--json")
    assert checked.json["findings"] == []
    assert (checked.code, checked.json["rules"], checked.json["examples"]) == (0, 2, 6)

    listed = run("rules", "list", "--json").json
    ids = [rule["id"] for rule in listed["rules"]]
    assert ids.index("fuzzy.small-step") < ids.index("house.confirm") < ids.index("check.device")
    assert "trigger.unsayable" not in ids
    assert listed["off"] == {"trigger.unsayable": "our homes say more than the pack knows"}


def test_what_a_pack_of_ones_own_makes_of_a_data_set_is_kept_and_verified(own: Path, run: Run) -> None:
    raw = own.parent / "raw.json"
    unlock = '{"mcp_type": "iot", "function": "unlock", "params": {"device_id": "lock_yard_01"}}'
    rows = [
        {"instruction": "故事講完後把客廳的燈關掉", "input": "", "output": LIGHT},
        {"instruction": "院門解鎖", "input": "", "output": unlock},
    ]
    raw.write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
    assert run("curate", raw, "--tag", "own").code == 0

    made = [json.loads(line) for line in run("rows", "own").out.splitlines()]

    assert [row["rules"] for row in made] == [["trigger.bedtime"], ["house.confirm"]]
    assert json.loads(made[0]["output"])["params"]["trigger"] == {"event": "sleep"}
    assert json.loads(made[1]["output"])["confirm"] is True
    assert run("verify", "own").code == 0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"our homes say more than the pack knows"', '""', "'trigger.unsayable' is switched off without a reason"),
        ('"trigger.unsayable"', '"trigger.unsayabel"', "did you mean 'trigger.unsayable'?"),
    ],
)
def test_a_rule_is_switched_off_by_its_id_and_with_a_reason(own: Path, run: Run, old: str, new: str, told: str) -> None:
    replaced(own.parent / "rewright.toml", (old, new))
    done = run("rules", "list")
    assert done.code == 2
    assert told in done.err


def test_two_packs_with_one_id_are_an_error(own: Path, run: Run) -> None:
    replaced(own / "pack.yaml", ("id: own", "id: smart_home"))
    done = run("rules", "check")
    assert done.code == 1
    assert "a second pack with the id 'smart_home'" in done.out


def test_an_installed_package_brings_its_pack_by_entry_point(
    cafe: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = tmp_path / "site" / "cafe_rules"
    shutil.move(cafe / "cafe", place)
    monkeypatch.syspath_prepend(str(place.parent))
    monkeypatch.delitem(sys.modules, "cafe_rules", raising=False)
    points = [EntryPoint(name="cafe", value="cafe_rules", group="rewright.packs")]
    monkeypatch.setattr("curation.pack.entry_points", lambda group: points if group == "rewright.packs" else [])
    replaced(cafe / "rewright.toml", ('["./cafe"]', '["cafe"]'))

    listed = run("rules", "list", "--json")

    assert listed.code == 0, listed.err
    assert {rule["id"] for rule in listed.json["rules"]} == {"format.fence", "order.count", "order.sugar"}
