"""Sources that say something else than when they were cited: seen over days, told with what is lost, and mended."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.desk.db import open_database
from curate.site import texts
from curate.site.strikes import Answer, list_due, note
from tests.site.conftest import LINK, NOON, QUOTE, SOURCE, Site, new_site

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate, Loopback

SAID = [
    "We put a small model in the pager rotation for eight weeks.",
    "Nobody on the team believed that it would be of any use at all.",
    QUOTE,
    "Two incidents out of three began with a page that it had drafted.",
    "The third one taught us to keep a person at the button, always.",
]


def page(*sentences: str) -> str:
    inside = "".join(f"<p>{sentence}</p>" for sentence in sentences)
    return f"<html lang=en><head><title>Night shift</title></head><body><article>{inside}</article></body></html>"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A desk with a built site; its posts are written by each test, after the build."""
    made = new_site(tmp_path_factory.mktemp("rot") / "desk")
    made.build()
    return made


class Cited:
    """A desk with one post whose source is on loopback, and the archive there, too."""

    def __init__(self, site: Site, curate: Curate, loopback: Loopback) -> None:
        self.site, self.curate, self.loopback = site, curate, loopback
        self.url = self.say(*SAID)
        self.post = self.write("about", self.url)
        self("config", "set", "site.archive", f"{loopback.url}/web")
        self("config", "set", "fetch.no_full_text", "[]")

    def say(self, *sentences: str, robots: str = "all") -> str:
        headers = {"Content_Type": "text/html; charset=utf-8", "X_Robots_Tag": robots}
        return self.loopback.put("/a", page(*sentences), 200, **headers)

    def write(self, slug: str, url: str, **more: Any) -> Path:
        alone = {**LINK, "source": {**SOURCE, "url": url}, "via": {}, "also_covered_by": [], "syndication": []}
        return self.site.write(slug, folder="links", **{**alone, **more})

    def __call__(self, *arguments: str, expect: int = 0) -> Any:
        return self.curate("-C", self.site.desk.root, *arguments, expect=expect)

    def check(self, days: float, *more: str, expect: int = 0) -> Any:
        now = (NOON + timedelta(days=days)).isoformat()
        return self("site", "check", "--online", "--json", "--now", now, *more, expect=expect).data["sources"]


@pytest.fixture
def cited(built: Site, curate: Curate, loopback: Loopback) -> Cited:
    for path in (*built.desk.content.glob("links/*.md"), *built.desk.private.glob("desk*")):
        path.unlink()
    return Cited(built, curate, loopback)


def test_what_a_source_says_is_kept_once_with_its_hash(cited: Cited) -> None:
    assert cited.check(0) == []
    cited.say(*SAID, "A sentence that came later.")
    assert cited.check(1) == []
    with closing(open_database(cited.site.desk)) as connection:
        [row] = connection.execute("SELECT * FROM source_texts").fetchall()
    assert (row["url"], row["kept_at"]) == (cited.url, int(NOON.timestamp()))
    assert QUOTE in row["text"]
    assert "came later" not in row["text"]
    assert len(row["hash"]) == 64


def test_a_quote_that_is_gone_is_told_after_three_days_with_the_sentence_and_a_copy(cited: Cited) -> None:
    cited.check(0)
    cited.say(*(sentence for sentence in SAID if sentence != QUOTE), "Anything else.")
    for days, strikes in ((1, 1), (1.5, 1), (2, 2)):
        [one] = cited.check(days)
        assert (one["strikes"], one["out"], one["quotes_lost"]) == (strikes, False, [QUOTE])
    [one] = cited.check(3, expect=3)
    assert (one["changed"], one["out"]) == (25, True)
    assert one["advice"] == (
        f"{cited.post}:13: {cited.url} has changed: a sentence that is quoted is gone, 25 % of what it said is not"
        " there any more (since 2026-11-24). It does not say “We stopped asking whether the small model was right. Its"
        f" first draft saved the…” any more. A copy of it may be at {cited.loopback.url}/web/20261122/{cited.url}:"
        " curate post archive about"
    )


