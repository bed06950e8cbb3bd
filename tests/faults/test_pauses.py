"""However a network asks to be left alone, its account rests between a minute and a day, and no other does."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from tests.shares.graph_server import busy
from tests.shares.servers import START, as_json
from tests.shares.six import NETWORKS

if TYPE_CHECKING:
    from datetime import datetime

    from tests.shares.servers import Answer
    from tests.shares.six import Six

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
UNSAID = timedelta(minutes=5)  # how long an account rests when nobody says
IN_AN_HOUR = START + timedelta(hours=1)
# What stands in Retry-After (a date that is so far away, where it is a timedelta), and how long that is.
SAID: dict[str | timedelta | None, timedelta] = {
    None: UNSAID,
    "": UNSAID,
    "0": MINUTE,
    "1": MINUTE,
    "-5": MINUTE,
    "600": 10 * MINUTE,
    "600.5": timedelta(seconds=600),
    "86400": DAY,
    "86401": DAY,
    str(10 * 365 * 86400): DAY,
    "9" * 12: DAY,
    "9" * 400: UNSAID,
    "1e3": UNSAID,
    "soon": UNSAID,
    "\u0663": UNSAID,
    "NaN": UNSAID,
    timedelta(hours=1): timedelta(hours=1),
    timedelta(hours=-1): MINUTE,
    timedelta(days=3650): DAY,
    "Thu, 01 Jan 1970 00:00:00 GMT": MINUTE,
    "Mon, 99 Foo 2026 99:00:00 GMT": UNSAID,
    "Fri, 31 Dec 9999 23:59:59 -2359": DAY,
}
EPOCH = str(int(IN_AN_HOUR.timestamp()))
USAGE = "X-Business-Use-Case-Usage"
GRAPH = [
    *[({USAGE: busy(minutes)["X_Business_Use_Case_Usage"]}, pause) for minutes, pause in
      ((19, 19 * MINUTE), (0, UNSAID), (-5, UNSAID), (10**5, DAY), (10**7, UNSAID))],
    ({USAGE: "[[["}, UNSAID),
    ({USAGE: '{"1": [{"estimated_time_to_regain_access": "19"}]}'}, UNSAID),
    ({USAGE: '{"1": [{"estimated_time_to_regain_access": NaN}, 5], "2": 7}'}, UNSAID),
    ({USAGE: '{"1": [{"estimated_time_to_regain_access": 1e400}]}'}, UNSAID),
]  # fmt: skip
# What each network says in headers of its own, and how long that is: by day, from the start.
OWN: dict[str, list[tuple[dict[str, str], timedelta]]] = {
    "mastodon": [
        ({"X-RateLimit-Reset": "2026-11-23T09:00:00.123456Z"}, timedelta(hours=1)),
        ({"X-RateLimit-Reset": "2026-11-28T07:00:00Z"}, MINUTE),
        ({"X-RateLimit-Reset": "2036-11-23T07:00:00Z"}, DAY),
        ({"X-RateLimit-Reset": "2026-11-23T25:00:00Z"}, UNSAID),
    ],
    "bluesky": [
        ({"RateLimit-Reset": EPOCH}, timedelta(hours=1)),
        ({"ratelimit-reset": "1"}, MINUTE),
        ({"RateLimit-Reset": "9" * 12}, UNSAID),
    ],
    "x": [
        ({"x-rate-limit-reset": EPOCH}, timedelta(hours=1)),
        ({"x-rate-limit-reset": EPOCH, "Retry-After": "120"}, 2 * MINUTE),
    ],
    "facebook": GRAPH,
    "threads": GRAPH,
}
TOO_MANY = {"error": {"code": 32, "message": "Too many requests"}}


def as_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def see_rest(six: Six, name: str, answer: Answer, pause: timedelta, *, day: int = 0, sign_in: bool = False) -> None:
    """Answer requests to post (or all) so; see the account rest so long from ``day`` on, and no other."""
    start = timedelta(days=5 * day)
    told = (name, answer[1], pause)
    texts = [f"Day {day}, number {number}" for number in range(4)]
    shares = [six.book.share(name, text, due=START + start) for text in texts[:3]]
    other = six.book.share(next(one for one in NETWORKS if one != name), texts[0], due=START + start)
    posting = six.servers[name].posting
    six.client.asked.clear()
    six.client.instead = lambda *asked: (
        answer if asked[0] == name and (sign_in or asked[1:] == ("POST", posting)) else None
    )
    assert [share.id for share in six.send(start).sent] == [other.id], told
    asked = [one for one in six.client.asked if one[0] == name]
    assert len([one for one in asked if sign_in or one[2] == posting]) == 1, asked  # one is enough for all three
    for share in map(six.book.find, shares):
        assert (share.state, share.not_before) == ("retry", START + start + pause), told
        assert "asks to wait" in share.reason
    six.client.instead = lambda *_: None
    six.client.asked.clear()
    more = six.book.share(name, texts[3], due=START + start + pause - timedelta(seconds=2))
    assert six.send(start + pause - timedelta(seconds=1)).sent == (), told
    assert six.client.asked == []  # not even asked
    assert six.book.find(more).state == "retry", told
    everything = (*shares, more)
    assert len(six.send(start + pause, only=tuple(share.id for share in everything)).sent) == 4, told
    assert [six.posts(share) for share in everything] == [1, 1, 1, 1]


@pytest.fixture
def six(six: Six) -> Six:
    """Take away what the networks say of the time: X alone says it, in every answer."""
    six.client.dates = False
    return six


@pytest.mark.parametrize("name", NETWORKS)
def test_a_request_to_wait_pauses_the_whole_account(six: Six, name: str) -> None:
    for day, (said, pause) in enumerate(SAID.items()):
        words = as_date(START + timedelta(days=5 * day) + said) if isinstance(said, timedelta) else said
        see_rest(six, name, as_json(TOO_MANY, 429, **({} if words is None else {"Retry_After": words})), pause, day=day)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_request_to_wait_in_answer_to_a_sign_in_pauses_as_well(six: Six, name: str) -> None:
    see_rest(six, name, as_json(TOO_MANY, 429, Retry_After="600"), 10 * MINUTE, sign_in=True)


@pytest.mark.parametrize("name", sorted(OWN))
def test_a_networks_own_way_to_ask_is_heard(six: Six, name: str) -> None:
    for day, (headers, pause) in enumerate(OWN[name]):
        status, plain, body = as_json(TOO_MANY, 429)
        see_rest(six, name, (status, {**plain, **headers}, body), pause, day=day)
