"""Read curate.toml, say where each value came from, and change one without touching the rest.

The structs below are the whole list of settings, with their defaults; docs/settings.md is made
of the same names. Must not read the environment: the entry point hands in what it found there.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from curate.desk.folder import fingerprint, write_whole
from curate.errors import CurateError, Unknown, UsageError

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = re.compile(r"https?://[^\s/?#]+(?:/[^\s?#]*)?")
FEED = re.compile(r"(?:https://|http://(?:localhost|127(?:\.\d+){3}|\[::1\])(?=[:/?]))[^\s/?#@]+(?:[/?][^\s#]*)?")
KEYED = re.compile(r"[?&](?:access_)?token=|//[^/?#]*@")
ENGINE = re.compile(r"https?://[^\s/?#;,'\"@]+(?:/[^\s?#]*)?\?(?:[^\s#]*&)?[^\s#&=]+=(?:&[^\s#]*)?")
SOONEST = 5  # minutes between two readings of a feed
YEAR = 366 * 24 * 60  # minutes
PROMPTS = (
    "What would you do differently?",
    "Who is wrong here, and how do you know?",
    "What did it cost, and who paid?",
    "What will you ask your readers?",
)
LONGEST_PROMPT = 120  # characters
Network = Literal["linkedin", "x", "facebook", "threads", "mastodon", "bluesky", "email", "manual"]


def known_zone(name: str) -> ZoneInfo:
    """Return the IANA time zone ``name``. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # a folder of zones is an OSError
        raise ValueError(f"timezone “{name}” is not a zone such as Europe/Berlin") from error


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who publishes, and where.

    ``webmention`` is where other sites tell of their answers, ``webmention_feed`` where those are asked for, and with
    ``send_webmentions`` pages that are cited are told so; ``intros`` are texts about topics, for the pages that list
    their posts.
    ``archive`` shows copies of pages at /DATE/ADDRESS.
    ``search_engine`` is where the search page sends a reader's words when no script runs: its parameter without
    a value is the one for the words, and ``{site}`` stands for this site's host. ``newsletter`` is where the form
    of the page about feeds sends a reader's address, in the same way. ``theme_toggle`` lets readers choose light or
    dark themselves; ``licence`` is the address of what others may do with the texts.
    """

    name: str = ""
    url: str = ""
    timezone: str = "UTC"
    language: str = "en"
    topics: tuple[str, ...] = ()
    webmention: str = ""
    webmention_feed: str = ""
    send_webmentions: bool = False
    archive: str = "https://web.archive.org/web"
    intros: dict[str, str] = {}
    search_engine: str = "https://duckduckgo.com/?q=&sites={site}"
    newsletter: str = ""
    theme_toggle: bool = False
    licence: str = ""

    def __post_init__(self) -> None:
        """Refuse what every command would stumble over later."""
        plain = {"url": self.url, "webmention": self.webmention, "archive": self.archive, "licence": self.licence}
        for name, address in plain.items():
            if (address or name == "archive") and not (ADDRESS.fullmatch(address) and _parts(address)):
                raise ValueError(f"{name} “{address}” is not a web address, such as https://dana.example")
        if KEYED.search(self.webmention_feed):
            raise ValueError(
                "webmention_feed has a token in it, which belongs in the keyring: curate replies receive URL"
            )
        if self.webmention_feed and not FEED.fullmatch(self.webmention_feed):
            msg = "is not an https address, such as https://webmention.io/api/mentions.jf2?domain=dana.example"
            raise ValueError(f"webmention_feed “{self.webmention_feed}” {msg}")
        known_zone(self.timezone)
        if self.search_engine and not _takes_words(self.search_engine):
            msg = "is not an address with an empty parameter, such as https://duckduckgo.com/?q=&sites={site}"
            raise ValueError(f"search_engine “{self.search_engine}” {msg}")
        if self.newsletter and not (_takes_words(self.newsletter) and self.newsletter.startswith("https://")):
            msg = "is not an https address with an empty parameter, such as https://news.example/subscribe?email="
            raise ValueError(f"newsletter “{self.newsletter}” {msg}")


def _parts(address: str) -> bool:
    """Say whether ``address`` can be taken apart: its brackets are those of IPv6, its port is one."""
    try:
        _ = urlsplit(address).port
    except ValueError:
        return False
    return True


def _takes_words(address: str) -> bool:
    """Say whether a form can send words to ``address``."""
    try:
        urlsplit(address).netloc.encode("idna")
    except ValueError:
        return False
    return ENGINE.fullmatch(address) is not None


class Fetch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How feeds are read. ``interval`` in minutes, 0 for each feed's own rhythm; ``timeout`` in seconds."""

    interval: Annotated[int, msgspec.Meta(ge=0, le=YEAR)] = 0
    timeout: Annotated[float, msgspec.Meta(gt=0, le=3600)] = 30.0
    connections: Annotated[int, msgspec.Meta(ge=1, le=256)] = 32
    allow_private: tuple[str, ...] = ()
    no_full_text: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse to ask anybody every other minute."""
        if 0 < self.interval < SOONEST:
            raise ValueError(f"interval {self.interval} is neither 0 (as it suits each feed) nor {SOONEST} or more")


class Deploy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the built site goes: ``folder:PATH`` or ``git:REMOTE#BRANCH``; empty for nowhere."""

    target: str = ""


