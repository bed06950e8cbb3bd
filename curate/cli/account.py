"""The noun ``account``: where shares go, and with which token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from curate.cli import render
from curate.cli.main import Group

if TYPE_CHECKING:
    from datetime import datetime

    from curate.cli.here import Here
    from curate.desk.settings import Account, Network
    from curate.shares.accounts import Connected, Tested

NETWORKS = ["linkedin", "x", "facebook", "threads", "mastodon", "bluesky", "email", "manual"]


@click.group(cls=Group)
def account() -> None:
    """Connect the networks your shares go to."""


@account.command(
    "add", epilog="Example: curate account add mastodon --server https://mastodon.social --token-file FILE"
)
@click.argument("network", metavar="NET", type=click.Choice(NETWORKS))
@click.option("--server", default="", help="Where the account is, such as https://mastodon.social.")
@click.option("--handle", default="", help="Its name there: dana.bsky.social, a page, the address mails come from.")
@click.option("--recipients", default="", metavar="A,B", help="Who gets your mails, with commas between.")
@click.option("--token-file", metavar="FILE", help="The token, or lines name = value; - reads standard input.")
@click.option("--port", type=click.IntRange(1024, 65535), help="Where the browser comes back to on this machine.")
@click.option("--name", default="", help="What you call it; a second account of a network needs one.")
@click.option(
    "--deliver", type=click.Choice(["network", "outbox"]), default=None, help="outbox: rehearse, send nothing."
)
@click.pass_obj
def add(
    here: Here,
    network: Network,
    server: str,
    handle: str,
    recipients: str,
    token_file: str | None,
    port: int | None,
    name: str,
    deliver: str | None,
) -> None:
    """Connect an account, or give it a new token: curate leads you to it, step by step."""
    import asyncio

    from curate.cli.sign_in import obtain
    from curate.shares.accounts import at_home, connect, needs_token, wanted_account
    from curate.shares.expiry import stored_token
    from curate.shares.sign_in import PORT

    desk, settings, config = here.desk(), here.settings(), here.config_folder()
    to = tuple(part.strip() for part in recipients.split(",") if part.strip())
    name, wanted = wanted_account(
        settings, network, name=name, server=server, handle=handle, deliver=deliver or "", recipients=to
    )

    async def go() -> tuple[Connected, str]:
        account, secret, warning = wanted, None, ""
        async with here.client() as client:
            if needs_token(account):
                account, warning = await at_home(client, account)
                secret = await obtain(
                    here, client, name, account,
                    file=token_file, port=port or PORT, old=stored_token(config, account),
                )  # fmt: skip
            with here.database() as connection:
                return await connect(
                    desk, settings, connection, client,
                    name=name, account=account, secret=secret, config=config, now=here.now(),
                ), warning  # fmt: skip

    done, warning = asyncio.run(go())
    data = {
        **_row(done.name, done.account), "tested": done.tested, "stored": done.stored,
        "scopes": done.scopes, "expires_at": done.expires_at,
    }  # fmt: skip
    here.answer(data, _added(done, here.now()), warnings=[*filter(None, [warning]), *done.warnings])


@account.command("list", epilog="Example: curate account list")
@click.pass_obj
def list_(here: Here) -> None:
    """Show the accounts, whether each has its token, and until when."""
    from curate.shares.expiry import SOON, ending, remaining, standing, version_ending

    now, config = here.now(), here.config_folder()
    rows: list[dict[str, Any]] = []
    cells: list[tuple[str, ...]] = []
    warnings: list[str] = []
    for name, one in here.settings().accounts.items():
        at = standing(config, one)
        row = {**_row(name, one), "token": at.state, "scopes": at.scopes, "expires_at": at.expires_at}
        rows.append(row)
        until = remaining(at.expires_at, now) if at.expires_at else ""
        cells.append((name, one.network, one.handle, one.server, _mode(row), f"token {at.state}", until))
        warnings += filter(
            None,
            [
                ending(name, one, at.expires_at, now=now, within=SOON),
                version_ending(name, one, now=now, within=SOON),
            ],
        )
    lines = render.columns(cells, (20, 10, 30, 40, 10, 20, 30))
    here.answer(rows, lines or ["No accounts yet. curate account add mastodon"], warnings=warnings)


@account.command("test", epilog="Example: curate account test mastodon")
@click.argument("name")
@click.pass_obj
def test(here: Here, name: str) -> None:
    """Sign in, to see that the token is good, as whom and until when; sends nothing."""
    import asyncio

    from curate.shares import accounts
    from curate.shares.expiry import SOON, ending

    async def go() -> Tested:
        with here.database() as connection:
            async with here.client() as client:
                return await accounts.test(
                    here.desk(), here.settings(), connection, client, name,
                    config=here.config_folder(), now=here.now(),
                )  # fmt: skip

    found = asyncio.run(go())
    soon = ending(name, here.settings().accounts[name], found.expires_at, now=here.now(), within=SOON)
    here.answer(
        {"name": name, "handle": found.handle, "scopes": found.scopes, "expires_at": found.expires_at},
        [
            f"{name} works" + (f", as {render.term_safe(found.handle)}." if found.handle else "."),
            *_terms(found.scopes, found.expires_at, here.now()),
        ],
        warnings=[soon] if soon else [],
    )


@account.command("remove", epilog="Example: curate account remove mastodon --yes")
@click.argument("name")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(here: Here, name: str, *, yes: bool) -> None:
    """Forget an account and its token; shares planned for it stay and wait."""
    from curate.shares.accounts import disconnect, find_account
    from curate.shares.ledger import UNSENT, list_shares

    find_account(here.settings(), name)
    with here.database() as connection:
        waiting = len(list_shares(connection, states=("draft", *UNSENT, "unknown"), account=name))
    here.confirm(f"Remove {name} and its token ({render.count(waiting, 'share')} waiting)?", yes=yes)
    disconnect(here.desk(), here.settings(), name, config=here.config_folder())
    here.answer({"name": name, "waiting": waiting}, [f"Removed {name}."])


def _row(name: str, account: Account) -> dict[str, Any]:
    return {
        "name": name,
        "network": account.network,
        "server": account.server,
        "handle": account.handle,
        "deliver": account.deliver,
    }


def _mode(row: dict[str, Any]) -> str:
    return "rehearses" if row["deliver"] == "outbox" else ""


def _terms(scopes: tuple[str, ...], expires_at: datetime | None, now: datetime) -> list[str]:
    """Say what a token may do and until when, as far as the network told."""
    from curate.shares.expiry import remaining

    lines = [f"May        {render.term_safe(' '.join(scopes))}"] if scopes else []
    if expires_at:
        lines.append(f"Until      {expires_at:%d %b %Y}: {remaining(expires_at, now)}")
    return lines


def _added(done: Connected, now: datetime) -> list[str]:
    account = done.account
    who = render.term_safe(" on ".join(part for part in (account.handle, account.server) if part))
    lines = [f"Connected  {done.name}" + (f": {who}" if who else "")]
    if account.deliver == "outbox":
        lines.append("           It rehearses: shares are written to .curate/outbox, nothing goes out.")
    if done.stored:
        lines.append(f"Token      in {done.stored}")
    lines += _terms(done.scopes, done.expires_at, now)
    return [*lines, f"Next       curate share plan POST --to {done.name} --at next"]
