"""What the commands ``item …`` do with stories: list them, take one apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from curate.cli.item_view import about_list, also_row, named, row, story_of, table, with_also
from curate.cli.main import Command

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from curate.cli.here import Here
    from curate.inbox.items import Condition, Order, State

whole_story = click.option("--story", is_flag=True, help="The others of its story in the same state, too.")


@click.command("split", cls=Command, epilog="Example: curate item split kfmt")
@click.argument("item_id", metavar="ID")
@click.pass_obj
def split(here: Here, item_id: str) -> None:
    """Take the story of an item apart: each of its items stands alone from then on."""
    from curate.inbox.decide import split as take_apart

    with here.database() as connection:
        items = take_apart(connection, item_id, now=here.now())
    said = f"{named(items[0])} is in no story; nothing changed."
    if len(items) > 1:
        said = f"Taken apart, {len(items)} items: {story_of(items)}."
    here.answer([row(one, here.now()) for one in items], [said])


def list_stories(
    here: Here,
    connection: sqlite3.Connection,
    state: str,
    since: datetime | None,
    limit: int,
    *,
    order: Order,
    where: Condition | None,
) -> None:
    """Answer with the items in ``state``, each story once."""
    from curate.inbox.items import count_by_state
    from curate.inbox.listing import also, list_rows

    now = here.now()
    only = None if state == "all" else cast("State", state)
    rows = list_rows(connection, now=now, limit=limit, state=only, since=since, order=order, where=where)
    leads = [one.lead for one in rows]
    others = also(connection, leads)
    lines = table(leads, now, states=state == "all")
    data = [{**row(lead, now), "also": also_row(others[lead.number])} for lead in leads]
    here.answer(data, lambda: with_also(lines, [others[lead.number] for lead in leads]))
    if not leads and not here.json:
        here.say(
            about_list(0, count_by_state(connection, now=now), state, filtered=since is not None or where is not None)
        )
