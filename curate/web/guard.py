"""Decide which addresses curate may talk to, at the only moment that counts: when it connects.

A name may be answered with a private address, a redirect may lead to one, and an address has many
spellings. So nothing here reads host names: the guard makes the sockets and judges the address a
socket is about to be connected to. Knows nothing of HTTP and SMTP.
"""

from __future__ import annotations

import contextlib
import re
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from yarl import URL

from curate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohappyeyeballs import AddrInfoType

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PORTS = frozenset({80, 443})
MAIL_PORTS = frozenset({465, 587, 2525})  # where mail servers take mail from people
WRITTEN = re.compile(r"(?:[!#$&-;=?-Z\[\]_a-z~]|%[0-9A-Fa-f]{2})+")  # an address that needs no escaping
LONGEST_URL = 2048  # characters

# https://www.iana.org/assignments/iana-ipv4-special-registry
PRIVATE_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carriers' own
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
# https://www.iana.org/assignments/iana-ipv6-special-registry
GLOBAL_V6 = IPv6Network("2000::/3")  # all else is loopback, local, multicast or nobody's
PRIVATE_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
CARRYING_V4 = tuple(
    IPv6Network(network)
    for network in (
        "::ffff:0:0/96",  # mapped
        "::ffff:0:0:0/96",  # translated
        "::/96",  # compatible
        "64:ff9b::/96",  # NAT64
    )
)


class Forbidden(OSError):
    """curate itself refused to connect, before anything was sent; ``reason`` says why, in words.

    ``str()`` is the same for all of them on purpose: when every address of a name is refused,
    the connector then raises the first refusal itself and not a mixture without a type.
    """

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason

    def __str__(self) -> str:
        return "refused by the guard"


def refused(ip: Address) -> bool:
    """Say whether ``ip`` is not a public address; an IPv4 address inside an IPv6 one is judged itself."""
    if isinstance(ip, IPv4Address):
        return any(ip in network for network in PRIVATE_V4)
    if any(ip in network for network in CARRYING_V4):
        return refused(IPv4Address(int(ip) & 0xFFFF_FFFF))
    return ip not in GLOBAL_V6 or any(ip in network for network in PRIVATE_V6)


def check_url(url: str, base: URL | None = None) -> URL:
    """Return ``url`` in its normal form: no fragment, host in lower case, no default port.

    With ``base`` it may be relative to that, as in a redirect. Raises Forbidden for what is not a
    plain web address: another scheme than http and https, a user or password inside, no host,
    control characters, more than 2,048 characters.
    """
    text = url.strip()
    if len(text) > LONGEST_URL:
        raise Forbidden(f"refused: the address is longer than {LONGEST_URL:,} characters")
    if re.search(r"[\x00-\x1f\x7f\\]", text):
        raise Forbidden("refused: the address has characters no web address has")
    try:
        whole = URL(text, encoded=WRITTEN.fullmatch(text) is not None)  # else %2C would be sent as a comma
        whole = whole if base is None else base.join(whole)
        host, port = whole.raw_host, whole.explicit_port
    except ValueError:
        raise Forbidden("refused: this is not a web address") from None
    if whole.scheme not in {"http", "https"}:
        raise Forbidden("refused: only http:// and https:// addresses are read")
    if not host or not re.fullmatch(r"[\w.-]+|[0-9a-f:.]+", host, re.ASCII | re.IGNORECASE):
        raise Forbidden("refused: the address names no host")
    if whole.raw_user is not None or whole.raw_password is not None:
        raise Forbidden("refused: the address carries a user name or password")
    if port == (80 if whole.scheme == "http" else 443):
        whole = whole.with_port(None)
    return whole.with_host(host.lower()).with_fragment(None)


class Guard:
    """Make the sockets of all connections; refuse private addresses and odd ports.

    ``allow_private`` are the exceptions a person wrote: addresses or networks, each with an
    optional port (``127.0.0.1``, ``10.0.0.0/8:8080``, ``[::1]:8080``). Without a port, all ports
    of those addresses are allowed; everywhere else only ``ports``. Raises UsageError that names an entry
    it cannot read.
    """

    def __init__(self, allow_private: Iterable[str] = (), ports: frozenset[int] = PORTS) -> None:
        self._allowed = tuple(_entry(text) for text in allow_private)
        self._ports = ports

    def check(self, ip: Address, port: int) -> None:
        """Raise Forbidden unless curate may connect to ``port`` of ``ip``."""
        if any(ip in network and only in {None, port} for network, only in self._allowed):
            return
        if refused(ip):
            raise Forbidden(f"refused: private address {ip} (allow it with fetch.allow_private)")
        if port not in self._ports:
            raise Forbidden(f"refused: port {port} of {ip} (allow it with fetch.allow_private)")

    def socket_factory(self, addr_info: AddrInfoType) -> socket.socket:
        """Return a socket that may be connected to the address of ``addr_info``. Raises Forbidden."""
        family, kind, protocol, _, where = addr_info
        if family not in {socket.AF_INET, socket.AF_INET6}:
            raise Forbidden("refused: not an internet address")
        self.check(ip_address(str(where[0]).partition("%")[0]), int(where[1]))
        return socket.socket(family=family, type=kind, proto=protocol)


def _entry(text: str) -> tuple[Network, int | None]:
    """Read one exception: the network, and the port it is limited to."""
    entry = text.strip()
    found = re.fullmatch(r"\[(.+)\](?::(\d{1,5}))?", entry) or re.fullmatch(r"([\d./]+):(\d{1,5})", entry)
    where, port = (found[1], found[2]) if found else (entry, None)
    with contextlib.suppress(ValueError):
        return ip_network(where, strict=False), int(port) if port else None
    raise UsageError(
        f"fetch.allow_private: “{text}” is not an address or a network.",
        "Write 127.0.0.1, 127.0.0.1:8080, 10.0.0.0/8 or [::1]:8080.",
    )
