"""Prompts and labels: nothing but the answer is learned, and what is asked is what was trained on."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.small_base import items
from training.encode import UNSEEN, Encoded, TemplateError, course, encode, fitting, prompt_of
from training.items import Item

THINKING = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% if message.role == 'assistant' and loop.last %}<think>\n\n</think>\n\n{% endif %}"
    "{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
"""As models write that can think before they answer."""

TALK = Item(
    "t",
    "k",
    (
        {"role": "system", "content": "你是管家"},
        {"role": "user", "content": "打开客厅的灯"},
        {"role": "assistant", "content": '{"a": 1}'},
        {"role": "user", "content": "再亮一点"},
    ),
    '{"delta": 10}',
)


def learned(words: Any, one: Encoded) -> str:
    return str(words.decode([label for label in one.labels if label != UNSEEN]))


@pytest.mark.parametrize("item", [*items(3), TALK], ids=lambda item: item.id)
def test_the_labels_are_the_answer_and_the_end_of_the_turn(words: Any, item: Item) -> None:
    one = encode(words, item)

    assert learned(words, one) == item.answer + words.eos_token
    assert len(one.labels) == len(one.input_ids)
    assert all(label in (UNSEEN, token) for label, token in zip(one.labels, one.input_ids, strict=True))


def test_what_comes_before_the_labels_is_the_prompt_that_the_model_is_asked_with(words: Any) -> None:
    one = encode(words, TALK)
    asked = one.input_ids[: one.labels.count(UNSEEN)]

    assert asked == words(prompt_of(words, TALK.messages), add_special_tokens=False)["input_ids"]
    assert words.decode(asked).endswith("再亮一点<|im_end|>\n<|im_start|>assistant\n")
    assert words.decode(asked).startswith("<|im_start|>system\n你是管家")


def test_a_model_that_can_think_is_asked_to_answer_at_once_and_does_not_learn_the_empty_thought() -> None:
    from tests.training.small_base import tokenizer

    words = tokenizer()
    words.chat_template = THINKING

    one = encode(words, TALK)

    assert learned(words, one) == '{"delta": 10}<|im_end|>'
    assert prompt_of(words, TALK.messages).endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")


@pytest.mark.parametrize(
    ("template", "why"),
    [
        (None, "no chat template"),
        ("{% for m in messages %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}A:{% endif %}", "begin"),
        ("{% for m in messages %}{{ m.content }}\n{% endfor %}", "end an answer"),
        ("{% for m in messages %}{{ m.content | upper }}{{ eos_token }}{% endfor %}", "end an answer"),
    ],
)
def test_a_template_that_cannot_be_trained_with_is_refused(template: str | None, why: str) -> None:
    from tests.training.small_base import tokenizer

    words = tokenizer()
    words.chat_template = template

    with pytest.raises(TemplateError, match=why):
        encode(words, TALK)


def test_a_record_that_is_too_long_is_left_out_whole(words: Any) -> None:
    every = [encode(words, item) for item in items(6)]
    longest = max(len(one.input_ids) for one in every)

    kept, longer = fitting(every, longest - 1)

    assert {one.id for one in longer} == {one.id for one in every if len(one.input_ids) == longest}
    assert sorted(one.id for one in (*kept, *longer)) == sorted(one.id for one in every)
    assert fitting(every, longest) == (every, [])


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(1, 200), st.integers(0, 9), st.integers(1, 4))
def test_data_sets_of_any_size_are_seen_for_as_many_tokens(
    sizes: list[int], tokens: int, seed: int, batch: int
) -> None:
    every = [Encoded(str(at), [0] * size, [0] * size) for at, size in enumerate(sizes)]

    drawn = course(every, batch, seed, tokens=tokens)
    seen = sum(len(one.input_ids) for one in drawn)

    assert tokens <= seen < tokens + max(sizes)
    assert drawn == course(every, batch, seed, tokens=tokens)
    times = Counter(one.id for one in drawn)
    assert max(times.values()) - min(times[one.id] for one in every) <= 1


def test_batches_hold_records_of_about_one_length_and_long_ones_do_not_come_first() -> None:
    every = [Encoded(str(at), [0] * (at % 40 + 1), [0] * (at % 40 + 1)) for at in range(400)]

    drawn = [len(one.input_ids) for one in course(every, 8, 0, tokens=sum(len(one.input_ids) for one in every))]
    batches = [drawn[at : at + 8] for at in range(0, 400, 8)]

    assert all(max(batch) - min(batch) <= 1 for batch in batches)
    half = [sum(len(batch) * batch[0] for batch in part) for part in (batches[:25], batches[25:])]
    assert 0.75 < half[0] / half[1] < 1.33


def test_a_batch_does_not_hold_one_record_several_times() -> None:
    every = [Encoded(str(at), [0] * (at + 1), [0] * (at + 1)) for at in range(8)]

    drawn = course(every, 4, 0, tokens=20 * sum(len(one.input_ids) for one in every))

    assert all(len({one.id for one in drawn[at : at + 4]}) == 4 for at in range(0, len(drawn), 4))
