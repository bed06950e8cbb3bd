"""Add the pages that are made of many posts or of the profile: predictions, corrections, results, résumé, about.

A page is made when there is something to say on it, the theme has a template for it, and content/pages
has no page of its own at that place. Each is written by Pelican's writer, like any other page.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from markupsafe import Markup
from pelican.generators import PelicanTemplateNotFound

from curate.posts.corrections import gather_corrections
from curate.posts.profile import Profile
from curate.posts.results import result_of
from curate.site.plugin import boxes
from curate.site.plugin.identity import json_resume, profile_page, vcard
from curate.site.plugin.report import report_of
from curate.site.plugin.scorecard import make_scorecard
from curate.site.plugin.settings import now_of
from curate.site.plugin.templates import LateTemplates
from curate.site.plugin.words import day_in
from curate.site.plugin.writer import put

if TYPE_CHECKING:
    from curate.posts.post import Post
    from curate.posts.results import Result

# ruff: noqa: ANN401 - Pelican and its objects carry no types

BEST = 4  # results on the résumé; all others are a link away
NEWEST = 5  # essays on the résumé
CARD = "resume/contact.vcf"
DATA = "resume/resume.json"


@dataclass(frozen=True, kw_only=True)
class Place:
    """One page: its template, which is its address, too; its name in the navigation; what it shows."""

    template: str
    name: str
    shows: dict[str, Any] = field(default_factory=dict)
    nav: bool = True

    @property
    def url(self) -> str:
        """The address below the site's."""
        return f"{self.template}/"

    @property
    def save_as(self) -> str:
        """The file in the built site."""
        return f"{self.template}/index.html"


class Shown(NamedTuple):
    """A result as pages show it: its post's article, if it has one, and its parts as HTML."""

    article: Any
    title: str
    result: Result
    figure: Markup
    facts: Markup


class ProfilePages(LateTemplates):
    """Pelican's generator of these pages."""

    places: tuple[Place, ...] = ()
    results: tuple[Shown, ...] = ()
    writing: tuple[Any, ...] = ()
    image = ""

    def generate_context(self) -> None:
        """Find out which pages there are, before any page with its navigation is written."""
        articles = self.context["articles"]
        self.image = self._image()
        self.results = (*self._posted_results(articles), *self._told_results())
        self.writing = tuple(
            sorted(
                (article for article in articles if article.genre == "essay"),
                key=lambda article: (article.date, article.slug),
                reverse=True,
            )
        )
        written = {page.save_as for page in self.context["pages"]}
        self.places = tuple(
            place for place in self._places(articles) if place.save_as not in written and self._has(place.template)
        )
        self.context["own_pages"] = [replace(place, shows={}) for place in self.places]  # what every page shows of them
        self.context["results"] = self.results
        for page in self.context["pages"]:
            if page.save_as == "about/index.html" and self._has("about"):
                page.template = "about"
        self.context["about"] = self._about()

    def generate_output(self, writer: Any) -> None:
        """Write the pages, and beside the résumé what programs read."""
        for place in self.places:
            template = self.get_template(place.template)
            relative = self.settings["RELATIVE_URLS"]
            writer.write_file(place.save_as, template, self.context, relative, url=place.url, **place.shows)
            if place.template == "resume":
                self._write(DATA, json.dumps(self._resume(), ensure_ascii=False, indent=2) + "\n")
                self._write(CARD, vcard(self.settings, self.image))

    def _places(self, articles: list[Any]) -> list[Place]:
        """Return the pages that have something to say."""
        profile: Profile = self.settings["PROFILE"]
        zone = ZoneInfo(self.settings["SITE_ZONE"])
        places = []
        if self.results:
            places.append(Place(template="results", name="Results", shows={"topics": self._by_topic()}))
        if profile.roles or profile.education or profile.credentials or profile.results:
            shows = {
                "results": self.results[:BEST],
                "writing": self.writing[:NEWEST],
                "card": CARD,
                "data": DATA,
                "structured": profile_page(self.settings, "resume/", self.image),
            }
            places.append(Place(template="resume", name="Résumé", shows=shows))
        today = day_in(zone, now_of(self.settings))
        gone = sum(_is_gone_prediction(article.post) for article in self.context["hidden_articles"])
        card = make_scorecard(articles, today, taken_down=gone)
        if card is not None:
            midnight = datetime.combine(today + timedelta(days=1), time(), zone)
            report_of(self.settings).changes_at(midnight)
        if card is not None:
            places.append(Place(template="predictions", name="Predictions", shows={"scorecard": card}))
        if profile != Profile():
            places.append(Place(template="about", name="About"))
        by_post = {article.post.path: article for article in articles if article.corrected}
        found = gather_corrections(article.post for article in by_post.values())
        rows = tuple((by_post[post.path], correction) for post, correction in found)
        places.append(Place(template="corrections", name="Corrections", shows={"corrections": rows}, nav=False))
        return places

    def _about(self) -> dict[str, Any]:
        return {"image": self.image, "structured": profile_page(self.settings, "about/", self.image)}

    def _has(self, template: str) -> bool:
        """Say whether the theme knows the page; one of somebody else's does not, and goes without."""
        try:
            self.get_template(template)
        except PelicanTemplateNotFound:
            return False
        return True

    def _image(self) -> str:
        """Return the person's picture as an address of the site; "" when there is none that is copied there."""
        image = str(self.settings["PROFILE"].image)
        if not image:
            return ""
        content = Path(self.settings["PATH"]).resolve()
        if image.startswith("images/") and (content / image).resolve().is_relative_to(content / "images"):
            if (content / image).is_file():
                return image
            said = f"profile.yaml: there is no picture {content / image}."
        else:
            said = f"profile.yaml: the picture “{image}” is not in content/images/, so no page shows it."
        report_of(self.settings).warnings.append(said)
        return ""

    def _posted_results(self, articles: list[Any]) -> list[Shown]:
        found = [article for article in articles if article.genre == "result"]
        found.sort(key=lambda article: (article.date, article.slug), reverse=True)
        return [_shown(article, article.post.title, result) for article in found if (result := result_of(article.post))]

    def _told_results(self) -> list[Shown]:
        told: tuple[Result, ...] = self.settings["PROFILE"].results
        return [_shown(None, result.outcome or result.metric, result) for result in told]

    def _by_topic(self) -> list[tuple[str, list[Shown]]]:
        """Return the results below their topics, in the order of the first of each; those without one last."""
        topics: dict[str, list[Shown]] = {}
        for shown in sorted(self.results, key=lambda shown: not shown.result.topic):
            topics.setdefault(shown.result.topic, []).append(shown)
        return list(topics.items())

    def _resume(self) -> dict[str, Any]:
        home = self.settings["SITE_ADDRESS"]

        def address(article: Any) -> str:
            return f"{home}/{article.url}" if home and article is not None else ""

        return json_resume(
            self.settings,
            results=[(shown.title, address(shown.article), shown.result) for shown in self.results],
            writing=[
                (each.post.title, address(each), each.date.date(), each.post.summary) for each in self.writing[:NEWEST]
            ],
            image=self.image,
        )

    def _write(self, name: str, text: str) -> None:
        put(Path(self.output_path, name), text.encode())
        report_of(self.settings).written.append(name)


def _shown(article: Any, title: str, result: Result) -> Shown:
    figure, facts = boxes.figure(result), boxes.facts(result)
    return Shown(article, title, result, Markup(figure), Markup(facts))  # noqa: S704 - escaped there


def _is_gone_prediction(post: Post) -> bool:
    return post.status == "gone" and post.kind == "prediction"
