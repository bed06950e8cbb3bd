"""Lists of posts: by year, month, topic and tag, their pages, and what one more post changes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import lxml.html
import mf2py
from hypothesis import given
from hypothesis import strategies as st

from curate.desk.settings import set_setting
from curate.site.plugin.lists import ENTRIES, LINES, Listing, sheets, years
from curate.site.plugin.surroundings import MOST_RELATED, surround
from tests.site.conftest import NOON
from tests.site.sample import DAILY, TOPICS, drawn

if TYPE_CHECKING:
    from tests.site.conftest import Site

FIRST = datetime(2024, 1, 1, tzinfo=UTC)


def posts(count: int) -> list[Any]:
    """Return stand-ins of posts, a day apart, newest first; they know their number and their date."""
    return [SimpleNamespace(number=number, date=FIRST + timedelta(days=number)) for number in reversed(range(count))]


def listed(count: int, kind: str = "topic") -> list[Any]:
    return list(sheets(Listing(kind=kind, name="x", url="topics/x/", posts=posts(count))))


def parsed(site: Site, place: str) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(site.page(place).encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))


def robots(page: lxml.html.HtmlElement) -> str:
    [said] = page.xpath('//meta[@name="robots"]/@content')
    return str(said)


@given(st.integers(0, 300), st.sampled_from(["topic", "year"]))
def test_every_post_is_on_one_page_and_the_pages_are_in_order(count: int, kind: str) -> None:
    pages = listed(count, kind)
    assert [post.number for page in pages for post in page.posts] == list(reversed(range(count)))
    assert [page.number for page in pages] == [0, *range(len(pages) - 1, 0, -1)]
    assert [page.total for page in pages] == [count, *[0] * (len(pages) - 1)]
    for newer, older in pairwise(pages):
        assert newer.older == older.url
        assert older.newer == newer.url
        assert older.newest == pages[0].url
        assert newer.oldest == pages[-1].url


@given(st.integers(1, 300))
def test_one_more_post_leaves_all_pages_but_the_first_two_as_they_were(count: int) -> None:
    before = {page.url: [post.number for post in page.posts] for page in listed(count)}
    after = {page.url: [post.number for post in page.posts] for page in listed(count + 1)}
    changed = {url for url in after if after[url] != before.get(url)}
    assert changed == {"topics/x/"} | (after.keys() - before.keys())
    assert len(after.keys() - before.keys()) <= 1


def test_the_first_page_is_never_nearly_empty_nor_longer_than_two() -> None:
    for size, kind in ((ENTRIES, "topic"), (LINES, "year")):
        for count in range(size, 5 * size):
            assert size <= len(listed(count, kind)[0].posts) < 2 * size


def test_years_and_months_hold_every_post_once() -> None:
    found = years(posts(500))
    assert [year.name for year in found] == ["2025", "2024"]
    assert [len(year.posts) for year in found] == [134, 366]
    assert [month.url for month in found[0].months] == ["2025/05/", "2025/04/", "2025/03/", "2025/02/", "2025/01/"]
    assert found[1].months[-1].name == "January 2024"


def test_related_posts_are_earlier_ones_with_most_in_common() -> None:
    def post(number: int, tags: str, topic: str = "") -> Any:
        named = [SimpleNamespace(slug=tag, url=f"tags/{tag}/") for tag in tags.split()]
        said = SimpleNamespace(topic=topic, kind="essay")
        category = SimpleNamespace(slug=topic)
        date = FIRST + timedelta(days=number)
        return SimpleNamespace(slug=str(number), tags=named, post=said, category=category, date=date, genre="essay")

    all_of_them = [post(0, "a b"), post(1, "a", "t"), post(2, "c"), post(3, "a"), post(4, "a b", "t"), post(5, "a")]
    around = {article.slug: said for article, said in surround(all_of_them[::-1], FIRST + timedelta(days=735))}
    assert [other.slug for other in around["4"].related] == ["0", "1", "3"]
    assert [other.slug for other in around["5"].related] == ["4", "3", "1"]
    assert around["2"].related == ()
    assert max(len(said.related) for said in around.values()) == MOST_RELATED
    assert around["4"].shared == {"tags/a/", "tags/b/"}
    assert around["2"].shared == frozenset()
    assert [slug for slug, said in around.items() if said.aged] == ["0", "1", "2", "3"]
    assert (around["0"].earlier, around["5"].later) == (None, None)
    assert around["3"].earlier.slug == "2"
    assert around["3"].later.slug == "4"


def test_a_topic_says_what_it_is_about_and_how_many_posts_it_has_on_its_first_page_only(whole: Site) -> None:
    first, older = parsed(whole, "topics/reliability"), parsed(whole, "topics/reliability/page/1")
    assert first.xpath('string(//p[@class="lede"])') == "How systems and the people who mind them stay well."
    assert first.xpath('//meta[@name="description"]/@content') == [
        "How systems and the people who mind them stay well."
    ]
    total = DAILY + 5
    assert f"{total} posts" in first.text_content()
    assert " posts" not in older.xpath("string(//main)")
    assert robots(first) == "index,follow"
    assert robots(older) == "noindex"
    assert older.xpath("//title/text()") == ["Reliability, page 1 – Dana Okafor"]
    assert len(first.xpath("//ol/li")) + len(older.xpath("//ol/li")) == total


def test_pages_of_a_list_lead_to_each_other_with_links(whole: Site) -> None:
    first, older = parsed(whole, "topics/reliability"), parsed(whole, "topics/reliability/page/1")
    assert first.xpath('//nav[@class="sheets"]//a/@href') == ["../../topics/reliability/page/1/"] * 2
    assert first.xpath('//nav[@class="sheets"]//a/text()') == ["Older", "Oldest"]
    assert older.xpath('//nav[@class="sheets"]//a/@rel') == ["first", "prev"]
    assert older.xpath('string(//nav[@class="sheets"]//*[@aria-current="page"])') == "Page 1"


def test_posts_stand_under_their_months_and_say_what_they_are(whole: Site) -> None:
    page = parsed(whole, "2026")
    assert page.xpath("//h2/text()")[:2] == ["November 2026", "September 2026"]
    lines = [" ".join(line.text_content().split()) for line in page.xpath("//ul[@class='lines']/li")]
    assert "22 Nov Error budgets are a promise to sleep Essay" in lines
    assert "21 Nov The night shift, in German Link on Example Systems Review" in lines
    assert "2 Mar Four pages a week instead of 31 Result" in lines


def test_archive_year_and_month_lead_down_to_each_post_and_up_again(whole: Site) -> None:
    archive, year, month = (parsed(whole, place) for place in ("archive", "2026", "2026/11"))
    assert archive.xpath('//ul[@aria-label="Years"]//a/text()') == ["2026", "2025", "2023"]
    assert "54 posts since 2023" in " ".join(archive.xpath("string(//header[@class='home'])").split())
    assert year.xpath('//ul[@aria-label="Months"]//a/text()') == ["November", "September", "March", "January"]
    assert year.xpath('//p[@class="kind"]/a/@href') == ["../archive/"]
    assert month.xpath('//header/p[@class="kind"]/a/@href') == ["../../archive/", "../../2026/"]
    assert month.xpath("string(//h1)") == "November 2026"
    feeds = mf2py.parse(doc=whole.page("2026/11"), url="https://dana.example/2026/11/")["items"]
    feed = next(item for item in feeds if item["type"] == ["h-feed"])
    assert {"name", "url", "published"} <= feed["children"][0]["properties"].keys()


def test_a_topic_without_posts_says_so_leads_on_and_is_not_indexed(whole: Site) -> None:
    page = parsed(whole, "topics/hiring")
    assert page.xpath("string(//h1)") == TOPICS[2]
    assert "Nothing here yet. Look into Evaluation, Reliability." in " ".join(page.text_content().split())
    assert robots(page) == "noindex"


def test_a_tag_used_once_is_not_linked_from_its_post(whole: Site) -> None:
    page = parsed(whole, "2026/nachtschicht")
    assert page.xpath('//ul[@class="tags"]//a/text()') == ["evaluation"]
    assert page.xpath('//ul[@class="tags"]//span/text()') == ["only here"]
    [entry] = [
        item for item in mf2py.parse(doc=whole.page("2026/nachtschicht"))["items"] if item["type"] == ["h-entry"]
    ]
    assert entry["properties"]["category"] == ["Reliability", "evaluation", "only here"]
    assert parsed(whole, "tags/only-here").xpath("//ol/li")


def test_one_more_post_changes_few_pages(site: Site) -> None:
    for number in range(45):
        day = NOON - timedelta(days=100 - number)
        site.write(f"day-{number:02}", topic="Reliability", tags=["watch"], date=day.isoformat())
    site.file("images/x.png", drawn(2, 2))
    site.build()
    before = {path: path.read_bytes() for path in site.output.rglob("*.html")}
    site.write("one-more", topic="Reliability", tags=["watch"], date="2026-11-22T08:00:00+00:00")
    site.build()
    after = {path: path.read_bytes() for path in site.output.rglob("*.html")}
    changed = {path.relative_to(site.output).as_posix() for path in after if after[path] != before.get(path)}
    assert changed == {
        *("index.html", "404.html", "archive/index.html", "topics/index.html", "tags/index.html"),
        *("2026/index.html", "2026/11/index.html", "topics/reliability/index.html", "tags/watch/index.html"),
        *("2026/one-more/index.html", "2026/day-44/index.html"),
    }


def test_names_that_signs_tell_apart_have_lists_of_their_own(site: Site) -> None:
    set_setting(site.desk.settings, "site.topics", '["C++", "C#"]')
    for number, name in enumerate(("C", "C", "C++", "C++", "C#", "C#", "#C", "北", "北", "x" * 300, "x" * 300)):
        site.write(f"p{number}", topic=name, tags=[name])
    built = site.build()
    assert (built.posts, built.left_out) == (11, ())
    for slug, count in (("c", 3), ("c-plus-plus", 2), ("c-sharp", 2)):
        assert site.page(f"topics/{slug}").count('href="../../2026/p') == count, slug
        assert (site.output / "tags" / slug / "index.html").is_file()
    assert len(list((site.output / "tags").glob(f"{'x' * 71}-*"))) == 1


def test_a_topic_without_a_letter_has_its_list_and_nothing_is_said_of_it(site: Site) -> None:
    for number in range(7):  # Pelican sums up what it says more than five times
        site.write(f"p{number}", topic=chr(0x1F389 + number), tags=[chr(0x1F389 + number)])
    assert [said for said in site.build().warnings if "social image" not in said] == []
    assert len(list((site.output / "topics").glob("*/index.html"))) >= 7


def test_names_in_other_scripts_have_lists_of_their_own_at_addresses_that_stay(site: Site) -> None:
    def lists(kind: str, slug: str) -> dict[str, int]:
        found = {path.name: site.page(f"{kind}/{path.name}") for path in (site.output / kind).glob(slug)}
        return {name: page.count('href="../../2026/p') for name, page in found.items()}

    for number, name in enumerate(("北京", "北京", "Москва", "москва")):
        site.write(f"p{number}", topic=name, tags=[name, "Café", "2026"])
    site.build()
    [(beijing, count)], [(moscow, spelled)] = (lists("tags", f"{slug}*").items() for slug in ("bei-jing", "moskva"))
    assert (count, spelled) == (2, 2), "capital and small letters are one"
    for number, name in enumerate(("背景", "背景", "Moskva", "Moskva", "٢٠٢٦", "٢٠٢٦"), 4):
        site.write(f"p{number}", topic=name, tags=[name])
    site.build()
    for kind in ("tags", "topics"):
        both = lists(kind, "bei-jing-*")
        assert (both.pop(beijing), *both.values()) == (2, 2)
        assert lists(kind, "moskva*") == {moscow: 2, "moskva": 2}
    assert lists("tags", "cafe*") == {"cafe": 4}
    assert sorted(lists("tags", "2026*").values()) == [2, 4]
    [link] = re.findall(r'href="\.\./\.\./tags/(bei-jing[^/"]*)/"', site.page("2026/p0"))
    assert link == beijing, "posts lead to it"
