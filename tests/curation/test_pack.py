"""Packs: loaded whole or refused, found by folder or name, put together, and with a digest over what they do."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from curation.pack import Pack, installed_packs, load_pack, load_packs
from curation.problems import RuleErrors

TOY = Path(__file__).parent / "toy_pack"


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return shutil.copytree(TOY, tmp_path / "toy", ignore=shutil.ignore_patterns("__pycache__"))


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def problems(load: Callable[[], Pack]) -> list[str]:
    with pytest.raises(RuleErrors) as error:
        load()
    return [f"{p.path.name}:{p.line}: {p.found}; {p.remedy}" for p in error.value.problems]


def a_pack(root: Path, identity: str, extra: str = "", rule: str = "") -> Path:
    (root / "20-order").mkdir(parents=True)
    (root / "pack.yaml").write_text(f"id: {identity}\nsummary: Another.\n{extra}", "utf-8")
    if rule:
        text = (TOY / "20-order" / "count.yaml").read_text("utf-8").replace("order.count", f"order.{rule}")
        (root / "20-order" / f"{rule}.yaml").write_text(text, "utf-8")
    return root


def test_a_pack_is_its_folder() -> None:
    pack = load_pack(TOY)
    assert (pack.id, pack.phases) == ("cafe", ("format", "order"))
    assert [rule.id for rule in pack.rules] == ["format.fence", "order.count", "order.sugar"]
    assert pack.order == {"": ("kind", "drink", "size", "count", "options"), "options": ("sugar", "ice")}
    assert pack.contract is not None
    assert pack.catalogue == {"drinks": ["latte", "mocha"]}
    assert sorted(pack.vocabulary.names) == ["drink", "number", "sweet"]
    assert [rule.id for rule in pack.of_phase("order")] == ["order.count", "order.sugar"]


def test_an_unknown_rule_is_told_with_the_nearest_one() -> None:
    with pytest.raises(KeyError, match=r"did you mean 'order\.count'"):
        load_pack(TOY).rule("order.counts")


def test_a_pack_without_python_knows_no_facts(tmp_path: Path) -> None:
    pack = load_pack(a_pack(tmp_path / "plain", "plain"))
    assert pack.open_context().describe({}) == {}
    assert pack.rules == ()


def test_two_packs_are_one_when_loaded_together(toy: Path, tmp_path: Path) -> None:
    mine = a_pack(tmp_path / "mine", "mine", rule="again")
    both = load_packs([toy, mine])
    assert both.id == "cafe+mine"
    assert [rule.id for rule in both.of_phase("order")] == ["order.again", "order.count", "order.sugar"]
    assert both.rule("order.again").pack == "mine"
    assert both.digest != load_pack(toy).digest


def test_python_of_another_pack_is_no_part_of_a_rule_that_cannot_call_it(toy: Path, tmp_path: Path) -> None:
    mine = a_pack(tmp_path / "mine", "mine", "python: mine.py\n", rule="again")
    (mine / "mine.py").write_text("STEPS = 1\n", "utf-8")
    before = load_packs([toy, mine])
    (mine / "mine.py").write_text("STEPS = 2\n", "utf-8")
    after = load_packs([toy, mine])

    alone = {rule.id: rule.digest for rule in load_pack(toy).rules}
    assert {rule.id: rule.digest for rule in after.rules if rule.pack == "cafe"} == alone
    assert after.rule("order.again").digest != before.rule("order.again").digest
    replaced(toy / "cafe.py", "def ", "def  ")
    assert load_packs([toy, mine]).rule("order.again").digest != after.rule("order.again").digest


def test_two_packs_with_one_id_are_an_error(toy: Path, tmp_path: Path) -> None:
    other = a_pack(tmp_path / "other", "cafe")
    assert problems(lambda: load_packs([toy, other])) == [
        "pack.yaml:1: a second pack with the id 'cafe' (the first is toy/); give one of them another id"
    ]
    assert load_packs([toy, toy]).id == "cafe", "the same folder twice is one pack"


def test_two_rules_with_one_id_are_an_error(toy: Path, tmp_path: Path) -> None:
    mine = a_pack(tmp_path / "mine", "mine", rule="count")
    (found,) = problems(lambda: load_packs([toy, mine]))
    assert found.startswith("count.yaml:1: a second rule with the id 'order.count'")


def test_two_packs_that_give_one_name_are_an_error(toy: Path, tmp_path: Path) -> None:
    mine = a_pack(tmp_path / "mine", "mine")
    (mine / "lexicons").mkdir()
    (mine / "lexicons" / "number.yaml").write_text("id: number\nsummary: x\nentries: {a: [b]}\n", "utf-8")
    assert "the name 'number' a second time" in problems(lambda: load_packs([toy, mine]))[0]


def test_a_phase_has_one_number_in_all_packs(toy: Path, tmp_path: Path) -> None:
    mine = a_pack(tmp_path / "mine", "mine", rule="again")
    (mine / "20-order").rename(mine / "30-order")
    assert "number it 20, as elsewhere" in problems(lambda: load_packs([toy, mine]))[0]


def test_a_folder_that_lies_where_one_works_hides_no_installed_pack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "smart_home").mkdir()
    monkeypatch.chdir(tmp_path)

    assert load_packs(["smart_home"]).id == "smart_home"


def test_a_rule_can_be_switched_off_with_a_reason(toy: Path) -> None:
    pack = load_pack(toy, off={"order.sugar": "we serve none"})
    assert [rule.id for rule in pack.rules] == ["format.fence", "order.count"]
    assert pack.off == {"order.sugar": "we serve none"}
    assert pack.digest != load_pack(toy).digest


def test_what_is_switched_off_must_exist_and_have_a_reason(toy: Path) -> None:
    found = problems(lambda: load_pack(toy, off={"order.suger": "x", "order.count": " "}))
    assert found == [
        "rewright.toml:0: 'order.count' is switched off without a reason; write why",
        "rewright.toml:0: 'order.suger' is switched off and does not exist; did you mean 'order.sugar'?",
    ]


def test_packs_are_found_by_the_name_an_installed_package_gives_them(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    info = site / "corner_cafe-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: corner-cafe\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text("[rewright.packs]\ncafe = corner_cafe\n", "utf-8")
    shutil.copytree(toy, site / "corner_cafe")
    (site / "corner_cafe" / "__init__.py").touch()
    monkeypatch.syspath_prepend(site)
    assert installed_packs()["cafe"] == site / "corner_cafe"
    assert load_packs(["cafe"]).id == "cafe"
    mine = a_pack(tmp_path / "mine", "mine", "uses: [cafe]\n", rule="again")
    assert load_packs([mine]).id == "cafe+mine"
    (found,) = problems(lambda: load_packs(["coffee"]))
    assert "no folder and no installed pack 'coffee'" in found


def test_a_digest_says_what_a_pack_does_and_not_where_it_lies(toy: Path, tmp_path: Path) -> None:
    first = load_pack(toy)
    other = shutil.copytree(toy, tmp_path / "elsewhere")
    (other / "README.md").write_text("words", "utf-8")
    replaced(other / "20-order" / "count.yaml", "severity: error", "severity:   error  # a comment")
    for path in [*other.rglob("*.yaml"), *other.rglob("*.py")]:
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    second = load_pack(other)
    assert second.digest == first.digest
    assert [rule.digest for rule in second.rules] == [rule.digest for rule in first.rules]
    assert str(tmp_path) not in first.text


@pytest.mark.parametrize(
    ("file", "old", "new", "rules"),
    [
        ("20-order/count.yaml", "杯|份", "杯|份|盒", {"order.count"}),
        ("20-order/count.yaml", "99杯", "98杯", set()),
        ("lexicons/drink.yaml", "摩[卡咖]", "摩卡", {"order.count"}),
        ("cafe.py", '"五": 5', '"五": 6', {"format.fence", "order.count", "order.sugar"}),
        ("schema/order.schema.json", '["kind"]', "[]", set()),
        ("catalogues/menu.yaml", "latte", "tea", set()),
    ],
)
def test_a_digest_changes_with_what_it_is_over(toy: Path, file: str, old: str, new: str, rules: set[str]) -> None:
    before = load_pack(toy)
    replaced(toy / file, old, new)
    after = load_pack(toy)
    assert after.digest != before.digest
    assert {rule.id for rule in after.rules if rule.digest != before.rule(rule.id).digest} == rules


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "pack.yaml",
            "python: cafe.py",
            "python: bar.py",
            "pack.yaml:3: the Python of the pack fails: FileNotFoundError",
        ),
        (
            "pack.yaml",
            "python: cafe.py",
            "python: no.such",
            "pack.yaml:3: the Python of the pack fails: ModuleNotFoundError",
        ),
        (
            "cafe.py",
            "DIGITS = {",
            "DIGITS = 1 / 0, {",
            "pack.yaml:3: the Python of the pack fails: ZeroDivisionError: division by zero (cafe.py:11)",
        ),
        (
            "cafe.py",
            '@rewriter("set_options")',
            '@rewriter("set_count")',
            "two functions are marked as the rewriter 'set_count'",
        ),
        ("pack.yaml", "order.schema.json", "orders.schema.json", "did you mean 'schema/order.schema.json'?"),
        ("pack.yaml", "schema/order", "../order", "lies outside the pack"),
        ("schema/order.schema.json", '"object"', '"thing"', "pack.yaml:4: no JSON Schema"),
        ("pack.yaml", "values: [polite, plain]", "valued: [polite, plain]", "did you mean 'values'?"),
        (
            "pack.yaml",
            "        polite: [",
            "        polit: [",
            "'polit' is no value of 'manner'; did you mean 'polite'?",
        ),
        ("pack.yaml", "'谢'", "'(?=谢)'", "look-around"),
        ("lexicons/drink.yaml", "id: drink", "id: drinks", "write 'drink', as the file is named"),
        ("lexicons/drink.yaml", "摩[卡咖]", "摩.", "'.' in a word; write it as [.], or leave it out"),
        ("lexicons/drink.yaml", "摩[卡咖]", "拿铁", "the word '拿铁' a second time"),
        ("lexicons/drink.yaml", "摩[卡咖]", "摩（卡）", "'（' in a word"),
        ("lexicons/drink.yaml", "摩[卡咖]", "摩(卡", "does not compile"),
        ("lexicons/drink.yaml", "摩[卡咖]", "\u200b", "folding leaves nothing"),
    ],
)
def test_whatever_is_wrong_with_a_pack_is_told_with_its_place(
    toy: Path, file: str, old: str, new: str, expected: str
) -> None:
    replaced(toy / file, old, new)
    found = problems(lambda: load_pack(toy))
    assert expected in found[0]
    assert len(found) == 1, "and nothing that merely follows from it"


def test_what_is_no_rule_file_in_a_phase_folder_is_told(toy: Path) -> None:
    (toy / "20-order" / "tea.yml").touch()
    (toy / "3-late").mkdir()
    assert problems(lambda: load_pack(toy)) == [
        "tea.yml:0: not a rule file; name it *.yaml, or move it elsewhere",
        "3-late:0: a phase folder named '3-late'; name it like 30-trigger",
    ]


@pytest.mark.parametrize("place", ["again.yaml", "again.yml", "order/again.yaml", "rules/again.yml"])
def test_a_rule_that_lies_in_no_phase_is_told(place: str, toy: Path) -> None:
    (toy / place).parent.mkdir(exist_ok=True)
    shutil.copy(TOY / "20-order" / "count.yaml", toy / place)

    assert problems(lambda: load_pack(toy)) == [
        f"{Path(place).name}:0: a rule in no phase, which would never run; "
        "move it into the folder of its phase, named like 30-trigger"
    ]


def test_other_files_of_a_pack_lie_where_they_like(toy: Path) -> None:
    rule = (TOY / "20-order" / "count.yaml").read_text("utf-8")
    others = {"labels.yaml": "labels: [match, rewrite]\n", "data/match.yml": "a:\n  match: b\n", "data/README.md": rule}
    parked = {"_off/again.yaml": rule, ".again.yaml": rule}
    for name, text in (others | parked).items():
        (toy / name).parent.mkdir(exist_ok=True)
        (toy / name).write_text(text, "utf-8")

    assert load_pack(toy).digest == load_pack(TOY).digest


def test_what_is_no_lexicon_and_no_catalogue_in_their_folders_is_told(toy: Path) -> None:
    (toy / "lexicons" / "sweet.yaml").rename(toy / "lexicons" / "sweet.yml")
    (toy / "catalogues" / "tea.txt").touch()
    (toy / "lexicons" / "README.md").touch()

    found = problems(lambda: load_pack(toy))

    assert "sweet.yml:0: not a lexicon; name it *.yaml, or move it elsewhere" in found
    assert "tea.txt:0: not a catalogue; name it *.yaml or *.json, or move it elsewhere" in found


def test_a_folder_without_a_pack_file_is_told(tmp_path: Path) -> None:
    assert problems(lambda: load_pack(tmp_path)) == [
        "pack.yaml:0: there is no pack.yaml; write one with id: and summary:, or name the folder of a pack"
    ]


def test_a_word_may_hold_a_sign_in_brackets(toy: Path) -> None:
    replaced(toy / "lexicons" / "sweet.yaml", "少糖", "'0[.]5糖'")
    assert load_pack(toy).vocabulary.lexicons["sweet"].value("0.5糖") == "half"
