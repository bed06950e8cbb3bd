"""Listen to Pelican's signals: the only file that knows in which order Pelican does things."""

from __future__ import annotations

import logging
import os
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape
from pelican.generators import ArticlesGenerator, PagesGenerator, StaticGenerator
from pelican.plugins import signals

from curate.site.plugin.feeds import complete_feed
from curate.site.plugin.generators import CarefulStaticGenerator, ChosenPagesGenerator, PostsGenerator
from curate.site.plugin.kept import KEY as KEPT
from curate.site.plugin.kept import kept_of, start_keeping
from curate.site.plugin.metadata import posting, website
from curate.site.plugin.prints import at_home
from curate.site.plugin.reader import PostReader
from curate.site.plugin.report import KEY, Report, report_of
from curate.site.plugin.watch import WatchedContext
from curate.site.plugin.words import day_and_month, day_in, in_words, month_and_year, percent
from curate.site.plugin.writer import KeepingWriter

# ruff: noqa: ANN401 - Pelican and its objects carry no types


def connect() -> None:
    """Connect every listener."""
    listeners = (
        (signals.initialized, _start),
        (signals.readers_init, _read_posts),
        (signals.generator_init, _furnish),
        (signals.article_generator_pretaxonomy, _hide_left_out),
        (signals.page_generator_finalized, _hide_left_out),
        (signals.static_generator_finalized, _note_statics),
        (signals.all_generators_finalized, _stop_on_faults),
        (signals.all_generators_finalized, _settle_links),
        (signals.get_writer, _choose_writer),
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
    _write(settings[KEY], settings)
    if settings.get("BUILD_CACHE"):
        settings[KEPT], faults = start_keeping(settings, theme)
        for fault in faults:
            settings[KEY].blame(fault)
        classes = pelican._get_generator_classes  # noqa: SLF001 - a setting for it would need a class of Pelican's
        pelican._get_generator_classes = lambda: [_ours(kind) for kind in classes()]  # noqa: SLF001
    if not (theme / "templates" / "404.html").is_file():  # a theme of somebody else
        settings["DIRECT_TEMPLATES"] = [name for name in settings["DIRECT_TEMPLATES"] if name != "404"]


def _ours(generator: Any) -> Any:
    ours = {PagesGenerator: ChosenPagesGenerator, StaticGenerator: CarefulStaticGenerator}
    return {ArticlesGenerator: PostsGenerator, **ours}.get(generator, generator)


def _choose_writer(pelican: Any) -> Any:
    return KeepingWriter if kept_of(pelican.settings).cache else None


def _settle_links(generators: list[Any]) -> None:
    """Resolve all links before any page is written: {attach} moves files, whichever page is rendered first."""
    context = generators[0].context
    for _, content in sorted(context["generated_content"].items()):
        if content is not None and getattr(content, "_linked", True):
            at_home(content)


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
    generator.env.filters |= {
        "striptags": lambda value: escape(Markup(value).striptags()),  # noqa: S704 - escaped again
        "sha256": lambda text: b64encode(sha256(str(text).encode()).digest()).decode(),
        "day": lambda moment: in_words(day_in(zone, moment)),
        "date": in_words,
        "day_and_month": lambda moment: day_and_month(day_in(zone, moment)),
        "month_and_year": lambda moment: month_and_year(day_in(zone, moment)),
        "percent": percent,
        "posting": lambda article: posting(article, site),
    }
    generator.env.globals["website"] = lambda: website(site)


def _hide_left_out(generator: Any) -> None:
    """Keep Pelican from copying the file of a draft as if it were an image: it knows only what it read."""
    for path in report_of(generator.settings).left_out:
        place = Path(path).relative_to(generator.settings["PATH"]).as_posix()
        generator.context["generated_content"].setdefault(place, None)


def _note_statics(generator: Any) -> None:
    report_of(generator.settings).statics.extend(generator.staticfiles)


def _stop_on_faults(generators: list[Any]) -> None:
    """Name every post that cannot be a page; a build by curate stops there, with its report written."""
    settings = generators[0].settings
    report = report_of(settings)
    if report.faults:
        _write(report, settings)
        for fault in report.faults:
            logging.getLogger(__name__).error("%s:%s: %s", fault["path"], fault["line"], fault["reason"])


def _note_page(path: str, context: Any) -> None:
    report = report_of(context)
    name = path[len(context["OUTPUT_PATH"]) + 1 :].replace(os.sep, "/")
    report.written.append(name)
    page = context.get("article") or context.get("page")
    if page is not None:
        report.pages[name] = str(page.source_path)


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
