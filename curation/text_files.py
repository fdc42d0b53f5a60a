"""Text files of raw data, in constant memory: decoded strictly, cut into lines or into the members of a JSON array."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

RECORD_CHARACTERS = 16 << 20
"""No record may be longer than this; a batch ends early when its texts together are."""

_BLOCK = 4 << 20


class ReadError(Exception):
    """A data set cannot be read; the message says which file, where, what was found and what to do."""


def decoded(path: Path) -> Iterator[str]:
    """Yield a file's text in blocks, without a byte order mark; raises `ReadError` at a byte that is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for offset, block in _blocks(path):
        try:
            text = decoder.decode(block)
        except UnicodeDecodeError as error:
            raise _wrong_encoding(path, offset + len(block) - len(error.object), error) from None
        yield text
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _wrong_encoding(path, path.stat().st_size - len(error.object), error) from None


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield a file's bytes in blocks, without a byte order mark, each with its offset in the file."""
    with path.open("rb") as file:
        offset = 0 if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8 else len(codecs.BOM_UTF8)
        file.seek(offset)
        while block := file.read(_BLOCK):
            yield offset, block
            offset += len(block)


def _wrong_encoding(path: Path, offset: int, error: UnicodeDecodeError) -> ReadError:
    """Say that the bytes from `offset` on are not UTF-8."""
    with path.open("rb") as file:
        wide = file.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
    guess = "UTF-16" if wide else "GB18030"
    at, byte = offset + error.start, error.object[error.start]
    return ReadError(
        f"{path.name}: byte {at} is 0x{byte:02X}, which is not UTF-8. If the file is {guess}, convert it: "
        f"iconv -f {guess} -t UTF-8 {path.name} > utf8{path.suffix}"
    )


def lines(path: Path) -> Iterator[pl.Series]:
    r"""Yield a file's lines without their ends, some at a time; only \n ends one, as in JSONL. Raises `ReadError`."""
    rest, size = b"", 0
    for offset, block in _blocks(path):
        whole, end, last = block.rpartition(b"\n")
        if end:
            yield _cut(path, offset - len(rest), rest + whole)
            rest = last
        else:
            rest += last
        size = offset + len(block)
        # Bytes are counted first: characters are no more than these.
        if len(rest) > RECORD_CHARACTERS and len(rest.decode(errors="ignore")) > RECORD_CHARACTERS:
            hint = f"; if the file is one JSON array, name it {path.stem}.json" if rest.lstrip()[:1] == b"[" else ""
            raise ReadError(f"{path.name}: a line is longer than {RECORD_CHARACTERS} characters{hint}")
    if rest:
        yield _cut(path, size - len(rest), rest)


def _cut(path: Path, offset: int, text: bytes) -> pl.Series:
    """Return the lines of a text that stands at `offset` of the file."""
    try:
        # Checked and cut in the column: no line becomes an object of Python's.
        return pl.Series([text]).cast(pl.String).str.split("\n").explode()
    except pl.exceptions.PolarsError:
        try:
            text.decode()
        except UnicodeDecodeError as error:
            raise _wrong_encoding(path, offset, error) from None
        raise


# No streaming parser such as ijson: it would hide duplicate keys, change numbers and give up at the first bad member.
# Here members are only cut apart, and each is then read as a line of JSONL is.

_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_BRACKET = re.compile(rf'(?:[^"{{}}\[\]]++|{_STRING})*+([{{}}\[\]])', re.DOTALL)
_SCALAR = re.compile(rf'(?:[^",\]]++|{_STRING})*+(?=[,\]])', re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n]*+")


def _member_end(text: str, start: int) -> int | None:
    """Return where the array member that starts here ends, None where the text ends before it."""
    if text[start] not in "{[":
        scalar = _SCALAR.match(text, start)
        return scalar.end() if scalar else None
    at, depth = start, 0
    while bracket := _BRACKET.match(text, at):
        at = bracket.end()
        depth += 1 if text[at - 1] in "{[" else -1
        if depth == 0:
            return at
    return None


def members(blocks: Iterator[str], name: str) -> Iterator[list[str]]:
    """Yield the texts of an array's members, some at a time; raises `ReadError` where the array itself is broken."""
    text, at, count = "", 0, 0
    opened = closed = comma = False
    for block in blocks:
        text, at = text[at:] + block, 0
        whole: list[str] = []
        while (at := _space_end(text, at)) < len(text):
            mark = text[at]
            if closed:
                raise ReadError(f"{name}: text after the end of the array: {text[at : at + 40]!r}")
            if not opened:
                if mark != "[":
                    hint = f"; if it has one object a line, name it {Path(name).stem}.jsonl" if mark == "{" else ""
                    raise ReadError(f"{name}: expected a JSON array, found {text[at : at + 40]!r}{hint}")
                opened, at = True, at + 1
            elif mark == "]" and not comma:
                closed, at = True, at + 1
            elif mark == "," and count and not comma:
                comma, at = True, at + 1
            elif mark in ",]" or (count and not comma):
                missing = "a comma" if count and not comma else "a record"
                raise ReadError(f"{name}: expected {missing} after record {count}, found {text[at : at + 40]!r}")
            else:
                end = _member_end(text, at)
                if end is None:
                    break
                whole.append(text[at:end].rstrip())
                count, comma, at = count + 1, False, end
        yield whole
        if len(text) - at > RECORD_CHARACTERS:
            raise ReadError(
                f"{name}: record {count + 1} does not end within {RECORD_CHARACTERS} characters; "
                "is a quotation mark or a bracket left open?"
            )
    if opened and not closed:
        raise ReadError(f"{name}: the file ends inside the array, after record {count}; it seems to be cut off")


def _space_end(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at
