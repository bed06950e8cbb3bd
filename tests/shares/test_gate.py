"""What keeps a share at home before anything is sent: money, age, an image that is another one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from curate.desk.db import transaction
from curate.shares import attempts, ledger
from curate.shares.tokens import secret_of
from tests.shares.conftest import LINK
from tests.shares.servers import START, MastodonServer, MemoryClient
from tests.shares.x_server import KEYS, XServer

if TYPE_CHECKING:
    from datetime import datetime

    from curate.shares.ledger import Share
    from tests.shares.conftest import Ledger

X, MASTODON = "http://x.example", "https://social.example"
MINUTE = timedelta(minutes=1)
PNG = b"\x89PNG\r\n\x1a\n and so on"


def approved(book: Ledger, account: str, **more: object) -> Share:
    """Plan and approve a share with more than words."""
    with transaction(book.connection):
        share = ledger.add_share(
            book.connection, post="small-models", link=LINK, title="Small models", summary="Mine", account=account,
            network=book.settings.accounts[account].network, text=f"Words of mine\n\n{LINK}", due_at=START, wall="",
            zone="UTC", now=START, **more,  # type: ignore[arg-type]
        )  # fmt: skip
        return ledger.set_approved(book.connection, share, now=START)


@pytest.fixture
def x(book: Ledger) -> XServer:
    book.account("x", "x", server=X, handle="dana", token=secret_of(**KEYS).reveal(), budget=0.45)
    return XServer(tolerance=timedelta(days=1))


@pytest.fixture
def mastodon(book: Ledger) -> MastodonServer:
    server = MastodonServer()
    book.account("mastodon", server=MASTODON, handle="dana", token=server.password)
    return server


def test_a_share_that_would_cost_more_than_is_left_is_held_and_the_free_way_named(book: Ledger, x: XServer) -> None:
    shares = [book.share("x", f"Number {number}") for number in range(3)]
    client = MemoryClient({X: x})
    report = book.send(client=client)
    assert [one.id for one in report.sent] == [one.id for one in shares[:2]]  # at 0.20 each
    [held] = report.held
    assert "0.40 of 0.45 US dollars" in held.reason
    assert f"curate share copy {held.id}" in held.reason
    assert attempts.spent(book.connection, "x", since=START - MINUTE) == 400


def test_a_rehearsal_spends_nothing(book: Ledger, x: XServer) -> None:
    book.settings.accounts["x"] = structs.replace(book.settings.accounts["x"], deliver="outbox")
    for number in range(3):
        book.share("x", f"Number {number}")
    assert len(book.send(client=MemoryClient({X: x})).sent) == 3
    assert attempts.spent(book.connection, "x", since=START - MINUTE) == 0


@pytest.mark.parametrize(("until", "state"), [(START + MINUTE, "sent"), (START, "missed")])
def test_what_is_old_news_by_now_is_not_sent(
    book: Ledger, mastodon: MastodonServer, until: datetime, state: str
) -> None:
    share = approved(book, "mastodon", expires_at=until)
    book.send(client=MemoryClient({MASTODON: mastodon}))
    assert book.find(share).state == state
    assert len(mastodon.posts()) == (state == "sent")


def test_an_image_that_is_another_one_than_was_approved_is_not_sent(book: Ledger, mastodon: MastodonServer) -> None:
    (book.desk.root / "pager.png").write_bytes(PNG)
    share = approved(book, "mastodon", image="pager.png", image_hash=sha256(PNG).hexdigest(), alt="A pager")
    (book.desk.root / "pager.png").write_bytes(PNG + b", retouched")
    [rejected] = book.send(client=MemoryClient({MASTODON: mastodon})).rejected
    assert rejected.id == share.id
    assert "pager.png is not the image it was planned with" in rejected.reason
    assert mastodon.posts() == []


def test_what_an_approval_is_given_to_includes_the_image_and_its_words(book: Ledger, mastodon: MastodonServer) -> None:
    assert mastodon.posts() == []
    share = approved(book, "mastodon", image="pager.png", image_hash=sha256(PNG).hexdigest(), alt="A pager")
    assert replace(share, alt="Another pager").public != share.public
    assert replace(share, image_hash="0" * 64).public != share.public
