"""The audit: what it lets through and what it stops, on built pages as they lie on the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curate.site.audit import audit_site
from curate.site.left_out import to_blame
from curate.site.plugin.report import Report

if TYPE_CHECKING:
    from pathlib import Path

    from tests.site.conftest import Site

POLICY = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'


def audited(folder: Path, page: str, name: str = "index.html") -> list[str]:
    """Audit a site of one page."""
    (folder / "site").mkdir()
    (folder / "content").mkdir()
    (folder / "site" / name).write_text(page, encoding="utf-8")
    return audit_site(folder / "site", Report(written=[name]), folder / "content", {})


@pytest.mark.parametrize(
    "page",
    [
        "<p><a href='../x/'>Inside</a>, <a href='https://example.org'>out</a>, <a href='mailto:a@b.c'>mail</a>",
        "<img src='data:image/png;base64,AAAA' alt=''><link rel=icon href='data:image/svg+xml,x'>",
        f'{POLICY}<script type="application/ld+json">{{}}</script>',
        "<script>a theme of somebody else may run this</script>",
        "<!-- <script> --><p>It says javascript:alert(1) and {static} as text.",
    ],
)
def test_a_page_as_it_should_be_passes(tmp_path: Path, page: str) -> None:
    assert audited(tmp_path, page) == []


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("<a href='javascript:alert(1)'>x</a>", "javascript:alert(1)"),
        ("<a href='java&#10;script:alert(1)'>x</a>", "neither a web nor a mail address"),
        ("<a href=' JavaScript:alert(1)'>x</a>", "neither a web nor a mail address"),
        ("<a href='data:text/html,x'>x</a>", "data:text/html"),
        ("<img src='file:///etc/passwd' alt=''>", "file:///etc/passwd"),
        ("<a href='{filename}/draft.md'>x</a>", "a draft has none"),
        ("<img src='{static}/x.png' alt=''>", "{static}/x.png"),
        (f"{POLICY}<script>alert(1)</script>", "forbids scripts"),
        (" \n", "the page is empty"),
        (f"{POLICY}<p onclick='x()'>", "onclick"),
        (f"{POLICY}<svg onload='x()'></svg>", "onload"),
    ],
)
def test_a_page_that_would_embarrass_is_stopped(tmp_path: Path, page: str, said: str) -> None:
    [problem] = audited(tmp_path, page)
    assert problem.startswith("index.html: ")
    assert said in problem


def test_a_feed_that_is_not_well_formed_is_stopped(tmp_path: Path) -> None:
    [problem] = audited(tmp_path, "<feed><entry></feed>", "all.atom.xml")
    assert "well-formed" in problem


def test_a_file_nobody_can_explain_is_stopped(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "passwd").write_text("root:x", encoding="utf-8")
    (site / "link").symlink_to("/etc/passwd")
    said = audit_site(site, Report(), tmp_path, {})
    assert len(said) == 2
    assert "link to another place" in said[0]
    assert "passwd is in the site" in said[1]


def test_a_copy_of_what_lies_outside_content_is_stopped(tmp_path: Path) -> None:
    content = tmp_path / "content"
    content.mkdir()
    (tmp_path / "site").mkdir()
    (tmp_path / "secret").touch()
    (content / "link").symlink_to(tmp_path / "secret")
    copied = {"a": "../secret", "b": str(tmp_path / "secret"), "c": "link", "d": "essays/draft.md", "../e": "fine.png"}
    assert len(audit_site(tmp_path / "site", Report(copied=copied), content, {})) == 5


def test_a_post_without_a_page_and_a_page_without_a_post_are_stopped(site: Site) -> None:
    from curate.posts.files import read_posts
    from curate.posts.post import permalink

    path = site.write("there")
    public = {permalink(post): str(post.path) for post in read_posts(site.desk.content)[0]}
    folder = site.desk.root / "fresh"
    folder.mkdir()
    assert audit_site(folder, Report(), site.desk.content, public) == [f"{path}: the post has no page."]
    (folder / "x.html").write_text("<p>x", encoding="utf-8")
    other = Report(written=["x.html"], pages={"x.html": str(path)})
    assert audit_site(folder, other, site.desk.content, {}) == [
        f"{path}: it has the page x.html, and should have none."
    ]


def test_a_script_in_a_post_is_named_because_readers_would_not_get_it(site: Site) -> None:
    path = site.write("lively", "<script>alert(1)</script>\n")
    [said] = site.left_out()
    assert said.startswith(f"{path}:8: ")
    assert "forbids scripts" in said
    assert site.pages() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<iframe src="https://video.example/x"></iframe>', "“<iframe” is in it"),
        ("<object data='x.swf'></object>", "“<object” is in it"),
        ('<base href="https://elsewhere.example/">', "“<base” is in it"),
        ('<meta http-equiv="Refresh" content="0;url=https://elsewhere.example">', "send readers elsewhere"),
        ('<svg><a xlink:href="javascript:alert(1)">x</a></svg>', "neither a web nor a mail address"),
    ],
)
def test_what_readers_would_not_get_or_not_want_is_named_with_its_line(site: Site, text: str, said: str) -> None:
    path = site.write("lively", f"One.\n\n{text}\n")
    site.write("other")
    [left] = site.left_out()
    assert left.startswith(f"{path}:10: ")
    assert said in left
    assert site.pages() == ["2026/other"]


def test_no_file_takes_the_place_of_a_page(site: Site) -> None:
    site.file("essays/index.html", "<p>CANARY</p>")
    path = site.write("lively", "[x]({attach}index.html)\n")
    [left] = site.left_out()
    assert left.startswith(f"{path}:")
    assert "in the place of its page" in left
    assert site.pages() == []


def test_a_post_that_has_gone_since_its_page_was_judged_is_blamed_all_the_same(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.md")
    [blamed], rest = to_blame([f"{gone}: the link “x” leads nowhere.", "index.html: odd."], [gone])
    assert (blamed.line, blamed.reason, rest) == (1, "the link “x” leads nowhere.", ["index.html: odd."])
