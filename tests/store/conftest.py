"""What the store's tests ask for."""

from __future__ import annotations

from store.ready import database, new_store, postgres_template, sqlite_template, store_url

__all__ = ["database", "new_store", "postgres_template", "sqlite_template", "store_url"]
