"""A backup is whole, proven and without secrets, and days and weeks of them stay."""

from __future__ import annotations

import errno
import gzip
import io
import os
import random
import sqlite3
import tarfile
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from curate.desk import db
from curate.desk.backup import STAMP, create_backup, list_backups, made_at, read_backup, thin_out
from curate.desk.folder import Desk
from curate.errors import CurateError, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 11, 22, 8, 12, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with a little of all it may hold."""
    desk = Desk(tmp_path / "desk")
    files = {
        "curate.toml": "[site]\nname = 'Dana Okafor'\n", "feeds.opml": "<opml/>", "pelicanconf.py": "",
        "publishconf.py": "",
        "content/essays/a.md": "---\ntitle: A\n---\n", "content/Case.md": "1", "content/case.md": "2",
        "content/images/ü.png": "image", "themes/byline/own.css": "p{}", ".curate/typed/note.md": "typed",
        "output/index.html": "built", ".curate/outbox/1.json": "{}", ".curate/locks/x.lock": "", "secret.txt": "mine",
        "content/.curate-tmp-x": "half",
    }  # fmt: skip
    for name, text in files.items():
        (desk.root / name).parent.mkdir(parents=True, exist_ok=True)
        (desk.root / name).write_text(text, encoding="utf-8")
    db.open_database(desk).close()
    return desk


def make(desk: Desk, now: datetime = NOW, target: Path | None = None) -> Path:
    with closing(db.open_database(desk)) as connection:
        return create_backup(desk, connection, now=now, target=target).path


def names(path: Path) -> set[str]:
    with tarfile.open(path) as archive:
        return set(archive.getnames())


def test_a_backup_holds_what_is_the_persons_and_nothing_else(desk: Desk) -> None:
    path = make(desk)
    assert path == desk.private / "backups" / "curate-backup-20261122T081200Z.tar.gz"
    assert names(path) == {
        "curate.toml", "feeds.opml", "pelicanconf.py", "publishconf.py", "content/essays/a.md", "content/Case.md",
        "content/case.md", "content/images/ü.png", "themes/byline/own.css", ".curate/typed/note.md", ".curate/desk.db",
        "manifest.json",
    }  # fmt: skip
    assert path.stat().st_mode & 0o077 == 0
    found = read_backup(path)
    assert (found.at, found.files, found.database, found.left_out) == (NOW, 11, True, ())
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_clock_before_1970_stops_no_backup(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer without a battery may start there; gzip would write the time of its own clock."""
    early = datetime(1969, 6, 1, tzinfo=UTC)
    monkeypatch.setattr("time.time", early.timestamp)
    with closing(db.open_database(desk)) as connection:
        made = create_backup(desk, connection, now=early)
    assert read_backup(made.path).at == early


def test_links_are_left_out_and_named(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.md").write_text("secret", encoding="utf-8")
    (desk.content / "linked").symlink_to(tmp_path / "elsewhere")
    (desk.content / "passwd.md").symlink_to("/etc/passwd")
    (desk.content / "new\nline.md").write_text("x", encoding="utf-8")
    found = read_backup(make(desk))
    assert sorted(found.left_out) == [
        "content/linked (a link)",
        "content/new\nline.md (its name is none that a file should have)",
        "content/passwd.md (a link)",
    ]
    assert found.files == 11


def test_a_backup_is_one_state_while_others_write(desk: Desk) -> None:
    begun, stop = threading.Event(), threading.Event()

    def write() -> None:
        with closing(db.open_database(desk)) as connection:
            number = 0
            while not stop.is_set():
                number += 1
                with db.transaction(connection):
                    for key in ("one", "two"):
                        connection.execute("INSERT OR REPLACE INTO desk VALUES (?, ?)", (key, str(number)))
                begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert begun.wait(60)
    try:
        paths = [make(desk, NOW + timedelta(seconds=second)) for second in range(3)]
    finally:
        stop.set()
        writer.join()
    for path in paths:
        read_backup(path, into=desk.root.parent / path.name)
        with closing(sqlite3.connect(desk.root.parent / path.name / ".curate" / "desk.db")) as connection:
            values = {row[0] for row in connection.execute("SELECT value FROM desk WHERE key IN ('one', 'two')")}
        assert len(values) == 1


def test_a_file_that_is_there_is_never_written_over(desk: Desk, tmp_path: Path) -> None:
    target = tmp_path / "mine.tar.gz"
    target.write_text("mine", encoding="utf-8")
    with pytest.raises(CurateError, match="is there already"):
        make(desk, target=target)
    assert target.read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["desk", "mine.tar.gz"]
    assert make(desk).name != make(desk).name
    assert make(desk, target=tmp_path).parent == tmp_path


def cut(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data))]


