"""A desk whose posts a test writes and whose site it builds, with the real Pelican."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from curate.desk.init import create_desk
from curate.desk.settings import load_settings, set_setting
from curate.posts.files import read_posts
from curate.posts.header import dump
from curate.site.build import build_site
from curate.site.cards import draw_missing

if TYPE_CHECKING:
    from pathlib import Path

    from curate.desk.folder import Desk
    from curate.site.build import Built

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOURCE = {
    "url": "https://example.org/2026/11/night-shift-models",
    "title": "What we learned putting a 3B model on call",
    "author": "Rosa Lindqvist",
    "site": "Example Systems Review",
    "date": "2026-11-20",
    "words": "1840",
    "lang": "en",
}
QUOTE = "We stopped asking whether the small model was right. Its first draft saved the engineer three minutes."
LINK: dict[str, Any] = {
    "kind": "link",
    "title": "Small models are taking the night shift",
    "date": "2026-11-22T08:40:00+00:00",
    "topic": "Reliability",
    "tags": ["incident response", "evaluation"],
    "summary": "A model that only drafts the first page of an incident is worth more than one nobody dares to wake.",
    "question": "Would you let a 3B model decide whether to page a human at 03:00?",
    "source": SOURCE,
    "quotes": [{"text": QUOTE}],
    "via": {"name": "Tomas Arreola", "url": "https://example.net/@tomas/1139"},
    "also_covered_by": [{"title": "One year on", "site": "Ops Weekly", "url": "https://ops.example/night"}],
    "corrections": [{"date": "2026-11-23", "text": "It ran eight weeks, not twelve."}],
    "syndication": ["https://social.example/@dana/1140"],
    "item": "kfmt",
}
TAKE = "The number that matters is the **three minutes**.\n\nWhat I would copy: the model writes, a human sends.\n"
PROFILE = """basics:
  name: Dana Okafor
  label: I make on-call boring, and say how
  summary: Reliability lead. Cut pages from 31 a week to 4.
  email: dana@dana.example
  profiles:
    - {network: Mastodon, username: dana, url: "https://social.example/@dana"}
confirmed:
  basics: 2026-11-15
