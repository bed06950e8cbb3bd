"""A desk put back from a backup is as it was, loses nothing, and sends nothing that may be out."""

from __future__ import annotations

import errno
import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from curate.desk import db
from curate.desk.backup import create_backup, list_backups, read_backup
from curate.desk.folder import Desk
from curate.desk.locks import hold
from curate.errors import Conflict, Refused, UsageError
from curate.presence import restore as restoring
from curate.presence.restore import newest_good, restore
from curate.shares import home, ledger
from tests.presence.test_tick import LATER, NOON, ready_share
from tests.shares.conftest import Ledger, a_ledger
from tests.shares.facebook_server import FacebookServer
from tests.shares.servers import START, BlueskyServer, MastodonServer, MemoryClient, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curate.shares.ledger import Share
    from tests.conftest import Curate

SERVER = "https://social.example"
HOUR = timedelta(hours=1)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    with a_ledger(tmp_path) as ledger:
        yield ledger


@pytest.fixture
def server(book: Ledger) -> MastodonServer:
    """A server with an account of the desk's."""
    server = MastodonServer()
    book.account("mastodon", server=SERVER, handle="dana", token=server.password)
    home.settle(book.connection, book.desk, book.config)
    (book.desk.root / "curate.toml").touch()
    return server


def put_back(book: Ledger, path: Path, at: Any = START) -> int:
    """Restore the desk and open it again; return how many shares became unknown."""
    book.connection.close()
    done = restore(book.desk, path, now=at, config=book.config)
    book.connection = db.open_database(book.desk)
    return done.unknown


def test_a_share_sent_since_the_backup_is_unknown_and_never_sent_again(book: Ledger, server: MastodonServer) -> None:
    share = book.share()
    path = create_backup(book.desk, book.connection, now=START).path
    book.send(client=MemoryClient({SERVER: server}))
    assert len(server.posts()) == 1
    assert put_back(book, path, START + HOUR) == 1
    assert book.find(share).state == "unknown"
    assert "backup" in book.find(share).reason
    with pytest.raises(Refused, match="older than what was sent"):
        book.send(now=START + HOUR, client=MemoryClient({SERVER: server}))
    home.adopt(book.connection, book.desk, book.config, now=START + HOUR)
    for hours in (1, 2, 48):
        book.send(now=START + hours * HOUR, client=MemoryClient({SERVER: server}))
    assert len(server.posts()) == 1
    found = book.find(share)
    assert (found.state, found.remote_id, found.sent_at) == ("sent", "1000", START)
    assert found.remote_url == "https://social.example/@dana/1000"


PDS = "https://pds.example"


@pytest.fixture(params=["mastodon", "bluesky"])
def asked(request: pytest.FixtureRequest, book: Ledger) -> Server:
    """A server that can be searched, with an account of the desk's."""
    server: Server = MastodonServer() if request.param == "mastodon" else BlueskyServer()
    address, handle = (SERVER, "dana") if request.param == "mastodon" else (PDS, "dana.test")
    book.account(request.param, request.param, server=address, handle=handle, token=server.password)
    home.settle(book.connection, book.desk, book.config)
    (book.desk.root / "curate.toml").touch()
    return server


def planned(book: Ledger, **more: Any) -> Share:
    """Plan a share on the only account."""
    return book.share(next(iter(book.settings.accounts)), **more)


def passes(book: Ledger, server: Server, *minutes: float) -> list[str]:
    """Let passes be made, minutes after START; return in which state each left the only share."""
    states = []
    for after in minutes:
        server.now = START + timedelta(minutes=after)
        book.send(now=server.now, client=MemoryClient({SERVER: server, PDS: server}))
        states.append(ledger.list_shares(book.connection)[0].state)
    return states


def lost(book: Ledger, server: Server, share: Share, minutes: float, *, sends: bool) -> None:
    """Put the desk back so many minutes after START, from a backup made just before a pass which sends or does not."""
    server.now = START
    path = create_backup(book.desk, book.connection, now=START).path
    if sends:
        book.send(client=MemoryClient({SERVER: server, PDS: server}))
        assert len(server.posts()) == 1
    assert put_back(book, path, START + timedelta(minutes=minutes)) == 1
    home.adopt(book.connection, book.desk, book.config, now=START + timedelta(minutes=minutes))
    assert book.find(share).state == "unknown"


