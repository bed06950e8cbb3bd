"""A network where the person posts by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curate.desk.settings import Account
from curate.shares.networks.base import HandedOver
from tests.shares.networks.contract import TEXT, EveryNetwork, Place, make_attempt

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(Account(network="manual"), None, list, tmp_path)


class TestManual(EveryNetwork):
    """The contract, with nobody to ask."""

    def test_the_text_is_handed_over_and_nothing_is_requested(self, place: Place) -> None:
        frozen = place.freeze()
        assert frozen.payload == {"text": TEXT}
        assert isinstance(place.send(make_attempt(frozen)), HandedOver)
