"""Make what others wrote safe and uniform: text and HTML, each in one way.

Pure: touches no disk and no network, and knows nothing of feeds or items. Every function is total
(any text in, a text out) and takes time in proportion to the length of its input.
"""

from __future__ import annotations

import html
import itertools
import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from curate.feeds.addresses import link_url
from curate.feeds.characters import one_line, tidy
from curate.feeds.nesting import DEEPEST, depth_of, steady

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nh3 import Cleaner

MOST_ESCAPES = 50_000  # ampersands and hard spaces in one text, on which nh3 spends quadratic time

# What a reader of quotes and articles needs, and nothing that fetches, runs, frames or styles.
INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "rp", "rt"}
    | {"ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u", "var"}
)
BLOCKS = frozenset(
    {"blockquote", "caption", "dd", "div", "dl", "dt", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6"}
    | {"hr", "li", "ol", "p", "pre", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"}
)
ALLOWED = INLINE | BLOCKS | {"br"}
RENAMED = dict.fromkeys(  # blocks that say where a page's parts are, which an excerpt does not need
    [
        *("address", "article", "aside", "body", "center", "details", "dialog", "dir", "fieldset", "footer", "form"),
        *("frameset", "header", "hgroup", "main", "menu", "nav", "search", "section", "summary"),
    ],
    "div",
) | {"acronym": "abbr", "strike": "s", "tt": "code", "listing": "pre", "plaintext": "pre"}
DROPPED = frozenset(  # with everything inside
    {"applet", "audio", "button", "canvas", "head", "iframe", "map", "math", "noembed", "noframes", "noscript"}
    | {"object", "script", "select", "style", "svg", "template", "textarea", "title", "video", "xmp"}
)
BARE = frozenset({"area", "base", "basefont", "bgsound", "col", "embed", "frame", "image", "img", "input", "link"})
KNOWN = (
    ALLOWED
    | RENAMED.keys()
    | DROPPED
    | BARE
    | {"big", "blink", "bdo", "colgroup", "data", "datalist", "font", "html", "label", "legend", "marquee", "meta"}
    | {"meter", "nobr", "optgroup", "option", "output", "param", "picture", "progress", "source", "track", "wbr"}
)
# Elements a parser closes by itself: they nest only inside others, which are counted.
SELF_CLOSING = frozenset({"p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "caption", "rp", "rt"})
REL = "nofollow noopener noreferrer"
NUMBERS = {"ol": ("start",), "td": ("colspan", "rowspan"), "th": ("colspan", "rowspan")}
KEPT: dict[str, set[str]] = {"*": set(), "a": {"href"}, **{name: set(numbers) for name, numbers in NUMBERS.items()}}
SCHEMES = {"http", "https", "mailto"}
MANY = 4_000  # tags, and as many references: some shapes of more cost a parser seconds

# Elements we know by other names, and those that a parser opens anew in every paragraph, all that differ in
# their attributes: their attributes go before it sees them.
RENAMING = re.compile(
    rf"<(/?)({'|'.join(RENAMED)})(?=[\s/>])"
    r"""|<(b|big|code|em|font|i|nobr|s|small|strong|u)[\s/](?:[^>"']|"[^"]*"|'[^']*')*+>""",
    re.IGNORECASE,
)
LINK = re.compile(r'<a href="([^"]*)"')
NUMBERED = re.compile(r"<(ol|td|th)( [^>]*)>")
SPANS = re.compile(r'(?: (?:start|colspan|rowspan)="[0-9]{1,3}")+')
BEGINNING = re.compile(r"<(/?[a-zA-Z]+[\s/]?)")
REWRITTEN = frozenset(  # how tags begin that RENAMING is about
    {f"{slash}{name}{end}" for slash in ("", "/") for name in RENAMED for end in ("", " ")}
    | {f"{name} " for name in ("b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strong", "u")}
)
REFERENCE = re.compile(r"&(?!(?:amp|lt|gt|quot|nbsp|apos|#39|#82(?:1[126-9]|2[0-3]|30)|[lr][sd]quo|[mn]dash|hellip);)")
NESTED = re.compile(r"<(/?[a-z][a-z0-9]*)[^>]*>")
NO_SPACES = "".join(  # white space besides spaces and line ends
    char for char in map(chr, range(0x3001)) if char.isspace() and char not in " \n"
)
ASCII_SPACES = "".join(filter(str.isascii, NO_SPACES))
PREFORMATTED = re.compile(r"(<pre>.*?</pre>)", re.DOTALL)
BREAKS = {  # line ends and spaces that tags stand for
    **{f"{slash}{name}": "\n\n" for name in BLOCKS for slash in ("", "/")},
    **dict.fromkeys(("/li", "/tr", "/dd", "dt", "/dt"), ""),
    **{f"{slash}{name}": "" for name in ("tbody", "thead", "tfoot") for slash in ("", "/")},
    **dict.fromkeys(("br", "li", "tr", "dd"), "\n"),
    **dict.fromkeys(("td", "/td", "th", "/th"), " "),
}
AIMLESS = re.compile(rf'<a rel="{REL}">(.*?)</a>', re.DOTALL)
PLAIN = re.compile(
    r"https?://[a-z0-9.-]{1,200}(?:/[\w./?=&%~+,:@!$()*-]{0,1500}+(?<!\?))?", re.ASCII
)  # nothing to mend

TOKEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]*+)"
    r"""(?P<attributes>(?:[^>"'=]++|=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))?+|["'])*+)(?:>|\Z)"""
    r"|<[!?/][^>]*+(?:>|\Z)",
    re.DOTALL,
)
SPECIAL = re.compile("[&<>\xa0]")
ATTRIBUTE = re.compile(r"""(?:^|[\s/"'])([^\s/"'=>]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""")
ENDS = {name: re.compile(rf"</{name}(?=[\s/>])[^>]*+(?:>|\Z)", re.IGNORECASE) for name in DROPPED}


def plain_text(html_or_text: str) -> str:
    """Return what a reader of ``html_or_text`` would see, as one line of text.

    Tags of HTML go, with the content of those that show none; ``<int>`` and other words in angle
    brackets stay. Entities are decoded once: ``&amp;lt;`` becomes ``&lt;``.
    """
    if "<" not in html_or_text:
        return one_line(html.unescape(html_or_text))
    parts = []
    for name, _, _, text in _tokens(html_or_text, known_only=True):
        if name:
            parts.append("" if name in INLINE or name not in ALLOWED else " ")
        else:
            parts.append(html.unescape(text))
    return one_line("".join(parts))


def safe_html(markup: str, base_url: str) -> str:
    """Return ``markup`` reduced to text, structure and links to the web or to mail.

    Relative links are resolved against ``base_url``; without one they lose their target. No
    address starts with ``{`` or ``|`` or holds one, so that no site generator takes it for a file.
    Markup nested deeper than 256 elements keeps its text only. Cleaning twice changes nothing.
    """
    if markup.count("<") < MANY and markup.count("&") + markup.count("\xa0") < MANY:
        plain = _sanitised(markup, base_url)
        if plain is not None:
            return plain
    for _ in range(4):
        rewritten = _rewritten(markup, base_url)
        if rewritten is None:
            break
        balanced = _balanced(rewritten)
        if balanced in {rewritten, markup}:
            return balanced
        markup = balanced
    return text_html(_raw_text(markup))


def _sanitised(markup: str, base_url: str) -> str | None:
    """Do what ``safe_html`` does by a real HTML parser alone: many times quicker, for markup of a usual size.

    None when the result is too deep, or not yet what cleaning it again would give.
    """
    plainer = tidy(markup)
    begun = {tag.lower() if tag[-1].isalpha() else f"{tag[:-1].lower()} " for tag in set(BEGINNING.findall(plainer))}
    if not REWRITTEN.isdisjoint(begun):
        plainer = RENAMING.sub(_plainer, plainer)
    cleaned = found = _cleaner().clean(plainer)
    if "<a " in cleaned:
        cleaned = LINK.sub(lambda link: _resolved(link, base_url), cleaned)
    if "<td " in cleaned or "<th " in cleaned or "<ol " in cleaned:
        cleaned = NUMBERED.sub(lambda tag: tag[0] if SPANS.fullmatch(tag[2]) else f"<{tag[1]}>", cleaned)
    if f'<a rel="{REL}">' in cleaned:  # a link that leads nowhere; the next end is its own, but around tables
        cleaned = AIMLESS.sub(r"\1", cleaned)
        if f'<a rel="{REL}">' in cleaned:
            return None
    if REFERENCE.search(markup):
        cleaned = tidy(cleaned)  # references may have stood for what is not to be seen
    if cleaned == found and steady(cleaned):  # the parser has judged the links already
        return cleaned
    for _ in range(3):
        balanced = _balanced(cleaned)
        if balanced == cleaned:
            return cleaned if depth_of(cleaned) <= DEEPEST else None
        cleaned = balanced
    return None


def _plainer(tag: re.Match[str]) -> str:
    """Return a tag under the name we know it by, or without its attributes."""
    return f"<{tag[3]}>" if tag[3] else f"<{tag[1]}{RENAMED[tag[2].lower()]}"


def _resolved(link: re.Match[str], base_url: str) -> str:
    """Return how a link begins that is to lead where ``link`` says; without a target when it may have none."""
    if PLAIN.fullmatch(link[1]) and "&" not in link[1]:
        return link[0]
    value = html.unescape(link[1])
    target = value if PLAIN.fullmatch(value) else link_url(value, base_url)
    return f'<a href="{html.escape(target, quote=False)}"' if target else "<a"


def text_html(text: str) -> str:
    """Return plain ``text`` as HTML: paragraphs where it has empty lines, breaks where it has line ends."""
    lines = "\n".join(tidy(text).splitlines())  # a parser reads each carriage return as a line end, too
    paragraphs = (_escape(part.strip()) for part in re.split(r"\n\s*\n", lines))
    return (
        "\n".join(f"<p>{part}</p>" for part in paragraphs if part).replace("\n", "<br>\n").replace("</p><br>", "</p>")
    )


def safe_text(cleaned: str) -> str:
    """Return the text of what ``safe_html`` returned, its paragraphs separated by an empty line."""
    if "<pre>" not in cleaned:
        return _paragraphs(_flowing(cleaned))
    parts = [_unmarked(part) if part.startswith("<pre>") else _flowing(part) for part in PREFORMATTED.split(cleaned)]
    return _paragraphs(re.sub(r"[^\S\n]+\n", "\n", "".join(parts)))


def _flowing(cleaned: str) -> str:
    """Return the text of markup in which all white space is the same."""
    text = _unmarked(cleaned.replace("\n", " "))
    for space in ASCII_SPACES if text.isascii() else NO_SPACES:
        if space in text:
            text = text.replace(space, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text.replace(" \n", "\n").replace("\n ", "\n").strip(" ")


def _paragraphs(text: str) -> str:
    """Return ``text`` with at most one empty line at a time."""
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip()


def _unmarked(cleaned: str) -> str:
    """Return ``cleaned`` without its tags, line ends for those that stand for them."""
    parts = NESTED.split(cleaned)
    parts[1::2] = map(BREAKS.get, parts[1::2], itertools.repeat(""))
    text = "".join(parts)
    if "&" in text:  # the references that nh3 writes, the one to what all begin with last
        text = text.replace("&nbsp;", "\xa0").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return text


def _raw_text(markup: str) -> str:
    """Return the text of markup of any kind, in time that grows with its length alone."""
    parts = []
    for name, closing, _, text in _tokens(markup):
        parts.append(BREAKS.get(f"/{name}" if closing else name, "") if name else html.unescape(text))
    lines = (" ".join(line.split()) for line in tidy("".join(parts)).split("\n"))
    return _paragraphs("\n".join(lines))


def _tokens(markup: str, *, known_only: bool = False) -> Iterator[tuple[str, bool, str, str]]:
    """Cut ``markup`` into (element, closes, attributes, "") for tags and ("", False, "", text) between them.

    Comments and declarations are left out, as are dropped elements with all inside them. With
    ``known_only`` what looks like a tag but is none of HTML's counts as text.
    """
    position = 0  # where the text not yet given out begins
    endless = set()  # dropped elements that have no end from here on: looked for once
    while match := TOKEN.search(markup, position):
        if match.start() > position:
            yield "", False, "", markup[position : match.start()]
        position = match.end()
        name = (match["name"] or "").lower()
        if not name:
            continue
        if known_only and name not in KNOWN:
            yield "", False, "", match[0]
        elif name in DROPPED:
            if match["close"] or match["attributes"].endswith("/") or name in endless:
                continue
            end = ENDS[name].search(markup, position)
            if end:
                position = end.end()
            elif name in {"script", "style"}:
                return
            else:
                endless.add(name)
        else:
            yield name, bool(match["close"]), match["attributes"], ""
    if position < len(markup):
        yield "", False, "", markup[position:]


def _rewritten(markup: str, base_url: str) -> str | None:
    """Write ``markup`` anew from the elements we allow; None when it is too deep or too odd for that.

    The result has no comments, scripts, foreign elements or attributes of formatting, on which
    HTML parsers disagree or spend quadratic time.
    """
    parts: list[str] = []
    opened: Counter[str] = Counter()
    depth = escapes = 0
    for found, closing, attributes, text in _tokens(tidy(markup)):
        name = RENAMED.get(found, found)
        if not name:
            shown = tidy(html.unescape(text)) if "&" in text else text
            escapes += shown.count("&") + shown.count("\xa0")
            parts.append(_escape(shown))
        elif name in {"br", "hr"}:
            parts.append(f"<{name}>")
        elif closing and opened[name]:
            opened[name] -= 1
            depth -= name not in SELF_CLOSING
            parts.append(f"</{name}>")
        elif not closing and name in ALLOWED:
            kept = _kept(name, attributes, base_url)
            if name == "a" and not kept:
                continue
            opened[name] += 1
            depth += name not in SELF_CLOSING
            parts.append(f"<{name}{kept}>")
        if depth > DEEPEST or escapes > MOST_ESCAPES:
            return None
    return "".join(parts)


def _balanced(rewritten: str) -> str:
    """Let a real HTML parser close and nest what was ``rewritten``, and allow the same list once more."""
    return _cleaner().clean(rewritten)


@cache
def _cleaner() -> Cleaner:
    """Return nh3 with our list, which takes it longer to read than most texts."""
    import nh3

    return nh3.Cleaner(
        tags=set(ALLOWED), clean_content_tags=set(DROPPED), attributes=KEPT, url_schemes=SCHEMES, link_rel=REL
    )


def _escape(text: str) -> str:
    """Escape ``text`` as nh3 writes it."""
    if not SPECIAL.search(text):
        return text
    return html.escape(text, quote=False).replace("\xa0", "&nbsp;")


def _kept(name: str, attributes: str, base_url: str) -> str:
    """Return the attributes that stay, as they are written in a tag: a link's target, a table's spans."""
    if name != "a" and name not in NUMBERS:
        return ""
    said: dict[str, str] = {}
    for key, *values in ATTRIBUTE.findall(attributes):
        said.setdefault(key.lower(), html.unescape("".join(values)))
    if name == "a":
        target = link_url(said.get("href", ""), base_url)
        return f' href="{html.escape(target, quote=False)}" rel="{REL}"' if target else ""
    return "".join(f' {key}="{said[key]}"' for key in NUMBERS[name] if re.fullmatch(r"[0-9]{1,3}", said.get(key, "")))


# Words

WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
UNSPACED = re.compile("[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
FOREIGN = re.compile("[^\x00-\xff‘’“”–—…•]")  # may be a letter that is not in SHAPE
CLUSTERED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+")  # Thai, Lao, Burmese, Khmer
SHAPE = bytes(  # of the letters and marks of western Europe
    ord("a") if char.isalnum() else ord("-") if char in "'’-" else ord(" ")
    for char in (bytes([byte]).decode("cp1252", "replace") for byte in range(256))
)
JOINED = b"a-a"


def word_count(text: str) -> int:
    """Return how many words ``text`` has; where a script has no spaces, as many as it takes time to read.

    Two Chinese or Japanese characters count as a word, and so do five of Thai, Lao, Burmese or Khmer.
    """
    if text.isascii():
        return _western_word_count(text.encode())
    if not any(map(str.isalnum, set(FOREIGN.findall(text)))):
        return _western_word_count(text.encode("cp1252", "replace"))
    clustered = sum(len(match) for match in CLUSTERED.findall(text))
    text, unspaced = UNSPACED.subn(" ", CLUSTERED.sub(" ", text) if clustered else text)
    return len(WORD.findall(text)) + (unspaced + 1) // 2 + (clustered + 4) // 5


def _western_word_count(text: bytes) -> int:
    """Count as WORD does, but faster: starts of runs of letters, less those a mark joins to the run before."""
    shape = b" " + text.translate(SHAPE)
    joined = shape.count(JOINED)  # of two that share a letter, the second is seen without the first
    joined += shape.replace(JOINED, b"a a").count(JOINED) if joined else 0
    return shape.count(b" a") + shape.count(b"-a") - joined


def shorten(text: str, length: int) -> str:
    """Return ``text`` with at most ``length`` characters, cut between words where there are any, and marked “…”."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) > length // 2 else cut).rstrip(" .,;:–-") + "…"
