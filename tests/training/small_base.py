"""A random model of two layers, made in a second: it knows nothing, and can learn eight records by heart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from training.items import Item
from training.tiny_base import dialogues, spoken, tokenizer_of


def items(count: int = 8) -> list[Item]:
    """Return items whose answers are short objects."""
    found: list[Item] = []
    for question, answer in dialogues(400, 3):
        if answer.startswith("{") and len(answer) < 60 and len(found) < count:
            found.append(Item(f"i{len(found)}", "object", ({"role": "user", "content": question},), answer))
    return found


def tokenizer() -> Any:
    return tokenizer_of([spoken(question, answer) for question, answer in dialogues(300, 3)])


def random_base(folder: Path) -> Path:
    """Write the model into a folder."""
    from transformers import Qwen3Config, Qwen3ForCausalLM, set_seed

    words = tokenizer()
    set_seed(1)
    config = Qwen3Config(
        vocab_size=len(words),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
    Qwen3ForCausalLM(config).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder
