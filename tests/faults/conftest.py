"""What the tests of faults stand on: a desk whose feeds are a field, a ledger, and six networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.field import Field
from tests.shares.conftest import Ledger, a_ledger
from tests.shares.six import Six

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def feeds(desk: Path, request: pytest.FixtureRequest) -> Iterator[Field]:
    """Serve as many feeds as the test's parameter says (20), and have the desk subscribe to them."""
    count, options = getattr(request, "param", (20, {}))
    with Field(count, **options).serve() as served:
        (desk / "feeds.opml").write_text(served.opml(), encoding="utf-8")
        yield served


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    with a_ledger(tmp_path) as ledger:
        yield ledger


@pytest.fixture
def six(book: Ledger) -> Six:
    """Six networks in memory, with their accounts in the ledger."""
    return Six(book)
