"""The noun ``account``: where shares go, and with which token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from curate.cli import render
from curate.cli.main import Group
from curate.errors import UsageError

if TYPE_CHECKING:
    from curate.cli.here import Here
    from curate.desk.settings import Account, Network
    from curate.shares.accounts import Connected
    from curate.shares.tokens import Secret

STEPS = {
    "mastodon": """  1. Open {server}/settings/applications in your browser and sign in.
  2. New application: any name; leave the redirect address as it is.
  3. Scopes: only profile (or read:accounts), read:statuses and write:statuses.
  4. Submit, open the application, and copy “Your access token”.""",
    "bluesky": """  1. Open https://bsky.app/settings/app-passwords in your browser and sign in.
  2. Add an app password: any name; direct messages are not needed.
  3. Copy it; it is shown once.""",
}


@click.group(cls=Group)
def account() -> None:
    """Connect the networks your shares go to."""


@account.command(
    "add", epilog="Example: curate account add mastodon --server https://mastodon.social --token-file FILE"
)
@click.argument("network", metavar="NET", type=click.Choice(["mastodon", "bluesky", "manual"]))
@click.option("--server", default="", help="Where the account is, such as https://mastodon.social.")
@click.option("--handle", default="", help="Its name there, such as dana.bsky.social.")
@click.option("--token-file", metavar="FILE", help="The token or app password; - reads standard input.")
@click.option("--name", default="", help="What you call it; a second account of a network needs one.")
@click.option(
    "--deliver", type=click.Choice(["network", "outbox"]), default=None, help="outbox: rehearse, send nothing."
)
@click.pass_obj
def add(
    here: Here, network: Network, server: str, handle: str, token_file: str | None, name: str, deliver: str | None
) -> None:
    """Connect an account, or give it a new token."""
    import asyncio

    from curate.shares.accounts import connect, needs_token, wanted_account

    desk, settings = here.desk(), here.settings()
    name, wanted = wanted_account(settings, network, name=name, server=server, handle=handle, deliver=deliver or "")
    secret = _token(here, wanted, token_file) if needs_token(wanted) else None

    async def go() -> Connected:
        with here.database() as connection:
            async with here.client() as client:
                return await connect(
                    desk, settings, connection, client,
                    name=name, account=wanted, secret=secret, config=here.config_folder(), now=here.now(),
                )  # fmt: skip

    done = asyncio.run(go())
    data = {**_row(done.name, done.account), "tested": done.tested, "stored": done.stored}
    here.answer(data, _added(done), warnings=done.warnings)


@account.command("list", epilog="Example: curate account list")
@click.pass_obj
def list_(here: Here) -> None:
    """Show the accounts, and whether each has its token."""
    from curate.shares.accounts import needs_token
    from curate.shares.tokens import has_token

    config = here.config_folder()
    rows = []
    for name, one in here.settings().accounts.items():
        token = ("stored" if has_token(config, one) else "missing") if needs_token(one) else "not needed"
        rows.append({**_row(name, one), "token": token})
    lines = render.columns(
        [
            (row["name"], row["network"], row["handle"], row["server"], _mode(row), f"token {row['token']}")
            for row in rows
        ],
        (20, 10, 30, 40, 10, 20),
    )
    here.answer(rows, lines or ["No accounts yet. curate account add mastodon"])


@account.command("test", epilog="Example: curate account test mastodon")
@click.argument("name")
@click.pass_obj
def test(here: Here, name: str) -> None:
    """Sign in, to see that the token is good; sends nothing."""
    import asyncio

    from curate.shares import accounts

    async def go() -> str:
        with here.database() as connection:
            async with here.client() as client:
                return await accounts.test(
                    here.desk(), here.settings(), connection, client, name,
                    config=here.config_folder(), now=here.now(),
                )  # fmt: skip

    handle = asyncio.run(go())
    here.answer(
        {"name": name, "handle": handle}, [f"{name} works" + (f", as {render.term_safe(handle)}." if handle else ".")]
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


def _token(here: Here, account: Account, file: str | None) -> Secret:
    """Read the token from where the person said, or walk the person through getting one."""
    from pathlib import Path

    from curate.shares.tokens import read_secret

    if file is not None:
        try:
            return read_secret(here.stdin_or("-") if file == "-" else Path(file).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"The token file {file} cannot be read.", "--token-file FILE, or - for stdin") from error
    if not here.interactive():
        raise UsageError("A token is needed, and nobody is here to paste one.", "--token-file FILE, or - for stdin")
    here.say(
        f"curate needs a token of your {account.network} account:\n"
        + STEPS[account.network].format(server=account.server)
    )
    return read_secret(click.prompt("  Paste it here (it does not show)", hide_input=True, err=True))


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


def _added(done: Connected) -> list[str]:
    account = done.account
    who = render.term_safe(" on ".join(part for part in (account.handle, account.server) if part))
    lines = [f"Connected  {done.name}" + (f": {who}" if who else "")]
    if account.deliver == "outbox":
        lines.append("           It rehearses: shares are written to .curate/outbox, nothing goes out.")
    if done.stored:
        lines.append(f"Token      in {done.stored}")
    return [*lines, f"Next       curate share plan POST --to {done.name} --at next"]
