"""Building: what gets a page and when, and that a failure never costs the site that stands."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import feedparser
import pytest

from curate.errors import Conflict
from curate.posts.files import read_posts
from curate.posts.post import permalink
from curate.site.build import SiteFault
from curate.site.manifest import MARK, digest, list_files, read_mark
from tests.site.conftest import NOON, new_site

if TYPE_CHECKING:
    from tests.site.conftest import Site

ROOT = Path(__file__).parents[2]


def tree(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): digest(path) for path in folder.rglob("*") if path.is_file()}


def test_a_new_desk_without_posts_has_a_site(site: Site) -> None:
    built = site.build()
    assert built.posts == 0
    assert {"index.html", "404.html", "archive/index.html", "about/index.html"} <= set(list_files(site.output))
    feed = feedparser.parse(site.feed())
    assert not feed.bozo
    assert feed.entries == []


def test_a_desk_without_an_address_builds_without_a_feed_and_says_so(tmp_path: Path) -> None:
    site = new_site(tmp_path / "desk", url="")
    site.write("first")
    built = site.build()
    assert (site.output / "2026" / "first" / "index.html").is_file()
    assert not (site.output / "feeds").exists()
    assert any("no address" in warning for warning in built.warnings)


def test_every_public_post_has_a_page_where_its_permalink_says(sample: Site) -> None:
    posts, faults = read_posts(sample.desk.content)
    assert faults == []
    assert sample.pages() == sorted(permalink(post).rstrip("/") for post in posts)


def test_a_draft_is_nowhere_in_the_site(site: Site) -> None:
    site.write("hidden", "CANARY in the text\n", title="CANARY in the title", status="draft", tags=["CANARY"])
    site.write("unsaid", "CANARY\n", folder="images")
    path = site.write("plain", folder="links")
    path.write_text(path.read_text(encoding="utf-8").replace("status: published\n", ""), encoding="utf-8")
    (site.desk.content / "images" / "unsaid.md").write_text("---\ntitle: CANARY\n---\nCANARY\n", encoding="utf-8")
    site.build()
    assert site.pages() == []
    assert not any(b"CANARY" in path.read_bytes() for path in site.output.rglob("*") if path.is_file())
    assert list(site.output.rglob("*.md")) == []


def test_a_post_turned_back_into_a_draft_loses_its_page(site: Site) -> None:
    site.write("changed-my-mind", tags=["doubt"])
    site.build()
    assert site.pages() == ["2026/changed-my-mind"]
    site.write("changed-my-mind", status="draft")
    site.build()
    assert site.pages() == []
    assert not (site.output / "tags" / "doubt").exists()


def test_a_post_of_the_future_appears_when_its_time_has_come(site: Site) -> None:
    late = datetime(2031, 1, 1, 8, tzinfo=UTC)
    site.write("later", date=late.isoformat())
    site.build(late - timedelta(seconds=1))
    assert site.pages() == []
    site.build(late)
    assert site.pages() == ["2031/later"]


def test_a_notice_is_gone_after_its_end(site: Site) -> None:
    site.write("away", kind="notice", until="2026-11-30T00:00:00+00:00")
    site.build(datetime(2026, 11, 29, 23, 59, 59, tzinfo=UTC))
    assert site.pages() == ["2026/away"]
    site.build(datetime(2026, 11, 30, tzinfo=UTC))
    assert site.pages() == []


def test_a_preview_shows_drafts_beside_the_site_and_leaves_it_alone(site: Site) -> None:
    site.write("public")
    site.write("not-yet", status="draft", date="2030-01-01")
    site.build()
    before = tree(site.output)
    built = site.build(drafts=True)
    assert tree(site.output) == before
    assert built.output == site.desk.private / "preview"
    page = (built.output / "2030" / "not-yet" / "index.html").read_text(encoding="utf-8")
    assert "noindex" in page
    assert "A draft" in page


def test_the_same_content_and_moment_give_the_same_bytes(site: Site) -> None:
    site.write("one", tags=["b", "a"], topic="Two words")
    site.write("two", tags=["a", "c"], date="2026-11-22T08:00:00+00:00")
    site.build()
    first = tree(site.output)
    for path in site.desk.content.rglob("*.md"):
        path.touch()
    site.build()
    assert tree(site.output) == first


def test_a_month_later_an_unchanged_site_has_the_same_bytes(site: Site) -> None:
    site.write("one")
    site.build()
    first = tree(site.output)
    site.build(NOON + timedelta(days=30))
    assert tree(site.output) == first


def test_a_post_that_cannot_be_read_is_named_with_its_line_and_the_rest_is_as_without_it(site: Site) -> None:
    site.write("good")
    site.build()
    before = tree(site.output)
    bad = site.file("links/bad.md", "---\ntitle: Bad\ntags: [open\n---\nText\n")
    [said] = site.left_out()
    assert said.startswith(f"{bad}:4: ")
    assert tree(site.output) == before
    assert not list(site.desk.private.glob("build-*"))


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"title": ""}, "no title"),
        ({"date": ""}, "no date"),
        ({"status": "live"}, "status"),
        ({"kind": "rant"}, "rant"),
        ({"date": "yesterday"}, "yesterday"),
    ],
)
def test_a_header_that_makes_no_page_is_said_in_words(site: Site, header: dict[str, str], said: str) -> None:
    path = site.write("wrong", **header)
    [told] = site.left_out()
    assert told.startswith(f"{path}:")
    assert said in told


def test_a_page_cannot_take_the_place_of_a_list(site: Site) -> None:
    site.file("pages/tags.md", "---\ntitle: Tags\nslug: tags\nstatus: published\n---\nMine.\n")
    [said] = site.left_out()
    assert "slug tags" in said


def test_a_profile_that_cannot_be_read_is_named_with_its_line(site: Site) -> None:
    site.desk.profile.write_text("basics:\n  name: Dana\n  profiles: [\n", encoding="utf-8")
    with pytest.raises(SiteFault) as caught:
        site.build()
    assert f"{site.desk.profile}:4: " in caught.value.message
    assert "ParserError" not in caught.value.message
    assert caught.value.message.endswith(". The last good site stays.")


def test_a_post_pelican_chokes_on_is_named_with_the_reason(site: Site) -> None:
    site.write("heavy")
    broken = 'if "minutes" in text:\n        raise ValueError("the ink ran out")\n    return text'
    with site.desk.pelicanconf.open("a") as conf:
        conf.write(f"\ndef to_html(text):\n    {broken}\n\n")
        conf.write("from curate.site.plugin import markdown\nmarkdown.to_html = to_html\n")
    said = [one for one in site.left_out() if "heavy.md" in one]
    assert said[0].endswith("the ink ran out (ValueError).")


def test_a_broken_template_is_named_and_the_old_site_stays(site: Site) -> None:
    site.write("good")
    site.build()
    before = tree(site.output)
    own = site.desk.root / "themes" / "byline" / "templates"
    own.mkdir(parents=True)
    (own / "article.html").write_text("fine\n{% nonsense %}", encoding="utf-8")
    with pytest.raises(SiteFault) as caught:
        site.build()
    assert "nonsense" in caught.value.message
    assert f"{own / 'article.html'}:2" in caught.value.message
    assert "Traceback" not in caught.value.message
    assert caught.value.log is not None
    assert "Traceback" in caught.value.log.read_text(encoding="utf-8")
    assert tree(site.output) == before


def test_a_desks_own_theme_wins_where_it_has_something_to_say(site: Site) -> None:
    site.write("good")
    own = site.desk.root / "themes" / "byline"
    (own / "templates").mkdir(parents=True)
    (own / "static").mkdir()
    (own / "static" / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    (own / "templates" / "index.html").write_text("<!DOCTYPE html><title>x</title>MINE", encoding="utf-8")
    site.build()
    assert "MINE" in (site.output / "index.html").read_text(encoding="utf-8")
    assert "h-entry" in site.page("2026/good")
    assert (site.output / "theme" / "logo.svg").is_file()


def test_without_our_plugin_nothing_is_built_because_drafts_would_be_published(site: Site) -> None:
    site.write("good")
    site.build()
    before = tree(site.output)
    with (site.desk.root / "publishconf.py").open("a", encoding="utf-8") as conf:
        conf.write("PLUGINS = []\n")
    with pytest.raises(SiteFault, match="plugin"):
        site.build()
    assert tree(site.output) == before


def test_settings_that_fail_are_said_in_words(site: Site) -> None:
    with site.desk.pelicanconf.open("a", encoding="utf-8") as conf:
        conf.write("THEME = undefined_name\n")
    with pytest.raises(SiteFault, match="undefined_name"):
        site.build()


def test_settings_of_the_person_cannot_publish_drafts(site: Site) -> None:
    site.write("hidden", "CANARY\n", status="draft")
    with site.desk.pelicanconf.open("a", encoding="utf-8") as conf:
        conf.write('DRAFT_SAVE_AS = "drafts/{slug}.html"\nOUTPUT_SOURCES = True\n')
        conf.write('DEFAULT_METADATA = {"status": "published"}\n')
    site.build()
    assert not any(b"CANARY" in path.read_bytes() for path in site.output.rglob("*") if path.is_file())


def test_a_setting_of_the_person_reaches_the_site(site: Site) -> None:
    with site.desk.pelicanconf.open("a", encoding="utf-8") as conf:
        conf.write('SITESUBTITLE = "Said in pelicanconf"\n')
    site.build()
    assert "Said in pelicanconf" in (site.output / "index.html").read_text(encoding="utf-8")


def test_no_secret_of_the_environment_reaches_pelican(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTODON_TOKEN", "CANARY-TOKEN")
    seen = site.desk.root / "seen.txt"
    with site.desk.pelicanconf.open("a", encoding="utf-8") as conf:
        conf.write(f"import os\nopen({str(seen)!r}, 'w').write(repr(dict(os.environ)))\n")
    site.build()
    assert "PATH" in seen.read_text(encoding="utf-8")
    assert "CANARY-TOKEN" not in seen.read_text(encoding="utf-8")


def test_an_output_folder_of_somebody_else_is_left_as_it_is(site: Site) -> None:
    site.output.mkdir()
    (site.output / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(Conflict, match="did not build"):
        site.build()
    assert tree(site.output).keys() == {"thesis.txt"}


def test_an_output_that_is_a_link_is_refused(site: Site, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / MARK).touch()
    site.output.symlink_to(elsewhere)
    with pytest.raises(Conflict, match="link"):
        site.build()
    assert site.output.is_symlink()
    assert [path.name for path in elsewhere.iterdir()] == [MARK]


def test_an_empty_output_folder_may_be_replaced(site: Site) -> None:
    site.output.mkdir()
    site.build()
    assert (site.output / MARK).is_file()


def test_a_symbolic_link_in_content_is_refused(site: Site, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_text("CANARY", encoding="utf-8")
    images = site.desk.content / "images"
    images.mkdir()
    (images / "me.png").symlink_to(secret)
    with pytest.raises(SiteFault, match="symbolic link"):
        site.build()
    (images / "me.png").unlink()
    (site.desk.content / "more").symlink_to(tmp_path)
    with pytest.raises(SiteFault, match="symbolic link"):
        site.build()


KILLED = """
import os, sys
from datetime import datetime
from pathlib import Path
from curate.desk.folder import Desk
from curate.desk.settings import load_settings
from curate.site import swap
from curate.site.build import build_site

