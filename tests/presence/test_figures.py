"""What became of shares on X, Facebook and Threads: asked where it may be, counted where it costs, kept as samples."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from curate.presence.doctor import examine
from curate.presence.listen import Listening, listen
from curate.presence.metrics import standings
from curate.shares import accounts, attempts
from curate.shares.networks.readings import Figures
from curate.shares.tokens import Secret, load_token
from curate.web.client import Client
from tests.presence.field import DAY, HOUR
from tests.shares.conftest import Ledger, book
from tests.shares.facebook_server import FacebookServer
from tests.shares.graph_server import busy, fault
from tests.shares.servers import START, as_json, serve
from tests.shares.threads_server import ThreadsServer
from tests.shares.x_server import KEYS, XServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tests.conftest import Curate

__all__ = ["book"]
MANY = {"like_count": 5, "retweet_count": 2, "quote_count": 1, "reply_count": 3, "impression_count": 900}
HANDLES = {"x": "dana", "facebook": "1001", "threads": "dana"}


class Three:
    """A ledger with accounts on the three, and their servers on loopback."""

    def __init__(self, book: Ledger, opened: ExitStack) -> None:
        self.book = book
        self.x = XServer(tolerance=timedelta(days=99))
        self.page, self.threads = FacebookServer(), ThreadsServer()
        self.servers: dict[str, Any] = {"x": self.x, "facebook": self.page, "threads": self.threads}
        self.urls = {name: opened.enter_context(serve(server)) for name, server in self.servers.items()}

    def connect(self, network: str, token: str = "", **more: Any) -> None:
        """Add the account of ``network``, called like it."""
        token = token or (json.dumps(KEYS) if network == "x" else self.servers[network].password)
        self.book.account(network, network, server=self.urls[network], handle=HANDLES[network], token=token, **more)

    def share(self, network: str, text: str = "") -> None:
        """Send a share there."""
        if network not in self.book.settings.accounts:
            self.connect(network)
        self.book.share(network, text=text or f"Words for {network}")
        assert len(self.book.send().sent) == 1

    def listen(self, now: datetime) -> Listening:
        book = self.book
        for server in self.servers.values():
            server.advance(now)

        async def go() -> Listening:
            async with Client(allow_private=["127.0.0.0/8"]) as client:
                return await listen(book.desk, book.settings, book.connection, client, now=now, config=book.config)

        return asyncio.run(go())

    def figures(self) -> list[Figures]:
        found = standings(self.book.connection, since=START - DAY, until=START + 90 * DAY)
        return [one.figures for one in found]

    def spent(self) -> int:
        return attempts.spent(self.book.connection, "x", since=START - DAY)


@pytest.fixture
def three(book: Ledger) -> Iterator[Three]:
    with ExitStack() as opened:
        yield Three(book, opened)


def test_a_page_says_reactions_comments_and_shares_and_nothing_of_views(three: Three) -> None:
    three.share("facebook")
    three.page.made[0]["counts"] = {
        "reactions": {"data": [], "summary": {"total_count": 7}}, "shares": {"count": 2},
        "comments": {"data": [], "summary": {"total_count": 4}},
    }  # fmt: skip
    assert three.listen(START + HOUR) == Listening(samples=1)
    assert three.figures() == [Figures(likes=7, reposts=2, replies=4)]


def test_a_page_without_shares_has_none_and_one_that_says_nothing_says_nothing(three: Three) -> None:
    three.share("facebook")
    assert three.listen(START + HOUR).samples == 1
    assert three.figures() == []
    three.page.made[0]["counts"] = {"reactions": {"summary": {"total_count": 0}}}
    three.listen(START + DAY)
    assert three.figures() == [Figures(likes=0, reposts=0, replies=None)]


def test_threads_says_views_and_counts_quotes_as_reposts(three: Three) -> None:
    three.share("threads")
    three.threads.made[0]["counts"] = {"views": 120, "likes": 6, "replies": 2, "reposts": 1, "quotes": 3}
    assert three.listen(START + HOUR) == Listening(samples=1)
    assert three.figures() == [Figures(likes=6, reposts=4, replies=2, views=120)]


def test_threads_without_the_permission_is_said_once_until_it_has_another_token(three: Three) -> None:
    three.share("threads")
    three.threads.insightful = False
    [told] = three.listen(START + HOUR).troubles
    assert "does not have permission" in told
    assert told.endswith(" curate account add threads --name threads gives it a new token.")
    assert [three.listen(START + hours * HOUR).troubles for hours in (5, 26, 60)] == [[], [], []]
    book = three.book
    checks = examine(book.desk, book.settings, book.connection, now=START + 60 * HOUR, config=book.config)
    assert [one.message for one in checks if not one.ok and one.name == "account threads"] == [told]

    async def connect() -> None:
        account = book.settings.accounts["threads"]
        async with Client(allow_private=["127.0.0.0/8"]) as client:
            secret = Secret(three.threads.password)
            await accounts.connect(
                book.desk, book.settings, book.connection, client, name="threads", account=account, secret=secret,
                config=book.config, now=START + 60 * HOUR,
            )  # fmt: skip

    asyncio.run(connect())
    assert three.listen(START + 61 * HOUR).troubles == [told]  # at once, and it lacks the permission, too
    three.threads.insightful = True
    assert three.listen(START + 90 * HOUR).samples == 1
    checks = examine(book.desk, book.settings, book.connection, now=START + 90 * HOUR, config=book.config)
    assert told not in [one.message for one in checks]


@pytest.mark.parametrize("network", ["facebook", "threads"])
def test_a_post_that_was_deleted_has_no_figures_and_stops_no_other(three: Three, network: str) -> None:
    three.share(network)
    server: Any = three.page if network == "facebook" else three.threads
    server.made.clear()
    assert three.listen(START + HOUR) == Listening(samples=1)
    assert three.figures() == []


@pytest.mark.parametrize("answer", [fault(4, "Too many", 403, headers=busy(90)), fault(2, "Sorry", 500), None])
def test_a_page_in_trouble_is_left_alone_for_an_hour(three: Three, answer: Any) -> None:
    three.share("facebook")
    three.page.odd = {f"/v25.0/{three.page.made[0]['id']}": answer}
    assert three.listen(START + HOUR) == Listening()
    three.page.odd = {}
    assert three.listen(START + 1.5 * HOUR).samples == 0
    assert three.listen(START + 3 * HOUR).samples == 1


def test_a_page_is_not_asked_before_it_wants_to_be(three: Three) -> None:
    three.share("facebook")
    three.page.odd = {f"/v25.0/{three.page.made[0]['id']}": fault(4, "Too many", 403, headers=busy(300))}
    three.listen(START + HOUR)
    three.page.odd = {}
    assert [three.listen(START + HOUR * hours).samples for hours in (3, 5.9, 6.1)] == [0, 0, 1]


@pytest.mark.parametrize("answer", [fault(1, "An unknown error occurred", 500), fault(12, "Deprecated for such posts")])
def test_a_post_the_server_stumbles_over_hides_no_other(three: Three, answer: Any) -> None:
    three.share("facebook", "First words of mine")
    three.share("facebook", "Second words, quite another thing")
    three.page.odd = {f"/v25.0/{three.page.made[0]['id']}": answer}
    three.page.made[1]["counts"] = {"reactions": {"summary": {"total_count": 7}}}
    assert three.listen(START + HOUR).samples == 2
    assert [one.likes for one in three.figures()] == [7]


def test_a_sample_that_is_dated_ahead_keeps_nobody_from_asking(three: Three) -> None:
    three.share("facebook")
    assert three.listen(START + 20 * DAY).samples == 1
    assert three.listen(START + HOUR).samples == 1


def test_looking_for_a_post_on_x_counts_in_the_budget(three: Three) -> None:
    for number in range(4):
        three.x.add(f"Earlier {number}", START - DAY)
    three.connect("x")
    three.x.effects.append("drop after")
    three.book.share("x", text="Words for x")
    [share] = three.book.send().unknown
    before, listed = three.spent(), three.x.listed
    three.book.send(now=START + HOUR)
    assert three.book.find(share).state == "sent"
    assert three.spent() - before == three.x.listed - listed == 5


def test_a_post_on_x_that_is_read_all_day_is_paid_for_once(three: Three) -> None:
    three.connect("x")
    three.x.effects.append("drop before")
    three.book.share("x", text="Words for https://dana.example/2026/small-models/")
    three.x.add("Other words for https://dana.example/2026/small-models/", START)
    [share] = three.book.send().unknown
    for minutes in range(60, 240, 5):
        three.book.send(now=START + timedelta(minutes=minutes))
    assert three.book.find(share).state == "unknown"
    assert three.spent() == 200 + 1
    three.book.send(now=START + DAY)
    assert three.spent() == 200 + 2


@pytest.mark.parametrize("said", [{"data": 7}, {"data": [7, {"name": "likes"}, {"name": "views", "values": [7]}]}, {}])
def test_insights_of_another_shape_say_nothing(three: Three, said: object) -> None:
    three.share("threads")
    three.threads.odd = {f"/v1.0/{three.threads.made[0]['id']}/insights": as_json(said)}
    assert three.listen(START + HOUR).samples == 1
    assert three.figures() == []


def test_a_network_that_is_asked_of_shares_alone_is_signed_in_to_only_when_some_are_due(three: Three) -> None:
    three.share("threads")
    three.listen(START + HOUR)
    asked = len(three.threads.heard)
    three.listen(START + 5 * HOUR)
    assert len(three.threads.heard) == asked
    three.listen(START + 26 * HOUR)
    assert len(three.threads.heard) == asked + 2


def test_a_token_renewed_while_asking_is_kept(three: Three) -> None:
    book = three.book
    three.share("threads")
    end = (START + 5 * DAY).isoformat()
    three.threads.renewed = "canary-renewed"
    token = json.dumps({"token": three.threads.password, "expires_at": end})
    three.connect("threads", token)
    three.listen(START + HOUR)
    kept = load_token(book.config, book.settings.accounts["threads"])
    assert kept is not None
    assert kept.part("token") == "canary-renewed"


def test_x_is_not_asked_unless_the_person_wants_to_pay(three: Three) -> None:
    three.share("x")
    asked = len(three.x.heard)
    three.listen(START + HOUR)
    assert len(three.x.heard) == asked


def test_x_is_paid_for_its_own_posts_and_that_counts_in_the_budget(three: Three) -> None:
    for number in range(5):  # posts of before, which nobody asks about
        three.x.add(f"Earlier {number}", START - DAY)
    three.connect("x", paid_figures=True)
    three.share("x", "First words of mine")
    three.x.add("By hand", START)
    three.share("x", "Second words, quite another thing")
    three.x.tweets[5] |= MANY
    before, listed = three.spent(), three.x.listed
    assert three.listen(START + HOUR) == Listening(samples=2)
    assert three.figures() == [
        Figures(likes=5, reposts=3, replies=3, views=900),
        Figures(likes=0, reposts=0, replies=0, views=0),
    ]
    assert three.x.listed - listed == 3
    assert three.spent() - before == 3


def test_x_is_asked_every_other_day_for_eight_days(three: Three) -> None:
    three.connect("x", paid_figures=True)
    three.share("x")
    samples = [three.listen(START + HOUR + DAY * day).samples for day in range(12)]
    assert samples == [1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0]
    assert three.spent() == 200 + 4


def test_x_is_not_asked_once_the_budget_is_spent_and_that_is_said(three: Three) -> None:
    three.connect("x", paid_figures=True)
    three.share("x")
    three.connect("x", paid_figures=True, budget=0.01)
    asked = len(three.x.heard)
    [told] = three.listen(START + HOUR).troubles
    assert "of 0.01 US dollars are spent in 30 days" in told
    assert len(three.x.heard) == asked
    assert three.listen(START + 5 * HOUR).troubles == []


def test_x_without_credits_is_said_in_words(three: Three) -> None:
    three.connect("x", paid_figures=True)
    three.share("x")
    three.x.paid = False
    [told] = three.listen(START + HOUR).troubles
    assert "buy credits" in told


def test_more_posts_than_a_list_holds_are_read_page_by_page_two_at_most(three: Three) -> None:
    three.connect("x", paid_figures=True)
    three.share("x")
    for number in range(130):
        three.x.add(f"By hand {number}", START)
    three.x.tweets[0] |= MANY
    listed = three.x.listed
    assert three.listen(START + HOUR).samples == 1
    assert three.figures()[0].likes == 5
    assert three.x.listed - listed == 131
    for number in range(200):
        three.x.add(f"More {number}", START)
    three.listen(START + 3 * DAY)
    assert three.x.listed - listed == 131 + 200


def test_the_setting_is_written_by_its_command(curate: Curate, desk: Any) -> None:
    curate("-C", desk, "config", "set", "accounts.x.network", "x")
    curate("-C", desk, "config", "set", "accounts.x.paid_figures", "true")
    assert curate("-C", desk, "config", "get", "accounts.x.paid_figures").out == "true\n"
