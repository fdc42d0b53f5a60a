"""The card of an exported folder: what a page on the Hub shows, and how the libraries find the files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from curation.export.manifest import Manifest
from curation.export.rows import Census, Choice
from curation.problems import printable
from curation.shares import SPLITS

if TYPE_CHECKING:
    from jinja2 import Template

    from curation.export.folder import About

_SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
_SUFFIXES = {1_000: "1K", 10_000: "10K", 100_000: "100K", 1_000_000: "1M", 10_000_000: "10M", 100_000_000: "100M"}
_MARKS = re.compile(r"([\\`*_<>\[\]|&#~!@]|:(?=//))")
_LONGEST = 300


def card(choice: Choice, manifest: Manifest, found: Census, about: About, edits: int) -> str:
    """Return the text of README.md: YAML for machines, then what was done to the data, for people."""
    described = json.loads(manifest.text)
    counts = choice.version.counts
    notation = choice.store.notation(choice.version)
    rules = {rule: stated for rule, stated in counts.get("by_rule", {}).items() if _acted(stated)}
    return _template().render(
        head=_head(manifest, found, about, edits),
        manifest=manifest,
        about=described,
        version=choice.version,
        counts=counts,
        rows=found.rows,
        splits=[split for split in SPLITS if split in found.rows],
        types=found.types if set(found.types) - {"none", "unreadable"} else {},
        rules=rules,
        precision={rule: of for rule, of in about.precision.items() if rule in rules},
        edits=edits,
        review=choice.review,
        labels=notation.label,
        seen=notation.fields,
        parts=described["source"].get("splits"),
    )


def size_category(rows: int) -> str:
    """Return the Hub's name for so many rows, such as `1K<n<10K`."""
    larger = [size for size in _SIZES if rows < size]
    if not larger:
        return f"n>{_SUFFIXES[_SIZES[-1]]}"
    if larger[0] == _SIZES[0]:
        return f"n<{_SUFFIXES[_SIZES[0]]}"
    return f"{_SUFFIXES[_SIZES[_SIZES.index(larger[0]) - 1]]}<n<{_SUFFIXES[larger[0]]}"


def _head(manifest: Manifest, found: Census, about: About, edits: int) -> str:
    """Return the YAML. The digest must stand in the patterns: `load_dataset` caches by them."""
    import yaml

    configs: list[dict[str, Any]] = []
    for config in ("alpaca", "messages"):
        files = [
            {"split": split, "path": f"data/{config}/{split}/part-{manifest.short}-*.parquet"} for split in found.rows
        ]
        configs.append(
            {"config_name": config, **({"default": True} if config == "alpaca" else {}), "data_files": files}
        )
    if edits:
        audit = [{"split": "edits", "path": f"audit/edits-{manifest.short}.parquet"}]
        configs.append({"config_name": "audit", "data_files": audit})
    head = {
        "pretty_name": f"{manifest.name} {manifest.label}",
        "license": about.license,
        **({"language": list(about.languages)} if about.languages else {}),
        "size_categories": [size_category(sum(found.rows.values()))],
        "task_categories": ["text-generation"],
        "tags": ["instruction-tuning", "rewright"],
        "configs": configs,
    }
    return yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=1_000)


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("curation.export"),
        autoescape=False,  # Markdown: whatever comes from data goes through `said` or `code`
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(said=said, code=code, number=lambda value: f"{value:,}", by_count=_by_count)
    return environment.get_template("card.md")


def said(text: object) -> str:
    """Return text as plain Markdown that renders nothing else and parts no table."""
    return _MARKS.sub(r"\\\1", _shown(text))


def code(text: object) -> str:
    """Return text as a code span that no run of backticks within it can close."""
    shown = _shown(text).replace("|", "¦")
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    room = " " if shown[:1] in {"`", " ", ""} or shown[-1:] == "`" else ""
    return f"{fence}{room}{shown}{room}{fence}"


def _shown(text: object) -> str:
    shown = printable(str(text)).replace("\n", " ")
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def _acted(stated: Mapping[str, Any]) -> bool:
    return any(stated.get(name) for name in ("hits", "declines", "conflicts"))


def _by_count(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
