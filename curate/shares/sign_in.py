"""Sign in to a network in the browser and take the token it gives (OAuth 2.0, by authorization code).

Facts, and where they stand:

- The browser is sent to the network's page and comes back to an address on this machine with a code;
  ``state`` tells our own visit from anybody's, PKCE (S256) our code from a stolen one:
  https://www.rfc-editor.org/rfc/rfc8252, https://www.rfc-editor.org/rfc/rfc7636.
- LinkedIn: https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow. The
  token lives 60 days (``expires_in``); an app that is not a partner's gets none to renew it with.
- Threads: https://developers.facebook.com/docs/threads/get-started/get-access-tokens-and-permissions, and
  from an hour to 60 days: https://developers.facebook.com/docs/threads/get-started/long-lived-tokens/.
  Meta lets the browser come back to https:// alone, where nobody listens: its address is pasted.
- Facebook: https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow. A long-lived
  user's token (https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived)
  lists the person's pages with tokens of their own, which do not end by themselves.
- Mastodon: an app is registered at the server by a request, PKCE since 4.3 (older ones ignore it):
  https://docs.joinmastodon.org/methods/apps/, https://docs.joinmastodon.org/methods/oauth/.

Codes and tokens travel to the network's own server alone, and no error shows them.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from curate.errors import NetworkTrouble, SignInNeeded, UsageError
from curate.shares.networks.base import clean, identifier, json_object, said
from curate.shares.tokens import Secret, secret_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from curate.desk.settings import Account
    from curate.web.client import Client

PORT = 8917  # where the browser comes back to; networks want the address told beforehand
META = "v25.0"  # Facebook's API, unless the account says otherwise
DENIED = ("access_denied", "user_denied", "user_cancelled_login", "user_cancelled_authorize")
PASTED = {"linkedin": timedelta(days=60), "threads": timedelta(days=60)}  # how long a token lives at most, by network
LONGEST = timedelta(days=3650)  # a token is not believed to live longer


@dataclass(frozen=True, kw_only=True)
class Door:
    """Where a network signs people in: its page, where a code is changed for a token, what is asked for.

    ``returns`` is where the browser comes back to, with {port}; ``listening`` says whether curate can hear it
    there. An ``app`` of one's own is needed unless the network lets curate register one.
    """

    page: str
    exchange: str
    scope: str
    returns: str = "http://127.0.0.1:{port}/callback"
    listening: bool = True
    app: bool = True


DOORS = {
    "linkedin": Door(
        page="{sign_in}/oauth/v2/authorization",
        exchange="{sign_in}/oauth/v2/accessToken",
        scope="openid profile w_member_social",
    ),
    "facebook": Door(
        page="{sign_in}/{version}/dialog/oauth",
        exchange="{server}/{version}/oauth/access_token",
        scope="pages_show_list,pages_read_engagement,pages_manage_posts",
        returns="http://localhost:{port}/callback",  # the one http address Meta takes, while an app is in development
    ),
    "threads": Door(
        page="{sign_in}/oauth/authorize",
        exchange="{server}/oauth/access_token",
        scope="threads_basic,threads_content_publish,threads_manage_insights",
        returns="https://localhost:{port}/callback",
        listening=False,
    ),
    "mastodon": Door(
        page="{sign_in}/oauth/authorize",
        exchange="{server}/oauth/token",
        scope="read:accounts read:statuses read:notifications write:statuses write:media",
        app=False,
    ),
}
SIGN_IN = {
    "linkedin": "https://www.linkedin.com",
    "facebook": "https://www.facebook.com",
    "threads": "https://threads.net",
}
SERVER = {"facebook": "https://graph.facebook.com", "threads": "https://graph.threads.net"}


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A sign-in under way: the page to open, where it comes back to, and what must come back."""

    name: str
    url: str
    returns: str
    state: str
    client_id: str
    client_secret: Secret
    verifier: Secret


@dataclass(frozen=True, kw_only=True)
class Page:
    """A Facebook page the person may post on."""

    number: str
    title: str
    token: Secret


