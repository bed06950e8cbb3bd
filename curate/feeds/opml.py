"""Read and change the list of feeds, feeds.opml, which belongs to the person: OPML 2.0 (http://opml.org/spec2.opml).

The person's own file is read strictly, and never written when it cannot be read; another program's
list is read as far as it can be. A change touches only the lines of the feeds it concerns, and what
curate does not know of stays. Knows nothing of fetching or items.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from curate.desk.folder import fingerprint, write_whole
from curate.errors import CurateError, Refused, Unknown, UsageError
from curate.feeds.characters import one_line
from curate.feeds.foreign import read_foreign, self_contained
from curate.feeds.outline import (
    Branch,
    Node,
    Unreadable,
    as_utf8,
    changed,
    declared_encoding,
    inserted,
    read_nodes,
    removed,
    written,
)
from curate.feeds.subscription import (
    CAMPAIGN,
    LONGEST_NAME,
    Subscription,
    address_of,
    attributes_of,
    changeable,
    feed_key,
    folder_names,
    other_attributes,
    outlines,
    said_by,
    subscription,
    title_of,
    url_said,
    variant_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

__all__ = ["ImportReport", "Subscription", "add_feed", "edit_feed", "export_feeds", "feed_key", "feeds_in"]
__all__ += ["import_feeds", "read_feeds", "remove_feed", "variant_key"]


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What an import came to: feeds added, addresses listed before, and (address, reason) of those refused.

    ``variants`` are pairs of a listed address and the one given that seems to be of the same feed.
    """

    added: tuple[Subscription, ...]
    known: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    variants: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Given:
    """A feed to be listed: with its attributes, and the names of its folders with theirs."""

    feed: Subscription
    attributes: Mapping[str, str]
    names: Sequence[str]
    folders: Sequence[dict[str, str]] = ()


def read_feeds(path: Path) -> list[Subscription]:
    """Return the feeds of the list at ``path``, in its order.

    Raises CurateError when the file is not there, not well-formed (naming line and column) or no OPML.
    """
    _, root = _own(path)
    return [subscription(node, folders) for node, folders in outlines(_body(root))]


def feeds_in(data: bytes) -> list[Subscription]:
    """Return the feeds of another program's list, however carelessly written.

    Addresses are as they stand there. Raises Refused when ``data`` is no such list.
    """
    return [subscription(node, folders) for node, folders in outlines(_foreign(data)[0])]


def add_feed(path: Path, wanted: Subscription) -> bool:
    """Add a feed to the list, in its folder, which is made when it is not there.

    Returns False, and changes nothing, when the list has the feed already. Raises UsageError when
    the address is not one of the web, CurateError as ``read_feeds`` does.
    """
    feed = replace(wanted, title=one_line(wanted.title)[:LONGEST_NAME])
    given = _Given(feed=feed, attributes=attributes_of(feed), names=folder_names(feed.folder))
    report = _add(path, [given])
    for url, reason in report.refused:
        raise UsageError(f"“{url}” {reason}.", "A feed's address begins with https:// or http://")
    return bool(report.added)


def import_feeds(path: Path, data: bytes, *, merge: bool = False) -> ImportReport:
    """Add the feeds of another program's list to the one at ``path``, in the folders they have there.

    A feed that seems to be listed under another address is only reported; with ``merge`` the listed one
    takes the address given. What an export says of when a feed is read comes back with it. Importing the
    same list again changes nothing. Raises Refused when ``data`` is no such list, CurateError as
    ``read_feeds`` does.
    """
    root, text = _foreign(data)
    given = [
        _Given(
            feed=(feed := subscription(node, folders)),
            attributes=attributes_of(feed, node),
            names=[title_of(said_by(each)) for each in folders],
            folders=[other_attributes(each) for each in folders],
        )
        for node, folders in outlines(root)
    ]
    return _add(path, given, source=(root, text), merge=merge)


def remove_feed(path: Path, url: str) -> Subscription:
    """Take the feed at ``url`` off the list and return it. Raises Unknown, CurateError as ``read_feeds``."""
    data, root = _own(path)
    feed, nodes = _listed(root, url)
    write_whole(path, removed(as_utf8(data), nodes), expected=fingerprint(data))
    return feed


