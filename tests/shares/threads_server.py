"""A Threads account: containers with their states and their end, one post for each, tokens that are renewed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.shares.graph_server import GraphServer, fault, written
from tests.shares.servers import Answer, as_json

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass
class Container:
    """A post before it is one. ``waits`` is how often it is still asked about in vain."""

    form: dict[str, str]
    made_at: datetime
    status: str = "FINISHED"
    waits: int = 0


@dataclass
class ThreadsServer(GraphServer):
    """The account dana. ``cards`` says whether the pages behind links can be read, and where that fails if not.

    ``renewed`` is the token it gives for the old one; '' when it gives none.
    """

    posting = "/v1.0/me/threads_publish"
    refusal = fault(100, "THREADS_API__LINK_\u202eLIMIT_EXCEEDED\x07", subcode=4279010)
    cards: str = "readable"
    waits: int = 0
    containers: dict[str, Container] = field(default_factory=dict)
    made: list[dict[str, Any]] = field(default_factory=list)
    renewed: str = ""
    insightful: bool = True  # the token may ask what posts have come to

    def posts(self) -> list[str]:
        return [post["text"] for post in self.made]

    def add(self, text: str, *, at: datetime | None = None) -> str:
        """Keep a post and return its id."""
        number = str(len(self.made) + 17_000)
        link = f"https://www.threads.com/@dana/post/P{number}"
        self.made.append({"id": number, "text": text, "permalink": link, "timestamp": written(at or self.now)})
        return number

    def write(self, headers: Mapping[str, str], body: bytes) -> Answer:
        if headers.get("Authorization") != f"Bearer {self.password}":
            return fault(190, "Invalid OAuth access token")
        container = self.containers.get(json.loads(body)["creation_id"])
        if container is None or self.status(container) != "FINISHED":
            return fault(24, "The requested resource does not exist", subcode=4279009)
        if self.cards == "not when published" and "link_attachment" in container.form:
            return fault(-1, "Fatal", 500, subcode=4279047)
        container.status = "PUBLISHED"
        return as_json({"id": self.add(container.form["text"])})

    def status(self, container: Container) -> str:
        """Return the state of a container as it is now."""
        if container.waits:
            container.waits -= 1
            return "IN_PROGRESS"
        if container.status == "FINISHED" and self.now - container.made_at >= timedelta(hours=24):
            return "EXPIRED"
        return container.status

    def tells(self, path: str, query: dict[str, str], body: bytes) -> Answer | None:
        if path == "/v1.0/me":
            return as_json({"id": "42", "username": "dana"})
        if path == "/refresh_access_token":
            return self.renew(query)
        if path == "/v1.0/me/threads":
            return self.contain(json.loads(body)) if body else self.listed(self.made, query, path)
        number = path.rpartition("/")[2]
        if number in self.containers:
            container = self.containers[number]
            state = self.status(container)
            trouble = {"error_message": "UNKNOWN"} if state == "ERROR" else {}
            return as_json({"id": number, "status": state, **trouble})
        for post in self.made:
            if post["id"] in path.split("/"):
                told = {name: post[name] for name in ("id", "permalink") if name in post}
                return self.insights(post, query) if number == "insights" else as_json(told)
        return None

    def insights(self, post: dict[str, Any], query: dict[str, str]) -> Answer:
        """Return what a post has come to, one entry for each name that was asked for; only with the permission."""
        if not self.insightful:
            return fault(10, "Application does not have permission for this action", 403)
        counts = post.get("counts", {})
        names = query["metric"].split(",")
        rows = [{"name": name, "period": "lifetime", "values": [{"value": counts.get(name, 0)}]} for name in names]
        return as_json({"data": rows})

    def contain(self, form: dict[str, str]) -> Answer:
        """Make a container."""
        assert form["media_type"] == "TEXT"
        carded = "link_attachment" in form
        if self.cards == "not when made" and carded:
            return fault(100, "The link preview could not be fetched", subcode=4279047)
        number = str(len(self.containers) + 18_000)
        failed = self.cards == "never" or (self.cards == "not when prepared" and carded)
        self.containers[number] = Container(form, self.now, "ERROR" if failed else "FINISHED", self.waits)
        return as_json({"id": number})

    def renew(self, query: dict[str, str]) -> Answer:
        """Give the new token in place of the old one, which stays good."""
        assert query == {"grant_type": "th_refresh_token"}
        if not self.renewed:
            return fault(190, "The session cannot be refreshed")
        return as_json({"access_token": self.renewed, "token_type": "bearer", "expires_in": 5_184_000})
