"""Print how far our items agree with feedparser's own answer, entry by entry, for any folders of feeds.

    python -m bench.agreement FOLDER… | TABLE.tsv
    python -m bench.agreement --expected FOLDER…

A table is a list of feeds with the columns ``path`` and ``url``, its paths relative to its own folder. feedparser
reads the same bytes with everything it does by default (links resolved, HTML sanitised) and knows the same URL.
With ``--expected`` the answer is the one that lies beside each feed, as in gofeed's and feed-rs's own cases, which
speak of few values each: a feed's own title and link count as one more entry, and what says nothing is left out.
Two entries are paired by their place in the feed where both have as many, else by id, else by link or text.

Equal means: title, author and the first 200 characters of the body are the same text once markup is gone,
entities are decoded and all white space and invisible controls are left out (the body is the longest of the
entry's texts); link and id are the same characters; dates are the same second. feedparser's author is the names
it found, its link the origLink of FeedBurner if there is one. Where feedparser has nothing, there is nothing to
equal: what ours fills in is listed with its class and counts as equal, and so are entries of feeds in which it
finds none.
Every difference belongs to a class. A class with a reason is one where ours is meant; the rest is loss,
and is called so. The raw figure counts every difference, the explained one only loss.
"""

from __future__ import annotations

import argparse
import calendar
import csv
import html
import itertools
import re
import sys
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import feedparser
from lxml import html as lxml_html

from bench.expected import answer_beside, expected
from curate.feeds.addresses import unwrapped, web_url
from curate.feeds.characters import tidy
from curate.feeds.clean import plain_text
from curate.feeds.parse import Entry, NotAFeed, parse_feed
from curate.feeds.said import ADDRESSED, TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FIELDS = ("title", "link", "id", "date", "author", "body")
SOMEWHERE = "https://feed.example/feed.xml"
MEANT = {
    "title: none there": "ours is the first words or the address: a list needs something to click",
    "title: shown as a reader sees it": "entities decoded once more or once less, tags of no element kept as text",
    "link: none there": "ours is the enclosure, the guid that is an address, or the site",
    "link: not to the web": "javascript:, mailto: and other schemes lead nowhere safe; ours is the site",
    "link: spelled safely": "the same address, with spaces and odd characters escaped or controls removed",
    "link: resolved against the site": "relative links of RSS belong to the site it names",
    "link: the guid is no address": "a guid without scheme or slash leads nowhere",
    "link: relative there": "ours is absolute; the case does not tell where its feed came from",
    "link: spelled otherwise": "the same address: host in lower case, a slash after it, port or none",
    "link: past a redirector": "ours is where a redirector says that it leads",
    "link: to the article": "ours is what the entry is about; the page that led there is kept beside it",
    "id: none there": "ours is the link, else a hash of title and date",
    "id: shared by several": "entries that share a guid are told apart by link and title",
    "id: as the feed spells it": "a relative id is kept as it is: the move of a site must not make all its entries new",
    "id: cut or cleaned": "long ones are hashed, white space and controls inside are removed",
    "author: name only": "a mail address is nobody's name, and is not for showing",
    "author: several": "all authors, where feedparser's author is the last",
    "author: the feed's": "an entry without an author has the feed's",
    "author: markup gone": "names are text",
    "body: other markup kept or dropped": "script, style, forms and media show no text; who leaves it out differs",
    "body: declared as no text": "what calls itself an image or an application is not shown as text",
    "body: plain text as it is": "text that calls itself plain is shown with the markup in it",
    "body: formulas and drawings": "MathML and SVG can run and fetch: they go, and the words inside are lost",
    "entry: doubled": "the same entry twice in one feed is one",
    "entry: read by us alone": "a JSON Feed, or XML that feedparser finds nothing in",
    "entry: empty": "an entry that says nothing is none",
}