def flip(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    changed[dice.randrange(20, len(data) - 8)] ^= 1 << dice.randrange(8)
    return bytes(changed)


def repacked(change: Callable[[str, bytes], tuple[str, bytes] | None]) -> Callable[[bytes, random.Random], bytes]:
    """Write the archive anew with files changed, renamed or left out."""

    def harm(data: bytes, _: random.Random) -> bytes:
        out = io.BytesIO()
        with tarfile.open(fileobj=io.BytesIO(data)) as old, tarfile.open(fileobj=out, mode="w:gz") as new:
            for entry in old:
                content = old.extractfile(entry)
                assert content is not None
                kept = change(entry.name, content.read())
                if kept is not None:
                    entry.name = kept[0]
                    entry.size = len(kept[1])
                    new.addfile(entry, io.BytesIO(kept[1]))
        return out.getvalue()

    return harm


@pytest.mark.parametrize(
    ("harm", "rounds"),
    [
        (cut, 30),
        (flip, 30),
        (repacked(lambda name, data: (name, data + b"!") if name == "curate.toml" else (name, data)), 1),
        (repacked(lambda name, data: None if name == "feeds.opml" else (name, data)), 1),
        (repacked(lambda name, data: None if name == "manifest.json" else (name, data)), 1),
        (repacked(lambda name, data: ("content/../../x", data) if name == "feeds.opml" else (name, data)), 1),
        (repacked(lambda name, data: ("/etc/x", data) if name == "feeds.opml" else (name, data)), 1),
        (repacked(lambda name, data: (".bashrc", data) if name == "feeds.opml" else (name, data)), 1),
        (repacked(lambda name, data: (name, b"[]") if name == "manifest.json" else (name, data)), 1),
        (repacked(lambda name, data: (name, b'{"files": 1, "at": 2}') if name == "manifest.json" else (name, data)), 1),
        (lambda _, dice: dice.randbytes(5_000), 1),
        (lambda _, __: b"", 1),
        (lambda _, __: gzip.compress(b"words" * 1_000), 1),
    ],
)
def test_a_backup_that_is_not_as_it_was_written_is_refused(
    desk: Desk, harm: Callable[[bytes, random.Random], bytes], rounds: int
) -> None:
    path = make(desk)
    good = path.read_bytes()
    dice = random.Random(20261122)  # noqa: S311 - the same damage each time
    into = desk.root.parent / "into"
    for number in range(rounds):
        path.write_bytes(harm(good, dice))
        place = into / str(number)
        place.mkdir(parents=True)
        try:
            read_backup(path, into=place)
        except CurateError as error:
            assert str(path) in error.message  # noqa: PT017 - a changed byte of padding does no harm
        else:
            assert harm is flip
            written = sorted(each.relative_to(place) for each in place.rglob("*") if each.is_file())
            assert len(written) == 11
        assert not (desk.root.parent / "x").exists()
        assert not (into / "x").exists()


def test_a_backup_whose_database_is_foreign_damaged_or_newer_is_refused(desk: Desk) -> None:
    with closing(db.open_database(desk)) as connection:
        connection.execute(f"PRAGMA user_version = {db.newest() + 1}")
        with pytest.raises(Refused, match="made by a newer curate"):
            create_backup(desk, connection, now=NOW)
        connection.execute("PRAGMA application_id = 7")
        with pytest.raises(Refused, match="not curate's"):
            create_backup(desk, connection, now=NOW)
    assert list_backups(desk.private / "backups") == []


def test_of_a_year_of_backups_seven_days_and_four_weeks_stay(tmp_path: Path) -> None:
    other = tmp_path / "before-schema-4.db"
    other.touch()
    for day in range(365):
        now = NOW + timedelta(days=day)
        (tmp_path / f"curate-backup-{now:%Y%m%dT%H%M%S}Z.tar.gz").touch()
        thin_out(tmp_path, now=now)
    ages = [(now - made_at(path)).days for path in list_backups(tmp_path)]
    assert ages[:7] == [0, 1, 2, 3, 4, 5, 6]
    weeks = {made_at(path).isocalendar()[:2] for path in list_backups(tmp_path)}
    assert len(weeks) == 4
    assert len(ages) <= 11
    assert other.exists()


def test_what_a_killed_backup_left_behind_stops_none_and_goes_after_a_day(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / ".curate-tmp-kept.tar.gz").write_bytes(b"half")
    assert make(desk, target=tmp_path / "kept.tar.gz").exists()
    folder = desk.private / "backups"
    left = folder / ".curate-tmp-killed"
    left.mkdir(parents=True)
    (left / "desk.db").write_bytes(b"half")
    written = NOW.timestamp()
    os.utime(left, (written, written))
    thin_out(folder, now=NOW + timedelta(hours=1))
    assert left.exists(), "it may be under way"
    thin_out(folder, now=NOW + timedelta(hours=25))
    assert not left.exists()


def test_what_another_pass_deletes_meanwhile_is_not_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left, stays = tmp_path / ".curate-tmp-a", tmp_path / ".curate-tmp-b"
    for folder in (left, stays):
        folder.mkdir()
        os.utime(folder, (0, 0))
    real = Path.glob

    def overtaken(folder: Path, pattern: str) -> list[Path]:
        found = sorted(real(folder, pattern))
        left.rmdir()
        return found

    monkeypatch.setattr(Path, "glob", overtaken)
    assert thin_out(tmp_path, now=NOW) == []
    assert not stays.exists()


def test_a_disk_without_hard_links_takes_backups(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)  # as FAT does, which most sticks have
    path = make(desk, target=tmp_path / "stick.tar.gz")
    assert read_backup(path).database
    with pytest.raises(CurateError, match="there already"):
        make(desk, target=path)


def test_backups_of_today_and_of_days_long_ago_stay(tmp_path: Path) -> None:
    ages = [0, 1, 2, 3, 24 * 40, 24 * 40 + 1, 24 * 90, 24 * 400]
    paths = [tmp_path / f"curate-backup-{NOW - timedelta(hours=age):%Y%m%dT%H%M%S}Z.tar.gz" for age in ages]
    for path in paths:
        path.touch()
    gone = thin_out(tmp_path, now=NOW)
    assert gone == [paths[5]]


def test_backups_dated_ahead_by_a_wrong_clock_crowd_out_none_and_stay(tmp_path: Path) -> None:
    ahead = [tmp_path / f"curate-backup-{NOW + timedelta(days=1800 + 7 * week):{STAMP}}Z.tar.gz" for week in range(12)]
    real = [tmp_path / f"curate-backup-{NOW - timedelta(days=day):{STAMP}}Z.tar.gz" for day in range(7)]
    older = tmp_path / f"curate-backup-{NOW - timedelta(days=7 * 3):{STAMP}}Z.tar.gz"
    for path in (*ahead, *real, older):
        path.touch()
    assert thin_out(tmp_path, now=NOW) == []
    assert thin_out(tmp_path, now=datetime(1970, 1, 2, tzinfo=UTC)) == []
    late = NOW + timedelta(days=1800 + 7 * 12)  # in the end their dates come true
    assert set(ahead) & set(thin_out(tmp_path, now=late))
