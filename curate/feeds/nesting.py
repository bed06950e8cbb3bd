"""Tell markup that a parser reads as it is written from markup that it would nest in another way.

Pure. Knows how HTML's elements close each other (https://html.spec.whatwg.org/multipage/parsing.html); only
of elements that ``clean`` allows, and nothing of what they hold. When in doubt it says no, which costs time.
"""

from __future__ import annotations

import re
from functools import cache

DEEPEST = 256  # elements inside each other; beyond it only the text is kept

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# What ends a paragraph by beginning.
ENDING = HEADINGS | {"blockquote", "dd", "div", "dl", "dt", "figcaption", "figure", "hr", "li", "ol", "p", "pre"}
ENDING |= {"table", "ul"}
ROWS = frozenset({"tbody", "thead", "tfoot"})
INSIDE = {  # elements that stay where they are in these alone
    **dict.fromkeys(("li",), frozenset({"ul", "ol"})),
    **dict.fromkeys(("dt", "dd"), frozenset({"dl"})),
    **dict.fromkeys(("rt", "rp"), frozenset({"ruby"})),
    **dict.fromkeys((*ROWS, "caption"), frozenset({"table"})),
    **dict.fromkeys(("tr",), ROWS),
    **dict.fromkeys(("td", "th"), frozenset({"tr"})),
}
FRAMES = ROWS | {"table", "tr"}  # they hold nothing but each other, cells and a caption
TAG = re.compile(r"<(/?[a-z][a-z0-9]*)")
# Text in a table but not in a cell; a line end that a parser drops, or reads as another.
ASTRAY = re.compile(
    r"(?:<(?:table|thead|tbody|tfoot|tr)>|</(?:thead|tbody|tfoot|tr|td|th|caption)>)[ \t\n\f]*[^< \t\n\f]"
    r"|<pre>\n|\r"
)


def steady(markup: str) -> bool:
    """Say whether a parser reads ``markup``, which is well-formed and of elements we allow, as it is written."""
    opened: list[str] = []
    paragraphs = links = 0  # open ones: they may not stand in themselves, nor in most others
    for name in TAG.findall(markup):
        if name[0] == "/":
            if not opened or opened.pop() != name[1:]:
                return False
            paragraphs -= name == "/p"
            links -= name == "/a"
        elif not _stays(name, opened[-1] if opened else "", paragraphs > 0, links > 0):
            return False
        elif name not in {"br", "hr"}:
            opened.append(name)
            paragraphs += name == "p"
            links += name == "a"
            if len(opened) > DEEPEST:
                return False
    odd = "<t" in markup or "<pre>" in markup or "\r" in markup
    return not (opened or (odd and ASTRAY.search(markup)))


@cache
def _stays(name: str, parent: str, in_paragraph: bool, in_link: bool) -> bool:  # noqa: FBT001 - cached by position
    """Say whether the element ``name`` begins in ``parent`` and ends nothing that is open."""
    if name in INSIDE:
        if parent not in INSIDE[name]:
            return False
    elif parent in FRAMES or (parent in HEADINGS and name in HEADINGS):
        return False
    return not (in_paragraph and name in ENDING) and not (in_link and name == "a")


def depth_of(markup: str) -> int:
    """Return how many elements stand inside each other in ``markup``, which a parser wrote."""
    deep = deepest = 0
    if markup.count("</") > DEEPEST:
        for name in TAG.findall(markup):
            deep += -1 if name[0] == "/" else name not in {"br", "hr"}
            deepest = max(deepest, deep)
    return deepest
