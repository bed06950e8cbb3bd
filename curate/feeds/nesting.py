"""Tell markup that a parser reads as it is written from markup that it would nest in another way.

Pure. Knows how HTML's elements close each other (https://html.spec.whatwg.org/multipage/parsing.html); only
of elements that ``clean`` allows, and nothing of what they hold. When in doubt it says no, which costs time.
"""

from __future__ import annotations

import re

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
    paragraphs = links = 0
    for name in TAG.findall(markup):
        if name[0] == "/":
            if not opened or opened.pop() != name[1:]:
                return False
            paragraphs -= name == "/p"
            links -= name == "/a"
            continue
        parent = opened[-1] if opened else ""
        if name in INSIDE:
            if parent not in INSIDE[name]:
                return False
        elif parent in FRAMES or (parent in HEADINGS and name in HEADINGS):
            return False
        if paragraphs and name in ENDING:
            return False
        if name not in {"br", "hr"}:
            opened.append(name)
            paragraphs += name == "p"
            if name == "a":
                links += 1
                if links > 1:
                    return False
            if len(opened) > DEEPEST:
                return False
    return not opened and not ASTRAY.search(markup)
