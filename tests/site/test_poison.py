"""Poisoned posts among good ones: each is named with its line, the rest is built, and no reader loses a page."""

from __future__ import annotations

import os
import re
import socket
from typing import TYPE_CHECKING

import pytest

from curate.desk.settings import load_settings
from curate.errors import CurateError, Refused
from curate.posts.post import PostFault
from curate.posts.profile import load_profile, read_profile_text
from curate.site.build import build_site
from curate.site.deploy import deploy_site
from curate.site.manifest import list_files
from tests.site.conftest import NOON, new_site

if TYPE_CHECKING:
    from pathlib import Path

    from tests.site.conftest import Site

HEAD = "---\ntitle: Poison\ndate: 2026-11-22\nstatus: published\n"
# What is wrong, as the file's bytes, and the line that has to be named.
POISONS: list[tuple[str, str | bytes, int]] = [
    ("an open list", f"{HEAD}tags: [open\n---\nText\n", 6),
    ("an open quote", "---\ntitle: 'open\n---\nText\n", 3),
    ("no fence", "title: x\n\nText\n", 1),
    ("no title", HEAD.replace("Poison", "''") + "---\nText\n", 2),
    ("no date", "---\ntitle: x\nstatus: published\n---\nText\n", 1),
    ("a date of words", HEAD.replace("2026-11-22", "yesterday") + "---\nText\n", 3),
    ("a status nobody knows", HEAD.replace("published", "live") + "---\nText\n", 4),
    ("a kind nobody knows", f"{HEAD}kind: rant\n---\nText\n", 5),
    ("a slug that climbs", f"{HEAD}slug: ../../etc\n---\nText\n", 5),
    ("bytes that are no text", HEAD.encode() + b"---\nText \xff\xfe\n", 6),
    ("a file from outside", f"{HEAD}---\nOne.\n\n![x]({{static}}/../curate.toml)\n", 8),
    ("the profile", f"{HEAD}---\n[x]({{attach}}/profile/profile.yaml)\n", 6),
    ("a file that is not there", f"{HEAD}---\n[x]({{filename}}/essays/nowhere.md)\n", 6),
    ("a script", f"{HEAD}---\nOne.\n\n<script>alert(1)</script>\n", 8),
    ("a handler", f"{HEAD}---\nOne.\n\n<p onclick='x()'>Two</p>\n", 8),
    ("an address that runs", f'{HEAD}---\n<a href="javascript:alert(1)">x</a>\n', 6),
    ("an alias of itself", "---\ntitle: &a [*a]\n---\nText\n", 2),
    ("a list for a title", HEAD.replace("Poison", "[a, b]") + "---\nText\n", 2),
    ("a confidence of words", f"{HEAD}kind: prediction\nconfidence: very\n---\nText\n", 6),
    ("another's slug", f"{HEAD}slug: good-0\n---\nText\n", 5),
]


@pytest.mark.parametrize(
    ("poisons", "good"), [(POISONS, 200) if os.environ.get("CURATE_SWEEP") else (POISONS[::5] + POISONS[13:15], 20)]
)
def test_poisoned_posts_are_named_and_the_rest_is_built(
    site: Site, poisons: list[tuple[str, str | bytes, int]], good: int
) -> None:
    for number in range(good):
        site.write(f"good-{number}", tags=["good"], date=f"2026-11-22T{number // 60:02}:{number % 60:02}:00+00:00")
    paths = [site.file(f"notes/{number:02}-poison.md", text) for number, (_, text, _) in enumerate(poisons)]
    built = site.build()
    assert site.pages() == sorted(f"2026/good-{number}" for number in range(good))
    assert {one.path: (one.line, one.kept) for one in built.left_out} == {
        str(path): (line, "") for path, (_, _, line) in zip(paths, poisons, strict=True)
    }
    assert "Poison" not in (site.output / "archive" / "index.html").read_text(encoding="utf-8")
    for path in paths:
        path.unlink()
    before = {name: (site.output / name).read_bytes() for name in list_files(site.output)}
    assert site.build().left_out == ()
    assert {name: (site.output / name).read_bytes() for name in list_files(site.output)} == before


