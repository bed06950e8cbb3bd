"""Whatever a person plans, a network answers and a crash cuts off: never two posts, none lost.

Hypothesis tries sequences; the database, the ledger, the sender and the networks' own code are the
real ones, and only the wire is short: the servers live in this process.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from curate.desk.db import open_database
from curate.errors import Refused
from curate.shares import ledger, plan
from tests.shares.conftest import a_ledger
from tests.shares.servers import EFFECTS, START, BlueskyServer, MastodonServer, MemoryClient

if TYPE_CHECKING:
    from curate.shares.ledger import Share

URLS = {"mastodon": "http://social.example", "bluesky": "http://pds.example"}
NAMES = st.sampled_from(sorted(URLS))


class Crash(BaseException):
    """The process ends here."""


class Sending(RuleBasedStateMachine):
    """A person, two networks and a runner that may die."""

    @initialize(software=st.sampled_from(["mastodon", "gotosocial"]))
    def start(self, software: str) -> None:
        self.stack = ExitStack()
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.book = self.stack.enter_context(a_ledger(Path(folder)))
        self.now = START
        self.mastodon = MastodonServer(software=software, late=timedelta(minutes=9 if software != "mastodon" else 0.9))
        self.bluesky = BlueskyServer(late=timedelta(minutes=9))
        self.servers = {"mastodon": self.mastodon, "bluesky": self.bluesky}
        self.client = MemoryClient({URLS[name]: server for name, server in self.servers.items()})
        for name, server in self.servers.items():
            handle = "dana" if name == "mastodon" else "dana.test"
            self.book.account(name, name, server=URLS[name], handle=handle, token=server.password)
        self.approved: dict[str, set[str]] = {}
        self.count = 0

    # What a person does

    def _words(self) -> str:
        self.count += 1
        return f"Words number {self.count}"

    @rule(name=NAMES, wait=st.integers(0, 30), approve=st.booleans())
    def plan_share(self, name: str, wait: int, approve: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
        share = self.book.share(name, self._words(), due=self.now + timedelta(minutes=wait), approve=approve)
        if approve:
            self._note(share)

    def _note(self, share: Share) -> None:
        self.approved.setdefault(share.id, set()).add(share.text)

    @rule(pick=st.integers(0, 1000), what=st.sampled_from(["approve", "edit", "cancel", "move"]))
    def change(self, pick: int, what: str) -> None:
        shares = ledger.list_shares(self.book.connection)
        if not shares:
            return
        share = shares[pick % len(shares)]
        try:
            if what == "approve":
                [done] = plan.approve_shares(
                    self.book.desk, self.book.settings, self.book.connection, [share.id], now=self.now
                ).shares
                self._note(done)
            elif what == "edit":
                plan.edit_share(self.book.desk, self.book.settings, self.book.connection, share.id, self._words())
            elif what == "cancel":
                plan.cancel_shares(self.book.connection, [share.id])
            else:
                when = (self.now + timedelta(minutes=10)).isoformat()
                plan.move_share(self.book.settings, self.book.connection, share.id, at=when, now=self.now)
        except Refused:
            pass

    # What the world does

    @rule(name=NAMES, effects=st.lists(st.sampled_from(EFFECTS), min_size=1, max_size=3))
    def trouble(self, name: str, effects: list[str]) -> None:
        self.servers[name].effects += effects

    @rule(minutes=st.sampled_from([0.5, 2, 5, 12, 50, 130]))
    def time_passes(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)
        for server in self.servers.values():
            server.advance(self.now)

    # What the runner does

    @rule(crash_at=st.one_of(st.none(), st.integers(1, 12)), minutes=st.sampled_from([1, 5]))
    def run(self, crash_at: int | None, minutes: int) -> None:
        self.time_passes(minutes)
        steps = 0

        def observe(_step: str, _share: object) -> None:
            nonlocal steps
            steps += 1
            if steps == crash_at:
                raise Crash

        try:
            self.book.send(now=self.now, client=self.client, observe=observe)
        except Crash:
            self.book.connection.close()
            self.book.connection = open_database(self.book.desk)

    # What must hold

    @invariant()
    def no_post_twice_and_none_unapproved(self) -> None:
        if not hasattr(self, "book"):
            return
        shares = {share.id: share for share in ledger.list_shares(self.book.connection)}
        allowed = {text for texts in self.approved.values() for text in texts}
        for server in self.servers.values():
            assert max(Counter(server.posts()).values(), default=0) <= 1
            assert set(server.posts()) <= allowed
        public = {*self.mastodon.posts(), *self.bluesky.posts()}
        for share in shares.values():
            out = [text for text in self.approved.get(share.id, ()) if text in public]
            assert len(out) <= 1, "one share, two posts"
            if share.state == "sent":
                assert out == [share.text]
            if out and not any(server.waiting for server in self.servers.values()):
                assert share.state in ("sent", "unknown", "sending")

    def teardown(self) -> None:
        """End all trouble: then nothing stays unknown, and every share is out or says why not."""
        if not hasattr(self, "book"):
            return
        try:
            for server in self.servers.values():
                server.effects.clear()
            for _ in range(4):
                self.time_passes(50)
                for name in URLS:
                    ledger.release(self.book.connection, name)
                self.book.send(now=self.now, client=self.client)
            self.no_post_twice_and_none_unapproved()
            shares = ledger.list_shares(self.book.connection)
            assert {share.state for share in shares} <= {"draft", "sent", "rejected", "missed", "cancelled"}
            assert all(share.reason for share in shares if share.state in ("rejected", "missed"))
            sent = sorted(share.text for share in shares if share.state == "sent")
            assert sorted([*self.mastodon.posts(), *self.bluesky.posts()]) == sent
        finally:
            self.stack.close()


TestSending = Sending.TestCase
TestSending.settings = settings(
    max_examples=100, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