def test_tick_looks_at_each_source_once_a_week_and_tells_once_what_became_of_it(cited: Cited) -> None:
    def tick(days: float) -> tuple[int, list[str]]:
        before = len([path for _, path, *_ in cited.loopback.seen if path == "/a"])
        now = (NOON + timedelta(days=days)).isoformat()
        result = cited("tick", "--json", "--now", now)
        asked = len([path for _, path, *_ in cited.loopback.seen if path == "/a"]) - before
        assert (asked > 0) == (result.data["looked"] == 1)
        return asked, json.loads(result.out)["warnings"]

    assert [tick(days)[0] for days in (0, 0.01, 0.1, 3, 6.9, 7.1)] == [1, 0, 0, 0, 0, 1]
    cited.say(*(sentence for sentence in SAID if sentence != QUOTE))
    told = [tick(days) for days in (14.2, 14.3, 15.1, 15.2, 16, 16.1, 17, 18)]
    assert [asked for asked, _ in told] == [1, 0, 1, 0, 1, 0, 0, 0]
    [warning] = told[4][1]
    assert warning.startswith(f"{cited.post}:13: {cited.url} has changed: a sentence that is quoted is gone")
    assert not any(warnings for _, warnings in (*told[:4], *told[5:]))
    today = cited("today", "--now", (NOON + timedelta(days=18)).isoformat()).out
    assert f"Sources    changed: {cited.url}" in today
    cited.say(*SAID)
    assert tick(24)[0] == 1
    assert "Sources" not in cited("today", "--now", (NOON + timedelta(days=24.1)).isoformat()).out


def test_of_many_sources_some_are_asked_at_a_time_the_struck_ones_beside_some_that_live(built: Site) -> None:
    urls = [f"https://example.org/{number}" for number in range(100)]
    with closing(open_database(built.desk)) as connection:
        connection.execute("DELETE FROM links")
        for hours, asked in enumerate((40, 43, 23, 0)):
            now = NOON + timedelta(hours=hours)
            due = list_due(connection, urls, now=now)
            assert len(due) == asked
            note(connection, [Answer(url=url) for url in due], now=now)
        note(connection, [Answer(url=urls[7], reason="it answers 404")], now=now)
        assert list_due(connection, urls, now=now + timedelta(hours=19)) == []
        due = list_due(connection, urls, now=now + timedelta(hours=21))
        assert (due[0], len(due)) == (urls[7], 4)
        assert list_due(connection, urls, now=now - timedelta(days=400)) != []  # a clock that was ahead
        assert len(list_due(connection, urls, now=now + timedelta(days=8))) == 43


def test_a_text_that_lost_much_is_told_and_one_that_lost_little_is_not(cited: Cited) -> None:
    cited.check(0)
    cited.say(SAID[0], SAID[2], "New words, of something else, and more of them than there were before.")
    [one] = cited.check(1)
    assert (one["changed"], one["quotes_lost"], one["reason"]) == (
        58, [], "58 % of what it said is not there any more",
    )  # fmt: skip
    cited.say(SAID[0], SAID[1].upper(), "«" + QUOTE + "»", *SAID[3:])
    assert cited.check(2) == []
    cited.say(SAID[0], "Little.", *SAID[2:])
    [one] = cited.check(3)
    assert (one["strikes"], one["changed"]) == (1, 20)


def test_one_word_of_a_quote_is_enough_in_a_long_text(cited: Cited) -> None:
    rest = [f"Sentence number {number} of the rest says nothing that is quoted." for number in range(40)]
    cited.say(*SAID, *rest)
    cited.check(0)
    cited.say(*(sentence.replace("saved", "cost") for sentence in SAID), *rest)
    [one] = cited.check(1)
    assert (one["quotes_lost"], one["changed"]) == ([QUOTE], 2)


def test_each_post_loses_its_own_quotes(cited: Cited) -> None:
    other = cited.write("other", cited.url, quotes=[{"text": "Two incidents out of three […] that it had drafted."}])
    cited.check(0)
    cited.say(*(sentence for sentence in SAID if sentence != QUOTE))
    rows = {row["path"]: row["quotes_lost"] for row in cited.check(1)}
    assert rows == {str(cited.post): [QUOTE], str(other): []}


