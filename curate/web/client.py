"""Ask servers, one request at a time: the only HTTP client of curate, and its way to mail servers.

Every request goes out on a connection of its own, through the guard, within a deadline and within
limits of size. Knows nothing of feeds or networks; tells its callers apart what they must treat
apart: a request that certainly never left, one that may have arrived, and an answer of no use.
"""

from __future__ import annotations

import asyncio
import contextlib
import json as jsonlib
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self

import aiohttp
from multidict import CIMultiDict

from curate import __version__
from curate.web.guard import MAIL_PORTS, Forbidden, Guard, check_url
from curate.web.mail import Mail, MailReply, converse
from curate.web.trouble import BadAnswer, NotSent, Progress, TooBig, Unanswered, tell

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping
    from types import TracebackType

    from yarl import URL

__all__ = ["BadAnswer", "Client", "Mail", "MailReply", "NotSent", "Reply", "TooBig", "Unanswered", "Upload"]

USER_AGENT = f"curate/{__version__} (+https://pypi.org/project/curate-desk/)"
LARGEST = 15 * 1024 * 1024  # bytes of a body, as it travels and unpacked
LARGEST_HEAD = 64 * 1024  # bytes of all headers of an answer
GAP = 10.0  # seconds that may pass without a connection, or without a byte of the answer
HOPS = 5  # redirects followed
REDIRECTS = frozenset({301, 302, 303, 307, 308})
SECRET = ("Authorization", "Cookie", "Proxy-Authorization")  # never shown to another server


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One whole answer. ``url`` is where it came from at last, after redirects.

    ``moved_to`` is that address when every redirect on the way was for good (301, 308), else empty.
    ``seconds`` is how long servers took, waiting for a free connection not counted.
    """

    url: str
    status: int
    headers: Mapping[str, str]  # names in any case
    body: bytes
    moved_to: str = ""
    seconds: float = 0.0

    @property
    def words(self) -> str:
        """The status as a person reads it: 404 Not Found."""
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return str(self.status)

    def text(self) -> str:
        """Return the body as text, in the charset its header names, else UTF-8; never fails."""
        _, _, charset = self.headers.get("Content-Type", "").lower().partition("charset=")
        try:
            return self.body.decode(charset.split(";")[0].strip("\"' ") or "utf-8", "replace")
        except (LookupError, UnicodeError):  # no such charset, or one that replaces nothing, such as idna
            return self.body.decode("utf-8", "replace")

    def json(self) -> Any:  # noqa: ANN401 - JSON's own shape
        """Return the body read as JSON. Raises BadAnswer."""
        try:
            return jsonlib.loads(self.body)
        except (ValueError, RecursionError):
            raise BadAnswer(self.url, "did not answer in JSON") from None


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file in a form: the field's name, the file's, its media type and its bytes."""

    field: str
    name: str
    kind: str
    data: bytes


