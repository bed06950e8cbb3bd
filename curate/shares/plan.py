"""Plan shares and change them until they go out: the rules of who may do what in which state.

A plan is made whole or not at all. Only what a person approved is ever sent, and an approval is given
to the words as they read then: changing them takes it back. What is being sent, was sent or may be out
is never changed here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from curate.desk.db import rehearsal, transaction
from curate.errors import Refused, Unknown, UsageError
from curate.posts.files import find_post
from curate.posts.post import permalink
from curate.shares import ledger
from curate.shares.compose import limits_of, measure, tagged, wire_text
from curate.shares.evergreen import allowed
from curate.shares.judge import about, judge_share, judge_text
from curate.shares.limits import Matter, repetition
from curate.shares.pictures import GIVEN_CARD, OWN_CARD, Attached, find_card
from curate.shares.place import find_place
from curate.shares.slots import LATE

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from curate.desk.folder import Desk
    from curate.desk.settings import Account, Settings
    from curate.posts.post import Post
    from curate.shares.ledger import Share
    from curate.shares.sincerity import Finding

CHANGEABLE = ("draft", "approved", "held", "missed", "rejected", "retry")
MOVABLE = ("draft", "approved", "held", "missed", "retry")
APPROVABLE = ("draft", "held", "rejected")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a person may want of a plan beside its words and its time.

    A time without an offset is meant in ``zone``, '' for each account's own. From ``expires`` on it is old
    news. ``spread`` is in how many days all accounts have their turn, one after the other; 0 for each as
    soon as it may. ``card`` is the image of the link's card, where we give it and no ``image`` is wished.
    What ``corrects`` a share may follow it at once, however often the post was shared.
    """

    zone: str = ""
    expires: datetime | None = None
    spread: int = 0
    image: Attached | None = None
    card: Attached | None = None
    corrects: bool = False


NO_WISH = Wish()


@dataclass(frozen=True, kw_only=True)
class Planned:
    """Shares as they are now, and what the person should know about them, in sentences."""

    shares: tuple[Share, ...]
    warnings: tuple[str, ...] = ()


def find_accounts(settings: Settings, names: Sequence[str]) -> dict[str, Account]:
    """Return the accounts meant: by name, or the first account of the network of that name.

    Raises Unknown, or UsageError when one account is meant twice or none at all.
    """
    found: dict[str, Account] = {}
    if not names and not settings.accounts:
        raise UsageError("There are no accounts yet.", "curate account add mastodon connects one.")
    if not names:
        raise UsageError("No account is named.", "curate account list shows them.")
    for name in names:
        of_network = (other for other, account in settings.accounts.items() if account.network == name)
        exact = name if name in settings.accounts else next(of_network, "")
        if not exact:
            raise Unknown("account", name, f"curate account list shows them; curate account add {name} adds one.")
        if exact in found:
            raise UsageError(f"The account {exact} is named twice.")
        found[exact] = settings.accounts[exact]
    return found


def find_page(desk: Desk, settings: Settings, name: str) -> tuple[Post, str]:
    """Return the published post ``name`` and its page's address. Raises Unknown, Refused."""
    post = find_post(desk.content, name)
    if post.status != "published" or post.date is None:
        raise Refused(f"{post.slug} is not published, so there is no page to share.", f"curate publish {post.slug}")
    if not settings.site.url:
        raise Refused("The site has no address yet.", "curate config set site.url https://dana.example")
    return post, f"{settings.site.url.rstrip('/')}/{permalink(post)}"


def plan_shares(  # noqa: PLR0913 - the whole of one plan
    desk: Desk,
    settings: Settings,
    connection: sqlite3.Connection,
    name: str,
    texts: Mapping[str, str],
    *,
    at: str,
    wish: Wish = NO_WISH,
    now: datetime,
    dry_run: bool = False,
) -> Planned:
    """Plan one share of the post ``name`` for each account of ``texts`` (account name to words).

    ``at`` is ISO 8601 or ``next``. Raises Refused with every problem, and then plans nothing; a dry
    run answers the same and keeps nothing.
    """
    if wish.spread and at != "next":
        raise UsageError("A time and a spread of days cannot both be meant.", "Leave --at out, or --spread.")
    if wish.expires is not None and wish.expires <= now:
        raise UsageError(f"{wish.expires:%d %b %Y} is past: it would be old news at once.", "--expires a day to come")
    post, link = find_page(desk, settings, name)
    wish = replace(wish, card=find_card(desk, post, settings.site.name))
    with rehearsal(connection) if dry_run else transaction(connection):
        return _plan(settings, connection, post, link, texts, at=at, wish=wish, now=now)


