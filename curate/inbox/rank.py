"""Score items for the order of a list. Pure: no disk, no clock.

For now the score says one thing only, how fresh an item is; it has learned nothing from what was
kept and skipped, and lists are ordered by date, which comes to the same.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from curate.inbox.items import Item

HALF_LIFE = 3.0  # days; what is a week old scores 0.2


def score(item: Item, now: datetime) -> float:
    """Return the freshness of ``item`` at ``now``: 1 when just out, half after three days, towards 0."""
    days = max((now - item.dated).total_seconds(), 0) / 86_400
    return round(math.exp2(-days / HALF_LIFE), 4)
