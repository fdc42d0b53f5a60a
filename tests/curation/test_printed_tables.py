"""Tables on a terminal: nothing is cut, however narrow it is."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console
from rich.table import Table

from curation.terminal import print_table


@pytest.mark.parametrize("width", [20, 60, 80, 160])
def test_names_and_numbers_are_whole_in_a_terminal_of_any_width(width: int) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("version", no_wrap=True)
    table.add_column("tags")
    for name in ("rows in", "rewritten"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("message", overflow="fold")
    table.add_row("0 490a0fc2", "first, released, v1.0.0", "1,234,567", "89", "做了很多改动" * 9 + " and more")
    shown = StringIO()
    terminal = Console(file=shown, width=width)

    print_table(terminal, table)

    said = shown.getvalue()
    assert "…" not in said
    for whole in ("0 490a0fc2", "released", "v1.0.0", "1,234,567", "89", "rewritten"):
        assert whole in said
    assert said.count("做") == 9
    assert terminal.width == width


def test_a_table_that_fits_is_as_wide_as_it_must_be() -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("rule", no_wrap=True)
    table.add_row("chain.actions")
    shown = StringIO()

    print_table(Console(file=shown, width=80), table)

    assert {len(line.rstrip()) for line in shown.getvalue().splitlines()} == {4, 13}