def _plan(  # noqa: PLR0913 - as above
    settings: Settings,
    connection: sqlite3.Connection,
    post: Post,
    link: str,
    texts: Mapping[str, str],
    *,
    at: str,
    wish: Wish,
    now: datetime,
) -> Planned:
    made: list[Share] = []
    warnings: list[str] = []
    problems: list[str] = []
    matter = _matter(post, wish)
    for turn, (account, words) in enumerate(texts.items()):
        after = now + timedelta(days=wish.spread) * turn / len(texts)
        try:
            text = check_text(settings, account, words, link)
            when, crowded = find_place(connection, settings, account, matter, at=at, zone=wish.zone, now=after)
        except Refused as refusal:
            problems.append(f"{account}: {refusal.message} {refusal.hint}".rstrip())
            continue
        most = allowed(connection, post.slug, account)
        others = _others(connection, account)
        again = repetition(text, post.slug, when.at, others, at_most=most, corrects=wish.corrects)
        if again:
            problems.append(again)
            continue
        findings = judge_text(
            connection, settings.shares, text, link=link, network=settings.accounts[account].network, what=about(post),
            at=when.at, new=[one.id for one in made],
        )  # fmt: skip
        refusals, doubts = _parted(findings)
        if refusals:
            problems += [f"{account}: {refusal}" for refusal in refusals]
            continue
        network = settings.accounts[account].network
        image = wish.image if network not in OWN_CARD else None
        if wish.image is None and network in GIVEN_CARD:
            image = wish.card
        if wish.image and not image:
            warnings.append(f"{account}: the image is not used, {network} makes its card from the page or has none.")
        share = ledger.add_share(
            connection,
            post=post.slug,
            link=link,
            title=post.title,
            summary=post.summary,
            account=account,
            network=network,
            text=text,
            due_at=when.at,
            wall=when.wall,
            zone=when.zone,
            now=now,
            image=image.path if image else "",
            image_hash=image.hash if image else "",
            alt=image.alt if image else "",
            source=matter.source,
            topic=matter.topic,
            expires_at=matter.expires_at,
            corrects=wish.corrects,
        )
        made.append(share)
        warnings += crowded
        warnings += [f"{account}: {doubt}" for doubt in doubts]
        if post.date is not None and post.date > when.at:
            warnings.append(f"{share.id} is due before its page appears; it will be held until then.")
    if problems:
        raise Refused("Nothing was planned.", "Mend it and plan again.", tuple(problems))
    return Planned(shares=tuple(made), warnings=tuple(warnings))


def _matter(post: Post, wish: Wish) -> Matter:
    """Return what a share of ``post`` is about: the host of its source, so that one site is one source."""
    source = ""
    if post.source is not None:
        source = post.source.host or post.source.site.removeprefix("www.")
    ends = [end for end in (post.until, wish.expires) if end is not None]
    return Matter(source=source, topic=post.topic, expires_at=min(ends, default=None))


def check_text(settings: Settings, account: str, words: str, link: str) -> str:
    """Return the words as they would go out on ``account``. Raises Refused when they are too long or none."""
    network = settings.accounts[account].network
    text = wire_text(words, link, tagged(link, network) if settings.shares.utm else "")
    problem = measure(text, limits_of(network, settings.accounts[account].characters)).problem
    if problem:
        raise Refused(f"The text for {account} is too long: {problem}.", "Shorten it; the link counts, too.")
    return text


def edit_share(
    desk: Desk, settings: Settings, connection: sqlite3.Connection, share_id: str, words: str
) -> tuple[Share, bool]:
    """Give a share other words; return it, and whether an approval was taken back by that.

    The same words again change nothing. Raises Unknown, Refused.
    """
    with transaction(connection):
        share = _changeable(connection, share_id, CHANGEABLE, "edited")
        if share.account not in settings.accounts:
            raise Unknown("account", share.account, f"curate account add {share.network} --name {share.account}")
        text = check_text(settings, share.account, words, share.link)
        if text == share.text:
            return share, False
        others = [other for other in _others(connection, share.account) if other.id != share.id]
        again = repetition(text, "", share.due_at, others)
        if again:
            raise Refused(again, "The share is as it was.")
        refusals, _ = _parted(judge_share(connection, settings.shares, replace(share, text=text), desk))
        if refusals:
            raise Refused(f"{share_id}: {' '.join(refusals)}", "The share is as it was.")
        return ledger.set_text(connection, share, text), bool(share.seal)


