"""What a server of Meta's Graph API has in common: errors in its form, lists by cursor, tokens in a header."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.shares.servers import Answer, Dropped, Server, as_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


def fault(
    code: int, message: str, status: int = 400, *, subcode: int = 0, headers: Mapping[str, str] | None = None
) -> Answer:
    """Return an error as the API words it."""
    error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A-ptA4ve9Fl"}
    return as_json({"error": error | ({"error_subcode": subcode} if subcode else {})}, status, **headers or {})


def busy(minutes: int) -> dict[str, str]:
    """Return the header that says how long an account that asked too much has to wait."""
    use = {"type": "pages", "call_count": 100, "total_time": 25, "estimated_time_to_regain_access": minutes}
    return {"X_Business_Use_Case_Usage": json.dumps({"1001": [use]})}


def written(moment: datetime) -> str:
    """Return a moment as the API writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


@dataclass
class GraphServer(Server):
    """One account of the API. ``odd`` answers instead to whatever is asked at a path; None hangs up."""

    refusal = fault(100, "Invalid \u202eparameter\x07")
    page: int = 50
    odd: dict[str, Answer | None] = field(default_factory=dict)

    def refuse(self, effect: str, headers: Mapping[str, str], body: bytes) -> Answer | None:
        answers = {
            "500 before": fault(1, "An unknown error occurred", 500),
            "429": fault(32, "Page request limit reached", 403, headers=busy(19)),
            "401": fault(190, f"Error validating access token {self.password}"),
            "403": fault(200, "(#200) This permission was not granted", 403),
            "same words": fault(506, "(#506) Duplicate status message"),
            "too fast": fault(368, "The action attempted has been deemed abusive", subcode=1390008),
            "blocked": fault(368, "The action attempted has been deemed abusive"),
            "server trouble": fault(2, "Service temporarily unavailable"),
        }
        return answers.get(effect) or super().refuse(effect, headers, body)

    def reads(self, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        path = urlsplit(target).path
        assert self.password not in target
        if path in self.odd:
            odd = self.odd[path]
            if odd is None:
                raise Dropped
            return odd
        if headers.get("Authorization") != f"Bearer {self.password}":
            return fault(190, "Invalid OAuth access token")
        query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        return self.tells(path, query, body) or fault(100, "Unsupported get request", subcode=33)

    def tells(self, path: str, query: dict[str, str], body: bytes) -> Answer | None:
        """Answer a signed-in request that publishes nothing; None for what is not there."""
        raise NotImplementedError

    def listed(self, entries: list[dict[str, Any]], query: dict[str, str], path: str) -> Answer:
        """Return a page of ``entries``, which are oldest first, newest first."""
        newest = entries[::-1]
        first = int(query.get("after", "0=").rstrip("="))
        last = first + min(self.page, int(query["limit"]))
        paging: dict[str, Any] = {"cursors": {"before": f"{first}=", "after": f"{last}="}}
        if last < len(newest):
            paging["next"] = f"https://graph.example{path}?access_token={self.password}&after={last}="
        return as_json({"data": newest[first:last], "paging": paging})
