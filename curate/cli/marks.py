"""The commands ``item note|quote|tag|via``: write on what others wrote."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

from curate.cli import render
from curate.cli.item_view import full_row, named
from curate.cli.main import Command
from curate.errors import CurateError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curate.cli.here import Here


@click.command("note", cls=Command, epilog="Example: curate item note kfmt 'the number is minutes, not accuracy'")
@click.argument("item_id", metavar="ID")
@click.argument("text", required=False)
@click.option("--edit", is_flag=True, help="Write it in your editor.")
@click.pass_obj
def note(here: Here, item_id: str, text: str | None, *, edit: bool) -> None:
    """Write your line on an item.

    It replaces the note there; a TEXT of - reads standard input.
    """
    from curate.cli.editor import editor
    from curate.inbox.notes import edit_note, set_note

    if edit == (text is not None):
        raise UsageError(
            "Say the note, or add --edit to write it in your editor.", f"curate item note {item_id} 'TEXT'"
        )
    said = here.stdin_or(text or "")
    with _keeping(here, said if text == "-" else "", "note"), here.database() as connection:
        if edit:
            found = edit_note(here.desk(), connection, item_id, edit=editor(here), now=here.now())
        else:
            found = set_note(connection, item_id, said, now=here.now())
    done = "Noted on" if found.note else "No note any more on"
    here.answer(full_row(found, here.now()), [f"{done} {named(found)}"])


@click.command("quote", cls=Command, epilog="Example: curate item quote kfmt 'It did, on two incidents out of three.'")
@click.argument("item_id", metavar="ID")
@click.argument("text")
@click.option("--remove", is_flag=True, help="Take this quote away; its first words are enough.")
@click.pass_obj
def quote(here: Here, item_id: str, text: str, *, remove: bool) -> None:
    """Keep a passage of an item, at most 90 words.

    A TEXT of - reads standard input.
    """
    from curate.inbox.notes import add_quote, remove_quote

    passage = here.stdin_or(text)
    with _keeping(here, passage if text == "-" else "", "quote"), here.database() as connection:
        if remove:
            found = remove_quote(connection, item_id, passage, now=here.now())
            here.answer(full_row(found, here.now()), [f"A quote less from {named(found)}"])
            return
        done = add_quote(connection, item_id, passage, now=here.now())
    missing = f"The text curate has of {done.item.id} does not hold this passage; compare it with the original."
    here.answer(
        full_row(done.item, here.now()),
        [f"Quoted from {named(done.item)}"],
        warnings=() if done.found else (missing,),
    )


@click.command("tag", cls=Command, epilog="Example: curate item tag kfmt evaluation 'incident response'")
@click.argument("item_id", metavar="ID")
@click.argument("tags", metavar="TAG…", nargs=-1, required=True)
@click.option("--remove", is_flag=True, help="Take these tags off.")
@click.pass_obj
def tag(here: Here, item_id: str, tags: tuple[str, ...], *, remove: bool) -> None:
    """Put tags on an item."""
    from curate.inbox.notes import add_tags, remove_tags

    with here.database() as connection:
        found = (remove_tags if remove else add_tags)(connection, item_id, tags, now=here.now())
    worn = render.term_safe(", ".join(found.tags)) or "no tags"
    here.answer(full_row(found, here.now()), [f"{named(found)}: {worn}"])


@click.command("via", cls=Command, epilog="Example: curate item via kfmt 'Tomas Arreola https://example.net/@tomas'")
@click.argument("item_id", metavar="ID")
@click.argument("who", metavar="NAME|URL…", nargs=-1)
@click.pass_obj
def via(here: Here, item_id: str, who: tuple[str, ...]) -> None:
    """Say who pointed you to an item: a name, an address, or both; nothing takes it off."""
    from curate.inbox.notes import set_via, split_via

    name, url = split_via(" ".join(who))
    with here.database() as connection:
        found = set_via(connection, item_id, name, url, now=here.now())
    told = " ".join(part for part in (found.via_name, found.via_url) if part)
    here.answer(full_row(found, here.now()), [f"{named(found)}: {f'via {told}' if told else 'no via any more'}"])


@contextlib.contextmanager
def _keeping(here: Here, text: str, what: str) -> Iterator[None]:
    """Keep ``text``, which came from standard input and is nowhere else, when the block cannot store it."""
    from curate.desk.folder import fingerprint, write_whole

    try:
        yield
    except CurateError as error:
        if text.strip():
            path = here.desk().typed / f"{what}-{fingerprint(text.encode())[:8]}.txt"
            write_whole(path, text)
            error.hint = f"{error.hint} The text is in {path}.".strip()
        raise
