"""Listen to Pelican's signals: the only file that knows in which order Pelican does things."""

from __future__ import annotations

import json
import logging
import os
from base64 import b64encode
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jinja2 import TemplateNotFound
from markupsafe import Markup, escape
from pelican.generators import ArticlesGenerator, PagesGenerator, StaticGenerator
from pelican.plugins import signals

from curate.posts.predictions import read_prediction
from curate.posts.social import DRAWN, SIZE, card_alt
from curate.site.plugin import lists
from curate.site.plugin.boxes import in_a_line
from curate.site.plugin.feeds import complete_feed, write_feeds
from curate.site.plugin.generators import CarefulStaticGenerator, ChosenPagesGenerator, PostsGenerator
from curate.site.plugin.kept import KEY as KEPT
from curate.site.plugin.kept import kept_of, start_keeping
from curate.site.plugin.list_pages import write_lists
from curate.site.plugin.metadata import card_url, posting, website
from curate.site.plugin.pictures import find_copies, link_copies
from curate.site.plugin.prints import at_home
from curate.site.plugin.profile_pages import ProfilePages
from curate.site.plugin.reader import PostReader
from curate.site.plugin.report import KEY, Report, report_of
from curate.site.plugin.search import INDEX, read_engine, read_form, search_index
from curate.site.plugin.settings import now_of
from curate.site.plugin.sitemap import write_sitemap
from curate.site.plugin.surroundings import OLD, surround
from curate.site.plugin.watch import WatchedContext
from curate.site.plugin.words import compact_style, day_and_month, day_in, in_words, month_and_year, percent, said_date
from curate.site.plugin.writer import KeepingWriter, put

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST = timedelta(microseconds=1)  # after which a moment is past
CHOOSING = {ArticlesGenerator: PostsGenerator, PagesGenerator: ChosenPagesGenerator}
OURS = ("404", "search", "subscribe")  # pages that no other theme has

# ruff: noqa: ANN401 - Pelican and its objects carry no types


def connect() -> None:
    """Connect every listener."""
    listeners = (
        (signals.initialized, _start),
        (signals.readers_init, _read_posts),
        (signals.generator_init, _furnish),
        (signals.get_generators, _add_pages),
        (signals.article_generator_pretaxonomy, _hide_left_out),
        (signals.article_generator_finalized, _surround),
        (signals.article_writer_finalized, _write_lists),
        (signals.article_writer_finalized, _write_index),
        (signals.page_generator_finalized, _hide_left_out),
        (signals.content_object_init, _resolve_copies),
        (signals.static_generator_finalized, _note_statics),
        (signals.all_generators_finalized, _name_faults),
        (signals.all_generators_finalized, _settle_links),
        (signals.get_writer, _choose_writer),
        (signals.article_writer_finalized, _write_the_rest),
        (signals.feed_generated, complete_feed),
        (signals.content_written, _note_page),
        (signals.feed_written, _note_feed),
        (signals.finalized, _finish),
    )
    for signal, listener in listeners:
        signal.connect(listener)


def _start(pelican: Any) -> None:
    settings, theme = pelican.settings, Path(pelican.theme)
    settings[KEY] = Report(theme=[str(theme / place) for place in settings["THEME_STATIC_PATHS"]])
    if settings.get("BUILD_LEFT_OUT"):
        settings[KEY].left_out = json.loads(Path(settings["BUILD_LEFT_OUT"]).read_text(encoding="utf-8"))
    _write(settings[KEY], settings)
    if settings.get("BUILD_CACHE"):
        settings[KEPT], faults = start_keeping(settings, theme)
        for fault in faults:
            settings[KEY].blame(fault)
    classes = pelican._get_generator_classes  # noqa: SLF001 - a setting for it would need a class of Pelican's
    ours = {StaticGenerator: CarefulStaticGenerator, **(CHOOSING if settings.get("BUILD_CACHE") else {})}
    pelican._get_generator_classes = lambda: [ours.get(kind, kind) for kind in classes()]  # noqa: SLF001
    if (theme / "templates" / "list.html").is_file():
        settings["CATEGORY_SAVE_AS"] = settings["TAG_SAVE_AS"] = ""  # _write_lists does
    else:  # a theme of somebody else
        settings["DIRECT_TEMPLATES"] = [name for name in settings["DIRECT_TEMPLATES"] if name not in OURS]


