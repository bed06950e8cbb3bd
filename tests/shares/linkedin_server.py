"""LinkedIn as its documentation describes it, and as it behaves: it cuts a text in silence, and refuses it twice.

The reader of “little text” here is the documented grammar, not ours:
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.shares.servers import Server, as_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.shares.servers import Answer

RESERVED = "\\|{}@[]()<>#*_~"
REQUIRED = ("author", "commentary", "visibility", "distribution", "lifecycleState")
TEMPLATE = re.compile(r"\{hashtag\|\\#\|((?:\\.|[^\\|{}@\[\]()<>#*_~])+)\}")


def read_little(text: str) -> str:
    """Return what LinkedIn shows of ``text``: all of it, or what stands before the first bare reserved character."""
    shown, at = "", 0
    while at < len(text):
        tag = TEMPLATE.match(text, at)
        if tag:
            shown += "#" + re.sub(r"\\(.)", r"\1", tag[1])
            at = tag.end()
        elif text[at] == "\\" and text[at + 1 : at + 2] and text[at + 1] in RESERVED:
            shown += text[at + 1]
            at += 2
        elif text[at] in RESERVED:
            break
        else:
            shown += text[at]
            at += 1
    return shown


@dataclass
class LinkedInServer(Server):
    """One member, one application with the two self-serve products: it may post, and read nothing."""

    posting = "/rest/posts"
    refusal = as_json(
        {"message": "ERROR :: /commentary :: \u202etoo\x07 odd", "code": "INVALID_VALUE", "status": 422}, 422
    )
    versions: tuple[str, ...] = ("202608",)
    shares: list[dict[str, Any]] = field(default_factory=list)
    images: dict[str, bytes | None] = field(default_factory=dict)
    elsewhere: str = ""  # where images are uploaded to, when that is another server
    names_duplicates: bool = True

    def posts(self) -> list[str]:
        """Return what readers see: the words, and where the card leads when they do not say it."""
        texts = []
        for share in self.shares:
            words, source = read_little(share["commentary"]), share["content"]["article"]["source"]
            texts.append(words if source in words else f"{words}\n\n{source}")
        return texts

    def refused(self, headers: Mapping[str, str], *, versioned: bool) -> Answer | None:
        if headers.get("Authorization") != f"Bearer {self.password}":
            return as_json({"status": 401, "code": "INVALID_ACCESS_TOKEN", "message": "Invalid access token"}, 401)
        if not versioned:
            return None
        version = headers.get("LinkedIn-Version", "")
        if not version:
            return as_json({"status": 400, "code": "VERSION_MISSING", "message": "A version must be present."}, 400)
        if version not in self.versions:
            words = f"Requested version {version}01 is not active"
            return as_json({"status": 426, "code": "NONEXISTENT_VERSION", "message": words}, 426)
        if headers.get("X-Restli-Protocol-Version") != "2.0.0":
            return as_json({"status": 400, "message": "Invalid protocol version"}, 400)
        return None

    def write(self, headers: Mapping[str, str], body: bytes) -> Answer:
        refused = self.refused(headers, versioned=True)
        if refused:
            return refused
        post = json.loads(body)
        article = post.get("content", {}).get("article", {})
        missing = [f"/{name} is required" for name in REQUIRED if not post.get(name)]
        missing += ["/content/article/title is required"] if not article.get("title") else []
        missing += ["/author is not the member"] if post.get("author") != "urn:li:person:-f_Ut43FoQ" else []
        image = article.get("thumbnail")
        missing += ["/content/article/thumbnail has no image"] if image and not self.images.get(image) else []
        missing += ["/commentary is too long"] if len(read_little(post.get("commentary", ""))) > 3000 else []
        if missing:
            return as_json({"message": "; ".join(missing), "code": "MISSING_FIELD", "status": 422}, 422)
        for there in self.shares:
            if there["commentary"] == post["commentary"] and there["content"]["article"]["source"] == article["source"]:
                return self.duplicate(there["id"])
        name = f"urn:li:share:{7141138937766391808 + len(self.shares)}"
        self.shares.append({**post, "id": name})
        return 201, {"x-restli-id": name}, b""

    def duplicate(self, name: str) -> Answer:
        exception = "com.linkedin.content.common.exception.BadRequestResponseException"
        which = name if self.names_duplicates else "another post"
        found = {"description": "Duplicate post is detected", "input": {}, "code": "DUPLICATE_POST"}
        answer = {
            "errorDetailType": "com.linkedin.common.error.BadRequest",
            "message": f"{exception}: Content is a duplicate of {which}",
            "errorDetails": {"inputErrors": [found]},
            "status": 422,
        }
        return as_json(answer, 422)

    def reads(self, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        parts = urlsplit(target)
        if parts.path.startswith("/dms-uploads/"):
            self.images[parts.path.removeprefix("/dms-uploads/")] = body
            return 201, {}, b""
        refused = self.refused(headers, versioned=parts.path.startswith("/rest/"))
        if refused:
            return refused
        if parts.path == "/v2/userinfo":
            return as_json({"sub": "-f_Ut43FoQ", "name": "Dana Example", "given_name": "Dana"}, Date=self.date)
        if (parts.path, parts.query) == ("/rest/images", "action=initializeUpload"):
            if json.loads(body) != {"initializeUploadRequest": {"owner": "urn:li:person:-f_Ut43FoQ"}}:
                return as_json({"message": "owner is required", "status": 400}, 400)
            name = f"urn:li:image:C4E{len(self.images)}"
            self.images[name] = None
            url = f"{self.elsewhere or 'http://' + headers['Host']}/dms-uploads/{name}"
            return as_json({"value": {"uploadUrlExpiresAt": 1_900_000_000_000, "uploadUrl": url, "image": name}})
        return as_json({"status": 403, "code": "ACCESS_DENIED", "message": "Not enough permissions to access"}, 403)

    @property
    def date(self) -> str:
        return self.now.strftime("%a, %d %b %Y %H:%M:%S GMT")
