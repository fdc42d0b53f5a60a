"""The page in a real Chromium: nothing of the data runs, and filters, sorting and keys do what they say."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reports.render import write_view
from reports.version_report import Note, Row, VersionView

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")]
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def report(rows: Callable[[int], Iterable[Row]], view: Callable[..., VersionView], tmp_path: Path) -> Path:
    return write_view(view(rows(96), unchanged=9, tags=("first",)), tmp_path)


def opened(browser: Browser, path: Path, width: int = 1280, **options: bool) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 900}, **options)  # type: ignore[arg-type]
    page.goto(path.as_uri())
    return page


def shown(page: Page) -> int:
    return page.locator("article:visible").count()


def test_nothing_in_hostile_text_runs_loads_or_navigates(
    browser: Browser, dangerous: VersionView, tmp_path: Path
) -> None:
    path = write_view(dangerous, tmp_path)
    page = browser.new_page()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("dialog", lambda dialog: heard.append(dialog.message))
    page.on("request", lambda request: heard.append(request.url))
    page.goto(path.as_uri())
    page.get_by_label("Search").fill('<script>window.ran="x"</script>')
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
    assert heard == [path.as_uri()]
    assert page.evaluate("document.scripts.length") == 1
    assert page.locator("img, iframe, base, details, b b").count() == 0
    page.close()


def test_the_policy_stops_a_script_even_if_one_got_in(browser: Browser, report: Path) -> None:
    text = report.read_text("utf-8").replace(
        "</main>", "<script>window.ran = 1</script><img src=x onerror='window.ran = 2'></main>"
    )
    report.write_text(text, "utf-8")
    page = opened(browser, report)
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
    page.close()


def test_search_and_filters_narrow_the_rows_and_tell_how_many_are_left(browser: Browser, report: Path) -> None:
    page = opened(browser, report)
    every = shown(page)
    status = page.locator("#filter output")
    assert status.inner_text() == f"{every} of {every} shown"
    page.get_by_label("Search").fill('"time_after": "2m"')
    page.wait_for_timeout(150)
    assert 0 < shown(page) < every
    assert status.inner_text() == f"{shown(page)} of {every} shown"
    page.get_by_role("button", name="Clear").click()
    page.wait_for_timeout(150)
    assert shown(page) == every
    page.locator("select[name=d]").select_option("dropped")
    status.filter(has_text=f"8 of {every} shown").wait_for()
    assert shown(page) == 8
    assert page.get_by_text("No row of this section fits the filter.").count() == 4
    page.locator("select[name=d]").select_option("")
    page.locator("select[name=s]").select_option("hant")
    page.wait_for_timeout(150)
    assert set(page.locator("article:visible").evaluate_all("cards => cards.map(card => card.dataset.s)")) == {"hant"}
    page.locator("select[name=s]").select_option("")
    page.locator("a[data-rule='format.unfence']").click()
    page.wait_for_timeout(150)
    assert shown(page) == 8
    page.close()


def test_columns_of_the_rule_table_sort_both_ways(browser: Browser, report: Path) -> None:
    page = opened(browser, report)
    hits = "rows => rows.map(row => Number(row.cells[2].dataset.v))"
    for order, name in ((True, "descending"), (False, "ascending")):
        page.get_by_role("button", name="Hits").click()
        found = page.locator(".sortable tbody tr").evaluate_all(hits)
        assert found == sorted(found, reverse=order)
        assert page.locator(f"th[aria-sort={name}]").inner_text().startswith("Hits")
    page.close()


def test_keys_reach_the_search_and_walk_the_rows(browser: Browser, report: Path) -> None:
    page = opened(browser, report)
    page.keyboard.press("/")
    page.keyboard.type("書房")
    page.wait_for_timeout(150)
    found = shown(page)
    page.keyboard.press("Escape")
    page.wait_for_timeout(150)
    assert found < shown(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id") == "c1"
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.id") == "c0"
    page.close()


def test_without_scripts_every_row_is_there_and_no_dead_control_is(browser: Browser, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.locator("#filter").is_visible() is False
    assert page.locator("article:visible").count() == page.locator("article").count() > 90
    assert page.get_by_text("fits the filter").first.is_visible() is False
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dangers", [False, True])
def test_the_page_is_never_wider_than_the_screen(
    browser: Browser, report: Path, dangerous: VersionView, tmp_path: Path, width: int, dangers: bool
) -> None:
    path = write_view(dangerous, tmp_path / "dangers") if dangers else report
    page = opened(browser, path, width)
    # Cards are laid out when they come near the screen, and only then can they be too wide.
    page.evaluate("document.querySelectorAll('article').forEach(card => card.scrollIntoView())")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_on_a_narrow_screen_each_note_still_names_its_rule(
    browser: Browser, rows: Callable[[int], Iterable[Row]], view: Callable[..., VersionView], tmp_path: Path
) -> None:
    noted = [Note("trigger.comparison", "the room is not kept", 8), Note("function.by-power", "", 3)]
    page = opened(browser, write_view(replace(view(rows(12)), notes=noted), tmp_path), 390)
    rules = page.locator("section[aria-labelledby=notes] tbody tr a")
    assert [rules.nth(at).is_visible() for at in range(rules.count())] == [True, True]
    page.close()


def test_text_and_marks_have_enough_contrast_in_both_schemes(browser: Browser, report: Path) -> None:
    measure = """() => {
      const channel = (v) => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
      const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
      const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
      const back = (node) => {
        const color = rgb(getComputedStyle(node).backgroundColor);
        return color.length < 4 || color[3] > 0 ? color : back(node.parentElement);
      };
      const low = [];
      const checked = "h1, h2, td, th, a, small, .label, .note, del, ins, mark, code, .term span, .tag";
      for (const node of document.querySelectorAll(checked)) {
        const [a, b] = [light(rgb(getComputedStyle(node).color)), light(back(node))];
        const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
        if (ratio < 4.5) low.push([node.tagName, node.className, ratio]);
      }
      return low;
    }"""
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(report.as_uri())
        assert page.evaluate(measure) == []
        page.close()
