"""Building again: whatever was edited in between, the site is what a build from nothing gives, to the byte."""

from __future__ import annotations

import contextlib
import io
import os
import random
import shutil
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from curate.desk.settings import set_setting
from curate.site.build import shipped_theme
from curate.site.cache import programs
from curate.site.manifest import MARK, digest, list_files
from curate.site.plugin.writer import MANY
from tests.site.conftest import LINK, NOON, PIXEL, PROFILE, new_site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.site.conftest import Site

EDITS = 500 if os.environ.get("CURATE_SWEEP") else 50
CHAINS = 5  # each starts from a desk of its own, so that they may run side by side
TAGS = ("evaluation", "Evaluation", "on call", "queues", "日本", "<b>bold</b>")
TOPICS = ("Reliability", "Hiring", "")


def tree(folder: Path) -> dict[str, str]:
    return {name: digest(folder / name) for name in [*list_files(folder), MARK]}


def cache(site: Site) -> Path:
    return site.desk.private / "build.cache"


def from_nothing(site: Site, now: datetime = NOON) -> dict[str, str]:
    """Build the same desk as if it had never been built, and return what comes out; the desk is as before."""
    aside = site.desk.root.with_name("aside")
    output, kept = site.output.rename(aside), cache(site).rename(aside.with_name("cache"))
    site.build(now)
    built = tree(site.output)
    shutil.rmtree(site.output)
    output.rename(site.output)
    kept.rename(cache(site))
    return built


