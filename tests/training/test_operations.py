"""Grids, choices, shots, load and servers: what needs no model that was trained."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from training.answers import Answer, AnswerError
from training.ask import Asked, Exam
from training.choice import leaders
from training.evaluate import evaluate
from training.gguf_export import ConversionError, convert
from training.grid import grids, read_grid
from training.items import Item
from training.load import load, write_load
from training.matching import Matching
from training.plots import ranked
from training.problems import TrainingError
from training.report import as_text, rendered
from training.selection import MEASURES, Candidate, Selection
from training.selection import recommended as recommended_model
from training.serving import ServeError, is_loopback, running, server_of
from training.settings import Settings, SettingsError, changed, parsed, read_settings
from training.shots import chosen_shots, shown
from training.sweep import Sweep, Tried
from training.sweep import recommended as recommended_run
from training.train import Run

# Grids


def test_the_practice_has_27_runs_around_its_own_settings() -> None:
    grid = read_grid("practice-27")
    practice = read_settings("practice")

    assert len({point.name for point in grid.points}) == 27
    assert practice in [point.settings for point in grid.points]
    assert all(point.settings.alpha == 2 * point.settings.rank for point in grid.points)
    assert {point.settings.epochs for point in grid.points} == {practice.epochs}


def test_every_shipped_grid_can_be_given_to_train_as_options() -> None:
    for name in grids():
        grid = read_grid(name)
        for point in grid.points:
            assert read_settings(grid.config, parsed(point.options()[1::2])) == point.settings


def test_values_of_every_kind_survive_the_way_through_options(tmp_path: Path) -> None:
    path = tmp_path / "grid.toml"
    path.write_text(
        '[grid]\nmodules = [["q_proj"], ["q_proj", "v_proj"]]\nlearning_rate = [1e-5, 2e-3]\npacking = [true, false]\n'
        'scheduler = ["linear"]\n',
        encoding="utf-8",
    )

    points = read_grid(str(path)).points

    assert len(points) == 8
    assert points[1].settings.packing is False  # the last line changes fastest
    for point in points:
        assert changed(read_settings("practice"), parsed(point.options()[1::2]), "") == point.settings
        assert "/" not in point.name


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "no [grid]"),
        ("[grid]\n", "no [grid]"),
        ("[grids]\nrank = [1]\n", "did you mean 'grid'"),
        ("[grid]\nrnak = [1]\n", "did you mean 'rank'"),
        ("[grid]\nrank = 16\n", "write a list of values"),
        ("[grid]\nrank = []\n", "write a list of values"),
        ("[grid]\nrank = [0]\n", "a whole number above 0"),
        ("[grid]\nrank = [16, 16]\n", "rank16 stands twice"),
        ('[grid]\n"rank, alpha" = [[16, 32], [32]]\n', "a list of 2 values"),
        ('[grid]\nrank = [16]\n"rank, alpha" = [[16, 32]]\n', "in two lines"),
        ('config = "practise"\n[grid]\nrank = [16]\n', "practise"),
        ("config = 3\n[grid]\nrank = [16]\n", "write the name of a profile"),
    ],
)
def test_a_grid_that_cannot_be_used_says_where_and_what_to_write(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "grid.toml"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(SettingsError) as error:
        read_grid(str(path))

    assert told in str(error.value)
    assert str(tmp_path) in str(error.value)


def test_an_unknown_grid_is_named_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match="did you mean 'practice-27'"):
        read_grid("practice-2")


def test_a_grid_starts_from_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('profile = "cpu-small"\nepochs = 7\n', encoding="utf-8")
    (tmp_path / "grid.toml").write_text('config = "mine.toml"\n[grid]\nrank = [3]\n', encoding="utf-8")

    (point,) = read_grid(str(tmp_path / "grid.toml")).points

    assert (point.settings.epochs, point.settings.rank) == (7, 3)


# Choices

RIGHT = st.lists(st.booleans(), min_size=5, max_size=5)


@given(st.dictionaries(st.text(min_size=1, max_size=3), RIGHT, min_size=1, max_size=3))
def test_the_best_is_among_those_that_cannot_be_told_from_it(scores: dict[str, list[bool]]) -> None:
    led = leaders({name: [float(one) for one in right] for name, right in scores.items()})

    assert led.best in led.alike
    assert all(sum(scores[name]) <= sum(scores[led.best]) for name in scores)
    assert all(gain.points >= 0 for gain in led.behind.values())


def test_one_item_of_difference_tells_nothing_and_all_items_tell() -> None:
    led = leaders({"best": [1.0] * 20, "near": [1.0] * 19 + [0.0], "far": [0.0] * 20})

    assert led.alike == ["best", "near"]
    assert led.behind["far"].points == 100


def questions(count: int) -> list[Item]:
    return [Item(f"i{at}", "k", ({"role": "user", "content": f"q{at}"},), '{"a": 1}') for at in range(count)]


def answered(right: int, count: int = 20, seconds: float = 1.0, wrong: str = '{"a": 2}') -> Asked:
    """An exam of which so many answers are right."""
    exam = Exam("exam", questions(count), Matching(), None)
    given = [Answer('{"a": 1}' if at < right else wrong, 7, seconds, True) for at in range(count)]
    return Asked(exam, evaluate(exam.items, given, exam.matching), seconds * count, False)


def tried(at: int, right: int, moves: float | None, seconds: float) -> Tried:
    point = read_grid("practice-27").points[at]
    measured = {"seconds": seconds, "peak_mib": {"process": 100}}
    record = {
        "identity": {"settings": Settings().as_json()},
        "records": {"training": 8, "left_out": 0},
        "fluctuation": moves,
        "measured": measured,
    }
    run = Run(Path("run"), record)
    return Tried(point, "rewright train", run, [answered(right)], "")


def test_the_best_run_is_taken_where_the_others_are_surely_behind() -> None:
    best, worse = tried(0, 20, 0.9, 99), tried(1, 2, 0.1, 1)

    choice = recommended_run([worse, best])

    assert (choice.name, choice.alike) == (best.point.name, [best.point.name])
    assert "surely behind" in " ".join(choice.why)


def test_of_runs_that_are_alike_the_steadiest_is_taken_then_the_cheapest() -> None:
    best, steady, cheap = tried(0, 20, 0.9, 9), tried(1, 19, 0.201, 9), tried(2, 19, 0.199, 3)
    unsteady, behind = tried(3, 19, None, 1), tried(4, 1, 0.0, 1)

    choice = recommended_run([best, steady, cheap, unsteady, behind])

    assert choice.name == cheap.point.name
    assert behind.point.name not in choice.alike
    assert [word in " ".join(choice.why) for word in ("100.0%", "steadiest", "cheapest")] == [True] * 3


def test_where_nothing_is_right_the_advice_says_so() -> None:
    runs = recommended_run([tried(0, 0, 0.9, 9), tried(1, 0, 0.2, 9)])
    models = recommended_model([candidate("a", 0, 1.0, "no"), candidate("b", 0, 2.0, "no")])

    assert runs.why[0].startswith("No run has a strictly right answer")
    assert models.why[0] == "strictly right: none of a, b."
    assert models.name == "a"


def candidate(name: str, right: int, seconds: float, wrong: str = '{"a": 2}') -> Candidate:
    return Candidate(name, [answered(right, seconds=seconds, wrong=wrong)], {"process": 1}, "")


def test_a_model_is_chosen_by_right_answers_then_slots_then_speed() -> None:
    clear = recommended_model([candidate("slow", 20, 9.0), candidate("fast", 1, 0.1)])
    slots = recommended_model([candidate("near", 0, 9.0, '{"a": 1, "b": 2}'), candidate("fast", 0, 0.1)])
    alike = recommended_model([candidate("slow", 20, 9.0), candidate("fast", 19, 0.1)])

    assert (clear.name, slots.name, alike.name) == ("slow", "near", "fast")
    assert "fastest" in alike.why[-1]
    assert slots.why[0] == "strictly right: none of near, fast."


def cells(report: str) -> list[int]:
    """The cells of each table of a page, counted by a Markdown parser."""
    tokens = MarkdownIt("commonmark").enable("table").parse(report)
    at = [number for number, token in enumerate(tokens) if token.type == "table_open"] + [len(tokens)]
    inner = [tokens[begin:end] for begin, end in pairwise(at)]
    return [sum(token.type in {"th_open", "td_open"} for token in some) for some in inner]


def test_a_sweep_is_reported_in_one_table_with_those_that_failed_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "curve.jsonl").write_text("", encoding="utf-8")
    done = [tried(0, 20, 0.9, 9), tried(1, 19, None, 9)]
    lost = replace(tried(2, 0, 0.1, 1), run=None, exams=(), failed="exit code 2: a|b")
    data = {"version": "v_1", "number": 1}
    found = Sweep("base_model", data, "practice", 0, "For tests.", [*done, lost], recommended_run(done))

    report = rendered("sweep.md", it=found)

    assert cells(report) == [8 * 3]
    assert f"* {as_text(lost.point.name)}: exit code 2: a\\|b" in report
    assert [one["name"] for one in found.as_json()["runs"]] == [one.point.name for one in found.tried]


def test_a_selection_is_reported_in_one_table_an_exam() -> None:
    asked = [candidate("a", 20, 9.0), candidate("b", 1, 0.1)]
    lost = Candidate("c", (), {}, "no model")
    found = Selection([*asked, lost], 0, None, 0, 1, "", recommended_model(asked))

    report = rendered("selection.md", it=found, measures=MEASURES)

    assert cells(report) == [10 * 3]
    assert "no examples before each question" in report
    assert "c could not be asked: no model" in report


# Shots


def record(number: int, kind: str, *earlier: dict[str, str]) -> Item:
    return Item(f"r{number}", kind, (*earlier, {"role": "user", "content": f"train {number}"}), f'{{"n": {number}}}')


TRAINING = [record(at, "common" if at % 4 else "rare") for at in range(12)]


def test_shots_come_of_each_kind_in_turn_and_by_seed() -> None:
    exam = Exam("exam", questions(2), Matching(), None)

    shots = chosen_shots(TRAINING, [exam], 4, seed=1)

    assert [shot.kind for shot in shots] == ["common", "rare", "common", "rare"]
    assert shots == chosen_shots(TRAINING, [exam], 4, seed=1)
    assert shots != chosen_shots(TRAINING, [exam], 4, seed=2)


def test_what_the_exam_asks_is_never_shown() -> None:
    asked = Item("x", "k", TRAINING[0].messages, '{"n": 0}')
    exam = Exam("exam", [asked], Matching(), None)
    with_history = record(99, "rare", {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"})

    shots = chosen_shots([*TRAINING, with_history], [exam], 11)

    assert asked.question not in [shot.question for shot in shots]
    assert with_history not in shots
    with pytest.raises(TrainingError, match="has 11 records that can be shown"):
        chosen_shots([*TRAINING, with_history], [exam], 12)


def test_shots_stand_after_the_system_and_before_the_question() -> None:
    told = ({"role": "system", "content": "s"}, {"role": "user", "content": "q"})
    exam = shown(Exam("exam", [Item("i", "k", told, "a")], Matching(), None), TRAINING[:2])

    assert [(one["role"], one["content"]) for one in exam.items[0].messages] == [
        ("system", "s"),
        ("user", "train 0"),
        ("assistant", '{"n": 0}'),
        ("user", "train 1"),
        ("assistant", '{"n": 1}'),
        ("user", "q"),
    ]
    assert exam.items[0].question == "q"


# Load


class Endpoint(ThreadingHTTPServer):
    """An endpoint that answers in 20 ms and refuses each request whose question ends in a given digit."""

    refused = ""
    error: object = "too many"
    most = now = 0
    lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        endpoint = self.server
        assert isinstance(endpoint, Endpoint)
        with endpoint.lock:
            endpoint.now += 1
            endpoint.most = max(endpoint.most, endpoint.now)
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        time.sleep(0.02)
        with endpoint.lock:
            endpoint.now -= 1
        refused = bool(endpoint.refused) and body["messages"][-1]["content"].endswith(endpoint.refused)
        message = {"role": "assistant", "content": "{}"}
        usage = {"completion_tokens": 5, "prompt_tokens": 1, "total_tokens": 6}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        answer = {
            "id": "1",
            "object": "chat.completion",
            "created": 0,
            "model": "m",
            "choices": [choice],
            "usage": usage,
        }
        given = json.dumps(endpoint.error if refused else answer).encode()
        self.send_response(503 if refused else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(given)))
        self.end_headers()
        self.wfile.write(given)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def endpoint(refused: str = "") -> Iterator[tuple[str, Endpoint]]:
    server = Endpoint(("127.0.0.1", 0), Handler)
    server.refused = refused
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_load_keeps_as_many_requests_under_way_as_it_says() -> None:
    with endpoint() as (url, server):
        alone, together = load(url, "m", questions(3), [1, 4], 12)

    assert server.most == 4
    assert [len(level.answers) for level in (alone, together)] == [12, 12]
    assert alone.seconds > 12 * 0.02
    assert together.requests_per_second > alone.requests_per_second
    assert alone.tokens_per_second == pytest.approx(5 * alone.requests_per_second)
    assert 0.02 < alone.latency["p50"] <= alone.latency["p90"] <= alone.latency["p99"]


def test_errors_are_counted_and_not_taken_for_answers(tmp_path: Path) -> None:
    with endpoint(refused="2") as (url, _):
        (level,) = load(url, "m", questions(3), [2], 9)

    assert (len(level.answers), len(level.errors)) == (6, 3)
    assert level.as_json()["requests"] == 9
    about = {"url": url, "model": "m", "exam": "e", "items": 3, "requests": 9, "max_tokens": 8}
    report = write_load([level], about, tmp_path).read_text("utf-8")
    assert "9 requests at each level, the 3 items of e in turn" in report
    assert "| 3 |\n" in report
    assert "too many" in report
    assert (tmp_path / "load.svg").read_text("utf-8").startswith("<?xml")


@pytest.mark.parametrize("error", [{"error": {"message": "too many"}}, {"detail": "too many"}, "too many"])
def test_a_server_that_refuses_the_first_request_is_not_measured(error: object) -> None:
    with endpoint(refused="0") as (url, server):
        server.error = error
        with pytest.raises(AnswerError, match=r"503.*too many"):
            load(url, "m", questions(3), [1], 3)


# Serving and GGUF


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.2", False),
        ("localhost.example.org", False),
    ],
)
def test_only_this_machine_reaches_a_loopback_address(host: str, own: bool) -> None:
    assert is_loopback(host) is own


def test_a_server_listens_where_it_is_told_and_fetches_nothing(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")

    server = server_of(tmp_path / "model", "::1", 8123)

    assert (server.url, server.health) == ("http://[::1]:8123/v1", "http://[::1]:8123/health")
    assert server.model == "model"
    assert server.environment["HF_HUB_OFFLINE"] == "1"
    assert not any("trust" in word for word in server.command)


def test_a_folder_without_a_model_is_neither_served_nor_converted(tmp_path: Path) -> None:
    with pytest.raises(ServeError, match="rewright merge"):
        server_of(tmp_path)
    with pytest.raises(ConversionError, match="rewright merge"):
        convert(tmp_path, tmp_path / "model.gguf", tmp_path / "convert.py")


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    (tmp_path / "config.json").write_text("{}")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with (
            pytest.raises(ServeError, match="name another with --port"),
            running(server_of(tmp_path, port=port), tmp_path / "log"),
        ):
            raise AssertionError


def test_a_file_that_is_there_is_never_converted_over(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_text("mine")

    with pytest.raises(FileExistsError):
        convert(tmp_path, tmp_path / "model.gguf", tmp_path / "convert.py")


def test_the_same_figures_draw_the_same_bytes(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for name in ("one", "two"):
        ranked(["a", "b"], [(0.5, 0.4, 0.6), (0.2, 0.1, 0.4)], "runs", tmp_path / name)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
