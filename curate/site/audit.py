"""Look at a built site before anybody else does: nothing missing, nothing that should not be there.

The last gate between content and the public. Reads the folder and the plugin's report; changes nothing.
"""

from __future__ import annotations

import os
import re
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import lxml.etree
import lxml.html

from curate.site.manifest import MARK, is_plain, walk_files
from curate.site.processes import share

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from curate.site.plugin.report import Report

SCHEMES = {"", "http", "https", "mailto"}
ADDRESSES = {
    *("href", "xlink:href", "src", "cite", "action", "formaction", "poster", "data", "background", "ping", "srcset"),
}
FRAMES = {"iframe", "frame", "object", "embed", "applet", "base"}  # what our pages' policy forbids like scripts
SCRIPTED = ("search/index.html",)  # the pages that may run a script, our own
MANY = 300  # files from which on another process pays
DATA = ("application/ld+json", "application/json")  # scripts that run nothing
LEFT_OVER = re.compile(r"^\{\w+\}")


def audit_site(
    folder: Path,
    report: Report,
    content: Path,
    public: Mapping[str, str] | None,
    files: Mapping[str, bool] | None = None,
) -> list[str]:
    """Return what is wrong with the site built into ``folder``, each a whole sentence; none when it may go out.

    ``public`` maps the permalinks that must have a page, and all that may, to their files; None (a preview)
    leaves that open. ``files`` are all there are, and whether they are links; None looks for them. What was carried
    from a site that passed is not read again.
    """
    if files is None:
        files = dict(sorted(walk_files(folder)))
    problems = [*_files(files, report, content)]
    if public is not None:
        problems += _pages(report, content, public)
    if problems:
        return problems  # what is in the files matters only when they are the right ones
    looked = [name for name in files if name.endswith((".html", ".xml")) and name not in report.carried]
    places = [(str(folder), name, report.script) for name in looked]
    for name, said in zip(looked, share(_look_at, places, MANY), strict=True):
        problems += [f"{report.pages.get(name) or name}: {problem}" for problem in said]
    return problems


def _look_at(place: tuple[str, str, str]) -> list[str]:
    folder, name, script = place
    path = Path(folder, name)
    return [*(_html(path, script, may_run=name in SCRIPTED) if name.endswith(".html") else _xml(path))]


def _files(files: Mapping[str, bool], report: Report, content: Path) -> Iterator[str]:
    """Account for every file: a page or feed, the theme's, or a copy of what lies in content/."""
    accounted = {*report.written, *(name for place in report.theme for name in _theme_files(Path(place)))}
    root = content.resolve()
    for name, source in report.copied.items():
        place = Path(content, source)
        if not place.resolve().is_relative_to(root) or place.suffix == ".md" or not is_plain(name):
            yield f"{name} would publish {place}, which is not for readers."
        accounted.add(name)
        if name in report.pages:
            yield f"{report.pages[name]}: {place} would stand in the place of its page; call that file otherwise."
    for name, linked in files.items():
        if name == MARK:
            continue
        if linked:
            yield f"{name} is a link to another place."
        elif name not in accounted:
            yield f"{name} is in the site, and nothing in content/ or the theme says why."


def _theme_files(place: Path) -> set[str]:
    if place.is_file():
        return {f"theme/{place.name}"}
    return {f"theme/{path.relative_to(place).as_posix()}" for path in place.rglob("*") if path.is_file()}


def _pages(report: Report, content: Path, public: Mapping[str, str]) -> Iterator[str]:
    """Compare the pages with the posts, chosen a second time and without Pelican: all of them, and no other."""
    wanted = {f"{address}index.html": path for address, path in public.items()}
    built = report.pages
    pages = f"{content / 'pages'}{os.sep}"
    for name, path in wanted.items():
        if name not in built:
            yield f"{path}: the post has no page."
    for name, path in built.items():
        if name not in wanted and not path.startswith(pages):
            yield f"{path}: it has the page {name}, and should have none."


def _html(path: Path, script: str, *, may_run: bool) -> Iterator[str]:
    """Check one page's addresses, and that a page which forbids scripts and frames holds none but scripts it knows.

    Only a page that ``may_run`` one may know any, beside the ``script`` of every page.
    """
    try:
        page = lxml.html.document_fromstring(path.read_bytes(), parser=lxml.html.HTMLParser(encoding="utf-8"))
    except lxml.etree.ParserError:
        yield "the page is empty."
        return
    policy = "".join(str(meta.get("content")) for meta in page.iter("meta") if meta.get("http-equiv"))
    strict = "default-src 'none'" in policy
    known = re.findall(r"'sha256-([^']+)'", policy.partition("script-src")[2].partition(";")[0])
    known = [one for one in known if may_run or one == script]
    if strict and "script-src" in policy and not known:
        yield "its policy allows scripts, and this page is to have none."
    for element in page.iter(lxml.etree.Element):  # elements alone, without comments
        for name, value in element.items():
            if name in ADDRESSES:
                problem = _address(str(value), image=element.tag == "link" or name in ("src", "srcset"))
                if problem:
                    yield problem
            elif strict and str(name)[:2].lower() == "on":
                yield f"there is a script in the attribute {name!s}, and the page's own policy forbids scripts."
    if strict:
        yield from _forbidden(page, known)


@lru_cache(maxsize=4096)
def _address(address: str, *, image: bool) -> str:
    """Say what is wrong with an address; most stand on many pages."""
    bare = re.sub(r"[\x00-\x20]", "", address)
    if LEFT_OVER.match(bare):
        return f"the link “{address}” leads to no page of the site; a draft has none."
    try:
        scheme = urlsplit(bare).scheme
    except ValueError:
        return f"the link “{address}” is no address."
    if scheme not in SCHEMES and not (image and bare.startswith("data:image/")):
        return f"the link “{address}” is neither a web nor a mail address."
    return ""


def _forbidden(page: lxml.html.HtmlElement, known: Collection[str]) -> Iterator[str]:
    """Find the elements that the page's own policy forbids."""
    for element in page.iter("script"):
        own = b64encode(sha256((element.text or "").encode()).digest()).decode()
        if element.get("type") not in DATA and (element.get("src") or own not in known):
            yield "there is a script, and the page's own policy forbids scripts: readers would not get it."
    for element in page.iter(*FRAMES):
        yield f"“<{element.tag}” is in it, and the page's own policy forbids that: readers would not get it."
    for element in page.iter("meta"):
        if str(element.get("http-equiv")).lower() == "refresh":
            yield "“<meta” is in it and would send readers elsewhere by itself."


def _xml(path: Path) -> Iterator[str]:
    try:
        lxml.etree.fromstring(path.read_bytes(), lxml.etree.XMLParser(resolve_entities=False, no_network=True))
    except lxml.etree.XMLSyntaxError as error:
        yield f"the feed is not well-formed: {error.msg}."