@dataclass
class Table:
    """Counts over many feeds, and one example of each class of difference."""

    entries: int = 0
    whole: int = 0
    explained: int = 0
    said: Counter[str] = field(default_factory=Counter)
    alike: Counter[str] = field(default_factory=Counter)
    equal: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    size: int = 0
    seconds: Counter[str] = field(default_factory=Counter)

    def missing(self, kind: str, number: int, example: str) -> None:
        """Count entries that only one side has."""
        self.entries += number
        if kind in MEANT:
            self.explained += number
        self.note(kind, example, number)

    def note(self, kind: str, example: str, number: int = 1) -> None:
        """Count a difference; the first of its kind is kept as the example."""
        self.classes[kind] += number
        self.examples.setdefault(kind, example)


def squeezed(text: str) -> str:
    """Return ``text`` without white space and invisible controls."""
    return re.sub(r"[\s\xa0]+", "", tidy(text))


def text_of(markup: str) -> str:
    """Return the text in ``markup`` by another parser than ours."""
    if "<" not in markup and "&" not in markup:
        return markup
    try:
        return str(lxml_html.fragment_fromstring(f"<div>{tidy(markup)}</div>").text_content())
    except (ValueError, lxml_html.etree.LxmlError):
        return plain_text(markup)


def theirs(entry: Any) -> dict[str, Any]:  # noqa: ANN401 - feedparser's dict
    """Return feedparser's answer for one entry, as the fields compared here."""
    details = [*(entry.get("content") or []), entry.get("summary_detail")]
    details = [each for each in details if isinstance(each, dict) and each.get("value")]
    body = max(details, key=lambda each: len(each["value"].strip()), default={"value": "", "type": "text/plain"})
    title = entry.get("title_detail") or {}
    moment = next(filter(None, (entry.get(f"{name}_parsed") for name in ("published", "updated", "created"))), None)
    names = [str(each.get("name") or "") for each in entry.get("authors") or [] if isinstance(each, dict)]
    plain = isinstance(title, dict) and title.get("type") == "text/plain"
    said = str(entry.get("title") or "")
    try:
        date = calendar.timegm(moment) if moment else None
    except (ValueError, OverflowError):
        date = None
    return {
        "title": squeezed(said if plain else text_of(said)),
        "link": str(entry.get("feedburner_origlink") or entry.get("link") or ""),
        "id": str(entry.get("id") or ""),
        "date": date,
        "author": squeezed(", ".join(dict.fromkeys(filter(None, names))) or str(entry.get("author") or "")),
        "body": squeezed(str(body["value"]) if body.get("type") == "text/plain" else text_of(str(body["value"])))[:200],
    }


def ours(entry: Entry) -> dict[str, Any]:
    """Return our answer for one entry, in the same fields."""
    return {
        "title": squeezed(entry.title),
        "link": entry.url,
        "id": entry.guid,
        "date": int(entry.published.timestamp()) if entry.published else None,
        "author": squeezed(entry.author),
        "body": squeezed(entry.content_text)[:200],
    }


