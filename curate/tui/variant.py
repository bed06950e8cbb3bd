"""One text for one account while it is written: how long it is, what stands against it, and how it is saved.

Saving goes through ``curate.shares.plan``; what is typed and not saved lies in .curate/typed/. Must not
know Textual, nor the clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from curate.desk.db import transaction
from curate.errors import Conflict, CurateError
from curate.shares import aside, ledger, plan
from curate.shares.check import Check, check_share
from curate.shares.compose import Limits, Measure, angles, document, limits_of, measure, tagged, wire_text
from curate.shares.ledger import Share
from curate.shares.limits import moment
from curate.shares.slots import read_zone

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime
    from pathlib import Path

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings

TIMED = ("again", "pace")  # rules that depend on when a share goes out


@dataclass(kw_only=True)
class Variant:
    """A text for ``account`` about ``post``; ``share`` is None until it is planned, and then as it was last read.

    ``at`` is when a share is meant that is not planned yet, ISO 8601 or ``next``.
    """

    desk: Desk
    settings: Settings
    connection: sqlite3.Connection
    account: str
    post: str
    title: str
    link: str
    share: Share | None = None
    at: str = "next"
    siblings: list[Share] = field(default_factory=list)  # the post's other shares, by account and time

    @classmethod
    def of(cls, desk: Desk, settings: Settings, connection: sqlite3.Connection, share: Share) -> Variant:
        """Return the text of a share that is planned, to be changed."""
        return cls(
            desk=desk, settings=settings, connection=connection, account=share.account, post=share.post,
            title=share.title, link=share.link, share=share,
        )  # fmt: skip

    @property
    def stored(self) -> str:
        """The words as they are saved."""
        return self.share.text if self.share else ""

    @property
    def limits(self) -> Limits:
        """How the account's network measures."""
        account = self.settings.accounts.get(self.account)
        if account is None:
            return limits_of(self.share.network) if self.share else Limits()
        return limits_of(account.network, account.characters)

    @property
    def when(self) -> str:
        """Say when it is meant to go out, and what stands in its way."""
        if self.share is None:
            return "not planned yet; saving it takes the account's next free slot"
        zone = read_zone(self.settings.site.timezone)
        local = moment(self.share).astimezone(zone)
        return f"{local:%a} {local.day} {local:%b %H:%M} {zone.key}, {self.share.state.replace('_', ' ')}"

    @property
    def prompts(self) -> tuple[str, ...]:
        """Questions for an angle."""
        network = self.settings.accounts[self.account].network if self.account in self.settings.accounts else ""
        return angles({self.account: network}, self.settings.writing.prompts)[self.account] if network else ()

    def wire(self, words: str) -> str:
        """Return the words as they would go out. Raises Refused when there are none."""
        account = self.settings.accounts.get(self.account)
        going = tagged(self.link, account.network) if account and self.settings.shares.utm else ""
        return wire_text(words, self.link, going)

    def measured(self, words: str) -> Measure:
        """Measure the words as they would go out, the link among them."""
        try:
            return measure(self.wire(words), self.limits)
        except CurateError:  # no words yet
            return measure(words.strip(), self.limits)

    def look(self) -> None:
        """Read the post's other shares, which stand beside the text."""
        mine = self.share.id if self.share else ""
        order = list(self.settings.accounts)
        shares = [one for one in ledger.list_shares(self.connection, post=self.post) if one.id != mine]
        found = [one for one in shares if one.state != "cancelled"]
        self.siblings = sorted(found, key=lambda one: (_place(order, one.account), one.due_at))

    def following(self) -> Share | None:
        """Return the post's next share whose words may be changed, round the end; None when there is none."""
        order = list(self.settings.accounts)
        mine = (_place(order, self.account), self.share.due_at.timestamp() if self.share else 0.0)
        shares = [one for one in self.siblings if one.state in plan.CHANGEABLE]
        after = [one for one in shares if (_place(order, one.account), one.due_at.timestamp()) > mine]
        return next(iter(after or shares), None)

    def checks(self, words: str, *, now: datetime) -> list[Check]:
        """Return what every rule says to these words; with what is to be done on this screen, not by a command."""
        try:
            text = self.wire(words)
        except CurateError as error:
            return [Check("words", ok=False, words=error.message)]
        share = self._draft(text, now) if self.share is None else replace(self.share, text=text)
        checked = check_share(self.desk, self.settings, self.connection, share, now=now)
        command = f" curate share edit {share.id}"
        return [
            replace(one, words=one.words.replace(f":{command}", ".").replace(command, ""))
            for one in checked.checks
            if self.share or one.name not in TIMED
        ]

    def _draft(self, text: str, now: datetime) -> Share:
        """Return what would be planned, but for its time."""
        return Share(
            number=0, id="", post=self.post, link=self.link, title=self.title, summary="", account=self.account,
            network=self.settings.accounts[self.account].network, text=text, state="draft", due_at=now, wall="",
            zone="", created_at=now, approved_at=None, seal="", not_before=now, sent_at=None, remote_id="",
            remote_url="", reason="",
        )  # fmt: skip

    # What is typed and not saved

    @property
    def file(self) -> Path:
        """Where the words lie while they are not saved."""
        if self.share:
            return aside.aside_file(self.desk, share_id=self.share.id)
        return aside.aside_file(self.desk, post=self.post, account=self.account)

    @property
    def head(self) -> str:
        """What stands above the words in that file."""
        return document(self.title, "", self.link, {self.account: self.limits})

    def kept(self) -> str | None:
        """Return the words that were typed before and not saved; None when there are none. Raises CurateError."""
        return aside.kept_words(self.file, self.head)

    def keep(self, words: str) -> None:
        """Keep the words on the disk, unless they are those that are saved. Raises CurateError."""
        if self.unsaved(words):
            aside.keep_words(self.file, self.head, words)
        else:
            aside.drop_words(self.file)

    def write_down(self, words: str) -> None:
        """Put the words into the file for an editor, whatever they are. Raises CurateError."""
        aside.keep_words(self.file, self.head, words)

    def unsaved(self, words: str) -> bool:
        """Say whether there are words that would be saved as something else than what is."""
        try:
            return self.wire(words) != self.stored
        except CurateError:  # no words
            return False

    # Saving

    def save(self, words: str, *, now: datetime) -> str:
        """Save the words as a draft; say what became of it.

        Raises Refused, Unknown, UsageError; Conflict when they were changed elsewhere, and then the same once
        more puts these in their place. Until it returns the words lie in the file.
        """
        self.keep(words)
        file = self.file
        if self.share is None:
            done = plan.plan_shares(
                self.desk, self.settings, self.connection, self.post, {self.account: words}, at=self.at, now=now
            )
            self.share = done.shares[0]
            said = " ".join([f"planned as {self.share.id}.", *done.warnings])
        else:
            said = self._save_changed(self.share, words)
        aside.drop_words(file)
        return said

    def _save_changed(self, share: Share, words: str) -> str:
        with transaction(self.connection):
            self._unchanged(share)
            changed, taken_back = plan.edit_share(self.desk, self.settings, self.connection, share.id, words)
        self.share = changed
        if taken_back:
            return "saved. It is a draft again: Ctrl-A approves it."
        return "saved." if changed.text != share.text else "It reads like that already."

    def approve(self, words: str, *, now: datetime) -> str:
        """Save the words and let them go out as they are; say so. Raises as ``save`` does."""
        if self.wire(words) != self.stored:
            self.save(words, now=now)
        share = self.share
        if share is None:  # save either planned it or raised
            return ""
        with transaction(self.connection):
            self._unchanged(share)
            done = plan.approve_shares(self.desk, self.settings, self.connection, [share.id], now=now)
        self.share = done.shares[0]
        aside.drop_words(self.file)
        return " ".join(["approved, as it reads here.", *done.warnings])

    def _unchanged(self, share: Share) -> None:
        """Raise Conflict when the stored words are not those the writing began with; take note of what they are."""
        now = ledger.find_share(self.connection, share.id)
        self.share = now
        if now.text != share.text:
            begin = " ".join(now.text.split())[:80]
            raise Conflict(
                share.id,
                f"It was changed elsewhere meanwhile and reads now: “{begin}”.",
                "Yours is kept here; the same key again puts it in its place.",
            )


def _place(order: list[str], account: str) -> int:
    return order.index(account) if account in order else len(order)
