"""Put dates and texts into words and markup, one way for all pages and the feed.

Pure. Whatever text goes into HTML goes through ``escape`` here or through Jinja's autoescape.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from curate.posts.post import as_moment

if TYPE_CHECKING:
    from datetime import date, datetime, tzinfo

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
# fmt: off
LANGUAGES = {
    "ar": "Arabic", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish",
    "fa": "Persian", "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian",
    "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "nb": "Norwegian", "nl": "Dutch",
    "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sv": "Swedish",
    "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
}
# fmt: on
PARTIAL = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2]))?")
PELICANS = str.maketrans({"{": "&#123;", "}": "&#125;", "|": "&#124;"})  # what Pelican takes for a link to a file


def escape(text: str) -> str:
    """Return ``text`` as HTML, for an element or between double quotes, in which Pelican finds no link of its own."""
    return html.escape(text, quote=False).replace('"', "&quot;").translate(PELICANS)


def in_words(day: date) -> str:
    """Say a day: 22 November 2026."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def day_and_month(day: date) -> str:
    """Say a day below its year: 22 Nov."""
    return f"{day.day} {MONTHS[day.month - 1][:3]}"


def month_and_year(day: date) -> str:
    """Say when, where the day does not matter: Nov 2026."""
    return f"{MONTHS[day.month - 1][:3]} {day.year}"


def day_in(zone: tzinfo, moment: datetime) -> date:
    """Return the day ``moment`` falls on in ``zone``; the last day there is when it falls beyond it."""
    try:
        return moment.astimezone(zone).date()
    except OverflowError:
        return moment.date()


def said_date(text: str) -> tuple[str, str]:
    """Return what a source calls its date, for a machine and in words; ("", text) when it is no date.

    A year or a year and a month alone are dates, too.
    """
    partial = PARTIAL.fullmatch(text)
    if partial:
        year, month = partial.groups()
        return text, f"{MONTHS[int(month) - 1]} {year}" if month else year
    try:
        day = as_moment(text).date()
    except (ValueError, OverflowError):
        return "", text
    return day.isoformat(), in_words(day)


@lru_cache(maxsize=64)
def compact_style(style: str) -> str:
    """Return a style sheet without comments and the space between its words, which every page would carry."""
    bare = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", str(style), flags=re.DOTALL))
    return re.sub(r" ?([{};,>]) ?", r"\1", bare.replace(": ", ":")).replace(";}", "}").strip()


def percent(share: float) -> str:
    """Say a part of 1 in per cent, without needless digits: 0.8 is 80 %."""
    return f"{share * 100:.3g} %"


def language_name(tag: str) -> str:
    """Return what a language is called in English; its tag when it is not among the usual ones."""
    return LANGUAGES.get(tag.partition("-")[0].lower(), tag)


def same_language(one: str, other: str) -> bool:
    """Say whether two tags mean one language, wherever it is spoken."""
    return one.partition("-")[0].lower() == other.partition("-")[0].lower()


def plain_tag(language: str) -> str:
    """Return ``language`` if it has the shape of a language tag (BCP 47), else ""."""
    return language if re.fullmatch(r"[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*", language) else ""
