"""What the person wrote before on the same story, tag, author or site comes to mind, the strongest reason first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from curate.posts.post import Post, parse_post
from curate.posts.recall import suggested_tags, wrote_before
from tests.posts.test_draft import ITEM

HERE = Path("content/links/x.md")


def post(title: str, day: int, header: str = "") -> Post:
    text = f"---\ntitle: {title}\ndate: 2026-01-{day:02}T08:00:00+00:00\nslug: {title.lower()}\n{header}---\nWords.\n"
    return parse_post(text, HERE)


def source(url: str = "https://elsewhere.example/1", author: str = "", site: str = "") -> str:
    return f"source: {{url: '{url}', title: T, author: '{author}', site: '{site}'}}\n"


def titles(item: object, *posts: Post, also: tuple[object, ...] = ()) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.title, one.why) for one in wrote_before(posts, item, also)]  # type: ignore[arg-type] # items all


def test_each_reason_and_the_order_of_reasons() -> None:
    item = replace(
        ITEM,
        tags=("Evaluation",),
        author="Rosa Lindqvist",
        url="https://a.example/new",
        canonical_url="https://a.example/new",
    )
    other = replace(item, id="zzzz", url="https://b.example/same", canonical_url="https://b.example/same")
    found = titles(
        item,
        post("Nothing", 9, source()),
        post("Tagged", 1, "tags: [evaluation, teams]\n" + source()),
        post("Author", 2, source(author="rosa lindqvist")),
        post("Site", 3, source("https://a.example/old", site="Ops")),
        post("Both", 1, source("https://a.example/older", "Rosa Lindqvist")),
        post("Story", 1, source("https://b.example/same?utm_source=x")),
        post("Credit", 2, "also_covered_by: [{title: T, site: S, url: 'https://a.example/new'}]\n" + source()),
        also=(other,),
    )
    assert found == [
        ("Credit", ("the same story",)),
        ("Story", ("the same story",)),
        ("Both", ("by Rosa Lindqvist", "from a.example")),
        ("Site", ("from Ops",)),
        ("Author", ("by Rosa Lindqvist",)),
    ], "at most five"
    assert titles(item, post("Tagged", 1, "tags: [evaluation]\n")) == [("Tagged", ("#evaluation",))]


def test_tags_used_for_the_same_author_or_site_are_suggested() -> None:
    item = replace(ITEM, tags=("one",), author="Rosa Lindqvist", url="https://a.example/new")
    posts = [
        post("A", 1, "tags: [One, two]\n" + source("https://a.example/old")),
        post("B", 2, "tags: [two, three]\n" + source(author="Rosa Lindqvist")),
        post("C", 3, "tags: [four]\n" + source()),
    ]
    assert suggested_tags(posts, item) == ("two", "three")
