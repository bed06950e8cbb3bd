"""A draft carries where it comes from, and nothing strangers wrote becomes more than text in its header."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import UsageError
from curate.feeds.addresses import web_url
from curate.feeds.characters import one_line
from curate.inbox.items import Item, Quote
from curate.posts.draft import (
    LONGEST_LINE,
    MARKER,
    Given,
    draft_post,
    for_editor,
    from_editor,
    make_slug,
    paragraphs,
    short,
    split_question,
)
from curate.posts.post import SLUG, Post, parse_post

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
NOW = datetime(2026, 11, 22, 8, 40, tzinfo=UTC)

ITEM = Item(
    number=7,
    id="kfmt",
    title="What we learned putting a 3B model on call",
    url="https://example.org/2026/11/night-shift-models",
    canonical_url="https://example.org/2026/11/night-shift-models",
    feed_title="Example Systems Review",
    feed_url="https://example.org/feed",
    author="Rosa Lindqvist",
    site="",
    published=datetime(2026, 11, 20, 23, 0, tzinfo=UTC),
    first_seen=NOW,
    state="kept",
    summary="We put a small model in the pager rotation.",
    content_text="",
    content_html="",
    words=1840,
    lang="en",
    full_text=True,
    sources=1,
    later_until=None,
    via_name="Tomas Arreola",
    via_url="https://example.net/@tomas/1139",
    note="The number is minutes, not accuracy.",
    quotes=(Quote(text="We stopped asking\n\nwhether it was right.", prefix="eight weeks. ", suffix=" It did"),),
    tags=("evaluation", "incident response"),
)


def drafted(given_: Given) -> tuple[Post, str]:
    _, text = draft_post(given_, now=NOW)
    return parse_post(text, Path("content/links/draft.md")), text


def test_a_link_carries_its_source_the_quotes_the_note_the_tags_and_via() -> None:
    post, text = drafted(Given(item=ITEM, text="My words.\n\nMore of them.\n"))
    assert (post.title, post.slug) == (ITEM.title, "what-we-learned-putting-a-3b-model-on-call")
    assert (post.kind, post.status, post.item, post.date) == ("link", "draft", "kfmt", NOW)
    assert post.source is not None
    assert (post.source.url, post.source.title, post.source.author) == (ITEM.url, ITEM.title, "Rosa Lindqvist")
    assert (post.source.site, post.source.date, post.source.words, post.source.lang) == (
        "Example Systems Review",
        "2026-11-20",
        1840,
        "en",
    )
    assert post.quotes == (replace(ITEM.quotes[0], prefix="eight weeks.", suffix="It did"),)
    assert (post.via_name, post.via_url, post.tags) == ("Tomas Arreola", ITEM.via_url, ITEM.tags)
    assert post.body == "The number is minutes, not accuracy.\n\nMy words.\n\nMore of them.\n"
    assert ITEM.summary not in text
    assert "\ndate: 2026-11-22T08:40:00+00:00\n" in text
    assert text.index("status: draft") < text.index("tags:")  # even a reader that stops at a list sees a draft


def test_a_note_that_the_text_holds_already_is_not_said_twice() -> None:
    text = "Well.\n\nThe number is minutes,\nnot accuracy. So there.\n"
    assert drafted(Given(item=ITEM, text=text))[0].body == text
    assert drafted(Given(item=ITEM))[0].body == f"{ITEM.note}\n"
    assert drafted(Given(item=replace(ITEM, note="")))[0].body == ""


def test_words_are_told_only_when_the_whole_text_was_counted() -> None:
    source = drafted(Given(item=replace(ITEM, full_text=False, published=None, author="", lang="")))[0].header["source"]
    assert source == {"url": ITEM.url, "title": ITEM.title, "site": "Example Systems Review"}


def test_an_essay_and_a_prediction_start_from_nothing() -> None:
    post, _ = drafted(Given(title="On choosing", text="Words."))
    assert (post.kind, post.slug, post.source, post.item, post.body) == ("essay", "on-choosing", None, "", "Words.\n")
    post, _ = drafted(Given(kind="prediction", claim="It rains.", confidence="70 %", due="2027-06-30"))
    assert (post.claim, post.confidence, str(post.due), post.slug) == ("It rains.", 0.7, "2027-06-30", "post-20261122")


def test_the_date_of_a_draft_is_in_utc() -> None:
    berlin = NOW.astimezone(timezone(timedelta(hours=1)))
    assert "date: 2026-11-22T08:40:00+00:00" in draft_post(Given(title="T"), now=berlin)[1]


@pytest.mark.parametrize(
    "wrong", [Given(kind="link"), Given(kind="prediction", confidence="sure"), Given(kind="prediction", due="soon")]
)
def test_what_cannot_be_meant_is_said_before_anything_is_written(wrong: Given) -> None:
    with pytest.raises(UsageError):
        draft_post(wrong, now=NOW)


FOREIGN = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "status: published",
            "x\nstatus: published\n---\n",
            "---\nstatus: published\n---",
            '"\nstatus: published',
            "'\n...\n--- \nstatus: published",
            "|\n status: published",
            "&a *a",
            "!!python/object:os.system x",
            "{a: b}",
            "yes",
            "1e3",
            "~",
            "2026-11-22",
            "<script>alert(1)</script>",
            "[x]({attach}/../../etc/passwd)",
            "x\u2028y: z",
            "\ud800",
            "\ufeff---\nstatus: published\n---\n",
            "a\r\nstatus: published\r\n",
            "\x85status: published",
            "# x",
            "%YAML",
        ]
    ),
)


@settings(deadline=None, max_examples=300)
@given(st.lists(FOREIGN, min_size=9, max_size=9), st.lists(FOREIGN, max_size=3))
def test_whatever_a_feed_says_comes_back_as_the_same_text_and_stays_a_draft(said: list[str], tags: list[str]) -> None:
    title, author, site, via, text, prefix, suffix, url, lang = said
    item = replace(
        ITEM,
        title=title,
        author=author,
        site=site,
        feed_title="",
        via_name=via,
        url=url,
        via_url=url,
        lang=lang,
        note="",
        quotes=(Quote(text=text, prefix=prefix, suffix=suffix),),
        tags=tuple(tags),
    )
    slug, whole = draft_post(Given(item=item, text="Mine.\n"), now=NOW)
    whole.encode()
    post = parse_post(whole, Path("content/links/x.md"))
    assert (post.status, post.body, post.item, post.kind) == ("draft", "Mine.\n", "kfmt", "link")
    assert post.header.keys() <= {
        "title",
        "date",
        "slug",
        "kind",
        "status",
        "topic",
        "summary",
        "question",
        "tags",
        "source",
        "quotes",
        "via",
        "item",
    }
    assert post.slug == slug
    assert post.source is not None
    assert [post.title, post.source.title, post.source.author, post.source.site, post.via_name, post.source.lang] == [
        short(said) for said in (title, title, author, site, via, lang)
    ]
    assert post.tags == tuple(filter(None, map(short, tags)))
    wanted = Quote(text=paragraphs(text), prefix=one_line(prefix), suffix=one_line(suffix))
    assert post.quotes == ((wanted,) if wanted.text else ())
    assert post.source.url == post.via_url == web_url(url)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]", whole)
    other = yaml.safe_load(whole.split("---\n")[1])  # another YAML reader sees a draft, too
    assert other["status"] == "draft"


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not here")
def test_naughty_strings_survive_as_titles_and_quotes() -> None:
    for naughty in json.loads((CORPORA / "naughty-strings" / "blns.json").read_text(encoding="utf-8")):
        post, _ = drafted(Given(item=replace(ITEM, title=naughty, quotes=(Quote(text=naughty),)), text=naughty))
        assert post.title == short(naughty)
        assert [quote.text for quote in post.quotes] == [text for text in [paragraphs(naughty)] if text]
        assert post.status == "draft"


@pytest.mark.parametrize(
    "url",
    [
        "{attach}/../../etc/passwd",
        "|static|x",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "/relative",
        "http://",
        "data:,x",
    ],
)
def test_an_address_that_is_not_of_the_web_is_left_out(url: str) -> None:
    post, text = drafted(Given(item=replace(ITEM, url=url, via_url=url)))
    assert post.source is not None
    assert (post.source.url, post.via_url) == ("", "")
    assert "attach" not in text


def test_an_address_holds_no_braces_or_bars() -> None:
    post, text = drafted(Given(item=replace(ITEM, url="https://e.example/{attach}|x|?a={b}")))
    assert post.source is not None
    assert post.source.url == "https://e.example/%7Battach%7D%7Cx%7C?a=%7Bb%7D"
    assert "{attach}" not in text


def test_long_foreign_names_are_cut() -> None:
    post, _ = drafted(Given(item=replace(ITEM, title="word " * 500)))
    assert len(post.title) <= LONGEST_LINE
    assert post.title.endswith("word…")


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Small models: taking the “night shift”!", "small-models-taking-the-night-shift"),
        ("Don’t panic — it's Ångström & Straße", "dont-panic-its-angstrom-strasse"),
        ("Привет, 3B", "3b"),
        ("日本語", "item-x"),
        ("", "item-x"),
        ("../../etc/passwd", "etc-passwd"),
        ("-rf .hidden \\ /", "rf-hidden"),
        ("x" * 200, "x" * 80),
        ("word " * 40, "-".join(["word"] * 16)),
        ("a" * 78 + " bcd", "a" * 78),
        ("ﬁne ①", "fine-1"),
    ],
)
def test_slugs_are_plain_short_and_cut_between_words(title: str, slug: str) -> None:
    assert make_slug(title, "item-x") == slug


@settings(deadline=None)
@given(st.text(max_size=300))
def test_every_title_makes_a_slug(title: str) -> None:
    assert SLUG.fullmatch(make_slug(title, "item-x"))


@pytest.mark.parametrize(
    ("body", "rest", "question"),
    [
        ("Words.\n\nWould you?\n", "Words.\n", "Would you?"),
        ("Words.\r\n\r\nWould you\r\nlet it?\r\n", "Words.\n", "Would you let it?"),
        ("Would you, e.g. tomorrow, do “this”?", "", "Would you, e.g. tomorrow, do “this”?"),
        ("Words.\n\nSo. Would you?\n", None, ""),
        ("Words.\n\nReally? Would you?\n", None, ""),
        ("Words.\n\n> Would they?\n", None, ""),
        ("Words.\n\n- Would you?\n", None, ""),
        ("Words.\n\n# Would you?\n", None, ""),
        ("Words.\n\n    would_you()?\n", None, ""),
        ("Words.\n\nWould [you](https://e.example)?\n", None, ""),
        ("```\nx\n\nwould it run?\n```\n", None, ""),
        ("```\nx\n\nwould it run?\n", None, ""),
        ("Words.\n", None, ""),
        ("", None, ""),
        ("考えた。\n\nどう思う？\n", "考えた。\n", "どう思う？"),
    ],
)
def test_a_last_paragraph_that_is_one_plain_question_is_the_posts_question(
    body: str, rest: str | None, question: str
) -> None:
    assert split_question(body) == (body if rest is None else rest, question)


def test_the_editors_questions_are_not_saved_and_words_below_the_line_are_not_dropped() -> None:
    _, draft = draft_post(Given(item=ITEM), now=NOW)
    opened = for_editor(draft, ["What did it cost?", "", "2026-01-01  An old\npost"])
    assert MARKER in opened
    assert "%% curate: What did it cost?\n" in opened
    assert "%% curate: 2026-01-01 An old post\n" in opened, "a line of ours is one line"
    assert from_editor(opened) == draft
    assert from_editor(opened.replace("\n", "\r\n")).replace("\r\n", "\n") == draft
    assert from_editor("no line\n") == "no line\n"
    assert from_editor(f"{opened}%% a diagram's own line\n") == f"{draft}\n%% a diagram's own line\n"
    assert from_editor(f"{opened}My best sentence.\n") == f"{draft}\nMy best sentence.\n"
