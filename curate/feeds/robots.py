"""Read what a site asks of programs before its pages are read for their full text: robots.txt, X-Robots-Tag.

Follows RFC 9309 and https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag. The rules
are pure; ``Robots`` asks each site once in its life.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from curate.web.trouble import BadAnswer, TooBig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from curate.web.client import Client

TOKEN = "curate"  # noqa: S105 - the name that groups in robots.txt know us by
LARGEST = 512 * 1024  # bytes of a robots.txt that are read; the RFC asks for 500 KiB at least
UNKEPT = {"noarchive", "nosnippet", "none", "noai"}  # words that forbid to keep or to show a text
VALUED = {"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"}  # words with a value


def allowed(robots: str, url: str) -> bool:
    """Say whether ``robots``, the text of a robots.txt, lets curate read the page at ``url``.

    The groups that name curate count, else those for all (*). The longest rule that matches wins,
    and of two as long the one that allows (RFC 9309, 2.2.2).
    """
    parts = urlsplit(url)
    path = _normal((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
    wanted = path.replace("*", "%2A").replace("$", "%24")  # as a rule spells the characters that are no signs in it
    groups = _groups(robots)
    best, verdict = -1, True
    for allow, rule in groups.get(TOKEN, groups.get("*", [])):
        if rule and len(rule) >= best and _matches(rule, wanted) and (len(rule) > best or allow):
            best, verdict = len(rule), allow
    return verdict


def _groups(robots: str) -> dict[str, list[tuple[bool, str]]]:
    """Return the rules (allows, path) for each product token, in lower case."""
    groups: dict[str, list[tuple[bool, str]]] = {}
    agents: list[str] = []
    ruled = True
    for line in robots.splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon:
            continue
        if name == "user-agent":
            agents = [] if ruled else agents
            ruled = False
            token = re.match(r"[\w-]+|\*", value)
            agents.append(token[0].lower() if token else "")
            groups.setdefault(agents[-1], [])
        elif name in {"allow", "disallow"}:
            ruled = True
            for agent in agents:
                groups[agent].append((name == "allow", _normal(value)))
    return groups


def _normal(path: str) -> str:
    """Return ``path`` with its characters escaped in one way, so that rules and addresses compare."""
    signs = re.sub("%(2a|24)", lambda sign: f"%25{sign[1].upper()}", path, flags=re.IGNORECASE)
    return quote(unquote(signs), safe="/?&=*$:@!,;+~'()[]-._%")


def _matches(rule: str, path: str) -> bool:
    """Say whether ``path`` begins as ``rule`` says; * is anything, a $ at its end the path's end."""
    whole = rule.endswith("$")
    first, *parts = rule.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    place = len(first)
    for number, part in enumerate(parts):
        if whole and number == len(parts) - 1:
            return len(path) - place >= len(part) and path.endswith(part)
        found = path.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return not whole or place == len(path)


def keeps_text(headers: Mapping[str, str], meta: str) -> bool:
    """Say whether a page lets its text be kept: by its X-Robots-Tag and by ``meta``, its robots element."""
    tags = [value for name, value in headers.items() if name.lower() == "x-robots-tag"]  # it may stand there twice
    return not any(_for_us(said.lower()) & UNKEPT for said in [*tags, meta])


def _for_us(said: str) -> set[str]:
    """Return the words of one header or element that are for all programs or for curate by name."""
    words, program = set(), TOKEN
    for word in said.split(","):
        name, colon, value = (part.strip() for part in word.partition(":"))
        if colon and name not in VALUED:  # a program's name: what follows in the same header is for that one
            program = name
        if program == TOKEN:
            words.add(value if colon else name)
    return words


class Robots:
    """Ask sites for their robots.txt through ``client``, each once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._sites: dict[str, asyncio.Task[str | None]] = {}

    async def refusal(self, url: str) -> str:
        """Return why the page at ``url`` is not to be read, in words; "" when it may be.

        A site without robots.txt allows all; one that cannot answer for it (5xx, or without end) allows nothing
        now. Raises NotSent and Unanswered when it gives no answer at all.
        """
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._sites:
            self._sites[site] = asyncio.create_task(self._asked(f"{site}/robots.txt"))
        robots = await self._sites[site]
        if robots is None:
            return "its site does not say now what programs may read (robots.txt)"
        return "" if allowed(robots, url) else "its site asks programs not to read it (robots.txt)"

    async def _asked(self, url: str) -> str | None:
        try:
            reply = await self._client.get(url)
        except TooBig:
            return None
        except BadAnswer:
            return ""
        if reply.status >= 500:
            return None
        return reply.body[:LARGEST].decode("utf-8", "replace").lstrip("\ufeff") if reply.status == 200 else ""
