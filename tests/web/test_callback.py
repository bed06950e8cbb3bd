"""The listener a browser comes back to: our sign-in's visit alone, and nothing said that others could use."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from curate.web.callback import listen

STATE = "right-state"


async def visit(port: int, request: str) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request.encode())
    answer = await reader.read()
    writer.close()
    return answer.decode()


def get(target: str, method: str = "GET") -> str:
    return f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture
def port() -> int:
    """A port nobody listens on."""

    async def ask() -> int:
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        number: int = server.sockets[0].getsockname()[1]
        server.close()
        return number

    return asyncio.run(ask())


def test_the_visit_of_this_sign_in_is_heard_and_the_page_says_that_this_is_all(port: int) -> None:
    async def go() -> tuple[str, str]:
        async with listen(port, STATE) as callback:
            page = await visit(port, get(f"/callback?code=canary&state={STATE}"))
            return await callback.visit, page

    heard, page = asyncio.run(go())
    assert heard == f"/callback?code=canary&state={STATE}"
    assert page.startswith("HTTP/1.1 200 OK")
    assert "close this page" in page
    assert "canary" not in page
    for header in ("Cache-Control: no-store", "Referrer-Policy: no-referrer", "Content-Security-Policy: default-src"):
        assert header in page


@pytest.mark.parametrize(
    "request_",
    [
        get("/callback?code=1&state=wrong"),
        get("/callback?code=1"),
        get(f"/callback?code=1&state={STATE}&state=wrong"),
        get(f"/elsewhere?code=1&state={STATE}"),
        get(f"/callback?code=1&state={STATE}", "POST"),
        get("/favicon.ico"),
        get("/callback?state=é"),
        "nonsense\r\n\r\n",
    ],
)
def test_any_other_visit_is_turned_away_and_the_wait_goes_on(port: int, request_: str) -> None:
    async def go() -> tuple[str, bool, str]:
        async with listen(port, STATE) as callback:
            page = await visit(port, request_)
            still_waiting = not callback.visit.done()
            await visit(port, get(f"/callback?code=2&state={STATE}"))
            return page, still_waiting, await callback.visit

    page, still_waiting, heard = asyncio.run(go())
    assert page.startswith("HTTP/1.1 404")
    assert still_waiting
    assert "code=2" in heard


def test_the_first_visit_counts_and_a_reload_changes_nothing(port: int) -> None:
    async def go() -> str:
        async with listen(port, STATE) as callback:
            for code in ("1", "2"):
                await visit(port, get(f"/callback?code={code}&state={STATE}"))
            return await callback.visit

    assert "code=1" in asyncio.run(go())


def test_a_connection_that_says_nothing_or_too_much_holds_up_nobody(port: int) -> None:
    async def go() -> str:
        async with listen(port, STATE) as callback:
            _, silent = await asyncio.open_connection("127.0.0.1", port)
            reader, talker = await asyncio.open_connection("127.0.0.1", port)
            talker.write(b"GET /" + b"x" * 100_000)
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            talker.close()
            await visit(port, get(f"/callback?code=1&state={STATE}"))
            heard = await callback.visit
            silent.close()
        return heard

    assert "code=1" in asyncio.run(go())


def test_a_port_somebody_listens_on_is_refused(port: int) -> None:
    async def go() -> None:
        async with listen(port, STATE):
            with pytest.raises(OSError, match=str(port)):
                async with listen(port, STATE):
                    pass

    asyncio.run(go())
