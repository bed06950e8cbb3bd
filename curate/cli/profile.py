"""The noun ``profile``: what you claim about yourself, when each part was last true, and whether it is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli.main import Group
from curate.cli.profile_view import check_data, check_lines, section_row, shown
from curate.errors import Unknown, UsageError

if TYPE_CHECKING:
    from datetime import date

    from curate.cli.here import Here

ENTRIES = {  # what a person may add → its section, and its fields, the most telling first
    "result": ("results", ("outcome", "metric", "before", "after", "proof_url", "role", "team", "period", "topic")),
    "role": ("work", ("position", "name", "startDate", "endDate", "location", "url", "summary", "highlights")),
    "talk": ("talks", ("name", "event", "date", "url")),
    "credential": ("certificates", ("name", "issuer", "date", "url")),
    "education": ("education", ("institution", "studyType", "area", "startDate", "endDate", "url")),
}
ASKED = {"result": 5, "role": 4, "talk": 4, "credential": 4, "education": 5}  # of these, how many a person is asked
NEEDED = {"result": ("outcome",), "role": ("position",), "education": ("institution",)}  # else: the name


@click.group(cls=Group)
def profile() -> None:
    """Show, confirm and check what you claim about yourself."""


@profile.command("show", epilog="Example: curate profile show")
@click.pass_obj
def show(here: Here) -> None:
    """Show each section, and when it was last confirmed."""
    from curate.presence.standing import read_standing

    read = read_standing(here.desk(), _today(here))
    data = {
        "name": read.profile.name,
        "label": read.profile.label,
        "sections": [section_row(each) for each in read.sections],
        "values": read.values,
    }
    here.answer(data, shown(read))


@profile.command("edit", epilog="Example: curate profile edit")
@click.pass_obj
def edit(here: Here) -> None:
    """Open the profile in your editor; what cannot be read is not saved."""
    from curate.cli.editor import editor
    from curate.desk.folder import fingerprint
    from curate.desk.locks import hold
    from curate.posts.profile import parse_profile
    from curate.posts.profile_lines import change_profile
    from curate.posts.write import edit_file

    desk, open_it = here.desk(), editor(here)

    def finished(text: str, typed: Path) -> str:
        parse_profile(text.removeprefix("\ufeff"), str(typed))
        return text

    with hold(desk, "edit-profile", wait=0):
        if not desk.profile.exists():
            change_profile(desk.profile, lambda _: "basics:\n  name:\n")
        known = fingerprint(desk.profile.read_bytes())
        text, said = edit_file(desk, desk.profile, known, edit=open_it, finished=finished)
    data = {"path": desk.profile, "changed": text is not None}
    here.answer(data, [f"Saved      {desk.profile}"] if text is not None else [], warnings=said)


@profile.command("confirm", epilog="Example: curate profile confirm credentials")
@click.argument("names", metavar="[SECTION…]", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every section that says something.")
@click.pass_obj
def confirm(here: Here, names: tuple[str, ...], *, everything: bool) -> None:
    """Say that a section is true today."""
    from curate.posts.profile_lines import change_profile, set_value
    from curate.presence.standing import read_standing

    desk, today = here.desk(), _today(here)
    read = read_standing(desk, today)
    if bool(names) == everything:
        said = ", ".join(each.name for each in read.sections)
        raise UsageError(f"Say which section is still true ({said}), or --all.", "curate profile show reads them.")
    keys = _keys(read, names)
    here_is = str(desk.profile)

    def change(text: str) -> str:
        for key in keys:
            text = set_value(text, ("confirmed", key), today.isoformat(), here_is)
        return text

    changed = change_profile(desk.profile, change)
    rows = [section_row(each) for each in read_standing(desk, today).sections]
    lines = [f"Confirmed  {', '.join(keys)} on {today:%d %b %Y}" if changed else "All of that was confirmed today."]
    here.answer({"confirmed": keys, "sections": rows}, lines)


@profile.command(
    "add", epilog="Example: curate profile add result outcome='Nights are quiet' metric=pages before=31 after=4"
)
@click.argument("kind", type=click.Choice(list(ENTRIES)))
@click.argument("said", metavar="[FIELD=TEXT…]", nargs=-1)
@click.option("--from", "source", metavar="FILE|-", help="Take the fields from a JSON object; - reads standard input.")
@click.pass_obj
def add(here: Here, kind: str, said: tuple[str, ...], source: str | None) -> None:
    """Add one entry; on a terminal it asks for what is not said.

    A result is asked for its outcome, number and proof first.
    """
    from curate.posts.profile_lines import add_rows, change_profile, set_value
    from curate.presence.standing import read_standing

    desk, today = here.desk(), _today(here)
    section, known = ENTRIES[kind]
    row = _asked(here, kind, _given(here, kind, known, said, source))
    values = read_standing(desk, today).values
    key = next((other for other in ("roles", "credentials") if other in values and _theirs(other) == section), section)
    first = not values.get(key)
    where = str(desk.profile)
    if kind == "result":
        row["confirmed"] = today.isoformat()

    def change(text: str) -> str:
        text = add_rows(text, key, [row], where)
        return set_value(text, ("confirmed", key), today.isoformat(), where) if first else text

    change_profile(desk.profile, change)
    unproved = kind == "result" and "proof_url" not in row
    warnings = ["It has no proof yet: an address under proof_url lets a reader check it."] if unproved else []
    here.answer({"section": key, "entry": row}, [f"Added      {kind}: {next(iter(row.values()))}"], warnings=warnings)


@profile.command("check", epilog="Example: curate profile check")
@click.option("--strict", is_flag=True, help="End with 3 for terms that are not said, too.")
@click.pass_obj
def check(here: Here, *, strict: bool) -> None:
    """Say what is stale or unproved, how your name is spelled, and where your terms are not said."""
    from curate.presence.standing import examine_profile

    found = examine_profile(here.desk(), here.settings(), _today(here))
    wrong = bool(found.read.stale or found.unproved or found.spellings)
    unsaid = any(term.missing for term in found.terms)
    here.answer(check_data(found), lambda: check_lines(found), exit_code=3 if wrong or (strict and unsaid) else 0)


@profile.command("import", epilog="Example: curate profile import resume.json --dry-run")
@click.argument("file", metavar="FILE")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be taken, change nothing.")
@click.pass_obj
def import_(here: Here, file: str, *, dry_run: bool) -> None:
    """Take what a JSON Resume says that your profile does not; overwrite nothing."""
    from curate.posts.profile_import import import_resume

    raw = here.stdin_or("-").encode() if file == "-" else _bytes(file)
    home = here.settings().site.url.rstrip("/")
    done = import_resume(here.desk().profile, raw, home=home, dry_run=dry_run)
    rejected = [{"row": each.row, "reason": each.reason} for each in done.rejected]
    data = {"kind": done.kind, "rows": done.rows, "new": done.new, "known": done.known, "rejected": rejected}
    verb = "Would take" if dry_run else "Took"
    lines = [f"{verb} {done.new} of {done.rows}; {done.known} known already, {len(rejected)} refused."]
    lines += [f"  {each.row or file}: {each.reason}" for each in done.rejected]
    here.answer(data, lines, exit_code=5 if rejected else 0)


@profile.command("export", epilog="Example: curate profile export --json-resume > resume.json")
@click.option("--json-resume", "form", flag_value="json-resume", default=True, help="As JSON Resume 1.0 (usual).")
@click.option("--vcard", "form", flag_value="vcard", help="As a vCard 4.0.")
@click.pass_obj
def export(here: Here, form: str) -> None:
    """Print the profile for other programs."""
    from curate.posts.json_resume import write_resume
    from curate.presence.standing import read_standing

    read, site = read_standing(here.desk(), _today(here)), here.settings().site
    home = site.url.rstrip("/")
    if form == "json-resume":
        data = write_resume(read.values, home)
        here.answer(data, [json.dumps(data, ensure_ascii=False, indent=2)], verbatim=True)
        return
    from curate.site.plugin.identity import vcard

    card = vcard({"PROFILE": read.profile, "SITENAME": site.name, "SITE_ADDRESS": home}, read.profile.image)
    here.answer({"vcard": card}, [card.removesuffix("\n")], verbatim=True)


def _today(here: Here) -> date:
    return here.local(here.now()).date()


def _theirs(name: str) -> str:
    from curate.posts.json_resume import OTHER_NAMES

    return OTHER_NAMES.get(name, name)


def _keys(read: Any, names: tuple[str, ...]) -> list[str]:  # noqa: ANN401 - presence is imported when it is needed
    """Return the keys of “confirmed” that are meant. Raises Unknown for a section that says nothing."""
    from curate.posts.freshness import key_of

    there = {_theirs(each.name) for each in read.sections}
    for name in names:
        if _theirs(name) not in there:
            said = ", ".join(each.name for each in read.sections) or "nothing yet"
            raise Unknown("section", name, f"The profile has: {said}.")
    wanted = names or tuple(each.name for each in read.sections)
    return list(dict.fromkeys(key_of(name, read.profile.confirmed) for name in wanted))


def _given(
    here: Here, kind: str, known: tuple[str, ...], fields: tuple[str, ...], source: str | None
) -> dict[str, Any]:
    """Return the fields as they were given. Raises UsageError for what is none."""
    row: dict[str, Any] = {}
    if source is not None:
        try:
            said = json.loads(here.stdin_or("-") if source == "-" else _bytes(source).decode())
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{source} is not JSON: {str(error)[:120]}.", "Write one object of texts.") from error
        if not isinstance(said, dict):
            raise UsageError(f"{source} is not one JSON object.", f"It may have: {', '.join(known)}.")
        row |= said
    for field in fields:
        name, equals, text = field.partition("=")
        if not equals:
            raise UsageError(f"“{field}” has no =.", f"Write it like {known[0]}='…'.")
        row[name] = [part.strip() for part in text.split(";")] if name == "highlights" else text.strip()
    strange = next((name for name in row if name not in known), "")
    if strange:
        raise UsageError(f"A {kind} has no “{strange}”.", f"It may have: {', '.join(known)}.")
    return row


def _asked(here: Here, kind: str, row: dict[str, Any]) -> dict[str, Any]:
    """Ask for what is not said, when somebody is there; return the entry. Raises UsageError for what cannot be."""
    from curate.posts.json_resume import SECTIONS, wrong

    section, known = ENTRIES[kind]
    if here.interactive() and not row:
        for name in known[: ASKED[kind]]:
            row[name] = click.prompt(name, default="", show_default=False, err=True)
    row = {name: value for name, value in row.items() if value not in ("", [])}
    for name, value in row.items():
        reason = wrong(value, SECTIONS[section][name])
        if reason:
            raise UsageError(f"{name}: {reason}", "Nothing was added.")
    for name in NEEDED.get(kind, ("name",)):
        if name not in row:
            raise UsageError(f"A {kind} needs its {name}.", f"curate profile add {kind} {name}='…'")
    return {name: row[name] for name in known if name in row}


def _bytes(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