def _choose_writer(pelican: Any) -> Any:
    return KeepingWriter if kept_of(pelican.settings).cache else None


def _settle_links(generators: list[Any]) -> None:
    """Resolve all links before any page is written: {attach} moves files, whichever page is rendered first."""
    context = generators[0].context
    for _, content in sorted(context["generated_content"].items()):
        if content is not None and getattr(content, "_linked", True):
            at_home(content)


def _add_pages(pelican: Any) -> type[ProfilePages]:
    """Name the generator of the pages that are made of the profile and of many posts."""
    del pelican
    return ProfilePages


def _read_posts(readers: Any) -> None:
    """Let ours be the only reader of texts: Pelican's own take a header for what it is not."""
    for extension in list(readers.reader_classes):
        if extension != "static":
            del readers.reader_classes[extension]
    readers.reader_classes["md"] = PostReader


def _furnish(generator: Any) -> None:
    """Give templates their filters. ``striptags`` is safe in every theme: what it returns is escaped."""
    generator.env.context_class = WatchedContext
    generator.readers.disabled_readers.clear()  # Pelican's own Markdown reader is not missed
    site = generator.settings
    zone = ZoneInfo(site.get("SITE_ZONE", "UTC"))
    filters: dict[str, Any] = {
        "striptags": lambda value: escape(Markup(value).striptags()),  # noqa: S704 - escaped again
        "compact": lambda style: Markup(compact_style(style)),  # noqa: S704 - the theme's own
        "sha256": _policy_hash,
        "day": lambda moment: in_words(day_in(zone, moment)),
        "date": in_words,
        "short_date": lambda day: f"{day_and_month(day)} {day.year}",
        "day_and_month": lambda moment: day_and_month(day_in(zone, moment)),
        "month_and_year": lambda moment: month_and_year(day_in(zone, moment)),
        "percent": percent,
        "by_month": lists.by_month,
        "open_predictions": lists.open_predictions,
        "said_date": lambda text: said_date(text)[1],
        "terms": lambda said: Markup(in_a_line(said)),  # noqa: S704 - escaped there
        "prediction": lambda article: read_prediction(article.post),
        "posting": lambda article: posting(article, site),
        "card": lambda article: card_url(article, site),
        "card_alt": lambda article: card_alt(article.post, site["CARD_AUTHOR"]),
    }
    generator.env.globals["CARD_SIZE"] = SIZE
    generator.env.filters |= filters
    generator.env.globals["website"] = lambda: website(site)
    generator.env.globals["search_engine"] = read_engine(site.get("SEARCH_ENGINE", ""), site.get("SITE_ADDRESS", ""))
    generator.env.globals["newsletter"] = read_form(site.get("NEWSLETTER", ""))
    if site.get("THEME_TOGGLE"):
        with suppress(TemplateNotFound):  # a theme of somebody else has none
            report_of(site).script = _policy_hash(generator.env.get_template("toggle.js").render())


@lru_cache(maxsize=64)
def _policy_hash(text: str) -> str:
    """Return the hash by which a page's policy knows a style or script; few differ from page to page."""
    return b64encode(sha256(str(text).encode()).digest()).decode()


def _surround(generator: Any) -> None:
    """Tell each post what stands around it, and every page which years there are."""
    now, report = now_of(generator.settings), report_of(generator.settings)
    for article, around in surround(generator.articles, now):
        article.around = around
        if article.genre == "essay" and not around.aged:
            report.changes_at(article.date + OLD + FIRST)
    generator.context["YEARS"] = lists.years(generator.articles)


def _write_lists(generator: Any, writer: Any) -> None:
    """Write the pages of every list where Pelican's own generator, and not ours, has made the other pages."""
    if not isinstance(generator, PostsGenerator):
        write_lists(generator, writer)


