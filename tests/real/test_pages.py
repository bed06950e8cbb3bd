"""The built pages in a real browser, under the Nu HTML checker and under axe: on a phone, on a desk, in the dark."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from curate.site.serve import make_server
from tests.real.conftest import needs_npm
from tests.site.conftest import new_site
from tests.site.sample import PLACES as OF_EACH_TYPE
from tests.site.sample import fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.site.conftest import Site

pytestmark = pytest.mark.system

PLACES = (*OF_EACH_TYPE.values(), "2026/everything/")
DRAFT = "2026/unfinished/"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
EVERYTHING = f"""
# A first heading

{LONG} and `{LONG}` and <https://example.org/{LONG}>.[^1]

| {" | ".join(f"Column {number}" for number in range(12))} |
|{"--:|" * 12}
| {" | ".join("1,234,567" for _ in range(12))} |

```
{"a very long line of code " * 12}
```

> Somebody said so.

- One
  1. Two
     - Three

Term
: Meaning

![A pager]({{static}}/images/pager.png)

[^1]: A note with `{LONG}`.
"""


WATCH = """() => {
  window.rings = [];
  document.addEventListener("focusin", event => {
    const style = getComputedStyle(event.target);
    window.rings.push(`${style.outlineStyle} ${style.outlineWidth}`);
  });
}"""
SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
    p { margin-block-end: 2em !important }`);
  document.adoptedStyleSheets = [sheet];
}"""  # https://www.w3.org/TR/WCAG22/#text-spacing
AXE = """async () => (await axe.run({rules: {"target-size": {enabled: true}}})).violations"""
SMALL = """() => [...document.querySelectorAll(
  ".top a, .bottom ul a, .sheets a, .years a, .tags a, input, button, summary"
)].filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 24).map(one => one.outerHTML)"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A built site with a page of every type, and one post with whatever Markdown and a header can hold."""
    made = new_site(tmp_path_factory.mktemp("pages") / "desk")
    fill(made)
    made.write(
        "everything",
        EVERYTHING,
        title=f"Everything at once: {LONG}",
        topic=LONG,
        tags=[LONG, "short"],
        claim=f"It will hold {LONG}.",
        confidence="0.7",
        due="2027-01-01",
        source={"url": f"https://example.org/{LONG}?a=1&b=2", "title": LONG, "site": LONG, "author": LONG},
        quotes=[{"text": LONG}],
        question=f"And {LONG}?",
    )
    made.write("unfinished", title="Not yet", status="draft", topic="Reliability", question="Is it done?")
    made.build()
    made.build(drafts=True)
    return made


@pytest.fixture
def preview(site: Site) -> Iterator[str]:
    """Where the preview with drafts is served."""
    with make_server(site.desk.private / "preview", 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


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
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.append(request.url))


def visits(browser: Browser, address: str, preview: str, **context: Any) -> Iterator[tuple[str, Page, list[str]]]:
    """Open every page once, and a draft; what the console says and what is asked for besides the page is listed.

    A picture may be asked for, too, but not by a post about a link.
    """
    window = browser.new_context(**context)
    for base, place in (*((address, place) for place in PLACES), (preview, DRAFT)):
        page = window.new_page()
        said: list[str] = []
        listen(page, said)
        page.goto(base + place)
        pictures = "" if place == OF_EACH_TYPE["link"] else f"{base}images/"
        yield place, page, [line for line in said[1:] if not pictures or not line.startswith(pictures)]
        page.close()
    window.close()


@pytest.mark.parametrize("wide", [320, 768, 1280])
def test_no_page_is_too_wide_or_has_small_targets_or_asks_for_more_than_itself(
    browser: Browser, address: str, preview: str, wide: int
) -> None:
    for place, page, said in visits(browser, address, preview, viewport={"width": wide, "height": 800}):
        assert page.evaluate("document.documentElement.scrollWidth") <= wide, place
        assert page.evaluate(SMALL) == [], place
        assert said == [], place


