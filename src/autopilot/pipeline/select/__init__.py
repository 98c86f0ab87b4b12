"""Select: which articles make the issue, as which stories, and why.

`select` reads top to bottom in `choose`: what is barred (`rules`), memory and copies (`memory`), then
candidates, which are articles cut into `words`, matched with categories (`match`, `lexicon`), grouped
into `stories` (`vectors`, `sharing`, `linkage`), helped by the archive (`learn`), compared with what readers had
(`recall`), located in `regions` (`places`, `gazetteer`) and ranked (`rank`); then sections and cells
are filled (`quotas`). `coverage_gaps` looks back over issues.
"""

from __future__ import annotations

from autopilot.pipeline.select.choose import select
from autopilot.pipeline.select.gaps import Gap, coverage_gaps
from autopilot.pipeline.select.learn import Model, learn
from autopilot.pipeline.select.words import normalised_title

__all__ = ["Gap", "Model", "coverage_gaps", "learn", "normalised_title", "select"]
