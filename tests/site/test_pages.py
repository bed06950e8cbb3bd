"""Each type of page of the sample site: what it shows, what it says to machines, and what it weighs."""

from __future__ import annotations

import gzip
from datetime import timedelta
from typing import TYPE_CHECKING

import lxml.html
import mf2py
import pytest

from tests.site.conftest import LINK, NOON, SOURCE
from tests.site.sample import PLACES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.site.conftest import Site

KIB = 1024


def file_of(site: Site, kind: str) -> Path:
    place = PLACES[kind]
    return site.output / place if place.endswith(".html") else site.output / place / "index.html"


def parsed(site: Site, kind: str) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(
        file_of(site, kind).read_bytes(), parser=lxml.html.HTMLParser(encoding="utf-8")
    )


def words(element: lxml.html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


@pytest.mark.parametrize("kind", PLACES)
def test_every_type_of_page_keeps_its_budget(whole: Site, kind: str) -> None:
    raw = file_of(whole, kind).read_bytes()
    page = parsed(whole, kind)
    style = page.xpath("string(//style)").encode()
    assert len(gzip.compress(raw)) <= 8 * KIB
    assert len(style) <= 8 * KIB
    assert len(gzip.compress(style)) <= 3 * KIB
    assert len(page.xpath("//*")) <= (400 if page.xpath("//article") else 1500)


@pytest.mark.parametrize("kind", PLACES)
def test_every_type_of_page_asks_for_nothing_but_images_of_its_own(whole: Site, kind: str) -> None:
    page = parsed(whole, kind)
    asked = page.xpath("//img/@src|//script/@src|//iframe/@src|//link[@rel='stylesheet' or @rel='preload']/@href")
    assert all(address.partition("images/")[0].strip("./") == "" and "images/" in address for address in asked)
    assert page.xpath("//img[not(@alt)]") == []


@pytest.mark.parametrize("kind", PLACES)
def test_every_type_of_page_says_once_whether_it_is_to_be_found(whole: Site, kind: str) -> None:
    hidden = {"gone", "not here", "search", "topic, an older page", "topic without posts"}
    expected = ["noindex"] if kind in hidden else ["index,follow"]
    assert [
        said.partition(",max-")[0] for said in parsed(whole, kind).xpath('//meta[@name="robots"]/@content')
    ] == expected


def test_home_says_who_what_changed_and_what_is_open(whole: Site) -> None:
    page = parsed(whole, "home")
    assert page.xpath("string(//h1)") == "Dana Okafor"
    assert page.xpath("string(//h1/following-sibling::p[1])") == "I make on-call boring, and say how"
    assert page.xpath("//header[@class='home']/img/@alt") == ["Dana Okafor"]
    assert page.xpath("//main//h2/text()") == ["Results", "Latest", "Open predictions", "What I am asking"]
    cards = [words(card) for card in page.xpath('//ul[@class="cards"]/li')]
    assert cards == [
        "4 pages a week, before: 31 Four pages a week instead of 31",
        "24 nights a month, before: 3 Nights without a page Proof at example.org",
    ]
    assert page.xpath('//section[@aria-labelledby="results"]/p/a/@href') == ["./results/"]
    strip = words(page.xpath('//section[@aria-labelledby="open"]')[0])
    assert "none lets a model alone decide to wake a person" in strip
    assert "It will be over by June" not in strip
    assert "Next due on 1 December 2027" in strip
    assert page.xpath('//section[@aria-labelledby="asked"]//a/text()') == [
        "Would you let a 3B model decide whether to page a human at 03:00?",
        "Who may say no on a Friday?",
        "Who reads the log?",
    ]
    assert page.xpath('//p[@class="more"]/a/@href') == ["./archive/"]


def test_home_is_a_feed_of_the_latest_posts(whole: Site) -> None:
    items = mf2py.parse(doc=whole.page(""), url="https://dana.example/")["items"]
    [feed] = [item for item in items if item["type"] == ["h-feed"]]
    assert len(feed["children"]) == 12
    assert feed["children"][0]["properties"]["name"] == ["Small models are taking the night shift"]
    assert feed["children"][0]["properties"]["url"] == ["https://dana.example/2026/small-models-on-call/"]


def test_a_link_post_has_all_its_parts_in_their_order(whole: Site) -> None:
    page = parsed(whole, "link")
    text = words(page.xpath("//main")[0])
    parts = [
        *("Small models are taking the night shift", "corrected 23 November 2026", "It ran eight weeks, not twelve."),
        *(SOURCE["title"], "Rosa Lindqvist", "We stopped asking", "View original (1,823 more words at"),
        *(
            "The number that matters",
            "Would you let a 3B model",
            "Found via Tomas Arreola",
            "Also covered by One year on",
        ),
        *(
            "incident response",
            "Also posted at social.example",
            "Reply by email, or where it is also posted",
            "Earlier on this",
            "Previous",
        ),
    ]
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)
    assert page.xpath("//blockquote/@cite") == [SOURCE["url"]]
    assert not page.xpath(f"//a[@href='{SOURCE['url']}'][contains(@rel, 'nofollow')]")
    related = page.xpath('//section[@aria-labelledby="related"]//a/text()')
    assert related[:2] == ["Error budgets are a promise to sleep", "The night shift, in German"]
    assert len(related) == 3
    assert page.xpath('//nav[@class="along"]//a/@rel') == ["prev"]