class Editor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What opens a text; empty means $VISUAL, $EDITOR, then nano or vi."""

    command: str = ""


class Triage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the triage screen behaves; without ``mouse`` the terminal selects text as it always does."""

    mouse: bool = True


class Writing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What starts a thought: questions offered while one writes and notes, never sentences."""

    prompts: tuple[str, ...] = PROMPTS

    def __post_init__(self) -> None:
        """Refuse what is no question."""
        for prompt in self.prompts:
            if not prompt.rstrip().endswith(("?", "？", "؟")) or "\n" in prompt or len(prompt) > LONGEST_PROMPT:
                raise ValueError(
                    f"“{prompt[:LONGEST_PROMPT]}” is not one question of at most {LONGEST_PROMPT} characters"
                )


class Shares(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When shares stay at home, and how much alike they may be.

    ``quiet`` are wall times of an account's zone, over midnight too; ``blackout`` are dates, or two with a
    slash between. ``spacing`` is in hours, between two shares of one source or topic on an account.
    ``similar_warns`` and ``similar_refused`` are percent of a text's four-word phrases that stood in another.
    With ``utm`` the link says through which network a reader came.
    """

    quiet: tuple[str, ...] = ("21:30-06:30",)
    blackout: tuple[str, ...] = ()
    spacing: Annotated[int, msgspec.Meta(ge=0, le=YEAR // 60)] = 24
    similar_warns: Annotated[int, msgspec.Meta(ge=1, le=100)] = 25
    similar_refused: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50
    utm: bool = False

    def __post_init__(self) -> None:
        """Refuse what every plan would stumble over later."""
        for hours in self.quiet:
            if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", hours):
                raise ValueError(f"quiet “{hours}” is not two times such as 21:30-06:30")
        for days in self.blackout:
            try:
                first, last = (date.fromisoformat(day) for day in (days.split("/") * 2)[:2])
            except ValueError:
                first, last = date.max, date.min
            if first > last:
                raise ValueError(f"blackout “{days}” is not a date such as 2026-12-24, or 2026-12-24/2026-12-27")


class Account(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One account on one network, with its slots and limits.

    ``slots`` are ``"mon 08:40"`` in ``timezone`` (empty: the site's); ``gap`` is in minutes. ``characters``
    is what the account's own server takes, 0 for the network's usual. ``deliver`` says whether shares go
    to the network or, as a rehearsal, into .curate/outbox. ``server`` and ``sign_in`` are where the
    network's API and its sign-in are, ``version`` which version of it is asked; empty for the usual.
    ``budget`` is in US dollars a month, where a network takes money; with ``paid_figures`` it is also asked, for
    money, what became of shares. ``recipients`` are e-mail addresses.
    """

    network: Network
    server: str = ""
    sign_in: str = ""
    version: str = ""
    handle: str = ""
    recipients: tuple[str, ...] = ()
    slots: tuple[str, ...] = ("mon 08:40", "tue 08:40", "wed 08:40", "thu 08:40", "fri 08:40")
    timezone: str = ""
    per_day: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 3
    per_week: Annotated[int, msgspec.Meta(ge=1, le=7_000)] = 12
    gap: Annotated[int, msgspec.Meta(ge=0, le=YEAR)] = 90
    characters: Annotated[int, msgspec.Meta(ge=0)] = 0
    budget: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] = 5.0
    paid_figures: bool = False
    deliver: Literal["network", "outbox"] = "network"

    def __post_init__(self) -> None:
        """Refuse a time zone or an address that is none, and a version that no address and no header can hold."""
        for name, address in (("server", self.server), ("sign_in", self.sign_in)):
            if not _parts(address):
                raise ValueError(f"{name} “{address}” is not an address, such as https://mastodon.social")
        if self.timezone:
            known_zone(self.timezone)
        if not re.fullmatch(r"[A-Za-z0-9._-]{0,20}", self.version):
            raise ValueError(f"version “{self.version[:40]}” is not one such as 202608 or v25.0")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything curate.toml can say."""

    site: Site = Site()
    fetch: Fetch = Fetch()
    deploy: Deploy = Deploy()
    editor: Editor = Editor()
    triage: Triage = Triage()
    writing: Writing = Writing()
    shares: Shares = Shares()
    accounts: dict[str, Account] = {}


def load_settings(path: Path) -> Settings:
    """Read and check ``path``. Raises UsageError that names the setting and what it may be."""
    return _checked(_tables(path), path)


def check_settings(text: str, path: Path) -> None:
    """Check what ``path`` would say if it held ``text``. Raises UsageError as ``load_settings`` does."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{path} cannot hold that: {error}."
        raise UsageError(msg, "Leave control characters out.") from error
    _checked(tables, path)


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}."
        raise CurateError(msg) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _invalid(path, str(error)) from error
    except RecursionError as error:
        raise _invalid(path, "too many tables or lists inside each other") from error


def _invalid(path: Path, why: str) -> UsageError:
    return UsageError(f"{path} is not valid TOML: {why}.", "Mend that line; nothing else was touched.")


def _checked(tables: dict[str, Any], path: Path) -> Settings:
    try:
        return msgspec.convert(tables, Settings)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        name = where.strip("`.").replace("[...]", ".*")
        msg = f"{path}: {name}: {what}." if name else f"{path}: {what}."
        raise UsageError(msg, "Mend it in that file, or: curate config set NAME VALUE") from error


def list_settings(path: Path) -> list[tuple[str, object, str]]:
    """Return (name, value, origin) of every setting, in order; origin is ``curate.toml`` or ``default``."""
    tables = _tables(path)
    rows: list[tuple[str, object, str]] = []

    def walk(value: object, name: str, said: object) -> None:
        if isinstance(value, msgspec.Struct):
            for field in value.__struct_fields__:
                below = said.get(field) if isinstance(said, dict) else None
                walk(getattr(value, field), f"{name}.{field}" if name else field, below)
        elif isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, f"{name}.{key}", said.get(key) if isinstance(said, dict) else None)
        else:
            plain = list(value) if isinstance(value, tuple) else value
            rows.append((name, plain, "default" if said is None else path.name))

    walk(_checked(tables, path), "", tables)
    return rows


def get_setting(path: Path, name: str) -> object:
    """Return the value of the dotted ``name``. Raises Unknown."""
    rows = list_settings(path)
    exact = [value for row, value, _ in rows if row == name]
    if exact:
        return exact[0]
    within = {row[len(name) + 1 :]: value for row, value, _ in rows if row.startswith(f"{name}.")}
    if within:
        return within
    raise Unknown("setting", name, "curate config list shows them all.")


def set_setting(path: Path, name: str, value: str) -> object:
    """Write ``value`` (TOML, or a bare word meant as text) to the dotted ``name``, keeping comments.

    Returns the value as stored. Raises UsageError when the name or the value is not allowed;
    the file is then as it was.
    """
    try:
        said = tomllib.loads(f"v = {value}")
        meant: Any = said["v"] if len(said) == 1 else value  # a text of several lines is not several settings
    except (tomllib.TOMLDecodeError, RecursionError):
        meant = value
    keys = tuple(name.split("."))
    try:
        _store(path, {keys: meant})
    except UsageError:
        if isinstance(meant, str):
            raise
        try:
            _store(path, {keys: value})  # 2026 may be meant as text
        except UsageError:
            pass
        else:
            return value
        raise
    return meant


def set_list(path: Path, name: str, values: list[str]) -> None:
    """Write a list of texts to the dotted ``name``, as ``set_setting`` writes one value."""
    _store(path, {tuple(name.split(".")): values})


def add_account(path: Path, name: str, account: dict[str, object]) -> None:
    """Write the table ``[accounts.NAME]`` with the values given, replacing those of an older one."""
    _store(path, {("accounts", name, key): value for key, value in account.items()})


def remove_account(path: Path, name: str) -> None:
    """Take the table ``[accounts.NAME]`` out. Raises Unknown."""
    import tomlkit

    raw, document = _document(path)
    accounts = document.get("accounts", {})
    if name not in accounts:
        raise Unknown("account", name, "curate account list shows them.")
    del accounts[name]
    write_whole(path, tomlkit.dumps(document), expected=fingerprint(raw))


def _document(path: Path) -> tuple[bytes, Any]:
    """Return the file as it is, and as what keeps its comments when it is written. Raises UsageError."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    _tables(path)
    raw = path.read_bytes()
    try:
        return raw, tomlkit.parse(raw.decode("utf-8-sig"))
    except (TOMLKitError, RecursionError) as error:  # it is stricter, here and there
        raise _invalid(path, str(error)) from error


def _store(path: Path, values: dict[tuple[str, ...], Any]) -> None:
    import tomlkit

    raw, document = _document(path)
    for name, value in values.items():
        *tables, key = name
        place: Any = document
        for table in tables:
            if table not in place:
                place[table] = tomlkit.table()
            place = place[table]
            if not isinstance(place, dict):
                raise Unknown("setting", ".".join(name), "curate config list shows them all.")
        place[key] = value
    text = tomlkit.dumps(document)
    _checked(tomllib.loads(text), path)
    write_whole(path, text, expected=fingerprint(raw))
