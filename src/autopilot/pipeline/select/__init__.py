"""Select: which articles make the issue, as which stories, and why.

`select` reads top to bottom in `choose`: memory and copies (`memory`), then candidates, which are
articles cut into `words`, matched with categories (`match`, `lexicon`), grouped into `stories`
(`vectors`, `linkage`), located in `regions` (`places`) and ranked (`rank`).
"""

from __future__ import annotations

from autopilot.pipeline.select.choose import select
from autopilot.pipeline.select.words import normalised_title

__all__ = ["normalised_title", "select"]
