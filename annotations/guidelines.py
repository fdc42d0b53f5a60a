"""The guidelines an annotator reads beside the questions, in Chinese and English, made from the rules' own words."""

from __future__ import annotations

from collections.abc import Iterable

from annotations.markup import escape
from curation.notation import LABEL
from curation.pack import Pack
from curation.rule import Example, Rule

_HEAD = """\
# 如何评审 · How to review

每条记录显示：用户说的话（依据已标出）、指令改动前后、做出改动的规则及其理由。请只回答一个问题：\
**改动后的指令是否正是用户所说的意思？**

Each record shows what the user said (the evidence is marked), the command before and after, and the rule with its \
reason. Answer one question: **does the command after the change do exactly what the user said?**

| 键 · key | 判断 · verdict | |
|---|---|---|
| `1` | 接受 · accept | 改动完全正确；若没有改动，则原输出正确 · \
the change is right; where nothing changed, the output is right as it is |
| `2` | 拒绝 · reject | 改动是错的，应保留原样；若没有改动，则原输出不对 · \
the change is wrong, what was before is to stay; where nothing changed, the output is wrong |
| `3` | 更正 · correct | 写出正确的 {answer} · neither is right: write the {answer} that is |

* 选择“更正”时，把“正确输出”中的 {answer} 改对；其他判断下不会读取它。 · \
With *correct*, put the {answer} of the corrected output right; with another verdict it is not read.
* 不确定时请放弃（discard）并留言，不要猜。 · When unsure, discard with a comment; do not guess.
* 没有任何判断是预先选好的。 · No verdict is ever chosen for you.
* 键盘：数字选择，`↓` `↑` 换题，`Tab` 开始书写，`Esc` 结束书写，`Enter` 提交，`Backspace` 放弃，`→` `←` 换记录。 · \
Keyboard: digits choose, `↓` `↑` go to another question, `Tab` starts to write in a box and `Esc` ends it, `Enter` \
submits, `Backspace` discards, `→` `←` go to another record.
"""


def guidelines(rules: Iterable[Rule], labels: str | None = None) -> str:
    """Return Markdown with how to review, and of each rule what it does, why, and an example.

    Where outputs are labels, `labels` says what each means, a line each.
    """
    parts = [_HEAD.replace("{answer}", "JSON" if labels is None else "label")]
    if labels is not None:
        parts.append("\n## 标签 · Labels\n\n" + "".join(f"* {_text(line)}\n" for line in labels.splitlines()))
    phase = None
    for rule in rules:
        if rule.phase != phase:
            phase = rule.phase
            parts.append(f"\n## {_text(phase)}\n")
        parts.append(f"\n**{_text(rule.id)}** — {_text(rule.summary)} {_text(rule.why)}\n")
        shown = next((one for one in rule.examples if one.expects == "after" and not one.todo), None)
        left = next((one for one in rule.examples if one.expects == "unchanged" and not one.todo), None)
        parts += [_example(one) for one in (shown, left) if one is not None]
    return "".join(parts)


def labels_of(pack: Pack) -> str | None:
    """Return what the labels of a pack mean, as its contract describes them; None where outputs are no labels."""
    if not pack.notation.label:
        return None
    return str((pack.contract or {}).get("properties", {}).get(LABEL, {}).get("description", ""))


def _example(example: Example) -> str:
    if example.expects == "unchanged":
        note = f" · {_text(example.note)}" if example.note else ""
        return f"* 不改 · left alone: {_text(example.instruction)}{note}\n"
    return f"* 例 · example: {_text(example.instruction)} → <code>{_text(example.after or '')}</code>\n"


def _text(text: str) -> str:
    """Return text for the middle of a Markdown line: nothing in it is markup."""
    return "".join(f"&#{ord(character)};" if character in "*_[]()|~.:@" else character for character in escape(text))
