"""Delta tables whose files can be opened wherever they lie."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from deltalake import DeltaTable


class Table(DeltaTable):
    """A table that names its files as they are.

    delta-rs percent-encodes the addresses of local files, and neither polars nor pyarrow decodes them, so that no table
    can be read below a folder such as 家 or `My Data` (https://github.com/pola-rs/polars/issues/20944).
    """

    def file_uris(self, *filters: Any, **pruned: Any) -> list[str]:
        """Return the addresses of the table's files, as delta-rs does."""
        uris = super().file_uris(*filters, **pruned)
        return [uri if "://" in uri else unquote(uri) for uri in uris]
