"""A year with curate, and the proof that what is held at each day's end can fail."""

from __future__ import annotations

import faulthandler
import shutil
import sqlite3
from contextlib import closing
from copy import deepcopy
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.journeys import invariants
from tests.journeys.year import DAYS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.journeys.year import Year

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("year")]
HANGS = 300  # seconds after which a day has hung


def sql(statement: str) -> Callable[[Year], None]:
    """Break the database as no code of curate's would."""

    def run(year: Year) -> None:
        with closing(sqlite3.connect(year.desk / ".curate" / "desk.db", isolation_level=None)) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute(statement)

    return run


def status(**changes: object) -> Callable[[Year], None]:
    """Change what stands on Mastodon."""

    def run(year: Year) -> None:
        year.mastodon.statuses[0].update(changes)

    return run


def moved(seconds: int) -> Callable[[Year], None]:
    """Let the post on Mastodon have come earlier or later."""

    def run(year: Year) -> None:
        year.mastodon.statuses[0]["at"] += timedelta(seconds=seconds)

    return run


def post(year: Year) -> Path:
    return year.path(next(iter(year.truth.posts)))


def page(year: Year) -> Path:
    return year.public / next(iter(year.truth.public)) / "index.html"


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def unlisted(year: Year) -> None:
    """Let the day's screen forget a share that waits."""
    sql("UPDATE shares SET state = 'retry', not_before = due_at + 86400")(year)
    year.truth.shares = {key: one for key, one in year.truth.shares.items() if one.account == "mastodon"}
    shown = year.today
    year.today = lambda: {**shown(), "shares": {"waiting": []}}  # type: ignore[method-assign]


BREAKAGES: dict[str, tuple[Callable[[Year], object], Callable[..., None]]] = {
    "a decision is gone": (sql("UPDATE items SET state = 'new' WHERE state = 'posted'"), invariants.nothing_lost),
    "a note is gone": (sql("DELETE FROM notes"), invariants.nothing_lost),
    "a tag is gone": (sql("DELETE FROM tags"), invariants.nothing_lost),
    "a share says something else": (sql("UPDATE shares SET text = text || '!'"), invariants.nothing_lost),
    "a post is gone": (lambda year: post(year).unlink(), invariants.nothing_lost),
    "a share is out twice": (
        lambda year: year.mastodon.statuses.append({**year.mastodon.statuses[0], "id": "2000"}),
        invariants.at_most_once,
    ),
    "a share was passed over": (sql("UPDATE shares SET state = 'approved'"), invariants.nothing_dropped),
    "a share that waits is not shown": (unlisted, invariants.nothing_dropped),
    "what was sent is not there": (lambda year: year.mastodon.statuses.clear(), invariants.sent_is_there),
    "what was sent has no name": (sql("UPDATE shares SET remote_id = ''"), invariants.sent_is_there),
    "another post has its name": (status(text="Something else"), invariants.sent_is_there),
    "a post is half written": (lambda year: half(post(year)), invariants.files_are_whole),
    "a temporary file is left": (
        lambda year: (year.desk / "content" / ".curate-tmp-1").touch(), invariants.files_are_whole
    ),
    "a page is of another build": (lambda year: half(page(year)), invariants.site_is_one_build),
    "a page is missing": (lambda year: page(year).unlink(), invariants.site_is_one_build),
    "a page is left over": (
        lambda year: (year.public / "old.html").write_text("Old", encoding="utf-8"), invariants.site_is_one_build
    ),
    "a row has no owner": (sql("INSERT INTO notes VALUES (4711, 'x')"), invariants.database_is_sound),
    "an index is of something else": (
        sql("UPDATE sqlite_schema SET sql = replace(sql, '(account', '(text') WHERE name = 'shares_by_account'"),
        invariants.database_is_sound,
    ),
    "words nobody approved": (status(text="Something else"), invariants.only_as_approved),
    "two seconds early": (moved(-2), invariants.only_as_approved),
    "more than a minute late": (moved(61), invariants.only_as_approved),
    "a share was not tried again": (sql("UPDATE shares SET state = 'missed'"), invariants.faults_are_overcome),
    "a page did not come up": (lambda year: page(year).unlink(), invariants.faults_are_overcome),
    "a page did not come down": (
        lambda year: year.truth.down.add(next(iter(year.truth.public))), invariants.faults_are_overcome
    ),
}  # fmt: skip


def test_a_year_with_curate(a_year: Year) -> None:
    for day in range(DAYS):
        faulthandler.dump_traceback_later(HANGS, exit=True, file=2)  # pytest's own is for the whole year
        a_year.live(day)
    a_year.look_back()


def test_every_invariant_can_fail(a_year: Year, subtests: pytest.Subtests) -> None:
    """A week and a day, with a round-up whose share is out: whatever is broken in it is noticed."""
    for day in range(8):
        a_year.live(day)
    whole = a_year.desk.parent / "whole"
    for folder in (a_year.desk, a_year.public):
        shutil.copytree(folder, whole / folder.name)
    truth, statuses = deepcopy(a_year.truth), deepcopy(a_year.mastodon.statuses)
    for name, (breakage, invariant) in BREAKAGES.items():
        with subtests.test(name):
            breakage(a_year)
            with pytest.raises(AssertionError, match=r"I\d: "):
                invariant(a_year)
        for folder in (a_year.desk, a_year.public):
            shutil.rmtree(folder)
            shutil.copytree(whole / folder.name, folder)
        vars(a_year).pop("today", None)
        a_year.truth, a_year.mastodon.statuses = deepcopy(truth), deepcopy(statuses)
        invariants.hold(a_year)
    assert {invariant for _, invariant in BREAKAGES.values()} == set(invariants.INVARIANTS)