def export_feeds(path: Path) -> str:
    """Return the list at ``path`` as valid OPML 2.0: its head, its folders and its feeds, each with all it says."""
    data, root = _own(path)
    head = _head(root, as_utf8(data)) or ["<title>Feeds</title>"]
    spaces = {name: uri for node in (*root, root) for name, uri in node.attrib.items() if name.startswith("xmlns")}
    self_contained(root)
    tree = Branch()
    for node, folders in outlines(_body(root)):
        attributes = {**attributes_of(subscription(node, folders), node)}
        own = [other_attributes(each) for each in folders]
        for said in (attributes, *own):  # what the root declares, nobody below need declare again
            for name in [name for name in said if name.startswith("xmlns:")]:
                if spaces.setdefault(name, said[name]) == said[name]:
                    del said[name]
        tree.at([title_of(said_by(each)) for each in folders], own).outlines.append(attributes)
    lines = [f"<opml{written({'version': '2.0'} | {k: spaces[k] for k in sorted(spaces)})}>", "  <head>"]
    lines += [f"    {element}" for element in head]
    lines += ["  </head>", "  <body>", *tree.lines("    ", "  "), "  </body>", "</opml>"]
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + "".join(f"{line}\n" for line in lines)


def edit_feed(path: Path, url: str, /, **changes: str | int | bool) -> Subscription:
    """Change what the list says of the feed at ``url``, and nothing else in the file; return it as it is then.

    ``changes`` are fields of Subscription: title, folder, url, site_url, every, paused. Raises Unknown,
    UsageError when the new address cannot be one or belongs to another feed, CurateError as ``read_feeds``.
    """
    data, root = _own(path)
    text = as_utf8(data)
    feed, nodes = _listed(root, url)
    wanted = replace(feed, **changes)  # type: ignore[arg-type] # the names are Subscription's own, and the types with them
    address, reason = address_of(wanted.url)
    if reason:
        raise UsageError(f"“{wanted.url}” {reason}.", "A feed's address begins with https:// or http://")
    others = {feed_key(subscription(node, folders).url) for node, folders in outlines(_body(root))}
    if feed_key(address) in others - {feed_key(feed.url)}:
        raise UsageError(f"{address} is in the list already.", "curate feed remove takes one of the two off.")
    wanted = replace(wanted, url=address, title=one_line(wanted.title)[:LONGEST_NAME])
    before, after = changeable(feed), changeable(wanted)
    text = changed(text, nodes, {name: value for name, value in after.items() if value != before[name]})
    if folder_names(wanted.folder) != folder_names(feed.folder):
        _, (node, *_) = _listed(read_nodes(text), wanted.url)
        attributes = dict(node.attrib)
        text = removed(text, [node])
        root = read_nodes(text)
        given = _Given(feed=wanted, attributes=attributes, names=folder_names(wanted.folder))
        text = inserted(text, root, _placed(_body(root), [given]))
    if text != as_utf8(data):
        write_whole(path, text, expected=fingerprint(data))
    return wanted


# Reading


def _own(path: Path) -> tuple[bytes, Node]:
    """Return the bytes of the person's list and its root; the nodes' places count in ``as_utf8`` of the bytes."""
    hint = "Nothing was changed. Mend the file, or take it back from git or a backup."
    try:
        if path.exists() and not path.is_file():  # such as a pipe, which would be waited for
            raise CurateError(f"{path} is no file with words in it.", "Nothing was changed. Put the list in its place.")
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


def _foreign(data: bytes) -> tuple[Node, bytes]:
    """Return the root of another program's list, and the bytes its nodes lie in."""
    refused = Refused("That is not a feed list.", "Other readers export theirs as OPML: give that file.")
    try:
        root, text = read_foreign(data)
    except Unreadable as error:
        raise refused from error
    if root.tag.lower() != "opml" and not any(True for _ in outlines(root)):
        raise refused
    return root, text


def _head(root: Node, text: bytes) -> list[str]:
    """Return the elements of the list's head as they stand there."""
    head = next((node for node in root if node.tag.lower() == "head"), None)
    encoding = declared_encoding(text)
    return [text[each.start : each.end].decode(encoding, "replace") for each in head or () if text]


def _spaces(root: Node) -> dict[str, str]:
    """Return the name spaces that the root of a list declares, as attributes."""
    return {name: uri for name, uri in root.attrib.items() if name.startswith("xmlns:")}


def _tag(element: str) -> str:
    return re.split(r"[\s/>]", element[1:], maxsplit=1)[0]


def _bound(element: str, root: Node) -> bool:
    """Say whether ``root`` declares every prefix that ``element`` may use."""
    return all(f"xmlns:{prefix}" in root.attrib for prefix in re.findall(r"[<\s]([^\W\d][\w.-]*):[^\W\d]", element))


