"""Make one unattended pass: feeds, site, shares, what became of them and of sources, a backup a day; whatever is due.

In that order, and each part in spite of the others: a feed that fails stops no share, and a share is
sent only when its page is in the last deploy. Run as often as one likes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from curate.desk.backup import backups_folder, create_backup, thin_out
from curate.desk.db import recall, remember, to_seconds
from curate.desk.locks import hold
from curate.errors import CurateError, NetworkTrouble, Refused, Unknown
from curate.feeds.opml import read_feeds
from curate.feeds.verdict import NO_NETWORK, PORTAL
from curate.inbox.receive import read_feeds as receive_feeds
from curate.posts.files import find_post, read_posts, set_header
from curate.posts.post import permalink
from curate.presence.listen import Listening, listen
from curate.presence.publish import expired_notices, scheduled_posts
from curate.presence.webmentions import tell_cited
from curate.shares import ledger, sender
from curate.shares.limits import moment
from curate.shares.place import resolve_times
from curate.shares.sender import SendReport

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.inbox.journal import Moved
    from curate.shares.ledger import Share
    from curate.web.client import Client


DAY, HOUR = 24 * 3600, 3600  # seconds between two backups, and between two tries of one, or two looks at sources


@dataclass(kw_only=True)
class Pass:
    """What one pass did. ``fetched`` counts feeds asked; ``troubles`` are whole sentences.

    ``failed`` says that a whole part came to nothing: the reading, the build or the deploy.
    """

    fetched: int = 0
    new_items: int = 0
    moved: tuple[Moved, ...] = ()  # feeds, for good: the list of feeds says so now
    built: bool = False
    deployed: bool = False
    sending: SendReport = field(default_factory=SendReport)
    listening: Listening = field(default_factory=Listening)
    told: int = 0  # cited pages
    looked: int = 0  # sources that were asked whether they are there and unchanged
    next: datetime | None = None
    troubles: list[str] = field(default_factory=list)
    failed: bool = False
    backup: Path | None = None  # the day's, when this pass made it
    unknown: int = 0  # shares in that state when the pass ended, old ones included


async def run_pass(  # noqa: PLR0913 - the whole of one pass
    desk: Desk,
    settings: Settings,
    connection: sqlite3.Connection,
    client: Client,
    *,
    clock: Callable[[], datetime],
    config: Path,
    fetch: bool = True,
    send: bool = True,
    offline: bool = False,
    progress: Callable[[int, int, int, int], None] | None = None,
) -> Pass:
    """Make the pass; ``config`` is the tokens' folder. Raises Conflict when another pass is under way.

    ``clock`` is asked before each part: reading many feeds takes minutes. With ``offline``, which
    ``client`` knows for itself, no feed is asked and a site that goes to a git branch waits.
    """
    done = Pass()
    with hold(desk, "tick", wait=0.5):
        done.troubles.extend(resolve_times(connection))
        if fetch and not offline:
            await _fetch(desk, settings, connection, client, done, now=clock(), progress=progress)
        _put_up(desk, settings, connection, done, now=clock(), offline=offline)
        if send:
            try:
                done.sending = await send_shares(desk, settings, connection, client, clock=clock, config=config)
            except Refused as error:
                _fail(done, error)
        done.troubles.extend(note_syndication(desk, [*_sent_since_last_pass(connection), *done.sending.sent]))
        if send and not offline:
            done.told = await tell_cited(desk, settings, connection, client, now=clock(), config=config)
        if fetch and not offline:
            done.listening = await listen(desk, settings, connection, client, now=clock(), config=config)
            done.troubles.extend(done.listening.troubles)
            await _look_at_sources(desk, settings, connection, client, done, now=clock())
        _back_up(desk, connection, done, now=clock())
        remember(connection, "last-tick", str(to_seconds(clock())))
        shares = ledger.list_shares(connection)
        done.unknown = sum(share.state == "unknown" for share in shares)
        done.next = min((moment(share) for share in shares if share.state in ("approved", "retry")), default=None)
    return done


async def _fetch(  # noqa: PLR0913 - what a fetch needs
    desk: Desk,
    settings: Settings,
    connection: sqlite3.Connection,
    client: Client,
    done: Pass,
    *,
    now: datetime,
    progress: Callable[[int, int, int, int], None] | None,
) -> None:
    try:
        with hold(desk, "fetch"):
            report = await receive_feeds(
                connection,
                client,
                read_feeds(desk.feeds),
                now=now,
                force=False,
                interval_minutes=settings.fetch.interval,
                feeds_file=desk.feeds,
                progress=progress,
            )
    except CurateError as error:
        _fail(done, error)
        return
    done.fetched = report.feeds
    done.new_items = report.new_items
    done.moved = report.moved
    network = Counter(reason for _, reason in report.failed if reason in {NO_NETWORK, PORTAL})
    done.troubles.extend(f"Feeds {reason} ({count:,}). None is blamed." for reason, count in network.items())
    done.troubles.extend(f"{url}: {reason}" for url, reason in report.failed if reason not in network)
    done.troubles.extend(f"{each.title} moved to {each.after} for good; curate undo goes back." for each in done.moved)


def _put_up(  # noqa: PLR0913 - what a build and a deploy need
    desk: Desk, settings: Settings, connection: sqlite3.Connection, done: Pass, *, now: datetime, offline: bool
) -> None:
    """Build and deploy what has become due; a deploy that failed stays due for the next pass."""
    from curate.site.build import build_site
    from curate.site.deploy import deploy_site, parse_target

    try:
        if scheduled_posts(connection, desk, now) or expired_notices(desk, now):
            remember(connection, "deploy-due", "1")
            built = build_site(desk, settings, now=now)
            done.troubles.extend(f"{one} It is left out of the site." for one in built.left_out)
            done.built = True
        target = settings.deploy.target
        if target and recall(connection, "deploy-due") == "1" and not (offline and parse_target(desk, target).remote):
            deploy_site(desk, target, now=now)
            remember(connection, "deploy-due", "")
            done.deployed = True
    except (CurateError, OSError) as error:
        _fail(done, error)


async def _look_at_sources(  # noqa: PLR0913 - what asking needs
    desk: Desk, settings: Settings, connection: sqlite3.Connection, client: Client, done: Pass, *, now: datetime
) -> None:
    """Ask what posts cite whether it is there and unchanged, each once a week; say what has just been found out."""
    from curate.site import rot, strikes

    if _lately(connection, "sources-asked", HOUR, now):
        return
    remember(connection, "sources-asked", str(to_seconds(now)))
    try:
        posts, _ = read_posts(desk.content)
        found = await rot.look(connection, client, settings, posts, now=now, due=True)
    except NetworkTrouble:
        return  # nobody answered: the fault is on this side, and another pass asks again
    except CurateError as error:
        done.troubles.append(f"No source was looked at: {error.message} {error.hint}".rstrip())
        return
    done.looked = len({one.cited.url for one in found})
    done.troubles.extend(one.advice for one in found if one.standing.strikes == strikes.ENOUGH)


def _lately(connection: sqlite3.Connection, fact: str, apart: int, now: datetime) -> bool:
    """Say whether the moment kept as ``fact`` is less than ``apart`` seconds ago; one that is to come is none."""
    last = recall(connection, fact)
    return last.isdecimal() and 0 <= to_seconds(now) - int(last) < apart


def _back_up(desk: Desk, connection: sqlite3.Connection, done: Pass, *, now: datetime) -> None:
    """Back the desk up, once a day, and delete backups that newer ones of their day or week replace."""
    if _lately(connection, "backed-up", DAY, now) or _lately(connection, "backup-tried", HOUR, now):
        return
    remember(connection, "backup-tried", str(to_seconds(now)))
    if not desk.content.is_dir():  # such a backup would in time take the place of those that have the posts
        done.troubles.append("No backup was made of a desk without its posts. curate backup list shows what has them.")
        return
    try:
        done.backup = create_backup(desk, connection, now=now).path
        remember(connection, "backed-up", str(to_seconds(now)))
        thin_out(backups_folder(desk), now=now)
    except CurateError as error:
        done.troubles.append(f"No backup was made: {error.message} {error.hint}".rstrip())


def _fail(done: Pass, error: CurateError | OSError) -> None:
    """Note that a part came to nothing; the pass goes on with the next one."""
    done.failed = True
    words = f"{error.message} {error.hint}" if isinstance(error, CurateError) else f"The site was not put up: {error}."
    done.troubles.append(words.rstrip())


async def send_shares(  # noqa: PLR0913 - what sending needs
    desk: Desk,
    settings: Settings,
    connection: sqlite3.Connection,
    client: Client,
    *,
    clock: Callable[[], datetime],
    config: Path,
    only: tuple[str, ...] = (),
    observe: Callable[[sender.Step, Share], None] = sender.unobserved,
) -> SendReport:
    """Send the shares that are due (or those of ``only``) whose page is in the last deploy.

    A page whose post is no longer published counts as gone, whatever the last deploy has.

    ``clock`` and ``observe`` are as in ``sender.send_due``.
    """
    from curate.site.deploy import last_deploy

    deploy = last_deploy(desk)
    published = {permalink(post) for post in read_posts(desk.content)[0] if post.status == "published"}
    pages = published & deploy.pages if deploy else frozenset()
    root = f"{settings.site.url.rstrip('/')}/"
    return await sender.send_due(
        connection,
        client,
        desk,
        settings,
        config=config,
        clock=clock,
        deployed=lambda link: link.removeprefix(root) in pages,
        only=only,
        observe=observe,
    )


def _sent_since_last_pass(connection: sqlite3.Connection) -> list[Share]:
    """Return what went out since the last whole pass, such as the shares of one that was killed just after sending."""
    last = recall(connection, "last-tick")
    since = int(last) if last.isdecimal() else 0
    shares = ledger.list_shares(connection, states=("sent",))
    return [share for share in shares if share.sent_at and to_seconds(share.sent_at) >= since]


def note_syndication(desk: Desk, shares: Iterable[Share]) -> list[str]:
    """Write each sent share's address into its post's header; return what could not be written.

    The share is sent whatever happens here: a header that changed underneath stays the person's.
    """
    troubles = []
    for share in shares:
        if not share.remote_url.startswith("https://"):
            continue
        try:
            post = find_post(desk.content, share.post)
            if share.remote_url not in post.syndication:
                set_header(post, {"syndication": [*post.syndication, share.remote_url]})
        except Unknown:
            troubles.append(f"{share.post} is gone; its header could not be given {share.remote_url}.")
        except CurateError as error:
            troubles.append(error.message)
    return troubles