def test_what_the_body_quotes_is_looked_for_too(cited: Cited) -> None:
    body = "\n".join((
        "My words.", "", "> _Nobody on the team_ believed that it would be **of any use**", "> at all.", ">",
        f"> [{SAID[3]}](https://example.net/x)", "> — Rosa Lindqvist", "", "```", f"> {SAID[0]}", "```", "",
        f"<blockquote><p>{SAID[4]}</p></blockquote>", "", "> What nobody there ever said.", "", "Mine again.",
    ))  # fmt: skip
    cited.post.unlink()
    cited.write("body", cited.url, quotes=[], body=body)
    cited.check(0)
    cited.say("Something else altogether stands there now.")
    [one] = cited.check(1)
    assert one["quotes_lost"] == [SAID[1], SAID[3], SAID[4]]
    assert one["reason"].startswith("a sentence that is quoted is gone")


def test_a_change_that_is_right_is_accepted(cited: Cited) -> None:
    cited.check(0)
    cited.say("Everything is new.", "Not one word is as it was before.")
    assert len(cited.check(1)) == 1
    assert cited.check(2, "--accept", cited.url) == []
    assert cited.check(3) == []
    assert "There is no kept text of “https://x.example/”" in cited(
        "site", "check", "--online", "--accept", "https://x.example/", expect=2).err  # fmt: skip
    assert "--online" in cited("site", "check", "--accept", cited.url, expect=2).err


def test_what_a_source_said_stays_kept_when_it_cannot_be_accepted(cited: Cited) -> None:
    cited.check(0)
    cited.loopback.put("/a", "", 503)
    accept = ("site", "check", "--online", "--now", (NOON + timedelta(days=1)).isoformat(), "--accept", cited.url)
    told = cited(*accept, expect=5).err
    assert f"{cited.url} cannot be read now; what it said stays kept." in told
    cited.say("Everything is new.", "Not one word is as it was before.")
    cited(*accept, "--accept", "https://x.example/", expect=2)
    [one] = cited.check(1)
    assert one["changed"] == 100


def test_a_source_that_cannot_be_read_for_a_day_is_compared_again_afterwards(cited: Cited) -> None:
    cited.check(0)
    cited.loopback.put("/a", "", 503)
    [one] = cited.check(1)
    assert (one["reason"], one["changed"]) == ("it answers 503 Service Unavailable", None)
    cited.say(*SAID)
    assert cited.check(2) == []


@pytest.mark.parametrize(
    "forbidden", ["robots.txt", "X-Robots-Tag", "no_full_text", "robots.txt in trouble", "no page at all"]
)
def test_a_text_that_is_not_to_be_kept_is_not(cited: Cited, forbidden: str) -> None:
    def answer(*sentences: str) -> None:
        cited.say(*sentences, robots="noarchive" if forbidden == "X-Robots-Tag" else "all")
        if forbidden == "no page at all":
            cited.loopback.put("/a", sentences[0].encode() + b"\0" * 99, Content_Type="image/png")

    if forbidden.startswith("robots.txt"):
        cited.loopback.put("/robots.txt", "User-agent: *\nDisallow: /a", 503 if "trouble" in forbidden else 200)
    if forbidden == "no_full_text":
        cited("config", "set", "fetch.no_full_text", '["127.0.0.1"]')
    answer(*SAID)
    assert cited.check(0) == []
    answer("Everything is new.")
    assert cited.check(1) == []
    with closing(open_database(cited.site.desk)) as connection:
        assert connection.execute("SELECT count(*) FROM source_texts").fetchone()[0] == 0


# The copy


def wayback(cited: Cited, status: int = 302, **headers: str) -> None:
    place = f"/web/20261122/{cited.url}"
    cited.loopback.put(place, "", status, **headers)


def test_one_command_puts_the_copy_beside_the_source_and_ends_the_matter(cited: Cited) -> None:
    copy = f"{cited.loopback.url}/web/20261121083000/{cited.url}"
    cited.check(0)
    cited.say("Everything is new.")
    for days in (1, 2, 3):
        found = cited.check(days, expect=3 if days == 3 else 0)
    assert found[0]["out"]
    wayback(cited, Location=copy)
    before = cited.post.read_text(encoding="utf-8")
    assert f"Archived   {copy}\n" in cited("post", "archive", "about").out
    assert cited.loopback.seen[-1][0] == "HEAD"
    after = cited.post.read_text(encoding="utf-8")
    added = f"archived:\n  url: {copy}\n  found: changed\n  checked: 2026-11-26\n"
    assert after == before.replace("---\nThe number", f"{added}---\nThe number")
    assert cited.check(4) == []
    cited.site.build()
    shown = lxml.html.fromstring(cited.site.page("2026/about"))
    assert (
        shown.xpath('string(//*[@class="archived"])')
        == "Changed since it was cited here (checked 26 November 2026): archived copy"
    )
    assert shown.xpath('//*[@class="archived"]/a/@href') == [copy]
    assert copy.encode() in cited.site.feed()
    cited.post.unlink()
    cited.site.build()


