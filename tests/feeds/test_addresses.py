"""Two addresses of one page become equal, no other page is meant by it, and nothing takes for ever."""

from __future__ import annotations

import json
import random
import time
from re import _parser as patterns  # type: ignore[attr-defined] # the only reader of patterns there is
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.feeds.addresses import canonical_url, host_of, link_url, opaque, unwrapped, web_url
from tests.conftest import CORPORA

if TYPE_CHECKING:
    from collections.abc import Callable

BASE = "https://site.example/blog/post.html"
needs_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not here")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://site.example/a b", "https://site.example/a%20b"),
        ("HTTPS://site.example/", "https://site.example/"),
        ("next.html", "https://site.example/blog/next.html"),
        ("//other.example/x", "https://other.example/x"),
        ("www.other.example/x", "https://www.other.example/x"),
        ("https://site.example/\u202egpj.exe", "https://site.example/gpj.exe"),
        ("https://site.example/{x}|y", "https://site.example/%7Bx%7D%7Cy"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("{attach}/x", ""),
        ("|cmd", ""),
        ("http://good.example\\@evil.example/", ""),
        ("http://[::1", ""),
        ("http://host:99999/", ""),
        ("https://site.example/" + "x" * 3000, ""),
        ("", ""),
    ],
)
def test_an_address_is_one_of_the_web_or_nothing(url: str, found: str) -> None:
    assert web_url(url, BASE) == found


def test_mail_is_an_address_only_for_links() -> None:
    assert link_url("mailto:dana@example.org") == "mailto:dana@example.org"
    assert web_url("mailto:dana@example.org") == ""
    assert link_url("mailto:<script>") == ""


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://Site.EXAMPLE:443/A?b=1#c", "https://site.example/A?b=1"),
        ("http://site.example:80", "http://site.example/"),
        ("https://site.example/a?utm_source=x&id=7&UTM_Medium=y&fbclid=z", "https://site.example/a?id=7"),
        ("https://site.example/a?ref=main&source=x&page=2", "https://site.example/a?ref=main&source=x&page=2"),
        ("https://www.youtube.com/watch?v=abc&si=track&t=42", "https://www.youtube.com/watch?v=abc&t=42"),
        ("https://site.example/watch?si=7&t=42", "https://site.example/watch?si=7&t=42"),
        ("https://notmedium.com/a?source=x", "https://notmedium.com/a?source=x"),
        ("https://app.example/#/route/7", "https://app.example/#/route/7"),
        ("https://user@site.example/", "https://user@site.example/"),
        ("http://[::1]:80/x", "http://[::1]/x"),
        ("https://site.example/%7edana/%c3%a9?q=a%26b", "https://site.example/~dana/%C3%A9?q=a%26b"),
        ("https://site.example/é", "https://site.example/%C3%A9"),
        ("https://site.example/a/./b/../c/", "https://site.example/a/c/"),
        ("https://site.example/a?", "https://site.example/a"),
        ("https://site.example:8443/a", "https://site.example:8443/a"),
        ("https://Bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://fußball.example/", "https://fußball.example/"),
        ("https://site.example/a?b=2&a=1", "https://site.example/a?b=2&a=1"),
        ("https://site.example/a?b=1&amp;utm_source=rss&amp;utm_medium=rss", "https://site.example/a?b=1"),
        ("https://site.example/a?ref=letter.example", "https://site.example/a"),
        ("https://github.com/a/b/blob/x?ref=release.next", "https://github.com/a/b/blob/x?ref=release.next"),
        ("https://www.amazon.co.uk/dp/B0?tag=x-21&qid=7", "https://www.amazon.co.uk/dp/B0?tag=x-21"),
        ("https://amazon.books.example/dp/B0?qid=7", "https://amazon.books.example/dp/B0?qid=7"),
        ("https://en.m.wikipedia.org/wiki/Feed", "https://en.wikipedia.org/wiki/Feed"),
        ("https://m.site.example/wiki/Feed", "https://m.site.example/wiki/Feed"),
        ("https://www.google.com/amp/s/site.example/a", "https://site.example/a"),
        ("https://site-example.cdn.ampproject.org/c/s/site.example/a?b=1", "https://site.example/a?b=1"),
        ("https://site.example/a/amp/", "https://site.example/a/amp/"),
        ("mailto:dana@example.org", "mailto:dana@example.org"),
        ("not an address", "not an address"),
        ("http://[", "http://["),
    ],
)
def test_two_addresses_of_a_page_become_one_and_no_other_page_is_meant(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical


ADDRESS = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(["http", "https", "HTTP"]),
    st.sampled_from(["site.example", "A.example:443", "a.example:80", "user@b.example", "[::1]:80", ""]),
    st.sampled_from(["", "/", "/a/../b", "/ä", "/%7e"]),
    st.lists(st.sampled_from(["a=1", "utm_x=1", "fbclid=2", "", "b", "A=%26", "=", "gclid"]), max_size=4).map(
        lambda parts: "?" + "&".join(parts) if parts else ""
    ),
    st.sampled_from(["", "#", "#x", "#/x", "#!x"]),
)


@given(st.one_of(ADDRESS, st.text(max_size=40)))
def test_a_canonical_address_is_its_own_canonical_address(url: str) -> None:
    assert canonical_url(canonical_url(url)) == canonical_url(url)


