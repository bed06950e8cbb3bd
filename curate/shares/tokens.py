"""Keep the accounts' tokens: in the system's keyring, else in a file only the person can read.

Never in the desk, a flag or a log. A token belongs to one account of one server, so a changed handle
or server in curate.toml finds none. A token is handed around as a Secret, which does not show itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import threading
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import quote

from curate.desk.folder import write_whole
from curate.errors import CurateError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from keyring.backend import KeyringBackend

SERVICE = "curate"
OPEN = ("expires_at", "issued_at", "client_id", "scopes")  # parts of a secret that are none
APP = ("client_id", "client_secret")  # what a network knows one's own app by
# The keys an account may have, by network, those it cannot do without first: “name = value” in a file.
KEYS = {
    "linkedin": (("token",), (*APP, "expires_at")),
    "facebook": (("token",), APP),
    "threads": (("token",), (*APP, "expires_at")),
    "x": (("api_key", "api_secret", "token", "token_secret"), ()),
    "mastodon": (("token",), ()),
    "bluesky": (("token",), ()),
    "email": (("user", "password"), ()),
    "webmention": (("token",), ()),
}
PATIENCE = 5.0  # seconds: a keyring whose daemon is dead hangs
# Keyrings that encrypt and belong to the system. Others (plain text, null, test) are not what a person expects.
TRUSTED = (
    "keyring.backends.macOS",
    "keyring.backends.Windows",
    "keyring.backends.SecretService",
    "keyring.backends.libsecret",
    "keyring.backends.kwallet",
)
Answer = TypeVar("Answer")


class Holder(Protocol):
    """Whose token it is: an account of curate.toml, or the feed of webmentions."""

    @property
    def network(self) -> str:
        """Return what kind of service it is for."""
        ...

    @property
    def server(self) -> str:
        """Return where it is good."""
        ...

    @property
    def handle(self) -> str:
        """Return as whom."""
        ...


class Secret:
    """A text that shows only as ``***``; ``reveal`` gives it to the request that needs it.

    What a network signs with several keys for is one text, too: a JSON object of them by name.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        raise TypeError("a secret is not stored this way")

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def part(self, name: str) -> str:
        """Return the key called ``name``; a text that is no JSON object is its own ``token``. '' without one."""
        return self._parts().get(name, "")

    def with_parts(self, **more: str) -> Secret:
        """Return it with ``more`` keys; those that are '' stay as they were."""
        news = {name: value for name, value in more.items() if value}
        return secret_of(**self._parts() | news) if news else self

    def words(self) -> tuple[str, ...]:
        """Return every text that must show nowhere, the longest first: also as it is written on the way."""
        parts = self._parts()
        hidden = {self._text, *(value for name, value in parts.items() if name not in OPEN)} - {""}
        spelled = {spelling for word in hidden for spelling in (quote(word, safe=""), json.dumps(word)[1:-1])}
        packed = {
            *hidden,
            f"\0{parts.get('user', '')}\0{parts.get('password', '')}",
        }  # the latter as mail servers get it
        in_base64 = {b64encode(word.encode()).decode().rstrip("=") for word in packed}
        return tuple(sorted(hidden | spelled | in_base64, key=len, reverse=True))

    def expires_at(self) -> datetime | None:
        """Return until when it is good, where the network says so."""
        try:
            moment = datetime.fromisoformat(self.part("expires_at"))
        except ValueError:
            return None
        return moment.replace(tzinfo=moment.tzinfo or UTC)

    def scopes(self) -> tuple[str, ...]:
        """Return what it may do, where the network said so."""
        return tuple(self.part("scopes").replace(",", " ").split())

    def _parts(self) -> dict[str, str]:
        try:
            parts = json.loads(self._text) if self._text.startswith("{") else None
        except (ValueError, RecursionError):
            parts = None
        if not isinstance(parts, dict):
            return {"token": self._text}
        return {name: value for name, value in parts.items() if isinstance(value, str)}


def secret_of(**parts: str) -> Secret:
    """Return several keys as one secret."""
    return Secret(json.dumps({name: value for name, value in parts.items() if value}))


def read_secret(text: str) -> Secret:
    """Return the token in ``text``, as a file or a prompt gave it. Raises CurateError when there is none."""
    token = text.removeprefix("\ufeff").strip()
    if not token or not token.isprintable() or len(token) > 4096:
        raise CurateError("There is no token in it: it must be one line of text.", "Copy it again, whole.")
    return Secret(token)


