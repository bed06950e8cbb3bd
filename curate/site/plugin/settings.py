"""Give Pelican its settings from curate.toml and the profile; a desk's pelicanconf.py starts from them.

Read inside Pelican's process. Must not know posts.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from curate.desk.folder import Desk
from curate.desk.settings import load_settings
from curate.feeds.addresses import web_url
from curate.posts.profile import load_profile
from curate.site.build import ENFORCED, IGNORED, shipped_theme, theme_folder
from curate.site.plugin.report import report_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from curate.desk.settings import Settings
    from curate.posts.profile import Link

FEED = "feeds/all"  # without its ending: .atom.xml or .json
TOPIC_FEED = "feeds/topics/{slug}"
FEDIVERSE = {"fediverse", "mastodon", "pixelfed", "pleroma", "akkoma", "misskey", "gotosocial", "threads"}


def pelican_settings(conf_file: str) -> dict[str, Any]:
    """Return the settings of the site whose pelicanconf.py is ``conf_file``.

    Links between pages are relative, so the site works at any address and from a folder; what must
    be absolute (feed, canonical address) is added by ``public_settings``.
    """
    desk = Desk(Path(conf_file).absolute().parent)
    settings = load_settings(desk.settings)
    site = settings.site
    profile = load_profile(desk.profile)
    links = tuple(link for link in profile.links if web_url(link.url))
    return {
        "PATH": str(desk.content),
        "SITENAME": site.name,
        "SITESUBTITLE": profile.label,
        "AUTHOR": site.name,
        "SITEURL": "",
        "RELATIVE_URLS": True,
        "DEFAULT_LANG": site.language,
        "LOCALE": ["C"],
        **_theme(desk),
        "PLUGINS": ["curate.site.plugin"],
        # what our theme shows beyond what Pelican knows
        "PROFILE": replace(profile, links=links),
        "SITE_ADDRESS": "",
        "SITE_ROOT": urlsplit(site.url).path.rstrip("/"),  # for the page that is shown at any depth: 404
        "SITE_ZONE": site.timezone,
        "SITE_TOPICS": site.topics,
        "CARD_AUTHOR": site.name,  # whose name the social images were drawn with
        "FEDIVERSE_CREATOR": _fediverse(settings, links),
        "WEBMENTION": site.webmention,
        "SITE_INTROS": site.intros,
        # where pages stand; posts as posts/post.permalink says
        "ARTICLE_PATHS": [""],
        "ARTICLE_EXCLUDES": ["pages", "profile"],
        "ARTICLE_URL": "{date:%Y}/{slug}/",
        "ARTICLE_SAVE_AS": "{date:%Y}/{slug}/index.html",
        "ARTICLE_LANG_URL": "{date:%Y}/{slug}/",
        "ARTICLE_LANG_SAVE_AS": "{date:%Y}/{slug}/index.html",
        "ARTICLE_TRANSLATION_ID": None,
        "PAGE_PATHS": ["pages"],
        "PAGE_URL": "{slug}/",
        "PAGE_SAVE_AS": "{slug}/index.html",
        "PAGE_LANG_URL": "{slug}/",
        "PAGE_LANG_SAVE_AS": "{slug}/index.html",
        "PAGE_TRANSLATION_ID": None,
        "CATEGORY_URL": "topics/{slug}/",
        "CATEGORY_SAVE_AS": "topics/{slug}/index.html",
        "TAG_URL": "tags/{slug}/",
        "TAG_SAVE_AS": "tags/{slug}/index.html",
        "AUTHOR_URL": "about/",
        "AUTHOR_SAVE_AS": "",
        "DIRECT_TEMPLATES": ["index", "archives", "categories", "tags", "subscribe", "search", "404"],
        "ARCHIVES_URL": "archive/",
        "ARCHIVES_SAVE_AS": "archive/index.html",
        "CATEGORIES_URL": "topics/",
        "CATEGORIES_SAVE_AS": "topics/index.html",
        "SUBSCRIBE_URL": "subscribe/",
        "SUBSCRIBE_SAVE_AS": "subscribe/index.html",
        "SEARCH_URL": "search/",
        "SEARCH_SAVE_AS": "search/index.html",
        "SEARCH_ENGINE": site.search_engine,
        "NEWSLETTER": site.newsletter,
        "THEME_TOGGLE": site.theme_toggle,
        "LICENCE": site.licence,
        "LICENCE_NAME": licence_name(site.licence),
        "TAGS_URL": "tags/",
        "TAGS_SAVE_AS": "tags/index.html",
        "USE_FOLDER_AS_CATEGORY": False,
        "DEFAULT_CATEGORY": "",
        "FILENAME_METADATA": "",
        "STATIC_PATHS": ["images"],
        "IGNORE_FILES": list(IGNORED),
        # feeds: only for a site that has an address
        "FEED_ALL_ATOM": None,
        "FEED_ALL_JSON": None,
        "CATEGORY_FEED_ATOM": None,
        "CATEGORY_FEED_JSON": None,
        "AUTHOR_FEED_ATOM": None,
        "AUTHOR_FEED_RSS": None,
        "TRANSLATION_FEED_ATOM": None,
        "FEED_MAX_ITEMS": 20,
        **ENFORCED,
    }


def _theme(desk: Desk) -> dict[str, Any]:
    """Take each template and file from the desk's own theme, and what it lacks from ours."""
    own, ours = theme_folder(desk), shipped_theme()
    more = [] if own == ours else [own]
    return {
        "THEME": str(ours),
        "THEME_TEMPLATES_OVERRIDES": [str(folder / "templates") for folder in more],
        "THEME_STATIC_PATHS": ["static", *(str(folder / "static") for folder in more)],
    }


