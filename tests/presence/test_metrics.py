"""What became of shares: asked for at the networks once a day, read from exports, kept as samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curate.errors import UsageError
from curate.presence.exports import read_export
from curate.presence.listen import Listening
from curate.presence.metrics import import_rows, standings
from curate.shares import ledger
from curate.shares.networks.readings import Figures
from tests.presence.field import DAY, HOUR, Field
from tests.shares.conftest import Ledger, book
from tests.shares.servers import START, as_json

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate

__all__ = ["book"]


@pytest.fixture
def field(book: Ledger) -> Field:
    return Field(book)


def test_both_networks_are_asked_and_what_they_do_not_count_stays_unsaid(field: Field) -> None:
    field.mastodon.statuses[0] |= {"likes": 5, "reposts": 2, "replies": 1}
    [key] = field.bluesky.records
    field.bluesky.counts[key] = {"likeCount": 7, "repostCount": 1, "quoteCount": 2, "replyCount": 0}
    assert field.listen(START + HOUR) == Listening(samples=2)
    assert field.figures() == {
        "mastodon": Figures(likes=5, reposts=2, replies=1),
        "bluesky": Figures(likes=7, reposts=3, replies=0),
    }


def test_a_share_is_asked_about_once_a_day_for_thirty_days(field: Field) -> None:
    assert [field.listen(START + HOUR * hours).samples for hours in (1, 2, 3, 20, 22, 23, 46)] == [2, 0, 0, 0, 2, 0, 2]
    assert field.listen(START + 29 * DAY).samples == 2
    asked = len(field.mastodon.heard)
    assert field.listen(START + 31 * DAY).samples == 0
    assert ("GET", "/api/v1/statuses/1000") not in field.mastodon.heard[asked:]


def test_a_share_stands_at_what_it_had_come_to_after_a_week(field: Field) -> None:
    for days, likes in ((1, 3), (7, 9), (20, 40)):
        field.mastodon.statuses[0]["likes"] = likes
        field.listen(START + DAY * days)
    assert field.figures()["mastodon"].likes == 9


def test_a_share_that_was_deleted_there_has_no_figures(field: Field) -> None:
    field.mastodon.statuses.clear()
    field.listen(START + HOUR)
    assert "mastodon" not in field.figures()
    assert "bluesky" in field.figures()


@pytest.mark.parametrize("said", [True, -1, "12", 10**13, None, {"n": 1}])
def test_a_count_that_is_none_is_not_believed(field: Field, said: object) -> None:
    field.mastodon.statuses[0] |= {"likes": said, "replies": 4}
    field.listen(START + HOUR)
    assert field.figures()["mastodon"] == Figures(likes=None, reposts=0, replies=4)


ODD = {
    "broken": as_json({"error": "Something broke"}, 500), "hidden": as_json({"error": "Not yours"}, 403), "mute": None,
    "another": as_json({"id": "99", "favourites_count": 50}), "page": (200, {}, b"<h1>Hello</h1>"),
    "wait": as_json({"error": "Too many requests"}, 429, Retry_After="7200"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_status_with_an_odd_answer_costs_only_its_own_figures(field: Field, kind: str, place: int) -> None:
    for number in range(2):
        field.book.share("mastodon", text=f"Other words, number {number}")
        field.book.send(client=field.client)
    for status in field.mastodon.statuses:
        status["likes"] = int(status["id"])
    field.mastodon.instead = {f"/api/v1/statuses/{1000 + place}": ODD[kind]}
    done = field.listen(START + HOUR)
    left = [1000, 1001, 1002][:place] if kind == "wait" else [one for one in (1000, 1001, 1002) if one != 1000 + place]
    assert field.likes() == left
    assert done.troubles == []
    field.mastodon.instead = {}
    field.listen(START + 4 * HOUR)  # what could not be asked while the server wanted to be left alone is asked soon
    assert field.likes() == (left if kind != "wait" else [1000, 1001, 1002])
    field.listen(START + 26 * HOUR)
    assert field.likes() == [1000, 1001, 1002]


def test_a_server_without_an_answer_is_not_asked_for_every_share(field: Field) -> None:
    for number in range(5):
        field.book.share("mastodon", text=f"Other words, number {number}")
        field.book.send(client=field.client)
    field.mastodon.instead = {f"/api/v1/statuses/{1000 + number}": None for number in range(6)}
    field.mastodon.heard.clear()
    assert field.listen(START + HOUR).troubles == []
    asked = [path for _, path in field.mastodon.heard if path.startswith("/api/v1/statuses/")]
    assert len(asked) == 3
    assert field.likes() == []


def test_a_token_that_ended_is_said_once_and_the_others_are_asked(field: Field) -> None:
    password, field.mastodon.password = field.mastodon.password, "another"
    first = field.listen(START + HOUR)
    assert first.samples == 1
    assert len(first.troubles) == 1
    assert first.troubles[0].startswith("mastodon cannot be asked what became of its shares: ")
    assert first.troubles[0].endswith(" curate account add mastodon --name mastodon gives it a new token.")
    for hours in (3, 26, 52):
        assert field.listen(START + hours * HOUR).troubles == []
    field.mastodon.password = password
    field.listen(START + 80 * HOUR)
    field.mastodon.password = "another"
    assert len(field.listen(START + 110 * HOUR).troubles) == 1  # it was good in between


EXPORT = """All the posts of your page in the time frame you chose,,,,,,
Post title,Post link,Created date,Impressions,Clicks,Likes,Comments,Reposts
"=HYPERLINK(""x"")",https://www.linkedin.com/feed/update/urn:li:share:7265748391823478784,11/23/2026,"1,204",9,14,3,2
Other,https://www.linkedin.com/feed/update/urn:li:activity:7265748391823478111,11/23/2026,80,1,1,0,0
"""
TOP = (
    "Maximum of 50 posts\n\n"
    "Post URL,Post publish date,Engagements,,Post URL,Post publish date,Impressions\n"
    "https://www.linkedin.com/feed/update/urn:li:share:7265748391823478784,11/23/2026,19,,"
    "https://www.linkedin.com/feed/update/urn:li:share:7265748391823478784,11/23/2026,1204\n"
)


def by_hand(book: Ledger, url: str) -> None:
    book.account("linkedin", "linkedin")
    ledger.set_sent(book.connection, book.share("linkedin"), url, now=START)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_linkedins_table_is_imported_once_and_strange_rows_are_named(
    book: Ledger, encoding: str, delimiter: str
) -> None:
    by_hand(book, "https://www.linkedin.com/feed/update/urn:li:share:7265748391823478784/")
    text = EXPORT if delimiter == "," else EXPORT.replace(",", ";").replace("1;204", "1.204")
    rows = read_export(text.encode(encoding))
    first = import_rows(book.connection, rows, now=START + DAY)
    assert (first.rows, first.new, first.known) == (2, 1, 0)
    assert [(line, reason) for line, _, reason in first.rejected] == [(4, "no share of yours is known by this address")]
    again = import_rows(book.connection, rows, now=START + 2 * DAY)
    assert (again.new, again.known) == (0, 1)
    [one] = standings(book.connection, since=START - DAY, until=START + DAY)
    assert one.figures == Figures(likes=14, reposts=2, replies=3, views=1204)


def test_two_lists_side_by_side_are_read_as_two() -> None:
    [row] = read_export(TOP.encode())
    assert (row.line, row.figures) == (4, Figures(views=1204))


@pytest.mark.parametrize(
    "data", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b"\x89PNG\r\n\x1a\n\x00", b"Post link,Post title\n"]
)
def test_another_file_is_refused_with_words(data: bytes) -> None:
    with pytest.raises(UsageError, match="This file is"):
        read_export(data)


def test_the_command_names_the_rows_it_left_out_and_a_dry_run_keeps_nothing(
    curate: Curate, desk: Path, tmp_path: Path
) -> None:
    table = tmp_path / "posts.csv"
    table.write_text(EXPORT, encoding="utf-8")
    data = curate("-C", desk, "report", "import", table, "--json").data
    assert (data["kind"], data["rows"], data["new"], data["known"]) == ("linkedin", 2, 0, 0)
    assert [row["row"] for row in data["rejected"]] == [3, 4]
    assert "line 4: https://www.linkedin.com/feed/update/" in curate("-C", desk, "report", "import", table, "-n").out
    table.write_text("no table", encoding="utf-8")
    assert "Nothing was imported" in curate("-C", desk, "report", "import", table, expect=2).err