def approve_shares(
    desk: Desk, settings: Settings, connection: sqlite3.Connection, share_ids: Sequence[str], *, now: datetime
) -> Planned:
    """Let these shares go out as they read now, all or none; warn of words that were nearly said before.

    Raises Unknown, Refused.
    """
    approved, notes = [], []
    with transaction(connection):
        for share_id in dict.fromkeys(share_ids):
            share = ledger.find_share(connection, share_id)
            if share.state in ("approved", "retry") and share.seal == share.public:
                notes.append(f"{share_id} was approved already.")
                approved.append(share)
                continue
            share = _changeable(connection, share_id, APPROVABLE, "approved")
            if share.due_at < now - LATE:
                raise Refused(
                    f"{share_id} was meant for {share.wall} ({share.zone}), which is past.",
                    f"curate share move {share_id} --at next",
                )
            doubts = _words_stand(connection, settings, share, desk)
            notes += [f"{share_id}: {doubt}" for doubt in doubts]
            approved.append(ledger.set_approved(connection, share, now=now))
    return Planned(shares=tuple(approved), warnings=tuple(notes))


def move_share(  # noqa: PLR0913 - a share and its new time
    settings: Settings, connection: sqlite3.Connection, share_id: str, *, at: str, now: datetime, zone: str = ""
) -> Planned:
    """Give a share another time, ``next`` or ISO 8601 (in ``zone``, '' for its account's).

    One that is approved stays so. Raises Unknown, Refused.
    """
    with transaction(connection):
        share = _changeable(connection, share_id, MOVABLE, "moved")
        matter = Matter(source=share.source, topic=share.topic, expires_at=share.expires_at)
        when, warnings = find_place(
            connection, settings, share.account, matter, at=at, zone=zone, now=now, without=share.id
        )
        others = [
            other for other in _others(connection, share.account) if other.id != share.id and other.post == share.post
        ]
        most = allowed(connection, share.post, share.account)
        again = repetition(share.text, share.post, when.at, others, at_most=most, corrects=share.corrects)
        if again:
            raise Refused(again, "The share is where it was.")
        moved = ledger.set_time(connection, share, due_at=when.at, wall=when.wall, zone=when.zone)
    return Planned(shares=(moved,), warnings=tuple(warnings))


def cancel_shares(connection: sqlite3.Connection, share_ids: Sequence[str]) -> Planned:
    """Take these shares out of the queue, all or none. Raises Unknown, Refused."""
    with transaction(connection):
        cancelled = [
            ledger.set_cancelled(
                connection, _changeable(connection, share_id, (*CHANGEABLE, "handed_over"), "cancelled")
            )
            for share_id in dict.fromkeys(share_ids)
        ]
    return Planned(shares=tuple(cancelled))


def _changeable(connection: sqlite3.Connection, share_id: str, states: Sequence[str], done: str) -> Share:
    share = ledger.find_share(connection, share_id)
    if share.state in states:
        return share
    why = {
        "sending": (
            "is being sent right now",
            "Run the command again in a minute; if curate was killed, the next curate tick looks for it.",
        ),
        "missed": ("is missed", f"curate share move {share_id} --at next, or curate share send {share_id}"),
        "sent": ("is out", f"It is here: {share.remote_url}"),
        "unknown": ("may be out", f"The next curate tick looks for it. If you know: curate share resolve {share_id}"),
        "cancelled": ("is cancelled", f"curate share plan {share.post} plans another."),
        "rejected": ("was rejected", f"curate share edit {share_id}, or approve it again as it is."),
    }.get(share.state, (f"is {share.state.replace('_', ' ')}", "curate share queue shows it."))
    raise Refused(f"{share_id} {why[0]}; it cannot be {done}.", why[1])


def _words_stand(connection: sqlite3.Connection, settings: Settings, share: Share, desk: Desk) -> list[str]:
    """Return what is to be said about the words of ``share`` though they may go out. Raises Refused."""
    account = settings.accounts.get(share.account)
    problem = measure(share.text, limits_of(share.network, account.characters if account else 0)).problem
    refusals, doubts = _parted(judge_share(connection, settings.shares, share, desk))
    refusals += [f"It is too long: {problem}."] if problem else []
    refusals += ["Nothing says what its image shows."] if share.image and not share.alt else []
    if refusals:
        raise Refused(f"{share.id}: {' '.join(refusals)}", f"curate share edit {share.id}")
    return doubts


def _parted(findings: Sequence[Finding]) -> tuple[list[str], list[str]]:
    """Return findings as sentences: those that refuse, those that warn."""
    return (
        [f"{one.words} {one.hint}" for one in findings if one.refuses],
        [f"{one.words} {one.hint}" for one in findings if not one.refuses],
    )


def _others(connection: sqlite3.Connection, account: str) -> list[Share]:
    """Return the account's shares that are out or may still go out."""
    return [share for share in ledger.list_shares(connection, account=account) if share.state not in ledger.GONE]
