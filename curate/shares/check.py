"""Say of a share that has not gone out whether it may, rule by rule, and what to do where it may not.

Reads the ledger and the post's file, changes nothing and asks no network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.desk.settings import Account
from curate.shares import attempts, ledger
from curate.shares.compose import find_urls, limits_of, measure, own_link, same_page
from curate.shares.evergreen import allowed
from curate.shares.judge import about_share, earlier_texts, judge_share
from curate.shares.limits import MONTH, Matter, crowding, moment, price, repetition
from curate.shares.place import open_diary
from curate.shares.sincerity import MOST_TAGS, closest, find_hashtags

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.shares.ledger import Share
    from curate.shares.sincerity import Finding

OPEN = ("draft", "approved", "held", "missed", "rejected", "retry")  # what may still be changed or sent


@dataclass(frozen=True)
class Check:
    """One rule's answer to a share. ``words`` say how it stands and, where not ``ok`` or ``doubtful``, the way out."""

    name: str
    ok: bool
    words: str
    doubtful: bool = False


@dataclass(frozen=True)
class Checked:
    """A share and what every rule says to it."""

    share: Share
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Say whether nothing refuses it."""
        return all(check.ok for check in self.checks)


@dataclass(frozen=True, kw_only=True)
class _Case:
    connection: sqlite3.Connection
    desk: Desk
    settings: Settings
    share: Share
    findings: list[Finding]
    now: datetime

    @property
    def account(self) -> Account:
        """Return the account's limits; the network's usual when it is not in the settings any more."""
        return self.settings.accounts.get(self.share.account) or Account(network=self.share.network)  # type: ignore[arg-type] # the ledger holds no other

    @property
    def neighbours(self) -> list[Share]:
        """Return the account's other shares that are out or may still go out."""
        shares = ledger.list_shares(self.connection, account=self.share.account)
        return [one for one in shares if one.id != self.share.id and one.state not in ledger.GONE]


def check_shares(
    desk: Desk, settings: Settings, connection: sqlite3.Connection, share_ids: Sequence[str], *, now: datetime
) -> list[Checked]:
    """Check these shares, or all that have not gone out when none is named. Raises Unknown."""
    if share_ids:
        shares = [ledger.find_share(connection, share_id) for share_id in dict.fromkeys(share_ids)]
    else:
        shares = ledger.list_shares(connection, states=OPEN)
    return [check_share(desk, settings, connection, share, now=now) for share in shares]


def check_share(
    desk: Desk, settings: Settings, connection: sqlite3.Connection, share: Share, *, now: datetime
) -> Checked:
    """Check ``share`` as it is given, which may be with words that are not saved yet."""
    return Checked(share, _checks(desk, settings, connection, share, now=now))


def warnings_of(connection: sqlite3.Connection, settings: Settings, share: Share, desk: Desk) -> list[str]:
    """Return in sentences what is doubtful about the words of ``share``, though nothing refuses them."""
    findings = judge_share(connection, settings.shares, share, desk)
    return [f"{share.id}: {one.words} {one.hint}" for one in findings if not one.refuses]


def _checks(
    desk: Desk, settings: Settings, connection: sqlite3.Connection, share: Share, *, now: datetime
) -> tuple[Check, ...]:
    findings = judge_share(connection, settings.shares, share, desk)
    case = _Case(connection=connection, desk=desk, settings=settings, share=share, findings=findings, now=now)
    rules = (_account, _length, _link, _hashtags, _source, _phrases, _again, _pace, _image, _cost)
    return tuple(check for rule in rules for check in rule(case))


def _account(case: _Case) -> Iterator[Check]:
    share = case.share
    if share.account not in case.settings.accounts:
        way = f"curate account add {share.network} --name {share.account}, or curate share cancel {share.id}"
        yield Check("account", ok=False, words=f"{share.account} is not in curate.toml any more. {way}")


