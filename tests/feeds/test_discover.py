"""The feeds of an address are found, and only what was read as a feed is offered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from curate.errors import NetworkTrouble
from curate.feeds.discover import Found, discover, feed_links, usual_places
from curate.feeds.workers import Unreadable
from curate.web.client import BadAnswer, Client, NotSent

if TYPE_CHECKING:
    from tests.conftest import Loopback

ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>{title}</title><id>urn:x</id>
<link href="https://night.example/"/><updated>2026-11-02T08:00:00Z</updated></feed>"""


def page(*links: str) -> str:
    return f"<!doctype html><html><head><title>Night Shift</title>{''.join(links)}</head><body><p>x</p></body></html>"


def link(href: str, kind: str = "application/atom+xml", title: str = "") -> str:
    return f'<link rel="alternate" type="{kind}" href="{href}" title="{title}">'


def find(url: str) -> list[Found]:
    async def look() -> list[Found]:
        async with Client(allow_private=["127.0.0.1"], timeout=5) as client:
            return await discover(client, url)

    return asyncio.run(look())


def test_an_address_that_is_a_feed_is_found_with_its_title(loopback: Loopback) -> None:
    url = loopback.put("/atom", ATOM.format(title="Night Shift"))
    assert find(url) == [Found(url=url, title="Night Shift", site_url="https://night.example/", kind="itself")]
    assert [heard[1] for heard in loopback.seen] == ["/atom"]


def test_a_feed_that_moved_for_good_is_found_where_it_is_now(loopback: Loopback) -> None:
    new = loopback.put("/new", ATOM.format(title="Night Shift"))
    assert find(loopback.put("/old", "", status=301, Location="/new"))[0].url == new
    for_now = loopback.put("/now", "", status=302, Location="/new")
    assert find(for_now)[0].url == for_now


def test_a_page_names_its_feeds_in_its_order(loopback: Loopback) -> None:
    posts, comments = loopback.put("/posts", ATOM.format(title="")), loopback.put("/c", ATOM.format(title="Comments"))
    url = loopback.put("/", page(link("/posts", title="All posts"), link("c"), link("/gone"), link("/")))
    assert [(found.url, found.title, found.kind) for found in find(url)] == [
        (posts, "All posts", "named"),
        (comments, "Comments", "named"),
    ]


def test_a_page_that_names_none_is_asked_at_the_usual_places(loopback: Loopback) -> None:
    feed = loopback.put("/index.xml", ATOM.format(title="Night Shift"))
    loopback.put("/rss.xml", page())
    url = loopback.put("/blog/", page(link("/broken")))
    assert [(found.url, found.kind) for found in find(url)] == [(feed, "guessed")]


def test_feeds_of_comments_come_last(loopback: Loopback) -> None:
    for name in ("c", "posts", "comments"):
        loopback.put(
            f"/{name}", ATOM.format(title=f"Night Shift {name}" if name != "c" else "Comments on: Night Shift")
        )
    url = loopback.put("/", page(link("/c"), link("/comments"), link("/posts")))
    assert [found.url.rpartition("/")[2] for found in find(url)] == ["posts", "c", "comments"]


def test_usual_places_lie_beside_the_page_too_and_the_likeliest_wins(loopback: Loopback) -> None:
    loopback.put("/feed.xml", ATOM.format(title="Everything"))
    feed = loopback.put("/blog/rss.xml", ATOM.format(title="Blog"))
    url = loopback.put("/blog/", page())
    assert [found.url for found in find(url)] == [feed]
    assert len(loopback.seen) <= 16
    assert usual_places("https://a.example/")[0] == "https://a.example/feed"
    assert usual_places("https://a.example/blog?x=1")[0] == "https://a.example/blog/feed"


def test_a_site_with_a_rule_is_asked_there_first_and_its_page_when_that_fails(
    loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = "<entry><title>1.0</title><id>1</id></entry></feed>"
    empty = loopback.put("/releases.atom", ATOM.format(title="Releases"))
    tags = loopback.put("/tags.atom", ATOM.format(title="Tags").replace("</feed>", entry))
    url = loopback.put("/tool", page(link("/other")))
    rules = [loopback.url + "/gone.atom", empty, tags]
    monkeypatch.setattr("curate.feeds.discover.profile_feeds", lambda _: rules)
    assert [(found.url, found.kind) for found in find(url)] == [(tags, "ruled")]
    loopback.put("/tags.atom", "", status=404)
    assert [(found.url, found.kind) for found in find(url)] == [(empty, "ruled")]
    loopback.put("/releases.atom", "", status=404)
    other = loopback.put("/other", ATOM.format(title="Other"))
    assert [(found.url, found.kind) for found in find(url)] == [(other, "named")]


def test_where_there_is_no_feed_the_reason_is_told(loopback: Loopback) -> None:
    with pytest.raises(Unreadable, match=r"is a web page, not a feed\. It names no feed") as error:
        find(loopback.put("/", page()))
    assert error.value.exit == 1
    with pytest.raises(Unreadable, match="answered with nothing"):
        find(loopback.put("/", ""))


def test_an_address_that_does_not_answer_is_network_trouble(loopback: Loopback) -> None:
    with pytest.raises(BadAnswer, match="answered 404 Not Found"):
        find(loopback.url + "/gone")
    with pytest.raises(NotSent, match="refused: private address"):
        find("http://192.168.0.1/feed")
    with pytest.raises(NetworkTrouble, match="refused: only http"):
        find("file:///etc/passwd")


def test_a_page_cannot_lead_curate_to_a_private_address(loopback: Loopback) -> None:
    url = loopback.put("/", page(link("http://10.0.0.1/feed"), link("file:///etc/passwd"), link("javascript:alert(1)")))
    with pytest.raises(Unreadable):
        find(url)


def test_links_are_read_as_a_page_means_them() -> None:
    body = page(
        '<base href="https://cdn.example/blog/">',
        link("atom.xml", title=" Posts \n and notes "),
        link("/rss", "application/rss+xml; charset=utf-8"),
        link("//other.example/f", "application/feed+json"),
        link("atom.xml", title="again"),
        link("page.html", "text/html"),
        link("api", "application/json"),
        '<link rel="stylesheet" type="text/xml" href="style">',
        '<LINK REL="ALTERNATE feed" TYPE="APPLICATION/RSS+XML" HREF="upper">',
        '<link rel="alternate" type="application/rss+xml">',
    )
    assert feed_links(body.encode(), "https://night.example/x") == [
        ("https://cdn.example/blog/atom.xml", "Posts and notes"),
        ("https://cdn.example/rss", ""),
        ("https://other.example/f", ""),
        ("https://cdn.example/blog/upper", ""),
    ]


def test_a_link_behind_much_script_is_seen() -> None:
    script = f"<script>{'x();' * 150_000}</script>"
    links = feed_links(page(script, link("/feeds/videos.xml?channel_id=UCx")).encode(), "https://www.example.org/@dana")
    assert [url for url, _ in links] == ["https://www.example.org/feeds/videos.xml?channel_id=UCx"]


def test_a_page_that_names_thousands_is_not_followed_for_ever() -> None:
    assert len(feed_links(page(*(link(f"/{number}") for number in range(2000))).encode(), "https://x.example/")) == 10
    assert feed_links(b"\xff\x00<\xff" * 1000, "https://x.example/") == []
    assert feed_links(page(link("http://[")).encode(), "https://x.example/") == []