"""


@dataclass(frozen=True)
class Site:
    """One desk, and what a test does with it."""

    desk: Desk

    @property
    def output(self) -> Path:
        """Where the built site is."""
        return self.desk.output

    def write(self, slug: str, body: str = TAKE, *, folder: str = "essays", **header: Any) -> Path:
        """Write a published essay of yesterday, with other or more keys as given."""
        keys = {"title": slug, "date": "2026-11-22T08:00:00+00:00", "kind": "essay", "status": "published"}
        return self.file(f"{folder}/{slug}.md", f"---\n{dump({**keys, 'slug': slug, **header})}---\n{body}")

    def file(self, place: str, text: str | bytes) -> Path:
        """Write a file below content/."""
        path = self.desk.content / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def build(self, now: datetime = NOON, *, drafts: bool = False) -> Built:
        """Build the site."""
        return build_site(self.desk, load_settings(self.desk.settings), now=now, drafts=drafts)

    def draw_cards(self) -> None:
        """Draw the social images that are missing, as curate site cards does."""
        posts, _ = read_posts(self.desk.content)
        draw_missing(self.desk, load_settings(self.desk.settings).site.name, posts)

    def left_out(self) -> list[str]:
        """Build the site and return what it left out, each with line and reason."""
        return [str(one) for one in self.build().left_out]

    def page(self, place: str) -> str:
        """Return the page at an address of the built site, such as 2026/slug/."""
        return (self.output / place / "index.html").read_text(encoding="utf-8")

    def feed(self) -> bytes:
        """Return the built feed."""
        return (self.output / "feeds" / "all.atom.xml").read_bytes()

    def pages(self) -> list[str]:
        """Return the addresses of all posts in the built site."""
        found = (path.parent.relative_to(self.output) for path in self.output.glob("[0-9]*/*/index.html"))
        return sorted(place.as_posix() for place in found if not place.name.isdigit())  # 2026/11 is a month's list


def new_site(root: Path, url: str = "https://dana.example") -> Site:
    """Make a desk of Dana Okafor without posts."""
    return Site(create_desk(root, name="Dana Okafor", url=url, topics=["Reliability"], today=date(2026, 11, 15)))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A new desk without posts."""
    return new_site(tmp_path / "desk")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A desk with a post of each kind, built at noon; for tests that only look at it."""
    made = new_site(tmp_path_factory.mktemp("sample") / "desk")
    made.desk.profile.write_text(PROFILE, encoding="utf-8")
    made.write("small-models-on-call", folder="links", **LINK)
    made.write(
        "error-budgets",
        "# A first heading\n\n"
        "Nobody spent one.[^1]\n\n"
        "| Quarter | Pages |\n|:--|--:|\n| Q1 | 31 |\n\n"
        "```python\nfreeze()\n```\n\n"
        "![A pager]({static}/images/pager.png){width=10 height=10}\n\n"
        "See [the night shift]({filename}/links/small-models-on-call.md).\n\n"
        "[^1]: The courage is not in the book.\n",
        title="Error budgets are a promise to sleep",
        topic="Reliability",
        tags=["error budgets"],
        question="Who may say no on a Friday?",
        modified="2026-11-23T09:00:00+00:00",
    )
    made.write(
        "no-pager-wakes-people",
        "Liability decides this.\n",
        folder="predictions",
        kind="prediction",
        title="No pager vendor will ship a model that wakes people",
        claim="By 1 December 2027 none lets a model alone decide to wake a person.",
        confidence="0.85",
        due="2027-12-01",
        date="2025-09-01",
        topic="Evaluation",
    )
    made.write("away", "Back soon.\n", folder="notices", kind="notice", until="2026-11-30T00:00:00+00:00")
    made.file("images/pager.png", PIXEL)
    made.draw_cards()
    made.build()
    return made


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A desk with all that machines are told: accounts, a webmention address, social images, images in posts."""
    made = new_site(tmp_path_factory.mktemp("furnished") / "desk")
    set_setting(made.desk.settings, "site.webmention", "https://mentions.example/dana")
    made.desk.profile.write_text(PROFILE, encoding="utf-8")
    made.write("small-models-on-call", folder="links", **LINK)
    made.file("images/photo.jpg", photo(2000, 1200))
    made.file("images/plan.png", drawing(1000, 600))
    made.file("images/pager.png", PIXEL)
    made.write("error-budgets", PICTURED, title="Error budgets", topic="Reliability", tags=["error budgets"])
    made.write("hidden", "CANARY\n", title="CANARY", status="draft")
    made.draw_cards()
    made.build()
    return made


PICTURED = """![A control room](/images/elsewhere.jpg)

![The night shift & its screens]({static}/images/photo.jpg "Photo: R. Lindqvist & co.")

As ![a plan]({static}/images/plan.png){width=500} says.

<img src="{static}/images/pager.png" alt="">
"""


def photo(width: int, height: int) -> bytes:
    """Return a JPEG that is as hard to make small as a photograph, with a place noted in it."""
    image = Image.effect_noise((width // 8, height // 8), 90).resize((width, height)).convert("RGB")
    noted = Image.Exif()
    noted[0x0112] = 1  # upright
    noted[0x010E] = "CANARY"
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95, exif=noted)
    return out.getvalue()


def drawing(width: int, height: int) -> bytes:
    """Return a PNG of few colours, see-through at its edge."""
    image = Image.new("RGBA", (width, height))
    for step in range(20, width // 2, 7):
        image.paste((step % 250, 90, 30, 255), (step, step // 3, width - step, height - step // 3))
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=0)
    return out.getvalue()


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cf500f0003860180" + "5a347d6b" + "0000000049454e44ae426082"
)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A built site with a page of every type (tests/site/sample.py); for tests that only look at it."""
    from tests.site.sample import fill

    made = new_site(tmp_path_factory.mktemp("whole") / "desk")
    fill(made)
    made.build()
    return made
