"""A computer whose clock jumps sends nothing twice, early or never: the networks say what time it is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.shares.servers import START
from tests.shares.six import BLIND, NETWORKS, Six

if TYPE_CHECKING:
    from curate.shares.ledger import Share
    from tests.shares.conftest import Ledger

HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
MINUTE = timedelta(minutes=1)
JUMPS = (-10 * YEAR, -DAY, -HOUR, HOUR, DAY, 10 * YEAR)
PHASES = ("before due", "due", "unknown", "retry")
LATE = timedelta(minutes=9)  # servers may finish what they took this much later
WHEN = (*range(-40, 60, 5), *range(60, 240, 15))  # minutes of true time at which the runner lives


@pytest.mark.parametrize("jump", JUMPS, ids=lambda jump: f"{jump / HOUR:+g} h")
@pytest.mark.parametrize("phase", PHASES)
def test_the_clock_jumps_and_is_set_right_again(six: Six, phase: str, jump: timedelta) -> None:
    """It is wrong for half an hour, from before the shares are due or from the first try on."""
    for name, server in six.servers.items():
        server.late = LATE
        # A server that finishes late is the worst one: what is looked for is not there yet.
        trouble = {"unknown": "500 before" if name in BLIND else "drop late", "retry": "429"}.get(phase)
        server.effects += [trouble] if trouble else []
    shares = [six.book.share(name, due=START) for name in NETWORKS]
    later = [six.book.share(name, "A week away", due=START + 7 * DAY) for name in NETWORKS]
    wrong = range(-30, 0) if phase == "before due" else range(0 if phase == "due" else 1, 31)
    for minutes in WHEN:
        six.ahead = jump if minutes in wrong else timedelta(0)
        before = {share.id: six.posts(share) for share in shares}
        six.send(minutes * MINUTE)
        if minutes < 0:
            assert [six.posts(share) for share in shares] == [0] * len(shares), "early"
        if six.ahead == 10 * YEAR and phase != "unknown":
            assert before == {share.id: six.posts(share) for share in shares}, "nothing is sent ten years ahead"
    six.advance(START + 8 * HOUR)
    for share in shares:
        see_once(six, share, phase)
    for share in later:
        assert six.posts(share) == 0
        assert six.book.find(share).state in ("approved", "held"), six.book.find(share)
    six.send(7 * DAY)
    assert [six.posts(share) for share in later] == [1] * len(later)


def see_once(six: Six, share: Share, phase: str) -> None:
    """Hold that ``share`` is out once and known to be; where nobody can read, the person is asked."""
    end = six.book.find(share)
    if phase == "unknown" and share.network in BLIND:
        assert (end.state, six.posts(share)) == ("unknown", 0), end
        assert end.reason
    else:
        assert (end.state, six.posts(share)) == ("sent", 1), end


@pytest.mark.parametrize("jump", JUMPS, ids=lambda jump: f"{jump / HOUR:+g} h")
def test_a_wrong_clock_is_said_with_both_times(six: Six, jump: timedelta) -> None:
    share = six.book.share("mastodon", due=START + min(jump, timedelta(0)))
    six.ahead = jump
    [held] = six.send().held
    assert held.id == share.id
    assert f"{START + jump:%d %b %Y %H:%M}" in held.reason
    assert f"{START:%d %b %Y %H:%M}" in held.reason
    assert "set the clock" in held.reason


@pytest.mark.parametrize("jump", JUMPS, ids=lambda jump: f"{jump / HOUR:+g} h")
def test_where_nobody_says_what_time_it_is_our_own_clock_decides(book: Ledger, jump: timedelta) -> None:
    """By hand and in a rehearsal: done when our clock says so, once; what looks too late is asked about."""
    six = Six(book)
    book.account("manual", "manual")
    book.account("rehearsed", "mastodon", server="https://social.example", handle="dana", deliver="outbox")
    shares = [book.share("manual"), book.share("rehearsed")]
    six.ahead = jump
    six.send(-30 * MINUTE)
    early = {"manual": "handed_over", "rehearsed": "sent"} if jump == HOUR else {}
    now = "approved" if jump < timedelta(0) else "missed"
    assert [book.find(share).state for share in shares] == [early.get(share.account, now) for share in shares]
    six.ahead = timedelta(0)
    for minutes in (0, 30):
        six.send(minutes * MINUTE)
    assert [book.find(share).state for share in shares] == (
        ["missed", "missed"] if now == "missed" and not early else ["handed_over", "sent"]
    )
    assert len(list(book.desk.outbox.glob("*"))) == (0 if now == "missed" and not early else 1)
