"""Where a Bluesky account lives: from its handle to its own server, and what is not believed on the way."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from curate.desk.settings import Account
from curate.shares.accounts import at_home
from curate.shares.pds import find_server
from curate.web.client import Client

if TYPE_CHECKING:
    from tests.conftest import Loopback

PLC = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
HOME = "https://pds.example"
RESOLVES = "/xrpc/com.atproto.identity.resolveHandle?handle=127.0.0.1"  # a handle whose own host is near


def document(did: str, **service: object) -> str:
    named = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": HOME} | service
    others = [{"id": "#labels", "type": "AtprotoLabeler", "serviceEndpoint": "https://labels.example"}, "nonsense"]
    return json.dumps({"id": did, "service": [*others, named]})


def find(loopback: Loopback, handle: str = "127.0.0.1") -> str:
    async def go() -> str:
        async with Client(allow_private=["127.0.0.0/8", "::1"], timeout=5.0) as client:
            return await find_server(client, handle, entryway=loopback.url, directory=loopback.url)

    return asyncio.run(go())


def test_a_handle_leads_to_its_own_server_by_the_directory(loopback: Loopback) -> None:
    loopback.put(RESOLVES, json.dumps({"did": PLC}))
    loopback.put(f"/{PLC}", document(PLC))
    assert find(loopback) == HOME
    loopback.put(f"/{PLC}", document(PLC, id=f"{PLC}#atproto_pds", serviceEndpoint=f"{HOME}/"))
    assert find(loopback, PLC) == HOME


def test_a_web_identity_is_looked_up_at_its_own_host(loopback: Loopback) -> None:
    did = f"did:web:localhost%3A{loopback.url.rpartition(':')[2]}"
    loopback.put("/.well-known/did.json", document(did))
    assert find(loopback, did) == HOME


@pytest.mark.parametrize(
    "page",
    [
        document("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"),  # somebody else's
        document(PLC, type="SomethingElse"),
        document(PLC, id="#other"),
        document(PLC, serviceEndpoint=7),
        json.dumps({"id": PLC, "service": "none"}),
        "not JSON",
    ],
)
def test_a_document_that_names_no_server_of_this_account_is_not_used(loopback: Loopback, page: str) -> None:
    loopback.put(f"/{PLC}", page)
    assert find(loopback, PLC) == ""


@pytest.mark.parametrize("answer", [{"did": "did:web:evil.example/path"}, {"did": 7}, {"error": "InvalidRequest"}, []])
def test_an_identity_that_is_none_leads_nowhere(loopback: Loopback, answer: Any) -> None:
    loopback.put(RESOLVES, json.dumps(answer))
    assert find(loopback) == ""


def home(loopback: Loopback, **account: str) -> tuple[Account, str]:
    async def go() -> tuple[Account, str]:
        async with Client(allow_private=["127.0.0.0/8"], timeout=5.0) as client:
            wanted = Account(network="bluesky", handle="127.0.0.1", sign_in=loopback.url, **account)  # type: ignore[arg-type]
            return await at_home(client, wanted, directory=loopback.url)

    return asyncio.run(go())


def test_an_account_gets_the_server_it_lives_on(loopback: Loopback) -> None:
    loopback.put(RESOLVES, json.dumps({"did": PLC}))
    loopback.put(f"/{PLC}", document(PLC))
    account, warning = home(loopback)
    assert (account.server, warning) == (HOME, "")


def test_a_server_that_was_given_is_not_looked_for(loopback: Loopback) -> None:
    account, warning = home(loopback, server="https://chosen.example")
    assert (account.server, warning, loopback.seen) == ("https://chosen.example", "", [])


@pytest.mark.parametrize("endpoint", ["", "http://pds.example", "ftp://pds.example", "https://user@pds.example"])
def test_without_a_server_a_password_may_go_to_the_entryway_is_asked_with_a_warning(
    loopback: Loopback, endpoint: str
) -> None:
    loopback.put(RESOLVES, json.dumps({"did": PLC}))
    loopback.put(f"/{PLC}", document(PLC, serviceEndpoint=endpoint))
    account, warning = home(loopback)
    assert account.server == loopback.url
    assert "--server" in warning