def test_what_is_out_on_no_record_is_found_by_its_words(book: Ledger, asked: Server) -> None:
    share = planned(book)
    lost(book, asked, share, 2, sends=True)
    assert passes(book, asked, 3, 20, 300) == ["sent"] * 3
    assert len(asked.posts()) == 1
    assert book.find(share).remote_id


def test_what_is_not_out_is_sent_once_nothing_can_be_under_way_any_more(book: Ledger, asked: Server) -> None:
    share = planned(book)
    lost(book, asked, share, 2, sends=False)
    assert passes(book, asked, 3, 11.9, 12, 30) == ["unknown", "unknown", "sent", "sent"]
    assert len(asked.posts()) == 1


def test_what_is_not_out_and_late_asks(book: Ledger, asked: Server) -> None:
    lost(book, asked, planned(book), 170, sends=False)
    assert passes(book, asked, 181) == ["missed"]
    assert asked.posts() == []


def test_what_went_out_in_other_words_is_left_to_the_person(book: Ledger, asked: Server) -> None:
    share = planned(book)
    path = create_backup(book.desk, book.connection, now=START).path
    changed = ledger.set_text(book.connection, share, f"Other words.\n\n{share.link}")
    ledger.set_approved(book.connection, changed, now=START)
    asked.now = START
    book.send(client=MemoryClient({SERVER: asked, PDS: asked}))
    put_back(book, path, START + HOUR)
    home.adopt(book.connection, book.desk, book.config, now=START + HOUR)
    assert passes(book, asked, 61, 75, 300) == ["unknown"] * 3
    assert "look yourself" in book.find(share).reason
    assert len(asked.posts()) == 1


def test_one_whose_time_has_not_come_waits_for_it_again(book: Ledger, asked: Server) -> None:
    share = planned(book, due=START + 2 * HOUR)
    witnessed = planned(book, link="https://dana.example/2026/other/")
    path = create_backup(book.desk, book.connection, now=START).path
    asked.now = START
    book.pages.add(witnessed.link)
    book.send(client=MemoryClient({SERVER: asked, PDS: asked}))
    assert put_back(book, path, START + timedelta(minutes=5)) == 2
    home.adopt(book.connection, book.desk, book.config, now=START + timedelta(minutes=5))
    passes(book, asked, 16)
    assert (book.find(witnessed).state, book.find(share).state) == ("sent", "approved")
    assert len(asked.posts()) == 1
    passes(book, asked, 120)
    assert book.find(share).state == "sent"
    assert len(asked.posts()) == 2


def test_a_try_that_is_on_record_does_not_hide_a_later_one_that_is_not(book: Ledger, asked: Server) -> None:
    share = planned(book)
    asked.effects.append("drop before")
    asked.now = START
    book.send(client=MemoryClient({SERVER: asked, PDS: asked}))
    assert book.find(share).state == "unknown"
    path = create_backup(book.desk, book.connection, now=START).path
    later = ledger.set_text(book.connection, book.find(share), share.text)
    ledger.set_approved(book.connection, later, now=START)
    assert passes(book, asked, 20) == ["sent"]
    put_back(book, path, START + HOUR)
    home.adopt(book.connection, book.desk, book.config, now=START + HOUR)
    assert passes(book, asked, 61, 80) == ["sent"] * 2
    assert len(asked.posts()) == 1


def test_one_whose_time_has_not_come_is_doubtful_only_when_something_went_out(
    book: Ledger, server: MastodonServer
) -> None:
    first = book.share()
    later = book.share(due=START + 48 * HOUR)
    path = create_backup(book.desk, book.connection, now=START - HOUR).path
    assert put_back(book, path, START - HOUR) == 0
    assert {book.find(share).state for share in (first, later)} == {"approved"}
    book.send(client=MemoryClient({SERVER: server}))
    assert put_back(book, path, START + HOUR) == 2
    assert {book.find(share).state for share in (first, later)} == {"unknown"}


