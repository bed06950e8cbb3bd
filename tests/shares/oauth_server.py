"""A network's sign-in, and enough of its API to say whose a token is.

It checks what real ones check: the redirect address, the state it must hand back, the code once and for
one client alone, the PKCE verifier, the app's secret. ``granted`` tokens are the good ones.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.shares.servers import Answer, Server, as_json

if TYPE_CHECKING:
    from collections.abc import Mapping

APP, APP_SECRET = "app-1", "canary-app-secret-77"


@dataclass
class OAuthServer(Server):
    """One network. ``says`` is what the person does on its page: allow, deny, or an error of the network's."""

    posting = "/nothing"
    refusal = as_json({"error": "nothing is posted here"}, 400)
    says: str = "allow"
    state: str | None = None  # handed back instead of the right one
    returns: str = ""  # the one redirect address that is registered; any without
    apps: dict[str, str] = field(default_factory=lambda: {APP: APP_SECRET})
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    pages: list[tuple[str, str]] = field(default_factory=lambda: [("101", "Night Shift Notes")])
    granted: list[str] = field(default_factory=list)
    life: object = 5_184_000
    broken: str = ""  # a path that answers 500, with everything it was asked

    def reads(self, target: str, headers: Mapping[str, str], body: bytes) -> Answer:  # noqa: PLR0911 - one for each page
        parts = urlsplit(target)
        asked = dict(parse_qsl(parts.query)) | dict(parse_qsl(body.decode()))
        if parts.path == self.broken:
            return as_json({"error": f"failed at {asked}"}, 500)
        if parts.path.endswith(("/authorization", "/authorize", "/dialog/oauth")):
            return self.page(asked)
        if parts.path == "/api/v1/apps":
            return self.register(asked)
        if parts.path.endswith(("/accessToken", "/access_token", "/token")):
            return self.exchange(asked)
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.granted:
            return as_json({"error": f"{token} is no token"}, 401)
        if parts.path.endswith("/me/accounts"):
            if token.startswith("canary-page"):
                return as_json({"error": {"code": 100, "message": "nonexisting field (accounts)"}}, 400)
            return as_json({"data": [self.page_row(number, title) for number, title in self.pages]})
        if parts.path == "/api/v1/accounts/verify_credentials":
            return as_json({"id": "7", "acct": "dana"})
        return as_json({"error": "not here"}, 404)

    def page(self, asked: Mapping[str, str]) -> Answer:
        """Send the browser back with a code, or with what the person or the network said instead."""
        if asked["client_id"] not in self.apps or (self.returns and asked["redirect_uri"] != self.returns):
            return as_json({"error": "the redirect address is not registered"}, 400)
        back = {"state": self.state or asked["state"]}
        if self.says == "allow":
            code = f"canary-code-{len(self.codes)}"
            self.codes[code] = dict(asked)
            back["code"] = code
        else:
            back |= {"error": self.says, "error_description": "You said no\x1b[31m"}
        return 302, {"Location": f"{asked['redirect_uri']}?{urlencode(back)}"}, b""

    def register(self, asked: Mapping[str, str]) -> Answer:
        number = f"registered-{len(self.apps)}"
        self.apps[number] = f"canary-{number}"
        self.returns = asked["redirect_uris"]
        return as_json({"client_id": number, "client_secret": self.apps[number]})

    def exchange(self, asked: Mapping[str, str]) -> Answer:
        kind = asked.get("grant_type")
        if kind == "th_exchange_token":
            good = asked["client_secret"] in self.apps.values() and asked["access_token"] in self.granted
            return self.grant("canary-long", {}) if good else self.no(asked)
        if kind == "fb_exchange_token":
            good = self.apps.get(asked["client_id"]) == asked["client_secret"]
            return (
                self.grant("canary-long", {}) if good and asked["fb_exchange_token"] in self.granted else self.no(asked)
            )
        begun = self.codes.pop(asked.get("code", ""), None)
        if begun is None or kind != "authorization_code" or begun["client_id"] != asked["client_id"]:
            return self.no(asked)
        if begun["redirect_uri"] != asked["redirect_uri"] or self.apps[asked["client_id"]] != asked["client_secret"]:
            return self.no(asked)
        if "code_challenge" in begun:
            digest = sha256(asked.get("code_verifier", "").encode()).digest()
            if base64.urlsafe_b64encode(digest).decode().rstrip("=") != begun["code_challenge"]:
                return self.no(asked)
        return self.grant("canary-token", {"scope": begun["scope"]})

    def grant(self, name: str, more: Mapping[str, object]) -> Answer:
        token = f"{name}-{len(self.granted)}"
        self.granted.append(token)
        return as_json({"access_token": token, "expires_in": self.life, **more})

    def no(self, asked: Mapping[str, str]) -> Answer:
        return as_json({"error": "invalid_grant", "error_description": f"not with {json.dumps(dict(asked))}"}, 400)

    def page_row(self, number: str, title: str) -> dict[str, str]:
        token = f"canary-page-{number}"
        self.granted.append(token)
        return {"id": number, "name": title, "access_token": token}
