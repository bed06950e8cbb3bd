"""The noun ``replies``: what others say to you, until you have answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from curate.cli import render
from curate.cli.main import MOST, Group

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from curate.cli.here import Here
    from curate.presence.replies import Said

SHOWN = 160  # cells of a text in the list


@click.group(cls=Group, epilog="Example: curate replies list")
def replies() -> None:
    """See who answered your shares; you answer, on the network."""


@replies.command("list", epilog="Example: curate replies list")
@click.option("--done", is_flag=True, help="What was answered, the latest first.")
@click.option("--limit", type=click.IntRange(0, MOST), default=50, help="At most so many (50); 0 for all.")
@click.pass_obj
def list_(here: Here, *, done: bool, limit: int) -> None:
    """List what waits for an answer, the oldest first."""
    from curate.presence.replies import list_replies

    with here.database() as connection:
        found = list_replies(connection, done=done, limit=limit)
    here.answer([_row(one) for one in found], lambda: _lines(found, here.now(), done=done))


@replies.command("open", epilog="Example: curate replies open kfmt")
@click.argument("reply_id", metavar="ID")
@click.option("--print", "only_print", is_flag=True, help="Only print the address.")
@click.pass_obj
def open_(here: Here, reply_id: str, *, only_print: bool) -> None:
    """Open what was said in the browser, to answer it there."""
    import webbrowser

    from curate.errors import Refused
    from curate.presence.replies import find_reply

    with here.database() as connection:
        found = find_reply(connection, reply_id)
    if not found.url:
        raise Refused(f"The network gave no address of {reply_id}.", f"Look at your notifications on {found.account}.")
    opened = not only_print and webbrowser.open(found.url)
    here.answer({"id": found.id, "url": found.url, "opened": opened}, [] if opened else [found.url])
    if not opened and not only_print:
        here.say("No browser was found; the address is above.")


@replies.command("done", epilog="Example: curate replies done kfmt rwcx")
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@click.option("--not", "waits", is_flag=True, help="Let it wait again.")
@click.pass_obj
def done(here: Here, ids: Sequence[str], *, waits: bool) -> None:
    """Say that you have answered, or that there is nothing to answer."""
    from curate.presence.replies import count_waiting, set_done

    with here.database() as connection:
        found = set_done(connection, ids, now=None if waits else here.now())
        left, _ = count_waiting(connection)
    lines = [f"{'Waits' if waits else 'Done':<11}{one.id} {one.author}" for one in found]
    here.answer([_row(one) for one in found], [*lines, f"{left} left." if left else "Nobody waits."])


@replies.command(
    "receive", epilog="Example: curate replies receive 'https://webmention.io/api/mentions.jf2?domain=dana.example'"
)
@click.argument("address", metavar="URL")
@click.option("--token-file", metavar="FILE", help="The service's token, if it wants one; - reads standard input.")
@click.pass_obj
def receive(here: Here, address: str, token_file: str | None) -> None:
    """Ask from now on for what other sites say of yours by Webmention; look there once, now."""
    import asyncio
    from functools import partial

    from curate.cli.sign_in import hidden, read_file
    from curate.errors import SignInNeeded
    from curate.presence import received
    from curate.shares.tokens import load_token, read_secret

    source, config = received.checked_source(address), here.config_folder()
    secret = read_file(here, source, token_file) if token_file else load_token(config, source)

    async def go() -> received.Connected:
        async with here.client() as client:
            with here.database() as connection:
                ask = partial(received.connect, here.desk(), here.settings(), connection, client, source, config=config)
                try:
                    return await ask(secret=secret, now=here.now())
                except SignInNeeded:
                    if secret or not here.interactive():
                        raise
                    return await ask(secret=read_secret(hidden("Its token")), now=here.now())

    done = asyncio.run(go())
    lines = [f"Receiving  {address}", *([f"Token      in {done.stored}"] if done.stored else [])]
    here.answer({"feed": address, **vars(done)}, [*lines, f"New        {done.new}: curate replies list"])


def _row(said: Said) -> dict[str, Any]:
    return vars(said)


def _lines(found: Sequence[Said], now: datetime, *, done: bool) -> Iterator[str]:
    if not found:
        yield "Nothing was answered yet." if done else "Nobody waits for an answer."
    for one in found:
        what = {"reply": "answers", "quote": "quotes"}.get(one.kind, "mentions you")
        whom = f"{what} {one.share}" if one.share and one.kind != "mention" else what
        whom = f"{'answers' if one.kind == 'reply' else 'names'} {render.term_safe(one.page)}" if one.page else whom
        seen = ", not for everybody" if one.private else ""
        author = render.clip(render.term_safe(one.author), 40)
        yield f"{one.id}  {render.ago(one.at, now):>4}  {author} {whom} on {one.account}{seen}"
        yield f"            {render.clip(render.term_safe(one.text).strip(), SHOWN)}"
    if found and not done:
        yield ""
        yield "curate replies open ID, answer there, then: curate replies done ID"