def test_no_page_is_too_wide_when_a_reader_spaces_the_text(browser: Browser, address: str, preview: str) -> None:
    for place, page, _ in visits(browser, address, preview, viewport={"width": 320, "height": 800}):
        page.evaluate(SPACED)
        assert page.evaluate("getComputedStyle(document.querySelector('h1')).letterSpacing") != "normal"
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, place


@pytest.mark.parametrize(("wide", "mode"), [(320, "dark"), (1280, "light"), (1280, "dark")])
def test_no_page_shuts_anybody_out(browser: Browser, address: str, preview: str, wide: int, mode: Any) -> None:
    axe = (needs_npm("axe-core") / "axe.min.js").read_text(encoding="utf-8")
    window: Any = {"viewport": {"width": wide, "height": 800}, "color_scheme": mode, "bypass_csp": True}
    for place, page, _ in visits(browser, address, preview, **window):
        page.evaluate(axe)
        found = page.evaluate(AXE)
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], place


def test_the_keyboard_reaches_the_text_first_and_its_place_is_seen(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}2026/everything/")
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.inner_text() == "Skip to the text"
    box = focused.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert focused.evaluate("element => getComputedStyle(element).outlineWidth") == "3px"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")


def test_every_place_the_keyboard_reaches_is_seen(browser: Browser, address: str, preview: str) -> None:
    for place, page, _ in visits(browser, address, preview, viewport={"width": 768, "height": 800}):
        wanted = page.locator("a[href], input, button, summary, [tabindex='0']").evaluate_all(
            "all => all.filter(one => one.checkVisibility()).length"
        )
        page.evaluate(WATCH)
        for _ in range(wanted):
            page.keyboard.press("Tab")
        assert page.evaluate("rings") == ["solid 3px"] * wanted, place
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body"), place


def test_motion_and_forced_colours_are_as_the_reader_wants_them(browser: Browser, address: str) -> None:
    page = browser.new_page(reduced_motion="reduce")
    page.goto(address)
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    page.emulate_media(reduced_motion="no-preference", forced_colors="active")
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "smooth"
    card = page.locator(".cards li").first
    assert card.evaluate("element => getComputedStyle(element).borderTopWidth") == "1px"


def test_on_paper_there_is_the_text_with_its_addresses_and_no_navigation(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}2026/small-models-on-call/")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--link')") == "#0A4F9E"
    assert not page.locator(".top nav").is_visible()
    assert page.locator(".text").is_visible()
    after = page.locator(".cite a").evaluate("element => getComputedStyle(element, '::after').content")
    assert "https://example.org/2026/11/night-shift-models" in after


def test_wide_tables_and_code_scroll_under_the_keyboard(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 800})
    page.goto(f"{address}2026/everything/")
    for selector in (".table", "pre"):
        wide = page.locator(selector).first
        wide.focus()
        assert wide.evaluate("element => document.activeElement === element")
        assert wide.evaluate("element => element.scrollWidth > element.clientWidth")


def test_the_dark_page_is_dark(browser: Browser, address: str) -> None:
    shades = {}
    for mode in ("light", "dark"):
        page = browser.new_page(color_scheme=mode)
        page.goto(address)
        shades[mode] = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert shades == {"light": "rgb(251, 250, 247)", "dark": "rgb(20, 22, 26)"}


def test_the_checker_finds_no_error(site: Site, vnu: Callable[[Path], list[dict[str, Any]]]) -> None:
    assert vnu(site.output) == []
    assert vnu(site.desk.private / "preview" / DRAFT) == []


def test_the_checker_finds_no_error_in_a_site_without_posts(
    tmp_path: Path, vnu: Callable[[Path], list[dict[str, Any]]]
) -> None:
    empty = new_site(tmp_path / "desk", url="")
    empty.build()
    assert vnu(empty.output) == []
