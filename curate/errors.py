"""Own every way curate can fail in words: what happened, and what to type next.

The tree, with the exit code the entry point answers (the same numbers in every command)::

    CurateError              1  failed, nothing half-written
    ├── UsageError           2  the command or its arguments cannot be meant
    │   ├── NoDesk           2  no project folder here or above
    │   └── Unknown          2  an id, slug, account, setting or feed that does not exist
    ├── Refused              3  a check found problems, or a limit said no
    ├── SignInNeeded         4  a token is missing, expired or revoked
    ├── NetworkTrouble       5  a server or the way to it failed; the rest was kept
    ├── Conflict             6  another curate holds the lock, or a file changed underneath
    └── Interrupted        130  the person stopped it; what was done is kept

Nothing here knows click, a terminal or a network.
"""

from __future__ import annotations


class CurateError(Exception):
    """Say what happened (``message``) and what to do about it (``hint``).

    ``code`` is the machine's word for it in ``--json``; ``exit`` the process's exit code.
    """

    code = "failed"
    exit = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(CurateError):
    """The command or its arguments cannot be meant."""

    code = "usage"
    exit = 2


class NoDesk(UsageError):
    """No project folder at ``path`` or above it."""

    code = "no-desk"

    def __init__(self, path: str) -> None:
        super().__init__(f"No project at {path} or above.", "Run curate init, or use -C DIR.")
        self.path = path


class Unknown(UsageError):
    """``name`` is not one of the ``kind`` (item, post, share, account, feed, setting) we know."""

    code = "unknown"

    def __init__(self, kind: str, name: str, hint: str = "") -> None:
        super().__init__(f"There is no {kind} “{name}”.", hint)
        self.kind = kind
        self.name = name


class Refused(CurateError):
    """A check found problems, or a limit refused; ``problems`` are whole sentences."""

    code = "refused"
    exit = 3

    def __init__(self, message: str, hint: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint)
        self.problems = problems


class SignInNeeded(CurateError):
    """The token of ``account`` is missing, expired or revoked."""

    code = "sign-in"
    exit = 4

    def __init__(self, account: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint or f"curate account add {account}")
        self.account = account


class NetworkTrouble(CurateError):
    """The server of ``url``, or the way to it, failed."""

    code = "network"
    exit = 5

    def __init__(self, url: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.url = url


class Conflict(CurateError):
    """Somebody else holds or changed ``path``."""

    code = "conflict"
    exit = 6

    def __init__(self, path: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.path = path


class Interrupted(CurateError):
    """The person stopped it; the message says how far it came."""

    code = "interrupted"
    exit = 130
