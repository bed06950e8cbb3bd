"""The verbs of ``share`` that look ahead: the queue, and what is evergreen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, get_args
from zoneinfo import ZoneInfo

import click

from curate.cli.main import Command, Moment
from curate.cli.share_view import due_lines, evergreen_lines, evergreen_row, queue_lines, row, week_lines
from curate.errors import Unknown, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from curate.cli.here import Here
    from curate.shares.evergreen import Due
    from curate.shares.ledger import Share


@click.command("queue", cls=Command, epilog="Example: curate share queue --week")
@click.option("--week", is_flag=True, help="As a table of the coming seven days.")
@click.option("--net", metavar="NAMES", help="Only these networks or accounts, separated by commas.")
@click.pass_obj
def queue(here: Here, net: str | None, *, week: bool) -> None:
    """Show what goes out, when and where, what waits for you, and what it is time to say anew."""
    from curate.shares.evergreen import due_evergreens
    from curate.shares.ledger import list_shares

    with here.database() as connection:
        shares = [one for one in list_shares(connection) if one.state not in ("sent", "cancelled")]
        due = due_evergreens(connection, here.now())
    if net is not None:
        shares, due = _of(here, net, shares, due)
    today, home = here.local(here.now()).date(), here.settings().site.timezone
    if week:
        end = today + timedelta(days=7)
        shares = [one for one in shares if one.due_at.astimezone(ZoneInfo(one.zone)).date() < end]
    here.answer(
        [row(one) for one in shares],
        lambda: [*week_lines(shares, today), *due_lines(due)] if week else queue_lines(shares, due, home),
        warnings=list(due_lines(due)) if here.json else (),
    )


@click.command(
    "evergreen", cls=Command, epilog="Example: curate share evergreen small-models --to mastodon --every 60d --times 3"
)
@click.argument("post", required=False)
@click.option("--to", help="Accounts or networks, separated by commas.")
@click.option("--every", metavar="DAYS", help="How long it rests between two shares: 60d.")
@click.option("--times", type=int, metavar="N", help="How often it is shared in all.")
@click.option("--until", type=Moment(local=True), metavar="DATE", help="From when on it is shared no more.")
@click.option("--stop", is_flag=True, help="Let it come back no more; with --to only there.")
@click.pass_obj
def evergreen(
    here: Here, post: str | None, to: str | None, every: str | None, times: int | None, until: datetime | None,
    *, stop: bool,
) -> None:  # fmt: skip
    """Have a post come back in new words, or list what does: the queue says when it is time."""
    from curate.shares.evergreen import Evergreen, list_evergreens, set_evergreens, stop_evergreens
    from curate.shares.plan import find_accounts, find_page
    from curate.shares.slots import read_days

    names = [name.strip() for name in (to or "").split(",") if name.strip()]
    settings = here.settings()
    with here.database() as connection:
        if stop:
            if post is None:
                raise UsageError("No post is named.", "curate share evergreen lists them.")
            found = stop_evergreens(connection, post, [_account(here, name) for name in names])
            here.answer([evergreen_row(one) for one in found], [f"{post} comes back no more."])
            return
        if post is not None and (names or every or times or until):
            if not (names and every and times):
                raise UsageError("An evergreen needs accounts, days and times.", "--to ACCOUNTS --every 60d --times 3")
            slug = find_page(here.desk(), settings, post)[0].slug
            end = here.meant(until) if until else None
            days = read_days(every)
            accounts = find_accounts(settings, names)
            found = [Evergreen(post=slug, account=one, days=days, times=times, until=end) for one in accounts]
            set_evergreens(connection, found, now=here.now())
        elif names or every or times or until:
            raise UsageError("No post is named.", "curate share evergreen POST --to ACCOUNTS --every 60d --times 3")
        else:
            found = list_evergreens(connection, post=post or "")
    here.answer([evergreen_row(one) for one in found], evergreen_lines(found))


def _account(here: Here, name: str) -> str:
    """Return the account meant by ``name``: one that is gone from the settings is meant by its own."""
    accounts = here.settings().accounts
    of_network = (other for other, account in accounts.items() if account.network == name)
    return name if name in accounts else next(of_network, name)


def _of(here: Here, net: str, shares: Sequence[Share], due: Sequence[Due]) -> tuple[list[Share], list[Due]]:
    """Keep what is of the networks and accounts named. Raises Unknown for one that does not exist."""
    from curate.desk.settings import Network

    names = {name.strip() for name in net.split(",") if name.strip()}
    accounts = here.settings().accounts
    for name in sorted(names - {*accounts, *get_args(Network), *(one.account for one in shares)}):
        raise Unknown("account", name, "curate account list shows them.")
    named = {name for name, account in accounts.items() if names & {name, account.network}}
    return (
        [one for one in shares if names & {one.account, one.network}],
        [one for one in due if one.evergreen.account in named | names],
    )
