"""The scripts and forms of the site in a real browser: of the search page, of the choice of colours, of a preview."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

import pytest

from curate.desk.settings import set_setting
from curate.site.serve import Builds, make_server
from tests.site.conftest import LINK, TAKE, new_site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

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


def test_who_is_lost_finds_the_way_by_words(site: Site, page: Page) -> None:
    with served(site.output) as url:
        page.goto(f"{url}/404.html")
        page.get_by_label("Words to look for").fill("night shift")
        page.keyboard.press("Enter")
        page.locator("#found a").get_by_text(LINK["title"]).wait_for()
        assert page.url.startswith(f"{url}/search/?")


@pytest.mark.parametrize("place", ["404.html", "search/"])
def test_without_scripts_the_words_go_to_the_engine(site: Site, browser: Browser, place: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.route("https://duckduckgo.com/**", answer)
    with served(site.output) as url:
        page.goto(f"{url}/{place}")
        assert [button.is_visible() for button in page.get_by_role("button").all()].count(True) == 1
        page.get_by_label("Words to look for").fill("night")
        page.keyboard.press("Enter")
        page.get_by_text("Answered").wait_for()
        assert page.url == "https://duckduckgo.com/?sites=dana.example&q=night"


def answer(route: Route) -> None:
    """Answer in place of a server of somebody else."""
    route.fulfill(body="<p>Answered", content_type="text/html")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The built site of somebody who wants a choice of colours, and a newsletter."""
    made = new_site(tmp_path_factory.mktemp("asked") / "desk")
    set_setting(made.desk.settings, "site.theme_toggle", "true")
    set_setting(made.desk.settings, "site.newsletter", "https://news.example/subscribe?list=7&email=")
    made.write("small-models", f"{TAKE}\n## Colours\n\nOf the night.\n", folder="links", **LINK)
    made.build()
    return made


LIGHT, DARK = "rgb(251, 250, 247)", "rgb(20, 22, 26)"
GROUND = "getComputedStyle(document.documentElement).backgroundColor"
FIRST = f"document.addEventListener('DOMContentLoaded', () => {{ window.first = {GROUND}; }}, true);"


@pytest.mark.parametrize(("system", "ground", "other"), [("light", LIGHT, DARK), ("dark", DARK, LIGHT)])
def test_a_reader_chooses_light_or_dark_and_keeps_it_without_a_flash(
    asked: Site, page: Page, system: Any, ground: str, other: str
) -> None:
    page.emulate_media(color_scheme=system)
    page.add_init_script(FIRST)
    with served(asked.output) as url:
        page.goto(f"{url}/")
        assert page.evaluate(GROUND) == ground
        button = page.get_by_role("button")
        assert button.inner_text() == ("Dark colours" if system == "light" else "Light colours")
        button.focus()
        page.keyboard.press("Enter")
        assert page.evaluate(GROUND) == other
        for place in ("2026/small-models/", "search/", ""):  # elsewhere, too, and before anything else was done
            page.goto(f"{url}/{place}")
            assert page.evaluate("first") == other
            meant = page.locator("meta[name=theme-color]").evaluate_all(
                "all => all.filter(one => matchMedia(one.media).matches).map(one => one.content)"
            )
            assert meant == ["#FBFAF7" if other == LIGHT else "#14161A"]
        page.emulate_media(color_scheme=system, media="print")
        assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--link')") == "#0A4F9E"
        page.emulate_media(color_scheme=system, media="screen")
        page.get_by_role("button").click()
        page.reload()
        assert page.evaluate("first") == ground


def test_no_heading_of_a_post_is_taken_for_the_button(asked: Site, page: Page) -> None:
    with served(asked.output) as url:
        page.goto(f"{url}/2026/small-models/")
        page.get_by_role("heading", name="Colours").click()
        assert page.get_by_role("heading", name="Light colours").count() == 0
        assert page.get_by_role("button").inner_text() == "Dark colours"


def test_where_nothing_can_be_kept_or_run_the_system_decides(asked: Site, browser: Browser, page: Page) -> None:
    page.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('refused'); }});")
    still = browser.new_context(java_script_enabled=False, color_scheme="dark").new_page()
    with served(asked.output) as url:
        page.goto(f"{url}/")
        page.get_by_role("button").click()
        assert page.evaluate(GROUND) == DARK  # as long as the page lasts
        still.goto(f"{url}/")
        assert still.get_by_role("button").count() == 0
        assert still.locator("html").evaluate("element => getComputedStyle(element).backgroundColor") == DARK


def test_the_checker_finds_no_error_in_what_was_asked_for(
    asked: Site, vnu: Callable[[Path], list[dict[str, Any]]]
) -> None:
    assert vnu(asked.output) == []


def test_the_form_of_the_newsletter_is_let_out_and_carries_the_address(asked: Site, page: Page) -> None:
    page.route("https://news.example/**", answer)
    with served(asked.output) as url:
        page.goto(f"{url}/subscribe/")
        page.get_by_label("Your email address").fill("rosa@example.org")
        with page.expect_request("https://news.example/**") as sent:
            page.keyboard.press("Enter")
        page.get_by_text("Answered").wait_for()
        assert (sent.value.method, sent.value.post_data) == ("POST", "list=7&email=rosa%40example.org")


@pytest.mark.parametrize("place", ["", "search/"])
def test_an_open_preview_loads_itself_anew_after_a_build(site: Site, page: Page, place: str) -> None:
    builds = Builds()
    with served(site.output, builds) as url:
        page.goto(f"{url}/{place}")
        with page.expect_navigation():
            builds.done()
        assert page.url == f"{url}/{place}"
        page.goto("about:blank")
