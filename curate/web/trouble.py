"""Tell what became of a request that brought no answer, so that a caller can act on it and a person understand it.

Must not know what was asked for.
"""

from __future__ import annotations

import errno
import ssl
from dataclasses import dataclass
from typing import NoReturn

import aiohttp

from curate.errors import NetworkTrouble
from curate.web.guard import Forbidden

OUTSIDE_ITS_DAYS = frozenset({9, 10})  # OpenSSL's numbers of a certificate that is not valid yet, or not any more
NO_WAY = frozenset({errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ETIMEDOUT})


class _Trouble(NetworkTrouble):
    """``reason`` is what the server did, in a few words: answered 404 Not Found.

    ``silent`` is true when nothing at all came back, as when the network is down; ``barred`` when what
    came back may be the doing of anything on the way: a refused, a broken or an unsafe connection.
    """

    def __init__(self, url: str, reason: str, hint: str = "", *, silent: bool = False, barred: bool = False) -> None:
        super().__init__(url, f"{url}: {reason}.", hint)
        self.reason = reason
        self.silent = silent
        self.barred = barred


class NotSent(_Trouble):
    """No byte of the request left: refused by the guard, no such name, no connection, no TLS."""


class Unanswered(_Trouble):
    """The request may have arrived, and no whole answer came back."""


class BadAnswer(_Trouble):
    """An answer came that is of no use: not HTTP, not JSON, redirects without an end."""


class TooBig(BadAnswer):
    """The answer is larger than curate reads."""

    code = "too-big"
    exit = 1


@dataclass
class Progress:
    """How far one request came: once ``connected``, the server may have it."""

    connected: bool = False
    answered: bool = False


def tell(error: Exception, url: str, progress: Progress, timeout: float, gap: float) -> NoReturn:
    """Raise what ``error`` means for the request: NotSent, Unanswered or BadAnswer, in words."""
    kind = Unanswered if progress.connected else NotSent
    if isinstance(error, aiohttp.ServerTimeoutError):
        what = "sent nothing for" if progress.connected else "took no connection within"
        raise kind(url, f"{what} {gap:g} s", silent=not progress.answered) from error
    if isinstance(error, TimeoutError):
        raise kind(url, f"took longer than {timeout:g} s", silent=not progress.answered) from error
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        if isinstance(cause, Forbidden):
            raise NotSent(url, cause.reason) from None
        raise NotSent(url, _no_connection(error), silent=_is_silent(error), barred=True) from error
    if isinstance(error, aiohttp.ClientPayloadError):
        raise Unanswered(url, "broke off in the middle of its answer") from error
    if isinstance(error, aiohttp.ClientResponseError):
        raise BadAnswer(url, "did not answer in HTTP as it is written") from error
    if isinstance(error, (aiohttp.InvalidURL, UnicodeError)):
        raise kind(url, "refused: this is not a web address") from error
    raise kind(url, "hung up without an answer", barred=True) from error


def distrust(error: Exception) -> str:
    """Say why a certificate is not believed: by its dates, it may be our clock that is wrong."""
    ended = isinstance(error, ssl.SSLCertVerificationError) and error.verify_code in OUTSIDE_ITS_DAYS
    return "its certificate is not valid" + (" today, unless this computer's clock is wrong" if ended else "")


def _is_silent(error: aiohttp.ClientConnectorError) -> bool:
    return isinstance(error, aiohttp.ClientConnectorDNSError) or error.os_error.errno in NO_WAY


def _no_connection(error: aiohttp.ClientConnectorError) -> str:
    """Say why there is no connection, in a few words."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"no server of the name {error.host} was found"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return distrust(error.certificate_error)
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return "no safe connection could be made (TLS)"
    if error.os_error.errno == errno.ECONNREFUSED:
        return "nothing answers there (connection refused)"
    return "could not be reached"