def test_the_relations_of_a_post_are_read_back(whole: Site) -> None:
    at = f"https://dana.example/{PLACES['link']}"
    read = mf2py.parse(doc=file_of(whole, "link").read_bytes(), url=at)
    tags = ["https://dana.example/tags/incident-response/", "https://dana.example/tags/evaluation/"]
    assert read["rels"]["tag"] == tags
    assert read["rels"]["syndication"] == LINK["syndication"]
    assert read["rels"]["author"] == ["https://dana.example/"]
    assert read["rels"]["prev"] == ["https://dana.example/2026/error-budgets/"]
    card = next(item["properties"] for item in read["items"] if item["type"] == ["h-card"])
    assert card["photo"] == ["https://dana.example/images/dana.png"]
    assert card["note"] == ["I make on-call boring, and say how"]
    page = parsed(whole, "link")
    assert page.xpath("//aside/@aria-label") == ["Correction"]
    assert page.xpath("//*[contains(@class, 'e-content')]//p/a[starts-with(., 'View original')]/@href") == [
        SOURCE["url"]
    ]


def test_the_card_of_a_source_names_its_language_when_it_is_another(whole: Site) -> None:
    foreign, same = parsed(whole, "foreign link"), parsed(whole, "link")
    assert words(foreign.xpath('//p[@class="by"]')[0]).endswith("20 November 2026, in German")
    assert foreign.xpath('//p[@class="of"]/a/@hreflang') == ["de"]
    assert foreign.xpath('//p[@class="of"]//span/@lang') == foreign.xpath("//blockquote/@lang") == ["de"]
    assert "in English" not in words(same.xpath('//p[@class="by"]')[0])


def test_an_essay_has_standfirst_contents_figure_and_footnotes_that_lead_back(whole: Site) -> None:
    page = parsed(whole, "essay")
    assert page.xpath('string(//p[contains(@class, "lede")])') == "A budget nobody spends is a wish."
    contents = page.xpath("//details/ol/li/a")
    assert [link.text for link in contents] == page.xpath('//div[@class="text e-content"]/h2/text()')
    ids = set(page.xpath("//@id"))
    assert all(link.get("href").removeprefix("#") in ids for link in contents)
    assert len(ids) == len(page.xpath("//@id"))
    [figure] = page.xpath("//figure")
    assert words(figure.find("figcaption")) == "The pager of the first year. Photo: Ines Ferreira"
    assert figure.xpath("img/@alt") == ["A pager on a night table"]
    assert figure.xpath("img/@title|img/@credit") == []
    backs = page.xpath('//section[@class="footnotes"]//a[@class="footnote-backref"]')
    assert [back.get("aria-label") for back in backs] == ["Back to the text"] * 2
    assert all(back.get("href").removeprefix("#") in ids for back in backs)


