"""Find the server a Bluesky account lives on, from its handle: handle, identity (DID), document, server.

Facts, and where they stand:

- A handle is a domain name. Whose it is stands at com.atproto.identity.resolveHandle of any server, and at
  https://HANDLE/.well-known/atproto-did: https://atproto.com/specs/handle.
- A DID's document names the account's server as the service #atproto_pds of type
  AtprotoPersonalDataServer: https://atproto.com/specs/did. did:plc is looked up in a directory
  (https://web.plc.directory), did:web at its own host, http:// only for localhost.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from curate.errors import NetworkTrouble
from curate.shares.networks.base import json_object

if TYPE_CHECKING:
    from curate.web.client import Client

ENTRYWAY = "https://bsky.social"
DIRECTORY = "https://plc.directory"
DID = re.compile(r"did:(?:plc:[a-z2-7]{24}|web:[A-Za-z0-9.-]+(?:%3A\d{1,5})?)")


async def find_server(client: Client, handle: str, *, entryway: str = ENTRYWAY, directory: str = DIRECTORY) -> str:
    """Return the address of the server where ``handle`` (or a DID) has its account; '' when it cannot be found."""
    did = handle if DID.fullmatch(handle) else await _identity(client, handle, entryway)
    if not DID.fullmatch(did):
        return ""
    method, _, rest = did.removeprefix("did:").partition(":")
    host = unquote(rest)
    scheme = "http" if host.partition(":")[0] == "localhost" else "https"
    where = f"{directory}/{did}" if method == "plc" else f"{scheme}://{host}/.well-known/did.json"
    document = await _json(client, where)
    services = document.get("service") if document.get("id") == did else None
    for service in services if isinstance(services, list) else []:
        if not isinstance(service, dict) or service.get("type") != "AtprotoPersonalDataServer":
            continue
        if service.get("id") in ("#atproto_pds", f"{did}#atproto_pds"):
            endpoint = service.get("serviceEndpoint")
            return endpoint.rstrip("/") if isinstance(endpoint, str) else ""
    return ""


async def _identity(client: Client, handle: str, entryway: str) -> str:
    """Return the DID of a handle; '' when nobody knows it."""
    query = f"xrpc/com.atproto.identity.resolveHandle?handle={quote(handle)}"
    did = (await _json(client, f"{entryway.rstrip('/')}/{query}")).get("did")
    if isinstance(did, str) and DID.fullmatch(did):
        return did
    try:
        reply = await client.get(f"https://{handle}/.well-known/atproto-did")
    except NetworkTrouble:
        return ""
    return reply.text().strip() if reply.status == 200 else ""


async def _json(client: Client, url: str) -> dict[str, Any]:
    try:
        reply = await client.get(url)
    except NetworkTrouble:
        return {}
    return json_object(reply) if reply.status == 200 else {}
