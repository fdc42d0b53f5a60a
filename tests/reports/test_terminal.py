from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path

from rich.console import Console

from curation.version import Change
from reports.difference import difference_lines, print_difference
from reports.summary import print_summary
from reports.version_report import Header, Row, VersionView


def console(width: int = 80, colour: bool = False) -> Console:
    return Console(file=io.StringIO(), width=width, force_terminal=colour, color_system="standard" if colour else None)


def printed(on: Console) -> str:
    assert isinstance(on.file, io.StringIO)
    return on.file.getvalue()


def record(instruction: str, output: str) -> str:
    return json.dumps({"instruction": instruction, "input": "", "output": output})


def changed(before: str | None, after: str | None, *rules: str, kind: str = "changed", row: int = 0) -> Change:
    there = "unchanged" if before else None, "rewritten" if after else "dropped"
    return Change(kind, f"k-{row}", row, before, after, *there, rules)


def test_the_summary_tells_where_every_row_went(
    rows: Callable[[int], Iterable[Row]], view: Callable[..., VersionView]
) -> None:
    counts = view(rows(48), unchanged=1000).counts
    out = console()
    print_summary(
        out,
        Header(3, "v_" + "a" * 32, "curated", "", ""),
        counts,
        Path("reports") / ("long" * 40) / "report.html",
        12.34,
    )
    lines = {" ".join(line.split()) for line in printed(out).splitlines()}
    assert lines >= {
        "rows in 1,048",
        "unchanged 1,000",
        "rewritten 32",
        "trigger.relative-time 20",
        "review 8",
        "quarantined 4",
        "truncated 4",
        "dropped 4",
        "an exact duplicate 4",
        "rows out 1,032",
        "two rules propose different outputs 4",
        f"version 3 v_{'a' * 32}",
        "took 12.3 s",
        f"report reports/{'long' * 40}/report.html",
    }


def test_a_difference_shows_rules_and_both_sides_with_the_changed_parts_marked() -> None:
    change = changed(record("开灯", '{"a": 1, "f": "x"}'), record("开灯", '{"a": 1, "f": "y"}'), "r.one", "r.two")
    out = console()
    print_difference(out, [change])
    assert printed(out).splitlines() == [
        "changed  row 0  k-0  unchanged → rewritten  r.one, r.two",
        "开灯",
        "  {",
        '    "a": 1,',
        '-   "f": "x"',
        '+   "f": "y"',
        "  }",
        "",
        "1 changed",
    ]
    coloured = console(colour=True)
    print_difference(coloured, [change])
    assert '\x1b[1;31m"x"' in printed(coloured)


def test_rows_beyond_the_limit_are_counted_and_not_shown() -> None:
    changes = [changed(None, record("加", "{}"), kind="added", row=n) for n in range(30)]
    changes += [changed(record("减", "{}"), None, kind="removed"), changed("{}", "{}", kind="disposition")]
    out = console()
    counts = print_difference(out, changes, limit=2)
    assert dict(counts) == {"added": 30, "removed": 1, "disposition": 1}
    assert printed(out).count("加") == 2
    assert printed(out).splitlines()[-1] == "30 added, 1 removed, 1 with another disposition only; 30 not shown"


def test_equal_versions_are_told_in_a_sentence() -> None:
    out = console()
    print_difference(out, [])
    assert printed(out) == "The two versions have the same rows.\n"


def test_text_from_data_neither_colours_nor_commands_the_terminal() -> None:
    out = console(colour=True)
    print_difference(out, [changed(record("x", "no\x07pe"), record("[bold]\x1b[2J\u202e", "[link=x]"))])
    text = printed(out)
    assert "[bold]" in text
    assert "[link=x]" in text
    assert "\x1b[2J" not in text
    assert "\x07" not in text
    assert "⟨U+0007⟩" in text


def test_a_difference_as_json_is_one_object_a_line() -> None:
    change = changed(None, record("开灯", '{"a": 1}'), "r.one", kind="added", row=7)
    assert [json.loads(line) for line in difference_lines([change])] == [
        {
            "row": 7,
            "key": "k-7",
            "kind": "added",
            "instruction": "开灯",
            "rules": ["r.one"],
            "before": None,
            "after": '{"a": 1}',
            "disposition_before": None,
            "disposition_after": "rewritten",
        }
    ]


def test_a_row_on_one_side_only_is_shown_with_one_sign() -> None:
    out = console()
    print_difference(out, [changed(record("开灯", "{}"), None, kind="removed")])
    assert printed(out).splitlines() == [
        "removed  row 0  k-0  unchanged → dropped",
        "开灯",
        "- {}",
        "",
        "1 removed",
    ]
