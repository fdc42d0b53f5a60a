"""Text from data as HTML that an annotation page shows as text.

Argilla puts the HTML of a Markdown field into its page. All text is escaped here, so that none of it is markup to
anything on the way: neither HTML, nor Markdown, nor its formulas (`$`), nor its templates (`#`). The page cleans the
HTML once more. Every field is one line that starts with a tag: Markdown passes that through untouched.
"""

from __future__ import annotations

import difflib
import html
import json
import unicodedata
from functools import lru_cache

from annotations.question import Question
from curation.command import Unreadable, parse_object

_PLAIN = "white-space:pre-wrap;word-break:break-word;margin:0;font-family:inherit"
_CODE = "white-space:pre-wrap;word-break:break-word;margin:0;font-family:monospace;line-height:1.5"
_MARK = "background:#ffd54f;color:#000;padding:0 2px;border-radius:2px"
# Transparent, so that they can be read on a light and on a dark page; the sign at the start of a line says the same.
_GONE = "background:rgba(229,57,53,.22);text-decoration:none"
_COME = "background:rgba(67,160,71,.25);text-decoration:none"
_EDITABLE = 20_000  # characters
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_ESCAPED = {"$": "&#36;", "#": "&#35;", "\n": "&#10;", "\t": "&#9;", "`": "&#96;", "\\": "&#92;", "{": "&#123;"}


@lru_cache(maxsize=4096)
def _character(character: str) -> str:
    if character in _ESCAPED:
        return _ESCAPED[character]
    if unicodedata.category(character) in _HIDDEN:
        return f"⟨U+{ord(character):04X}⟩"
    return html.escape(character)


def escape(text: str) -> str:
    """Return text as HTML on one line; characters that cannot be seen or turn the order of others are spelled out."""
    return "".join(map(_character, text))


def plain(text: str, limit: int) -> str:
    """Return text for where the page shows it as text: hidden characters spelled out, cut after `limit` characters."""
    shown = "".join(f"⟨U+{ord(one):04X}⟩" if unicodedata.category(one) in _HIDDEN else one for one in text[:limit])
    return shown if len(text) <= limit else f"{shown}…"


def instruction(question: Question) -> str:
    """Return the instruction with its evidence marked, below it what was said beside it."""
    text, (start, end) = question.instruction, question.evidence or (0, 0)
    marked = escape(text[start:end])
    shown = f'<mark style="{_MARK}">{marked}</mark>' if marked else ""
    beside = "".join(f"<p><b>{escape(who)}</b> {escape(words)}</p>" for who, words in question.beside)
    said = f'<pre style="{_PLAIN};font-size:1.15em">{escape(text[:start])}{shown}{escape(text[end:])}</pre>'
    return f"<div>{said}{beside}</div>" if beside else said


def change(question: Question) -> str:
    """Return the output before and after as one text with the lines that went and came, or the output as it is."""
    before = _lines(question.before)
    if question.after is None:
        shown = "".join(_line(" ", line) for line in before) or escape("—")
        return f'<pre style="{_CODE}">{shown}</pre>'
    after = _lines(question.after)
    shown = ""
    for tag, i, j, k, m in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            shown += "".join(_line(" ", line) for line in before[i:j])
        else:
            shown += "".join(f'<del style="{_GONE}">{_line("-", line)}</del>' for line in before[i:j])
            shown += "".join(f'<ins style="{_COME}">{_line("+", line)}</ins>' for line in after[k:m])
    return f'<pre style="{_CODE}">{shown}</pre>'


def reasons(question: Question) -> str:
    """Return what the rule is for, and why this record is asked about."""
    lines = [f"<b>{escape(question.rule or question.kind)}</b> {escape(question.summary)}"]
    if question.why:
        lines.append(escape(question.why))
    lines.append(f"<b>{escape(question.kind)}: {escape(question.reason)}</b> {escape(question.found)}")
    if question.note:
        lines.append(escape(question.note))
    return f"<div>{''.join(f'<p>{line.rstrip()}</p>' for line in lines)}</div>"


def proposals(question: Question) -> str | None:
    """Return what else was proposed, None where nothing was."""
    shown = ""
    for rule_id, output in question.proposals:
        lines = "".join(_line(" ", line) for line in _lines(output))
        shown += f'<p><b>{escape(rule_id)}</b></p><pre style="{_CODE}">{lines}</pre>'
    return f"<div>{shown}</div>" if shown else None


def editable(output: str | None) -> str | None:
    """Return an output to be edited in a text area; None where that would hide something or is no use.

    A text area shows text as it is, so that one with characters that cannot be seen is not put into it.
    """
    text = "\n".join(_lines(output))
    if not text or len(text) > _EDITABLE or any(unicodedata.category(one) in _HIDDEN - {"Cc"} for one in text):
        return None
    return text


def _line(sign: str, line: str) -> str:
    return f"{sign} {escape(line)}&#10;"


def _lines(output: str | None) -> list[str]:
    """Return a command written out over several lines; an output that is none, as it is."""
    if output is None:
        return []
    try:
        return json.dumps(parse_object(output), ensure_ascii=False, indent=2).split("\n")
    except Unreadable:
        return output.split("\n")