class Client:
    """Enter with ``async with``; then ``get`` and ``send``.

    ``allow_private`` is the guard's list of exceptions, ``connections`` and ``per_host`` the most
    at a time; a host that answers 429 gets one at a time from then on. ``timeout`` in seconds is for a
    whole call, redirects included, waiting for a free connection not. ``get`` gives up when ``gap``
    seconds (at least a third of ``timeout``) bring no connection, or no byte. With ``offline`` every
    call raises NotSent.
    """

    def __init__(  # noqa: PLR0913 - each is a limit of its own
        self,
        *,
        allow_private: Iterable[str] = (),
        connections: int = 32,
        per_host: int = 2,
        timeout: float = 30.0,
        gap: float = GAP,
        offline: bool = False,
    ) -> None:
        self.offline = offline
        self.connections = connections
        self._guard = Guard(allow_private)
        self._mail_guard = Guard(allow_private, MAIL_PORTS)
        self._timeout = timeout
        self._gap = max(gap, timeout / 3)
        self._per_host = per_host
        self._places = asyncio.Semaphore(connections)
        self._hosts: dict[str, asyncio.Semaphore] = {}
        self._spare: dict[str, int] = {}  # by host that answered 429: how many places are still to be given up
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        async def note(_: aiohttp.ClientSession, context: Any, __: object) -> None:  # noqa: ANN401 - aiohttp's
            context.trace_request_ctx.connected = True

        # Names are looked up in the loop's threads: as many as connections, or one slow name server holds up all.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(self.connections))
        trace = aiohttp.TraceConfig()
        trace.on_connection_create_end.append(note)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                socket_factory=self._guard.socket_factory,
                force_close=True,  # a connection of its own for each request
                limit=0,  # our own semaphores count, so that waiting costs no time of the deadline
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, deflate"},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            auto_decompress=False,
            trust_env=False,
            requote_redirect_url=False,
            max_line_size=16 * 1024,
            max_field_size=32 * 1024,
            trace_configs=[trace],
            middlewares=(_once,),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Reply:
        """Ask for ``url``, following up to 5 redirects, each checked anew.

        Authorization and cookies among ``headers`` are dropped at the border of a server.
        Raises NotSent, Unanswered and BadAnswer; an answer of any status is returned.
        """
        where = self._checked(url)
        left, took = self._timeout, 0.0
        own = CIMultiDict(headers or {})
        for_good = True
        for hop in range(HOPS + 1):
            started = time.monotonic()
            reply = await self._one("GET", where, left=left, headers=own)
            left -= time.monotonic() - started
            took += reply.seconds
            target = reply.headers.get("Location", "")
            if reply.status not in REDIRECTS or not target:
                moved = str(where) if hop and for_good else ""
                return replace(reply, moved_to=moved, seconds=took)
            for_good = for_good and reply.status in {301, 308}
            there = _next(where, target)
            if there.origin() != where.origin():
                for name in SECRET:
                    own.popall(name, None)
            where = there
        raise BadAnswer(url, f"redirects more than {HOPS} times")

    async def send(  # noqa: PLR0913 - the parts of a request
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        form: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
        data: bytes | None = None,
        file: Upload | None = None,
    ) -> Reply:
        """Make exactly one request, on a new connection: never repeated, no redirect followed.

        At most one of ``json``, ``form`` (URL-encoded fields) and ``data`` is the body; with a ``file``
        beside it a form goes in parts (https://www.rfc-editor.org/rfc/rfc7578). Raises NotSent when no
        byte of it left; after Unanswered and BadAnswer it may have been acted upon.
        """
        body: dict[str, Any] = {}
        if json is not None:
            body["json"] = json
        elif file is not None:
            parts = aiohttp.FormData(form or {})
            parts.add_field(file.field, file.data, filename=file.name, content_type=file.kind)
            body["data"] = parts
        elif form is not None:
            body["data"] = aiohttp.FormData(form if hasattr(form, "items") else list(form))
        elif data is not None:
            body["data"] = data
        return await self._one(method, self._checked(url), left=self._timeout, headers=headers, body=body)

    async def mail(self, server: str, *, user: str, password: str, mail: Mail | None = None) -> MailReply:
        """Sign in to a mail server (smtp://… or smtps://…) and hand it ``mail`` once; without one, only sign in.

        Returns the server's last word, be it a refusal. Raises NotSent when nothing was handed over; after
        Unanswered it may have been.
        """
        if self.offline:
            raise NotSent(server, "not asked, because of --offline", silent=True)
        return await converse(self._mail_guard, server, user=user, password=password, mail=mail, seconds=self._timeout)

    def _checked(self, url: str) -> URL:
        """Return the normal form of ``url``, or raise NotSent."""
        if self.offline:
            raise NotSent(url, "not asked, because of --offline", silent=True)
        try:
            return check_url(url)
        except Forbidden as error:
            raise NotSent(url, error.reason) from None

    @contextlib.asynccontextmanager
    async def _turn(self, host: str) -> AsyncIterator[None]:
        """Wait for one of the places at ``host``; of those it is pressed to give up, this may be one."""
        places = self._hosts.setdefault(host, asyncio.Semaphore(self._per_host))
        await places.acquire()
        try:
            yield
        finally:
            if self._spare.get(host):
                self._spare[host] -= 1
            else:
                places.release()

    async def _one(
        self,
        method: str,
        url: URL,
        *,
        left: float,
        headers: Mapping[str, str] | None,
        body: Mapping[str, Any] | None = None,
    ) -> Reply:
        """Make one request within ``left`` seconds once there is a free place, and read its answer."""
        if self._session is None:
            raise RuntimeError("a Client works inside “async with” only")
        progress = Progress()
        # What is sent is awaited to the end: an answer that is given up cannot be told from none.
        gap = self._gap if method == "GET" else None
        host = url.raw_host or ""
        async with self._turn(host), self._places:
            started = time.monotonic()
            try:
                async with (
                    asyncio.timeout(left),
                    self._session.request(
                        method,
                        url,
                        headers=headers,
                        allow_redirects=False,
                        trace_request_ctx=progress,
                        timeout=aiohttp.ClientTimeout(total=None, connect=gap, sock_read=gap),
                        **body or {},
                    ) as response,
                ):
                    progress.answered = True
                    if response.status == HTTPStatus.TOO_MANY_REQUESTS:
                        self._spare.setdefault(host, self._per_host - 1)
                    if sum(len(name) + len(value) for name, value in response.raw_headers) > LARGEST_HEAD:
                        raise TooBig(str(url), f"sends more than {LARGEST_HEAD // 1024} KiB of headers")
                    skip = response.status in REDIRECTS and method == "GET"
                    raw = b"" if skip else await _read(response, str(url))
            except (TimeoutError, aiohttp.ClientError, OSError, UnicodeError) as error:
                tell(error, str(url), progress, self._timeout, self._gap)
        return Reply(
            url=str(url),
            status=response.status,
            headers=response.headers,
            body=_unpacked(raw, response, str(url)),
            seconds=time.monotonic() - started,
        )


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating a request by itself, which it does when a server hangs up."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(error) from error


