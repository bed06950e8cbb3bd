"""Networks without an API for one person: curate prepares the text, the person posts it.

Nothing is requested, so nothing can go out twice. The share becomes ``handed_over`` when its time has
come, and waits there for the person.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from curate.shares.networks.base import Absent, CannotTell, Frozen, HandedOver, Ready

if TYPE_CHECKING:
    from collections.abc import Collection

    from curate.shares.attempts import Attempt
    from curate.shares.ledger import Share
    from curate.shares.networks.base import Office, Picture


class Manual:
    """An account whose shares the person posts by hand."""

    key_life = timedelta.max  # asking nobody twice does no harm
    paid = 0

    def __init__(self, office: Office) -> None:
        self.office = office

    def freeze(self, share: Share, *, now: datetime) -> Frozen:  # noqa: ARG002 - as for every network
        """Return the text to post."""
        return Frozen(share.id, {"text": share.text})

    async def ready(self, *, now: datetime) -> Ready:  # noqa: ARG002 - as for every network
        """Say yes: there is nobody to ask."""
        return Ready(handle=self.office.account.handle)

    async def stage(self, frozen: Frozen, picture: Picture | None, *, now: datetime) -> Frozen:  # noqa: ARG002 - as for every network
        """Leave it as it is."""
        return frozen

    async def send(self, attempt: Attempt, *, now: datetime) -> HandedOver:  # noqa: ARG002 - as for every network
        """Hand the text to the person; its key is the share's id."""
        return HandedOver(reason=f"it is your turn: curate share copy {attempt.key}")

    async def confirm(self, attempt: Attempt, *, known: Collection[str], now: datetime) -> Absent | CannotTell:  # noqa: ARG002 - as for every network
        """Say that curate posted nothing; what the person did that is not on record, only they know."""
        if not attempt.key:
            return CannotTell("you may have posted it by hand: look yourself")
        return Absent("curate posts nothing here")