def _length(case: _Case) -> Iterator[Check]:
    share = case.share
    counted = measure(share.text, limits_of(share.network, case.account.characters))
    if counted.problem:
        words = f"{counted.problem}. Shorten it: curate share edit {share.id}"
        yield Check("length", ok=False, words=words)
        return
    unit = "by weight" if counted.limits.weighted else "characters"
    limit = f" of {counted.limits.characters}" if counted.limits.characters else ""
    octets = f", {counted.octets} of {counted.limits.octets} bytes" if counted.limits.octets else ""
    yield Check("length", ok=True, words=f"{counted.characters}{limit} {unit}{octets}")


def _link(case: _Case) -> Iterator[Check]:
    share = case.share
    if not any(same_page(span.url, share.link) for span in find_urls(share.text)):
        words = f"The post's link is not in the text. curate share edit {share.id} adds it at the end."
        yield Check("link", ok=False, words=words)
        return
    yield _answer(case, "link", own_link(share.text, share.link))


def _hashtags(case: _Case) -> Iterator[Check]:
    yield _answer(case, "hashtags", f"{len(find_hashtags(case.share.text))} of {MOST_TAGS}")


def _source(case: _Case) -> Iterator[Check]:
    yield _answer(case, "source", "your own words")


def _phrases(case: _Case) -> Iterator[Check]:
    share = case.share
    what = about_share(case.desk, share)
    near = closest(share.text, earlier_texts(case.connection, what, at=moment(share), without=share.id))
    yield _answer(case, "phrases", f"{near.percent} % as in {near.name}" if near else "0 % said before")


def _again(case: _Case) -> Iterator[Check]:
    share = case.share
    most = allowed(case.connection, share.post, share.account)
    others = case.neighbours
    problem = repetition(share.text, share.post, moment(share), others, at_most=most, corrects=share.corrects)
    yield Check("again", ok=not problem, words=problem or "new on this account")


def _pace(case: _Case) -> Iterator[Check]:
    share = case.share
    if share.account not in case.settings.accounts:
        return
    matter = Matter(source=share.source, topic=share.topic, expires_at=share.expires_at)
    diary = open_diary(case.connection, case.settings, share.account, without=share.id)
    problems = crowding(moment(share), matter, diary)
    if problems:  # a time the person chose wins
        words = f"{'; '.join(problems).capitalize()}. curate share move {share.id} --at next"
        yield Check("pace", ok=True, words=words, doubtful=True)
        return
    yield Check("pace", ok=True, words=f"within {case.account.per_day} a day, {case.account.gap} minutes apart")


def _image(case: _Case) -> Iterator[Check]:
    share = case.share
    if share.image:
        way = f"Nothing says what {share.image} shows. curate share cancel {share.id}, then plan it with --alt TEXT"
        yield Check("image", ok=bool(share.alt), words=share.alt or way)


def _cost(case: _Case) -> Iterator[Check]:
    share = case.share
    cost = price(case.account, share.text)
    if not cost:
        return
    spent = attempts.spent(case.connection, share.account, since=case.now - MONTH)
    words = f"{cost / 1000:.3f} US dollars; {spent / 1000:.2f} of {case.account.budget:.2f} are spent in 30 days"
    over = spent + cost > case.account.budget * 1000
    way = f". curate share copy {share.id} is free, or curate config set accounts.{share.account}.budget AMOUNT"
    yield Check("cost", ok=not over, words=words + (way if over else ""))


def _answer(case: _Case, rule: str, fine: str) -> Check:
    """Return what the rules about words found under ``rule``, or that all is fine."""
    found = [one for one in case.findings if one.rule == rule]
    if not found:
        return Check(rule, ok=True, words=fine)
    refuses = any(one.refuses for one in found)
    words = " ".join(f"{one.words} {one.hint}" for one in found)
    if refuses:
        words = f"{words} curate share edit {case.share.id}"
    return Check(rule, ok=not refuses, words=words, doubtful=not refuses)
