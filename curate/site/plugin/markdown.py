"""Turn a person's Markdown into HTML: CommonMark with tables, footnotes, definition lists, anchors, attributes.

Raw HTML is the person's own and passes. Keeps what our pages promise: one h1, no inline styles.
"""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.anchors.index import slugify
from mdit_py_plugins.attrs import attrs_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import render_footnote_anchor

from curate.site.plugin.figures import frame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from markdown_it.token import Token

ATTRIBUTES = ("id", "class", "lang", "title", "width", "height", "credit")  # what {#id .class lang=de} may set
LINK = re.compile(r"\{(?:filename|static|attach|category|tag|index|author)\}")
TAKEN = re.compile("main|me|related|fn(?:ref)?[0-9]+")  # ids that byline's pages of a text have, and its footnotes
ALIGNED = {"text-align:right": "right", "text-align:center": "center"}


def to_html(text: str) -> str:
    """Return the Markdown ``text`` as HTML."""
    parser = _parser()
    environment: dict[str, Any] = {}
    tokens = parser.parse(text, environment)
    _demote(tokens)
    _unstyle(tokens)
    frame(tokens)
    return str(parser.renderer.render(tokens, parser.options, environment))


def sections(html: str) -> list[tuple[str, str]]:
    """Return the (id, text) of every second-level heading in what ``to_html`` made; the text is plain."""
    found = re.findall(r'<h2[^>]*? id="([^"]+)"[^>]*>(.*?)</h2>', html, flags=re.DOTALL)
    return [(unescape(name), unescape(re.sub(r"<sup.*?</sup>|<[^>]+>", "", inside))) for name, inside in found]


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin).use(deflist_plugin)
    parser.use(anchors_plugin, min_level=1, max_level=4, slug_func=_anchor)
    parser.use(attrs_plugin, allowed=ATTRIBUTES)
    normalize = parser.normalizeLink

    def keep_pelicans(url: str) -> str:
        """Leave the braces of Pelican's own links as they are; every other brace is encoded."""
        found = LINK.match(url)
        return found[0] + normalize(url[found.end() :]) if found else normalize(url)

    parser.normalizeLink = keep_pelicans  # type: ignore[method-assign]  # the library's documented way
    for kind in ("fence", "code_block"):
        parser.add_render_rule(kind, _reachable(getattr(parser.renderer, kind)))
    parser.add_render_rule("footnote_anchor", _named(render_footnote_anchor))
    parser.add_render_rule("table_open", _open_table)
    parser.add_render_rule("table_close", _close_table)
    return parser


def _anchor(title: str) -> str:
    """Return the id of a heading: its words, and never one that the page has elsewhere, or an empty one."""
    name = slugify(title) or "section"
    return f"{name}-1" if TAKEN.fullmatch(name) else name


def _demote(tokens: Sequence[Token]) -> None:
    """Move headings down one level when the text has an h1: the page's h1 is the title."""
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    if any(token.tag == "h1" for token in headings):
        for token in headings:
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"


def _unstyle(tokens: Sequence[Token]) -> None:
    """Say a table column's side with a class: the pages allow no inline style."""
    for token in tokens:
        style = token.attrs.pop("style", None) if token.type in ("th_open", "td_open") else None
        if style in ALIGNED:
            token.attrJoin("class", ALIGNED[str(style)])


def _reachable(render: Callable[..., str]) -> Callable[..., str]:
    """Let a keyboard reach code, which may be wider than the page and then scrolls."""
    return lambda _renderer, *rest: render(*rest).replace("<pre>", '<pre tabindex="0">', 1)


def _named(render: Callable[..., str]) -> Callable[..., str]:
    """Say in words where the arrow below a footnote leads; its glyph is read aloud as nothing useful."""
    return lambda *all_: render(*all_).replace("<a ", '<a aria-label="Back to the text" ', 1)


def _open_table(*_: object) -> str:
    """Let a wide table scroll in a region of its own, which a keyboard reaches."""
    return '<div class="table" role="region" tabindex="0" aria-label="Table"><table>\n'


def _close_table(*_: object) -> str:
    return "</table></div>\n"
