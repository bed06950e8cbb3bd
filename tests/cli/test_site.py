"""The commands of ``site``: their answers, streams and exit codes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from tests.conftest import HEEDING_CTRL_C

if TYPE_CHECKING:
    from tests.conftest import Curate

ROOT = Path(__file__).parents[2]
POST = "---\ntitle: One\ndate: 2026-11-22\nstatus: published\n---\nWords.\n"


@pytest.fixture
def written(desk: Path) -> Path:
    """A desk with one published post and one draft."""
    essays = desk / "content" / "essays"
    essays.mkdir()
    (essays / "one.md").write_text(POST, encoding="utf-8")
    (essays / "two.md").write_text(POST.replace("published", "draft"), encoding="utf-8")
    return desk


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights of folders are otherwise here")
def test_a_folder_that_cannot_be_read_stops_the_build_and_is_named(curate: Curate, written: Path) -> None:
    """Whatever is in it would vanish from the site otherwise."""
    run = [sys.executable, "-m", "curate", "-C", str(written)]
    if os.geteuid() == 0:  # who may read everything
        if not shutil.which("setpriv"):
            pytest.skip("there is no setpriv to give root's rights up with")
        run = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *run]
    curate("-C", written, "site", "build")
    locked = written / "content" / "essays"
    locked.chmod(0)
    try:
        built = subprocess.run([*run, "site", "build"], capture_output=True, text=True, check=False)
        listed = subprocess.run([*run, "post", "list"], capture_output=True, text=True, check=False)
    finally:
        locked.chmod(0o755)
    assert built.returncode == 1
    assert f"{locked} cannot be read" in built.stderr
    assert (written / "output" / "2026" / "one" / "index.html").is_file()
    assert f"{locked}:1: this folder cannot be read" in listed.stderr


def test_build_answers_what_it_built(curate: Curate, written: Path) -> None:
    data = curate("-C", written, "site", "build", "--json").data
    assert data.keys() == {"output", "pages", "posts", "seconds", "left_out"}
    assert (data["output"], data["posts"]) == (str(written / "output"), 1)
    assert data["pages"] == len(list((written / "output").rglob("*.html")))
    assert "curate site cards" in curate("-C", written, "site", "build").err
    curate("-C", written, "site", "cards")
    told = curate("-C", written, "site", "build")
    assert told.out.startswith("Built  1 post, ")
    assert told.err == ""


def test_cards_draws_what_published_posts_lack(curate: Curate, written: Path) -> None:
    told = curate("-C", written, "site", "cards")
    [card] = (written / "content" / "images" / "social").iterdir()
    assert card.name.startswith("one-")
    assert told.out == f"Drew {card}\ncurate site build puts them on the pages.\n"
    assert told.err == ""
    assert curate("-C", written, "site", "cards").out == "Every published post has its social image.\n"
    essay = written / "content" / "essays" / "one.md"
    essay.write_text(POST.replace("One", "小さなモデル"), encoding="utf-8")
    again = curate("-C", written, "site", "cards")
    assert "no font here has its letters" in again.err
    assert again.out.count("Drew") == 1


def test_build_with_drafts_is_a_preview(curate: Curate, written: Path) -> None:
    data = curate("-C", written, "site", "build", "--drafts", "--json").data
    assert data["output"] == str(written / ".curate" / "preview")
    assert data["posts"] == 2
    assert not (written / "output").exists()


def test_a_build_that_left_out_a_post_names_its_line_and_exits_with_3(curate: Curate, written: Path) -> None:
    bad = written / "content" / "essays" / "bad.md"
    bad.write_text("---\ntitle: Bad\nstatus: nonsense\n---\n", encoding="utf-8")
    told = curate("-C", written, "site", "build", expect=3)
    assert "Built  1 post, " in told.out
    assert f"{bad}:3: " in told.out
    [left] = curate("-C", written, "site", "build", "--json", expect=3).data["left_out"]
    assert (left["path"], left["line"], left["kept"]) == (str(bad), 3, "")
    assert (written / "output" / "2026" / "one" / "index.html").is_file()


def test_a_build_that_fails_says_why_and_keeps_the_site(curate: Curate, written: Path) -> None:
    curate("-C", written, "site", "build")
    with (written / "pelicanconf.py").open("a", encoding="utf-8") as conf:
        conf.write("nonsense\n")
    result = curate("-C", written, "site", "build", "--json", expect=1)
    assert result.out == ""
    assert result.error["code"] == "site-fault"
    assert result.error["hint"]
    assert (written / "output" / "2026" / "one" / "index.html").is_file()


def test_what_pelican_said_is_shown_when_asked_for(curate: Curate, written: Path) -> None:
    quiet = curate("-C", written, "site", "build")
    loud = curate("-C", written, "site", "build", "--verbose")
    assert "Done: Processed" not in quiet.err
    assert "Done: Processed 1 article" in loud.err
    assert "Done" not in loud.out


def test_deploy_says_what_changed_and_asks_first(curate: Curate, written: Path, tmp_path: Path) -> None:
    curate("-C", written, "site", "build")
    public = tmp_path / "public"
    asked = curate("-C", written, "site", "deploy", "--target", public, expect=2)
    assert "--yes" in asked.err
    assert not public.exists()
    dry = curate("-C", written, "site", "deploy", "--target", public, "--dry-run", "--json").data
    assert not public.exists()
    data = curate("-C", written, "site", "deploy", "--target", public, "--yes", "--json").data
    assert data == {**dry, "dry_run": False}
    assert (data["target"], data["added"], data["replaced"]) == (f"folder:{public}", data["files"], 0)
    again = curate("-C", written, "site", "deploy", "--target", public, "--yes")
    assert again.out.startswith("Nothing changed")


def test_the_target_of_the_settings_is_the_usual_one(curate: Curate, written: Path) -> None:
    curate("-C", written, "site", "build")
    missing = curate("-C", written, "site", "deploy", "--yes", expect=2)
    assert "deploy.target" in missing.err
    curate("-C", written, "config", "set", "deploy.target", "folder:../public")
    curate("-C", written, "site", "deploy", "--yes")
    assert (written.parent / "public" / "index.html").is_file()


def test_deploy_without_a_build_says_how_to_build(curate: Curate, written: Path, tmp_path: Path) -> None:
    result = curate("-C", written, "site", "deploy", "--target", tmp_path / "x", "--yes", expect=1)
    assert "curate site build" in result.err


def test_offline_nothing_is_pushed(curate: Curate, written: Path) -> None:
    curate("-C", written, "site", "build")
    result = curate("-C", written, "site", "deploy", "--target", "git:origin#pages", "--yes", "--offline", expect=5)
    assert "--offline" in result.err


def test_serve_without_a_build_says_how_to_build(curate: Curate, written: Path) -> None:
    assert "curate site build" in curate("-C", written, "site", "serve", "--port", "0", expect=1).err


@pytest.mark.parametrize("flags", [(), ("--drafts",)])
def test_serve_shows_the_site_until_it_is_stopped(curate: Curate, written: Path, flags: tuple[str, ...]) -> None:
    curate("-C", written, "site", "build")
    command = [*HEEDING_CTRL_C, "-C", str(written), "--json", "site", "serve", "--port", "0", *flags]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    ) as server:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["data"]["url"]
        with urlopen(f"{url}2026/one/") as answer:  # noqa: S310 - our own server on loopback
            assert b"One" in answer.read()
        server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=20)
    assert server.returncode == 0
    assert out == ""
    assert err.strip() == "Stopped serving."


def test_every_command_has_help_with_an_example(curate: Curate) -> None:
    assert {"build", "serve", "deploy"} <= set(curate("site", "--help").out.split())
    for name in ("build", "serve", "deploy"):
        assert f"Example: curate site {name}" in curate("site", name, "--help").out
