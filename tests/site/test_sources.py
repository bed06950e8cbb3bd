"""Whether sources still live: asked of a real server, remembered over days, told only after several bad ones."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.site.conftest import LINK, NOON, SOURCE, Site, new_site

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate, Loopback


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A desk with a built site; its posts are written by each test, after the build."""
    made = new_site(tmp_path_factory.mktemp("sources") / "desk")
    made.build()
    return made


@pytest.fixture
def site(built: Site) -> Site:
    """The built site, with neither posts nor a memory."""
    for path in (*built.desk.content.glob("links/*.md"), *built.desk.private.glob("desk*")):
        path.unlink()
    return built


def write(site: Site, url: str, **more: Any) -> Path:
    """Write a link post about ``url``, and nothing else on the web."""
    alone = {**LINK, "source": {**SOURCE, "url": url}, "via": {}, "also_covered_by": [], "syndication": []}
    return site.write("about", folder="links", **{**alone, **more})


def check(curate: Curate, site: Site, days: float, expect: int = 0) -> Any:
    now = (NOON + timedelta(days=days)).isoformat()
    return curate("-C", site.desk.root, "site", "check", "--online", "--json", "--now", now, expect=expect).data


def test_a_page_that_lives_is_asked_once_and_only_the_source_with_its_text(
    curate: Curate, site: Site, loopback: Loopback
) -> None:
    url = loopback.put("/a", "here")
    write(site, url, via={"name": "Tomas", "url": url}, also_covered_by=[{"url": loopback.put("/b", "there")}])
    assert check(curate, site, 0) == {"problems": [], "sources": [], "asked": 2}
    asked = [("GET", "/a"), ("GET", "/robots.txt"), ("HEAD", "/b")]
    assert sorted((method, path) for method, path, *_ in loopback.seen) == asked


def test_a_source_is_gone_after_three_bad_days_and_not_before(curate: Curate, site: Site, loopback: Loopback) -> None:
    url = f"{loopback.url}/gone"
    path = write(site, url)
    for days, strikes in ((0, 1), (0.5, 1), (1, 2), (1.2, 2)):
        [one] = check(curate, site, days)["sources"]
        assert (one["strikes"], one["out"]) == (strikes, False)
    [one] = check(curate, site, 3, expect=3)["sources"]
    assert (one["strikes"], one["out"], one["line"]) == (3, True, 13)
    assert one["advice"] == (
        f"{path}:13: {url} is no longer there: it answers 404 Not Found (since 2026-11-23)."
        f" A copy of it may be at https://web.archive.org/web/20261122/{url}: curate post archive about"
    )
    told = curate("-C", site.desk.root, "site", "check", "--online", "--now", "2026-11-26T13:00:00Z", expect=3).out
    assert told.endswith("1 problem, 1 source asked.\n")
    loopback.put("/gone", "back again")
    assert check(curate, site, 4)["sources"] == []


def test_a_source_that_moved_for_good_is_told_with_its_new_address(
    curate: Curate, site: Site, loopback: Loopback
) -> None:
    new = loopback.put("/new", "here")
    write(site, loopback.put("/old", "", 301, Location=new))
    for days in (0, 1):
        check(curate, site, days)
    [one] = check(curate, site, 2, expect=3)["sources"]
    assert one["moved_to"] == new
    assert f"has moved for good to {new}" in one["advice"]


@pytest.mark.parametrize("url", ["http://[oops", "https://", "http://a.example:port/"])
def test_an_address_that_is_none_is_asked_of_nobody_and_stops_no_other(
    curate: Curate, site: Site, loopback: Loopback, url: str
) -> None:
    write(site, url, via={"name": "V", "url": loopback.put("/via", "there")})
    assert check(curate, site, 0)["asked"] == 1


def test_days_that_a_wrong_clock_made_up_hide_no_later_one(curate: Curate, site: Site, loopback: Loopback) -> None:
    write(site, loopback.put("/gone", "", 404))
    check(curate, site, 4000)
    for days, strikes in ((0, 2), (0.5, 2), (1, 3)):
        [one] = check(curate, site, days, expect=3 if strikes == 3 else 0)["sources"]
        assert one["strikes"] == strikes
    assert one["since"].startswith("2026-11-23")


@pytest.mark.parametrize("status", [401, 403, 429, 302])
def test_who_refuses_programs_is_not_gone(curate: Curate, site: Site, loopback: Loopback, status: int) -> None:
    write(site, loopback.put("/a", "", status))
    assert check(curate, site, 0)["sources"] == []


@pytest.mark.parametrize("status", [404, 405, 501, 500])
def test_a_server_that_knows_no_head_is_asked_for_the_page(
    curate: Curate, site: Site, loopback: Loopback, status: int
) -> None:
    loopback.pages["/a"] = lambda method, *_: (200 if method == "GET" else status, {}, b"here")
    write(site, f"{loopback.url}/a")
    assert check(curate, site, 0)["sources"] == []


def test_without_a_network_nothing_is_held_against_a_source(curate: Curate, site: Site) -> None:
    write(site, "https://no-such-host.invalid/a")
    said = curate("-C", site.desk.root, "--offline", "site", "check", "--online", "--now", NOON.isoformat(), expect=5)
    assert "nothing is held against any" in said.err


def test_a_source_on_a_private_network_is_not_asked(curate: Curate, site: Site, loopback: Loopback) -> None:
    write(site, "http://127.0.0.1:1/a", via={"name": "x", "url": loopback.put("/a", "here")})
    [one] = check(curate, site, 0)["sources"]
    assert loopback.seen[0][1] == "/a"
    assert one["strikes"] == 1


def test_a_draft_is_nobodys_business(curate: Curate, site: Site, loopback: Loopback) -> None:
    write(site, f"{loopback.url}/a", status="draft")
    assert check(curate, site, 0)["asked"] == 0
    assert loopback.seen == []


def test_offline_it_asks_nobody_and_needs_no_database(curate: Curate, site: Site, loopback: Loopback) -> None:
    write(site, f"{loopback.url}/a")
    result = curate("-C", site.desk.root, "site", "check")
    assert result.out == "Nothing is wrong.\n"
    assert loopback.seen == []
    assert not site.desk.database.exists()


def test_what_is_wrong_is_told_and_exits_with_3(curate: Curate, site: Site) -> None:
    page = site.output / "index.html"
    before = page.read_text(encoding="utf-8")
    page.write_text(before.replace("</main>", '<a href="gone/">x</a></main>'), encoding="utf-8")
    told = curate("-C", site.desk.root, "site", "check", expect=3)
    [one] = curate("-C", site.desk.root, "site", "check", "--json", expect=3).data["problems"]
    page.write_text(before, encoding="utf-8")
    assert told.out == "index.html: the link “gone/” leads to no page or file of the site.\n1 problem.\n"
    assert (one["page"], one["rule"]) == ("index.html", "link")
