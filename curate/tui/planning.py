"""One week of shares: which stand where, what is wrong with each, and what the keys of the board do to them.

Every change goes through ``curate.shares.plan`` and is committed before anything here says so; nothing is
decided on that is not as it was shown. Must not know Textual, nor the clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from curate.desk.db import transaction
from curate.errors import Conflict, UsageError
from curate.shares import ledger, plan
from curate.shares.compose import limits_of, measure, same_words
from curate.shares.evergreen import allowed
from curate.shares.judge import RECENT
from curate.shares.limits import moment, repetition
from curate.shares.sincerity import About, Earlier, judge
from curate.shares.slots import DAYS, LATE, at_wall, read_slot, read_zone

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.shares.ledger import Share
    from curate.shares.plan import Planned

LETTERS = {  # the most urgent first: it speaks for a day that has several
    "!": "blocked",
    "M": "missed",
    "C": "copy by hand",
    "W": "waits",
    "D": "draft",
    "A": "approved",
    "S": "sent",
}
STATES = {
    "draft": "D",
    "approved": "A",
    "sending": "W",
    "retry": "W",
    "sent": "S",
    "missed": "M",
    "handed_over": "C",
    "held": "!",
    "rejected": "!",
    "unknown": "!",
}


@dataclass(frozen=True, kw_only=True)
class Look:
    """A share as the board shows it: its letter, and in a sentence what is wrong; '' when nothing is."""

    share: Share
    at: datetime  # in the zone of the board
    letter: str
    trouble: str


@dataclass
class Week:
    """The accounts, the seven days from ``monday``, and the cursor: a row, a day, and a share of that cell."""

    desk: Desk
    settings: Settings
    connection: sqlite3.Connection
    clock: Callable[[], datetime]
    monday: date = date.min
    row: int = 0
    day: int = 0
    chosen: str = ""  # id of the share under the cursor
    accounts: list[str] = field(default_factory=list)
    cells: dict[tuple[str, int], list[Look]] = field(default_factory=dict)
    others: list[Share] = field(default_factory=list)  # all shares that were not cancelled, by time

    def __post_init__(self) -> None:
        """Find the zone of all times on the board. Raises UsageError."""
        self.zone: ZoneInfo = read_zone(self.settings.site.timezone)

    @property
    def today(self) -> date:
        """The date on the desk's calendar."""
        return self.clock().astimezone(self.zone).date()

    @property
    def account(self) -> str:
        """The account of the cursor's row; '' when there is none."""
        return self.accounts[self.row] if self.accounts else ""

    @property
    def shown_day(self) -> date:
        """The day of the cursor's column."""
        return self.monday + timedelta(days=self.day)

    @property
    def here(self) -> list[Look]:
        """The shares of the cell under the cursor, by time."""
        return self.cells.get((self.account, self.day), [])

    @property
    def current(self) -> Look | None:
        """The share under the cursor: the one chosen there, else the one that speaks for the cell."""
        chosen = next((look for look in self.here if look.share.id == self.chosen), None)
        return chosen or (self.leading(self.account, self.day))

    def leading(self, account: str, day: int) -> Look | None:
        """Return the share that speaks for a cell: the most urgent, of several the first."""
        order = list(LETTERS)
        return min(self.cells.get((account, day), []), key=lambda look: order.index(look.letter), default=None)

    def quiet(self, account: str, day: int) -> bool:
        """Say whether nothing is needed that day: the account has no slot, or it is a day without shares."""
        shown = self.monday + timedelta(days=day)
        limits = self.settings.accounts.get(account)
        if limits is None or self._blackout(shown):
            return True
        return not any(slot.strip().lower().startswith(DAYS[day]) for slot in limits.slots)

    def _blackout(self, day: date) -> bool:
        spans = [[date.fromisoformat(one) for one in said.split("/")] for said in self.settings.shares.blackout]
        return any(span[0] <= day <= span[-1] for span in spans)

    # Reading

    def load(self) -> None:
        """Read the shares as they are now; the cursor stays on its share, or on its cell."""
        if self.monday == date.min:
            self.go_to(self.today)
        at = self.account
        self.others = [share for share in ledger.list_shares(self.connection) if share.state != "cancelled"]
        found: dict[tuple[str, int], list[Look]] = {}
        for share in self.others:
            local = moment(share).astimezone(self.zone)
            day = (local.date() - self.monday).days
            if 0 <= day < 7:
                found.setdefault((share.account, day), []).append(self._look(share, local))
        self.cells = {place: sorted(looks, key=lambda look: look.at) for place, looks in found.items()}
        gone = sorted({account for account, _ in self.cells} - set(self.settings.accounts))
        self.accounts = [*self.settings.accounts, *gone]
        self.row = self.accounts.index(at) if at in self.accounts else min(self.row, max(len(self.accounts) - 1, 0))

    def _look(self, share: Share, local: datetime) -> Look:
        trouble = self._trouble(share)
        letter = STATES[share.state]
        if share.state in ("draft", "approved") and trouble:
            letter = "!"
        elif share.state == "approved" and share.network == "manual":
            letter = "C"
        return Look(share=share, at=local, letter=letter, trouble=trouble)

    def _trouble(self, share: Share) -> str:
        """Say what is wrong with a share: why it waits, or why it would not go out as it is."""
        if share.state not in ("draft", "approved"):
            return _sentence(share.reason)
        account = self.settings.accounts.get(share.account)
        if account is None:
            return f"There is no account {share.account} in curate.toml any more."
        if share.due_at < self.clock() - LATE:
            return "Its time is past: m moves it, d takes it out."
        too_long = measure(share.text, limits_of(share.network, account.characters)).problem
        if too_long:
            return f"It is too long: {too_long}."
        if share.state == "approved" and share.seal != share.public:
            return "It does not read as it was approved: a approves it as it is."
        return self._repeated(share)

    def _repeated(self, share: Share) -> str:
        """Say why a share says too much of what was said before; the quotes of its post are left to its approval."""
        at, words = moment(share), same_words(share.text)
        others = [other for other in self.others if other.id != share.id and other.state not in ledger.GONE]
        rivals = [
            other
            for other in others
            if other.account == share.account and (other.post == share.post or same_words(other.text) == words)
        ]
        most = allowed(self.connection, share.post, share.account)
        again = repetition(share.text, share.post, at, rivals, at_most=most, corrects=share.corrects)
        earlier = [Earlier("the post's summary", share.summary)]
        earlier += [
            Earlier(f"the text for {other.account} of {moment(other):%d %b} ({other.id})", other.text)
            for other in others
            if abs(moment(other) - at) <= RECENT
        ]
        findings = judge(
            share.text, link=share.link, network=share.network, about=About(), earlier=earlier,
            rules=self.settings.shares,
        )  # fmt: skip
        refused = (f"{finding.words} {finding.hint}" for finding in findings if finding.refuses)
        return again or next(refused, "")

    # Moving

    def go_to(self, day: date) -> None:
        """Show the week of ``day``, the cursor on it."""
        self.monday = day - timedelta(days=day.weekday())
        self.day = day.weekday()

    def turn(self, weeks: int) -> None:
        """Show a later or an earlier week, the cursor on the same day of it."""
        self.monday += timedelta(days=7 * weeks)
        self.load()

    def move_day(self, by: int) -> None:
        """Move along the row, over the end of the week into the next one."""
        weeks, self.day = divmod(self.day + by, 7)
        if weeks:
            self.turn(weeks)

    def move_row(self, by: int) -> None:
        """Move to another account."""
        self.row = max(0, min(self.row + by, len(self.accounts) - 1))

    def move_network(self, by: int) -> None:
        """Move to the first account of the next network, round the end."""
        networks = list(dict.fromkeys(self.network_of(account) for account in self.accounts))
        if networks:
            wanted = networks[(networks.index(self.network_of(self.account)) + by) % len(networks)]
            self.row = next(row for row, account in enumerate(self.accounts) if self.network_of(account) == wanted)

    def network_of(self, account: str) -> str:
        """Return the network of an account, its own name for one that is gone."""
        known = self.settings.accounts.get(account)
        return known.network if known else account

    def choose_next(self) -> bool:
        """Put the cursor on the next share of its cell; say whether there is another."""
        looks, current = self.here, self.current
        if current is None or len(looks) == 1:
            return False
        self.chosen = looks[(looks.index(current) + 1) % len(looks)].share.id
        return True

    def go_to_share(self, share: Share) -> None:
        """Put the cursor on ``share``, in the week where it is now."""
        self.go_to(moment(share).astimezone(self.zone).date())
        self.load()
        self.chosen = share.id
        if share.account in self.accounts:
            self.row = self.accounts.index(share.account)

    def nearest(self) -> Share | None:
        """Return the share to look at from a week that has none: the next one after it, else the last before."""
        after = [share for share in self.others if moment(share).astimezone(self.zone).date() >= self.monday]
        return after[0] if after else self.others[-1] if self.others else None

    # Changing

    def as_shown(self, share: Share) -> Share:
        """Return ``share`` when it is still what was shown; call inside a transaction. Raises Conflict, Unknown."""
        now = ledger.find_share(self.connection, share.id)
        if now != share:
            raise Conflict(
                share.id,
                f"{share.id} was changed elsewhere meanwhile; nothing was done.",
                "It is shown as it is now: look, then press the key again.",
            )
        return now

    def approve(self, share: Share) -> Planned:
        """Let ``share`` go out as it was shown. Raises Refused, Conflict, Unknown."""
        with transaction(self.connection):
            self.as_shown(share)
            return plan.approve_shares(self.desk, self.settings, self.connection, [share.id], now=self.clock())

    def cancel(self, share: Share) -> Planned:
        """Take ``share`` out of the queue. Raises Refused, Conflict, Unknown."""
        with transaction(self.connection):
            self.as_shown(share)
            return plan.cancel_shares(self.connection, [share.id])

    def move(self, share: Share, said: str) -> Planned:
        """Give ``share`` the time that was typed. Raises UsageError, Refused, Conflict, Unknown."""
        at = self.meant(said)
        with transaction(self.connection):
            self.as_shown(share)
            return plan.move_share(self.settings, self.connection, share.id, at=at, now=self.clock())

    def meant(self, said: str) -> str:
        """Return a time that was typed as the plan reads it: ISO 8601 or ``next``.

        ``17:30`` is on the cursor's day, ``wed 17:30`` in the week that is shown; both, like a time without an
        offset, in the board's zone. Raises UsageError for what only looks like one of these.
        """
        said = " ".join(said.split())
        if said.lower() == "next":
            return "next"
        try:
            if ":" in said and "-" not in said:
                day, time = read_slot(said if " " in said else f"{DAYS[self.day]} {said}")
                wall = datetime.combine(self.monday + timedelta(days=day), time)
            else:
                wall = datetime.fromisoformat(said)
            return said if wall.tzinfo else at_wall(wall, self.zone).at.isoformat()
        except (UsageError, ValueError, OverflowError):  # the last: near the end of time
            raise UsageError(f"“{said}” is not a time.", "17:30, wed 17:30, 2026-11-25T17:30 or next.") from None


def _sentence(reason: str) -> str:
    """Return a reason as it stands in the ledger with a capital and a full stop."""
    reason = reason.strip()
    return f"{reason[0].upper()}{reason[1:]}{'' if reason[-1] in '.!?' else '.'}" if reason else ""