def test_one_whose_time_has_not_come_is_doubtful_where_nobody_knows_what_went_out(book: Ledger, asked: Server) -> None:
    share = planned(book, due=START + 48 * HOUR)
    path = create_backup(book.desk, book.connection, now=START - HOUR).path
    asked.now = START
    book.send(only=(share.id,), client=MemoryClient({SERVER: asked, PDS: asked}))
    for known in (book.config / "desks").iterdir():  # which another machine has not
        known.unlink()
    assert put_back(book, path, START + HOUR) == 1
    home.adopt(book.connection, book.desk, book.config, now=START + HOUR)
    assert passes(book, asked, 75, 48 * 60) == ["sent"] * 2
    assert len(asked.posts()) == 1


def test_a_draft_that_was_approved_and_sent_since_the_backup_is_found(book: Ledger, asked: Server) -> None:
    share = planned(book)
    draft = ledger.set_text(book.connection, share, share.text)
    path = create_backup(book.desk, book.connection, now=START).path
    ledger.set_approved(book.connection, draft, now=START)
    assert passes(book, asked, 1) == ["sent"]
    assert put_back(book, path, START + timedelta(minutes=5)) == 1
    home.adopt(book.connection, book.desk, book.config, now=START + timedelta(minutes=5))
    assert passes(book, asked, 16) == ["sent"]
    assert len(asked.posts()) == 1


def test_a_draft_and_a_missed_share_that_are_not_out_are_again_what_they_were(book: Ledger, asked: Server) -> None:
    late, draft = planned(book), planned(book, link="https://dana.example/2026/b/", text="B", due=START + 48 * HOUR)
    other = planned(book, link="https://dana.example/2026/c/", text="C")
    late = ledger.set_aside(book.connection, late, "missed", "late")
    draft = ledger.set_text(book.connection, draft, draft.text)
    path = create_backup(book.desk, book.connection, now=START).path
    book.pages.add(other.link)
    passes(book, asked, 1)
    assert put_back(book, path, START + 3 * HOUR) == 3
    home.adopt(book.connection, book.desk, book.config, now=START + 3 * HOUR)
    passes(book, asked, 195, 50 * 60)
    assert [book.find(each).state for each in (late, draft, other)] == ["missed", "draft", "sent"]
    assert len(asked.posts()) == 1


def test_a_backup_that_is_dated_ahead_hides_nothing_that_went_out(book: Ledger) -> None:
    page = FacebookServer(now=START)
    book.account("facebook", "facebook", server=SERVER, handle="1001", token=page.password)
    home.settle(book.connection, book.desk, book.config)
    (book.desk.root / "curate.toml").touch()
    share = planned(book, due=START + 48 * HOUR)
    path = create_backup(book.desk, book.connection, now=START + 9000 * HOUR).path
    book.send(only=(share.id,), client=MemoryClient({SERVER: page}))
    assert put_back(book, path, START + HOUR) == 1
    home.adopt(book.connection, book.desk, book.config, now=START + HOUR)
    assert passes(book, page, 75, 48 * 60) == ["sent"] * 2
    assert len(page.posts()) == 1


def test_what_was_being_sent_when_the_backup_was_made_is_unknown(book: Ledger, server: MastodonServer) -> None:
    share = book.share()
    ledger.begin(book.connection, book.find(share), via="x", key="k", minted_at=START, payload="{}", now=START)
    path = create_backup(book.desk, book.connection, now=START).path
    put_back(book, path, START)
    assert book.find(share).state == "unknown"
    assert server.posts() == []


def everything(desk: Path) -> dict[str, bytes]:
    """Return the files of a desk, .curate/ and what is built apart."""
    files = (path for path in desk.rglob("*") if path.is_file())
    return {
        name: path.read_bytes()
        for path in files
        if not (name := path.relative_to(desk).as_posix()).startswith((".curate/", "output/"))
    }