def licence_name(address: str) -> str:
    """Return how a licence is called: CC BY-SA 4.0 by its address at Creative Commons, else where it stands."""
    parts = urlsplit(address)
    known = re.fullmatch(r"/licenses/([a-z-]+)/([\d.]+)(?:/.*)?", parts.path)
    if parts.hostname == "creativecommons.org" and known:
        return f"CC {known[1].upper()} {known[2]}"
    return f"the licence at {parts.hostname}"


def _fediverse(settings: Settings, links: Sequence[Link]) -> str:
    """Return who a post's author is in the fediverse, such as @dana@social.example: by the profile, else an account."""
    for link in links:
        parts = urlsplit(link.url)
        user = re.fullmatch(r"/(?:@|users/)(\w[\w.-]*)/?", parts.path)
        if user and link.network.casefold() in FEDIVERSE:
            return f"@{user[1]}@{parts.hostname}"
    for account in settings.accounts.values():
        handle = re.fullmatch(r"@?([\w.-]+)(?:@([\w.-]+))?", account.handle)
        host = handle and (handle[2] or urlsplit(account.server).hostname)
        if account.network == "mastodon" and handle and host:
            return f"@{handle[1]}@{host}"
    return ""


def public_settings(conf_file: str) -> dict[str, Any]:
    """Return what the site needs as the public sees it: its address, and the feeds that need one."""
    desk = Desk(Path(conf_file).absolute().parent)
    url = load_settings(desk.settings).site.url.rstrip("/")
    feeds = {
        "FEED_ALL_ATOM": f"{FEED}.atom.xml",
        "FEED_ALL_JSON": f"{FEED}.json",
        "CATEGORY_FEED_ATOM": f"{TOPIC_FEED}.atom.xml",
        "CATEGORY_FEED_JSON": f"{TOPIC_FEED}.json",
    }
    return {"SITEURL": url, "SITE_ADDRESS": url, "FEED_DOMAIN": url, **(feeds if url else {})}


def building_at(settings: Mapping[str, Any]) -> datetime:
    """Return the moment the build takes as now, for what a page shows.

    Whoever asks makes the build one that another moment may change, so that none is left out.
    """
    report_of(settings).clocked = True
    return now_of(settings)


def now_of(settings: Mapping[str, Any]) -> datetime:
    """Return the build's now, for choosing posts alone: the one curate gave, or the clock's when Pelican runs alone."""
    said = settings.get("BUILD_NOW")
    return datetime.fromisoformat(said) if said else datetime.now(UTC)
