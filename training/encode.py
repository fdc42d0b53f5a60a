"""Prompts and labels: the model's own chat template, and a loss on nothing but the answer."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from training.items import Item, Message
from training.problems import TrainingError

UNSEEN = -100
"""The label of a token that no loss is taken of, as torch's cross entropy has it."""


class TemplateError(TrainingError):
    """A model's chat template cannot be used to train on answers; the message says why."""


class Encoded(NamedTuple):
    """One item in tokens."""

    id: str
    input_ids: list[int]
    labels: list[int]
    """As long as the input: the token where it belongs to the answer or ends it, `UNSEEN` elsewhere."""


def prompt_of(tokenizer: Any, messages: Sequence[Message]) -> str:
    """Return the text up to where the answer begins; models that can think are asked to answer at once."""
    if not tokenizer.chat_template:
        raise TemplateError("the model has no chat template, so nothing says how a question is put to it")
    text = tokenizer.apply_chat_template(
        list(messages), tokenize=False, add_generation_prompt=True, enable_thinking=False
    )
    return str(text)


def answer_of(tokenizer: Any, item: Item) -> str:
    """Return what the model is to say after the prompt, with the token that ends a turn.

    Raises `TemplateError` where the template writes a conversation with an answer otherwise than its own prompt.
    """
    prompt = prompt_of(tokenizer, item.messages)
    whole = tokenizer.apply_chat_template(
        [*item.messages, {"role": "assistant", "content": item.answer}], tokenize=False, enable_thinking=False
    )
    if not whole.startswith(prompt):
        raise TemplateError("the chat template does not begin an answered conversation with the prompt for it")
    said = whole.removeprefix(prompt)
    head, end, _ = said.partition(tokenizer.eos_token)
    if not end or item.answer not in head:
        raise TemplateError(f"the chat template does not end an answer with {tokenizer.eos_token!r}")
    return str(head + end)


def encode(tokenizer: Any, item: Item) -> Encoded:
    """Return an item in tokens. Prompt and answer are cut into tokens apart, as they are when the model answers."""
    asked = tokenizer.encode(prompt_of(tokenizer, item.messages), add_special_tokens=False)
    said = tokenizer.encode(answer_of(tokenizer, item), add_special_tokens=False)
    return Encoded(item.id, [*asked, *said], [UNSEEN] * len(asked) + said)


def fitting(encoded: Iterable[Encoded], max_length: int) -> tuple[list[Encoded], list[Encoded]]:
    """Return the records that fit into `max_length` tokens, and those that do not: half an answer teaches nothing."""
    kept: list[Encoded] = []
    longer: list[Encoded] = []
    for one in encoded:
        (kept if len(one.input_ids) <= max_length else longer).append(one)
    return kept, longer


def course(encoded: Sequence[Encoded], batch: int, seed: int, *, tokens: int) -> list[Encoded]:
    """Return what a run sees, in its order: round after round of all records, until at least so many tokens are seen.

    Each round is shuffled by the seed. Then, some batches at a time, records of about one length are brought together
    and the batches shuffled. transformers' own grouping leaves them sorted, the long records before the short ones, so
    that a short run ends on nothing but plain commands and forgets the rest.
    """
    draw = random.Random(seed)
    drawn: list[Encoded] = []
    seen = 0
    while seen < tokens:
        for one in draw.sample(list(encoded), len(encoded)):
            if seen >= tokens:
                break
            drawn.append(one)
            seen += len(one.input_ids)
    ordered: list[Encoded] = []
    # Over more than a round, the same record would come several times into one batch.
    window = max(min(_TOGETHER, len(encoded) // batch), 1) * batch
    for begin in range(0, len(drawn), window):
        some = sorted(drawn[begin : begin + window], key=lambda one: len(one.input_ids))
        whole = len(some) // batch
        for at in draw.sample(range(whole), whole):
            ordered += some[at * batch : (at + 1) * batch]
        ordered += some[whole * batch :]  # a batch that is not full would shift the others
    return ordered


_TOGETHER = 50
"""Batches among which records are brought together by length."""