def test_only_an_old_essay_says_when_it_was_written(whole: Site) -> None:
    assert "Written more than two years ago, on 1 February 2023." in words(parsed(whole, "old essay"))
    for kind in ("essay", "link"):
        assert "more than two years ago" not in words(parsed(whole, kind))


def test_an_essay_grows_old_with_the_moment_of_the_build(site: Site) -> None:
    site.write("mine")
    for days, said in ((729, False), (732, True)):
        site.build(NOON + timedelta(days=days))
        assert ("more than two years ago" in site.page("2026/mine")) is said


def test_a_notice_says_until_when_and_takes_itself_down(site: Site) -> None:
    site.write("away", kind="notice", until="2026-11-30T00:00:00+00:00")
    site.build()
    assert "This notice ends on 30 November 2026." in site.page("2026/away")
    site.build(NOON + timedelta(days=7))
    assert site.pages() == []
    assert "away" not in site.page("archive")


def test_what_was_taken_down_leaves_a_page_that_says_why_and_nothing_else(whole: Site) -> None:
    page = parsed(whole, "gone")
    assert page.xpath("string(//h1)") == "Taken down"
    assert words(page.xpath("//main")[0]).startswith(
        "Taken down Taken down on 23 November 2026, because the source withdrew its numbers."
    )
    assert not page.xpath('//script|//link[@rel="canonical"]|//*[contains(@class, "h-entry")]')
    for path in whole.output.rglob("*"):
        if path.is_file():
            assert b"SECRET" not in path.read_bytes(), path
            if path.suffix in (".html", ".xml", ".json"):
                assert b"2026/withdrawn" not in path.read_bytes(), path
    assert not (whole.output / "topics" / "secrets").exists()


def test_a_post_that_is_gone_needs_no_reason_but_a_date(site: Site) -> None:
    site.write("one", status="gone")
    site.build()
    assert '<p class="gone">Taken down.</p>' in site.page("2026/one")
    assert site.pages() == ["2026/one"]
    site.write("two", status="gone", date="")
    [said] = site.left_out()
    assert "the post is gone and has no date" in said


def test_a_post_cannot_stand_where_a_month_does(site: Site) -> None:
    site.write("11")
    [said] = site.left_out()
    assert "the list of that month stands there" in said


def test_subscribe_gives_the_feeds_to_copy_and_says_where_else(whole: Site) -> None:
    page = parsed(whole, "subscribe")
    fields = page.xpath("//input[@readonly]")
    assert fields
    for field in fields:
        [label] = page.xpath(f'//label[@for="{field.get("id")}"]')
        assert label.text
        assert (whole.output / field.get("value").removeprefix("https://dana.example/")).is_file()
    assert page.xpath('//main//a[@rel="me"]/@href') == ["https://social.example/@dana"]


def test_the_page_for_what_is_not_here_leads_to_five_posts_the_archive_and_a_search(whole: Site) -> None:
    page = parsed(whole, "not here")
    [form] = page.forms
    assert (form.get("role"), form.method, form.action) == ("search", "GET", "/search/")
    assert page.xpath("//noscript/button/@formaction") == ["https://duckduckgo.com/"]
    assert "form-action 'self' https://duckduckgo.com" in page.xpath("string(//meta[@http-equiv]/@content)")
    assert len(page.xpath('//main//ul[@class="lines"]/li')) == 5
    assert page.xpath('//main//p[@class="more"]/a/@href') == ["/archive/"]


def test_a_draft_is_shown_as_one_in_a_preview_only(site: Site) -> None:
    site.write("mine", status="draft")
    site.build()
    assert site.pages() == []
    built = site.build(drafts=True)
    page = (built.output / "2026" / "mine" / "index.html").read_text(encoding="utf-8")
    assert '<meta name="robots" content="noindex">' in page
    assert "A draft: only this preview shows it." in page