def kind_of(  # noqa: C901, PLR0911, PLR0912 - a list of cases
    name: str,
    mine: Any,  # noqa: ANN401 - feedparser's
    other: Any,  # noqa: ANN401
    said: Any,  # noqa: ANN401
    entry: Entry,
) -> str:
    """Return the class of one difference; those not in MEANT are loss."""
    if name in {"title", "link", "id"} and not other:
        return f"{name}: none there"
    if name == "author" and not other:
        return "author: the feed's"
    if name == "title" and squeezed(plain_text(said.get("title", ""))) == mine:
        return "title: shown as a reader sees it"
    if name == "title" and squeezed(plain_text(plain_text(said.get("title", "")))) == mine:
        return "title: shown as a reader sees it"
    if name == "link":
        if entry.via_url and other in {entry.via_url, entry.guid}:
            return "link: to the article"
        if mine and _normal(mine) == _normal(other):
            return "link: spelled otherwise"
        if other == entry.guid and not ADDRESSED.match(other):
            return "link: the guid is no address"
        if mine == web_url(other, SOMEWHERE) and not re.match(r"https?://", other, re.IGNORECASE):
            return "link: relative there"
        if mine and mine == unwrapped(web_url(other)):
            return "link: past a redirector"
        if not web_url(other, SOMEWHERE):
            return "link: not to the web"
        if web_url(other) == mine:
            return "link: spelled safely"
        if other == said.get("id"):
            return "link: the guid is no address"
        if not re.match(r"https?://", other, re.IGNORECASE) or (mine and mine.endswith(other.rsplit("/", 1)[-1])):
            return "link: resolved against the site"
    if name == "id":
        if mine.startswith(other + " "):
            return "id: shared by several"
        if mine and other.endswith(mine.rpartition(" ")[0]) and " " in mine:
            return "id: shared by several"
        if mine and other.endswith(mine):
            return "id: as the feed spells it"
        if mine.startswith("curate:") or squeezed(mine) == squeezed(other):
            return "id: cut or cleaned"
    if name == "author":
        names = {squeezed(str(each.get("name", ""))) for each in said.get("authors") or [] if isinstance(each, dict)}
        if "@" in other or any(str(each.get("email", "")) for each in said.get("authors") or []):
            return "author: name only"
        if (len(names) > 1 and other in mine) or mine.startswith(f"{other},"):
            return "author: several"
        if squeezed(plain_text(other)) == squeezed(mine):
            return "author: markup gone"
    details = [each for each in [*(said.get("content") or []), said.get("summary_detail")] if isinstance(each, dict)]
    if name == "body" and not mine and not any(each.get("type") in TEXTS and each.get("value") for each in details):
        return "body: declared as no text"
    if name == "body" and mine and squeezed(plain_text(mine)) == other:
        return "body: plain text as it is"
    if name == "body" and any(re.search(r"<(?:svg|math)\b", str(each.get("value"))) for each in details):
        return "body: formulas and drawings"
    if name == "body" and mine and other and (mine[:40] in other or other[:40] in mine or mine[-40:] in other):
        return "body: other markup kept or dropped"
    return f"{name}: {'lost' if other and not mine else 'gained' if mine and not other else 'other'}"


