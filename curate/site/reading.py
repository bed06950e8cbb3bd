"""Read the Markdown files of content/: once per content, in several processes when there are many.

What reading a file gives depends on its bytes and its place alone, so it may be kept. Whether a post is public,
and whether its links lead to files, is judged anew in each build and elsewhere. Must not know Pelican.
"""

from __future__ import annotations

import pickle
import re
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.feeds.addresses import web_url
from curate.feeds.characters import one_line, tidy
from curate.inbox.items import Quote
from curate.posts.files import NOT_POSTS, misplaced
from curate.posts.post import Post, PostFault, Source, parse_post, permalink
from curate.posts.prose import read_prose, visible
from curate.site.cache import GISTS
from curate.site.plugin.links import has_links
from curate.site.processes import share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from curate.site.cache import Cache

SUMMARY = 155  # characters, where the person wrote none
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]")
MANY = 80  # files from which on another process pays


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A file of content as pages may show it: its post, cleaned, and its body as HTML.

    ``own`` and ``quoted`` count words; ``beginning`` is what stands for a summary; ``linked`` says
    that the HTML depends on other files: it has links which Pelican resolves, or images.
    """

    post: Post
    html: str
    own: int
    quoted: int
    beginning: str
    linked: bool


def read_text(raw: bytes, path: Path) -> Reading:
    """Return the reading of the bytes of the file at ``path``. Raises PostFault."""
    from curate.site.plugin.markdown import to_html

    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise PostFault(str(path), line, "the text is not UTF-8.", "Save it as UTF-8 in the editor.") from error
    post = cleaned(parse_post(text, path))
    html = to_html(UNPRINTABLE.sub("", post.body))
    prose = read_prose(post.body)
    return Reading(
        post=post,
        html=html,
        own=prose.own,
        quoted=prose.quoted,
        beginning=_first_words(post.body),
        linked=has_links(html) or "<img" in html,
    )


def gist_of(reading: Reading) -> dict[str, Any]:
    """Return what of a reading each build asks: where its page is and when, and whether it depends on other files."""
    post = reading.post
    return {
        "slug": post.slug,
        "status": post.status,
        "date": post.date.isoformat() if post.date else "",
        "until": post.until.isoformat() if post.until else "",
        "page": permalink(post),
        "linked": reading.linked,
        "line": post.lines.get("slug", 1),
    }


def is_shown(gist: Mapping[str, Any], now: datetime, *, drafts: bool) -> bool:
    """Say whether a file has a page at ``now``: its own, or the one that says why it was taken down.

    With ``drafts``, in the preview of all that may come.
    """
    to_come = bool(gist["date"]) and datetime.fromisoformat(gist["date"]) > now
    if gist["status"] == "gone":
        return not to_come
    if gist["until"] and datetime.fromisoformat(gist["until"]) <= now:
        return False
    return drafts or (gist["status"] == "published" and not to_come)


def read_files(
    content: Path, digests: Mapping[str, str], cache: Cache
) -> tuple[dict[str, tuple[str, dict[str, Any]]], list[PostFault]]:
    """Bring the cache's readings up to the files ``digests`` (path below content → SHA-256).

    Returns the gists of the files that may be pages, and the faults of the others: a file that cannot be read, and
    the later of two posts of one slug.
    """
    known = cache.gists()
    odd = [path for path in digests if not path.isascii() and path.encode(errors="replace").decode() != path]
    faults = [PostFault(str(content / path), 1, "its name is no UTF-8.", "Give the file another name.") for path in odd]
    wanted = [path for path, digest in digests.items() if known.get(path, ("", {}))[0] != digest and path not in odd]
    gone = {*(path for path in known if path not in digests), *wanted}
    if gone:
        known = {path: said for path, said in known.items() if path not in gone}
        with cache.writing():
            cache.forget(gone)
            places = [(str(content), path) for path in wanted]
            for path, read in zip(wanted, share(_read_one, places, MANY), strict=True):
                if isinstance(read, PostFault):
                    faults.append(read)
                else:
                    digest, gist, reading = read
                    cache.keep_reading(path, reading)
                    known[path] = digest, gist
            cache.keep_sheet(GISTS, known)
    faults.sort(key=lambda fault: fault.path)
    return known, faults + _take_twins(content, known)


def _take_twins(content: Path, gists: dict[str, tuple[str, dict[str, Any]]]) -> list[PostFault]:
    """Take out of ``gists`` every post whose slug an earlier one has, and return the faults."""
    slugs: dict[str, str] = {}
    faults = []
    for path in sorted(gists, key=_as_walked):
        gist = gists[path][1]
        if path.split("/")[0] in NOT_POSTS:
            continue
        if gist["slug"] in slugs:
            reason = f"{content / slugs[gist['slug']]} has the slug {gist['slug']}, too."
            faults.append(PostFault(str(content / path), gist["line"], reason, "Give one of them another slug."))
            del gists[path]
        slugs.setdefault(gist["slug"], path)
    return faults


def _as_walked(path: str) -> list[tuple[bool, str]]:
    """Return what sorts files as ``posts/files`` meets them: those of a folder before its folders."""
    parts = path.split("/")
    return [*((True, part) for part in parts[:-1]), (False, parts[-1])]


def _read_one(place: tuple[str, str]) -> Any:  # noqa: ANN401 - three things, or a fault
    path = Path(*place)
    fault = misplaced(path)
    if fault is not None:
        return fault
    try:
        raw = path.read_bytes()
        reading = read_text(raw, path)
    except PostFault as fault:
        return fault
    except OSError as error:
        return PostFault(str(path), 1, f"it cannot be read: {error.strerror}.", "Mend the file's rights.")
    except Exception as error:  # noqa: BLE001 - whatever a library chokes on, the person hears on which file
        reason = f"it cannot be made a page: {error} ({type(error).__name__})."
        return PostFault(str(path), 1, reason, "Look for what is unusual in it, and say it more simply.")
    return sha256(raw).hexdigest(), gist_of(reading), pickle.dumps(reading, protocol=5)


def cleaned(post: Post) -> Post:
    """Return the post as pages may show it: no control characters, and only addresses of the web."""
    source = post.source
    if source is not None:
        source = Source(
            url=web_url(source.url),
            title=one_line(source.title),
            author=one_line(source.author),
            site=one_line(source.site),
            date=one_line(source.date),
            lang=one_line(source.lang),
            words=source.words,
        )
    return replace(
        post,
        title=one_line(post.title),
        topic=one_line(post.topic),
        tags=tuple(filter(None, map(one_line, post.tags))),
        summary=one_line(post.summary),
        question=one_line(post.question),
        source=source,
        quotes=tuple(Quote(text=tidy(quote.text)) for quote in post.quotes),
        via_name=one_line(post.via_name),
        via_url=web_url(post.via_url),
        also_covered_by=tuple(_cleaned(said) for said in post.also_covered_by),
        corrections=tuple(_cleaned(said) for said in post.corrections),
        syndication=tuple(filter(None, map(web_url, post.syndication))),
        archived=_cleaned(post.archived),
        claim=one_line(post.claim),
    )


def _cleaned(said: dict[str, str]) -> dict[str, str]:
    return {key: web_url(value) if key == "url" else one_line(value) for key, value in said.items()}


def _first_words(body: str) -> str:
    """Return the beginning of the person's words, at most as long as a summary."""
    text = one_line(visible(re.sub(r"^\s*[#>].*$", "", body, flags=re.MULTILINE)).replace("*", "").replace("`", ""))
    if len(text) <= SUMMARY:
        return text
    return text[:SUMMARY].rpartition(" ")[0].rstrip(",;:") + "…"