root, moment, deaths = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), int(sys.argv[3])
rename = Path.rename

def die_after(self, target):
    global deaths
    rename(self, target)
    deaths -= 1
    if deaths == 0:
        os._exit(9)

Path.rename = die_after
swap.exchange = lambda one, other: False  # as on a system that cannot
build_site(Desk(root), load_settings(root / "curate.toml"), now=moment)
"""


@pytest.mark.parametrize("renames", [1, 2])
def test_a_build_killed_between_its_renames_leaves_a_whole_site_after_the_next_start(site: Site, renames: int) -> None:
    site.write("old")
    site.build()
    before = tree(site.output)
    site.write("new")
    command = [sys.executable, "-c", KILLED, str(site.desk.root), NOON.isoformat(), str(renames)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 9
    assert site.output.exists() is (renames == 2)
    (site.desk.content / "more").symlink_to(site.desk.root)  # so that the next build only recovers
    with pytest.raises(SiteFault):
        site.build()
    if renames == 1:
        assert tree(site.output) == before
    else:
        assert site.pages() == ["2026/new", "2026/old"]
    (site.desk.content / "more").unlink()
    site.build()
    assert site.pages() == ["2026/new", "2026/old"]
    assert not [path for path in site.desk.private.iterdir() if path.name.startswith(("build-", "output"))]


def test_the_mark_lists_every_file_and_every_post(sample: Site) -> None:
    manifest = read_mark(sample.output)
    assert manifest is not None
    assert sorted(manifest.files) == list_files(sample.output)
    assert [page.rstrip("/") for page in manifest.pages] == sample.pages()


def test_a_desk_works_with_plain_pelican_too(site: Site, tmp_path: Path) -> None:
    site.write("good", folder="links")
    site.write("hidden", "CANARY\n", status="draft")
    output = tmp_path / "plain"
    done = subprocess.run(
        [sys.executable, "-m", "pelican", "content", "-s", "pelicanconf.py", "-o", str(output), "--fatal", "warnings"],
        cwd=site.desk.root,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (output / "2026" / "good" / "index.html").is_file()
    assert not any(b"CANARY" in path.read_bytes() for path in output.rglob("*") if path.is_file())
