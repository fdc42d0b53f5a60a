"""What holds for every sentence and every number."""

from __future__ import annotations

import re

import cn2an  # type: ignore[import-untyped]
import opencc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.text import fold
from rules.chinese import KINDS, canonical_duration, find_clocks, find_durations, read, read_number

SPOKEN = (
    "零一二两三四五六七八九十百千万半点分秒钟小时天周刻个字之后前内每过大于低于到比度%成早上晚下午差，。"
    "0123456789:.-来多约"
)
to_traditional = opencc.OpenCC("s2t").convert
sentences = st.text(alphabet=SPOKEN, max_size=20)


@given(st.integers(0, 99_999_999))
def test_a_number_written_in_chinese_reads_back(number: int) -> None:
    written = cn2an.an2cn(str(number))
    assert read_number(written) == number
    assert read_number(fold(to_traditional(written)).text) == number
    assert [found["value"] for found in read("number", cn2an.an2cn(str(number), "up"))] == [number]


def test_what_is_read_without_cn2an_is_what_it_reads() -> None:
    for number in range(10, 1000):
        written = cn2an.an2cn(number)
        for said in (written, written.removeprefix("一") if number < 20 else written):
            assert read_number(said) == cn2an.cn2an(said, "smart") == number
    for unit in "百千万亿":
        for head in [*"一二三四五六七八九", *map(str, range(0, 2000, 7)), "007", "10000"]:
            assert read_number(head + unit) == cn2an.cn2an(head + unit, "smart")


@given(st.decimals(0, 9999, places=2))
def test_a_decimal_written_in_chinese_reads_back(number: object) -> None:
    assert read_number(cn2an.an2cn(str(number))) == pytest.approx(float(str(number)))


@given(st.integers(0, 1_000_000))
def test_the_canonical_duration_stands_for_the_seconds_it_came_from(seconds: int) -> None:
    canonical = canonical_duration(seconds)
    parts = re.findall(r"([0-9]+)([hms])", canonical)
    assert sum(int(count) * {"h": 3600, "m": 60, "s": 1}[unit] for count, unit in parts) == seconds
    assert re.fullmatch(r"([1-9][0-9]*h)?([1-9][0-9]?m)?([1-9][0-9]?s)?|0s", canonical)


@given(st.integers(0, 99), st.integers(1, 59), st.integers(1, 59))
def test_a_spoken_duration_reads_back(hours: int, minutes: int, seconds: int) -> None:
    spoken = f"{cn2an.an2cn(hours)}小时{cn2an.an2cn(minutes)}分{cn2an.an2cn(seconds)}秒后"
    assert [found.seconds for found in find_durations(spoken)] == [hours * 3600 + minutes * 60 + seconds]


@given(st.integers(0, 23), st.integers(1, 59))
def test_a_spoken_time_reads_back(hour: int, minute: int) -> None:
    spoken = f"{cn2an.an2cn(hour)}点{cn2an.an2cn(minute)}分"
    assert [clock.value for clock in find_clocks(spoken)] == [f"{hour:02}:{minute:02}"]


@settings(max_examples=300)
@given(sentences)
def test_spans_lie_in_the_sentence_in_order_and_apart(sentence: str) -> None:
    for kind in KINDS:
        end = 0
        for found in read(kind, sentence):
            start, stop = found["span"]
            assert end <= start < stop <= len(sentence)
            end = stop


@settings(max_examples=300)
@given(sentences)
def test_both_scripts_say_the_same(sentence: str) -> None:
    traditional = to_traditional(sentence)
    for kind in KINDS:
        assert [
            {name: value for name, value in found.items() if name != "span"} for found in read(kind, traditional)
        ] == [{name: value for name, value in found.items() if name != "span"} for found in read(kind, sentence)]


def test_spans_count_the_characters_of_the_sentence_as_given() -> None:
    sentence = "請 在 ３０ 分鐘 後 關燈"
    (found,) = read("duration", sentence)
    assert sentence[slice(*found["span"])] == "３０ 分鐘"
    assert (found["value"], found["canonical"], found["direction"]) == (1800, "30m", "future")


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        read("colour", "红色")
