"""What journeys that share start from: the real Bluesky server, and a desk beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journeys.world import undated
from tests.journeys.year import START, Year
from tests.real.conftest import pds
from tests.shares.servers import MastodonServer, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Curate, Loopback
    from tests.real.conftest import Pds

__all__ = ["pds"]


@pytest.fixture
def a_year(
    tmp_path: Path, curate: Curate, loopback: Loopback, pds: Pds, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Year]:
    """A desk on its first morning."""
    monkeypatch.setenv("CURATE_ALLOW_PRIVATE", "127.0.0.0/8")
    mastodon = MastodonServer()
    with serve(mastodon) as social, undated(pds.url) as sky:
        year = Year(curate, tmp_path / "desk", loopback, mastodon, pds, pds.account("dana"), sky, START)
        year.begin(social)
        yield year
