"""Which days count as tended: what the person did, on the day it was where they are."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.inbox.journal import Moved, note_move
from curate.presence.tending import Tending, count_tended
from tests.presence.test_publish import write_essay

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate

BERLIN = ZoneInfo("Europe/Berlin")
THE_25TH = date(2026, 11, 25)
HELD = ("--now", "2026-11-25T12:00:00Z")


def bookmarks(curate: Curate, desk: Path, now: str) -> list[str]:
    """Put three items into the inbox at ``now``; return their ids."""
    file = desk.parent / "urls.txt"
    file.write_text("".join(f"https://quiet.example/{page}\n" for page in "abc"), encoding="utf-8")
    curate("-C", desk, "import", file, "--now", now)
    return [row["id"] for row in curate("-C", desk, "item", "list", "--state", "kept", "--json", "--now", now).data]


def tended(desk: Path, today: date = THE_25TH, zone: Any = BERLIN) -> Tending:
    with closing(open_database(Desk(desk))) as connection:
        return count_tended(connection, [], today=today, of=14, zone=zone)


def told(curate: Curate, desk: Path, *now: str) -> dict[str, Any]:
    return dict(curate("-C", desk, "today", "--json", *(now or HELD)).data["tended"])


def test_a_day_without_a_decision_ends_the_streak_but_is_not_counted_before_it_is_over(
    curate: Curate, desk: Path
) -> None:
    items = bookmarks(curate, desk, "2026-11-19T12:00:00Z")
    for day, item in zip((20, 23, 24), items, strict=True):
        curate("-C", desk, "item", "skip", item, "--now", f"2026-11-{day}T12:00:00Z")
    assert tended(desk) == Tending(today=False, streak=2, days=4, of=14)
    curate("-C", desk, "item", "keep", items[0], *HELD)
    assert tended(desk) == Tending(today=True, streak=3, days=5, of=14)
    curate("-C", desk, "undo", *HELD)  # nothing stands of it, but somebody was there
    assert tended(desk) == Tending(today=True, streak=3, days=5, of=14)
    assert tended(desk, date(2026, 11, 27)) == Tending(today=False, streak=0, days=5, of=14)
    assert tended(desk, date(2026, 12, 7)) == Tending(today=False, streak=0, days=2, of=14)


def test_a_day_is_the_one_where_the_person_is(curate: Curate, desk: Path) -> None:
    [item, *_] = bookmarks(curate, desk, "2026-11-01T12:00:00Z")
    curate("-C", desk, "item", "skip", item, "--now", "2026-11-24T23:30:00Z")
    assert tended(desk, zone=BERLIN).today
    assert not tended(desk, zone=UTC).today
    assert tended(desk, zone=UTC).streak == 1


def test_a_day_of_25_hours_is_a_day(curate: Curate, desk: Path) -> None:
    items = bookmarks(curate, desk, "2026-10-01T12:00:00Z")
    for item, now in zip(items, ("2026-10-23T22:30Z", "2026-10-25T22:30Z", "2026-10-25T23:30Z"), strict=True):
        curate("-C", desk, "item", "skip", item, "--now", now)
    assert tended(desk, date(2026, 10, 26)).streak == 3  # the second was in the 25th hour of the 25th
    assert tended(desk, date(2026, 10, 24)).streak == 1


def test_writing_planning_approving_and_publishing_tend_a_day_each(curate: Curate, desk: Path) -> None:
    slug, path = write_essay(curate, desk)  # on the 23rd
    assert told(curate, desk) == {"today": False, "streak": 0, "days": 1, "of": 14}
    path.rename(path.with_name("choosing.md"))  # nothing else says when it was begun
    assert told(curate, desk)["days"] == 0
    path.with_name("choosing.md").rename(path)
    curate("-C", desk, "publish", slug, "--no-deploy", "--at", "2026-11-28T12:00:00Z", "--now", "2026-11-24T12:00:00Z")
    assert told(curate, desk) == {"today": False, "streak": 2, "days": 2, "of": 14}
    curate("-C", desk, "account", "add", "mastodon", "--server", "https://social.example", "--handle", "dana",
           "--deliver", "outbox", "--no-input")  # fmt: skip
    words = desk.parent / "share.txt"
    words.write_text("Fewer articles, more thought. What did you last stop reading?", encoding="utf-8")
    [share] = curate("-C", desk, "share", "plan", slug, "--text-file", f"mastodon={words}", "--json", *HELD).data
    assert told(curate, desk) == {"today": True, "streak": 3, "days": 3, "of": 14}
    then = ("--now", "2026-11-26T06:00:00Z")
    curate("-C", desk, "share", "approve", share["id"], *then)
    assert told(curate, desk, *then)["streak"] == 4
    corrected = ("--now", "2026-11-29T12:00:00Z")
    assert told(curate, desk, *corrected)["streak"] == 0  # the post that appeared meanwhile was nobody's doing
    curate("-C", desk, "post", "correct", slug, "--text", "It was nine.", *corrected)
    assert told(curate, desk, *corrected) == {"today": True, "streak": 1, "days": 5, "of": 14}


def test_what_a_machine_does_tends_nothing(desk: Path) -> None:
    moved = Moved(title="Quiet", before="https://quiet.example/a", after="https://quiet.example/b")
    with closing(open_database(Desk(desk))) as connection:
        note_move(connection, moved, now=datetime(2026, 11, 25, 9, tzinfo=UTC))
    assert tended(desk) == Tending(today=False, streak=0, days=0, of=14)


def test_an_answer_that_was_seen_to_tends_the_day(curate: Curate, desk: Path) -> None:
    with closing(open_database(Desk(desk))) as connection:
        connection.execute(
            "INSERT INTO replies (id, account, network, remote_id, kind, author, text, at, heard_at)"
            " VALUES ('rwcx', 'mastodon', 'mastodon', '1', 'reply', 'ines', 'Would you?', 0, 0)"
        )
    assert not tended(desk).today
    curate("-C", desk, "replies", "done", "rwcx", "--now", "2026-11-24T23:30:00Z")  # half past midnight in Berlin
    assert tended(desk).today


def test_the_screen_says_what_was_done_and_never_what_was_not(curate: Curate, desk: Path) -> None:
    assert "Tended" not in curate("-C", desk, "today", *HELD).out
    for day in (12, 13, 14, 23, 24, 25):
        text = f"---\ntitle: Part {day}\nslug: part-{day}\nkind: essay\nstatus: draft\n---\nWords.\n"
        (desk / "content" / f"2026-11-{day}-part.md").write_text(text, encoding="utf-8")
    said = curate("-C", desk, "today", *HELD).out
    assert "Tended     3 days in a row, 6 of the last 14 days\n" in said
    assert "Tended     4 of the last 14 days\n" in curate("-C", desk, "today", "--now", "2026-11-27T12:00:00Z").out
    assert "Tended" not in curate("-C", desk, "today", "--now", "2026-12-08T12:00:00Z").out
