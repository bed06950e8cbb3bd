"""Examine a desk: installation, folder, feeds, posts, accounts, disk, runner. Changes nothing."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from curate.desk.db import OLDEST_SQLITE, faults, recall, to_moment, trouble
from curate.errors import CurateError
from curate.feeds.health import feed_rows
from curate.feeds.opml import read_feeds
from curate.posts.files import read_posts
from curate.posts.profile import load_profile
from curate.presence.standing import read_standing
from curate.shares import home, ledger
from curate.shares.accounts import REFUSED
from curate.shares.expiry import SOON, again, remaining, standing, version_ending
from curate.site.build import theme_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings

ROOM = 50 * 2**20  # bytes: below this a share could be sent and its receipt not be stored
SILENT = timedelta(days=1)  # a runner quieter than this is thought dead


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing looked at; ``hint`` says what to do when it is not ``ok``."""

    name: str
    ok: bool
    message: str
    hint: str = ""


def examine(
    desk: Desk, settings: Settings, connection: sqlite3.Connection | CurateError, *, now: datetime, config: Path
) -> list[Check]:
    """Look at everything that can be seen without the network; ``config`` is the tokens' folder.

    Instead of a connection there may be the reason why there is none; what needs none is looked at then.
    """
    looks: list[Callable[[], Iterator[Check]]] = [
        _installation,
        lambda: _folder(desk, settings, now),
        lambda: _posts(desk),
        lambda: _accounts(settings, config, now),
    ]
    if isinstance(connection, CurateError):
        refused = connection
        looks.insert(2, lambda: _refused("database", refused))
    else:
        opened, wrong = connection, faults(connection, thorough=True)
        looks.insert(2, lambda: _database(desk, wrong))
        if not wrong:  # else nothing it says can be trusted
            looks.insert(3, lambda: _feeds(desk, opened))
            looks += [lambda: _home(opened, desk, config), lambda: _shares(opened), lambda: _runner(opened, now)]
            looks.append(lambda: _refusals(settings, opened))
    checks: list[Check] = []
    for look in looks:
        try:
            checks.extend(look())
        except CurateError as error:
            checks.extend(_refused("desk", error))
        except sqlite3.Error as error:
            checks.extend(_refused("database", trouble(desk.database, error)))
    return list(dict.fromkeys(checks))  # what stands in the way of several looks is one thing


def _refused(name: str, error: CurateError) -> Iterator[Check]:
    yield Check(name=name, ok=False, message=error.message, hint=error.hint)


def _installation() -> Iterator[Check]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Check(name="python", ok=sys.version_info >= (3, 11), message=f"Python {version}")
    yield Check(
        name="sqlite",
        ok=sqlite3.sqlite_version_info >= OLDEST_SQLITE,
        message=f"SQLite {sqlite3.sqlite_version}",
        hint="Install a newer Python: 3.37 is the oldest SQLite that will do.",
    )
    git = shutil.which("git")
    yield Check(name="git", ok=True, message=git or "not installed; only deploying to a git branch needs it")


def _folder(desk: Desk, settings: Settings, now: datetime) -> Iterator[Check]:
    yield Check(name="desk", ok=True, message=str(desk.root))
    free = shutil.disk_usage(desk.root).free
    yield Check(
        name="disk",
        ok=free > ROOM,
        message=f"{free // 2**20:,} MB free",
        hint="Free some space before anything is sent.",
    )
    yield Check(
        name="address",
        ok=bool(settings.site.url),
        message=settings.site.url or "The site has no address yet.",
        hint="curate config set site.url https://…",
    )
    yield Check(name="theme", ok=theme_folder(desk).is_dir(), message=str(theme_folder(desk)))
    profile = load_profile(desk.profile)
    yield Check(
        name="profile",
        ok=profile.name == settings.site.name,
        message=f"profile.yaml says “{profile.name}”, curate.toml “{settings.site.name}”"
        if profile.name != settings.site.name
        else profile.name,
        hint="One spelling everywhere: people search for it.",
    )
    today = now.astimezone(ZoneInfo(settings.site.timezone)).date()
    for section in read_standing(desk, today).stale:
        said = f"{section.name} was {section.words}; it is good for {section.limit} days"
        yield Check(name="profile", ok=False, message=said, hint=f"curate profile confirm {section.name}")


