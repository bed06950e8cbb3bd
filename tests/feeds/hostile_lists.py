"""Sixty lists of feeds that mean harm, or were written by chance: each with what may come of it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADDRESSES = (
    "exec:rm -rf ~",
    "exec:~/bin/steal",
    "file:///etc/passwd",
    "FILE:///etc/passwd",
    "file://localhost/etc/passwd",
    "filter:cat:https://a.example/feed",
    "query:all:unread",
    "|cat /etc/passwd",
    "`id`",
    "$(id)",
    "javascript:alert(1)",
    "data:text/xml,&lt;rss/>",
    "ftp://a.example/feed",
    "gopher://a.example/1",
    "ldap://a.example/x",
    "unix:/run/docker.sock",
    "about:blank",
    "chrome://settings",
    "mailto:a@a.example",
    "tag:a.example,2020:x",
    "feed:file:///etc/passwd",
    "feed:javascript:alert(1)",
    "view-source:https://a.example/",
    "/etc/passwd",
    "../../../etc/passwd",
    "C:\\Windows\\win.ini",
    "\\\\server\\share",
    "http://",
    "https:///feed",
    "http://[",
    "http://a.example:99999/",
    "-o/tmp/x",
    "",
    " ",
    "&#x202e;elif",
)
HEAD = '<opml version="2.0"><head><title>x</title></head><body>'
END = "</body></opml>"


LAUGHS = "".join(f'<!ENTITY {after} "{f"&{name};" * 10}">' for name, after in pairwise("abcdefghijx"))
DEEP = '<outline text="d">' * 10_000


def outline(url: str, rest: str = "") -> str:
    return f'<outline type="rss" text="x" xmlUrl="{url}"{rest}/>'


def hostile_lists(secret: Path) -> Iterator[tuple[str, bytes, int]]:
    """Give (what it is, the bytes, how many feeds may be added); ``secret`` is a file none may read."""
    for url in ADDRESSES:
        yield f"address {url}", f"{HEAD}{outline(url)}{END}".encode(), 0
    inner = f"{outline('&x;')}<outline text='&x;'>{outline('https://a.example/&x;')}</outline>"
    for name, subset in (
        ("a file", f'<!ENTITY x SYSTEM "{secret.as_uri()}">'),
        ("a public file", f'<!ENTITY x PUBLIC "-//X//EN" "{secret.as_uri()}">'),
        ("a server", '<!ENTITY x SYSTEM "http://127.0.0.1:9/x">'),
        ("a parameter", f'<!ENTITY % y SYSTEM "{secret.as_uri()}"> %y;'),
        ("a parameter of a server", '<!ENTITY % y SYSTEM "http://127.0.0.1:9/x.dtd"> %y;'),
        ("a text", '<!ENTITY x "x">'),
        ("laughs", '<!ENTITY a "ha">' + LAUGHS),
        ("a long text, often", f'<!ENTITY y "{"y" * 50_000}"><!ENTITY x "{"&y;" * 5_000}">'),
        ("itself", '<!ENTITY x "&x;">'),
    ):  # fmt: skip
        yield f"an entity of {name}", f"<!DOCTYPE opml [{subset}]>{HEAD}{inner}{END}".encode(), 1
    yield "a type of a file", f'<!DOCTYPE opml SYSTEM "{secret.as_uri()}">{HEAD}{END}'.encode(), 0
    yield "a type of a server", f'<!DOCTYPE opml SYSTEM "http://127.0.0.1:9/">{HEAD}{END}'.encode(), 0
    include = f'<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="{secret.as_uri()}" parse="text"/>'
    yield "an inclusion", f"{HEAD}{include}{END}".encode(), 0
    style = f'<?xml-stylesheet href="{secret.as_uri()}"?>'
    yield "a style sheet", f"{style}{HEAD}{outline('https://a.example/')}{END}".encode(), 1
    yield "an included list", f'{HEAD}<outline type="include" text="x" url="{secret.as_uri()}"/>{END}'.encode(), 0
    commands = ' filtercmd="rm -rf ~" pnFilter="exec:id" xmlUrlRewrite="file:///etc/passwd"'
    yield "commands", f"{HEAD}{outline('https://a.example/', commands)}{END}".encode(), 1
    markup = "&lt;script>alert(1)&lt;/script>&lt;img src=x onerror=alert(1)>Blog&#x202e;"
    marked = f'<outline text="{markup}" title="{markup}" xmlUrl="https://a.example/" htmlUrl="javascript:alert(1)"/>'
    yield "markup in names", f"{HEAD}{marked}{END}".encode(), 1
    yield (
        "a folder of markup",
        f'{HEAD}<outline text="{markup}">{outline("https://a.example/")}</outline>{END}'.encode(),
        1,
    )
    yield "one feed many times", f"{HEAD}{outline('https://a.example/') * 1_000}{END}".encode(), 1
    again = "".join(
        map(outline, ("https://a.example/", "http://www.a.example", "feed:https://a.example/?utm_source=x"))
    )
    yield "one feed in other words", f"{HEAD}{again}{END}".encode(), 1
    yield (
        "a hundred thousand",
        (HEAD + "".join(outline(f"https://h{n}.example/") for n in range(100_000)) + END).encode(),
        100_000,
    )
    deep = f"{DEEP}{outline('https://a.example/')}{'</outline>' * 10_000}"
    yield "a depth of ten thousand", f"{HEAD}{deep}{END}".encode(), 1
    yield "a depth that never ends", f"{HEAD}{DEEP}{outline('https://a.example/')}".encode(), 1
    yield (
        "a name of a million letters",
        f'{HEAD}<outline text="{"n" * 1_000_000}" xmlUrl="https://a.example/"/>{END}'.encode(),
        1,
    )
    yield "an address of a million letters", f"{HEAD}{outline('https://a.example/' + 'n' * 1_000_000)}{END}".encode(), 0
    many = "".join(f' a{n}="x"' for n in range(20_000))
    yield "twenty thousand attributes", f"{HEAD}{outline('https://a.example/', many)}{END}".encode(), 1
    yield "controls", f"{HEAD}{outline('https://a.example/')}\0\x1b[2J{END}".encode(), 1
