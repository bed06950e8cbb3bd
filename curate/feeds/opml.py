"""Read and change the list of feeds, feeds.opml, which belongs to the person: OPML 2.0 (http://opml.org/spec2.opml).

The person's own file is read strictly, and never written when it cannot be read; another program's
list is read as far as it can be. A change touches only the lines of the feeds it adds or removes.
Knows nothing of fetching or items.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit

from curate.desk.folder import fingerprint, write_whole
from curate.errors import CurateError, Refused, Unknown, UsageError
from curate.feeds.addresses import web_url
from curate.feeds.clean import one_line, plain_text
from curate.feeds.outline import Branch, Node, Unreadable, as_utf8, inserted, read_nodes, removed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

DEEPEST = 8  # folders in each other; what lies deeper goes into the eighth
LONGEST_NAME = 200
BARE = re.compile(rb"&(?!#?\w{1,31};)")
ATTRIBUTE = re.compile(
    rb'''\s(?:text|title|type|xmlUrl|htmlUrl|url|description|language|version|category)\s*=\s*"''', re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """One feed of the list; ``folder`` is "" or "Work/Reliability"."""

    url: str
    title: str = ""
    folder: str = ""
    site_url: str = ""


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What an import came to: feeds added, addresses listed before, and (address, reason) of those refused."""

    added: tuple[Subscription, ...]
    known: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


class Element(Protocol):
    """What the list's elements have in common, whoever parsed them."""

    tag: Any
    attrib: Any

    def __iter__(self) -> Iterator[Any]:
        """Give the children."""


E = TypeVar("E", bound=Element)


def read_feeds(path: Path) -> list[Subscription]:
    """Return the feeds of the list at ``path``, in its order.

    Raises CurateError when the file is not there, not well-formed (naming line and column) or no OPML.
    """
    _, root = _own(path)
    return [_subscription(element, names) for element, names in _outlines(_body(root))]


def feeds_in(data: bytes) -> list[Subscription]:
    """Return the feeds of another program's list, however carelessly written.

    Addresses are as they stand there. Raises Refused when ``data`` is no such list.
    """
    return [_subscription(element, names) for element, names in _outlines(_foreign(data))]


def add_feed(path: Path, subscription: Subscription) -> bool:
    """Add a feed to the list, in its folder, which is made when it is not there.

    Returns False, and changes nothing, when the list has the feed already. Raises UsageError when
    the address is not one of the web, CurateError as ``read_feeds`` does.
    """
    report = _add(path, [(subscription, _names(subscription.folder))])
    for url, reason in report.refused:
        raise UsageError(f"“{url}” {reason}.", "A feed's address begins with https:// or http://")
    return bool(report.added)


def import_feeds(path: Path, data: bytes) -> ImportReport:
    """Add the feeds of another program's list to the one at ``path``, in the folders they have there.

    Importing the same list again changes nothing. Raises Refused when ``data`` is no such list,
    CurateError as ``read_feeds`` does.
    """
    return _add(path, ((_subscription(element, names), names) for element, names in _outlines(_foreign(data))))


def remove_feed(path: Path, url: str) -> Subscription:
    """Take the feed at ``url`` off the list and return it. Raises Unknown, CurateError as ``read_feeds``."""
    data, root = _own(path)
    listed = [(_subscription(node, names), node) for node, names in _outlines(_body(root))]
    exact = [(each, node) for each, node in listed if each.url == url]
    same = exact or [(each, node) for each, node in listed if feed_key(each.url) == feed_key(url)]
    if not same:
        raise Unknown("feed", url, "curate feed list shows them all.")
    text = as_utf8(data)
    write_whole(path, removed(text, [node for _, node in same]), expected=fingerprint(data))
    return same[0][0]


def export_feeds(path: Path) -> str:
    """Return the list at ``path`` as valid OPML 2.0, with nothing in it but folders and feeds."""
    tree = Branch()
    for element, names in _outlines(_body(_own(path)[1])):
        tree.at(names).outlines.append(_attributes(_subscription(element, names)))
    body = "".join(f"{line}\n" for line in tree.lines("    ", "  "))
    head = "  <head>\n    <title>Feeds</title>\n  </head>\n"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n{head}  <body>\n{body}  </body>\n</opml>\n'


