"""What pages say to machines: read back by the parsers that others use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import extruct
import lxml.etree
import lxml.html
import mf2py
import pytest

from curate.posts.files import read_posts
from curate.posts.social import SIZE, card_place
from curate.site.plugin.settings import FEDIVERSE, pelican_settings
from tests.site.conftest import LINK, PROFILE, SOURCE, new_site

if TYPE_CHECKING:
    from pathlib import Path

    from tests.site.conftest import Site

HOME = "https://dana.example/"
POST = f"{HOME}2026/small-models-on-call/"
ME = f"{HOME}about/#me"
PAYLOADS = (
    '"><script>alert(1)</script>',
    "</script><svg onload=alert(1)>",
    "' onerror='alert(1)",
    "]]><![CDATA[<x>",
    "&lt;b&gt; & {{ 7*7 }} {static}/x",
)


@pytest.fixture(scope="module")
def said(furnished: Site) -> dict[str, Any]:
    """All that extruct reads from the page of the link post."""
    page = furnished.page("2026/small-models-on-call")
    found: dict[str, Any] = extruct.extract(page, base_url=POST, syntaxes=["json-ld", "opengraph", "microformat"])
    return found


def parsed(page: str) -> Any:
    return lxml.html.document_fromstring(page)


def metas(page: str) -> dict[str, str]:
    tags = parsed(page).xpath("//head/meta[@property or @name]")
    return {tag.get("property") or tag.get("name"): tag.get("content") for tag in tags}


def test_json_ld_has_every_property_of_a_post(said: dict[str, Any], furnished: Site) -> None:
    [posting] = said["json-ld"]
    [card] = furnished.output.glob("images/social/small-models-on-call-*.png")
    author = posting.pop("author")
    assert (author["@type"], author["@id"], author["name"], author["url"]) == ("Person", ME, "Dana Okafor", HOME)
    assert posting == {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "@id": f"{POST}#post",
        "mainEntityOfPage": POST,
        "url": POST,
        "headline": LINK["title"],
        "description": LINK["summary"],
        "datePublished": "2026-11-22T08:40:00+00:00",
        "dateModified": "2026-11-23T00:00:00+00:00",
        "inLanguage": "en",
        "wordCount": posting["wordCount"],
        "image": f"{HOME}images/social/{card.name}",
        "keywords": ["Reliability", "incident response", "evaluation"],
        "citation": {
            "@type": "Article",
            "name": SOURCE["title"],
            "url": SOURCE["url"],
            "author": {"@type": "Person", "name": SOURCE["author"]},
            "publisher": {"@type": "Organization", "name": SOURCE["site"]},
            "datePublished": SOURCE["date"],
            "inLanguage": "en",
        },
        "correction": [
            {
                "@type": "CorrectionComment",
                "text": LINK["corrections"][0]["text"],
                "datePublished": LINK["corrections"][0]["date"],
            }
        ],
    }


def test_open_graph_says_title_summary_and_image(said: dict[str, Any], furnished: Site) -> None:
    [card] = furnished.output.glob("images/social/small-models-on-call-*.png")
    [graph] = said["opengraph"]
    assert dict(graph["properties"]) == {
        "og:type": "article",
        "og:title": LINK["title"],
        "og:url": POST,
        "og:site_name": "Dana Okafor",
        "og:description": LINK["summary"],
        "og:image": f"{HOME}images/social/{card.name}",
        "og:image:width": str(SIZE[0]),
        "og:image:height": str(SIZE[1]),
        "og:image:alt": f"{LINK['title']} – Dana Okafor",
        "article:published_time": "2026-11-22T08:40:00+00:00",
        "article:modified_time": "2026-11-23T00:00:00+00:00",
    }


def test_a_post_without_a_social_image_has_a_small_card(site: Site) -> None:
    site.write("plain")
    site.build()
    found = metas(site.page("2026/plain"))
    assert found["twitter:card"] == "summary"
    assert not any(name.startswith("og:image") for name in found)


def test_pages_name_their_author_in_the_fediverse_and_where_answers_go(furnished: Site) -> None:
    page = furnished.page("2026/small-models-on-call")
    found = metas(page)
    assert found["fediverse:creator"] == "@dana@social.example"
    assert found["twitter:card"] == "summary_large_image"
    assert found["robots"] == "index,follow,max-image-preview:large"
    rels = mf2py.parse(doc=page, url=POST)["rels"]
    assert rels["webmention"] == ["https://mentions.example/dana"]
    assert rels["me"] == ["https://social.example/@dana"]
    assert rels["canonical"] == [POST]


@pytest.mark.parametrize(
    ("profiles", "accounts", "creator"),
    [
        ('{network: Mastodon, username: d, url: "https://a.example/@dana"}', "", "@dana@a.example"),
        ('{network: Pixelfed, username: d, url: "https://p.example/users/dana"}', "", "@dana@p.example"),
        ('{network: Medium, username: d, url: "https://medium.example/@dana"}', "", ""),
        (
            '{network: GitHub, username: d, url: "https://git.example/dana"}',
            '[accounts.m]\nnetwork = "mastodon"\nserver = "https://s.example"\nhandle = "dana"\n',
            "@dana@s.example",
        ),
        ('{network: X, url: "https://x.example/dana"}', '[accounts.x]\nnetwork = "x"\nhandle = "dana"\n', ""),
    ],
)
def test_the_fediverse_author_is_found_in_profile_or_accounts(
    site: Site, profiles: str, accounts: str, creator: str
) -> None:
    site.desk.profile.write_text(f"basics:\n  profiles:\n    - {profiles}\n", encoding="utf-8")
    with site.desk.settings.open("a", encoding="utf-8") as settings:
        settings.write(f"\n{accounts}")
    assert pelican_settings(str(site.desk.pelicanconf))["FEDIVERSE_CREATOR"] == creator
    assert all(name == name.casefold() for name in FEDIVERSE)


def test_the_home_page_is_a_website_of_one_person(furnished: Site) -> None:
    found = extruct.extract(furnished.page(""), base_url=HOME, syntaxes=["json-ld"])["json-ld"]
    site, person = found[0]["@graph"]
    assert (site["@type"], site["@id"], site["publisher"]) == ("WebSite", f"{HOME}#site", {"@id": ME})
    assert (person["@type"], person["@id"], person["name"]) == ("Person", ME, "Dana Okafor")
    assert person["jobTitle"] == "I make on-call boring, and say how"
    assert person["knowsAbout"] == ["Reliability"]
    assert person["sameAs"] == ["https://social.example/@dana"]


def test_every_page_of_the_sitemap_is_there_and_asks_to_be_indexed_and_no_other_does(furnished: Site) -> None:
    root: Any = lxml.etree.fromstring((furnished.output / "sitemap.xml").read_bytes())
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    urls = root.xpath("//s:loc/text()", namespaces=space)
    assert urls == sorted(set(urls))
    for url in urls:
        page = (furnished.output / url.removeprefix(HOME) / "index.html").read_text(encoding="utf-8")
        assert "noindex" not in metas(page).get("robots", "")
        assert parsed(page).xpath('//link[@rel="canonical"]/@href') == [url]
    assert f"{HOME}about/" in urls
    assert not any("hidden" in url or "404" in url for url in urls)
    dates = {url.findtext("s:loc", namespaces=space): url.findtext("s:lastmod", namespaces=space) for url in root}
    assert dates[POST] == dates[HOME] == "2026-11-23T00:00:00+00:00"
    assert dates[f"{HOME}2026/error-budgets/"] == "2026-11-22T08:00:00+00:00"
    robots = (furnished.output / "robots.txt").read_text(encoding="utf-8")
    assert robots == f"User-agent: *\nAllow: /\n\nSitemap: {HOME}sitemap.xml\n"


def test_a_preview_is_for_no_search_engine(site: Site) -> None:
    site.write("first", status="draft")
    site.build(drafts=True)
    preview = site.desk.private / "preview"
    assert metas((preview / "2026" / "first" / "index.html").read_text(encoding="utf-8"))["robots"] == "noindex"
    assert not (preview / "sitemap.xml").exists()


def test_what_runs_in_no_field_runs_nowhere(tmp_path: Path) -> None:
    site = new_site(tmp_path / "desk")
    site.desk.profile.write_text(PROFILE, encoding="utf-8")
    for number, text in enumerate(PAYLOADS):
        words = dict.fromkeys(("title", "author", "site", "date", "lang"), text)
        header = {
            "title": text, "topic": text, "tags": [text], "summary": text, "question": text,
            "source": {**words, "url": "https://example.org/?a=1&b=<x>"}, "quotes": [{"text": text}],
            "via": {"name": text, "url": "javascript:alert(1)"},
            "corrections": [{"date": "2026-11-23", "text": text}],
        }  # fmt: skip
        site.write(
            f"p{number}", "![x](/x.png 'a\"><script>alert(1)</script>')\n", folder="links", kind="link", **header
        )
    for post in read_posts(site.desk.content)[0]:
        site.file(card_place(post, "Dana Okafor"), b"a card")
    site.build()
    items = {item["url"]: item for item in json.loads((site.output / "feeds/all.json").read_text())["items"]}
    for number, text in enumerate(PAYLOADS):
        url = f"{HOME}2026/p{number}/"
        page = site.page(f"2026/p{number}")
        found = metas(page)
        assert (found["og:title"], found["og:description"]) == (text, text)
        assert found["og:image:alt"] == f"{text} – Dana Okafor"
        [posting] = extruct.extract(page, base_url=url, syntaxes=["json-ld"])["json-ld"]
        assert posting["headline"] == posting["citation"]["name"] == text
        assert posting["correction"][0]["text"].startswith(text)
        assert items[url]["title"] == items[url]["summary"] == items[url]["tags"][0] == text
        for markup in (page, items[url]["content_html"]):
            tree = lxml.html.fragment_fromstring(markup, create_parent=True)
            assert not [tag for tag in tree.iter("script") if tag.get("type") != "application/ld+json"]
            assert not [name for tag in tree.iter() for name in tag.attrib if name.startswith("on")]
            assert not tree.xpath("//*[starts-with(@href, 'javascript:')]")
    for path in site.output.rglob("*.xml"):
        lxml.etree.fromstring(path.read_bytes())
