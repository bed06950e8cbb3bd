"""Publish a post: check it, date it, build the site with it, deploy, and remember that it was done.

The post's file is changed first and put back when the site cannot be built with it, so a failed
publish leaves the draft as it was. Owns the table publications.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

from curate.desk.db import to_moment, to_seconds, transaction
from curate.desk.folder import write_whole
from curate.errors import Refused, Unknown
from curate.inbox.decide import mark
from curate.posts.checks import check_post
from curate.posts.files import find_post, read_posts, set_header
from curate.posts.post import permalink
from curate.posts.predictions import terms_hash

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.posts.post import Post
    from curate.site.deploy import Deployed


@dataclass(frozen=True, kw_only=True)
class Published:
    """What publishing did: the page's address, the post's file, the built site, where it was deployed."""

    slug: str
    url: str
    path: Path
    output: Path
    scheduled: datetime | None
    deployed: Deployed | None
    warnings: tuple[str, ...]


def page_url(settings: Settings, post: Post) -> str:
    """Return the address of the post's page; relative to the site's root while the site has no address."""
    return f"{settings.site.url.rstrip('/')}/{permalink(post)}"


def publish_post(  # noqa: PLR0913 - the whole of one publication
    desk: Desk,
    settings: Settings,
    connection: sqlite3.Connection,
    name: str,
    *,
    now: datetime,
    at: datetime | None = None,
    force: str = "",
    deploy: Callable[[Desk, str], Deployed] | None = None,
) -> Published:
    """Publish the post ``name`` (slug, path or item id), now or with ``at`` as its date.

    ``force`` is the reason to publish in spite of errors, kept in the history. ``deploy`` sends the
    site away; without it, or without a target in the settings, the site is only built. Raises
    Refused with each error, CurateError when the site cannot be built or this post cannot be a page: it is then
    unchanged, as it is after Ctrl-C during the build. Other posts with a fault are left out, with a warning.
    """
    from curate.site.build import build_site
    from curate.site.cards import draw_missing

    post = find_post(desk.content, name)
    everything, _ = read_posts(desk.content)  # those with a fault are named by the build
    earlier = [other for other in everything if other.status == "published" and other.slug != post.slug]
    findings = check_post(replace(post, date=_moment(post, now=now, at=at)), earlier=earlier)
    if findings.errors and not force:
        count = len(findings.errors)
        stays = "as readers have it" if post.status == "published" else "a draft" if post.status == "draft" else "gone"
        raise Refused(
            f"{post.slug} has {count} {'problem' if count == 1 else 'problems'}; it stays {stays}.",
            f"curate post edit {post.slug}, then publish again; or publish --force REASON.",
            tuple(f"{post.path}:{finding.line}: {finding.message}" for finding in findings.errors),
        )
    before = post.path.read_bytes()
    dated = _dated(post, now=now, at=at)
    try:
        drawn = draw_missing(desk, settings.site.name, [dated])
        built = build_site(desk, settings, now=now, needs=dated.path)
    except BaseException:  # Ctrl-C, too: what was not published is not left looking so
        if dated.fingerprint != post.fingerprint:
            write_whole(post.path, before, expected=dated.fingerprint)
        raise
    with transaction(connection):
        connection.execute(
            "INSERT INTO publications (slug, at, forced) VALUES (?, ?, ?)", (post.slug, to_seconds(now), force)
        )
        _mark_posted(connection, dated, now)
    sent = deploy(desk, settings.deploy.target) if deploy is not None and settings.deploy.target else None
    scheduled = dated.date if dated.date is not None and dated.date > now else None
    return Published(
        slug=dated.slug,
        url=page_url(settings, dated),
        path=dated.path,
        output=built.output,
        scheduled=scheduled,
        deployed=sent,
        warnings=(
            *(finding.message for finding in findings.warnings),
            *drawn.warnings,
            *built.warnings,
            *map(str, built.left_out),
        ),
    )


def publications(connection: sqlite3.Connection, slug: str) -> list[dict[str, Any]]:
    """Return when a post was published and with which ``--force`` reason ("" for none), oldest first."""
    rows = connection.execute("SELECT at, forced FROM publications WHERE slug = ? ORDER BY number", (slug,))
    return [{"at": to_moment(at), "forced": forced} for at, forced in rows]


def _dated(post: Post, *, now: datetime, at: datetime | None) -> Post:
    """Give a draft its status and date; a post published before keeps its date, and so does one taken down.

    What a prediction says is frozen under the date it gets: never under one that is past, and never anew.
    """
    if post.status == "gone" and post.date is not None and at is None:
        stamp = now.astimezone(UTC).isoformat(timespec="seconds")
        return set_header(post, {"status": "published", "gone": None, "modified": stamp})
    moment = _moment(post, now=now, at=at)
    freeze = post.claim and moment >= now and not post.header.get("claim_hash")
    if post.status == "published" and post.date == moment and not freeze:
        return post
    stamp = moment.astimezone(UTC).isoformat(timespec="seconds")
    frozen = {"claim_hash": terms_hash(post.claim, post.confidence, post.due)} if freeze else {}
    return set_header(post, {"status": "published", "date": stamp, "gone": None, **frozen})


def _moment(post: Post, *, now: datetime, at: datetime | None) -> datetime:
    """Return the date that publishing gives the post: a draft keeps one that is ahead."""
    kept = post.date is not None and (post.status != "draft" or post.date > now)
    return at or (post.date if kept and post.date is not None else now)


def _mark_posted(connection: sqlite3.Connection, post: Post, now: datetime) -> None:
    """Tell the inbox which items became the post; a desk cloned without its database knows no items."""
    covers = post.header.get("covers", [])
    items = [post.item, *(covers if isinstance(covers, list) else [])]
    for item in items:
        if not isinstance(item, str) or not item:
            continue
        with contextlib.suppress(Unknown):
            mark(connection, item, "posted", now=now)


def scheduled_posts(connection: sqlite3.Connection, desk: Desk, now: datetime) -> list[Post]:
    """Return the posts whose time has come and whose pages the built site lacks."""
    slugs = {str(row[0]) for row in connection.execute("SELECT DISTINCT slug FROM publications")}
    posts, _ = read_posts(desk.content)
    return [
        post
        for post in posts
        if post.slug in slugs
        and post.status == "published"
        and post.date is not None
        and post.date <= now
        and (post.until is None or post.until > now)
        and not (desk.output / permalink(post) / "index.html").is_file()
    ]


def expired_notices(desk: Desk, now: datetime) -> list[Post]:
    """Return the notices whose end has passed and whose pages still stand in the built site."""
    posts, _ = read_posts(desk.content)
    return [
        post
        for post in posts
        if post.until is not None and post.until <= now and (desk.output / permalink(post) / "index.html").is_file()
    ]