def _normal(url: str) -> str:
    """Return ``url`` so that two spellings of one address are the same."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.lower(), path=parts.path or "/").geturl()


def compare(table: Table, body: bytes, url: str, where: str) -> None:
    """Add one feed to ``table``; what neither side finds an entry in does not count."""
    begun = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = feedparser.parse(body, response_headers={"content-location": url})
    middle = time.process_time()
    try:
        mine = list(parse_feed(body, url, "").entries)
    except NotAFeed:
        mine = []
    table.seconds.update({"feedparser": middle - begun, "curate": time.process_time() - middle})
    table.size += len(body)
    other = list(found.entries)[:2000]
    for entry, said in pairs(mine, other, table, where):
        judge(table, entry, said, where)


def compare_expected(table: Table, body: bytes, answer: Path, where: str) -> None:
    """Add to ``table`` one feed with the expected values in the file ``answer``."""
    itself, *other = expected(answer)
    table.size += len(body)
    try:
        feed = parse_feed(body, SOMEWHERE, "")
    except NotAFeed:
        table.missing("feed: lost", 1, where)
        return
    sketch = Entry(
        guid="",
        url=feed.site_url,
        title=feed.title,
        author="",
        summary="",
        content_html="",
        content_text="",
        published=None,
        tags=(),
        lang="",
    )
    text = html.unescape(body.decode("utf-8", "replace"))
    for said in other:
        if said["id"] not in text:  # made up, at random or as a hash of something, where the feed has none
            said["id"] = ""
    for entry, said in [(sketch, itself), *pairs(list(feed.entries), other, table, where)]:
        right = theirs(said)
        if any(right.values()):
            judge(table, entry, said, where, only={name for name in FIELDS if right[name] not in {"", None}})


def judge(table: Table, entry: Entry, said: Any, where: str, only: Iterable[str] = FIELDS) -> None:  # noqa: ANN401
    """Add one entry to ``table``, by the fields ``only``."""
    table.entries += 1
    left, right = ours(entry), theirs(said)
    kinds = [(name, kind_of(name, left[name], right[name], said, entry)) for name in only if left[name] != right[name]]
    said_there = {name for name in FIELDS if right[name] not in {"", None}}
    unlike = {name for name, _ in kinds} & said_there
    table.said.update(said_there)
    table.alike.update(said_there - unlike)
    table.equal.update(set(FIELDS) - unlike)
    table.whole += not unlike
    table.explained += all(kind in MEANT for _, kind in kinds)
    for name, kind in kinds:
        table.note(kind, f"{where}: {str(left[name])[:70]!r}, there {str(right[name])[:70]!r}")


def pairs(mine: list[Entry], other: list[Any], table: Table, where: str) -> Iterator[tuple[Entry, Any]]:
    """Yield the entries of one feed that belong together; count those that only one side has."""
    if len(mine) == len(other):
        yield from zip(mine, other, strict=True)
        return
    by_id = {entry.guid.split(" ")[0]: entry for entry in reversed(mine)}
    by_link = {entry.url: entry for entry in reversed(mine)}
    by_text = {ours(entry)[name]: entry for name in ("title", "body") for entry in reversed(mine)}
    used: set[int] = set()
    for said in other:
        entry = by_id.get(said.get("id") or "") or by_link.get(said.get("link") or "")
        words = theirs(said)
        entry = entry or by_text.get(words["body"] or words["title"])
        if entry is None:
            table.missing("entry: lost" if any(words.values()) else "entry: empty", 1, where)
        elif id(entry) in used:
            table.missing("entry: doubled", 1, where)
        else:
            used.add(id(entry))
            yield entry, said
    if not other:
        if mine:
            table.note("entry: read by us alone", where, len(mine))
    elif len(mine) > len(used):
        table.missing("entry: gained", len(mine) - len(used), where)


def feeds(places: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield each file in the folders and tables, with its URL."""
    for place in places:
        if place.suffix == ".tsv":
            with place.open(encoding="utf-8") as rows:
                for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE):
                    yield place.parent / row["path"], web_url(row["url"]) or SOMEWHERE
        else:
            yield from ((file, SOMEWHERE) for file in sorted(place.rglob("*")) if file.is_file())


def measure_expected(places: Iterable[Path]) -> Table:
    """Compare all feeds in the folders ``places`` that have expected values beside them."""
    table = Table()
    for file, _ in feeds(places):
        answer = answer_beside(file)
        if answer is not None:
            compare_expected(table, file.read_bytes(), answer, file.name)
    return table


def measure(places: Iterable[Path], step: int = 1) -> Table:
    """Compare all feeds in ``places``, or each ``step``-th."""
    table = Table()
    for file, url in itertools.islice(feeds(places), None, None, step):
        compare(table, file.read_bytes(), url, file.name)
    return table


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--expected", action="store_true", help="compare with the answers that lie beside the feeds")
    given = parser.parse_args()
    table = measure_expected(given.places) if given.expected else measure(given.places)
    total = max(table.entries, 1)
    print(f"{table.entries} entries, {table.size / 1e6:.1f} MB")
    for name in FIELDS:
        print(f"  {name:8} {100 * table.equal[name] / total:6.2f} %, {table.alike[name]} of {table.said[name]} there")
    print(f"  raw      {100 * table.whole / total:6.2f} %  all six equal")
    print(f"  explained{100 * table.explained / total:6.2f} %  no loss")
    for kind, number in table.classes.most_common():
        print(f"{number:6}  {kind} — {MEANT.get(kind, 'LOSS')}\n        {table.examples[kind]}")
    for name, seconds in table.seconds.items():
        print(f"{name}: {1000 * seconds / max(table.size / 1e6, 1e-9):.0f} ms/MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
