"""Rows by name: what verbs hand out, for faces that name them and may not reach into the store."""

from __future__ import annotations

from autopilot.store.issues import IssueRow
from autopilot.store.sources import SourceRow
from autopilot.store.specifications import SpecificationRow

__all__ = ["IssueRow", "SourceRow", "SpecificationRow"]
