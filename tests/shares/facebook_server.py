"""A Facebook Page that takes posts with a link, tells what it posted, and takes no words twice in a row."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.shares.graph_server import GraphServer, fault, written
from tests.shares.servers import Answer, as_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass
class FacebookServer(GraphServer):
    """The Page 1001, Dana's notes."""

    posting = "/v25.0/1001/feed"
    made: list[dict[str, Any]] = field(default_factory=list)

    def posts(self) -> list[str]:
        return [f"{post['message']}\n\n{post['link']}" for post in self.made]

    def add(self, message: str, link: str = "", *, at: datetime | None = None) -> str:
        """Keep a post and return its id."""
        number = f"1001_{len(self.made) + 500}"
        self.made.append({"id": number, "message": message, "link": link, "at": at or self.now})
        return number

    def write(self, headers: Mapping[str, str], body: bytes) -> Answer:
        if headers.get("Authorization") != f"Bearer {self.password}":
            return fault(190, "Invalid OAuth access token")
        wanted = json.loads(body)
        assert set(wanted) == {"message", "link"}
        if self.made and self.made[-1]["message"] == wanted["message"]:
            return fault(506, "(#506) Duplicate status message")
        return as_json({"id": self.add(wanted["message"], wanted["link"])})

    def tells(self, path: str, query: dict[str, str], body: bytes) -> Answer | None:  # noqa: ARG002 - as for all
        summed = "reactions.limit(0).summary(total_count),comments.limit(0).summary(total_count),shares"
        if path == "/v25.0/me":
            return as_json({"id": "1001", "name": "Dana's notes"})
        if path == "/v25.0/1001/published_posts":
            return self.listed([self.entity(post) for post in self.made], query, path)
        for post in self.made:
            if path == f"/v25.0/{post['id']}" and query.get("fields") == summed:
                return as_json({"id": post["id"]} | post.get("counts", {}))
            if path == f"/v25.0/{post['id']}":
                return as_json({"id": post["id"], "permalink_url": self.entity(post)["permalink_url"]})
        return None

    def entity(self, post: dict[str, Any]) -> dict[str, Any]:
        """Return a post as it is listed, with the card of its link."""
        card = {"url": f"https://l.facebook.com/l.php?u={post['link']}", "unshimmed_url": post["link"]}
        return {
            "id": post["id"],
            "message": post["message"],
            "created_time": written(post["at"]),
            "permalink_url": f"https://www.facebook.com/1001/posts/{post['id'].partition('_')[2]}",
        } | ({"attachments": {"data": [card]}} if post["link"] else {})
