"""Answers: greedy, from a model in this process or from any OpenAI-compatible server."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from typing import Any, NamedTuple

from curation.problems import without_login
from training.encode import prompt_of
from training.items import Item
from training.models import Loaded
from training.problems import TrainingError

Progress = Callable[[int], None]


class AnswerError(TrainingError):
    """A server does not answer; the message says which and what it said."""


class Answer(NamedTuple):
    """What a model said to one item."""

    text: str
    tokens: int
    seconds: float
    """From question to answer; in a batch, the time of the whole batch."""
    ended: bool
    """The model ended its turn itself, within the tokens it was given."""


def local_answers(
    loaded: Loaded,
    items: Sequence[Item],
    *,
    batch: int = 16,
    most: int = 256,
    schema: Mapping[str, Any] | None = None,
    progress: Progress = lambda _: None,
) -> list[Answer]:
    """Return the answer to each item, in their order: greedy, at most `most` tokens, so many items at a time.

    With a schema, only what keeps it can be said (xgrammar): for use, not for comparing data sets, whose defects it
    hides.
    """
    import torch

    model, tokenizer = loaded
    model.eval()
    model.config.use_cache = True
    prompts = [prompt_of(tokenizer, item.messages) for item in items]
    order = sorted(range(len(items)), key=lambda at: (len(prompts[at]), at))
    answers: dict[int, Answer] = {}
    grammar = None if schema is None else _grammar(model, tokenizer, schema)
    tokenizer.padding_side = "left"
    for places in _batches(order, batch):
        given = tokenizer(
            [prompts[at] for at in places], return_tensors="pt", padding=True, add_special_tokens=False
        ).to(model.device)
        started = time.perf_counter()
        with torch.inference_mode():
            said = model.generate(
                input_ids=given["input_ids"],
                attention_mask=given["attention_mask"],
                max_new_tokens=most,
                do_sample=False,
                temperature=None,
                top_p=None,
                top_k=None,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
                logits_processor=None if grammar is None else [grammar()],
            )
        seconds = time.perf_counter() - started
        for at, tokens in zip(places, said[:, given["input_ids"].shape[1] :].tolist(), strict=True):
            own = tokens.index(tokenizer.eos_token_id) if tokenizer.eos_token_id in tokens else len(tokens)
            text = tokenizer.decode(tokens[:own], skip_special_tokens=True)
            answers[at] = Answer(text.strip(), own, seconds, own < len(tokens))
        progress(len(answers))
    tokenizer.padding_side = "right"
    return [answers[at] for at in range(len(items))]


def served_answers(
    url: str,
    model: str,
    items: Sequence[Item],
    *,
    at_once: int = 1,
    most: int = 256,
    schema: Mapping[str, Any] | None = None,
    progress: Progress = lambda _: None,
) -> list[Answer]:
    """Return the answer of a server to each item, in their order; `at_once` requests are under way together.

    The key comes from OPENAI_API_KEY, where the server wants one. Raises `AnswerError`.
    """
    from openai import OpenAIError

    def ask(at: int) -> tuple[int, Answer]:
        return at, served_answer(client, model, items[at], most=most, schema=schema)

    answers: dict[int, Answer] = {}
    with client_of(url) as client, ThreadPoolExecutor(at_once) as pool:
        waiting = [pool.submit(ask, at) for at in range(len(items))]
        try:
            for done in as_completed(waiting):
                at, answer = done.result()
                answers[at] = answer
                progress(len(answers))
        except OpenAIError as error:
            for one in waiting:
                one.cancel()
            raise AnswerError(f"{without_login(url)}: {refusal(error)}") from error
    return [answers[at] for at in range(len(items))]


def client_of(url: str, timeout: float = 600.0) -> Any:
    """Return a client of a server, which tries nothing twice; its key comes from OPENAI_API_KEY."""
    from openai import OpenAI

    return OpenAI(base_url=url, api_key=os.environ.get("OPENAI_API_KEY", "none"), max_retries=0, timeout=timeout)


def served_answer(
    client: Any, model: str, item: Item, *, most: int = 256, schema: Mapping[str, Any] | None = None
) -> Answer:
    """Return the answer of a server to one item; raises `openai.OpenAIError`."""
    given: dict[str, Any] = {"model": model, "temperature": 0, "max_tokens": most}
    if schema is not None:
        described = {"name": "answer", "schema": dict(schema)}
        given["response_format"] = {"type": "json_schema", "json_schema": described}
    started = time.perf_counter()
    said = client.chat.completions.create(messages=[dict(one) for one in item.messages], **given)
    seconds = time.perf_counter() - started
    choice = said.choices[0]
    tokens = 0 if said.usage is None else said.usage.completion_tokens
    return Answer((choice.message.content or "").strip(), tokens, seconds, choice.finish_reason == "stop")


def refusal(error: Exception) -> str:
    """Return what a server said instead of an answer: the client tells of an error only what OpenAI's own have."""
    body = getattr(error, "body", None)
    return str(error) if body is None or " - " in str(error) else f"{error}: {str(body)[:300]}"


def _grammar(model: Any, tokenizer: Any, schema: Mapping[str, Any]) -> Callable[[], Any]:
    """Return what makes a logits processor that lets only JSON of a schema through; each serves one batch."""
    import json

    import xgrammar
    from xgrammar.contrib.hf import LogitsProcessor

    known = xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=model.config.vocab_size)
    compiler = xgrammar.GrammarCompiler(known)
    compiled = compiler.compile_json_schema(
        json.dumps(schema, ensure_ascii=False), any_whitespace=False, separators=(", ", ": "), strict_mode=False
    )
    return lambda: LogitsProcessor(compiled)


def _batches(order: Sequence[int], size: int) -> Iterator[list[int]]:
    places = iter(order)
    while some := list(islice(places, size)):
        yield some
