"""The commands ``share copy|log|resolve``: post by hand, and say what became of a share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curate.cli import render
from curate.cli.main import Command
from curate.cli.share_view import row
from curate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curate.cli.here import Here
    from curate.shares.ledger import Share


@click.command("copy", cls=Command, epilog="Example: curate share copy kfmt")
@click.argument("share_id", metavar="ID")
@click.option("--print", "only_print", is_flag=True, help="Print the text and the address, copy and open nothing.")
@click.pass_obj
def copy(here: Here, share_id: str, *, only_print: bool) -> None:
    """Post a share by hand: its text on the clipboard, its network in the browser.

    curate does not send it any more.
    """
    import webbrowser

    from curate.shares.by_hand import compose_url, take_over

    with here.database() as connection:
        share = take_over(connection, share_id)
    address = compose_url(share, here.settings().accounts.get(share.account))
    copied = not only_print and _to_clipboard(share.text)
    opened = not only_print and bool(address) and here.interactive() and webbrowser.open(address)
    data = {**row(share), "compose": address, "copied": copied, "opened": opened}
    here.answer(data, lambda: _handed(share, address, copied=copied, opened=opened))
    if not copied and not only_print:
        here.say("No clipboard was found; the text is above.")
    here.say(f"Once it is out: curate share log {share.id} URL")


@click.command("log", cls=Command, epilog="Example: curate share log kfmt https://www.linkedin.com/feed/update/1")
@click.argument("share_id", metavar="ID")
@click.argument("url")
@click.pass_obj
def log(here: Here, share_id: str, url: str) -> None:
    """Say where a share is that you posted by hand."""
    from curate.shares.by_hand import log_sent

    with here.database() as connection:
        share = log_sent(here.desk(), connection, share_id, url, now=here.now())
    _tell_sent(here, share)


@click.command("resolve", cls=Command, epilog="Example: curate share resolve kfmt --sent https://x.com/dana/status/1")
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@click.option("--sent", metavar="URL", is_flag=False, flag_value="", help="It is out, and here; a mail needs no URL.")
@click.option("--not-sent", is_flag=True, help="It is not out, nor any other named; drafts again.")
@click.option("--resend", is_flag=True, help="Send it again with the next pass, whatever is out.")
@click.pass_obj
def resolve(here: Here, ids: tuple[str, ...], sent: str | None, *, not_sent: bool, resend: bool) -> None:
    """Say what became of a share that may be out or not; several at once that are not."""
    from curate.shares import by_hand

    if [sent is not None, not_sent, resend].count(True) != 1:
        raise UsageError("Say one of --sent URL, --not-sent and --resend.", f"curate share history {ids[0]}")
    if len(ids) > 1 and not not_sent:
        raise UsageError("Only what is not out is said of several at once.", f"curate share resolve {ids[0]} …")
    with here.database() as connection:
        if not_sent:
            drafts = by_hand.resolve_not_sent(here.desk(), connection, *ids, now=here.now())
            _tell_drafts(here, drafts)
        elif resend:
            _tell_again(here, by_hand.resend(here.desk(), connection, ids[0], now=here.now()))
        else:
            _tell_sent(here, by_hand.resolve_sent(here.desk(), connection, ids[0], sent or "", now=here.now()))


def _tell_drafts(here: Here, drafts: list[Share]) -> None:
    rows = [row(one) for one in drafts]
    lines = [f"Draft      {one.id} {one.account}" for one in drafts]
    lines.append(f"Next       curate share approve {' '.join(one.id for one in drafts)}")
    here.answer(rows if len(rows) > 1 else rows[0], lines)


def _tell_again(here: Here, share: Share) -> None:
    warning = f"If it is out after all, it is out twice then. curate share cancel {share.id} stops it."
    here.answer(row(share), [f"Again      {share.id} {share.account}, with the next curate tick"], warnings=[warning])


def _tell_sent(here: Here, share: Share) -> None:
    """Write a share's address into its post's header, and say where it is."""
    from curate.presence.tick import note_syndication

    troubles = note_syndication(here.desk(), [share])
    line = f"Sent       {share.id} {share.account}  {render.term_safe(share.remote_url)}"
    here.answer(row(share), [line.rstrip()], warnings=troubles)


def _to_clipboard(text: str) -> bool:
    """Put ``text`` on the clipboard; say whether there is one."""
    import pyperclip

    try:
        pyperclip.copy(text)
    except (pyperclip.PyperclipException, OSError):
        return False
    return True


def _handed(share: Share, address: str, *, copied: bool, opened: bool) -> Iterator[str]:
    """Show what is not on the clipboard or in the browser by now."""
    if copied:
        yield f"Copied     {share.id} {share.account}: {render.count(len(share.text), 'character')}"
    else:
        yield from share.text.splitlines()
    if opened:
        yield f"Opened     {address}"
    elif address:
        yield f"Post it at {address}" if copied else address
