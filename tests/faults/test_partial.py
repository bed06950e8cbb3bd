"""One post on five networks, some of which fail, with a death in the middle: each share has a fate of its own."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from curate.shares import attempts, plan
from tests.shares.crashes import STEPS
from tests.shares.servers import START
from tests.shares.six import BLIND, Six

if TYPE_CHECKING:
    from curate.shares.ledger import Share

FIVE = ("linkedin", "x", "mastodon", "bluesky", "facebook")
MIDDLE = "mastodon"
MINUTE = timedelta(minutes=1)
FAILURES = ("refuse", "unreachable", "500 before")


def failure(name: str, number: int) -> str:
    """Return how ``name`` fails this time, in turn."""
    found = FAILURES[(number + FIVE.index(name)) % len(FAILURES)]
    return "refuse" if found == "500 before" and name in BLIND else found


def die_in_the_middle(six: Six, step: str) -> None:
    """Make a pass that ends, as a kill would end it, at a step of the third share of five."""

    def observe(at: str, share: Share) -> None:
        if (share.network, at) == (MIDDLE, step):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        six.send(observe=observe)


@pytest.mark.parametrize("number", range(32))
def test_only_what_failed_is_tried_again_and_can_be_written_anew(six: Six, number: int) -> None:
    failing = {name: failure(name, number) for place, name in enumerate(FIVE) if number >> place & 1}
    for name, effect in failing.items():
        six.servers[name].effects.append(effect)
    shares = {name: six.book.share(name) for name in FIVE}
    die_in_the_middle(six, STEPS[number % len(STEPS)])
    for minutes in (15, 30, 45, 60, 90):
        six.send(minutes * MINUTE)
    if number % len(STEPS) == STEPS.index("asked") and failing.get(MIDDLE) == "refuse":
        failing[MIDDLE] = "a refusal that nobody heard"  # looked for and asked for again, as it must be
    refused = [name for name, effect in failing.items() if effect == "refuse"]
    ends = {name: six.book.find(share) for name, share in shares.items()}
    assert {name: end.state for name, end in ends.items()} == {
        name: "rejected" if name in refused else "sent" for name in FIVE
    }
    assert {name: six.posts(share) for name, share in shares.items()} == {
        name: int(name not in refused) for name in FIVE
    }
    for name, share in shares.items():
        requests = six.client.asked.count((name, "POST", six.servers[name].posting))
        again = failing.get(name, "refuse") != "refuse"
        assert requests == (2 if again else 1), (name, requests)  # what is out is never asked for again
        assert len(attempts.list_attempts(six.book.connection, share)) - requests in (0, 1)  # one may have died
    see_written_anew(six, shares, refused)


def see_written_anew(six: Six, shares: dict[str, Share], refused: list[str]) -> None:
    """Give what was refused other words; hold that they go out, once, and that the rest stays as it is."""
    book, now = six.book, START + 95 * MINUTE
    before = {name: book.find(share) for name, share in shares.items() if name not in refused}
    for name in refused:
        edited, _ = plan.edit_share(
            book.desk, book.settings, book.connection, shares[name].id, f"Put quite differently on {name} this time."
        )
        plan.approve_shares(book.desk, book.settings, book.connection, [edited.id], now=now)
    assert sorted(share.network for share in six.send(95 * MINUTE).sent) == sorted(refused)
    for name in refused:
        [text] = six.servers[name].posts()
        assert text.startswith("Put quite differently")
    assert {name: book.find(share) for name, share in shares.items() if name not in refused} == before
    assert {len(six.servers[name].posts()) for name in FIVE} == {1}
