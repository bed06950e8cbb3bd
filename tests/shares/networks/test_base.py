"""Reading what any network may answer: pauses in every form, words in any state."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from curate.shares.ledger import LONGEST
from curate.shares.networks.base import PAUSE, SHORTEST, clean, identifier, said, wait_until, web_address
from curate.shares.tokens import Secret
from curate.web.client import Reply

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HOUR = NOW + timedelta(hours=1)


def reply(body: bytes = b"", headers: dict[str, str] | None = None) -> Reply:
    return Reply(url="https://social.example/", status=429, headers=CIMultiDict(headers or {}), body=body)


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({}, PAUSE),
        ({"Retry-After": "3600"}, timedelta(hours=1)),
        ({"Retry-After": "90.5"}, timedelta(seconds=90.5)),
        ({"Retry-After": format_datetime(HOUR, usegmt=True)}, timedelta(hours=1)),
        ({"Retry-After": "0"}, SHORTEST),
        ({"Retry-After": "-10"}, SHORTEST),
        ({"Retry-After": "315360000"}, LONGEST),
        ({"Retry-After": "999999999999"}, LONGEST),
        ({"Retry-After": "99999999"}, LONGEST),
        ({"Retry-After": format_datetime(NOW + timedelta(days=3650))}, LONGEST),
        ({"Retry-After": format_datetime(NOW - timedelta(days=1))}, SHORTEST),
        ({"Retry-After": "soon"}, PAUSE),
        ({"Retry-After": "٣"}, PAUSE),
        ({"Retry-After": "9" * 400}, PAUSE),
        ({"X-RateLimit-Reset": "2026-11-23T09:00:00.000000Z"}, timedelta(hours=1)),
        ({"X-RateLimit-Reset": "2026-11-23T09:00:00"}, timedelta(hours=1)),
        ({"RateLimit-Reset": str(int(HOUR.timestamp()))}, timedelta(hours=1)),
        ({"x-rate-limit-reset": str(int(HOUR.timestamp()))}, timedelta(hours=1)),
        ({"Retry-After": "soon", "RateLimit-Reset": str(int(HOUR.timestamp()))}, timedelta(hours=1)),
    ],
)
def test_a_pause_is_read_in_every_form_and_kept_between_a_minute_and_a_day(
    headers: dict[str, str], pause: timedelta
) -> None:
    assert wait_until(reply(headers=headers), now=NOW) == NOW + pause


@given(st.text(max_size=40))
def test_no_header_makes_a_pause_shorter_than_a_minute_or_longer_than_a_day(text: str) -> None:
    assert SHORTEST <= wait_until(reply(headers={"Retry-After": text}), now=NOW) - NOW <= LONGEST


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": "Too long"}', "HTTP 429: Too long"),
        (b'{"error": "InvalidRequest", "message": "No such record"}', "HTTP 429: InvalidRequest: No such record"),
        (b'{"title": "Forbidden", "detail": "No duplicates"}', "HTTP 429: No duplicates"),
        (b"<h1>Bad</h1>\n<p>gateway</p>", "HTTP 429: Bad gateway"),
        (b"", "HTTP 429"),
        (b'{"error": 7}', 'HTTP 429: {"error": 7}'),
        (b"\xff\xfe\x00", "HTTP 429: ��"),
    ],
)
def test_a_servers_words_are_kept_in_one_line(body: bytes, words: str) -> None:
    assert said(reply(body)) == words


def test_the_words_of_a_huge_answer_are_read_at_once_and_hide_the_token() -> None:
    started = time.process_time()
    words = said(reply(b"<" * 1_000_000 + b"canary"), Secret("canary"))
    assert len(words) <= 320
    said(reply(b'{"error": "' + b"<" * 1_000_000 + b'"}'))
    assert time.process_time() - started < 2  # a second of it, squared, would be hours
    assert "canary" not in said(reply(b'{"error": "can\\u200bary and can\\u0000ary"}'), Secret("canary"))
    assert "cana" not in said(reply(b"x" * 4092 + b"canary"), Secret("canary"))


@given(st.text(max_size=500))
def test_foreign_words_are_short_and_move_no_cursor(text: str) -> None:
    words = clean(f"{text} canary {text}", Secret("canary"))
    assert len(words) <= 300
    assert words.isprintable()
    assert "canary" not in words


@pytest.mark.parametrize("value", [None, 7, "", "../../etc", "a/b", "a b", ".hidden", "x" * 301, "a\n"])
def test_what_cannot_name_a_post_is_no_name(value: object) -> None:
    assert identifier(value) == ""


@pytest.mark.parametrize("value", ["1000", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "did:plc:abc", "dana.bsky.social"])
def test_names_of_posts_and_accounts_are_kept(value: str) -> None:
    assert identifier(value) == value


@pytest.mark.parametrize(
    "value", [None, "javascript:alert(1)", "https://a.example/\x1b[31m", "//a.example", "https://é"]
)
def test_what_is_no_web_address_is_not_kept(value: object) -> None:
    assert web_address(value) == ""
