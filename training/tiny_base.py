"""A base for tests, made from nothing in some minutes: Qwen3's architecture with less than a million parameters.

It can say JSON, copy, count in Chinese and name rooms and devices, because that is what its text is about. The text is
drawn here, from templates that no data set of ours shares, and pairs no command with a sentence. What a model trained
on it scores says whether the tool works, never how good a real model would be: say so wherever a figure appears.
"""

from __future__ import annotations

import errno
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curation.command import write
from training.models import hush

SEED = 7
DIALOGUES = 24_000
VOCABULARY = 1_300

WORDS = {
    "客厅": "living", "卧室": "bedroom", "主卧": "bedroom", "书房": "study", "厨房": "kitchen", "浴室": "bathroom",
    "餐厅": "dining", "阳台": "balcony", "玄关": "entrance", "走廊": "hallway", "车库": "garage", "阁楼": "attic",
    "儿童房": "kids", "灯": "light", "台灯": "lamp", "空调": "ac", "风扇": "fan", "窗帘": "curtain", "窗户": "window",
    "电视": "tv", "音箱": "speaker", "加湿器": "humidifier", "除湿机": "dehumidifier", "净化器": "purifier",
    "取暖器": "heater", "摄像头": "camera", "热水器": "water_heater", "门锁": "lock", "温度": "temperature",
    "湿度": "humidity", "亮度": "brightness", "音量": "volume", "模式": "mode", "位置": "position", "打开": "turn_on",
    "关闭": "turn_off", "拉开": "open", "拉上": "close", "调到": "set", "设置": "settings", "设备": "device",
    "制冷": "cool", "制热": "heat", "自动": "auto", "睡眠": "sleep", "每天": "daily", "工作日": "weekdays",
    "如果": "trigger", "然后": "action", "以后": "time_after", "超过": ">", "低于": "<", "离家": "leave_home",
    "到家": "arrive_home", "起床": "wake_up", "有人": "detected", "漏水": "leak", "下雨": "rain",
}  # fmt: skip
"""What the text is about, in Chinese and in the words of identifiers."""

KEYS = (
    "mcp_type", "function", "params", "device_id", "power", "confirm", "trigger", "action", "command", "arg", "op",
    "delta", "operator", "value", "time", "time_after", "repeat", "event", "sensor_trigger", "create_automation",
    "chain", "iot", "sql", "error", "message", "suggestion", "control_device", "set_brightness", "set_temperature",
    "set_humidity", "set_volume", "set_position", "set_fan_speed", "level", "limit", "goal", "query_history",
)  # fmt: skip
_FILLERS = "请帮我把这个那个一下吧哦啊麻烦小家喂你好现在马上谢谢时候的话就再先并且同时接着点分半早上午下晚凌晨度档"
_DIGITS = "零一二三四五六七八九"

TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def build(folder: Path) -> Path:
    """Write the model into a folder; returns it. The same seed and machine give the same weights.

    Raises `FileExistsError` where something is there.
    """
    import torch
    from datasets import Dataset
    from transformers import (
        DataCollatorForLanguageModeling,
        PrinterCallback,
        Qwen3Config,
        Qwen3ForCausalLM,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    if folder.exists():
        raise FileExistsError(errno.EEXIST, "exists", str(folder))
    hush()
    texts = [spoken(question, answer) for question, answer in dialogues(DIALOGUES, SEED)]
    tokenizer = tokenizer_of(texts)
    set_seed(SEED)
    model = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(tokenizer),
            hidden_size=128,
            intermediate_size=320,
            num_hidden_layers=4,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=32,
            max_position_embeddings=1024,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    rows = [tokenizer.encode(text, add_special_tokens=False) for text in texts]
    with tempfile.TemporaryDirectory() as place:
        arguments = TrainingArguments(
            output_dir=place,
            num_train_epochs=1,
            per_device_train_batch_size=32,
            learning_rate=3e-3,
            lr_scheduler_type="cosine",
            warmup_steps=0.05,
            weight_decay=0.01,
            train_sampling_strategy="group_by_length",
            save_strategy="no",
            report_to="none",
            disable_tqdm=not sys.stderr.isatty(),
            dataloader_pin_memory=False,
            log_level="error",
            use_cpu=not torch.cuda.is_available(),
            seed=SEED,
        )
        trainer = Trainer(
            model=model,
            args=arguments,
            train_dataset=Dataset.from_dict({"input_ids": rows}),
            data_collator=DataCollatorForLanguageModeling(tokenizer, mlm=False),
        )
        trainer.remove_callback(PrinterCallback)
        # So small a model gains nothing from more threads, and they wait for each other where a core has other work.
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        trainer.train()
        torch.set_num_threads(threads)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def dialogues(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Yield questions and answers: copying, naming, counting, and JSON from listed values."""
    draw = random.Random(seed)
    tasks = (_copy, _name, _count, _object, _object, _nested, _nested)
    for _ in range(count):
        yield draw.choice(tasks)(draw)


def _copy(draw: random.Random) -> tuple[str, str]:
    text = "".join(draw.choice((*WORDS, *_FILLERS, str(draw.randint(0, 999)))) for _ in range(draw.randint(2, 6)))
    return f"复述“{text}”", write({"message": text})


def _name(draw: random.Random) -> tuple[str, str]:
    words = draw.sample(list(WORDS), draw.randint(1, 4))
    return f"逐个翻译：{'、'.join(words)}", write([WORDS[word] for word in words])


def _count(draw: random.Random) -> tuple[str, str]:
    numbers = [draw.randint(0, 99) for _ in range(draw.randint(1, 3))]
    said = [_chinese(number) if draw.random() < 0.7 else str(number) for number in numbers]
    return f"写成数字：{'，'.join(said)}", write(numbers)


def _object(draw: random.Random) -> tuple[str, str]:
    said, found = [], {}
    for key in draw.sample(KEYS, draw.randint(1, 4)):
        value, words = _value(draw)
        said.append(f"{key} 是{words}")
        found[key] = value
    return f"对象：{'；'.join(said)}", write(found)


def _nested(draw: random.Random) -> tuple[str, str]:
    outer, inner = draw.sample(KEYS, 2)
    place, thing = draw.sample(list(WORDS), 2)
    value, words = _value(draw)
    name = f"{WORDS[thing]}_{WORDS[place]}_{draw.randint(1, 3):02d}"
    answer: dict[str, Any] = {outer: {"device_id": name, inner: value}, "confirm": draw.random() < 0.3}
    if draw.random() < 0.3:
        answer[outer] = [answer[outer], {"device_id": name}]
    return f"编号 {place}里{thing}第{name[-1]}个；{outer} 含 {inner} {words}", write(answer)


def _value(draw: random.Random) -> tuple[Any, str]:
    """Return a value and how it is said."""
    drawn = draw.random()
    if drawn < 0.35:
        number = draw.randint(0, 99)
        return number, _chinese(number) if draw.random() < 0.6 else str(number)
    if drawn < 0.55:
        hour, minute = draw.randint(0, 23), draw.choice((0, 5, 10, 15, 20, 30, 40, 45, 50))
        return f"{hour:02d}:{minute:02d}", f"{_chinese(hour)}时{_chinese(minute)}"
    if drawn < 0.7:
        number, unit, letter = draw.randint(1, 59), *draw.choice((("分钟", "m"), ("小时", "h"), ("秒", "s")))
        return f"{number}{letter}", f"{_chinese(number)}{unit}"
    word = draw.choice(list(WORDS))
    return WORDS[word], word


def _chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return (head + (_DIGITS[ones] if ones else "")) or _DIGITS[0]


def spoken(question: str, answer: str) -> str:
    """Return a dialogue as the chat template writes it."""
    return f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n{answer}<|im_end|>\n"


def tokenizer_of(texts: list[str]) -> Any:
    """Return a byte-level BPE in which each Chinese character stays by itself, or whole commands would be one token."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"[\u3400-\u9fff]|[0-9]"), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=VOCABULARY,
            special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token="<|im_end|>", pad_token="<|endoftext|>", chat_template=TEMPLATE
    )
