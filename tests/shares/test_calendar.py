"""The calendar file: what a calendar reads in it, that it is the same each time, and that no text breaks out of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from curate.shares.calendar import draw_calendar
from curate.shares.ledger import Share
from tests.shares.servers import START

SHARE = Share(
    number=1,
    id="kfmt",
    post="small-models",
    link="https://dana.example/2026/small-models/",
    title="Small models",
    summary="Mine",
    account="mastodon",
    network="mastodon",
    text="Words, of; mine\n\nhttps://dana.example/2026/small-models/",
    state="approved",
    due_at=START,
    wall="2026-11-23T09:00",
    zone="Europe/Berlin",
    created_at=START - timedelta(days=1),
    approved_at=START - timedelta(hours=1),
    seal="x",
    not_before=START - timedelta(days=9999),
    sent_at=None,
    remote_id="",
    remote_url="",
    reason="",
)
HOSTILE = ["", "\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n", "é" * 75, "\x85x\u2028y\\n;,:\x00"]


def events(*shares: Share) -> list[Any]:
    """Read the file back with the calendar library."""
    return list(Calendar.from_ical(draw_calendar(shares, name="Dana")).walk("VEVENT"))


def test_an_event_is_the_share_for_fifteen_minutes() -> None:
    [event] = events(SHARE)
    assert event["UID"] == "kfmt@dana.example"
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (START, START + timedelta(minutes=15))
    assert event["SUMMARY"] == "mastodon: Small models"
    assert event["DESCRIPTION"] == SHARE.text
    assert event["URL"] == SHARE.link
    assert event["DTSTAMP"].dt == SHARE.approved_at


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("draft", ["TENTATIVE"]),
        ("missed", ["TENTATIVE"]),
        ("rejected", ["TENTATIVE"]),
        ("approved", ["CONFIRMED"]),
        ("sent", ["CONFIRMED"]),
        ("retry", ["CONFIRMED"]),
        ("cancelled", []),
    ],
)
def test_the_status_tells_what_is_sure(state: str, status: list[str]) -> None:
    assert [event["STATUS"] for event in events(replace(SHARE, state=state))] == status


def test_what_is_out_points_to_where_and_when_it_is() -> None:
    sent = replace(SHARE, state="sent", sent_at=START + timedelta(minutes=3), remote_url="https://social.example/@d/1")
    [event] = events(sent)
    assert event["URL"] == "https://social.example/@d/1"
    assert event["DTSTART"].dt == sent.sent_at
    assert (
        events(replace(sent, remote_url="https://social.example/\r\nATTACH:file:///etc/passwd"))[0].get("URL") is None
    )


def test_the_same_shares_in_any_order_are_the_same_bytes_and_keep_their_uid_when_moved() -> None:
    other = replace(SHARE, number=2, id="rwcx", due_at=START + timedelta(days=1))
    first = draw_calendar([SHARE, other], name="Dana")
    assert draw_calendar([other, SHARE], name="Dana") == first
    moved = replace(SHARE, due_at=START + timedelta(days=3))
    assert events(moved)[0]["UID"] == events(SHARE)[0]["UID"]


@given(st.text(), st.text(), st.sampled_from(HOSTILE))
def test_no_text_breaks_out_of_its_event(title: str, text: str, more: str) -> None:
    hostile = replace(SHARE, title=title + more, text=more + text, account="a" + more)
    data = draw_calendar([hostile, SHARE], name=title + more)
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    calendar: Any = Calendar.from_ical(data)
    first, second = calendar.walk("VEVENT")
    assert {first["UID"], second["UID"]} == {"kfmt@dana.example"}
    for event in (first, second):
        assert set(event) == {
            "UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "STATUS", "TRANSP", "URL"
        }  # fmt: skip