@dataclass
class Editor:
    """A person who edits a site at random; the same seed edits the same."""

    site: Site
    dice: random.Random
    posts: dict[str, Path] = field(default_factory=dict)
    written: int = 0
    now: datetime = NOON

    def edit(self) -> str:
        """Change something; return what."""
        kinds: list[Callable[[], str]] = [self.add] * 4 + [
            self.target,
            self.reword,
            self.retag,
            self.redate,
            self.hide,
            self.delete,
        ]
        kinds += [
            self.rename,
            self.link,
            self.theme,
            self.settings,
            self.profile,
            self.page,
            self.image,
            self.wait,
            self.fault,
            self.rewind,
            self.put_back,
            self.ask,
            self.cards,
        ]
        kind = self.dice.choice(kinds)
        return f"{kind.__name__} {kind()}"

    def add(self) -> str:
        self.written += 1
        slug = f"post-{self.written}"
        day = datetime(2024, 11, 1, tzinfo=UTC) + timedelta(days=self.dice.randrange(760))
        header: dict[str, object] = dict(LINK) if self.dice.random() < 0.4 else {}
        header |= {"title": f"Post <{self.written}>", "date": day.isoformat()}
        header |= {"topic": self.dice.choice(TOPICS), "tags": self.dice.sample(TAGS, self.dice.randrange(4))}
        if self.dice.random() < 0.15:
            header |= {
                "kind": "prediction",
                "claim": f"It is {self.written}.",
                "confidence": "0.7",
                "due": "2026-11-25",
            }
        elif self.dice.random() < 0.15:
            header |= {"kind": "result", "outcome": "Fewer pages", "metric": "pages", "before": "31", "after": "4"}
        elif self.dice.random() < 0.1:
            header |= {"kind": "notice", "until": (self.now + timedelta(days=2)).isoformat()}
        self.posts[slug] = self.site.write(slug, f"Words of **{slug}**.\n", folder="links", **header)
        return slug

    def _some(self) -> str:
        return self.dice.choice(sorted(self.posts)) if self.posts else self.add()

    def _replace(self, line: str, by: str) -> str:
        slug = self._some()
        lines = self.posts[slug].read_text(encoding="utf-8").split("\n")
        at = next((at for at, text in enumerate(lines) if text.startswith(line)), None)
        if at is not None:
            lines[at] = by
            self.posts[slug].write_text("\n".join(lines), encoding="utf-8")
        return slug

    def reword(self) -> str:
        slug = self._some()
        with self.posts[slug].open("a", encoding="utf-8") as file:
            file.write(f"\nMore words {self.dice.randrange(100)}.\n")
        return slug

    def retag(self) -> str:
        return self._replace("topic:", f"topic: {self.dice.choice(TOPICS)}")

    def redate(self) -> str:
        return self._replace("date:", f"date: 2026-{self.dice.randrange(1, 12):02}-03")

    def hide(self) -> str:
        return self._replace("status:", f"status: {self.dice.choice(('draft', 'published', 'gone'))}")

    def delete(self) -> str:
        slug = self._some()
        self.posts.pop(slug).unlink()
        return slug

    def rename(self) -> str:
        self.written += 1
        return self._replace("slug:", f"slug: moved-{self.written}")

    def link(self) -> str:
        """Link to the post that always is, and to an image; both may move."""
        slug = self._some()
        kind = self.dice.choice(("static", "attach"))
        with self.posts[slug].open("a", encoding="utf-8") as file:
            file.write("\n[there]({filename}/links/target.md)\n\n")
            file.write(f"![it]({{{kind}}}/images/{self.dice.randrange(3)}.png)\n")
        return slug

    def target(self) -> str:
        self.written += 1
        month = self.dice.randrange(1, 12)
        header = f"title: Target\nslug: target-{self.written}\ndate: 2026-{month:02}-01\nstatus: published"
        self.site.file("links/target.md", f"---\n{header}\n---\nHere.\n")
        return str(month)

    def theme(self) -> str:
        own = self.site.desk.root / "themes" / "byline" / "templates"
        own.mkdir(parents=True, exist_ok=True)
        number = self.dice.randrange(3)
        if number == 0:
            (own / "404.html").unlink(missing_ok=True)
        else:
            latest = "{% for article in articles[:3] %}{{ article.post.title|e }}{% endfor %}{{ tags|length }}"
            (own / "404.html").write_text(f"<!DOCTYPE html><title>x</title>{number} {latest}", encoding="utf-8")
        return str(number)

    def settings(self) -> str:
        said = f'SITESUBTITLE = "Number {self.dice.randrange(3)}"\n'
        with self.site.desk.pelicanconf.open("a", encoding="utf-8") as conf:
            conf.write(said)
        return said.strip()

    def fault(self) -> str:
        """Write a post that cannot be read, or mend it."""
        self.site.file("links/fault.md", self.dice.choice(("---\ntitle: 'open\n---\n", "---\ntitle: Closed\n---\n")))
        return ""

    def profile(self) -> str:
        number = self.dice.randrange(3)
        self.site.desk.profile.write_text(PROFILE.replace("Reliability lead", f"Lead {number}"), encoding="utf-8")
        return str(number)

    def page(self) -> str:
        number = self.dice.randrange(3)
        text = (
            f"---\ntitle: Page {number}\nslug: page-{number}\nstatus: {self.dice.choice(('published', 'draft'))}\n---\n"
        )
        self.site.file(f"pages/page-{number}.md", f"{text}Words {self.dice.randrange(9)}.\n")
        return str(number)

    def image(self) -> str:
        number = self.dice.randrange(3)
        self.site.file(f"images/{number}.png", PIXEL + bytes([self.dice.randrange(3)]))
        return str(number)

    def wait(self) -> str:
        self.now += timedelta(days=self.dice.choice((1, 1, 30)))
        return self.now.isoformat()

    def rewind(self) -> str:
        """Set a clock right that was ahead, but not to before the target: whose link leads nowhere keeps its page."""
        self.now = max(NOON, self.now - timedelta(days=self.dice.randrange(1, 40)))
        return self.now.isoformat()

    def put_back(self) -> str:
        """Change what is in a folder, and leave it the time it had."""
        folder = self.site.desk.content / "links"
        when = folder.stat().st_mtime_ns
        said = self.dice.choice((self.add, self.delete))()
        os.utime(folder, ns=(when, when))
        return said

    def ask(self) -> str:
        """Change a setting."""
        asked = {"theme_toggle": ("true", "false"), "topics": ("['Hiring']", "['Rust', 'C#']")}
        name = self.dice.choice(sorted(asked))
        value = self.dice.choice(asked[name])
        set_setting(self.site.desk.settings, f"site.{name}", value)
        return f"{name} {value}"

    def cards(self) -> str:
        self.site.draw_cards()
        return ""