def feed_key(url: str) -> str:
    """Return what two addresses of one feed have in common: http or https, a slash at the end or none."""
    try:
        parts = urlsplit(url.strip())
        host = f"{parts.hostname or ''}:{parts.port or ''}".removesuffix(":80").removesuffix(":443")
    except ValueError:
        return url.strip()
    return f"{host.removesuffix(':')}{parts.path.rstrip('/')}?{parts.query}"


# Reading


def _own(path: Path) -> tuple[bytes, Node]:
    """Return the bytes of the person's list and its root; the nodes' places count in ``as_utf8`` of the bytes."""
    hint = "Nothing was changed. Mend the file, or take it back from git or a backup."
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CurateError(f"{path} cannot be read: {error.strerror or error}.", hint) from error
    if not data.strip():
        raise CurateError(f"{path} is empty.", hint)
    try:
        root = read_nodes(as_utf8(data))
    except Unreadable as error:
        raise CurateError(f"{path} {error}.", hint) from error
    if root.tag.lower() != "opml" or not any(node.tag.lower() == "body" for node in root):
        raise CurateError(f"{path} is XML, but not a feed list: OPML has <opml> and <body> in it.", hint)
    return data, root


def _body(root: Node) -> Node:
    return next(node for node in root if node.tag.lower() == "body")


def _foreign(data: bytes) -> Element:
    """Return the root of another program's list: strictly when that works, else as far as it can be read."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    text = as_utf8(data).strip()
    for mend in (bytes, _ampersands, _quotes):
        text = mend(text)
        try:
            root: Element = fromstring(text)
        except (ParseError, DefusedXmlException, ValueError, LookupError):
            continue
        break
    else:
        root = _recovered(text)
    if root.tag.lower() == "opml" or any(True for _ in _outlines(root)):
        return root
    raise _no_list()


def _ampersands(text: bytes) -> bytes:
    """Escape ampersands that begin no reference, the most frequent fault."""
    return BARE.sub(b"&amp;", text)


def _quotes(text: bytes) -> bytes:
    """Escape quotation marks and brackets in an outline's attributes: a value ends where the next one begins."""
    parts = []
    for chunk in re.split(rb"(?=<outline\b)", text):
        starts = list(ATTRIBUTE.finditer(chunk)) if chunk.startswith(b"<outline") else []
        position = starts[0].start() if starts else 0
        parts.append(chunk[:position])
        for match, after in itertools.zip_longest(starts, starts[1:]):
            position = after.start() if after else chunk.rfind(b'"') + 1
            value = chunk[match.end() : position].rstrip().removesuffix(b'"')
            for char, escaped in ((b"<", b"&lt;"), (b">", b"&gt;"), (b'"', b"&quot;")):
                value = value.replace(char, escaped)
            parts.append(match[0] + value + b'"')
        parts.append(chunk[position:])
    return b"".join(parts)


def _recovered(text: bytes) -> Element:
    """Read what is not well-formed as far as it goes; entities stay unresolved."""
    from lxml import etree

    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _no_list() from error
    if root is None:
        raise _no_list()
    return root


def _no_list() -> Refused:
    return Refused("That is not a feed list.", "Other readers export theirs as OPML: give that file.")


def _outlines(body: E) -> Iterator[tuple[E, tuple[str, ...]]]:
    """Give each outline that has a feed's address, with the names of the folders it lies in."""
    waiting: list[tuple[E, tuple[str, ...]]] = [(body, ())]
    while waiting:
        element, names = waiting.pop()
        below = names
        if isinstance(element.tag, str) and element.tag.lower() == "outline":
            said = _said(element)
            if _url_said(said) is not None:
                yield element, names
            else:
                name = _title(said)
                below = (*names, name) if name and len(names) < DEEPEST else names
        waiting.extend((child, below) for child in reversed(list(element)))


def _said(element: Element) -> dict[str, str]:
    """Return the attributes of ``element`` by name in lower case: programs write xmlUrl in many ways."""
    return {str(name).lower(): str(value) for name, value in element.attrib.items()}


def _url_said(said: Mapping[str, str]) -> str | None:
    """Return the feed's address an outline gives; None when it is none of a feed."""
    if "xmlurl" in said:
        return said["xmlurl"]
    return said.get("url") if said.get("type", "").lower() in {"rss", "atom", "feed"} else None


