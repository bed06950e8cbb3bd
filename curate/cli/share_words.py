"""The commands about the words of shares: ``share check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curate.cli import render
from curate.cli.main import Command
from curate.cli.share_view import when

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from curate.cli.here import Here
    from curate.shares.check import Checked


@click.command("check", cls=Command, epilog="Example: curate share check kfmt")
@click.argument("ids", metavar="[ID…]", nargs=-1)
@click.pass_obj
def check(here: Here, ids: tuple[str, ...]) -> None:
    """Say whether shares may go out, rule by rule: those named, or all that have not."""
    from curate.shares.check import check_shares

    with here.database() as connection:
        checked = check_shares(here.desk(), here.settings(), connection, ids, now=here.now())
    rows = [
        {
            "id": one.share.id,
            "account": one.share.account,
            "checks": [{"name": rule.name, "ok": rule.ok, "words": rule.words} for rule in one.checks],
        }
        for one in checked
    ]
    refused = [one for one in checked if not one.ok]
    here.answer(rows, lambda: check_lines(checked), exit_code=3 if refused else 0)


def check_lines(checked: Sequence[Checked]) -> Iterator[str]:
    """Show each share with what every rule says to it."""
    for one in checked:
        share = one.share
        yield f"{share.id}  {share.account}  {when(share)} ({share.zone})  {share.state.replace('_', ' ')}"
        for rule in one.checks:
            mark = "look" if rule.doubtful else "ok" if rule.ok else "no"
            yield f"      {mark:<5}{rule.name:<9} {render.term_safe(rule.words)}"
    refused = sum(not one.ok for one in checked)
    if not checked:
        yield "No shares wait to go out. curate share plan POST"
    elif refused:
        yield f"{render.count(refused, 'share')} refused as it reads now; nothing is lost."
    else:
        yield f"Nothing stands against {render.count(len(checked), 'share')}."