async def begin(  # noqa: PLR0913 - what a sign-in is made of
    client: Client, name: str, account: Account, *, port: int, client_id: str = "", client_secret: str = ""
) -> Begun:
    """Prepare a sign-in of the account ``name`` whose browser comes back to ``port``.

    Registers an app at a Mastodon server. Raises NetworkTrouble, SignInNeeded.
    """
    door = DOORS[account.network]
    returns = door.returns.format(port=port)
    if not door.app:
        client_id, client_secret = await _register(client, name, account, returns)
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(64)
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": returns,
        "scope": door.scope,
        "state": state,
    }
    if account.network == "mastodon":
        digest = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
        query |= {"code_challenge": digest, "code_challenge_method": "S256"}
    return Begun(
        name=name,
        url=f"{_at(account, door.page)}?{urlencode(query)}",
        returns=returns,
        state=state,
        client_id=client_id,
        client_secret=Secret(client_secret),
        verifier=Secret(verifier),
    )


def read_return(begun: Begun, address: str) -> Secret:
    """Return the code in the address the browser came back to.

    Raises SignInNeeded when the person or the network said no, UsageError for an address of something else.
    """
    again = "Nothing was stored. Start again with the same command."
    try:
        told = parse_qs(urlsplit(address.strip()).query)
    except ValueError:
        told = {}
    if not told.get("code") and not told.get("error"):
        raise UsageError(
            "There is no code in that address.",
            f"Copy it whole from the browser's address line: {begun.returns}?code=…",
        )
    state = told.get("state", [])
    if len(state) != 1 or not hmac.compare_digest(state[0].encode(), begun.state.encode()):
        raise SignInNeeded(begun.name, "That address belongs to another sign-in, so it is not used.", again)
    if told.get("error"):
        if told["error"][0] in DENIED:
            raise SignInNeeded(begun.name, "The sign-in was not allowed in the browser.", again)
        words = clean(": ".join(told["error"][:1] + told.get("error_description", [])[:1]))
        raise SignInNeeded(begun.name, f"The network did not sign you in ({words}).", again)
    if len(told["code"]) != 1:
        raise SignInNeeded(begun.name, "That address holds more than one code, so it is not used.", again)
    return Secret(told["code"][0])


async def finish(client: Client, account: Account, begun: Begun, code: Secret, *, now: datetime) -> Secret:
    """Change the code for a token that lives as long as the network lets it. Raises NetworkTrouble, SignInNeeded."""
    network = account.network
    asked = {
        "grant_type": "authorization_code",
        "code": code.reveal(),
        "redirect_uri": begun.returns,
        "client_id": begun.client_id,
        "client_secret": begun.client_secret.reveal(),
    }
    if network == "mastodon":
        asked["code_verifier"] = begun.verifier.reveal()
    hidden = (code, begun.client_secret, begun.verifier)
    answer = await _ask(client, begun.name, "POST", _at(account, DOORS[network].exchange), asked, *hidden)
    secret = _granted(begun.name, answer, now=now)
    if network == "mastodon":  # its app is good for this sign-in alone
        return secret
    secret = secret.with_parts(client_id=begun.client_id, client_secret=begun.client_secret.reveal())
    return await lengthen(client, begun.name, account, secret, now=now)


def take_pasted(network: str, secret: Secret, *, now: datetime) -> Secret:
    """Return a pasted token with its end: where nobody says it and the network has one, it is taken to be new."""
    if network not in PASTED or secret.expires_at() is not None:
        return secret
    return secret.with_parts(issued_at=now.isoformat(), expires_at=(now + PASTED[network]).isoformat())


async def lengthen(client: Client, name: str, account: Account, secret: Secret, *, now: datetime) -> Secret:
    """Return the long-lived token for a short one, where the network makes that difference and the app is known."""
    network = account.network
    if network not in ("facebook", "threads") or not secret.part("client_secret"):
        return secret
    token, app_secret = secret.part("token"), secret.part("client_secret")
    if network == "threads":
        url = _at(account, "{server}/access_token")
        asked = {"grant_type": "th_exchange_token", "client_secret": app_secret, "access_token": token}
    else:
        url = _at(account, DOORS[network].exchange)
        asked = {
            "grant_type": "fb_exchange_token",
            "client_id": secret.part("client_id"),
            "client_secret": app_secret,
            "fb_exchange_token": token,
        }
    answer = await _ask(client, name, "GET", url, asked, secret)
    granted = _granted(name, answer, now=now)
    return secret.with_parts(**{key: granted.part(key) for key in ("token", "issued_at", "expires_at")})