def test_a_backup_that_goes_while_they_are_listed_is_left_out(curate: Curate, desk: Path) -> None:
    made = curate("-C", desk, "backup", "create", "--json").data
    (desk / ".curate" / "backups" / "curate-backup-20261101T080000Z.tar.gz").symlink_to(desk / "gone")
    assert [row["path"] for row in curate("-C", desk, "backup", "list", "--json").data] == [made["path"]]


def test_a_restored_desk_is_as_it_was_and_what_was_there_is_in_a_backup(curate: Curate, desk: Path) -> None:
    curate("-C", desk, "import", _urls(desk, "https://quiet.example/a On calm"))
    before, items = everything(desk), curate("-C", desk, "item", "list", "--state", "all", "--json").data
    made = curate("-C", desk, "backup", "create", "--json").data
    curate("-C", desk, "import", _urls(desk, "https://quiet.example/b On nights"))
    (desk / "content" / "pages" / "about.md").unlink()
    (desk / "content" / "pages" / "later.md").write_text("---\ntitle: Later\n---\n", encoding="utf-8")
    curate("-C", desk, "config", "set", "site.url", "https://other.example")
    since = everything(desk)
    done = curate("-C", desk, "backup", "restore", made["path"], "--yes", "--json").data
    assert (done["unknown"], done["sends"], done["damaged"]) == (0, True, None)
    assert everything(desk) == before
    assert curate("-C", desk, "item", "list", "--state", "all", "--json").data == items
    curate("-C", desk, "backup", "restore", done["before"], "--yes")
    assert everything(desk) == since
    assert len(curate("-C", desk, "item", "list", "--state", "all", "--json").data) == 2
    assert not [path for path in (desk / ".curate").iterdir() if path.name.startswith(".curate-tmp-")]


