"""What must hold at every day's end, one function each: curate's desk, site and networks against what is true.

Each reads what stands on the disk and on the networks, and takes curate's own word for nothing but what
it shows the person.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from curate.desk.folder import TEMPORARY
from curate.posts.files import read_posts
from curate.site.manifest import MARK, list_files, read_mark
from tests.journeys.world import SITE, body

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.world import World

EARLY, LATE = timedelta(seconds=1), timedelta(seconds=60)
ENDED = {"sent", "rejected", "missed", "unknown", "held", "retry", "handed_over", "cancelled"}
SILENT = {"sent", "cancelled"}  # ends that nobody needs to be told of every day
ACCOUNTS = ("mastodon", "bluesky")
AWAY = ("http:", "https:", "mailto:", "data:")
LINK = re.compile(rb"""(?:href|src)=["']([^"'#?]+)""")


def rows(world: World, query: str) -> list[sqlite3.Row]:
    """Ask the desk's database, reading only."""
    with closing(sqlite3.connect(f"file:{world.desk}/.curate/desk.db?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(query).fetchall()


def nothing_lost(world: World) -> None:
    """I1: all that was acknowledged is there: decisions, notes, tags, posts, shares as they were approved."""
    there = {
        row["id"]: (row["state"], row["note"], tuple(filter(None, row["tags"].split("\n"))))
        for row in rows(
            world,
            "SELECT id, state, coalesce(n.text, '') AS note, coalesce((SELECT group_concat(tag, char(10)) FROM tags"
            " WHERE item = i.number), '') AS tags FROM items i LEFT JOIN notes n ON n.item = i.number",
        )
    }
    lost = {item: said for item, said in world.truth.items.items() if there.get(item) != said}
    assert not lost, f"I1: {lost} of {len(there)} items; there: {[there.get(item) for item in lost]}"
    shares = {row["id"]: (row["account"], row["text"]) for row in rows(world, "SELECT id, account, text FROM shares")}
    missing = [key for key, one in world.truth.shares.items() if shares.get(key) != (one.account, one.text)]
    assert not missing, f"I1: shares {missing}"
    slugs = {post.slug for post in read_posts(world.desk / "content")[0]}
    assert slugs >= world.truth.posts.keys(), f"I1: posts {world.truth.posts.keys() - slugs}"


def at_most_once(world: World) -> None:
    """I2: no words stand twice on a network."""
    for account in ACCOUNTS:
        twice = [text for text, count in Counter(world.texts(account)).items() if count > 1]
        assert not twice, f"I2: twice on {account}: {twice}"


def nothing_dropped(world: World) -> None:
    """I3: each share whose time came has ended, and the person is shown each that did not go out."""
    due = {key for key, one in world.truth.shares.items() if one.due <= world.now}
    states = {row["id"]: row["state"] for row in rows(world, "SELECT id, state FROM shares")}
    open_ = {key: states.get(key) for key in due if states.get(key) not in ENDED}
    assert not open_, f"I3: due and not ended: {open_}"
    waiting = {key for key in due if states[key] not in SILENT}
    shown = {share["id"] for share in world.today()["shares"]["waiting"]}
    assert shown >= waiting, f"I3: not shown: {waiting - shown}"


def sent_is_there(world: World) -> None:
    """I4: what counts as sent stands on the network, under the name that is kept."""
    for account in ACCOUNTS:
        there = {post.remote_id: post.text for post in world.posts(account)}
        query = f"SELECT id, text, remote_id, remote_url FROM shares WHERE state = 'sent' AND account = '{account}'"  # noqa: S608 - ours
        for row in rows(world, query):
            if row["id"] in world.truth.found:  # by the person, who said so
                assert row["remote_url"], f"I4: {row['id']} says nowhere where it is"
                assert row["text"] in there.values(), f"I4: {row['id']} is not on {account}"
            else:
                assert there.get(row["remote_id"]) == row["text"], f"I4: {row['id']} is not on {account}"


def files_are_whole(world: World) -> None:
    """I5: every post reads as the person left it, and nothing half-written lies about."""
    posts, faults = read_posts(world.desk / "content")
    assert not faults, f"I5: {faults}"
    bodies = {post.slug: body(post.path) for post in posts if post.slug in world.truth.posts}
    changed = [slug for slug, body in bodies.items() if body != world.truth.posts[slug]]
    assert not changed, f"I5: not as they were written: {changed}"
    stray = [path for top in (world.desk, world.public) for path in top.rglob(f"{TEMPORARY}*")]
    assert not stray, f"I5: {stray}"


def site_is_one_build(world: World) -> None:
    """I6: what readers find is one complete build, and its links lead somewhere."""
    mark = read_mark(world.public)
    if mark is None:
        assert not world.truth.public, "I6: there is no site"
        return
    names = set(list_files(world.public))
    assert names == mark.files.keys(), f"I6: {names ^ mark.files.keys()}"
    for name, digest in mark.files.items():
        content = (world.public / name).read_bytes()
        assert sha256(content).hexdigest() == digest, f"I6: {name} is of another build"
        if not name.endswith(".html"):
            continue
        for match in LINK.findall(content):
            address = urljoin(f"{SITE}/{name}", match.decode()).removeprefix(f"{SITE}/")
            target = f"{address}index.html" if address.endswith("/") or not address else address
            assert address.startswith(AWAY) or target in names, f"I6: {name} leads to {address}"
    assert (world.public / MARK).is_file()


def database_is_sound(world: World) -> None:
    """I7: SQLite finds nothing wrong."""
    assert [row[0] for row in rows(world, "PRAGMA integrity_check")] == ["ok"], "I7: integrity"
    assert rows(world, "PRAGMA foreign_key_check") == [], "I7: foreign keys"


def only_as_approved(world: World) -> None:
    """I8: every post on a network was approved in exactly these words, and came neither early nor late."""
    approved = {(one.account, one.text): one for one in world.truth.shares.values()}
    for account in ACCOUNTS:
        for post in world.posts(account):
            one = approved.get((account, post.text))
            assert one is not None, f"I8: nobody approved “{post.text}” on {account}"
            assert post.at is not None, f"I8: nobody knows when “{post.text}” came to {account}"
            assert one.due - EARLY <= post.at <= one.due + max(LATE, one.late), (
                f"I8: due {one.due}, on {account} at {post.at}"
            )


def faults_are_overcome(world: World) -> None:
    """I9: everything stands as it would without any fault, but for what the person was asked about."""
    states = {row["id"]: row["state"] for row in rows(world, "SELECT id, state FROM shares")}
    ends = {key: (states[key], one.end) for key, one in world.truth.shares.items() if one.due <= world.now}
    wrong = {key: found for key, found in ends.items() if found[0] != found[1]}
    assert not wrong, f"I9: shares (is, should be): {wrong}"
    lacking = {page for page in world.truth.public if not (world.public / page / "index.html").is_file()}
    assert not lacking, f"I9: readers lack {lacking}"
    still = {page for page in world.truth.down if (world.public / page / "index.html").is_file()}
    assert not still, f"I9: readers still find {still}"


INVARIANTS: tuple[Callable[[World], None], ...] = (
    nothing_lost,
    at_most_once,
    nothing_dropped,
    sent_is_there,
    files_are_whole,
    site_is_one_build,
    database_is_sound,
    only_as_approved,
    faults_are_overcome,
)


def hold(world: World, *, asleep: bool = False) -> None:
    """Hold all of them; while the machine is ``asleep``, those that need no pass to have been made."""
    for invariant in INVARIANTS:
        if not (asleep and invariant in (nothing_dropped, faults_are_overcome)):
            invariant(world)
