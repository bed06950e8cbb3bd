"""Say what an outline tells of a feed, and write of a feed what an outline tells.

Pure. Knows the attributes that programs write, and when two addresses are of one feed; nothing of files.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from curate.feeds.addresses import web_url
from curate.feeds.characters import one_line
from curate.feeds.clean import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from curate.feeds.outline import Node

DEEPEST = 8  # folders in each other; what lies deeper goes into the eighth
LONGEST_NAME = 200
LONGEST_WAIT = 60 * 24 * 365  # minutes between two readings of a feed
OURS = frozenset({"type", "text", "title", "xmlurl", "htmlurl"})
WHEN = frozenset({"every", "paused"})  # the feed is read
DEFAULT_PORT = re.compile(r"\A(http://[^/?#]*(?=:80(?:[/?#]|\Z))|https://[^/?#]*(?=:443(?:[/?#]|\Z))):\d+")
CAMPAIGN = re.compile(r"(?:utm|mtm)_[^=]*(?:=.*)?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """One feed of the list; ``folder`` is "" or "Work/Reliability".

    It is asked ``every`` so many minutes, or with 0 as it suits; not at all while ``paused``.
    """

    url: str
    title: str = ""
    folder: str = ""
    site_url: str = ""
    every: int = 0
    paused: bool = False


def feed_key(url: str) -> str:
    """Return what two addresses of one feed have in common: http or https, a slash at the end or none."""
    try:
        parts = urlsplit(url.strip())
        host = f"{parts.hostname or ''}:{parts.port or ''}".removesuffix(":80").removesuffix(":443")
    except ValueError:
        return url.strip()
    return f"{host.removesuffix(':')}{parts.path.rstrip('/')}?{parts.query}"


def variant_key(url: str) -> str:
    """Return what addresses have in common that are likely, but not certainly, of one feed: www and campaigns too."""
    address, _, query = feed_key(url).removeprefix("www.").partition("?")
    return f"{address}?{'&'.join(part for part in query.split('&') if not CAMPAIGN.fullmatch(part))}"


# Reading


def outlines(body: Node) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    """Give each outline that has a feed's address, with the folders it lies in."""
    waiting: list[tuple[Node, tuple[Node, ...]]] = [(body, ())]
    while waiting:
        node, folders = waiting.pop()
        below = folders
        if node.tag.lower() == "outline":
            said = said_by(node)
            if url_said(said) is not None:
                yield node, folders
            elif len(folders) < DEEPEST and title_of(said):
                below = (*folders, node)
        waiting.extend((child, below) for child in reversed(node.children))


def said_by(node: Node) -> dict[str, str]:
    """Return the attributes of ``node`` by name in lower case: programs write xmlUrl in many ways."""
    return {name.lower(): value for name, value in node.attrib.items()}


def url_said(said: Mapping[str, str]) -> str | None:
    """Return the feed's address an outline gives; None when it is none of a feed."""
    if "xmlurl" in said:
        return said["xmlurl"]
    return said.get("url") if said.get("type", "").lower() in {"rss", "atom", "feed"} else None


def title_of(said: Mapping[str, str]) -> str:
    """Return the name of a feed or a folder, as one line of text."""
    return _text(said.get("title", "").strip() or said.get("text", ""))


def _text(said: str) -> str:
    return plain_text(said)[:LONGEST_NAME].strip()


def subscription(node: Node, folders: Sequence[Node]) -> Subscription:
    """Return the feed of an outline that lies in ``folders``; its address may be none that can be asked."""
    said = said_by(node)
    url = one_line(url_said(said) or "")
    every = said.get("every", "").strip()
    return Subscription(
        url=address_of(url)[0] or url,
        title=title_of(said),
        folder="/".join(title_of(said_by(each)) for each in folders),
        site_url=web_url(said.get("htmlurl", "")),
        every=min(int(every), LONGEST_WAIT) if re.fullmatch(r"[0-9]{1,7}", every) else 0,
        paused=said.get("paused", "").strip().lower() in {"true", "yes", "1"},
    )


def address_of(url: str) -> tuple[str, str]:
    """Return (the address as it is asked for, "") or ("", why it cannot be)."""
    plain = url.strip()
    if plain[:5].lower() == "feed:":  # a habit of some browsers: feed://host/path or feed:https://host/path
        rest = plain[5:]
        plain = rest if re.match(r"[a-zA-Z][\w+.-]*:(?!\d)", rest) else f"http://{rest.lstrip('/')}"
    address = web_url(plain)
    if address:
        return DEFAULT_PORT.sub(r"\1", address), ""
    if not plain:
        return "", "has no address"
    scheme = re.match(r"([a-zA-Z][\w+.-]*):", plain)
    if scheme and scheme[1].lower() not in {"http", "https"}:
        return "", f"begins with {scheme[1].lower()}: and only http and https are read"
    return "", "is not a web address"


# Writing


def folder_names(folder: str) -> list[str]:
    """Return the names in a folder's path, as Work/Reliability."""
    return [name for part in folder.split("/")[:DEEPEST] if (name := one_line(part)[:LONGEST_NAME])]


def attributes_of(each: Subscription, node: Node | None = None) -> dict[str, str]:
    """Return the attributes of the feed's outline, with those of ``node``, where it stood, that are not ours."""
    title = each.title or each.url
    text = _text(said_by(node).get("text", "")) if node else ""
    said = {"type": "rss", "text": _escaped(text or title), "title": _escaped(title)}
    said |= {"xmlUrl": each.url, "htmlUrl": each.site_url}
    said |= {"every": str(each.every or ""), "paused": "true" if each.paused else ""}
    rest = other_attributes(node) if node else {}
    return {name: value for name, value in said.items() if value} | rest


def other_attributes(node: Node) -> dict[str, str]:
    """Return the attributes of ``node`` that curate has no word for."""
    said = said_by(node)
    ours = OURS if url_said(said) is None else OURS | WHEN if "xmlurl" in said else OURS | WHEN | {"url"}
    return {name: value for name, value in node.attrib.items() if name.lower() not in ours}


def changeable(each: Subscription) -> dict[str, str | None]:
    """Return what of a feed may be changed, as attributes."""
    title = _escaped(each.title or each.url)
    return {
        "text": title,
        "title": title,
        "xmlUrl": each.url,
        "htmlUrl": each.site_url or None,
        "every": str(each.every) if each.every else None,
        "paused": "true" if each.paused else None,
    }


def _escaped(name: str) -> str:
    """Return ``name`` so that whoever reads it as HTML, as readers of lists do, reads it as it is."""
    return name if plain_text(name) == name else html.escape(name, quote=False)