def read_keys(network: str, text: str, **known: str) -> Secret:
    """Return the token or the keys in ``text``: one token, lines ``name = value``, or a JSON object of them.

    ``known`` keys need not be there. Raises CurateError that names what is missing, and shows nothing
    of what is there.
    """
    needed, more = KEYS[network]
    text = text.removeprefix("\ufeff").strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    pairs = [(name.strip(), value.strip().strip("\"'")) for name, _, value in (line.partition("=") for line in lines)]
    try:
        whole = json.loads(text) if text.startswith("{") else None
    except (ValueError, RecursionError):
        whole = None
    if isinstance(whole, dict):
        parts = {name: value for name, value in whole.items() if isinstance(value, str)}
    elif pairs and all(name in (*needed, *more) for name, _ in pairs):
        parts = dict(pairs)
    elif len(needed) == 1:
        return read_secret(text)
    else:
        parts = {needed[-1]: lines[0]} if len(lines) == 1 else {}
    parts = {name: value for name, value in (known | parts).items() if name in (*needed, *more)}
    missing = [name for name in needed if not parts.get(name)]
    if missing:
        raise CurateError(
            f"The keys of {network} are not all there: {', '.join(missing)}.",
            f"Write each on a line of its own as name = value: {', '.join(needed)}.",
        )
    for value in parts.values():
        read_secret(value)
    return secret_of(**parts)


def store_token(config: Path, account: Holder, secret: Secret) -> str:
    """Keep the token of ``account``; return where, in words. ``config`` is the person's configuration folder.

    What was copied to a file, too, is renewed in both places. Raises CurateError when neither a keyring nor
    the folder takes it.
    """
    file = _file(config, account)
    copied = file.is_file() and any(_in_keyring(lambda ring: ring.get_password(SERVICE, _key(account))))
    _note_end(file, secret.expires_at())
    if not _in_keyring(lambda ring: ring.set_password(SERVICE, _key(account), secret.reveal())):
        return _write(file, secret)
    if copied:
        return f"the system's keyring and {_write(file, secret)}"
    file.unlink(missing_ok=True)
    return "the system's keyring"


def copy_to_file(config: Path, account: Holder) -> str:
    """Keep the token of ``account`` in a file too, for where no keyring is open; return where, in words."""
    secret = load_token(config, account)
    if secret is None:
        raise CurateError(f"There is no token of {account.network} {account.handle}.", "curate account list")
    return _write(_file(config, account), secret)


def _write(file: Path, secret: Secret) -> str:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.chmod(0o600)  # one that was there keeps its rights otherwise
    except OSError as error:
        raise CurateError(f"{file} cannot be written: {error.strerror}.", "The token is not stored.") from error
    write_whole(file, secret.reveal() + "\n")
    return f"{file}, readable by you alone"


def load_token(config: Path, account: Holder) -> Secret | None:
    """Return the token of ``account``; None when there is none.

    Raises CurateError when its file can be read by others, or not by us.
    """
    file = _file(config, account)
    try:
        if file.is_file():
            if os.name == "posix" and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise CurateError(f"Others can read {file}, so curate does not use it.", f"chmod 600 {file}")
            return read_secret(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CurateError(f"{file} cannot be read.", f"curate account add {account.network}") from error
    [text] = _in_keyring(lambda ring: ring.get_password(SERVICE, _key(account))) or [None]
    return read_secret(text) if text else None


def has_token(config: Path, account: Holder) -> bool:
    """Say whether there is a usable token of ``account``."""
    try:
        return load_token(config, account) is not None
    except CurateError:
        return False


def token_ends(config: Path, account: Holder) -> datetime | None:
    """Return until when the token of ``account`` is good, without opening a keyring; None when nobody said."""
    try:
        return datetime.fromisoformat(_end(_file(config, account)).read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        return None


def forget_token(config: Path, account: Holder) -> None:
    """Delete the token of ``account`` wherever it is."""
    _file(config, account).unlink(missing_ok=True)
    _end(_file(config, account)).unlink(missing_ok=True)
    _in_keyring(lambda ring: ring.delete_password(SERVICE, _key(account)))


def _key(account: Holder) -> str:
    return f"{account.network} {account.server} {account.handle}"


def _file(config: Path, account: Holder) -> Path:
    return config / "tokens" / f"{account.network}-{sha256(_key(account).encode()).hexdigest()[:16]}"


def _end(file: Path) -> Path:
    return file.with_suffix(".until")


def _note_end(file: Path, moment: datetime | None) -> None:
    """Keep when a token ends beside it, where it can be read many times a day; that is no secret."""
    note = _end(file)
    with contextlib.suppress(OSError):  # the token has it, too
        note.unlink(missing_ok=True)
        if moment is not None:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            note.touch(mode=0o600)
            note.write_text(moment.isoformat() + "\n", encoding="utf-8")


def _in_keyring(use: Callable[[KeyringBackend], Answer]) -> list[Answer]:
    """Let ``use`` work with the system's keyring; no answer when there is none to trust, it refuses or it hangs."""
    import keyring
    from keyring.errors import KeyringError

    answers: list[Answer] = []

    def work() -> None:
        with contextlib.suppress(KeyringError, OSError, RuntimeError):
            answers.extend(use(ring) for ring in _trusted(keyring.get_keyring())[:1])

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return answers


def _trusted(ring: KeyringBackend) -> list[KeyringBackend]:
    """Return the trusted keyrings among ``ring`` and, when it is a chain, its links."""
    links = list(getattr(ring, "backends", [])) or [ring]
    return [link for link in links if type(link).__module__.startswith(TRUSTED)]