def _title(said: Mapping[str, str]) -> str:
    return plain_text(said.get("title", "").strip() or said.get("text", ""))[:LONGEST_NAME].strip()


def _subscription(element: Element, names: tuple[str, ...]) -> Subscription:
    said = _said(element)
    url = one_line(_url_said(said) or "")
    return Subscription(
        url=_address(url)[0] or url,
        title=_title(said),
        folder="/".join(names),
        site_url=web_url(said.get("htmlurl", "")),
    )


def _address(url: str) -> tuple[str, str]:
    """Return (the address as it is asked for, "") or ("", why it cannot be)."""
    plain = url.strip()
    if plain[:5].lower() == "feed:":  # a habit of some browsers: feed://host/path or feed:https://host/path
        rest = plain[5:]
        plain = rest if rest[:4].lower() == "http" else f"http://{rest.lstrip('/')}"
    address = web_url(plain)
    if address:
        return address, ""
    if not plain:
        return "", "has no address"
    scheme = re.match(r"([a-zA-Z][\w+.-]*):", plain)
    if scheme and scheme[1].lower() not in {"http", "https"}:
        return "", f"begins with {scheme[1].lower()}: and only http and https are read"
    return "", "is not a web address"


# Changing


def _add(path: Path, wanted: Iterable[tuple[Subscription, Sequence[str]]]) -> ImportReport:
    """Add those of ``wanted``, each with the names of its folders, that the list has not; in one writing."""
    data, root = _own(path)
    body = _body(root)
    listed = {feed_key(_subscription(node, names).url) for node, names in _outlines(body)}
    added: list[Subscription] = []
    places: list[Sequence[str]] = []
    known: list[str] = []
    refused: list[tuple[str, str]] = []
    for each, names in wanted:
        url, reason = _address(each.url)
        if reason:
            refused.append(((each.url or each.title)[:LONGEST_NAME], reason))
        elif feed_key(url) in listed:
            known.append(url)
        else:
            listed.add(feed_key(url))
            places.append(names)
            added.append(replace(each, url=url, title=one_line(each.title)[:LONGEST_NAME]))
    if added:
        write_whole(
            path,
            inserted(as_utf8(data), root, _placed(body, zip(added, places, strict=True))),
            expected=fingerprint(data),
        )
    return ImportReport(added=tuple(added), known=tuple(known), refused=tuple(refused))


def _placed(body: Node, added: Iterable[tuple[Subscription, Sequence[str]]]) -> list[tuple[Node, Branch]]:
    """Say which nodes get what: each feed goes into the deepest of its folders that is there."""
    places: dict[int, tuple[Node, Branch]] = {}
    folders: dict[int, dict[str, Node]] = {}
    for each, names in added:
        node, left = body, list(names)
        while left:
            if node.start not in folders:
                folders[node.start] = _folders(node)
            inside = folders[node.start]
            # The name of one folder may hold a slash.
            taken = next((size for size in range(len(left), 0, -1) if _same_name("/".join(left[:size])) in inside), 0)
            if not taken:
                break
            node, left = inside[_same_name("/".join(left[:taken]))], left[taken:]
        _, branch = places.setdefault(node.start, (node, Branch()))
        branch.at(left).outlines.append(_attributes(each))
    return list(places.values())


def _folders(node: Node) -> dict[str, Node]:
    """Return the folders right below ``node`` by name."""
    found: dict[str, Node] = {}
    for child in node:
        said = _said(child)
        if child.tag.lower() == "outline" and _url_said(said) is None:
            found.setdefault(_same_name(_title(said)), child)
    return found


def _same_name(name: str) -> str:
    return re.sub(r"\s*/\s*", "/", name).casefold()


def _names(folder: str) -> list[str]:
    return [name for part in folder.split("/")[:DEEPEST] if (name := one_line(part)[:LONGEST_NAME])]


def _attributes(each: Subscription) -> dict[str, str]:
    title = each.title or each.url
    said = {"type": "rss", "text": title, "title": title, "xmlUrl": each.url, "htmlUrl": each.site_url}
    return {name: value for name, value in said.items() if value}