@pytest.mark.parametrize("chain", range(CHAINS))
def test_after_any_edit_the_site_is_that_of_a_build_from_nothing(tmp_path: Path, chain: int) -> None:
    site = new_site(tmp_path / "desk")
    editor = Editor(site, random.Random(20261129 + chain))  # noqa: S311 - the same edits each time
    editor.target()
    for number in range(3):
        site.file(f"images/{number}.png", PIXEL)
    for _ in range(12):
        editor.add()
    site.build()
    for _ in range(EDITS // CHAINS):
        said = [editor.edit() for _ in range(editor.dice.choice((1, 1, 2, 5)))]
        site.build(editor.now)
        assert tree(site.output) == from_nothing(site, editor.now), said


def test_one_more_post_changes_the_page_of_its_neighbour_and_no_other_posts(site: Site) -> None:
    for number in range(3):
        site.write(f"post-{number}", tags=[f"tag {number}"], date=f"2026-11-2{number}")
    site.build()
    before = {path: path.stat().st_ino for path in site.output.rglob("index.html")}
    site.write("one-more", tags=["another"], date="2026-11-22T09:00:00+00:00")
    site.build()
    same = [path.parent.name for path, inode in before.items() if path.exists() and path.stat().st_ino == inode]
    assert {"post-0", "post-1", "tag-0", "tag-1", "tag-2", "subscribe"} <= set(same)
    assert not {"post-2", "archive"} & set(same)


def test_when_nothing_changed_the_site_stays_where_it_is(site: Site) -> None:
    site.write("post")
    first = site.build()
    inode = site.output.stat().st_ino
    second = site.build(NOON + timedelta(days=1))
    assert site.output.stat().st_ino == inode
    assert (second.pages, second.posts, second.warnings) == (first.pages, first.posts, first.warnings)


def test_a_clock_that_was_ahead_leaves_nothing_of_what_it_said(site: Site) -> None:
    site.write("post")
    site.build(NOON + timedelta(days=1000))
    ahead = site.page("2026/post")
    site.build(NOON)
    assert site.page("2026/post") != ahead
    assert tree(site.output) == from_nothing(site, NOON)


def test_a_page_changed_by_hand_is_put_right(site: Site) -> None:
    site.write("post")
    site.build()
    before = tree(site.output)
    (site.output / "2026" / "post" / "index.html").write_text("mine now", encoding="utf-8")
    site.build()
    assert tree(site.output) == before
    (site.output / "stray.txt").write_text("mine", encoding="utf-8")
    site.build()
    assert tree(site.output) == before


@pytest.mark.parametrize("more", [False, True])
def test_a_link_in_the_place_of_a_page_is_put_right(site: Site, more: bool) -> None:  # noqa: FBT001 - drawn
    """As programs make it that save space, and as no deploy takes it."""
    site.write("post")
    site.write("between", date="2021-01-01")
    site.build()
    page = site.output / "2026" / "post" / "index.html"
    page.rename(site.desk.root / "aside")
    page.symlink_to(site.desk.root / "aside")
    if more:
        site.write("earlier", date="2020-01-01", folder="links")
    site.build()
    assert not page.is_symlink()
    assert tree(site.output) == from_nothing(site)


@pytest.mark.parametrize("damage", ["gone", "empty", "half", "noise", "values"])
def test_a_damaged_cache_costs_time_and_nothing_else(site: Site, damage: str) -> None:
    for number in range(5):
        site.write(f"post-{number}", tags=["one", "two"])
    site.build()
    kept = cache(site)
    raw = kept.read_bytes()
    if damage == "gone":
        kept.unlink()
    elif damage == "values":
        connection = sqlite3.connect(kept)
        connection.execute("UPDATE readings SET reading = zeroblob(100)")
        for name, sheet in connection.execute("SELECT name, sheet FROM sheets").fetchall():
            other = sheet.replace(b"post-1", b"post-7").replace(b"two", b"too")
            connection.execute("UPDATE sheets SET sheet = ? WHERE name = ?", (other, name))
        connection.commit()
        connection.close()
    else:
        size = len(raw)
        noise = random.Random(1).randbytes(size // 3)  # noqa: S311 - the same noise each time
        kept.write_bytes(
            {"empty": b"", "half": raw[: size // 2], "noise": raw[: size // 3] + noise + raw[2 * size // 3 :]}[damage]
        )
    site.write("post-0", "Other words.\n", tags=["one"])
    site.build()
    assert tree(site.output) == from_nothing(site)


def test_another_version_takes_nothing_over_though_its_files_have_the_same_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = programs.__wrapped__()
    assert programs.__wrapped__() == ours
    monkeypatch.setattr("curate.site.cache.__version__", "9.9.9")
    assert programs.__wrapped__() != ours


def test_a_damaged_page_is_made_anew_beside_many_new_ones(site: Site) -> None:
    for number in range(6):
        site.write(f"post-{number}", tags=[f"old {number}"], date="2024-11-22")
    site.build()
    for number in range(6):
        (site.output / "2024" / f"post-{number}" / "index.html").write_text("mine", encoding="utf-8")
    for number in range(2 * MANY):
        site.write(f"new-{number}", date=f"2026-0{1 + number % 9}-11")
    site.build()
    assert tree(site.output) == from_nothing(site)


def test_what_was_changed_by_hand_is_found_without_reading_what_was_not(site: Site) -> None:
    """What was just linked is not believed: it takes some builds until a page is taken over unread."""
    site.write("post-1")
    site.write("between", date="2026-02-01")  # else each page shows the other's title
    for title in ("First", "Second", "Third", "Fourth", "Fifth"):
        site.write("post-0", title=title, date="2026-01-01")
        site.build()
    page = site.output / "2026" / "post-1" / "index.html"
    seconds, raw = page.stat().st_mtime_ns, page.read_bytes()
    page.write_bytes(raw.replace(b"Post", b"Pest").replace(b"post", b"pest"))  # no longer and no shorter
    os.utime(page, ns=(seconds, seconds))
    (site.output / "2026" / "stray.html").write_text("mine", encoding="utf-8")
    site.write("post-0", title="Sixth", date="2026-01-01")
    site.build()
    assert tree(site.output) == from_nothing(site)


def test_a_file_may_stand_where_a_folder_was_and_a_folder_where_a_file_was(site: Site) -> None:
    folder = site.desk.content / "images" / "logo"
    for number in range(3):
        site.file("images/logo/wide/a.png", PIXEL)
        for text in ("One", "Other"):
            site.write("post", f"{text} {number}.\n")
            site.build()
        shutil.rmtree(folder)
        site.file("images/logo", PIXEL)
        site.build()
        assert tree(site.output) == from_nothing(site)
        folder.unlink()


def test_settings_that_ask_the_clock_are_asked_each_time(site: Site) -> None:
    counter = site.desk.root / "count.txt"
    with site.desk.pelicanconf.open("a", encoding="utf-8") as conf:
        conf.write("from pathlib import Path\n")
        conf.write(f"SITESUBTITLE = Path({str(counter)!r}).read_text()\n")
    counter.write_text("one", encoding="utf-8")
    site.write("post")
    site.build()
    counter.write_text("two", encoding="utf-8")
    site.build()
    assert ">two<" in (site.output / "index.html").read_text(encoding="utf-8")
    assert tree(site.output) == from_nothing(site)


def test_a_setting_that_is_code_makes_each_build_a_full_one(site: Site) -> None:
    with site.desk.pelicanconf.open("a", encoding="utf-8") as conf:
        conf.write("JINJA_FILTERS = {'shout': lambda text: text.upper()}\n")
    site.write("post")
    site.build()
    inode = (site.output / "2026" / "post" / "index.html").stat().st_ino
    site.write("another")
    site.build()
    assert (site.output / "2026" / "post" / "index.html").stat().st_ino != inode


def test_a_post_in_a_folder_whose_time_was_put_back_is_found(site: Site) -> None:
    """As rsync -a puts it back when it brings a folder that another machine knows without the post."""
    first = site.write("first")
    site.build()
    site.write("elsewhere", folder="links")
    site.build()  # from here on the folder of the first post is believed
    when = first.parent.stat().st_mtime_ns
    site.write("second")
    os.utime(first.parent, ns=(when, when))
    site.build()
    assert site.pages() == ["2026/elsewhere", "2026/first", "2026/second"]
    when = first.parent.stat().st_mtime_ns
    first.unlink()
    os.utime(first.parent, ns=(when, when))
    site.build()
    assert site.pages() == ["2026/elsewhere", "2026/second"]


@pytest.mark.parametrize("setting", ["THEME = {!r}", "THEME_TEMPLATES_OVERRIDES = [{!r}]", "globals()['THEME'] = {!r}"])
def test_a_template_that_settings_name_is_seen_to_change(site: Site, setting: str) -> None:
    mine = site.desk.root / "mine"
    folder = mine / "templates" if setting.startswith("THEME =") or "globals" in setting else mine
    shutil.copytree(shipped_theme() / "templates", folder)
    with site.desk.pelicanconf.open("a", encoding="utf-8") as conf:
        conf.write(setting.format(str(mine)) + "\n")
    page = folder / "404.html"
    for words in ("One way", "Another"):
        page.write_text(f"<!DOCTYPE html><title>{words}</title>", encoding="utf-8")
        site.build()
        assert words in (site.output / "404.html").read_text(encoding="utf-8")


def test_a_plugin_of_the_persons_own_is_asked_in_each_build(site: Site) -> None:
    plugin = site.desk.root / "plugins" / "mine.py"
    plugin.parent.mkdir()
    with site.desk.pelicanconf.open("a", encoding="utf-8") as conf:
        conf.write("PLUGIN_PATHS = ['plugins']\nPLUGINS = ['curate.site.plugin', 'mine']\n")
    for name in ("Dana the First", "Dana the Second"):
        code = f"from pelican import signals\ndef name(them): them.settings['SITENAME'] = {name!r}\n"
        plugin.write_text(f"{code}def register(): signals.initialized.connect(name)\n", encoding="utf-8")
        site.build()
        assert name in (site.output / "index.html").read_text(encoding="utf-8")


def test_no_build_writes_into_a_file_that_readers_have(site: Site) -> None:
    """Not even where somebody saved space and made one file of those that are the same."""
    image = io.BytesIO()
    Image.effect_noise((1600, 900), 90).convert("RGB").save(image, "JPEG", quality=95)
    site.file("images/noise.jpg", image.getvalue())
    site.write("first", "![Noise]({static}/images/noise.jpg)\n")
    site.build()
    site.write("second")
    site.build()
    spare = site.desk.private / "spare-output"
    names = [*list_files(site.output), MARK]
    for name in names:
        (spare / name).unlink(missing_ok=True)
        (spare / name).parent.mkdir(parents=True, exist_ok=True)
        (spare / name).hardlink_to(site.output / name)
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context((site.output / name).open("rb")) for name in names]
        before = [(os.fstat(file.fileno()).st_mtime_ns, sha256(file.read()).hexdigest()) for file in held]
        site.write("third")
        site.build()
        for file in held:
            file.seek(0)
        after = [(os.fstat(file.fileno()).st_mtime_ns, sha256(file.read()).hexdigest()) for file in held]
    changed = [name for name, one, other in zip(names, before, after, strict=True) if one != other]
    assert changed == []


def test_a_cache_that_is_lost_during_a_build_costs_no_post_its_place(site: Site) -> None:
    """As when the disk is full when Pelican wants to keep what it found out."""
    lose = site.desk.root / "lose"
    with site.desk.pelicanconf.open("a", encoding="utf-8") as conf:
        conf.write("from pathlib import Path\nfrom pelican import signals\n")
        conf.write("def forget(pelican):\n")
        conf.write(f"    if Path({str(lose)!r}).exists():\n")
        conf.write(f"        Path({str(lose)!r}).unlink()\n")
        conf.write("        Path(pelican.settings['BUILD_CACHE']).unlink()\n")
        conf.write("signals.finalized.connect(forget, weak=False)\n")
    site.write("post")
    site.build()
    before = tree(site.output)
    lose.touch()
    assert site.build().left_out == ()
    assert not lose.exists()
    assert tree(site.output) == before


def test_a_name_that_is_no_unicode_costs_no_other_post_its_place(site: Site) -> None:
    site.write("post")
    (site.desk.content / os.fsdecode(b"caf\xe9.md")).write_text("---\ntitle: Odd\n---\n", encoding="utf-8")
    built = site.build()
    assert site.pages() == ["2026/post"]
    assert [one for one in built.left_out if "post.md" in one.path] == []