async def list_pages(client: Client, name: str, account: Account, secret: Secret) -> list[Page] | None:
    """Return the Facebook pages a person's token may post on; None when it is a page's own token.

    Raises NetworkTrouble, SignInNeeded.
    """
    url = _at(account, "{server}/{version}/me/accounts") + "?fields=id,name,access_token&limit=100"
    try:
        reply = await client.send("GET", url, headers={"Authorization": f"Bearer {secret.part('token')}"})
    except NetworkTrouble as error:
        raise _unreached(url, error, secret) from None
    answer = json_object(reply)
    fault = answer.get("error")
    if isinstance(fault, dict) and fault.get("code") == 100:  # a page has no accounts
        return None
    rows = answer.get("data")
    if reply.status != 200 or not isinstance(rows, list):
        raise SignInNeeded(name, f"The pages could not be read ({said(reply, secret)}).", "Nothing was stored.")
    pages = []
    for row in rows:
        number, title, token = (
            row.get(key) if isinstance(row, dict) else None for key in ("id", "name", "access_token")
        )
        if identifier(number) and isinstance(title, str) and isinstance(token, str) and token:
            pages.append(
                Page(number=identifier(number), title=clean(title, secret, Secret(token)), token=Secret(token))
            )
    return pages


def of_page(secret: Secret, page: Page) -> Secret:
    """Return what is kept of a sign-in to post on ``page``: its token does not end, the person's is dropped."""
    app = {name: secret.part(name) for name in ("client_id", "client_secret")}
    return secret_of(token=page.token.reveal(), **app)


async def _register(client: Client, name: str, account: Account, returns: str) -> tuple[str, str]:
    """Register an app at a Mastodon server; return its id and its secret."""
    asked = {
        "client_name": "curate",
        "redirect_uris": returns,
        "scopes": DOORS["mastodon"].scope,
        "website": "https://pypi.org/project/curate-desk/",
    }
    answer = await _ask(client, name, "POST", _at(account, "{server}/api/v1/apps"), asked)
    client_id, client_secret = answer.get("client_id"), answer.get("client_secret")
    if not isinstance(client_id, str) or not isinstance(client_secret, str) or not client_id:
        raise SignInNeeded(name, f"{_host(account.server)} registers no apps.", "Paste a token instead.")
    return client_id, client_secret


async def _ask(
    client: Client, name: str, method: str, url: str, asked: Mapping[str, str], *hidden: Secret
) -> dict[str, Any]:
    """Make one request of a sign-in, never redirected, and return its JSON. Raises NetworkTrouble, SignInNeeded."""
    try:
        if method == "GET":
            reply = await client.send("GET", f"{url}?{urlencode(asked)}")
        else:
            reply = await client.send("POST", url, form=asked)
    except NetworkTrouble as error:
        raise _unreached(url, error, *hidden) from None
    if reply.status not in (200, 201):
        words = said(reply, *hidden)
        raise SignInNeeded(name, f"{_host(url)} did not sign you in ({words}).", "Nothing was stored. Start again.")
    return json_object(reply)


def _granted(name: str, answer: Mapping[str, Any], *, now: datetime) -> Secret:
    """Return the token of an answer, until when it is good and what it may do."""
    token, scope = answer.get("access_token"), answer.get("scope")
    if not isinstance(token, str) or not token or not token.isprintable():
        raise SignInNeeded(name, "The network gave no token.", "Nothing was stored. Start again.")
    try:
        life = timedelta(seconds=int(answer.get("expires_in") or 0))
    except (TypeError, ValueError, OverflowError):
        life = timedelta(0)
    ends = (now + life).isoformat() if timedelta(0) < life < LONGEST else ""
    return secret_of(
        token=token,
        issued_at=now.isoformat() if ends else "",
        expires_at=ends,
        scopes=scope if isinstance(scope, str) else "",
    )


def _unreached(url: str, error: NetworkTrouble, *hidden: Secret) -> NetworkTrouble:
    """Return the trouble without the address asked, which may carry a token."""
    reason = clean(str(getattr(error, "reason", "could not be asked")), *hidden)
    return NetworkTrouble(_host(url), f"{_host(url)}: {reason}.", "Nothing was stored. Try again later.")


def _at(account: Account, pattern: str) -> str:
    """Fill in where the account's network is."""
    network = account.network
    server = (account.server or SERVER.get(network, "")).rstrip("/")
    sign_in = (account.sign_in or SIGN_IN.get(network, server)).rstrip("/")
    return pattern.format(server=server, sign_in=sign_in, version=account.version or META)


def _host(url: str) -> str:
    return urlsplit(url).netloc
