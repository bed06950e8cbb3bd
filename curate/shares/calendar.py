"""Show the shares as a calendar file, iCalendar of RFC 5545, that any calendar can open or watch.

The same shares give the same bytes. A share keeps its UID for life, so that a calendar that reads the
file again moves an event where the share was moved.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from icalendar import Calendar, Event, vText

from curate.shares.limits import moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from curate.shares.ledger import Share

LENGTH = timedelta(minutes=15)
UNSURE = ("draft", "missed", "rejected")  # these wait for a person; all others are out or on their way
ADDRESS = re.compile(r"https?://[!-~]+")


def draw_calendar(shares: Iterable[Share], *, name: str) -> bytes:
    """Return the calendar ``name`` with one event for each share that is not cancelled."""
    calendar = Calendar()
    calendar.add("prodid", "-//curate//shares//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", vText(_plain(name)))
    for share in sorted(shares, key=lambda one: (moment(one), one.number)):
        if share.state != "cancelled":
            calendar.add_component(_event(share))
    return bytes(calendar.to_ical())


def _event(share: Share) -> Event:
    event = Event()
    start = moment(share)
    event.add("uid", f"{share.id}@{urlsplit(share.link).hostname or 'share'}")
    event.add("dtstamp", max(filter(None, (share.created_at, share.approved_at, share.sent_at))))
    event.add("dtstart", start)
    event.add("dtend", start + LENGTH)
    event.add("summary", _plain(f"{share.account}: {share.title or share.post}"))
    event.add("description", _plain(share.text))
    event.add("status", "TENTATIVE" if share.state in UNSURE else "CONFIRMED")
    event.add("transp", "TRANSPARENT")  # nobody is busy while a share goes out
    address = share.remote_url or share.link
    if ADDRESS.fullmatch(address):  # an address is not escaped in the file
        event.add("url", address)
    return event


def _plain(text: str) -> str:
    """Return ``text`` without what the format cannot carry: control characters beside the ends of lines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cs"})
