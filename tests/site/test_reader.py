"""Reading posts for Pelican: what a header may steer, what a link may copy, what Markdown becomes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.posts.post import PostFault, parse_post
from curate.site.build import shipped_theme
from curate.site.manifest import digest, list_files
from curate.site.plugin.generators import Briefed
from curate.site.plugin.links import check_links
from curate.site.plugin.markdown import to_html

if TYPE_CHECKING:
    from pathlib import Path

    from tests.site.conftest import Site

CANARY = "CANARY-7f3a"


def everything(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def outside(site: Site) -> dict[str, str]:
    """Return what lies around the site: nothing of it may change in a build."""
    root = site.desk.root.parent
    kept = (path for path in root.rglob("*") if path.is_file())
    names = {path.relative_to(root).as_posix(): path for path in kept}
    return {name: digest(path) for name, path in names.items() if not name.startswith(("desk/output", "desk/.curate"))}


STEERING = ("template", "save_as", "url", "path", "override_save_as", "override_url", "URL", "reader", "timezone")


@pytest.mark.parametrize("value", ["../escaped.html", "nonexistent"])
def test_a_header_cannot_steer_pelican(site: Site, value: str) -> None:
    path = site.write("steered", **dict.fromkeys(STEERING, value))
    before = outside(site)
    built = site.build()
    assert site.pages() == ["2026/steered"]
    assert outside(site) == before
    assert not list(site.desk.root.rglob("escaped.html"))
    for key in STEERING:
        assert any(f"{path}:" in warning and f"“{key}”" in warning for warning in built.warnings)


def test_other_keys_are_kept_and_do_no_harm(site: Site) -> None:
    odd = ("content", "metadata", "settings", "_content", "my_key", "get_content", "1", "date_format", "summary ")
    site.write("odd", **dict.fromkeys(odd, "x"))
    site.build()
    assert "three minutes" in site.page("2026/odd")


def test_no_key_takes_the_place_of_what_an_article_does(site: Site) -> None:
    names = {name for name in dir(Briefed) if not name.startswith("__")} - {"status", "url", "save_as"}
    site.write("odd", **dict.fromkeys(names | {"around", "post", "card", "sections", "metadata"}, "x"))
    site.write("next")
    assert site.build().left_out == ()
    assert site.pages() == ["2026/next", "2026/odd"]
    assert "three minutes" in site.page("2026/odd")


@pytest.mark.parametrize("key", ["date", "modified", "Modified"])
def test_a_page_may_carry_a_date_and_a_post_one_of_a_change_before_it_came_out(site: Site, key: str) -> None:
    site.write("early", modified="2026-11-01")
    site.file("pages/now.md", f"---\ntitle: Now\nslug: now\nstatus: published\n{key}: 2026-11-01\n---\nWriting.\n")
    site.build()
    assert "Writing." in site.page("now")
    assert "updated" not in site.page("2026/early")


@pytest.mark.parametrize("name", ["old.html", "old.htm", "old.rst", "old.markdown", "old.mkd"])
def test_only_our_reader_makes_pages(site: Site, name: str) -> None:
    site.write("good")
    site.file(f"essays/{name}", "<html><head><title>Old</title></head><body>Draft</body></html>\n")
    site.build()
    assert site.pages() == ["2026/good"]
    assert b"Draft" not in everything(site.output)


def test_a_notice_may_end_with_the_calendar(site: Site) -> None:
    settings = site.desk.settings
    settings.write_text(settings.read_text().replace('"UTC"', '"Asia/Tokyo"'))
    site.write("for-ever", kind="notice", until="9999-12-31T23:59:00+00:00")
    site.build()
    assert "31 December 9999" in site.page("2026/for-ever")


def test_an_image_of_the_persons_own_comes_along(sample: Site) -> None:
    assert 'src="../../images/pager.png"' in sample.page("2026/error-budgets")
    assert (sample.output / "images" / "pager.png").read_bytes().startswith(b"\x89PNG")


def test_a_link_to_another_post_leads_to_its_page(sample: Site) -> None:
    assert 'href="../../2026/small-models-on-call/"' in sample.page("2026/error-budgets")


SECRETS = [
    "{static}/../secret.txt",
    "{attach}/../secret.txt",
    "{static}../../../secret.txt",
    "{attach}%2e%2e/%2e%2e/secret.txt",
    "{static}/images/../../secret.txt",
    "{static}/profile/profile.yaml",
    "{attach}../profile/profile.yaml",
    "{static}/essays/hidden.md",
    "{static}/.hidden/secret.txt",
    "{static}/missing.png",
    "{static}/",
]


FORMS = ["![x]({})", "[x](<{}>)", '<a href="{}">x</a>', "<img src='{}' alt='x'>", "[x]: {}\n\n[x]"]


@pytest.fixture
def secretive(site: Site) -> Site:
    """A desk with files around that are not for readers."""
    (site.desk.root / "secret.txt").write_text(CANARY, encoding="utf-8")
    site.write("hidden", f"{CANARY}\n", status="draft")
    site.file(".hidden/secret.txt", CANARY)
    return site


@pytest.mark.parametrize("link", SECRETS)
@pytest.mark.parametrize("form", FORMS)
def test_a_link_to_what_is_not_for_readers_is_refused_with_its_line(secretive: Site, link: str, form: str) -> None:
    path = secretive.write("greedy", "One line.\n\n" + form.replace("{}", link) + "\n", folder="links")
    text = path.read_text(encoding="utf-8")
    post = parse_post(text, path)
    with pytest.raises(PostFault) as caught:
        check_links(to_html(post.body), post, secretive.desk.content)
    assert caught.value.line == text.split(link)[0].count("\n") + 1


def test_a_post_cannot_publish_files_that_are_not_for_readers(secretive: Site) -> None:
    path = secretive.write("greedy", "![x]({static}/../secret.txt)\n")
    [said] = secretive.left_out()
    assert said.startswith(f"{path}:8: ")
    assert secretive.pages() == []
    assert CANARY.encode() not in everything(secretive.output)


def test_a_link_through_a_symbolic_link_leads_out(site: Site) -> None:
    (site.desk.root / "secret.txt").write_text(CANARY, encoding="utf-8")
    (site.desk.content / "out").symlink_to(site.desk.root)
    path = site.write("greedy", "![x]({static}/out/secret.txt)\n")
    post = parse_post(path.read_text(encoding="utf-8"), path)
    with pytest.raises(PostFault, match="leads out"):
        check_links(to_html(post.body), post, site.desk.content)


def test_a_link_shown_as_code_is_no_link(site: Site) -> None:
    sample = """<img src='{static}/../secret.txt' alt="x">"""
    site.write("manual", f"Write `{sample}` or\n\n```\n{sample}\n```\n\nsrc='{{attach}}/../secret.txt' in words.\n")
    site.build()
    assert site.page("2026/manual").count("{static}/../secret.txt") == 2


def test_a_second_link_in_one_tag_is_not_overlooked(site: Site) -> None:
    (site.desk.root / "secret.txt").write_text(CANARY, encoding="utf-8")
    site.file("images/a.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    site.write("greedy", '<video poster="{static}/../secret.txt" src="{static}/images/a.svg"></video>\n')
    [said] = site.left_out()
    assert "secret.txt" in said
    assert CANARY.encode() not in everything(site.output)


@pytest.mark.parametrize("what", ["|static|", "|attach|", "{evil}", "{author.__class__}"])
def test_what_is_no_link_of_pelicans_stays_text(site: Site, what: str) -> None:
    (site.desk.root / "secret.txt").write_text(CANARY, encoding="utf-8")
    site.write("odd", f'<a title="x" href="https://example.org/{what}/../secret.txt">x</a>\n')
    site.build()
    assert CANARY.encode() not in everything(site.output)


def test_a_link_to_a_draft_is_named_instead_of_published_broken(site: Site) -> None:
    site.write("hidden", status="draft")
    path = site.write("eager", "[soon]({filename}/essays/hidden.md)\n")
    [said] = site.left_out()
    assert said.startswith(f"{path}:")
    assert "a draft has none" in said
    assert site.pages() == []


FEED_TEXTS = [
    '<a href="{attach}/../secret.txt">x</a>',
    "![x]({attach}/../secret.txt)",
    "{static}/../secret.txt",
    '"{static}/../secret.txt"',
    '" href="{attach}/../secret.txt',
    "|attach|/../secret.txt",
    "&#123;attach&#125;/../secret.txt",
    '{{ 1234*56789 }}{% include "/etc/passwd" %}',
    *(f'<img src="{{attach}}/{"../" * depth}secret.txt">' for depth in range(1, 13)),
]


def test_nothing_a_feed_says_copies_a_file_into_the_site(site: Site) -> None:
    root = site.desk.root
    (root.parent / "secret.txt").write_text(CANARY, encoding="utf-8")
    (root / "secret.txt").write_text(CANARY, encoding="utf-8")
    for number, text in enumerate(FEED_TEXTS):
        source = {"url": text, "title": text, "author": text, "site": text, "date": text, "lang": text}
        site.write(
            f"fed-{number}",
            folder="links",
            kind="link",
            title=text,
            topic=text,
            tags=[text],
            summary=text,
            question=text,
            source={**source, "url": f"https://example.org/{text}" if number % 2 else text},
            quotes=[{"text": text}],
            via={"name": text, "url": text},
            also_covered_by=[source],
            corrections=[{"date": text, "text": text}],
            syndication=[text],
            claim=text,
        )
    before = outside(site)
    site.build()
    assert len(site.pages()) == len(FEED_TEXTS)
    assert CANARY.encode() not in everything(site.output)
    assert outside(site) == before
    assert all(name.endswith((".html", ".xml", ".json", "robots.txt")) for name in list_files(site.output))
    assert "70077626" not in site.page("2026/fed-7")


def test_tags_without_a_latin_letter_have_pages_of_their_own(site: Site) -> None:
    site.write("one", tags=["日本語", "🎉", "C++", "C"], topic="Ελλάδα")
    site.write("two", tags=["日本語", "🎉", "C", "C++"])
    site.build()
    targets = re.findall(r'rel="tag" href="\.\./\.\./(tags/[^"]+/)"', site.page("2026/one"))
    assert len(set(targets)) == 4
    assert all((site.output / target / "index.html").is_file() for target in targets)


def test_links_to_tags_and_topics_lead_to_the_lists_of_the_site(site: Site) -> None:
    names = ["北京", "背景", "C++", "C#", "Ops & Co", "incident response", "Ελλάδα"]
    links = " ".join(f"[x](<{{tag}}{name}>)" for name in names)
    raw = '<a href="{tag}北京">y</a> [z]({index}) [w](<{author}Dana Okafor>)'
    body = f"{links} [x](<{{category}}Надёжность>) {raw}\n"
    site.write("one", body, tags=names, topic="Надёжность")
    site.file("pages/now.md", f"---\ntitle: Now\nslug: now\nstatus: published\n---\n{body}")
    site.build()
    for place in ("2026/one", "now"):
        targets = re.findall(r'href="([^"#]+)">[xyzw]</a>', site.page(place))
        assert len(targets) == len(names) + 4
        assert len(set(targets)) == len(names) + 3  # the first tag is linked twice
        for target in targets[:-1]:  # the page about the author is theirs to write
            assert (site.output / place / target).exists(), target


# Markdown


def test_no_heading_has_an_id_of_the_page_around_it(site: Site) -> None:
    templates = shipped_theme() / "templates"
    texts = [(templates / f"{page}.html").read_text(encoding="utf-8") for page in ("base", "article", "page", "about")]
    around = [name for text in texts for name in re.findall(r'\bid="([^"{]+)"', text)]
    assert {"main", "related", "me"} <= {*around}
    titles = [*around, "Main", "fn1", "FnRef1", "???", "…", "section"]
    body = "\n".join(f"## {title}\n" for title in titles) + "\nText[^1]\n\n[^1]: Note\n"
    site.write("earlier", tags=["a"], date="2026-11-20T08:00:00+00:00")
    site.write("one", body, tags=["a"])
    for page in ("now", "about"):
        site.file(f"pages/{page}.md", f"---\ntitle: {page}\nslug: {page}\nstatus: published\n---\n{body}")
    site.build()
    assert "Earlier on this" in site.page("2026/one")
    for place in ("2026/one", "now", "about"):
        ids = re.findall(r'\bid="([^"]*)"', site.page(place))
        assert sorted(ids) == sorted({*ids}), place
        assert "" not in ids
        assert len([name for name in ids if f'<h2 id="{name}"' in site.page(place)]) == len(titles)
        contents = re.findall(r'<li><a href="#([^"]+)"', site.page(place))
        assert len(contents) == (len(titles) if place == "2026/one" else 0)


def test_a_page_has_one_h1_whatever_the_text_begins_with() -> None:
    assert re.findall(r"<(h\d)", to_html("# One\n\n## Two\n\n###### Six\n")) == ["h2", "h3", "h6"]
    assert re.findall(r"<(h\d)", to_html("## Two\n\n### Three\n")) == ["h2", "h3"]


def test_tables_and_code_need_no_inline_style_and_are_reached_by_keyboard() -> None:
    html = to_html("| a | b |\n|:--|--:|\n| 1 | 2 |\n\n```\ncode\n```\n\n    more\n")
    assert "style=" not in html
    assert '<td class="right">2</td>' in html
    assert html.count('tabindex="0"') == 3


def test_footnotes_definitions_and_attributes_work() -> None:
    html = to_html('Text[^1] `x`{.key lang=de onclick="x()"}\n\nTerm\n: Meaning\n\n[^1]: Note\n')
    assert 'href="#fn1"' in html
    assert "<dd>" in html
    assert 'class="key"' in html
    assert "onclick" not in html


def test_links_that_would_run_something_stay_text() -> None:
    html = to_html("[a](javascript:alert(1)) [b](data:text/html;x) ![c](vbscript:x) <javascript:alert(1)>")
    assert "href=" not in html.replace("&lt;", "")
    assert "<img" not in html


def test_only_pelicans_own_links_keep_their_braces() -> None:
    assert 'href="{filename}/a%20b.md"' in to_html("[x](<{filename}/a b.md>)")
    assert 'href="%7Bauthor%20x%7D"' in to_html("[x](<{author x}>)")


@given(st.text(max_size=300))
def test_any_text_becomes_html(text: str) -> None:
    assert isinstance(to_html(text), str)


@pytest.mark.parametrize("piece", ["[", "![", "<![CDATA[", "*a", "> ", "`", "&", "(", "|-"])
def test_no_text_takes_long(piece: str) -> None:
    import time

    started = time.process_time()
    to_html(piece * (16_000 // len(piece)))
    assert time.process_time() - started < 5
