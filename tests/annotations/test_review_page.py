"""The review page in a real browser: what an annotator sees and does."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asked import HOSTILE, SHOWN, question
from live_argilla import Api, Person, Server

from annotations.argilla_client import counts, pull, push
from annotations.guidelines import guidelines
from annotations.question import Proposal, Question
from annotations.server.address import Address

pytestmark = pytest.mark.slow

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


class Review:
    """A review with two annotators, and a browser."""

    def __init__(self, argilla: Server, api: Api, new_person: Callable[[str], Person], chromium: Any) -> None:
        self.address = Address(argilla.url, argilla.api_key, f"w-{uuid.uuid4().hex[:8]}")
        workspace = api("POST", "workspaces", {"name": self.address.workspace})["id"]
        self.people = (new_person(workspace), new_person(workspace))
        self._chromium = chromium
        self._contexts: list[Any] = []

    def open(self, person: Person, dataset: str) -> Any:
        """Log in as an annotator and open the review page of a data set."""
        context = self._chromium.new_context(viewport={"width": 1440, "height": 1000})
        self._contexts.append(context)
        # Only this machine is there: what the page would load from elsewhere is cut off at once.
        context.route(lambda url: not url.startswith(self.address.url), lambda route: route.abort())
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(self.address.url)
        page.fill("input[type=text]", person.name)
        page.fill("input[type=password]", person.password)
        page.keyboard.press("Enter")
        page.get_by_text(dataset, exact=True).first.click()
        page.wait_for_selector("#verdict_accept", state="attached")
        page.wait_for_function("document.activeElement.id === 'verdict_accept'")
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=QUIET.split())
        yield browser
        browser.close()


@pytest.fixture
def review(argilla: Server, api: Api, new_person: Callable[[str], Person], chromium: Any) -> Iterator[Review]:
    opened = Review(argilla, api, new_person, chromium)
    yield opened
    opened.close()


def shown(page: Any, asked: Question) -> None:
    """Wait until the page shows a question."""
    page.get_by_text(asked.instruction[-12:]).first.wait_for()


def picture(page: Any, name: str) -> None:
    """Keep a picture of the page where REWRIGHT_TEST_PICTURES names a folder."""
    if folder := os.environ.get("REWRIGHT_TEST_PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_two_people_review_by_keyboard_alone_and_one_disagrees(review: Review) -> None:
    conflict = question(
        0,
        kind="conflict",
        reason="rules disagree",
        after=None,
        proposals=(Proposal("toy.delay", '{"a": 1}'), Proposal("toy.clock", '{"a": 2}')),
    )
    asked = [conflict, question(1), question(2), question(3)]
    push(review.address, "keys", asked, version="v_1", guidelines=guidelines(()), answers=2)
    first, second = review.people

    page = review.open(first, "keys")
    press = page.keyboard.press
    shown(page, asked[0])
    picture(page, "conflict")
    assert page.get_by_text("toy.clock").count() == 1
    assert page.locator("input[id^=verdict_]:checked").count() == 0
    press("Enter")  # nothing is chosen, so nothing is submitted
    assert counts(review.address, "keys").submitted == 0
    press("2")
    press("3")
    press("Enter")
    shown(page, asked[1])
    picture(page, "change")
    assert page.locator("mark").first.inner_text() == "四十分鐘後"
    assert '+       "time_after": "40m"\n' in page.locator("ins").all_inner_texts()
    press("1")
    press("Enter")
    shown(page, asked[2])
    press("3")
    press("2")
    press("ArrowDown")
    press("Tab")
    press("Control+a")
    page.keyboard.insert_text('{"mcp_type": "iot", "params": {"device_id": "mist_glasshouse_2"}}')
    press("Escape")
    press("ArrowDown")
    press("Tab")
    page.keyboard.insert_text("没有说四十分钟")
    press("Escape")
    picture(page, "correct")
    press("Enter")
    shown(page, asked[3])
    press("Backspace")
    page.get_by_text("no pending records", exact=False).first.wait_for()

    page = review.open(second, "keys")
    for one, key in zip(asked, "2211", strict=True):
        shown(page, one)
        page.keyboard.press(key)
        page.keyboard.press("Enter")
    page.get_by_text("no pending records", exact=False).first.wait_for()

    answers = {(answer.question_id, answer.annotator): answer for answer in pull(review.address, "keys")}
    verdicts = [[getattr(answers.get((one.id, who.name)), "verdict", None) for who in (first, second)] for one in asked]
    assert verdicts == [["reject", "reject"], ["accept", "reject"], ["correct", "accept"], [None, "accept"]]
    assert answers[conflict.id, first.name].wrong == ("trigger",)
    corrected = answers[asked[2].id, first.name]
    assert corrected.corrected == '{"mcp_type": "iot", "params": {"device_id": "mist_glasshouse_2"}}'
    assert (corrected.wrong, corrected.comment) == (("slot",), "没有说四十分钟")
    assert counts(review.address, "keys").discarded == 1


def test_hostile_text_in_every_field_is_shown_as_text_and_runs_nothing(review: Review) -> None:
    long = question(2, instruction=HOSTILE + "长" * 100_000 + "the end", evidence=(0, len(HOSTILE)))
    asked = [
        question(
            1,
            **dict.fromkeys(("rule", "phase", "reason", "found", "summary", "why", "note"), HOSTILE),
            instruction=f"{HOSTILE} instruction one",
            evidence=(2, len(HOSTILE) - 4),
            before=HOSTILE,
            after=f'{{"{HOSTILE[:20].replace(chr(34), "")}": 1}}',
            proposals=(Proposal(HOSTILE, HOSTILE),),
        ),
        long,
    ]
    push(review.address, "hostile", asked, version=HOSTILE, guidelines=f"<pre>{SHOWN[:0]}</pre>")
    page = review.open(review.people[0], "hostile")
    page.get_by_text("instruction one").first.wait_for()
    picture(page, "hostile")
    texts = page.evaluate("[...document.querySelectorAll('.markdown-render')].map(one => one.innerText)")
    assert texts[0].strip() == f"{SHOWN} instruction one"
    assert SHOWN in texts[1]
    assert texts[2].count(SHOWN) == 6
    assert texts[3].count(SHOWN) == 2
    # A field holds what this project writes and the page's own button for copying, nothing that came with the text.
    strangers = page.evaluate(
        """[...document.querySelectorAll('.markdown-render *')]
             .filter(one => !one.closest('span.button') && (one.attributes.length > 1
                     || !['PRE', 'MARK', 'DEL', 'INS', 'DIV', 'P', 'B'].includes(one.tagName)))
             .map(one => one.outerHTML)"""
    )
    assert strangers == []
    page.get_by_text("Filters", exact=True).first.click()
    page.get_by_text("Metadata", exact=True).first.click()
    page.get_by_text("rule", exact=True).first.click()
    page.get_by_text(SHOWN[:40]).last.wait_for()
    picture(page, "filters")
    page.get_by_text("Filters", exact=True).first.click()
    page.locator("label[for=verdict_accept]").click()
    page.get_by_text("Submit", exact=True).first.click()
    page.get_by_text("the end").first.wait_for()
    picture(page, "long")
    text = page.evaluate("document.querySelector('.markdown-render').innerText")
    assert text.strip() == SHOWN + "长" * 100_000 + "the end"
    assert page.evaluate("window.harmed") is None
    assert [answer.version for answer in pull(review.address, "hostile")]


def test_an_owner_filters_the_queue_and_reads_the_guidelines(review: Review) -> None:
    asked = [question(1), question(2, kind="decline", reason="no device", after=None)]
    push(review.address, "filters", asked, version="v_1", guidelines=guidelines(()))
    page = review.open(review.people[0], "filters")
    shown(page, asked[0])
    page.get_by_text("Guidelines", exact=False).first.click()
    page.get_by_text("如何评审").first.wait_for()
    picture(page, "guidelines")
    page.goto(f"{page.url}&metadata=kind.decline")
    shown(page, asked[1])
    assert page.get_by_text(asked[0].instruction[-12:]).count() == 0