def _database(desk: Desk, wrong: str) -> Iterator[Check]:
    yield Check(
        name="database",
        ok=not wrong,
        message=wrong or "sound",
        hint=f"curate backup restore puts the newest sound backup from {desk.private / 'backups'} in its place.",
    )


def _feeds(desk: Desk, connection: sqlite3.Connection) -> Iterator[Check]:
    subscriptions = read_feeds(desk.feeds)
    rows = feed_rows(connection)
    failing = [rows[one.url] for one in subscriptions if one.url in rows and rows[one.url].failures]
    yield Check(
        name="feeds",
        ok=not failing,
        message=f"{len(subscriptions)} in feeds.opml, {len(failing)} failing",
        hint="curate feed list --failing shows why.",
    )


def _posts(desk: Desk) -> Iterator[Check]:
    posts, faults = read_posts(desk.content)
    yield Check(
        name="posts",
        ok=not faults,
        message=f"{len(posts)} readable" + "".join(f"; {fault}" for fault in faults),
        hint="Mend the line it names.",
    )


def _accounts(settings: Settings, config: Path, now: datetime) -> Iterator[Check]:
    for name, account in settings.accounts.items():
        rehearses = account.deliver == "outbox"
        at = standing(config, account)
        who = "rehearses into .curate/outbox" if rehearses else f"{account.network} {account.handle}".strip()
        until = f"; its sign-in {remaining(at.expires_at, now)}" if at.expires_at else ""
        soon = at.expires_at is not None and at.expires_at - now <= SOON
        yield Check(
            name=f"account {name}",
            ok=at.state != "missing" and not soon,
            message=who + until,
            hint=again(name, account),
        )
        version, _, mend = version_ending(name, account, now=now, within=SOON).partition(": ")
        if version:
            yield Check(name=f"account {name}", ok=False, message=version, hint=mend)


def _home(connection: sqlite3.Connection, desk: Desk, config: Path) -> Iterator[Check]:
    reason = home.foreign(connection, desk, config)
    yield Check(name="copy", ok=not reason, message=reason or "this desk is the one that sends", hint=home.ADOPT)


def _shares(connection: sqlite3.Connection) -> Iterator[Check]:
    shares = ledger.list_shares(connection)
    waiting = [share for share in shares if share.state in ("unknown", "held", "missed", "rejected")]
    yield Check(
        name="shares",
        ok=not waiting,
        message=f"{len(shares)} in the ledger, {len(waiting)} waiting for you",
        hint="curate share queue shows each with its reason.",
    )


def _refusals(settings: Settings, connection: sqlite3.Connection) -> Iterator[Check]:
    for name in settings.accounts:
        told = recall(connection, REFUSED.format(name))
        if told:
            yield Check(name=f"account {name}", ok=False, message=told)


def _runner(connection: sqlite3.Connection, now: datetime) -> Iterator[Check]:
    lived = recall(connection, "last-tick")
    due = any(share.state == "approved" for share in ledger.list_shares(connection))
    if not lived:
        yield Check(
            name="runner", ok=not due, message="curate tick has not run yet", hint="Let cron run it every 5 minutes."
        )
        return
    moment = to_moment(int(lived))
    quiet = now - moment > SILENT
    yield Check(
        name="runner",
        ok=not (quiet and due),
        message=f"curate tick last ran on {moment:%d %b %Y %H:%M} UTC",
        hint="Shares wait for it: let cron run curate tick every 5 minutes.",
    )
