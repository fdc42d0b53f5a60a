"""A search engine for Argilla that answers every query from Argilla's own SQLite database.

Importing this module registers the engine as `rewright`. There is no index: what is in the database is what is found,
so nothing can go stale and nothing has to be kept in step. Vector search is refused.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import rewright_query as sql
from argilla_server.enums import MetadataPropertyType
from argilla_server.errors.future.base_errors import UnprocessableEntityError
from argilla_server.search_engine.base import (
    FloatMetadataMetrics,
    IntegerMetadataMetrics,
    SearchEngine,
    SearchResponseItem,
    SearchResponses,
    TermsMetrics,
)
from argilla_server.settings import settings
from rewright_visible import shows
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

NAME = "rewright"
_NO_VECTORS = (
    "This server searches text, metadata, suggestions and responses, not vectors. "
    "For similarity search use an Argilla server on Elasticsearch or OpenSearch."
)


def _database() -> AsyncEngine:
    """Return connections of our own: a request holds one of Argilla's already, and two from one pool can deadlock."""
    engine = create_async_engine(settings.database_url, pool_size=8, **settings.database_engine_args)

    def prepare(connection: Any, _record: Any) -> None:
        connection.create_function("shows", 2, shows, deterministic=True)
        cursor = connection.cursor()
        cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    event.listen(engine.sync_engine, "connect", prepare)
    return engine


_DATABASE = _database()


async def _rows(statement: str, binds: dict[str, Any]) -> list[Any]:
    async with _DATABASE.connect() as connection:
        return list((await connection.execute(text(statement), binds)).all())


@SearchEngine.register(engine_name=NAME)
class DatabaseSearch(SearchEngine):  # type: ignore[misc]  # the base class is not installed where types are checked
    """Argilla's search engine interface over SQL."""

    @classmethod
    async def new_instance(cls) -> DatabaseSearch:
        """Return an engine; it has no state of its own."""
        return cls()

    async def close(self) -> None:
        """Do nothing: the connections are shared by all requests."""

    async def ping(self) -> bool:
        """Tell whether the database answers."""
        return bool(await _rows("SELECT 1", {}))

    async def info(self) -> dict[str, Any]:
        """Return what Argilla shows as its search engine."""
        version = await _rows("SELECT sqlite_version()", {})
        return {"name": NAME, "version": {"number": version[0][0], "distribution": "sqlite"}}

    # What is in the database needs no index.

    async def create_index(self, dataset: Any) -> None:
        """Do nothing."""

    async def delete_index(self, dataset: Any) -> None:
        """Do nothing."""

    async def configure_metadata_property(self, dataset: Any, metadata_property: Any) -> None:
        """Do nothing."""

    async def index_records(self, dataset: Any, records: Any) -> None:
        """Do nothing."""

    async def partial_record_update(self, record: Any, **update: Any) -> None:
        """Do nothing."""

    async def delete_records(self, dataset: Any, records: Any) -> None:
        """Do nothing."""

    async def update_record_response(self, response: Any) -> None:
        """Do nothing."""

    async def delete_record_response(self, response: Any) -> None:
        """Do nothing."""

    async def update_record_suggestion(self, suggestion: Any) -> None:
        """Do nothing."""

    async def delete_record_suggestion(self, suggestion: Any) -> None:
        """Do nothing."""

    # Queries

    async def get_dataset_progress(self, dataset: Any) -> dict[str, int]:
        """Return how many records there are, and how many of each status; nothing for a draft."""
        if dataset.is_draft:
            return {}
        rows = await _rows(
            "SELECT status, count(*) FROM records WHERE dataset_id = :dataset GROUP BY status",
            {"dataset": dataset.id.hex},
        )
        return {"total": sum(n for _, n in rows), **dict(map(tuple, rows))}

    async def get_dataset_user_progress(self, dataset: Any, user: Any) -> dict[str, int]:
        """Return how many responses a user has given, and how many of each status; nothing for a draft."""
        if dataset.is_draft:
            return {}
        rows = await _rows(
            "SELECT a.status, count(*) FROM responses a JOIN records r ON r.id = a.record_id "
            "WHERE r.dataset_id = :dataset AND a.user_id = :user GROUP BY a.status",
            {"dataset": dataset.id.hex, "user": user.id.hex},
        )
        return {"total": sum(n for _, n in rows), **dict(map(tuple, rows))}

    async def search(
        self,
        dataset: Any,
        query: Any = None,
        filter: Any = None,
        sort: Any = None,
        offset: int = 0,
        limit: int = 100,
        user_id: Any = None,  # noqa: ARG002 - only seeds a random order elsewhere; here the order is that of logging
    ) -> SearchResponses:
        """Return the records that a query and filters find, in the order asked for, then the order of logging."""
        binds = sql.Binds(dataset=dataset.id.hex)
        where = " AND ".join(["r.dataset_id = :dataset", *sql.text_query(query, binds), *sql.conditions(filter, binds)])
        [(total,)] = await _rows(f"SELECT count(*) FROM records r WHERE {where}", binds)
        order = ", ".join([*sql.orders(sort or [], binds), "r.inserted_at", "r.rowid"])
        binds.update(limit=limit, offset=offset)
        found = await _rows(
            f"SELECT r.id FROM records r WHERE {where} ORDER BY {order} LIMIT :limit OFFSET :offset", binds
        )
        items = [SearchResponseItem(record_id=UUID(row[0]), score=None if sort else 1.0) for row in found]
        return SearchResponses(items=items, total=total)

    async def compute_metrics_for(self, metadata_property: Any) -> Any:
        """Return the values of a metadata property and how often they stand, or its least and greatest."""
        binds = {"dataset": metadata_property.dataset_id.hex, "path": sql.path(metadata_property.name)}
        values = "FROM records r, json_each(r.metadata, :path) e WHERE r.dataset_id = :dataset AND e.type <> 'null'"
        if metadata_property.type == MetadataPropertyType.terms:
            rows = await _rows(
                f"SELECT e.atom, count(*) {values} AND e.type <> 'array' GROUP BY 1 ORDER BY 2 DESC, 1", binds
            )
            counts = [TermsMetrics.TermCount(term=str(term), count=n) for term, n in rows]
            return TermsMetrics(total=sum(count.count for count in counts), values=counts)
        [(least, greatest)] = await _rows(f"SELECT min(e.atom), max(e.atom) {values}", binds)
        if metadata_property.type == MetadataPropertyType.integer:
            return IntegerMetadataMetrics(min=least, max=greatest)
        return FloatMetadataMetrics(min=least, max=greatest)

    async def configure_index_vectors(self, vector_settings: Any) -> None:  # noqa: ARG002
        """Refuse vectors where they are first asked for."""
        raise UnprocessableEntityError(_NO_VECTORS)

    async def similarity_search(self, *_args: Any, **_named: Any) -> SearchResponses:
        """Refuse to compare vectors."""
        raise UnprocessableEntityError(_NO_VECTORS)