def test_a_source_that_is_gone_says_so(cited: Cited) -> None:
    cited.loopback.pages.pop("/a")
    for days in (0, 1, 2):
        cited.check(days, expect=3 if days == 2 else 0)
    wayback(cited, 200)
    cited("post", "archive", "about", "--json")
    said = cited("post", "archive", "about", "--json").data["archived"]
    assert said == {
        "url": f"{cited.loopback.url}/web/20261122/{cited.url}", "found": "gone", "checked": "2026-11-25",
    }  # fmt: skip
    assert cited.post.read_text(encoding="utf-8").count("archived:") == 1


def test_a_copy_of_ones_own_and_no_word_of_a_source_that_is_well(cited: Cited) -> None:
    cited.check(0)
    said = cited("post", "archive", "about", "--copy", "https://archive.example/abc", "--json").data["archived"]
    assert said == {"url": "https://archive.example/abc"}
    cited.site.build()
    assert ">Archived copy</a></p>" in cited.site.page("2026/about")
    cited.post.unlink()
    cited.site.build()


@pytest.mark.parametrize(
    ("status", "location", "code", "words"),
    [
        (404, "", 3, "shows no copy of it"),
        (503, "", 5, "answered 503 Service Unavailable"),
        (302, "https://elsewhere.example/login", 5, "answered 302 Found"),
        (302, "javascript:alert(1)", 5, "answered 302 Found"),
        (302, "http://[oops", 5, "answered 302 Found"),
        (302, "", 5, "answered 302 Found"),
    ],
)
def test_no_address_that_the_archive_does_not_stand_for_is_written(
    cited: Cited, status: int, location: str, code: int, words: str
) -> None:
    wayback(cited, status, **({"Location": location} if location else {}))
    before = cited.post.read_bytes()
    assert words in cited("post", "archive", "about", expect=code).err
    assert cited.post.read_bytes() == before


def test_a_copy_that_is_no_address_and_a_post_without_a_source_are_refused(cited: Cited) -> None:
    assert "is no address" in cited("post", "archive", "about", "--copy", "javascript:alert(1)", expect=2).err
    cited.write("bare", "", source={})
    assert "bare has no source" in cited("post", "archive", "bare", expect=3).err
    assert "bare has no source" in cited("post", "archive", "bare", "--copy", "https://x.example/", expect=3).err


def test_an_archived_address_in_a_header_that_is_none_is_no_link(cited: Cited) -> None:
    cited.write("about", cited.url, archived={"url": "javascript:alert(1)", "found": "<b>", "checked": "<i>"})
    cited.site.build()
    shown = cited.site.page("2026/about")
    assert "javascript:alert" not in shown
    assert 'class="archived"' not in shown
    cited.post.unlink()
    cited.site.build()


# Comparing


@given(st.text(), st.text())
def test_what_is_lost_is_between_nothing_and_all(before: str, after: str) -> None:
    assert 0 <= texts.lost_percent(before, after) <= 100
    assert texts.lost_percent(before, before + "\n" + after) == 0
    assert texts.lost_quotes([before], before, before) == ()


@pytest.mark.parametrize(
    ("quote", "there"),
    [
        ("it was right", True), ("It was ‘right’", True), ("it was rig", False), ("it was … at last", True),
        ("it was [...] at last", True), ("at last … it was", True), ("…", True), ("wrong", False),
    ],
)  # fmt: skip
def test_a_quote_stands_by_its_words_whatever_its_marks_and_what_it_leaves_out(quote: str, there: bool) -> None:  # noqa: FBT001 - of a table
    said = "“It was ‘right’,” they said, at last."
    assert (texts.lost_quotes([quote], f"{said} {quote}", said) == ()) is there
