"""The report's page in a real browser, under axe and the Nu HTML checker; figures from a server with Mastodon's API."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from curate.cli.report_view import verdict_words
from curate.desk.settings import Account
from curate.presence.page import page as make_page
from curate.shares.networks.base import Office
from curate.shares.networks.mastodon import Mastodon
from curate.shares.networks.readings import Figures
from curate.shares.tokens import Secret
from curate.web.client import Client
from tests.presence.reviewed import HOSTILE, a_review
from tests.real.conftest import call, needs_npm

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.conftest import Loopback
    from tests.real.conftest import MastodonServer

pytestmark = pytest.mark.system


def written() -> str:
    found = a_review()
    return make_page(found, [verdict_words(verdict) for _, verdict in found.experiments])


@pytest.mark.parametrize(("wide", "mode"), [(320, "light"), (768, "dark"), (1280, "light")])
def test_the_page_fits_its_window_shuts_nobody_out_and_shows_foreign_words_as_words(
    browser: Browser, loopback: Loopback, wide: int, mode: Any
) -> None:
    address = loopback.put("/review.html", written(), Content_Type="text/html; charset=utf-8")
    page = browser.new_page(viewport={"width": wide, "height": 800}, color_scheme=mode, bypass_csp=True)
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: said.append(request.url))
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= wide
    assert page.locator("th", has_text=HOSTILE).count() == 2
    page.evaluate((needs_npm("axe-core") / "axe.min.js").read_text(encoding="utf-8"))
    violations = page.evaluate("async () => (await axe.run()).violations")
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations] == []
    assert [line for line in said if not line.endswith("/favicon.ico")] == [address]


def test_its_policy_lets_its_own_style_in_and_its_html_is_valid(
    browser: Browser, loopback: Loopback, vnu: Callable[[Path], list[dict[str, Any]]], tmp_path: Path
) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(loopback.put("/review.html", written(), Content_Type="text/html; charset=utf-8"))
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).marginTop") == "0px"
    assert [line for line in said if "Content Security Policy" in line] == []
    (tmp_path / "review.html").write_text(written(), encoding="utf-8")
    assert vnu(tmp_path) == []


def test_a_server_of_mastodons_api_tells_what_a_status_came_to(mastodon: MastodonServer) -> None:
    status = call("POST", f"{mastodon.url}/api/v1/statuses", {"status": "hello"}, mastodon.token)["id"]
    answer = {"status": "me, too", "in_reply_to_id": status}
    call("POST", f"{mastodon.url}/api/v1/statuses", answer, mastodon.token)
    call("POST", f"{mastodon.url}/api/v1/statuses/{status}/favourite", {}, mastodon.token)
    account, now = Account(network="mastodon", server=mastodon.url, handle="dana"), datetime.now(UTC)

    async def ask() -> tuple[object, object]:
        async with Client(allow_private=["127.0.0.0/8"]) as client:
            office = Office(name="a", account=account, secret=Secret(mastodon.token), client=client, language="en")
            channel = Mastodon(office)
            return await channel.figures([status, "999999"], now=now), await channel.heard(since=now, now=now)

    assert asyncio.run(ask()) == (
        {status: Figures(likes=1, reposts=0, replies=1), "999999": Figures()},
        [],
    )
