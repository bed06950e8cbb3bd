"""What the tests of the inbox stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.inbox.stock import Stock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[Stock]:
    """An empty inbox on a real database."""
    stock = Stock(tmp_path)
    yield stock
    stock.connection.close()