def _hide_left_out(generator: Any) -> None:
    """Keep Pelican from copying the file of a draft as if it were an image: it knows only what it read."""
    for path in report_of(generator.settings).left_out:
        place = Path(path).relative_to(generator.settings["PATH"]).as_posix()
        generator.context["generated_content"].setdefault(place, None)


def _resolve_copies(content: Any) -> None:
    """Let links to copies of images follow the way to the site's root, as Pelican does with its own links."""
    content._update_content = partial(_resolved, content._update_content)  # noqa: SLF001 - no signal comes there


def _resolved(update: Callable[[str, str], str], text: str, siteurl: str) -> str:
    return link_copies(update(text, siteurl), siteurl)


def _write_the_rest(generator: Any, writer: Any) -> None:
    """Write what Pelican has no generator for: more feeds, the sitemap, copies of images."""
    report, output = report_of(generator.settings), Path(generator.output_path)
    write_feeds(generator, writer)
    report.written += write_sitemap(output, generator.context)
    copies = find_copies([*generator.context["articles"], *generator.context["pages"]])
    for name, source in sorted(copies.items()):
        put(output / name, Path(source).read_bytes())
    report.written += sorted(copies)


def _write_index(generator: Any, writer: Any) -> None:
    """Write what the search page filters, when the theme has one."""
    del writer
    settings = generator.settings
    if "search" in settings["DIRECT_TEMPLATES"]:
        put(Path(settings["OUTPUT_PATH"], INDEX), search_index(generator.articles))
        report_of(settings).written.append(INDEX)


def _note_statics(generator: Any) -> None:
    """Note what is copied: of social images what a page shows now, and no file that only a draft or its like links to.

    Asks for no file's place in the site: who asks settles it, and {attach} could not move the file any more.
    """
    settings = generator.settings
    cards = {article.card for article in generator.context["articles"]}
    wanted = {*generator.context["static_links"], settings["PROFILE"].image}
    withheld = (
        kept_of(settings).files_without_page(now_of(settings), drafts=bool(settings.get("BUILD_DRAFTS"))) - wanted
    )
    generator.staticfiles[:] = [
        static
        for static in generator.staticfiles
        if (place := static.relative_source_path) in cards or not (DRAWN.fullmatch(place) or place in withheld)
    ]
    report_of(settings).statics.extend(generator.staticfiles)
    drawn = {static.relative_source_path for static in generator.staticfiles}
    without = [one for one in generator.context["articles"] if not (one.draft or one.card in drawn)]
    if without and settings["SITE_ADDRESS"]:
        more = f" and {len(without) - 1:,} more" if len(without) > 1 else ""
        said = f"{without[0].slug}{more}: no social image shows the title, topic and author as they are now."
        report_of(settings).warnings.append(f"{said} curate site cards draws it.")


def _name_faults(generators: list[Any]) -> None:
    """Name every post that cannot be a page where curate is not there to do it; the rest goes on without it."""
    settings = generators[0].settings
    if not settings.get("BUILD_REPORT"):
        for fault in report_of(settings).faults:
            logging.getLogger(__name__).error("%s:%s: %s", fault["path"], fault["line"], fault["reason"])


def _note_page(path: str, context: Any) -> None:
    name = path[len(context["OUTPUT_PATH"]) + 1 :].replace(os.sep, "/")
    report_of(context).note_page(name, context.get("article") or context.get("page"))


def _note_feed(path: str, context: Any, feed: Any) -> None:
    del feed
    report_of(context).written.append(Path(path).relative_to(context["OUTPUT_PATH"]).as_posix())


def _finish(pelican: Any) -> None:
    report = report_of(pelican.settings)
    report.finished = True
    kept_of(pelican.settings).finish()
    _write(report, pelican.settings)


def _write(report: Report, settings: Any) -> None:
    if settings.get("BUILD_REPORT"):
        report.write(Path(settings["BUILD_REPORT"]))