def spoil(path: Path, poison: str = "tags: [open\nstatus: published") -> str:
    """Make a post unreadable; return what it was."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("status: published", poison), encoding="utf-8")
    return text


def test_a_post_that_became_poisoned_keeps_the_page_readers_have(site: Site) -> None:
    path = site.write("prized", "First words.\n")
    site.write("other")
    site.build()
    before = site.page("2026/prized")
    text = spoil(path)
    for _ in range(2):  # and keeps it again, when it was kept before
        site.write("new")
        [left] = site.build().left_out
        assert (left.path, left.kept) == (str(path), "2026/prized/index.html")
        assert site.page("2026/prized") == before
        assert site.pages() == ["2026/new", "2026/other", "2026/prized"]
        assert "prized" not in (site.output / "index.html").read_text(encoding="utf-8")
    path.write_text(text.replace("First", "Other"), encoding="utf-8")
    assert site.build().left_out == ()
    assert "Other words" in site.page("2026/prized")


def test_a_poisoned_post_that_is_deleted_loses_its_page(site: Site) -> None:
    path = site.write("prized")
    site.build()
    spoil(path)
    site.build()
    path.unlink()
    assert site.build().left_out == ()
    assert site.pages() == []


def test_no_post_takes_the_place_of_a_page_that_is_kept(site: Site) -> None:
    path = site.write("prized", "The first one.\n", folder="links")
    site.build()
    path.write_text(path.read_text(encoding="utf-8").replace("slug: prized", "slug: Prized!"), encoding="utf-8")
    other = site.write("prized", "Another one.\n", folder="essays")
    assert [(one.path, one.kept) for one in site.build().left_out] == [
        (str(other), ""),
        (str(path), "2026/prized/index.html"),
    ]
    assert "The first one." in site.page("2026/prized")


def test_a_link_to_a_poisoned_post_leaves_out_the_post_that_has_it_in_a_second_round(site: Site) -> None:
    bad = site.file("links/bad.md", f"{HEAD}kind: rant\n---\nText\n")
    eager = site.write("eager", "[see]({filename}/links/bad.md)\n")
    far = site.write("far", "[see]({filename}/essays/eager.md)\n")
    site.write("good")
    assert [re.split(r":\d+: ", said)[0] for said in site.left_out()] == sorted(map(str, (bad, eager, far)))
    assert site.pages() == ["2026/good"]


def test_a_page_beside_the_posts_is_left_out_alike(site: Site) -> None:
    site.file("pages/now.md", "---\ntitle: Now\nslug: now\nstatus: published\n---\nThese days.\n")
    site.build()
    before = (site.output / "now" / "index.html").read_bytes()
    path = site.file("pages/now.md", "---\ntitle: ''\nslug: now\nstatus: published\n---\nThese days.\n")
    [left] = site.build().left_out
    assert (left.path, left.line, left.kept) == (str(path), 2, "now/index.html")
    assert (site.output / "now" / "index.html").read_bytes() == before


def test_a_preview_leaves_it_out_and_says_so(site: Site) -> None:
    site.file("links/bad.md", f"{HEAD}kind: rant\n---\nText\n")
    site.write("draft", status="draft")
    built = site.build(drafts=True)
    assert built.posts == 1
    assert len(built.left_out) == 1


@pytest.mark.parametrize("poison", ["tags: [open\nstatus: published", "kind: rant\nstatus: published"])
def test_the_post_that_is_to_be_published_is_refused_when_it_is_poisoned(site: Site, poison: str) -> None:
    site.write("other")
    site.build()
    path = site.write("wanted")
    spoil(path, poison)
    with pytest.raises(Refused) as caught:
        build_site(site.desk, load_settings(site.desk.settings), now=NOON, needs=path)
    assert str(path) in caught.value.message
    assert site.pages() == ["2026/other"]


def test_a_deploy_takes_no_page_away_while_a_post_has_a_fault_and_no_page(tmp_path: Path) -> None:
    first = new_site(tmp_path / "first")
    first.write("prized")
    first.write("other")
    first.build()
    public = tmp_path / "public"
    deploy_site(first.desk, f"folder:{public}", now=NOON)
    clone = new_site(tmp_path / "clone")  # which knows no earlier build
    spoil(clone.write("prized"))
    path = clone.write("other")
    clone.build()
    with pytest.raises(Refused, match="2026/prized/") as caught:
        deploy_site(clone.desk, f"folder:{public}", now=NOON)
    assert len(caught.value.problems) == 1
    assert (public / "2026" / "prized" / "index.html").is_file()
    clone.write("prized")
    path.unlink()
    clone.build()
    deploy_site(clone.desk, f"folder:{public}", now=NOON)  # nothing is at fault now, so a page may go
    assert not (public / "2026" / "other").exists()


def test_a_symbolic_link_to_a_post_is_left_out_and_not_read(site: Site, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text(f"{HEAD}---\nCANARY\n", encoding="utf-8")
    site.write("good")
    link = site.desk.content / "essays" / "link.md"
    link.symlink_to(secret)
    [said] = site.left_out()
    assert said.startswith(f"{link}:1: ")
    assert not any(b"CANARY" in (site.output / name).read_bytes() for name in list_files(site.output))


def test_what_was_kept_is_forgotten_without_harm(site: Site, tmp_path: Path) -> None:
    path = site.write("prized")
    site.build()
    spoil(path)
    for damage in ("not JSON", '{"pages": {"../../x": "content/a.md"}}', '{"pages": 3}'):
        (site.desk.private / "pages.json").write_text(damage, encoding="utf-8")
        [left] = site.build().left_out
        assert left.kept == ""
        assert not (tmp_path / "x").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes in folders")
def test_pipes_and_sockets_are_named_and_not_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.write("good")
    content = site.desk.content
    os.mkfifo(content / "pipe.md")
    (content / "images").mkdir(exist_ok=True)
    os.mkfifo(content / "images" / "pipe.png")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(content / "images")
        listening.bind("socket.png")  # a whole path may be too long for one
        site.file("essays/shows.md", f"{HEAD}---\nOne.\n\n![x]({{static}}/images/pipe.png)\n")
        built = site.build()
    assert site.pages() == ["2026/good"]
    said = {one.path.removeprefix(f"{content}/"): (one.line, one.reason) for one in built.left_out}
    assert said["pipe.md"] == (1, "it is no file with words in it.")
    assert said["essays/shows.md"][0] == 8
    odd = [f"{content}/images/{name}.png: it is not on the site: it is no file." for name in ("pipe", "socket")]
    assert sorted(one for one in built.warnings if "images" in one) == odd


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes in folders")
def test_a_pipe_in_the_profiles_place_is_named(site: Site) -> None:
    site.desk.profile.unlink(missing_ok=True)
    site.desk.profile.parent.mkdir(exist_ok=True)
    os.mkfifo(site.desk.profile)
    for read in (load_profile, read_profile_text):
        with pytest.raises(PostFault, match="no file with words in it"):
            read(site.desk.profile)
    with pytest.raises(CurateError, match="no file with words in it"):
        site.build()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes in folders")
@pytest.mark.parametrize("name", ["pelicanconf.py", "publishconf.py"])
def test_a_pipe_in_the_place_of_the_sites_settings_is_not_waited_for(site: Site, name: str) -> None:
    place = site.desk.root / name
    place.unlink(missing_ok=True)
    os.mkfifo(place)
    with pytest.raises(CurateError, match=rf"{name} is no file"):
        site.build()
