"""The pages of the profile in a real browser, under axe and the Nu HTML checker, and the résumé on paper."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import pytest

from curate.site.serve import make_server
from tests.real.conftest import needs_npm
from tests.site.profile_sample import build_profile_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.site.conftest import Site

pytestmark = pytest.mark.system

PLACES = (
    *("predictions/", "corrections/", "results/", "resume/", "about/"),
    *("2023/one-cloud-fails-a-week/", "2026/pages-a-week/"),
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The built site of somebody with a whole profile."""
    return build_profile_sample(tmp_path_factory.mktemp("person") / "desk")


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    """Where the site is served."""
    with make_server(site.output, 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def listen(page: Page, said: list[str]) -> None:
    """Note what a page says to the console and what it asks for."""
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: said.append(request.url))


@pytest.mark.parametrize(("wide", "mode"), [(320, "light"), (768, "dark"), (1280, "light")])
def test_every_page_fits_its_window_shuts_nobody_out_and_asks_for_nothing_else(
    browser: Browser, address: str, wide: int, mode: Any
) -> None:
    axe = (needs_npm("axe-core") / "axe.min.js").read_text(encoding="utf-8")
    for place in PLACES:
        page = browser.new_page(viewport={"width": wide, "height": 800}, color_scheme=mode, bypass_csp=True)
        said: list[str] = []
        listen(page, said)
        page.goto(address + place)
        assert page.evaluate("document.documentElement.scrollWidth") <= wide, place
        assert set(said) <= {address + place, f"{address}images/dana.png"}, place
        page.evaluate(axe)
        found = page.evaluate("async () => (await axe.run()).violations")
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], place
        page.close()


def test_the_policy_of_each_page_lets_its_own_style_in(browser: Browser, address: str) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    for place in PLACES:
        page.goto(address + place)
        assert page.evaluate("getComputedStyle(document.body).marginTop") == "0px", place
    assert said == []


def test_a_resume_of_five_roles_prints_on_two_pages(browser: Browser, address: str, tmp_path: Path) -> None:
    page = browser.new_page()
    page.goto(f"{address}resume/")
    for paper in ("A4", "Letter"):
        page.pdf(path=tmp_path / "resume.pdf", format=paper, prefer_css_page_size=True)
        printed = (tmp_path / "resume.pdf").read_bytes()
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2, paper


def test_on_paper_the_resume_has_no_navigation_and_writes_its_addresses_out(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.emulate_media(media="print")
    page.goto(f"{address}resume/")
    assert not page.locator("nav").is_visible()
    assert not page.locator("footer.bottom").is_visible()
    after = page.locator(".role a").first.evaluate("element => getComputedStyle(element, '::after').content")
    assert after == '" (https://northpier.example)"'
    for role in page.locator(".role").all():
        assert role.evaluate("element => getComputedStyle(element).breakInside") == "avoid"
    rules = page.evaluate(
        "[...document.styleSheets].flatMap(sheet => [...sheet.cssRules]).flatMap(rule => [...(rule.cssRules || [])])"
        ".filter(rule => rule instanceof CSSPageRule).map(rule => rule.style.margin)"
    )
    assert rules == ["16mm"]


def test_the_checker_finds_no_error(site: Site, vnu: Callable[[Path], list[dict[str, Any]]]) -> None:
    assert vnu(site.output) == []
