"""What an annotator sees of a field's text, so that a search finds what is seen."""

from __future__ import annotations

import html
import re

_TAG = re.compile(r"<[^<>]*>")


def shows(shown: object, wanted: str) -> bool:
    """Tell whether a text, or what a browser shows of it as HTML, contains what is wanted, whatever its case.

    `wanted` must be case-folded.
    """
    if not isinstance(shown, str):
        return shown is not None and wanted in str(shown)
    if wanted in shown.casefold():
        return True
    if "<" not in shown and "&" not in shown:
        return False
    return wanted in html.unescape(_TAG.sub("", shown)).casefold()
