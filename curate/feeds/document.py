"""Turn the bytes a server sent into text, and the text of an XML feed into what feedparser takes without stumbling.

Pure. Knows encodings and what stands before a root; nothing of what a feed says.
"""

from __future__ import annotations

import codecs
import itertools
import re
import sys

from curate.errors import CurateError

MOST_READ = 20_000  # entries looked at
MOST_MARKS = 800_000  # “<” in a document
MOST_REFERENCES = 2_000_000  # “&” in it
LONGEST_PROLOG = 16 << 10


class NotAFeed(CurateError):
    """What the server sent cannot be read as a feed; the message says what it is: “is a web page”."""

    code = "not-a-feed"


MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
UNMARKED = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
SPOKEN = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
ONE_BYTE = re.compile(r"iso8859-\d+|cp12\d\d|cp[89]\d\d|koi8-\w|mac-.*|ascii|tis-620|kz1048|ptcp154")
MORE_BYTES = re.compile(r"utf-(8|16|32).*|gb.*|big5.*|euc_.*|shift_jis.*|cp93[26]|cp949|cp950|iso2022_.*|johab|hz")
MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}


def decode(body: bytes, content_type: str) -> str:
    """Return the text of ``body``, by its byte order mark, by what was declared, by what it can be.

    Declarations of one-byte encodings give way to valid UTF-8, which no text in them is by chance.
    """
    for mark, name in MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    for mark, name in UNMARKED:
        if body.startswith(mark):
            return body.decode(name, "replace")
    spoken, declared = SPOKEN.search(content_type), DECLARED.match(body)
    names = [_codec(name) for name in (spoken[1] if spoken else "", declared[1].decode() if declared else "")]
    for name in (*names, "utf-8"):
        if MORE_BYTES.fullmatch(name):
            try:
                return body.decode(name)
            except UnicodeDecodeError:
                continue
    text = body.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    if len(text) - len(text.encode("ascii", "ignore")) > 10 * wrong:  # UTF-8 with a few broken places
        return text
    one_byte = next((name for name in names if ONE_BYTE.fullmatch(name)), "cp1252")
    return body.decode(one_byte, "replace")


def _codec(name: str) -> str:
    """Return Python's name of an encoding that texts are written in; "" for others (there is one for zip files)."""
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return ""
    found = MEANT.get(found, found)
    return found if ONE_BYTE.fullmatch(found) or MORE_BYTES.fullmatch(found) else ""


def binary_kind(body: bytes, start: str) -> str:
    """Say what ``body`` is when it is no text; "" when it may be."""
    for magic, kind in (
        (b"%PDF", "a PDF file"),
        (b"\x89PNG", "an image"),
        (b"\xff\xd8\xff", "an image"),
        (b"GIF8", "an image"),
        (b"PK\x03\x04", "a ZIP file"),
        (b"\x1f\x8b", "a compressed file"),
        (b"ID3", "a sound file"),
    ):
        if body.startswith(magic):
            return kind
    odd = len(ILLEGAL.findall(start)) + start.count("\ufffd")
    return "a binary file" if odd * 10 > len(start) else ""


# XML

ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
# References to characters, but for those that are certainly legal: a look at each would take longer than reading.
REFERENCE = re.compile(
    r"&#(?!(?:3[2-9]|[4-9][0-9]|[1-9][0-9]{2,3}|[1-4][0-9]{4}|12[0-9]{4}|[xX](?:[2-9a-fA-F][0-9a-fA-F]"
    r"|[1-9a-fA-F][0-9a-fA-F]{2}|[1-9a-cA-C][0-9a-fA-F]{3}|1[fF][0-9a-eA-E][0-9a-fA-F]{2}));)"
    r"(?:[xX]([0-9a-fA-F]+)|([0-9]+));?"
)
ILLEGAL_ASCII = bytes(code for code in range(32) if code not in b"\t\n\r")
ILLEGAL_LONGER = b"\xef\xbf"  # how U+FFFE and U+FFFF begin in UTF-8
PROLOG = re.compile(
    r"<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?:[^\[<>\"']|\"[^\"]*\"|'[^']*')*+(?:\[(?P<subset>.*?)\]\s*)?>|<!\w[^>]*>",
    re.DOTALL | re.IGNORECASE,
)
ROOT = re.compile(r"<([a-zA-Z_][\w.-]*:)?([a-zA-Z_][\w.-]*)(?=[\s/>])")
FEED_ROOT = re.compile(r"<(?:rss|feed|rdf:RDF|RDF)(?=[\s>])")
ENTITY = re.compile(
    r"""<!ENTITY\s+([a-zA-Z_][\w.-]{0,40})\s+(?:"((?:&\#\w{1,8};|[^&"<%]){0,100})"|'((?:&\#\w{1,8};|[^&'"<%]){0,100})')\s*>"""
)
OPENING = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)(?=[\s/>])")
CROWDED = re.compile(r"""<\w[^\s/>]*+(?:\s++[^\s=<>"'/]++\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+')){500}""")
FEEDS = {"rss", "feed", "rdf", "channel"}


