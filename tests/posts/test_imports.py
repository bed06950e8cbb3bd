"""Posts of another site are copied with date, tags and state, never over anything, and only once."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from curate.errors import Refused
from curate.posts.files import read_posts
from curate.posts.imports import import_posts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate

HUGO = """+++
title = "On calm"
date = 2021-05-06T07:08:09+02:00
draft = false
tags = ["nights", "calm"]
categories = ["Work"]
description = "What it says."
+++

The *body*.
"""
JEKYLL = """---
layout: post
title: "On: nights"
tags: nights calm
categories: [work, rest]
---
The body {% x %}.
"""
PELICAN = """Title: On pagers
Date: 2019-03-04 10:20
Modified: 2020-01-02
Category: Work
Tags: nights, two words
Slug: pagers
Summary: What it
    says.

The body ![alt](/images/x.png)
"""
JSON = '{"title": "On JSON", "date": "2018-01-02", "tags": ["x"]}\n\nThe body.\n'
OWN = """---
title: Mine
date: 2022-01-02T00:00:00+00:00
slug: mine
kind: link
status: published
source: {url: https://quiet.example/}
question: Why?
---
The body.
"""
STRANGE = """---
title: A
date: 2020-01-01
slug: ../../x
save_as: ../../../x.html
template: evil
url: javascript:x
---
B.
"""


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """An empty content/."""
    (tmp_path / "content").mkdir()
    return tmp_path / "content"


def site(tmp_path: Path, **files: str) -> Path:
    """Write files of an old site, / as __ in their names."""
    for name, text in files.items():
        path = tmp_path / "old" / f"{name.replace('__', '/').replace('_d', '-')}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "old"


def test_each_dialect_keeps_title_date_tags_and_body(content: Path, tmp_path: Path) -> None:
    old = site(tmp_path, posts__calm__index=HUGO, pelican=PELICAN, json=JSON, own=OWN)
    (old / "_posts").mkdir()
    (old / "_posts" / "2020-02-03-on-nights.markdown").write_text(JEKYLL, encoding="utf-8")
    before = {path: path.read_bytes() for path in old.rglob("*") if path.is_file()}
    taken = import_posts(content, old)
    assert (len(taken.made), taken.known, taken.rejected) == (5, 0, [])
    posts = {post.title: post for post in read_posts(content)[0]}
    calm = posts["On calm"]
    assert (calm.slug, calm.date, calm.status) == ("calm", datetime(2021, 5, 6, 5, 8, 9, tzinfo=UTC), "published")
    assert (calm.tags, calm.topic, calm.summary, calm.body) == (
        ("nights", "calm"),
        "Work",
        "What it says.",
        "The *body*.\n",
    )
    nights = posts["On: nights"]
    assert (nights.slug, nights.date) == ("on-nights", datetime(2020, 2, 3, tzinfo=UTC))
    assert (nights.tags, nights.topic) == (("nights", "calm", "rest"), "work")
    pagers = posts["On pagers"]
    assert (pagers.slug, pagers.modified, pagers.summary) == (
        "pagers",
        datetime(2020, 1, 2, tzinfo=UTC),
        "What it says.",
    )
    assert (pagers.tags, pagers.topic, pagers.status) == (("nights", "two words"), "Work", "published")
    assert posts["On JSON"].date == datetime(2018, 1, 2, tzinfo=UTC)
    assert (content / "links" / "2022-01-02-mine.md").read_text(encoding="utf-8") == OWN
    assert len(taken.warnings) == 2  # a Liquid tag, and a picture
    assert {path: path.read_bytes() for path in old.rglob("*") if path.is_file()} == before


def test_twice_changes_nothing_and_nothing_is_written_over(content: Path, tmp_path: Path) -> None:
    mine = content / "essays" / "2021-05-06-calm.md"
    mine.parent.mkdir()
    mine.write_text("---\ntitle: Another\ndate: 2020-01-01\nslug: calm\n---\nMine.\n", encoding="utf-8")
    old = site(tmp_path, calm=HUGO, pelican=PELICAN)
    would = import_posts(content, old, dry_run=True)
    assert [*content.rglob("*.md")] == [mine]
    made = import_posts(content, old).made
    assert (
        [path.name for path in made]
        == [path.name for path in would.made]
        == ["2021-05-06-calm-2.md", "2019-03-04-pagers.md"]
    )
    before = {path: path.read_bytes() for path in content.rglob("*.md")}
    again = import_posts(content, old)
    assert (again.made, again.known) == ([], 2)
    assert {path: path.read_bytes() for path in content.rglob("*.md")} == before
    assert mine.read_text(encoding="utf-8").endswith("Mine.\n")


@pytest.mark.parametrize(
    "header",
    ["draft: true", "published: false", "status: draft", "status: hidden", "nothing: here"],
)
def test_what_the_old_site_did_not_show_is_a_draft(content: Path, tmp_path: Path, header: str) -> None:
    day = "" if header == "nothing: here" else "date: 2020-01-01\n"
    import_posts(content, site(tmp_path, a=f"---\ntitle: A\n{day}{header}\n---\nBody.\n"))
    [post] = read_posts(content)[0]
    assert post.status == "draft"


def test_what_cannot_be_taken_is_named_and_the_rest_goes_on(content: Path, tmp_path: Path) -> None:
    old = site(
        tmp_path,
        good=PELICAN,
        anchors="---\ntitle: &x A\nother: *x\n---\n",
        broken="---\ntitle: [\n---\n",
        open="---\ntitle: A\n",
        toml="+++\ntitle = \n+++\n",
        plain="Just words.\n",
        pages__about="---\ntitle: About\n---\n",
        _index="---\ntitle: List\n---\n",
    )
    (old / "rest.rst").write_text("Title\n=====\n", encoding="utf-8")
    (old / "latin.md").write_bytes(b"---\ntitle: Caf\xe9\n---\n")
    (old / "passwd.md").symlink_to("/etc/passwd")
    (old / "node_modules").mkdir()
    (old / "node_modules" / "x.md").write_text(PELICAN, encoding="utf-8")
    taken = import_posts(content, old)
    assert [path.name for path in taken.made] == ["2019-03-04-pagers.md"]
    reasons = {each.row: each.reason for each in taken.rejected}
    assert reasons.keys() == {
        "anchors.md", "broken.md", "open.md", "toml.md", "plain.md", "pages/about.md", "_index.md", "rest.rst",
        "latin.md",
    }  # fmt: skip
    assert "line 2" in reasons["anchors.md"]
    assert reasons["plain.md"] == "it has no header"
    assert "pandoc" in reasons["rest.rst"]


def test_a_header_of_a_stranger_gives_a_post_nothing_but_the_keys_it_may_have(content: Path, tmp_path: Path) -> None:
    [path] = import_posts(content, site(tmp_path, a=STRANGE)).made
    assert path == content / "essays" / "2020-01-01-x.md"
    assert read_posts(content)[0][0].header.keys() == {"title", "date", "slug", "kind", "status"}


def test_folders_without_posts_and_the_desks_own_are_refused(content: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refused, match="holds no post"):
        import_posts(content, tmp_path / "empty")
    for own in (content, tmp_path):
        with pytest.raises(Refused, match="this desk's own"):
            import_posts(content, own)


def test_the_command_takes_a_folder_and_the_site_builds_with_it(curate: Curate, desk: Path, tmp_path: Path) -> None:
    old = site(tmp_path, calm=HUGO, plain="Just words.\n")
    told = curate("-C", desk, "import", old, "--json").data
    assert told == {
        "kind": "content", "rows": 2, "new": 1, "known": 0,
        "rejected": [{"row": "plain.md", "reason": "it has no header"}],
    }  # fmt: skip
    curate("-C", desk, "site", "build")
    assert "The <em>body</em>." in (desk / "output" / "2021" / "calm" / "index.html").read_text(encoding="utf-8")
    assert curate("-C", desk, "import", old, "--json").data["known"] == 1
    assert "no export of the kind" in curate("-C", desk, "import", old, "--kind", "pocket", expect=3).err


def test_what_the_old_site_showed_without_a_date_that_can_be_read_comes_as_a_draft_and_is_named(
    content: Path, tmp_path: Path
) -> None:
    dated = "---\ntitle: {}\ndate: {}\n{}---\nThe body.\n"
    old = site(
        tmp_path,
        february=dated.format("Feb", "2026-02-31", ""),
        hidden=dated.format("Hidden", "", "draft: true\n"),
        good=dated.format("Good", "2026-02-28", ""),
    )
    taken = import_posts(content, old)
    assert {post.slug: post.status for post in read_posts(content)[0]} == {
        "february": "draft",
        "hidden": "draft",
        "good": "published",
    }
    assert taken.warnings == ["1 of the posts say no date that can be read and came as drafts: february.md."]


def test_a_pipe_is_not_waited_for_and_a_name_with_line_ends_forges_no_line(
    curate: Curate, desk: Path, tmp_path: Path
) -> None:
    old = site(tmp_path, a=PELICAN)
    os.mkfifo(old / "pipe.md")
    (old / "x\ncontent: Took 9 posts.\x1b[2J.md").write_text("no header", encoding="utf-8")
    done = curate("-C", desk, "import", old)
    assert [line.split(":")[0] for line in done.out.splitlines()[:3]] == [
        "Left out pipe.md",
        "Left out x content",
        "content",
    ]
    assert "\x1b" not in done.out


def test_posts_that_lose_tags_are_named(content: Path, tmp_path: Path) -> None:
    def post(*tags: str) -> str:
        return f"---\ntitle: On\ndate: 2026-02-28\ntags: {list(tags)}\n---\nThe body.\n"

    old = site(
        tmp_path,
        all=post(*[f"tag {number}" for number in range(100)]),
        twice=post(*["Nights", "nights"] * 60).replace("On", "On nights"),
        many=post(*[f"tag {number}" for number in range(101)]).replace("On", "On many"),
        long=post("long " * 13).replace("On", "On long"),
    )
    taken = import_posts(content, old)
    assert len(taken.made) == 4
    [told] = taken.warnings
    assert told.startswith("2 of the posts had more than 100 tags or tags of more than 60 characters")
    assert told.endswith(": long.md, many.md.")
