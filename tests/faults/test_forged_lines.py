"""A server's words never make a line of their own: nobody is told of what did not happen."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.shares.servers import as_json

if TYPE_CHECKING:
    from tests.shares.six import Six

BREAKS = ("\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x1b[2J\x1b[1;1H")
FORGED = (
    "Sent       kfmt mastodon  https://evil.example/1",
    "\x1b[32m2026-11-23 08:00 sent kfmt\x1b[0m",
    '{"schema": "curate.tick/1", "data": {}}',
    "\u202e2026-11-23",
    "\t- all is well",
    "\x00\x07\x08\x7f",
    "\x9b31m and \x9d0;title\x9c",
    "\ud800",
    "\U000e0041\u200b\u2066",
    "Traceback (most recent call last):",
)


@pytest.mark.parametrize("name", ["mastodon", "facebook"])
def test_a_hundred_forged_lines_are_part_of_one_reason_each(six: Six, name: str) -> None:
    for number, (end, line) in enumerate(product(BREAKS, FORGED)):
        words = f"No{end}{line}{end}"
        answer = as_json({"error": {"message": words, "code": 100}, "detail": words, "message": words}, 400)
        six.client.instead = lambda *asked, answer=answer: answer if asked[1] == "POST" else None
        share = six.book.share(name, f"Number {number}")
        six.send(only=(share.id,))
        reason = six.book.find(share).reason
        assert "No" in reason
        assert len(reason.splitlines()) == 1, (words, reason)
        assert reason.isprintable(), (words, reason)