def xml_document(text: str) -> tuple[str, str]:
    """Return the root's name and ``text`` as parsers can take it without stumbling over its beginning or its size.

    What stands before the root is left out but for harmless entities. Raises NotAFeed.
    """
    position, entities = 0, ""
    while True:
        position = text.find("<", position)
        match = PROLOG.match(text, position) if position >= 0 else None
        if not match:
            break
        if match["subset"]:
            entities = _entities(match["subset"][:LONGEST_PROLOG])
        position = match.end()
    root = ROOT.match(text, position) if position >= 0 else None
    name = root[2].lower() if root else ""
    if name not in FEEDS:
        feed = FEED_ROOT.search(text, 0, LONGEST_PROLOG)
        if feed and "<html" not in text[: feed.start()].lower():  # a warning printed before the feed
            position, name = feed.start(), "rss"
        elif name == "html" or re.search(r"<(?:!doctype\s+)?html[\s>]", text[:LONGEST_PROLOG], re.IGNORECASE):
            raise NotAFeed("is a web page, not a feed", "curate feed add looks for the feeds a page names.")
        elif not root:
            raise NotAFeed("is text, not a feed")
    marks = text.count("<", position)
    marked = marks > MOST_MARKS or text.count("&", position) > MOST_REFERENCES
    if marked or CROWDED.search(text, position):
        raise NotAFeed("has more markup than a feed can need")
    text = text[position:]
    if marks > MOST_READ:
        text = _cut(text, name)
    return name, f"<?xml version='1.0' encoding='utf-8'?>\n{entities}{text}"


def _cut(text: str, name: str) -> str:
    """Return ``text``, whose root is ``name``, without the entries that nobody looks at."""
    beyond = next(itertools.islice(OPENING.finditer(text), MOST_READ, None), None)
    if not beyond:
        return text
    opened = ROOT.match(text)
    ends = "</channel>" if name == "rss" else ""
    return f"{text[: beyond.start()]}{ends}</{(opened[1] or '') + opened[2] if opened else name}>"


def legal(document: str) -> str:
    """Return ``document`` without the characters that XML forbids, and references to them replaced by U+FFFD."""
    return REFERENCE.sub(_legal, _without_illegal(document))


def _without_illegal(text: str) -> str:
    """Return ``text`` without the characters that XML forbids."""
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        return ILLEGAL.sub("", text)
    if len(raw.translate(None, ILLEGAL_ASCII)) == len(raw) and ILLEGAL_LONGER not in raw:
        return text
    return ILLEGAL.sub("", text)


def _entities(subset: str) -> str:
    """Return a DOCTYPE with those entities of ``subset`` that are short and stand for plain text."""
    found = [f'<!ENTITY {name} "{one or other}">' for name, one, other in ENTITY.findall(subset)[:200]]
    return "<!DOCTYPE feed [\n" + "\n".join(found) + "\n]>\n" if found else ""


def _legal(reference: re.Match[str]) -> str:
    """Return a numeric character ``reference`` as it is, or U+FFFD when no such character may be."""
    digits = reference[1] or reference[2]
    point = int(digits, 16 if reference[1] else 10) if len(digits) < 10 else sys.maxunicode + 1
    if point > sys.maxunicode or ILLEGAL.match(chr(point)):
        return "\ufffd"
    return reference[0]