def _next(here: URL, target: str) -> URL:
    """Return the checked address a redirect from ``here`` leads to. Raises BadAnswer."""
    try:
        return check_url(target, here)
    except Forbidden as error:
        where = target if len(target) <= 200 else "an address too long to show"  # half a secret is one, too
        where = where.encode("utf-8", "backslashreplace").decode()  # bytes that are no text can be kept nowhere
        raise BadAnswer(str(here), f"redirects to {where}, which is {error.reason}") from None


async def _read(response: aiohttp.ClientResponse, url: str) -> bytes:
    """Return the body as it travels. Raises TooBig as soon as that is certain."""
    if (response.content_length or 0) > LARGEST:
        raise _too_big(url)
    parts = []
    size = 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > LARGEST:
            raise _too_big(url)
        parts.append(part)
    return b"".join(parts)


def _too_big(url: str) -> TooBig:
    return TooBig(url, f"is larger than {LARGEST // 1024**2} MiB")


def _unpacked(raw: bytes, response: aiohttp.ClientResponse, url: str) -> bytes:
    """Undo the one content coding an answer may have; a body that is not packed as it says stays as it is.

    Raises TooBig when there is more in it than curate reads, BadAnswer when it is packed more than
    once or breaks off.
    """
    named = ",".join(response.headers.getall("Content-Encoding", [])).lower().split(",")
    codings = [coding.strip() for coding in named if coding.strip() not in {"", "identity"}]
    if len(codings) > 1:
        raise BadAnswer(url, f"is packed {len(codings)} times over")
    if not raw or codings in ([], ["none"]):
        return raw
    if codings in (["gzip"], ["x-gzip"]):
        return _inflated(raw, url, 31) if raw[:2] == b"\x1f\x8b" else raw
    if codings == ["deflate"]:
        zlib_header = raw[0] & 15 == 8 and len(raw) > 1 and int.from_bytes(raw[:2], "big") % 31 == 0
        return _inflated(raw, url, 15 if zlib_header else -15)
    if codings[0] in {"br", "zstd", "compress", "x-compress", "dcb", "dcz"}:
        raise BadAnswer(url, f"is packed with {codings[0]}, which nobody asked for")
    return raw  # servers name character sets here, too


def _inflated(raw: bytes, url: str, kind: int) -> bytes:
    """Unpack ``raw`` up to the limit; ``kind`` is zlib's number of the format."""
    whole = b""
    for _ in range(16):  # gzip may come in several members, one after the other
        unpacker = zlib.decompressobj(kind)
        try:
            whole += unpacker.decompress(raw, LARGEST + 1 - len(whole))
        except zlib.error:
            raise BadAnswer(url, "cannot be unpacked") from None
        if len(whole) > LARGEST:
            raise _too_big(url)
        if not unpacker.eof:
            raise BadAnswer(url, "breaks off in the middle")
        raw = unpacker.unused_data
        if raw[:2] != b"\x1f\x8b":
            return whole
    raise BadAnswer(url, "is packed in too many pieces")
