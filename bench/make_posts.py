"""Write the same believable posts for curate, stock Pelican and Hugo: about 400 words and three tags each."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from curate.desk.init import create_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEWEST = datetime(2026, 11, 22, 8, tzinfo=UTC)
DAYS = 2_900  # over which posts are spread: eight years
TOPICS = ("Reliability", "Hiring", "Databases", "Evaluation", "Caching", "Accessibility", "Release", "Teams")
TAGS = [f"{what} {where}" for what in ("quiet", "slow", "small", "shared", "old", "open") for where in (
    "queues", "pagers", "indexes", "reviews", "budgets", "models", "teams", "outages", "drafts", "feeds",
)]  # fmt: skip
WORDS = (
    "team", "first", "minutes", "dashboard", "model", "question", "quiet", "budget", "release", "after", "nobody",
    "before", "small", "careful", "measured", "week", "customers", "index", "queue", "slow", "because", "three",
    "latency", "found", "wrote", "review", "change", "again", "cost", "answer", "learned", "of", "the", "and", "a",
    "to", "in", "that", "it", "was", "for", "on", "with", "as",
)  # fmt: skip
MARKUP = ("*really*", "**not**", "`retry()`", "[the notes](https://example.org/notes)", "[here](https://example.net)")


def posts(count: int, first: int = 0) -> Iterator[tuple[str, dict[str, str], list[str], str]]:
    """Yield ``count`` posts from number ``first`` on: slug, header, tags, body. A number always gives the same post."""
    for number in range(first, first + count):
        dice = random.Random(number)  # noqa: S311 - the same posts each time
        words = [dice.choice(WORDS) for _ in range(400)]
        for at, marked in zip(range(20, 400, 60), MARKUP * 2, strict=False):
            words[at] = marked
        parts = [" ".join(words[at : at + 50]).capitalize() + "." for at in range(0, 400, 50)]
        parts.insert(2, "## What changed")
        parts.insert(5, "\n".join(f"- {' '.join(words[at : at + 6])}" for at in (10, 90, 170)))
        parts.insert(7, "```\nretry(after=3)\n```")
        when = NEWEST - timedelta(minutes=dice.randrange(DAYS * 24 * 60)) if number < 10**6 else NEWEST
        header = {
            "title": f"{' '.join(dice.choices(WORDS[:14], k=5))} {number}".capitalize(),
            "date": when.isoformat(),
            "topic": dice.choice(TOPICS),
        }
        yield f"post-{number}", header, dice.sample(TAGS, 3), "\n\n".join(parts) + "\n"


def write_for_curate(root: Path, count: int, first: int = 0) -> None:
    """Write posts into a desk at ``root``, made first if it is not there."""
    if not root.exists():
        create_desk(root, name="Dana Okafor", url="https://dana.example", topics=TOPICS, today=date(2026, 11, 15))
    folder = root / "content" / "essays"
    folder.mkdir(parents=True, exist_ok=True)
    for slug, header, tags, body in posts(count, first):
        keys = f"slug: {slug}\nkind: essay\nstatus: published\ntopic: {header['topic']}\n"
        _write(folder / f"{slug}.md", header, keys, ", ".join(tags), body)


def write_for_pelican(root: Path, count: int, first: int = 0) -> None:
    """Write posts as stock Pelican's Markdown reader wants them, with the settings its quickstart would make."""
    folder = root / "content"
    folder.mkdir(parents=True, exist_ok=True)
    settings = 'SITENAME = "Dana Okafor"\nSITEURL = "https://dana.example"\nTIMEZONE = "UTC"\nDEFAULT_LANG = "en"\n'
    settings += 'THEME = "simple"\nPLUGINS = []\nDEFAULT_PAGINATION = 10\nFEED_ALL_ATOM = "feeds/all.atom.xml"\n'
    settings += 'ARTICLE_URL = "{date:%Y}/{slug}/"\nARTICLE_SAVE_AS = "{date:%Y}/{slug}/index.html"\n'
    settings += "CATEGORY_FEED_ATOM = None\nFEED_MAX_ITEMS = 20\n"
    (root / "pelicanconf.py").write_text(settings, encoding="utf-8")
    for slug, header, tags, body in posts(count, first):
        keys = f"slug: {slug}\ncategory: {header['topic']}\n"
        _write(folder / f"{slug}.md", header, keys, ", ".join(tags), body)


def write_for_hugo(root: Path, count: int, first: int = 0) -> None:
    """Write posts for Hugo, with templates as small as those of Pelican's simple theme."""
    folder = root / "content" / "posts"
    folder.mkdir(parents=True, exist_ok=True)
    settings = 'baseURL = "https://dana.example/"\ntitle = "Dana Okafor"\n[taxonomies]\ntag = "tags"\n'
    settings += 'category = "categories"\n[pagination]\npagerSize = 10\n'
    (root / "hugo.toml").write_text(settings, encoding="utf-8")
    for name, text in HUGO.items():
        place = root / "layouts" / "_default" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    for slug, header, tags, body in posts(count, first):
        keys = f"slug: {slug}\ncategories: [{header['topic']}]\n"
        _write(folder / f"{slug}.md", header, keys, f"[{', '.join(tags)}]", body)


def _write(path: Path, header: dict[str, str], keys: str, tags: str, body: str) -> None:
    head = f"---\ntitle: {header['title']}\ndate: {header['date']}\n{keys}tags: {tags}\n---\n"
    path.write_text(f"{head}\n{body}", encoding="utf-8")


HUGO = {
    "baseof.html": (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{{ .Title }}</title></head><body>'
        '<header><a href="/">{{ site.Title }}</a><nav><ul>{{ range site.Taxonomies.categories.ByCount }}'
        '<li><a href="{{ .Page.RelPermalink }}">{{ .Page.Title }}</a></li>{{ end }}</ul></nav></header>'
        '<main>{{ block "main" . }}{{ end }}</main></body></html>\n'
    ),
    "single.html": (
        '{{ define "main" }}<article><h1><a href="{{ .RelPermalink }}">{{ .Title }}</a></h1>'
        '<time datetime="{{ .Date.Format "2006-01-02T15:04:05Z07:00" }}">{{ .Date.Format "Mon 02 January 2006" }}'
        '</time>{{ .Content }}<ul>{{ range .GetTerms "tags" }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a></li>'
        "{{ end }}</ul></article>{{ end }}\n"
    ),
    "list.html": (
        '{{ define "main" }}<h1>{{ .Title }}</h1><ol>{{ range .Paginator.Pages }}<li><article>'
        '<h2><a href="{{ .RelPermalink }}">{{ .Title }}</a></h2><time>{{ .Date.Format "Mon 02 January 2006" }}</time>'
        "<div>{{ .Summary }}</div></article></li>{{ end }}</ol>"
        '{{ template "_internal/pagination.html" . }}{{ end }}\n'
    ),
}
