"""Make the site's articles: each from its file, or, when nothing of it is shown anew, from a brief of it.

A ``Briefed`` article is Pelican's Article; what its brief does not tell makes the whole article when somebody
reads it. What hooks write on an article afterwards is kept apart, so that a page which shows it depends on it.
"""

from __future__ import annotations

import posixpath
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from pelican.contents import Article, Author, Category, SkipStub, Tag
from pelican.generators import ArticlesGenerator, PagesGenerator, StaticGenerator
from pelican.plugins import signals

from curate.posts.bare import Unknown, bare
from curate.site.plugin.kept import Kept, kept_of, left_out
from curate.site.plugin.list_pages import write_lists
from curate.site.plugin.pictures import PICTURES
from curate.site.plugin.prints import MISSING, Prints, at_home
from curate.site.plugin.report import report_of
from curate.site.plugin.settings import now_of
from curate.site.plugin.templates import LateTemplates
from curate.site.plugin.writer import put

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from pelican.urlwrappers import URLWrapper

# ruff: noqa: ANN401 - Pelican and its objects carry no types

TEXTS = (
    "slug",
    "_status",
    "lang",
    "in_default_lang",
    "template",
    "override_save_as",
    "override_url",
    "draft",
    "genre",
    "asks",
    "claims",
    "corrected",
    "searched",
    "card",
)
MOMENTS = ("date", "modified")
NAMED = {"category": Category, "author": Author}
LISTS = {"tags": Tag, "authors": Author}
TOLD = {*TEXTS, *MOMENTS, *NAMED, *LISTS}


