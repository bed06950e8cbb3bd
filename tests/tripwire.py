"""See each connection and each question to a name server that the tests cause; stop what would leave this machine.

``faults`` holds what was seen and must not be: a way out of this machine, and a connection of
curate's on a socket that the guard did not make.
"""

from __future__ import annotations

import re
import socket
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from curate.web.guard import Guard

if TYPE_CHECKING:
    from types import FrameType

faults: list[str] = []
GUARDED = Guard.socket_factory.__code__
NUMBER = re.compile(r"[0-9.]+|0x[0-9a-f.x]+|[0-9a-f:.]*:[0-9a-f:.]*(?:%.*)?", re.IGNORECASE)
CURATE = str(Path(__file__).parents[1] / "curate") + "/"
_made: WeakSet[Any] = WeakSet()


def watch() -> None:
    """Begin, once and for the life of this process: such a hook cannot be taken back."""
    sys.addaudithook(_hear)


def _hear(event: str, args: tuple[Any, ...]) -> None:
    if not event.startswith("socket."):
        return
    if event == "socket.__new__":
        if sys._getframe(2).f_code is GUARDED:  # the hook is called by socket.__init__, and that by whom we ask for
            _made.add(args[0])
    elif event in {"socket.connect", "socket.sendto"} and isinstance(args[1], tuple):
        where = str(args[1][0])
        if not _near(where):
            _stop(f"a connection to {args[1]}", ConnectionRefusedError("no test may leave this machine"))
        if event == "socket.connect" and args[0] not in _made and _from_curate(sys._getframe(1)):
            _stop(f"a connection of curate's to {args[1]} on a socket the guard did not make", PermissionError())
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"} and isinstance(args[0], (str, bytes)):
        name = args[0] if isinstance(args[0], str) else args[0].decode("ascii", "replace")
        if not _near(name) and not NUMBER.fullmatch(name):  # a number is turned into an address without asking
            _stop(f"a look-up of {name}", socket.gaierror(socket.EAI_NONAME, "no test may ask a name server"))


def _stop(what: str, error: OSError) -> None:
    faults.append(what)
    raise error


def _near(host: str) -> bool:
    """Say whether ``host`` is this machine; no host is a socket that listens."""
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host.lower().rstrip(".") in {"", "localhost", socket.gethostname().lower()}


def _from_curate(frame: FrameType | None) -> bool:
    """Say whether curate or its HTTP client is the one that connects."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(CURATE) or "/aiohappyeyeballs/" in name or "/aiohttp/connector" in name:
            return True
        frame = frame.f_back
    return False
