"""Nothing but http and https is ever asked, neither as written nor where a redirect leads."""

from __future__ import annotations

import asyncio

import pytest

from curate.errors import NetworkTrouble
from curate.web.client import Client, NotSent
from tests.web.raw import answering, serving

OTHERS = [
    "file:///etc/passwd",
    "file://localhost/etc/passwd",
    "FILE:///etc/passwd",
    "file:/etc/passwd",
    "ftp://example.org/feed",
    "ftps://example.org/feed",
    "sftp://example.org/feed",
    "tftp://example.org/feed",
    "gopher://example.org/1",
    "gemini://example.org/",
    "dict://example.org:11211/stats",
    "ldap://example.org/",
    "smb://example.org/share",
    "nfs://example.org/share",
    "ssh://example.org/",
    "ws://example.org/",
    "wss://example.org/",
    "unix:/run/socket",
    "http+unix://%2Frun%2Fsocket/",
    "data:text/xml,<rss/>",
    "javascript:alert(1)",
    "about:blank",
    "mailto:dana@example.org",
    "jar:http://example.org/a.jar!/feed",
    "view-source:http://example.org/",
    "feed://example.org/feed",
    "feed:https://example.org/feed",
    "exec:/bin/true",
    "filter:/bin/cat:http://example.org/feed",
    "netdoc:///etc/passwd",
]
LOCAL = ["/etc/passwd", "../../etc/passwd", "~/feed.xml", "|/bin/true", "\\\\server\\share", "C:\\feed.xml"]


async def _ask(url: str, allowed: tuple[str, ...] = ()) -> None:
    async with Client(allow_private=allowed, timeout=5) as client:
        await client.get(url)


@pytest.mark.parametrize("url", OTHERS + LOCAL)
def test_what_is_not_of_the_web_is_never_asked(url: str) -> None:
    with pytest.raises(NotSent) as error:
        asyncio.run(_ask(url))
    assert "refused: " in error.value.message


@pytest.mark.parametrize("url", OTHERS)
def test_no_redirect_leads_out_of_the_web(url: str) -> None:
    leading = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + url.encode() + b"\r\n\r\n"
    with serving(answering(leading)) as server:
        with pytest.raises(NetworkTrouble) as error:
            asyncio.run(_ask(server.url, server.allowed))
        assert "refused: " in error.value.message
        assert server.connections == 1
