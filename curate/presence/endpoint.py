"""Find where a page wants to be told that it is cited: https://www.w3.org/TR/webmention/#sender-discovers-receiver-webmention-endpoint.

Pure. A Link header comes before the page itself; in the page, the first <link> or <a> whose rel says webmention.
"""

from __future__ import annotations

import contextlib
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from curate.shares.networks.base import web_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from curate.web.client import Reply

READ = 1024 * 1024  # characters of a page that are looked at
LINK = re.compile(r'<([^<>]{0,2000})>((?:\s*;\s*[\w*.-]{1,40}\s*(?:=\s*(?:"[^"]{0,500}"|[^",;\s]{0,500}))?){0,20})')
REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^",;\s]+))', re.IGNORECASE)


def find_endpoint(reply: Reply) -> str:
    """Return the address that takes webmentions for the page ``reply`` is; '' when none is named."""
    found = _in_headers(reply.headers)
    if found is None and "html" in reply.headers.get("Content-Type", "").lower():
        reader = _Reader()
        with contextlib.suppress(AssertionError):  # how Python's parser fails at “<![ ”
            reader.feed(reply.text()[:READ])
        found = reader.found
    if found is None:
        return ""
    try:
        return web_address(urljoin(reply.url, found.strip()))
    except ValueError:  # brackets that enclose no address
        return ""


def _in_headers(headers: Mapping[str, str]) -> str | None:
    for name, value in headers.items():
        if name.lower() == "link":
            for target, parameters in LINK.findall(value):
                rel = REL.search(parameters)
                if rel and "webmention" in (rel[1] or rel[2] or "").lower().split():
                    return str(target)
    return None


class _Reader(HTMLParser):
    """Read a page until it names an endpoint; an empty address is the page itself."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at links only."""
        if self.found is None and tag in ("link", "a"):
            said = dict(attrs)
            if "webmention" in (said.get("rel") or "").lower().split() and "href" in said:
                self.found = said["href"] or ""
