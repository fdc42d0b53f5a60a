from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from curation.edits import Edit
from reports.render import MARKDOWN_ROWS, line_of, write_view
from reports.selection import select
from reports.version_report import Precision, Row, VersionView, record_of, script_of

Rows = Callable[[int], Iterable[Row]]
Views = Callable[..., VersionView]

TAGS = """
html head meta title style body a header h1 h2 h3 h4 span dl div dt dd code b i p svg rect text nav main
section table caption thead tbody tr th td small figure figcaption form label input select option button
output kbd article mark ol li q br del ins script
"""
NAMES = """
lang charset http-equiv content name class href role aria-label aria-labelledby aria-live tabindex scope
data-v data-rule data-d data-s data-r id hidden dir type placeholder autocomplete spellcheck value colspan
title width height x y dx
"""


class Page(HTMLParser):
    """What a browser would find in the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in {"meta", "input", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "rect":
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)


def test_the_same_version_gives_the_same_bytes_whatever_was_there_before(
    rows: Rows, view: Views, tmp_path: Path
) -> None:
    first = write_view(view(rows(60)), tmp_path / "a", max_rows=3)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "report.html").write_text("older")
    second = write_view(view(rows(60)), tmp_path / "b", max_rows=3)
    for name in ("report.html", "report.md", "diffs.jsonl"):
        assert first.with_name(name).read_bytes() == second.with_name(name).read_bytes()
    assert sorted(path.name for path in second.parent.iterdir()) == ["diffs.jsonl", "report.html", "report.md"]


@pytest.mark.parametrize("max_rows", [2, 500])
def test_two_who_write_one_report_at_once_both_have_it(rows: Rows, view: Views, tmp_path: Path, max_rows: int) -> None:
    made = view(rows(40))
    write_view(made, tmp_path / "alone", max_rows=max_rows)

    def meanwhile(_: int) -> None:
        write_view(made, tmp_path / "both", max_rows=max_rows)

    write_view(made, tmp_path / "both", max_rows=max_rows, progress=meanwhile)

    written = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("alone", "both")]
    assert written[0] == written[1]


def test_the_numbers_stand_as_a_sum_and_a_wrong_sum_is_an_alarm(rows: Rows, view: Views, tmp_path: Path) -> None:
    sound = view(rows(48), unchanged=52)
    write_view(sound, tmp_path)
    assert "**100 rows in** = 52 unchanged + 32 rewritten + 8 review + 4 quarantined + 4 dropped; 84 rows out." in (
        tmp_path / "report.md"
    ).read_text("utf-8")
    assert 'role="alert"' not in (tmp_path / "report.html").read_text("utf-8")
    write_view(replace(sound, counts={**sound.counts, "rows_in": 103}), tmp_path)
    for name in ("report.md", "report.html"):
        assert "do not add up: 3 rows" in (tmp_path / name).read_text("utf-8")


def test_an_empty_version_says_that_there_is_nothing_in_each_section(view: Views, tmp_path: Path) -> None:
    nothing = view([])
    nothing.counts["by_rule"].clear()
    nothing.counts["types_before"].clear()
    nothing.counts["types_after"].clear()
    write_view(nothing, tmp_path)
    for name in ("report.md", "report.html"):
        text = (tmp_path / name).read_text("utf-8")
        for empty in (
            "No rule ran",
            "No types were",
            "No row was changed",
            "Nothing waits",
            "Every row could be read",
            "No row was dropped",
        ):
            assert empty in text


def test_beyond_the_cap_every_row_is_in_the_lines_beside_and_below_it_there_is_no_such_file(
    rows: Rows, view: Views, tmp_path: Path
) -> None:
    every = list(rows(120))
    page = write_view(view(every), tmp_path, max_rows=5)
    lines = [json.loads(line) for line in (tmp_path / "diffs.jsonl").read_text("utf-8").splitlines()]
    assert [line["row"] for line in lines] == [row.seq for row in every]
    assert lines[0]["before"] == record_of(every[0].before).output
    assert lines[0]["edits"][1]["span"] == [0, len("再過2分鐘")]
    assert page.read_text("utf-8").count("<article") == 4 * 5
    write_view(view(every), tmp_path, max_rows=500)
    assert not (tmp_path / "diffs.jsonl").exists()


def test_a_rule_that_only_hits_late_is_among_the_rows_shown(rows: Rows, view: Views) -> None:
    every = [row for row in rows(600) if row.edits]
    late = [row for row in every if row.edits[0].rule == "format.unfence"][-1]
    early = [row for row in every if row.edits[0].rule != "format.unfence"]
    shown = select(view([*early, late]), 20, lambda _: None).changes
    assert late in shown.rows
    assert len(shown.rows) == 20
    assert [row.seq for row in shown.rows] == sorted(row.seq for row in shown.rows)
    assert shown.total == len(early) + 1


def test_every_section_shows_its_rows_with_reasons_proposals_and_the_row_kept(
    rows: Rows, view: Views, tmp_path: Path
) -> None:
    every = list(rows(24))
    text = write_view(view(every), tmp_path).read_text("utf-8")
    page = Page(text)
    assert page.open == []
    assert text.count('<div class="side">') == 3 * 2
    kept = next(row.outcome.kept for row in every if row.disposition == "dropped" and row.outcome)
    assert f"<code>{kept}</code>" in text
    assert "<mark>再過2分鐘</mark>" in text
    assert "".join(page.texts["del"]).startswith('"iot"')
    for reason in ("truncated", "an exact duplicate", "two rules propose different outputs"):
        assert reason in text
        assert reason in (tmp_path / "report.md").read_text("utf-8")


def test_measured_precision_is_a_dash_until_people_have_decided(rows: Rows, view: Views, tmp_path: Path) -> None:
    write_view(replace(view(rows(24)), precision={"trigger.comparison": Precision(9, 10, 0.596)}), tmp_path)
    for name in ("report.md", "report.html"):
        text = (tmp_path / name).read_text("utf-8")
        assert "9 of 10, at least 59.6%" in text
        assert "–" in text


def test_hostile_text_adds_no_element_no_attribute_and_no_hidden_character(
    dangerous: VersionView, tmp_path: Path
) -> None:
    text = write_view(dangerous, tmp_path).read_text("utf-8")
    page = Page(text)
    assert page.open == []
    assert set(page.tags) <= set(TAGS.split())
    assert {name for _, name, _ in page.attributes} <= set(NAMES.split())
    assert page.tags.count("script") == page.tags.count("style") == page.tags.count("title") == 1
    assert {value for _, name, value in page.attributes if name == "href" and value and not value.startswith("#")} <= {
        "diffs.jsonl"
    }
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u2028\ufeff\x00\x1b\x7f\r]", text)
    assert "⟨U+202E⟩" in text
    assert "100,000 characters" in text
    assert "$&amp; $` $&#39; $1" in text
    assert len(text) < 1_500_000


def test_hostile_text_renders_nothing_in_markdown(dangerous: VersionView, tmp_path: Path) -> None:
    write_view(dangerous, tmp_path)
    text = (tmp_path / "report.md").read_text("utf-8")
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    every = [*tokens, *(child for token in tokens for child in token.children or ())]
    assert {token.type for token in every} & {"html_block", "html_inline", "image", "link_open"} == set()
    headings = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    assert all(
        re.match(r"Version|Rules|Types|Changes|Review queue|Quarantined|Dropped|Row \d+, ", heading)
        for heading in headings
    )
    assert sum(token.type == "tr_open" for token in tokens) == sum(
        line.startswith("| ") for line in text.split("\n")
    ) - sum(line.startswith("| ---") for line in text.split("\n"))
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u2028\ufeff\x00\x1b\x7f\r]", text)


def test_markdown_shows_the_first_rows_and_says_so(rows: Rows, view: Views, tmp_path: Path) -> None:
    write_view(view(rows(300)), tmp_path)
    text = (tmp_path / "report.md").read_text("utf-8")
    assert f"The first {MARKDOWN_ROWS} of 213 rows; the others are in `report.html`." in text
    assert text.count("```diff") == MARKDOWN_ROWS + 2 * 25
    assert '-  "mcp_type": "iot",\n+  "mcp_type": "sensor_trigger",' in text


def test_the_policy_admits_exactly_our_own_script_and_style(rows: Rows, view: Views, tmp_path: Path) -> None:
    text = write_view(view(rows(3)), tmp_path).read_text("utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    for tag in ("script", "style"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy[1]
    assert "default-src 'none'" in policy[1]
    assert "style=" not in text


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("把书房的灯关掉", "hans"),
        ("把書房的燈關掉", "hant"),
        ("open the door", "neutral"),
        ("", "neutral"),
        ("\ud800", "neutral"),
    ],
)
def test_the_script_of_an_instruction_is_told(text: str, script: str) -> None:
    assert script_of(text) == script


def test_a_line_of_a_row_can_be_read_again_whatever_the_record_holds() -> None:
    payload = '{"instruction": "\\ud800灯", "output": {"n": 123456789012345678901234567890}}'
    edit = Edit("k", 0, "r", "d", (), "fuzzy", "rule", "record", '[{"op": "remove", "path": "/a"}]', "[]", "b", "a")

    for row in (Row(3, "k", "review", payload, None, (edit,)), Row(3, "k", "review", "{}", None, (edit,))):
        line = json.loads(line_of(row))

        assert (line["instruction"], line["before"]) == record_of(row.before)[::2][:2]
        assert line["edits"][0]["patch"] == [{"op": "remove", "path": "/a"}]


def test_a_record_is_read_whatever_its_fields_hold() -> None:
    assert record_of('{"instruct": "开灯", "output": {"a": 1}}') == ("开灯", "", '{"a": 1}', "object")
    assert record_of('{"instruction": 7, "output": null}') == ("7", "", "", "object")
    assert record_of('"not a record"') == ("", "", "not a record", "")
    assert record_of("{}") == ("", "", "", "")
