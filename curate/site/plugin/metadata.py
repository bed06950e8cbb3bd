"""Say for machines what a page is: schema.org data as JSON-LD (https://schema.org/BlogPosting), its social image.

Looks whether a social image is there; else pure. ``citation`` and not ``isBasedOn``: a post comments on
its source, it is not made of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.posts.corrections import in_one_text
from curate.posts.predictions import read_prediction
from curate.site.plugin.boxes import EDITED
from curate.site.plugin.kept import kept_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from curate.posts.post import Post, Source
    from curate.posts.profile import Profile

CONTEXT = "https://schema.org"


def posting(article: Any, site: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - Pelican's Article
    """Return the BlogPosting of an article; ``site`` are Pelican's settings."""
    post: Post = article.post
    page = f"{site['SITE_ADDRESS']}/{article.url}"
    return _said(
        {
            "@context": CONTEXT,
            "@type": "BlogPosting",
            "@id": f"{page}#post",
            "mainEntityOfPage": page,
            "url": page,
            "headline": post.title,
            "description": post.summary,
            "datePublished": article.date.isoformat(),
            "dateModified": getattr(article, "modified", article.date).isoformat(),
            "inLanguage": article.lang,
            "wordCount": article.words,
            "image": card_url(article, site),
            "keywords": [*filter(None, [post.topic]), *post.tags],
            "author": person(site),
            "citation": _article(post.source) if post.source else None,
            "license": site["LICENCE"],
            "correction": [
                *([{"@type": "CorrectionComment", "text": EDITED}] if _edited(post) else []),
                *(
                    _said({"@type": "CorrectionComment", "text": in_one_text(said), "datePublished": said.get("date")})
                    for said in post.corrections
                ),
            ],
        }
    )


def card_url(article: Any, site: Mapping[str, Any]) -> str:  # noqa: ANN401 - Pelican's Article
    """Return the address of the article's social image; "" when none was drawn or the site has no address."""
    kept, place = kept_of(site), article.card
    known = place in kept.cards if kept.cache else (Path(site["PATH"]) / place).is_file()
    return f"{site['SITE_ADDRESS']}/{place}" if known and site["SITE_ADDRESS"] else ""


def website(site: Mapping[str, Any]) -> dict[str, Any]:
    """Return the WebSite and the Person whose it is, for the home page."""
    home = f"{site['SITE_ADDRESS']}/"
    named = {"@type": "WebSite", "@id": f"{home}#site", "url": home, "name": site["SITENAME"]}
    about = {"inLanguage": site["DEFAULT_LANG"], "publisher": {"@id": _me(site)}}
    return {"@context": CONTEXT, "@graph": [named | about, person(site, whole=True)]}


def person(site: Mapping[str, Any], *, whole: bool = False) -> dict[str, Any]:
    """Return the Person who writes the site: one @id everywhere, name and address repeated on every page."""
    profile: Profile = site["PROFILE"]
    short = {"@type": "Person", "@id": _me(site), "name": site["SITENAME"], "url": f"{site['SITE_ADDRESS']}/"}
    if not whole:
        return short
    links = [link.url for link in profile.links]
    more = {"jobTitle": profile.label, "knowsAbout": list(site["SITE_TOPICS"]), "sameAs": links}
    return short | _said(more)


def _edited(post: Post) -> bool:
    said = read_prediction(post)
    return said is not None and said.held == "edited"


def _me(site: Mapping[str, Any]) -> str:
    return f"{site['SITE_ADDRESS']}/about/#me"


def _article(source: Source) -> dict[str, Any]:
    return _said(
        {
            "@type": "Article",
            "name": source.title,
            "url": source.url,
            "author": {"@type": "Person", "name": source.author} if source.author else None,
            "publisher": {"@type": "Organization", "name": source.site} if source.site else None,
            "datePublished": source.date,
            "inLanguage": source.lang,
        }
    )


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [], 0)}
