"""Read content/**/*.md for Pelican: headers through posts' own loader, text through CommonMark.

Decides what of the content is public at the build's moment: a draft, a post of the future and a
notice past its end do not exist for Pelican. Metadata that other themes print is escaped; ours
prints the post itself, under ``article.post``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from markupsafe import Markup
from pelican.contents import Category, Tag
from pelican.readers import BaseReader

from curate.desk.folder import Desk
from curate.feeds.characters import one_line, tidy
from curate.feeds.clean import word_count
from curate.inbox.items import minutes
from curate.posts.header import dump
from curate.posts.post import PostFault, as_moment, parse_post
from curate.posts.social import card_place
from curate.site.plugin import citation
from curate.site.plugin.generators import Briefed
from curate.site.plugin.kept import kept_of
from curate.site.plugin.links import check_links
from curate.site.plugin.list_pages import address_name, name_lists
from curate.site.plugin.markdown import sections
from curate.site.plugin.pictures import PICTURES, show_images
from curate.site.plugin.report import report_of
from curate.site.plugin.settings import building_at, now_of
from curate.site.plugin.words import escape, plain_tag
from curate.site.reading import gist_of, is_shown, read_text

if TYPE_CHECKING:
    from datetime import datetime

    from curate.posts.post import Post
    from curate.site.reading import Reading

# Keys that steer Pelican: where a page is written, with which template, for whom.
STEERING = {
    *("template", "save_as", "url", "path", "override_save_as", "override_url", "slug", "status", "lang"),
    *("settings", "source_path", "relative_source_path", "reader", "translations", "translation"),
    *("in_default_lang", "timezone", "date_format", "locale_date", "locale_modified", "allowed_statuses"),
    *("author", "authors", "category"),
}
DATES = {"date", "modified"}  # what Pelican takes for moments and not for text: only _filed gives them
NAME = re.compile(r"[a-z][a-z0-9_]*")
RESERVED = {"archive", "topics", "tags", "subscribe", "feeds", "images", "theme", "404", "index", "search"}
MONTH = re.compile(r"0[1-9]|1[0-2]")


class PostReader(BaseReader):  # type: ignore[misc]  # Pelican carries no types
    """Pelican's reader for Markdown files."""

    enabled = True
    file_extensions = ("md",)

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__(settings)
        self._slugs: dict[tuple[Any, str], str] = {}  # making one costs much, and few differ

    def read(self, source_path: str) -> tuple[str, dict[str, Any]]:
        """Return the HTML and the metadata of one file; a file that cannot be a page is reported and skipped."""
        report = report_of(self.settings)
        path = Path(source_path)
        if source_path in report.left_out:
            return "", {"status": "skip"}
        try:
            reading = kept_of(self.settings).reading(path) or read_text(path.read_bytes(), path)
            if self._is_left_out(reading):
                report.left_out.append(source_path)
                return "", {"status": "skip"}
            return self._taken_down(reading.post) if reading.post.status == "gone" else self._page(reading)
        except PostFault as fault:
            report.blame(fault)
        except Exception as error:  # noqa: BLE001 - whatever a library stumbles over costs this post its page, and no other
            reason = f"it cannot be made a page: {error} ({type(error).__name__})."
            report.blame(PostFault(source_path, 1, reason, "Look for what is unusual in it, and say it more simply."))
        report.left_out.append(source_path)
        return "", {"status": "skip"}

    def _is_left_out(self, reading: Reading) -> bool:
        drafts = bool(self.settings.get("BUILD_DRAFTS"))
        return not is_shown(gist_of(reading), now_of(self.settings), drafts=drafts)

    def _taken_down(self, post: Post) -> tuple[str, dict[str, Any]]:
        """Return the page that says a post is gone and why; nothing else of the post is in it."""
        moment = self._dated(post)
        kept = {
            "title": "Taken down",
            "slug": post.slug,
            "date": moment.isoformat(),
            "kind": post.kind,
            "status": "gone",
        }
        rest = parse_post(f"---\n{dump(kept)}---\n", post.path)
        zone = ZoneInfo(self.settings.get("SITE_ZONE", "UTC"))
        body = citation.taken_down(post, zone)
        metadata = {"title": rest.title, "slug": rest.slug, "date": moment, "status": "hidden", "post": rest}
        return body, metadata | {
            "summary": "",
            "preface": "",
            "afterword": "",
            "draft": False,
            "words": 0,
            "minutes": 0,
            "genre": post.kind,
            "card": card_place(rest, self.settings["CARD_AUTHOR"]),
        }

    def _page(self, reading: Reading) -> tuple[str, dict[str, Any]]:
        post = reading.post
        content = Path(self.settings["PATH"])
        is_post = post.path.relative_to(content).parts[0] != "pages"
        if not post.title:
            raise _fault(post, "title", "there is no title.", "Write one: title: …")
        if not is_post and (post.slug in RESERVED or re.fullmatch(r"\d{4}", post.slug)):
            reason = f"a page cannot have the slug {post.slug}: the site has one of its own there."
            raise _fault(post, "slug", reason, "Give it another slug.")
        if is_post and MONTH.fullmatch(post.slug):
            reason = f"a post cannot have the slug {post.slug}: the list of that month stands there."
            raise _fault(post, "slug", reason, "Give it another slug.")
        body = reading.html
        copies: dict[str, str] = {}
        if reading.linked:
            check_links(body, post, content)
            body, copies, troubles = show_images(
                name_lists(body, self.settings), post, content, Desk(content.parent).private / "images"
            )
            report_of(self.settings).warnings.extend(troubles)
        metadata: dict[str, Any] = {
            **self._extras(post),
            "title": _printed(post.title),
            "slug": post.slug,
            "status": "published",
            "summary": _printed(post.summary or reading.beginning),
            "post": post,
            "draft": post.status != "published",
            "preface": "",
            "afterword": "",
            "words": reading.own,
            "genre": post.kind,
            "asks": bool(post.question),
            "claims": bool(post.claim),
            "corrected": bool(post.corrections),
            "searched": [post.title, [*filter(None, [post.topic]), *post.tags]],
            PICTURES: copies,
            "sections": sections(body),
        }
        language = plain_tag(one_line(str(post.header.get("lang", ""))))
        if language:
            metadata["lang"] = language
        if is_post:
            metadata["lang"] = language or self.settings["DEFAULT_LANG"]
            metadata["card"] = card_place(post, self.settings["CARD_AUTHOR"])
            body = self._add_citation(post, body, metadata)
            metadata |= self._filed(post)
            quoted = reading.quoted + sum(word_count(quote.text) for quote in post.quotes)
            metadata["minutes"] = minutes(reading.own + quoted)
        return body, metadata

    def _add_citation(self, post: Post, body: str, metadata: dict[str, Any]) -> str:
        zone = ZoneInfo(self.settings.get("SITE_ZONE", "UTC"))
        above, below = citation.preface(post, zone, metadata["lang"]), citation.afterword(post)
        metadata["preface"], metadata["afterword"] = Markup(above), Markup(below)  # noqa: S704 - escaped there
        parts = (above, citation.quoted(post), body.strip(), citation.question(post), below)
        return "\n".join(part for part in parts if part)

    def _filed(self, post: Post) -> dict[str, Any]:
        """Return date, topic and tags: what makes a post appear in lists."""
        date = self._dated(post)
        filed: dict[str, Any] = {"date": date, "tags": [self._named(Tag, tag) for tag in post.tags]}
        modified = modified_at(post)
        if modified is not None and modified > date:
            filed["modified"] = modified
        if post.topic:
            filed["category"] = self._named(Category, post.topic)
        return filed

    def _dated(self, post: Post) -> datetime:
        """Return the post's date; a draft may have none and takes the build's."""
        if post.date is None and post.status != "draft":
            hint = "Write one: date: 2026-11-22T08:40:00+00:00"
            raise _fault(post, "date", f"the post is {post.status} and has no date.", hint)
        return post.date or building_at(self.settings)

    def _named(self, kind: Any, name: str) -> Any:  # noqa: ANN401 - Pelican's Tag or Category
        """Return a tag or category; only the first of a name is worked on."""
        slug = self._slugs.get((kind, name))
        if slug is None:
            slug = self._slugs[kind, name] = address_name(kind, name, self.settings)
        named = kind(_printed(name), self.settings)
        named.slug = slug
        return named

    def _extras(self, post: Post) -> dict[str, Any]:
        """Return the header's other keys under their own names, as text safe to print; none can steer Pelican."""
        extras = {}
        for key, value in post.header.items():
            name = key.lower()
            if name in STEERING and name not in ("slug", "status", "lang"):
                line = post.lines.get(key, 1)
                said = f"{post.path}:{line}: the key “{one_line(key)}” is not for a post; the site ignores it."
                report_of(self.settings).warnings.append(said)
            elif NAME.fullmatch(name) and name not in STEERING | DATES and not hasattr(Briefed, name):
                extras[name] = _printed(value)
        return extras


def modified_at(post: Post) -> datetime | None:
    """Return when a reader's copy went out of date: with the last change said, or the last correction."""
    moments = [post.modified] if post.modified else []
    for said in post.corrections:
        try:
            moments.append(as_moment(said.get("date", "")))
        except (ValueError, OverflowError):
            continue  # a correction whose date is words is shown with those words
    return max(moments, default=None)


def _fault(post: Post, key: str, reason: str, hint: str) -> PostFault:
    return PostFault(str(post.path), post.lines.get(key, 1), reason, hint)


def _printed(value: Any) -> Any:  # noqa: ANN401 - a header's value: text, list or mapping
    """Return texts as HTML that any theme may print, in lists and mappings, too."""
    if isinstance(value, dict):
        return {key: _printed(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_printed(inner) for inner in value]
    return Markup(escape(tidy(str(value))))  # noqa: S704 - just escaped
