"""A page is read for its full text only where its site lets programs do that, and each site is asked once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from multidict import CIMultiDict

from curate.feeds.robots import Robots, allowed, keeps_text
from curate.web.client import LARGEST, Client
from curate.web.trouble import NotSent

if TYPE_CHECKING:
    from tests.conftest import Loopback

SITE = "https://a.example"


def may(robots: str, path: str = "/night-shift") -> bool:
    return allowed(robots, SITE + path)


@pytest.mark.parametrize(
    ("robots", "verdict"),
    [
        ("", True),
        ("not a robots.txt at all", True),
        ("<!doctype html><title>Disallow: /</title>", True),
        ("Disallow: /", True),  # under no name
        ("User-agent: *\nDisallow: /", False),
        ("user-AGENT : *\nDISALLOW : /", False),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: *\nDisallow:\nDisallow: /night", False),
        ("User-agent: other\nDisallow: /", True),
        ("User-agent: curate\nDisallow: /", False),
        ("User-agent: Curate/1.0 (reader)\nDisallow: /", False),
        ("User-agent: curated\nDisallow: /", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: curate\nAllow: /", True),
        ("User-agent: curate\nDisallow:\n\nUser-agent: *\nDisallow: /", True),
        ("User-agent: curate\n\nUser-agent: *\nDisallow: /", False),  # one group of two names
        ("User-agent: *\nDisallow: /\nUser-agent: curate\n", True),  # ours is there, and empty
        ("User-agent: other\nUser-agent: curate\nDisallow: /", False),
        ("User-agent: other\nCrawl-delay: 5\nUser-agent: curate\nDisallow: /", False),
        ("User-agent: other\nSitemap: /map.xml\n\nUser-agent: curate\nDisallow: /", False),
        ("User-agent: curate\nDisallow: /x\nUser-agent: other\nDisallow: /", True),
        ("User-agent: curate\nDisallow: /x\n\nUser-agent: curate\nDisallow: /night", False),  # groups are joined
        ("# all\nUser-agent: * # everybody\nDisallow: /night # not this", False),
        ("User-agent: *\nDisallow: # nothing", True),
        ("User-agent: *\r\nDisallow: /\r\n", False),
        ("User-agent: *\rDisallow: /\r", False),
        ("User-agent: *\nNoindex: /\nHost: a.example\nDisallow /", True),
    ],
)
def test_the_group_that_names_curate_counts_or_else_the_one_for_all(robots: str, *, verdict: bool) -> None:
    assert may(robots) is verdict


@pytest.mark.parametrize(
    ("rules", "path", "verdict"),
    [
        (["Disallow: /a", "Allow: /a/b"], "/a/b/c", True),
        (["Allow: /a/b", "Disallow: /a"], "/a/b/c", True),
        (["Allow: /a", "Disallow: /a/b"], "/a/b/c", False),
        (["Disallow: /a", "Allow: /a"], "/a", True),
        (["Allow: /a", "Disallow: /a"], "/a", True),
        (["Allow: /p", "Disallow: /"], "/page", True),
        (["Allow: /$", "Disallow: /"], "/", True),
        (["Allow: /$", "Disallow: /"], "/page", False),
        (["Allow: /page", "Disallow: /*.html"], "/page.html", False),
        (["Disallow: /fish"], "/fish.html", False),
        (["Disallow: /fish"], "/Fish", True),
        (["Disallow: /fish/"], "/fish", True),
        (["Disallow: /*.php$"], "/a/b.php", False),
        (["Disallow: /*.php$"], "/a/b.php?x=1", True),
        (["Disallow: /*.php"], "/a/b.php?x=1", False),
        (["Disallow: /a*b*c"], "/a-b-b-c-d", False),
        (["Disallow: /a*b*c"], "/a-c-b", True),
        (["Disallow: /*aa$"], "/aaa", False),
        (["Disallow: /ab*b$"], "/ab", True),
        (["Disallow: *secret"], "/a/secret", False),
        (["Disallow: /a*"], "/a", False),
        (["Disallow: /a*$"], "/abc", False),
        (["Disallow: /$5"], "/$5", True),  # a $ that does not end a rule is itself, escaped in the address
        (["Disallow: /*?"], "/a?b", False),
        (["Disallow: /*?"], "/a", True),
        (["Disallow: /a?b=1"], "/a?b=12", False),
        (["Disallow: /"], "", False),
        (["Disallow: /ä"], "/%C3%A4/x", False),
        (["Disallow: /%c3%a4"], "/ä", False),
        (["Disallow: /%61"], "/abc", False),
        (["Disallow: /abc"], "/%61bc", False),
        (["Disallow: /a%2Ab"], "/a*b", False),
        (["Disallow: /a%2ab"], "/a%2Ab", False),
        (["Disallow: /a%2Ab"], "/axb", True),
        (["Disallow: /a%24"], "/a$b", False),
        (["Disallow: /a%24"], "/a", True),
        (["Disallow: /a%zz"], "/a%zz", False),
    ],
)
def test_the_longest_rule_that_matches_wins_and_of_two_as_long_the_one_that_allows(
    rules: list[str], path: str, *, verdict: bool
) -> None:
    assert may("\n".join(["User-agent: *", *rules]), path) is verdict


def test_a_hostile_robots_txt_is_read_quickly_and_to_its_end() -> None:
    stars = f"User-agent: *\nDisallow: /{'*a' * 5000}b\n"
    assert may(stars, "/" + "a" * 5000)
    assert may("User-agent: curate\n" * 20_000 + "Allow: /x\n" * 5)


@pytest.mark.parametrize(
    ("tag", "meta", "verdict"),
    [
        ("", "", True),
        ("noindex, nofollow", "index,follow", True),
        ("noarchive", "", False),
        ("noindex, NOARCHIVE", "", False),
        ("", "NoSnippet", False),
        ("", "noindex,none", False),
        ("noai", "", False),
        ("curate: noarchive", "", False),
        ("otherbot: noarchive", "", True),
        ("otherbot: noindex, noarchive", "", True),
        ("otherbot: noindex, curate: nofollow, noarchive", "", False),
        ("max-snippet: 50, noarchive", "", False),
        ("unavailable_after: 25 Jun 2010 15:00:00 PST", "max-snippet:-1, max-image-preview:large", True),
    ],
)
def test_words_that_forbid_to_keep_a_text_are_heeded(tag: str, meta: str, *, verdict: bool) -> None:
    assert keeps_text({"x-robots-tag": tag}, meta) is verdict


def test_every_x_robots_tag_is_read() -> None:
    assert not keeps_text(CIMultiDict([("X-Robots-Tag", "noindex"), ("X-Robots-Tag", "noarchive")]), "")


# Asking sites


def refusals(loopback: Loopback, *urls: str) -> list[str]:
    """Ask for all of ``urls`` at once, then for each once more."""

    async def go() -> list[str]:
        port = loopback.url.rpartition(":")[2]
        async with Client(allow_private=[f"127.0.0.0/8:{port}", "127.0.0.0/8:1"], gap=1, timeout=2) as client:
            robots = Robots(client)
            first = await asyncio.gather(*(robots.refusal(url) for url in urls))
            assert [await robots.refusal(url) for url in urls] == first
            return first

    return asyncio.run(go())


def test_a_site_is_asked_once(loopback: Loopback) -> None:
    loopback.put("/robots.txt", "\ufeffUser-agent: *\nDisallow: /closed".encode())
    paths = ("/open", "/closed/1", "/closed/2")
    said = refusals(loopback, *(loopback.url + path for path in paths))
    assert said == ["", *["its site asks programs not to read it (robots.txt)"] * 2]
    assert [(method, path) for method, path, _, _ in loopback.seen] == [("GET", "/robots.txt")]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_site_without_a_robots_txt_allows_all(loopback: Loopback, status: int) -> None:
    loopback.put("/robots.txt", "User-agent: *\nDisallow: /", status)
    assert refusals(loopback, loopback.url + "/page") == [""]


@pytest.mark.parametrize("status", [500, 503])
def test_a_site_that_cannot_say_allows_nothing_now(loopback: Loopback, status: int) -> None:
    loopback.put("/robots.txt", "", status)
    assert refusals(loopback, loopback.url + "/page") == [
        "its site does not say now what programs may read (robots.txt)"
    ]


def test_a_robots_txt_without_end_allows_nothing_now(loopback: Loopback) -> None:
    loopback.put("/robots.txt", b"#" * (LARGEST + 1))
    assert "does not say now" in refusals(loopback, loopback.url + "/page")[0]


def test_a_site_that_does_not_answer_is_not_blamed_on_its_rules(loopback: Loopback) -> None:
    with pytest.raises(NotSent):
        refusals(loopback, "http://127.0.0.1:1/page")


def test_a_redirected_robots_txt_counts_for_the_site_that_was_asked(loopback: Loopback) -> None:
    loopback.put("/robots.txt", "", 301, Location="/rules")
    loopback.put("/rules", "User-agent: *\nDisallow: /page")
    assert "asks programs not to" in refusals(loopback, loopback.url + "/page")[0]
