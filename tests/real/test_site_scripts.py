"""The two scripts of the site in a real browser: the search page's, and the preview's that no reader gets."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

import pytest

from curate.site.serve import Builds, make_server
from tests.site.conftest import LINK, new_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.site.conftest import Site

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A built site of two posts, one about <b>."""
    made = new_site(tmp_path_factory.mktemp("scripts") / "desk")
    made.write("small-models", folder="links", **LINK)
    made.write("markup", title="What <img src=x onerror=alert(1)> means in Zürich", tags=["html"])
    made.build()
    return made


@contextlib.contextmanager
def served(folder: Path, builds: Builds | None = None) -> Iterator[str]:
    with make_server(folder, 0, builds) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which nothing may be said on the console."""
    said: list[str] = []
    shown = browser.new_page()
    shown.on("console", lambda message: said.append(message.text))
    shown.on("pageerror", lambda error: said.append(str(error)))
    yield shown
    assert said == []


def test_words_filter_the_posts_and_the_count_is_announced(site: Site, page: Page) -> None:
    with served(site.output) as url:
        page.goto(f"{url}/search/")
        page.get_by_label("Words to look for").fill("NIGHT models")
        status, found = page.get_by_role("status"), page.locator("#found a")
        status.get_by_text("1 post found.").wait_for()
        assert found.all_inner_texts() == [LINK["title"]]
        page.get_by_label("Words to look for").fill("zurich")  # without its accent, and its title is no markup
        found.get_by_text("onerror").wait_for()
        assert page.locator("#found img").count() == 0
        page.get_by_label("Words to look for").fill("nothing of the kind")
        status.get_by_text("No post contains “nothing of the kind”. Try the archive.").wait_for()
        assert page.locator("#found").is_hidden()
        page.goto(f"{url}/search/?q=evaluation")
        status.get_by_text("1 post found.").wait_for()
        page.locator("#found a").click()
        assert page.url == f"{url}/2026/small-models/"


def test_enter_searches_here_and_leaves_the_page_where_it_is(site: Site, page: Page) -> None:
    with served(site.output) as url:
        page.goto(f"{url}/search/")
        page.get_by_label("Words to look for").fill("incident")
        page.keyboard.press("Enter")
        page.get_by_role("status").get_by_text("1 post found.").wait_for()
        assert page.url == f"{url}/search/"


@pytest.mark.parametrize("place", ["", "search/"])
def test_an_open_preview_loads_itself_anew_after_a_build(site: Site, page: Page, place: str) -> None:
    builds = Builds()
    with served(site.output, builds) as url:
        page.goto(f"{url}/{place}")
        with page.expect_navigation():
            builds.done()
        assert page.url == f"{url}/{place}"
        page.goto("about:blank")