class Briefed(Article):  # type: ignore[misc]  # Pelican carries no types
    """An article that may not have been made yet."""

    def __getattr__(self, name: str) -> Any:
        """Find what is not there: written by a hook, absent by the brief, or in the article still to be made."""
        inside = self.__dict__
        if name in inside.get("_written", ()):
            watch = kept_of(inside["settings"]).watch
            if watch is not None:
                watch.reads.add(("x", inside["relative_source_path"], name))
            return inside["_written"][name]
        if name == "post" and inside.get("_make") is not None:  # many ask for it, and it costs less than all of it
            reading = kept_of(inside["settings"]).reading(Path(inside["source_path"]))
            if reading is not None and reading.post.status != "gone":
                inside["post"] = reading.post
                return reading.post
        if inside.get("_make") is None or name.startswith("__") or name in TOLD:
            raise AttributeError(name)
        make = inside["_make"]
        inside["_make"] = None
        inside |= {key: value for key, value in vars(make()).items() if key not in inside["_written"]}
        return getattr(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if "_written" not in self.__dict__ or name.startswith("_"):
            super().__setattr__(name, value)
            return
        self._written[name] = value
        self.__dict__.pop(name, None)
        if hasattr(type(self), name):  # a property, which hides what is written: then the whole article differs
            self._own_print = ""
            super().__setattr__(name, value)

    def written(self, name: str) -> Any:
        """Return what a hook wrote on the finished article under ``name``; MISSING when none did."""
        return self.__dict__["_written"].get(name, MISSING)

    def finish(self, digest: str, make: Callable[[], Any] | None = None, places: Collection[str] = ()) -> None:
        """Close the article: from here on, what is written on it is kept apart. ``digest`` is that of its file."""
        inside = self.__dict__
        inside["_digest"], inside["_make"], inside["_own_print"] = digest, make, ""
        inside["_places"] = tuple(places) or (self.save_as, self.url)
        inside["_written"] = {}

    @property
    def summary(self) -> Any:
        """Return the summary; it holds no links, so it is the same on every page."""
        return self.__dict__["_summary"] if "_summary" in self.__dict__ else super().summary

    @summary.setter
    def summary(self, value: str) -> None:
        """Take nothing: Pelican's own does not, either."""

    @property
    def save_as(self) -> str:
        """Return where its page is written."""
        return str(self._places[0] if "_places" in self.__dict__ else super().save_as)

    @property
    def url(self) -> str:
        """Return the address of its page."""
        return str(self._places[1] if "_places" in self.__dict__ else super().url)

    def get_relative_source_path(self, source_path: str | None = None) -> Any:
        """Return where a file is below content/; its own without asking the disk."""
        known = None if source_path else self.__dict__.get("relative_source_path")
        return known or super().get_relative_source_path(source_path)

    def get_static_links(self) -> set[str]:
        """Return the files it links to; without being made when it has no links."""
        links: set[str] = super().get_static_links() if self.__dict__.get("_linked", True) else set()
        return links

    def own_print(self) -> str:
        """Return the print of all that was made of its file, links resolved, but not of what hooks wrote on it."""
        inside = self.__dict__
        if not inside["_own_print"]:
            card = self.card in kept_of(self.settings).cards
            said = f"{inside['relative_source_path']!r} {inside['_digest']} {inside['_places']!r} {card}"
            if not inside["_dated"]:
                said += self.date.isoformat()
            if inside["_linked"]:
                said += Prints().of(at_home(self))
            hidden = {name: value for name, value in inside["_written"].items() if hasattr(type(self), name)}
            if hidden:
                said += Prints().of(hidden)
            inside["_own_print"] = said
        return str(inside["_own_print"])


class Members(list[Any]):
    """Articles of one tag or topic, which Pelican asks for each article of the site whether it is one of them."""

    def __init__(self, articles: Iterable[Any]) -> None:
        super().__init__(articles)
        self._ids = set(map(id, self))

    def __contains__(self, article: object) -> bool:
        return id(article) in self._ids


class _Choosing:
    """Take of the files those that have a page at the build's moment, sorted: articles of one date keep that order."""

    settings: Any
    path: str

    def get_files(self, paths: Any, exclude: Any = None, extensions: Any = None) -> Any:
        """Return the files; those without a page are reported."""
        files = super().get_files(paths, exclude=exclude, extensions=extensions)  # type: ignore[misc]  # a mixin
        report = report_of(self.settings)
        found = sorted(posixpath.normpath(str(name).replace("\\", "/")) for name in files)
        drafts = bool(self.settings.get("BUILD_DRAFTS"))
        hidden = left_out(kept_of(self.settings), found, now_of(self.settings), drafts=drafts)
        report.left_out.extend(sorted({f"{self.path}/{name}" for name in hidden} - {*report.left_out}))
        out = {*report.left_out}
        return [name for name in found if f"{self.path}/{name}" not in out]


class ChosenPagesGenerator(_Choosing, LateTemplates, PagesGenerator):  # type: ignore[misc]  # Pelican carries no types
    """Pelican's generator of pages, for the pages of this moment."""


class CarefulStaticGenerator(StaticGenerator):  # type: ignore[misc]  # Pelican carries no types
    """Pelican's generator of copies, which writes into no file that is there already, and nothing a camera noted."""

    def _copy_staticfile(self, sc: Any) -> None:
        report, source = report_of(self.settings), Path(self.path, sc.source_path)
        if not source.is_file():  # a pipe would be waited for
            report.statics.remove(sc)
            report.warnings.append(f"{source}: it is not on the site: it is no file.")
            return
        try:
            data = bare(source.read_bytes())
        except Unknown:
            report.statics.remove(sc)
            told = "it is not on the site: what its camera or editor noted, such as where it was, cannot be taken out."
            report.warnings.append(f"{source}: {told} Save it as JPEG, PNG or WebP.")
            return
        put(Path(self.output_path, sc.save_as), data)


class PostsGenerator(_Choosing, LateTemplates, ArticlesGenerator):  # type: ignore[misc]  # Pelican carries no types
    """Pelican's generator of articles, with the reading, the making and the sorting done once."""

    def __init__(self, *rest: Any, **named: Any) -> None:
        self._named: dict[tuple[Any, str, str], Any] = {}
        super().__init__(*rest, **named)
        self._kept: Kept = kept_of(self.settings)
        self._read = self.readers.read_file
        self.readers.read_file = self._read_file

    def check_disabled_readers(self) -> None:
        """Look for nothing: ours is the only reader, and another one is not missed."""

    def get_cached_data(self, path: str, default: Any = None) -> Any:
        """Return the article of the file at ``path`` from its brief, if that tells of this very file."""
        brief = self._kept.briefs.get(path)
        digest, gist = self._kept.gists[path]
        if brief is None or brief["digest"] != digest:
            return default
        article = Briefed.__new__(Briefed)
        source = f"{self.path}/{path}"
        inside = article.__dict__
        inside |= {"settings": self.settings, "_context": self.context, "translations": [], "source_path": source}
        inside |= {"relative_source_path": path, "_linked": gist["linked"], "_dated": True, **brief["texts"]}
        inside |= {name: datetime.fromisoformat(text) for name, text in brief["moments"].items()}
        inside |= {name: self._wrapped(NAMED[name], said) for name, said in brief["named"].items()}
        inside |= {name: [self._wrapped(LISTS[name], one) for one in said] for name, said in brief["lists"].items()}
        inside[PICTURES] = {}  # one that shows any has no brief
        inside["_summary"] = Markup(brief["summary"])  # noqa: S704 - it was Markup before
        article.finish(digest, lambda: self._make(path), brief["places"])
        report_of(self.settings).warnings.extend(brief["warnings"])
        self._kept.articles[path] = article
        return article

    def _read_file(self, *, base_path: str, path: str, content_class: Any, **named: Any) -> Any:
        """Read a file as Pelican's readers do, and keep a brief of the article."""
        if content_class is not Article:
            return self._read(base_path=base_path, path=path, content_class=content_class, **named)
        warnings = report_of(self.settings).warnings
        before = len(warnings)
        article = self._read(base_path=base_path, path=path, content_class=Briefed, **named)
        if isinstance(article, SkipStub):
            return article
        digest, gist = self._kept.gists[path]
        article._linked, article._dated = gist["linked"], bool(gist["date"])  # noqa: SLF001 - ours
        article.finish(digest)
        if gist["date"] and not gist["linked"]:  # else it depends on more than its file, and is made each time
            self._kept.new_briefs[path] = _brief(article, digest, warnings[before:])
        self._kept.articles[path] = article
        return article

    def _make(self, path: str) -> Any:
        """Make the article of a file that was only known by its brief."""
        warnings = report_of(self.settings).warnings
        before = len(warnings)
        made = self._read(base_path=self.path, path=path, content_class=Article, context=self.context)
        del warnings[before:]  # the brief told them
        return made

    def _wrapped(self, kind: Any, said: list[Any]) -> Any:
        name, slug, marked = said
        key = (kind, name, slug)
        if key not in self._named:
            made = kind(Markup(name) if marked else name, self.settings)  # noqa: S704 - it was Markup before
            made.slug = slug
            self._named[key] = made
        return self._named[key]

    def _build_period_archives(self, sorted_articles: Any, articles: Any, settings: Any) -> Any:
        """Group the articles of a year, month or day; Pelican's own looks through all of them for each."""
        archives = super()._build_period_archives(sorted_articles, [], settings)
        place = {id(article): at for at, article in enumerate(articles)}
        for archive in (one for kind in archives.values() for one in kind):
            archive["articles"] = sorted(archive["dates"], key=lambda article: place[id(article)])
        return archives

    def generate_tags(self, write: Any) -> None:
        """Write the pages of tags, where our lists do not."""
        if self.settings["TAG_SAVE_AS"]:
            super().generate_tags(write)

    def generate_categories(self, write: Any) -> None:
        """Write the pages of topics, where our lists do not."""
        if self.settings["CATEGORY_SAVE_AS"]:
            super().generate_categories(write)

    def generate_authors(self, write: Any) -> None:
        """Write the pages of authors, where there are any."""
        if self.settings["AUTHOR_SAVE_AS"]:
            super().generate_authors(write)

    def generate_pages(self, writer: Any) -> None:
        """Write all pages that are made of articles, those of our lists as well."""
        super().generate_pages(writer)
        write_lists(self, writer)

    def generate_output(self, writer: Any) -> None:
        """Write everything, in several processes when there is much."""
        for name in ("tags", "categories", "authors"):
            lists = dict(getattr(self, name))
            members = {key: Members(articles) for key, articles in lists.items()}
            setattr(self, name, members if name == "tags" else list(members.items()))
        if hasattr(writer, "share"):
            with writer.share(self.generate_pages, len(self.articles)):
                self.generate_feeds(writer)
                self.generate_pages(writer)
        else:
            self.generate_feeds(writer)
            self.generate_pages(writer)
        signals.article_writer_finalized.send(self, writer=writer)


def _brief(article: Any, digest: str, warnings: list[str]) -> dict[str, Any]:
    """Return what of an article is enough while no page shows it anew."""
    inside = vars(article)
    return {
        "digest": digest,
        "texts": {name: inside[name] for name in TEXTS if name in inside},
        "moments": {name: inside[name].isoformat() for name in MOMENTS if name in inside},
        "named": {name: _said(inside[name]) for name in NAMED if name in inside},
        "lists": {name: list(map(_said, inside[name])) for name in LISTS if name in inside},
        "places": [article.save_as, article.url],
        "summary": str(article.metadata["summary"]),
        "warnings": list(warnings),
    }


def _said(named: URLWrapper) -> list[Any]:
    return [str(named.name), named.slug, isinstance(named.name, Markup)]
