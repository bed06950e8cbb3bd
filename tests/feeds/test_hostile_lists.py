"""No list of feeds opens a file, connects anywhere, takes for ever or adds what is no feed of the web."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from curate.errors import Refused
from curate.feeds.opml import export_feeds, import_feeds, read_feeds
from tests.feeds.hostile_lists import hostile_lists

if TYPE_CHECKING:
    from pathlib import Path

EMPTY = b'<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n  <head/>\n  <body>\n  </body>\n</opml>\n'
LOOKED_AT: list[tuple[str, Any]] = []  # what the interpreter was told of while a list was read
WATCHED = {"open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system"}
watching = [False]


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if watching[0] and event in WATCHED:
        LOOKED_AT.append((event, arguments[0]))


sys.addaudithook(_hear)


def test_sixty_hostile_lists_do_nothing_but_be_read_or_refused(tmp_path: Path) -> None:
    path, secret = tmp_path / "feeds.opml", tmp_path / "secret"
    secret.write_text("https://secret.example/", encoding="utf-8")
    path.write_bytes(EMPTY)
    import_feeds(path, EMPTY)  # loads what reading needs, so that only lists are watched
    import_feeds(path, b"<opml><body>&")
    lists = list(hostile_lists(secret))
    assert len(lists) >= 60
    for name, data, most in lists:
        path.write_bytes(EMPTY)
        LOOKED_AT.clear()
        watching[0] = True
        begun = time.process_time()
        try:
            report = import_feeds(path, data)
        except Refused as refusal:
            said = [refusal.hint]
            added = 0
        else:
            said = [reason for _, reason in report.refused]
            added = len(report.added)
        finally:
            watching[0] = False
        assert all(said), name
        assert added <= most, name
        assert added or path.read_bytes() == EMPTY, name
        assert time.process_time() - begun < 30, name
        # The person's own list, and the copy that takes its place; nothing else.
        assert {event for event, _ in LOOKED_AT} <= {"open"}, (name, LOOKED_AT)
        assert all(str(tmp_path) in str(what) or isinstance(what, int) for _, what in LOOKED_AT), (name, LOOKED_AT)
        assert str(secret) not in {str(what) for _, what in LOOKED_AT}, name
        if most < 1_000:
            listed = read_feeds(path)
            text = path.read_text(encoding="utf-8")
            assert all(each.url.startswith(("https://", "http://")) for each in listed), name
            assert not any("<" in each.title or "\u202e" in each.title for each in listed), name
            assert "secret.example" not in text, name
            exported = export_feeds(path)
            path.write_bytes(EMPTY)
            import_feeds(path, exported.encode())
            assert export_feeds(path) == exported, name
