"""Looking at a built site: nothing is found in ours, and each thing that is wrong is found where it is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from curate.desk.settings import load_settings
from curate.errors import CurateError
from curate.site.check import check_site
from curate.site.contrast import contrast, weak_pairs
from curate.site.manifest import Manifest, write_mark
from curate.site.pages import BuiltSite
from tests.site.conftest import new_site

if TYPE_CHECKING:
    from tests.site.conftest import Site

STYLE = (Path(__file__).parents[2] / "themes" / "byline" / "templates" / "style.css").read_text(encoding="utf-8")
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>A page</title></head>
<body><main id="main"><h1>A page</h1>{}</main></body></html>
"""
DATA = '<script type="application/ld+json">{}</script>'


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A desk whose built site a test writes by hand."""
    made = new_site(tmp_path_factory.mktemp("hand") / "desk", url="https://dana.example/blog")
    made.output.mkdir()
    write_mark(made.output, Manifest(files={}, pages=()))
    for name, page in (("index.html", PAGE.format("")), ("about/index.html", PAGE.format('<p id="me">I</p>'))):
        (made.output / name).parent.mkdir(exist_ok=True)
        (made.output / name).write_text(page, encoding="utf-8")
    (made.output / "small.png").write_bytes(b"x" * 100)
    (made.output / "large.png").write_bytes(b"x" * 200_000)
    return made


def found(site: Site, page: str, name: str = "2026/x/index.html") -> list[str]:
    """Check the site with one page more; return what is wrong with that page, as rule: message."""
    path = site.output / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    problems = check_site(site.desk, load_settings(site.desk.settings))
    path.unlink()
    return [f"{one.rule}: {one.message}" for one in problems]


def test_nothing_is_wrong_with_the_sample_site(sample: Site) -> None:
    assert [str(one) for one in check_site(sample.desk, load_settings(sample.desk.settings))] == []


def test_without_a_site_it_is_said_how_to_build_one(site: Site) -> None:
    with pytest.raises(CurateError, match="no built site"):
        check_site(site.desk, load_settings(site.desk.settings))


@pytest.mark.parametrize(
    "inside",
    [
        '<a href="../../">home</a> <a href="../../about/#me">me</a> <a href="#main">up</a> <a href="#top">top</a>',
        '<a href="/blog/about/">me</a> <a href="https://dana.example/blog/about/#me">me</a> <a href="/blog/">home</a>',
        '<a href="https://dana.example/other/">not this site</a> <a href="https://example.org/x">out</a>',
        '<a href="mailto:dana@dana.example">mail</a> <img src="../../small.png" alt="" width="1" height="1">',
        "<h2>Two</h2><h3>Three</h3><h2>Two</h2><p>One<p>Two<ul><li>x<li>y</ul>",
        f"<p>By Dana Okafor, or DANA OKAFOR; mail dana.okafor, see /dana-okafor</p>{DATA.format('[]')}",
    ],
)
def test_a_page_as_it_should_be_has_no_problem(hand: Site, inside: str) -> None:
    assert found(hand, PAGE.format(inside)) == []


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ('<a href="../gone/">x</a>', "link: the link “../gone/” leads to no page"),
        (
            '<a href="https://dana.example/blog/gone/">x</a>',
            "link: the link “https://dana.example/blog/gone/” leads to no",
        ),
        ('<a href="../../about/#you">x</a>', "link: the link “../../about/#you” leads to no place"),
        ('<a href="#nowhere">x</a>', "link: the link “#nowhere” leads to no place"),
        ('<img src="../../gone.png" alt="" width="1" height="1">', "link: the link “../../gone.png”"),
        ('<img src="data:image/png;base64,AA" width="1" height="1">', "image: the image data:image"),
        ('<img src="../../small.png" alt="">', "budget: the image ../../small.png has no width"),
        ('<img src="../../large.png" alt="" width="1" height="1">', "budget: large.png has 200,000 bytes"),
        ('<img src="https://cdn.example/x.png" alt="">', "budget: it makes readers ask cdn.example"),
        ("<h1>Again</h1>", "html: it has 2 headings of the first level"),
        ("<h3>Too deep</h3>", "html: its headings leave out a level"),
        ("<p>x</b>", "html: the HTML is not well-formed, line 3: Unexpected end tag : b"),
        ('<p id="main">x', "html: the HTML is not well-formed, line 3: ID main already defined"),
        (DATA.format("{"), "data: its JSON-LD cannot be read"),
        (DATA.format('{"@type": "WebSite", "@id": "x", "url": "x"}'), "data: its WebSite in JSON-LD lacks name"),
        ("<article class='h-entry'>x</article>", "data: its h-entry lacks p-name, its title"),
        ("<p>By Dana Ókafor.</p>", "name: the name is written “Dana Ókafor”"),
        ("<p>by dana okafor</p>", "name: the name is written “dana okafor”"),
        (DATA.format('{"@type": "Person", "@id": "/#me", "name": "D. Okafor"}'), "name: the name is “D. Okafor”"),
        ('<a class="p-author h-card" rel="author" href="../../">Dana O.</a>', "name: the name is “Dana O.”"),
        ("<i></i>" * 1600, "budget: it has 1,6"),
        (f"<style>{'a{}' * 3000}</style>", "budget: its style has 9,000 bytes"),
        ("<style>@font-face{src:url(x)}</style>", "budget: it loads a font"),
    ],
)
def test_what_is_wrong_is_found(hand: Site, inside: str, said: str) -> None:
    problems = found(hand, PAGE.format(inside))
    assert problems
    assert any(one.startswith(said) for one in problems), problems


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("2026/x/index.html", "", "html: the HTML is not well-formed, nothing is in it."),
        ("2026/x/index.html", "<!-- cut -->", "html: the HTML is not well-formed, nothing is in it."),
        ("feeds/all.atom.xml", "<feed xmlns='http://www.w3", "name: it is not well-formed: "),
        ("sitemap.xml", "", "name: it is not well-formed: "),
    ],
)
def test_a_file_that_was_damaged_since_is_told_like_any_other(hand: Site, name: str, content: str, said: str) -> None:
    problems = found(hand, content, name)
    assert any(one.startswith(said) for one in problems), problems


def test_a_link_to_nowhere_among_the_pages_is_no_page(hand: Site) -> None:
    link = hand.output / "away.html"
    link.symlink_to(hand.output / "nowhere.html")
    assert found(hand, PAGE.format("")) == []
    link.unlink()


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("default-src 'none'; img-src 'self'", ["video", "audio"]),
        ("default-src 'none'; media-src 'self'", []),
        ("default-src 'self'", []),
    ],
)
def test_what_the_pages_own_policy_does_not_play_is_told(hand: Site, policy: str, said: list[str]) -> None:
    page = PAGE.format("<video src='x'></video><video src='y'></video><audio src='z'></audio>")
    whole = page.replace("<title>", f'<meta http-equiv="Content-Security-Policy" content="{policy}"><title>')
    told = [one for one in found(hand, whole) if one.startswith("media: ")]
    assert told == [
        f"media: “<{tag}” is in it, and the page's own policy plays none: link to it instead." for tag in said
    ]


def test_a_video_in_a_post_is_told_by_the_check_of_the_whole_site(site: Site) -> None:
    site.write("moving", "One.\n\n<video src='a.mp4'></video>\n")
    site.build()
    problems = check_site(site.desk, load_settings(site.desk.settings))
    assert [one.page for one in problems if one.rule == "media"] == ["2026/moving/index.html"]


def test_a_page_too_large_for_the_first_round_trip_is_told(hand: Site) -> None:
    words = " ".join(f"{number * 7919 % 100003:x}" for number in range(9000))
    assert [one for one in found(hand, PAGE.format(words)) if "gzipped" in one]


def test_a_script_is_weighed_and_the_search_page_may_have_more(hand: Site) -> None:
    script = f"<script>{json.dumps([number * 7919 % 100003 for number in range(400)])}</script>"
    assert any("its script has" in one for one in found(hand, PAGE.format(script)))
    assert found(hand, PAGE.format(script), "search/index.html") == []


def test_a_feed_by_somebody_of_another_name_is_told(hand: Site) -> None:
    feed = "<feed xmlns='http://www.w3.org/2005/Atom'><author><name>Dana O.</name></author></feed>"
    assert found(hand, feed, "feeds/all.atom.xml") == [
        "name: the author is “Dana O.” there, and Dana Okafor in curate.toml."
    ]


def test_a_link_that_climbs_out_of_the_site_is_no_file_of_it(hand: Site) -> None:
    site = BuiltSite(hand.output, "https://dana.example/blog")
    page = site.pages["index.html"]
    assert site.inside(page, "../../../etc/passwd") == ("etc/passwd", "")
    assert site.inside(page, "https://dana.example.evil.example/") is None


# Colours


def test_black_on_white_is_21_and_a_colour_on_itself_is_1() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#8A3B12", "#8A3B12") == 1


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#1C1D1F", "#FBFAF7", 16.16),
        ("#575A5F", "#F1EFE9", 6.02),
        ("#82878F", "#1F2329", 4.37),
        ("#E9E7E2", "#4A3D10", 8.64),
    ],
)
def test_contrast_is_as_the_theme_was_designed(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)


def test_the_theme_has_no_weak_pair_and_one_made_weaker_is_told() -> None:
    assert list(weak_pairs(STYLE)) == []
    weak = list(weak_pairs(STYLE.replace("--muted: #A6ABB3", "--muted: #565A60")))
    assert [re.sub(r"[\d.]+ in", "… in", one) for one in weak] == [
        f"muted on {on} has a contrast of … in dark; at least 4.5 is needed." for on in ("bg", "surface")
    ]
    assert list(weak_pairs("body { color: #777777 }")) == []
