"""The counterparts are what we take them for; else the tests beside this one prove nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import pytest
from mastodon import Mastodon

from tests.real.conftest import call

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.conftest import Loopback
    from tests.real.conftest import MastodonServer, Pds

pytestmark = pytest.mark.system


def test_the_bluesky_server_keeps_what_an_account_writes(pds: Pds) -> None:
    dana = pds.account("dana")
    credentials = {"identifier": dana.handle, "password": dana.password}
    token = call("POST", f"{pds.url}/xrpc/com.atproto.server.createSession", credentials)["accessJwt"]
    post = {"$type": "app.bsky.feed.post", "text": "hello", "createdAt": "2026-11-23T08:40:00Z"}
    record = {"repo": dana.did, "collection": "app.bsky.feed.post", "record": post}
    call("POST", f"{pds.url}/xrpc/com.atproto.repo.createRecord", record, token)
    assert [kept["text"] for kept in pds.records(dana.did)] == ["hello"]
    assert pds.records(pds.account("dana").did) == []


def test_the_mastodon_api_is_read_by_an_independent_client_and_forgets_between_tests(mastodon: MastodonServer) -> None:
    client = Mastodon(access_token=mastodon.token, api_base_url=mastodon.url, version_check_mode="none")
    client.status_post("hello", idempotency_key="one")
    client.status_post("hello", idempotency_key="one")
    assert ["hello" in status["content"] for status in mastodon.statuses()] == [True]
    mastodon.reset()
    assert mastodon.statuses() == []


def test_the_mastodon_api_fails_when_told_so_and_as_often_as_told(mastodon: MastodonServer) -> None:
    mastodon.fail("POST", "/api/v1/statuses", times=1, type="ratelimit")
    with pytest.raises(HTTPError) as refusal:
        call("POST", f"{mastodon.url}/api/v1/statuses", {"status": "hello"}, mastodon.token)
    with refusal.value as answer:
        assert answer.code == 429
        assert answer.headers["Retry-After"] == "300"
    assert call("POST", f"{mastodon.url}/api/v1/statuses", {"status": "hello"}, mastodon.token)["id"]


def test_the_browser_reaches_loopback_and_nothing_else(browser: Browser, loopback: Loopback) -> None:
    page = browser.new_page()
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.goto(loopback.put("/", '<!doctype html><img src="http://192.0.2.1/outside.png"><p>inside'))
    assert page.inner_text("p") == "inside"
    assert failed == ["http://192.0.2.1/outside.png"]


def test_the_html_checker_tells_a_valid_page_from_a_broken_one(
    tmp_path: Path, vnu: Callable[[Path], list[dict[str, Any]]]
) -> None:
    page = tmp_path / "index.html"
    page.write_text('<!doctype html><html lang="en"><title>t</title><p>fine', encoding="utf-8")
    assert vnu(tmp_path) == []
    page.write_text('<!doctype html><html lang="en"><title>t</title><p><div></p>', encoding="utf-8")
    assert {message["type"] for message in vnu(tmp_path)} == {"error"}