def test_it_goes_into_an_empty_folder_and_sends_nothing_from_there(curate: Curate, desk: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    share = ready_share(curate, desk)
    made = curate("-C", desk, "backup", "create", tmp_path / "kept.tar.gz", "--json", *NOON).data
    shutil.rmtree(desk)
    done = curate("-C", tmp_path, "backup", "restore", made["path"], "--to", new, "--json", *LATER).data
    assert (done["unknown"], done["sends"], done["before"]) == (1, False, None)
    refused = curate("-C", new, "tick", *LATER, expect=5)
    assert "doctor --adopt" in refused.err
    curate("-C", new, "doctor", "--adopt", "--yes", *LATER, expect=None)
    assert curate("-C", new, "tick", "--json", *LATER, expect=5).data["sent"] == []
    [row] = [row for row in curate("-C", new, "share", "queue", "--json", *LATER).data if row["id"] == share]
    assert row["state"] == "unknown"


def test_a_folder_that_is_neither_a_desk_nor_empty_is_left_alone(desk: Path, tmp_path: Path) -> None:
    with closing(db.open_database(Desk(desk))) as connection:
        path = create_backup(Desk(desk), connection, now=START).path
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(UsageError, match="neither a desk nor empty"):
        restore(Desk(other), path, now=START, config=tmp_path)
    assert [each.name for each in other.iterdir()] == ["thesis.txt"]


def test_links_are_not_followed_out_of_the_desk(desk: Path, tmp_path: Path) -> None:
    with closing(db.open_database(Desk(desk))) as connection:
        path = create_backup(Desk(desk), connection, now=START, target=tmp_path / "b.tar.gz").path
    outside = tmp_path / "outside"
    shutil.move(desk / "content", outside)
    (desk / "content").symlink_to(outside)
    before = everything(outside)
    (desk / "feeds.opml").unlink()
    (desk / "feeds.opml").symlink_to(tmp_path / "elsewhere.opml")
    restore(Desk(desk), path, now=START, config=tmp_path)
    assert everything(outside) == before
    assert not (tmp_path / "elsewhere.opml").exists()
    assert not (desk / "content").is_symlink()
    shutil.move(desk / ".curate", tmp_path / "private")
    (desk / ".curate").symlink_to(tmp_path / "private")
    with pytest.raises(Refused, match="is a link"):
        restore(Desk(desk), path, now=START, config=tmp_path)


def test_what_no_backup_holds_stays_or_is_kept_aside(curate: Curate, desk: Path, tmp_path: Path) -> None:
    (desk / "content" / "images").mkdir(exist_ok=True)
    made = curate("-C", desk, "backup", "create", "--json").data
    photos = tmp_path / "photos"
    photos.mkdir()
    (desk / "content" / "images" / "big").symlink_to(photos)
    (desk / "content" / ".git").mkdir()
    (desk / "content" / ".git" / "HEAD").write_text("years of history", encoding="utf-8")
    (desk / "content" / "later").mkdir()
    (desk / "content" / "later" / "link.md").symlink_to(photos)
    told = curate("-C", desk, "backup", "create")
    assert "content/.git (a repository of its own)" in told.err
    done = curate("-C", desk, "backup", "restore", made["path"], "--yes", "--json").data
    assert (desk / "content" / ".git" / "HEAD").read_text(encoding="utf-8") == "years of history"
    assert not (desk / "content" / "later").exists()
    kept = desk / ".curate" / done["replaced"].rpartition("/")[2]
    assert (kept / "old-1" / "content" / "later" / "link.md").readlink() == photos
    again = curate("-C", desk, "backup", "restore", made["path"], "--yes", "--json").data
    assert again["replaced"] is None, "all that is there is in a backup or stayed"


def test_a_restore_that_was_cut_off_stops_every_command_until_it_is_finished(
    curate: Curate, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    curate("-C", desk, "import", _urls(desk, "https://quiet.example/a On calm"))
    made = curate("-C", desk, "backup", "create", "--json").data
    before = everything(desk)
    items = curate("-C", desk, "item", "list", "--state", "all", "--json").data
    (desk / "content" / "pages" / "about.md").unlink()
    (desk / "feeds.opml").write_text("<opml/>", encoding="utf-8")
    rename = Path.rename

    def full(self: Path, target: Path) -> Path:
        if self.name == "feeds.opml":
            raise OSError(errno.ENOSPC, "No space left on device")
        return rename(self, target)

    with monkeypatch.context() as disk:
        disk.setattr(Path, "rename", full)
        refused = curate("-C", desk, "backup", "restore", made["path"], "--yes", expect=1)
    assert "The disk is full" in refused.err
    assert "curate backup restore goes on with it" in refused.err
    for command in (["today"], ["tick"], ["site", "build"], ["post", "list"], ["doctor"], ["backup", "create"]):
        said = curate("-C", desk / "content", *command, expect=6)
        assert "was cut off" in said.err
        assert "To go on: curate backup restore" in said.err
    (desk / "feeds.opml").unlink(missing_ok=True)
    (desk / "feeds.opml").write_text("<opml>made meanwhile</opml>", encoding="utf-8")
    assert "Would go on" in curate("-C", desk, "backup", "restore", "--dry-run").out
    done = curate("-C", desk, "backup", "restore")
    assert f"What was there is in {desk}" in done.out
    assert everything(desk) == before
    assert curate("-C", desk, "item", "list", "--state", "all", "--json").data == items


def test_a_damaged_database_is_kept_aside_and_the_newest_sound_backup_takes_its_place(
    curate: Curate, desk: Path
) -> None:
    curate("-C", desk, "import", _urls(desk, "https://quiet.example/a On calm"))
    items = curate("-C", desk, "item", "list", "--state", "all", "--json").data
    curate("-C", desk, "backup", "create")
    broken = desk / ".curate" / "backups" / "curate-backup-20261123T000000Z.tar.gz"
    broken.write_bytes(b"half a file")
    database = desk / ".curate" / "desk.db"
    database.write_bytes(b"damage" * 2_000)
    refused = curate("-C", desk, "today", expect=1)
    assert "curate backup restore" in refused.err
    assert curate("-C", desk, "backup", "verify", expect=3).out.count("sound  ") == 1
    for _ in range(2):  # the second time over a sound one
        done = curate("-C", desk, "backup", "restore", "--yes", "--json").data
        assert curate("-C", desk, "item", "list", "--state", "all", "--json").data == items
    assert done["damaged"] is None
    [aside] = (desk / ".curate").glob("damaged-*")
    assert (aside / "desk.db").read_bytes() == b"damage" * 2_000
    database.unlink()
    assert "curate backup restore" in curate("-C", desk, "today", expect=1).err
    curate("-C", desk, "backup", "restore", "--yes")
    assert curate("-C", desk, "item", "list", "--state", "all", "--json").data == items


def test_nobody_replaces_a_desk_by_accident(curate: Curate, desk: Path) -> None:
    assert "There is no sound backup" in curate("-C", desk, "backup", "restore", "--yes", expect=3).err
    curate("-C", desk, "backup", "create")
    before = everything(desk)
    assert "--yes" in curate("-C", desk, "backup", "restore", expect=2).err
    assert "Would put back" in curate("-C", desk, "backup", "restore", "--dry-run").out
    assert everything(desk) == before
    [only] = list_backups(desk / ".curate" / "backups")
    assert newest_good(Desk(desk), now=START) == only
    curate("-C", desk, "backup", "create", "--now", "2031-01-01T00:00:00Z")  # while the clock was wrong
    assert newest_good(Desk(desk), now=START) == only


@pytest.mark.parametrize("purpose", ["tick", "send", "fetch", "publish", "build"])
def test_nothing_is_restored_while_another_curate_is_at_work(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, purpose: str
) -> None:
    with closing(db.open_database(Desk(desk))) as connection:
        path = create_backup(Desk(desk), connection, now=START).path
    monkeypatch.setattr(restoring, "PATIENCE", 0.0)
    before = everything(desk)
    with hold(Desk(desk), purpose), pytest.raises(Conflict, match=f"busy with {purpose}"):
        restore(Desk(desk), path, now=START, config=tmp_path)
    assert everything(desk) == before
    assert list_backups(desk / ".curate" / "backups") == [path]


def test_tick_backs_up_once_a_day_and_says_when_it_cannot(curate: Curate, desk: Path) -> None:
    folder = desk / ".curate" / "backups"
    first = curate("-C", desk, "tick", "--json", "--now", "2026-11-22T08:12:00+00:00").data["backup"]
    assert [str(path) for path in list_backups(folder)] == [first]
    assert read_backup(folder / first.rpartition("/")[2]).database
    assert curate("-C", desk, "tick", "--json", "--now", "2026-11-22T20:00:00+00:00").data["backup"] is None
    for day in range(23, 30):
        curate("-C", desk, "tick", "--now", f"2026-11-{day}T09:00:00+00:00")
    for day in range(1, 31):
        curate("-C", desk, "tick", "--now", f"2026-12-{day:02}T10:00:00+00:00")
    kept = list_backups(folder)
    assert 7 <= len(kept) <= 11
    shutil.rmtree(folder)
    folder.write_text("in the way", encoding="utf-8")
    told = curate("-C", desk, "tick", "--now", "2027-01-02T09:00:00+00:00")
    assert "No backup was made" in told.err
    assert (
        "No backup" not in curate("-C", desk, "tick", "--now", "2027-01-02T09:05:00+00:00").err
    )  # not every 5 minutes
    assert "No backup was made" in curate("-C", desk, "tick", "--now", "2027-01-02T10:01:00+00:00").err


def test_the_pass_makes_no_backup_of_a_desk_whose_posts_are_gone(curate: Curate, desk: Path) -> None:
    curate("-C", desk, "tick", "--no-fetch", "--now", "2027-01-02T09:00:00+00:00")
    good = list((desk / ".curate/backups").iterdir())
    shutil.move(desk / "content", desk / "gone")
    late = "2027-01-04T09:00:00+00:00"
    told = curate("-C", desk, "tick", "--no-send", "--no-fetch", "--now", late, expect=5)
    assert "No backup was made" in told.err
    assert "curate backup list" in told.err
    assert list((desk / ".curate/backups").iterdir()) == good


def _urls(desk: Path, text: str) -> Path:
    path = desk.parent / "urls.txt"
    path.write_text(text, encoding="utf-8")
    return path
