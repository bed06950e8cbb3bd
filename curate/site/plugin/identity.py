"""Say who the person is to machines: ProfilePage as JSON-LD, JSON Resume 1.0, a vCard.

Pure. https://schema.org/ProfilePage, https://jsonresume.org/schema, RFC 6350.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curate.feeds.addresses import web_url
from curate.site.plugin.metadata import CONTEXT, person

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from curate.posts.profile import Profile
    from curate.posts.results import Result

SCHEMA = "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json"
FOLD = 75  # bytes of a vCard's line (RFC 6350, 3.2)


def profile_page(site: Mapping[str, Any], url: str, image: str = "") -> dict[str, Any]:
    """Return the ProfilePage at ``url`` below the site's address; ``site`` are Pelican's settings.

    It changed when a section of the profile was last confirmed.
    """
    profile: Profile = site["PROFILE"]
    page = f"{site['SITE_ADDRESS']}/{url}"
    changed = max(profile.confirmed.values(), default=None)
    return _said(
        {
            "@context": CONTEXT,
            "@type": "ProfilePage",
            "@id": f"{page}#page",
            "url": page,
            "inLanguage": site["DEFAULT_LANG"],
            "dateModified": changed.isoformat() if changed else "",
            "mainEntity": person(site, whole=True)
            | _said(
                {
                    "alternateName": list(profile.spellings),
                    "description": profile.summary,
                    "image": f"{site['SITE_ADDRESS']}/{image}" if image else "",
                    "homeLocation": {"@type": "Place", "name": profile.place} if profile.place else None,
                }
            ),
        }
    )


def json_resume(
    site: Mapping[str, Any],
    *,
    results: Iterable[tuple[str, str, Result]],
    writing: Sequence[tuple[str, str, date, str]],
    image: str = "",
) -> dict[str, Any]:
    """Return the résumé in JSON Resume's shape, version 1.0.0, which has no names for results and talks: projects.

    ``results`` are (title, address or "", result), ``writing`` (title, address, day, summary).
    """
    profile: Profile = site["PROFILE"]
    home = site["SITE_ADDRESS"]
    changed = max(profile.confirmed.values(), default=None)
    return _said(
        {
            "$schema": SCHEMA,
            "basics": _basics(profile, site, image),
            "work": [
                _said(
                    {
                        "name": role.name,
                        "position": role.position,
                        "url": role.url,
                        "location": role.location,
                        "startDate": role.start,
                        "endDate": role.end,
                        "summary": role.summary,
                        "highlights": list(role.highlights),
                    }
                )
                for role in profile.roles
            ],
            "education": [
                _said(
                    {
                        "institution": study.institution,
                        "url": study.url,
                        "area": study.area,
                        "studyType": study.degree,
                        "startDate": study.start,
                        "endDate": study.end,
                    }
                )
                for study in profile.education
            ],
            "certificates": [
                _said({"name": each.name, "issuer": each.at, "date": each.date, "url": each.url})
                for each in profile.credentials
            ],
            "publications": [
                _said(
                    {
                        "name": title,
                        "publisher": site["SITENAME"],
                        "releaseDate": day.isoformat(),
                        "url": url,
                        "summary": summary,
                    }
                )
                for title, url, day, summary in writing
            ],
            "projects": [
                *(_result(title, url, result) for title, url, result in results),
                *(
                    _said(
                        {
                            "name": talk.name,
                            "entity": talk.at,
                            "startDate": talk.date,
                            "endDate": talk.date,
                            "url": talk.url,
                            "type": "talk",
                        }
                    )
                    for talk in profile.talks
                ),
            ],
            "meta": _said(
                {
                    "canonical": f"{home}/resume/resume.json" if home else "",
                    "version": "v1.0.0",
                    "lastModified": f"{changed.isoformat()}T00:00:00" if changed else "",
                }
            ),
        }
    )


def vcard(site: Mapping[str, Any], image: str = "") -> str:
    """Return the person's card, version 4.0."""
    profile: Profile = site["PROFILE"]
    changed = max(profile.confirmed.values(), default=None)
    address = ["", "", "", *profile.location[:2], "", *profile.location[2:]]
    lines = [
        ("FN", _escaped(profile.name or site["SITENAME"])),
        *(("NICKNAME", _escaped(name)) for name in profile.spellings),
        ("TITLE", _escaped(profile.label)),
        ("EMAIL", _escaped(profile.email)),
        ("TEL", _escaped(profile.phone)),
        ("ADR", ";".join(map(_escaped, address)) if profile.location else ""),
        ("PHOTO", f"{site['SITE_ADDRESS']}/{image}" if image and site["SITE_ADDRESS"] else ""),
        ("URL", f"{site['SITE_ADDRESS']}/" if site["SITE_ADDRESS"] else web_url(profile.url)),
        *(("URL", link.url) for link in profile.links),
        ("NOTE", _escaped(profile.summary)),
        ("REV", f"{changed:%Y%m%d}T000000Z" if changed else ""),
    ]
    said = [f"{name}:{value}" for name, value in lines if value]
    return "".join(_folded(line) for line in ("BEGIN:VCARD", "VERSION:4.0", "KIND:individual", *said, "END:VCARD"))


def _basics(profile: Profile, site: Mapping[str, Any], image: str) -> dict[str, Any]:
    home = site["SITE_ADDRESS"]
    names = ("city", "region", "countryCode")
    return _said(
        {
            "name": profile.name or site["SITENAME"],
            "label": profile.label,
            "image": f"{home}/{image}" if home and image else "",
            "email": profile.email,
            "phone": profile.phone,
            "url": f"{home}/" if home else web_url(profile.url),
            "summary": profile.summary,
            "location": _said(dict(zip(names, profile.location, strict=False))),
            "profiles": [_said(link._asdict()) for link in profile.links],
        }
    )


def _result(title: str, url: str, result: Result) -> dict[str, Any]:
    change = f"{result.metric or 'Number'}: {result.after}" if result.after else ""
    if change and result.before:
        change += f" (before: {result.before})"
    return _said(
        {
            "name": title,
            "description": result.outcome,
            "highlights": [*filter(None, [change, result.period])],
            "roles": [*filter(None, [result.role])],
            "url": url or result.proof_url,
            "type": "result",
        }
    )


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def _escaped(text: str) -> str:
    for character in ("\\", ",", ";"):
        text = text.replace(character, f"\\{character}")
    return text.replace("\n", "\\n")


def _folded(line: str) -> str:
    """Return a line of a vCard, with its end; a long one in pieces of at most 75 bytes that begin with a space."""
    pieces = [""]
    for character in line:
        if len((pieces[-1] + character).encode()) > FOLD:
            pieces.append(" ")
        pieces[-1] += character
    return "".join(f"{piece}\r\n" for piece in pieces)
