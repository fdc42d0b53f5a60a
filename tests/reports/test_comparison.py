"""The difference of two versions: by which rules, under which rules, and what people had to do with it."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

import rewright
from curation.command import write
from curation.decision import Decision, append_decisions
from curation.manifest import Ruleset, Version
from curation.rule_changes import rule_changes
from curation.store import Store
from curation.version import diff
from reports.comparison import Comparison, print_comparison_counts, write_comparison
from tests.curation.toy_store import curated, publish_raw

ORDER = {"": ["kind", "function", "params"]}
HOSTILE = '</p><script>alert("1")</script>开灯'


def ruleset(packs: list[object], **settings: object) -> Ruleset:
    return Ruleset("toy", write({"pack": {"packs": packs, "off": {}}, **settings}), ORDER, {"library": "1.0"})


def pack(**files: object) -> dict[str, object]:
    named = {name.replace("_", "/", 1) + ".yaml": content for name, content in files.items()}
    return {"id": "toy", "files": named, "python": "abc"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Version, Version]:
    """Two versions of one raw data set, by rule sets that differ, and an answer to a question of the first."""
    store = Store(tmp_path_factory.mktemp("two") / "store")
    bare = write({"kind": "k", "params": {"power": "on"}})
    texts = [write({"instruction": f"{HOSTILE}{n}", "input": "", "output": bare}) for n in range(25)]
    raw = publish_raw(store, texts)
    versions = []
    for word, name in (("f", "10-a_one"), ("<b>", "10-a_two")):
        rules = ruleset([pack(**{name: {"id": f"a.{name[-3:]}"}})], catalogue={"word": word})
        with store.publish(raw, kind="curated", ruleset=rules) as draft:
            draft.add(**curated(store.read(raw), word))
            versions.append(draft.commit())
    asked = store.queue(versions[0]).row(0, named=True)
    answer = Decision(
        "q", asked["key"], "", "", "decline", None, None, "reject", None, (), "", "ann", "argilla:toy",
        sampled=False, version=versions[0].id, problem=None, decided_at=datetime(2026, 1, 2, tzinfo=UTC),
    )  # fmt: skip
    append_decisions(store.tables, [answer])
    return store, versions[0], versions[1]


def test_changes_are_counted_by_rule_and_disposition(made: tuple[Store, Version, Version]) -> None:
    store, first, second = made

    of_rules = Comparison.of(store, first, second)
    from_raw = Comparison.of(store, store.version(0), first)
    changes = [list(of_rules.count(diff(store, first, second))), list(from_raw.count(diff(store, 0, first)))]

    assert [len(found) for found in changes] == [5, 20]
    assert of_rules.as_json()["by_rule"] == {"toy.rule-0": 5, "toy.rule-1": 5}
    assert of_rules.as_json()["by_disposition"] == {}
    assert from_raw.as_json()["by_disposition"] == {
        "unchanged → dropped": 5, "unchanged → quarantined": 5, "unchanged → review": 5, "unchanged → rewritten": 5,
    }  # fmt: skip
    assert from_raw.as_json()["kinds"] == {"changed": 5, "added": 0, "removed": 10, "disposition": 5}


def test_rules_settings_and_answers_that_differ_are_told(made: tuple[Store, Version, Version]) -> None:
    store, first, second = made

    found = Comparison.of(store, first, second).as_json()

    assert (found["rules"]["added"], found["rules"]["removed"]) == (["a.two"], ["a.one"])
    assert found["rules"]["settings"] == ["catalogue"]
    assert found["answers"] == {"reject": 1}


def test_rule_sets_are_compared_file_by_file() -> None:
    before = ruleset([pack(**{"10-a_one": {"id": "a.one", "n": 1}, "lexicons_x": {"id": "x"}})])
    after = ruleset([pack(**{"10-a_one": {"id": "a.one", "n": 2}, "lexicons_x": {"id": "x"}, "lexicons_y": {}})])

    found = rule_changes(before, after)

    assert (found.added, found.removed, found.changed) == (("lexicons/y.yaml",), (), ("a.one",))
    assert not rule_changes(before, before)
    assert not rule_changes(None, None)
    assert rule_changes(None, before).added == ("a.one", "lexicons/x.yaml")
    assert rule_changes(Ruleset("a", "no JSON"), Ruleset("a", "other")).settings == ("text",)


def test_the_terminal_is_told_what_is_counted(made: tuple[Store, Version, Version]) -> None:
    store, first, second = made
    found = Comparison.of(store, first, second)
    list(found.count(diff(store, first, second)))
    out = io.StringIO()

    print_comparison_counts(Console(file=out, width=80), found)

    assert "rows by rule: toy.rule-0 5, toy.rule-1 5\n" in out.getvalue()
    assert "rules added: a.two\n" in out.getvalue()


def test_the_page_shows_the_rows_and_runs_nothing(made: tuple[Store, Version, Version], tmp_path: Path) -> None:
    store, first, second = made
    page = tmp_path / "diff.html"

    total = write_comparison(Comparison.of(store, first, second), diff(store, first, second), page, max_rows=3)

    text = page.read_text(encoding="utf-8")
    assert total == 5
    assert text.count("<article>") == 3
    assert "first 3 of 5" in text
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "script-src" not in text.split("default-src 'none'")[0]
    again = tmp_path / "again.html"
    write_comparison(Comparison.of(store, first, second), diff(store, first, second), again, max_rows=3)
    assert again.read_bytes() == page.read_bytes()


def test_the_command_adds_the_counts_to_table_document_and_page(
    made: tuple[Store, Version, Version], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rewright.toml").write_text(f"store = {made[0].tables.root!r}\n")
    words = ["diff", "1", "2", "-w", str(tmp_path)]

    assert rewright.main([*words, "--html", str(tmp_path / "page.html"), "--limit", "1"]) == 0
    shown = capsys.readouterr()
    assert rewright.main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)

    assert "4 not shown" in shown.out
    assert "rules removed: a.one" in shown.out
    assert (tmp_path / "page.html").is_file()
    assert len(told["changes"]) == told["summary"]["kinds"]["changed"] == 5