def _listed(root: Node, url: str) -> tuple[Subscription, list[Node]]:
    """Return the feed at ``url`` and all outlines that list it. Raises Unknown."""
    listed = [(subscription(node, folders), node) for node, folders in outlines(_body(root))]
    exact = [(each, node) for each, node in listed if each.url == url]
    same = exact or [(each, node) for each, node in listed if feed_key(each.url) == feed_key(url)]
    if not same:
        raise Unknown("feed", url, "curate feed list shows them all.")
    return same[0][0], [node for _, node in same]


# Changing


def _add(
    path: Path, wanted: Iterable[_Given], *, source: tuple[Node, bytes] | None = None, merge: bool = False
) -> ImportReport:
    """Add those of ``wanted`` that the list has not; in one writing.

    ``source`` is another program's list that they come from. A list without feeds takes what that one's
    head says and it does not.
    """
    key = variant_key if source else feed_key
    data, root = _own(path)
    text = as_utf8(data)
    listed = {key(feed.url): feed.url for feed in (subscription(*each) for each in outlines(_body(root)))}
    before = dict(listed)
    added: list[_Given] = []
    known: list[str] = []
    refused: list[tuple[str, str]] = []
    for each in wanted:
        url, reason = address_of(each.feed.url)
        if reason:
            refused.append(((each.feed.url or each.feed.title)[:LONGEST_NAME], reason))
        elif key(url) in listed:
            known.append(url)
        else:
            listed[key(url)] = url
            added.append(replace(each, feed=replace(each.feed, url=url), attributes={**each.attributes, "xmlUrl": url}))
    variants = _variants(before, known) if source else {}
    if merge:
        for old, new in variants.items():
            text = changed(text, _listed(read_nodes(text), old)[1], {"xmlUrl": new})
    if added:
        if source and not before:
            text = _with_head(text, *source)
        root = read_nodes(text)
        text = inserted(text, root, _placed(_body(root), added))
    if text != as_utf8(data):
        write_whole(path, text, expected=fingerprint(data))
    return ImportReport(
        added=tuple(each.feed for each in added),
        known=tuple(url for url in known if url not in variants.values()),
        refused=tuple(refused),
        variants=tuple(variants.items()),
    )


def _with_head(text: bytes, other: Node, source: bytes) -> bytes:
    """Return the list in ``text`` with what the head of another says and its own does not."""
    root = read_nodes(text)
    text = changed(text, [root], {name: uri for name, uri in _spaces(other).items() if name not in root.attrib})
    root = read_nodes(text)
    own = next((node for node in root if node.tag.lower() == "head"), None)
    has = {each.tag for each in own or ()}
    spare = [element for element in _head(other, source) if _tag(element) not in has and _bound(element, root)]
    return inserted(text, root, [(own, Branch(elements=spare))]) if own is not None and spare else text


def _variants(listed: Mapping[str, str], given: Sequence[str]) -> dict[str, str]:
    """Return, by the listed address, the other one that was given for the same feed, where it may be the better one.

    A list that gives the listed address too proposes nothing, and no https address becomes an http one.
    """
    variants: dict[str, str] = {}
    there = set(given)
    for url in given:
        old = listed.get(variant_key(url))
        if old is None or old in there or old in variants:
            continue
        worse = old.startswith("https:") and url.startswith("http:")
        if not worse and len(CAMPAIGN.findall(url)) <= len(CAMPAIGN.findall(old)):
            variants[old] = url
    return variants


def _placed(body: Node, added: Iterable[_Given]) -> list[tuple[Node, Branch]]:
    """Say which nodes get what: each feed goes into the deepest of its folders that is there."""
    places: dict[int, tuple[Node, Branch]] = {}
    folders: dict[int, dict[str, Node]] = {}
    for each in added:
        node, left = body, list(each.names)
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
        branch.at(left, each.folders[len(each.names) - len(left) :]).outlines.append(dict(each.attributes))
    return list(places.values())


def _folders(node: Node) -> dict[str, Node]:
    """Return the folders right below ``node`` by name."""
    found: dict[str, Node] = {}
    for child in node:
        said = said_by(child)
        if child.tag.lower() == "outline" and url_said(said) is None:
            found.setdefault(_same_name(title_of(said)), child)
    return found


def _same_name(name: str) -> str:
    return re.sub(r"\s*/\s*", "/", name).casefold()