@pytest.mark.parametrize("function", [web_url, link_url, canonical_url])
@pytest.mark.parametrize("piece", ["http://", "../", "?", "&a=", "[", ":", "@", "%", "&utm_a", "{", "\\", "//"])
def test_a_hostile_address_costs_no_time(function: Callable[[str], str], piece: str) -> None:
    begun = time.process_time()
    function("https://site.example/" + piece * 100_000)
    assert time.process_time() - begun < 2


@given(ADDRESS)
def test_a_canonical_address_stays_on_its_host_and_scheme(url: str) -> None:
    before, after = urlsplit(url), urlsplit(canonical_url(url))
    assert (after.scheme, after.hostname) == (before.scheme, before.hostname)


@needs_corpora
def test_the_addresses_of_the_url_standard_keep_their_meaning() -> None:
    cases = json.loads((CORPORA / "derived" / "whatwg-url.json").read_text(encoding="utf-8"))
    told = 0
    for case in cases:
        href = case.get("href")  # without one the address is no address
        if not href or not href.startswith(("http:", "https:")):
            continue
        canonical = canonical_url(href)
        assert canonical_url(canonical) == canonical
        if "#!" in href or "#/" in href or urlsplit(href).username is not None:
            continue
        told += 1
        assert unquote(canonical) == unquote(href.partition("#")[0].removesuffix("?")), href
    assert told > 90


@needs_corpora
def test_real_feeds_addresses_stay_as_they_are() -> None:
    for case in json.loads((CORPORA / "derived" / "kagi-urls.json").read_text(encoding="utf-8")):
        assert canonical_url(case["url"]) in {case["url"], f"{case['url']}/"}


def spelled(pattern: str) -> str:
    """Return one text that ``pattern`` matches, made of its first choices."""

    def first(tree: Any) -> str:
        said = ""
        for kind, what in tree:
            match str(kind):
                case "LITERAL":
                    said += chr(what)
                case "IN":
                    choice, value = what[0]
                    said += chr(value[0] if str(choice) == "RANGE" else value) if str(choice) != "NEGATE" else "x"
                case "MAX_REPEAT":
                    said += first(what[2]) * max(what[0], 1)
                case "SUBPATTERN":
                    said += first(what[3])
                case "BRANCH":
                    said += first(what[1][0])
        return said

    return first(patterns.parse(pattern))


@needs_corpora
def test_nearly_all_parameters_known_to_track_everywhere_are_removed() -> None:
    rules = json.loads((CORPORA / "clearurls" / "data.min.json").read_text(encoding="utf-8"))["providers"]
    names = [spelled(rule.replace("(?:%3F)?", "")) for rule in rules["globalRules"]["rules"]]
    left = [name for name in names if "=" in canonical_url(f"https://site.example/a?{name}=7")]
    assert len(names) > 40
    assert len(left) <= 2, left  # what could as well mean something


# Redirectors


TARGET = "https://site.example/a?b=1&c=2"


@pytest.mark.parametrize(
    "redirector",
    [
        "https://www.google.com/url?sa=t&url={}&usg=x",
        "https://www.google.co.uk/url?q={}",
        "https://l.facebook.com/l.php?u={}&h=x",
        "https://out.reddit.com/t3_x?url={}&token=x",
        "https://t.umblr.com/redirect?z={}&t=x",
        "https://getpocket.com/redirect?url={}",
        "https://slack-redir.net/link?url={}",
        "https://steamcommunity.com/linkfilter/?u={}",
        "https://medium.com/r/?url={}",
        "https://eur01.safelinks.protection.outlook.com/?url={}&data=x",
        "https://duckduckgo.com/l/?uddg={}",
        "https://vk.com/away.php?to={}",
        "https://href.li/?{}",
        "https://L.Facebook.com:443/l.php?u={}",
    ],
)
def test_a_redirector_that_says_where_it_leads_is_left_out(redirector: str) -> None:
    wrapped = redirector.format(quote(TARGET, safe=""))
    assert (unwrapped(wrapped), canonical_url(wrapped)) == (TARGET, TARGET)
    twice = "https://www.google.com/url?q=" + quote(wrapped, safe="")
    assert unwrapped(twice) == TARGET


@pytest.mark.parametrize(
    "url",
    [
        "https://www.google.com/url?q=javascript%3Aalert(1)",
        "https://www.google.com/url?q=",
        "https://www.google.com/search?q=https%3A%2F%2Fsite.example%2F",
        "https://google.com.evil.example/url?q=https%3A%2F%2Fsite.example%2F",
        "https://site.example/login?url=https%3A%2F%2Fsite.example%2F",
        "https://t.umblr.com/redirect?z=//site.example",
        "https://href.li/?%7Battach%7D",
        "not an address",
        "",
    ],
)
def test_what_leads_nowhere_for_certain_stays(url: str) -> None:
    assert unwrapped(url) == url


def test_a_redirector_that_does_not_tell_is_known() -> None:
    assert opaque("https://t.co/abc")
    assert opaque("http://feedproxy.google.com/~r/x/y")
    assert not opaque("https://site.example/t.co")
    assert host_of("http://[") == ""


def test_no_mutation_of_a_redirector_raises_or_ends_elsewhere_on_a_second_look() -> None:
    chance = random.Random(7)  # noqa: S311 - the same cases each time
    for _ in range(5_000):
        text = list("https://www.google.com/url?q=" * chance.randint(1, 3) + quote(TARGET, safe=":/"))
        for _ in range(chance.randint(0, 8)):
            text[chance.randrange(len(text))] = chance.choice(
                ["%", "/", "?", "&", "%2", "#", "@", "é", "\ud800", "[", ""]
            )
        url = "".join(text)
        once = canonical_url(url)
        assert canonical_url(once) == once, url
