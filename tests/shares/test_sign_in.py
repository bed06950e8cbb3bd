"""Signing in by the browser: what must be checked is checked, what comes of it lives long, nothing is shown."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from curate.desk.settings import Account
from curate.errors import CurateError, NetworkTrouble, SignInNeeded, UsageError
from curate.shares.sign_in import DOORS, Begun, begin, finish, lengthen, list_pages, of_page, read_return, take_pasted
from curate.shares.tokens import Secret, secret_of
from curate.web.client import Client
from tests.shares.oauth_server import APP, APP_SECRET, OAuthServer
from tests.shares.servers import START, serve

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

NETWORKS = sorted(DOORS)


class Person:
    """Somebody with a browser, at one network."""

    def __init__(self, server: OAuthServer, url: str, network: Any) -> None:
        self.server = server
        self.account = Account(network=network, server=url, sign_in=url)

    def run(self, work: Callable[[Client], Awaitable[Any]]) -> Any:
        async def go() -> Any:
            async with Client(allow_private=["127.0.0.0/8"], timeout=5.0) as client:
                return await work(client)

        return asyncio.run(go())

    def begin(self) -> Begun:
        begun: Begun = self.run(
            lambda client: begin(client, "mine", self.account, port=8917, client_id=APP, client_secret=APP_SECRET)
        )
        return begun

    def browse(self, begun: Begun) -> str:
        """Open the page and follow it; return the address it ends at."""
        reply = self.run(lambda client: client.send("GET", begun.url))
        assert reply.status == 302, reply.text()
        return str(reply.headers["Location"])

    def finish(self, begun: Begun, address: str) -> Secret:
        code = read_return(begun, address)
        secret: Secret = self.run(lambda client: finish(client, self.account, begun, code, now=START))
        return secret


@contextmanager
def at(network: str) -> Iterator[Person]:
    server = OAuthServer()
    with serve(server) as url:
        yield Person(server, url, network)


@pytest.fixture(params=NETWORKS)
def person(request: pytest.FixtureRequest) -> Iterator[Person]:
    with at(request.param) as somebody:
        yield somebody


def test_the_browser_brings_a_token_that_the_network_knows(person: Person) -> None:
    begun = person.begin()
    address = person.browse(begun)
    assert address.startswith(f"{begun.returns}?")
    secret = person.finish(begun, address)
    assert secret.part("token") in person.server.granted
    assert secret.expires_at() == START + timedelta(days=60)
    assert secret.scopes() == tuple(DOORS[person.account.network].scope.replace(",", " ").split())


def test_the_app_is_kept_for_the_next_time_where_it_is_ones_own(person: Person) -> None:
    begun = person.begin()
    secret = person.finish(begun, person.browse(begun))
    own = person.account.network != "mastodon"
    assert secret.part("client_id") == (APP if own else "")
    assert secret.part("client_secret") == (APP_SECRET if own else "")


@pytest.mark.parametrize("network", ["facebook", "threads"])
def test_a_short_token_is_changed_for_a_long_one(network: str) -> None:
    with at(network) as person:
        begun = person.begin()
        assert person.finish(begun, person.browse(begun)).part("token").startswith("canary-long")


def test_only_what_is_needed_is_asked_for(person: Person) -> None:
    query = parse_qs(urlsplit(person.begin().url).query)
    assert query["response_type"] == ["code"]
    [scope] = query["scope"]
    more = [word for word in ("delete", "admin", "follow", "insights", "messag") if word in scope]
    assert more == (["insights"] if person.account.network == "threads" else [])  # what became of a share
    assert query.get("code_challenge_method", ["none"]) == (
        ["S256"] if person.account.network == "mastodon" else ["none"]
    )
    assert APP_SECRET not in str(query)


def test_no_two_sign_ins_have_the_same_state_or_verifier(person: Person) -> None:
    one, two = person.begin(), person.begin()
    assert one.state != two.state
    assert one.verifier.reveal() != two.verifier.reveal()


def test_another_sign_ins_address_is_refused(person: Person) -> None:
    person.server.state = "somebody-elses"
    begun = person.begin()
    address = person.browse(begun)
    with pytest.raises(SignInNeeded, match="another sign-in"):
        read_return(begun, address)
    assert person.server.granted == []


@pytest.mark.parametrize("missing", ["?code=1", "?code=1&state=", "?code=1&state=a&state={state}"])
def test_an_address_without_exactly_our_state_is_refused(missing: str) -> None:
    begun = Begun(
        name="mine", url="", returns="http://127.0.0.1:8917/callback", state="right", client_id="",
        client_secret=Secret(""), verifier=Secret(""),
    )  # fmt: skip
    with pytest.raises(SignInNeeded, match="another sign-in"):
        read_return(begun, begun.returns + missing.format(state=begun.state))
    assert read_return(begun, f" {begun.returns}?code=1&state=right#_ \n").reveal() == "1"
    with pytest.raises(SignInNeeded, match="more than one"):
        read_return(begun, f"{begun.returns}?code=1&code=2&state=right")


@pytest.mark.parametrize("address", ["", "hello", "http://127.0.0.1:8917/callback", "http://[", "?state=x"])
def test_what_is_no_returned_address_is_said_with_what_to_paste(person: Person, address: str) -> None:
    with pytest.raises(UsageError, match="no code") as caught:
        read_return(person.begin(), address)
    assert "callback?code=" in caught.value.hint


def test_a_person_who_says_no_is_told_so(person: Person) -> None:
    person.server.says = "access_denied"
    begun = person.begin()
    with pytest.raises(SignInNeeded, match="not allowed in the browser") as caught:
        read_return(begun, person.browse(begun))
    assert "Nothing was stored" in caught.value.hint


def test_a_network_that_says_no_is_quoted_without_what_moves_a_cursor(person: Person) -> None:
    person.server.says = "server_error"
    begun = person.begin()
    with pytest.raises(SignInNeeded, match="server_error: You said no") as caught:
        read_return(begun, person.browse(begun))
    assert "\x1b" not in caught.value.message


def test_a_code_is_good_once(person: Person) -> None:
    begun = person.begin()
    address = person.browse(begun)
    person.finish(begun, address)
    with pytest.raises(SignInNeeded, match="invalid_grant"):
        person.finish(begun, address)


@pytest.mark.parametrize("moment", ["exchange", "broken", "unreachable"])
def test_no_error_shows_a_code_a_token_or_a_secret(person: Person, moment: str) -> None:
    begun = person.begin()
    address = person.browse(begun)
    if moment == "exchange":
        person.server.codes.clear()
    elif moment == "broken":
        path = DOORS[person.account.network].exchange.format(server="", sign_in="", version="v25.0")
        person.server.broken = path
    else:
        person.account = Account(
            network=person.account.network, server="http://127.0.0.1:9", sign_in="http://127.0.0.1:9"
        )
    with pytest.raises(CurateError) as caught:
        person.finish(begun, address)
    told = f"{caught.value.message} {caught.value.hint} {caught.value!r} {caught.value.__dict__} {begun}"
    assert "canary" not in told
    assert begun.verifier.reveal() not in told
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_long_exchange_that_fails_shows_nothing_of_its_address() -> None:
    with at("threads") as person:
        secret = secret_of(token="canary-short", client_id=APP, client_secret=APP_SECRET)
        for broken in ("", "/access_token"):
            person.server.broken = broken
            with pytest.raises(SignInNeeded) as caught:
                person.run(lambda client: lengthen(client, "mine", person.account, secret, now=START))
            assert "canary" not in caught.value.message
        person.account = Account(network="threads", server="http://127.0.0.1:9")
        with pytest.raises(NetworkTrouble) as gone:
            person.run(lambda client: lengthen(client, "mine", person.account, secret, now=START))
        assert "canary" not in f"{gone.value.message} {gone.value.url}"


@pytest.mark.parametrize("life", [None, 0, -5, "soon", 10**12, [1]])
def test_a_life_that_is_none_is_not_believed(life: object) -> None:
    with at("linkedin") as person:
        person.server.life = life
        begun = person.begin()
        assert person.finish(begun, person.browse(begun)).expires_at() is None


def test_a_pasted_token_is_taken_to_be_new_where_tokens_end() -> None:
    ends = START + timedelta(days=60)
    assert take_pasted("linkedin", Secret("a"), now=START).expires_at() == ends
    assert take_pasted("threads", Secret("a"), now=START).part("token") == "a"
    assert take_pasted("mastodon", Secret("a"), now=START).reveal() == "a"
    said = secret_of(token="a", expires_at="2026-12-01T00:00:00+00:00")
    assert take_pasted("linkedin", said, now=START).reveal() == said.reveal()


def test_a_persons_token_lists_pages_and_a_pages_token_does_not() -> None:
    with at("facebook") as person:
        person.server.granted.append("canary-user")
        person.server.pages = [("101", "Night Shift Notes"), ("102", "Dana\x1b Okafor")]
        secret = secret_of(token="canary-user", client_id=APP, client_secret=APP_SECRET)
        pages = person.run(lambda client: list_pages(client, "mine", person.account, secret))
        assert [(page.number, page.title) for page in pages] == [("101", "Night Shift Notes"), ("102", "Dana Okafor")]
        kept = of_page(secret, pages[1])
        assert (kept.part("token"), kept.part("client_id"), kept.expires_at()) == ("canary-page-102", APP, None)
        assert "canary-user" not in kept.reveal()
        assert person.run(lambda client: list_pages(client, "mine", person.account, kept)) is None
        with pytest.raises(SignInNeeded) as caught:
            person.run(lambda client: list_pages(client, "mine", person.account, Secret("canary-wrong")))
        assert "canary" not in caught.value.message


def test_a_server_that_registers_no_apps_is_said() -> None:
    with at("mastodon") as person:
        person.server.broken = "/api/v1/apps"
        with pytest.raises(SignInNeeded, match="did not sign you in"):
            person.begin()
