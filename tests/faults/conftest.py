"""What the tests of faults stand on: a desk whose feeds are a field."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.field import Field

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
