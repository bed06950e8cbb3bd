"""Deploying through rsync and rclone: the real programs, from this machine to itself."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from curate.errors import Conflict, CurateError, NetworkTrouble, UsageError
from curate.site.deploy import deploy_site, last_deploy, parse_target
from curate.site.manifest import MARK, list_files, read_mark
from tests.real.conftest import needs
from tests.site.conftest import NOON, new_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from curate.site.deploy import Deployed
    from tests.site.conftest import Site

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("deploy-away")]
HOSTED = ("CNAME", ".well-known/security.txt", "2026/theirs.txt")
SHELL = """#!/bin/sh
# What ssh does, without a network: the host's name is passed over, its command is run.
while [ "$1" != host.example ]; do shift; done
shift
exec sh -c "$*"
"""


@dataclass(frozen=True)
class Reach:
    """A target of some program, and the folder of this machine that it means."""

    target: str
    folder: Path

    def deploy(self, site: Site, *, dry_run: bool = False) -> Deployed:
        return deploy_site(site.desk, self.target, now=NOON, dry_run=dry_run)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A built site of two posts and an image whose name some would take for a pattern."""
    made = new_site(tmp_path_factory.mktemp("before") / "desk")
    made.write("one", tags=["first"])
    made.write("two")
    made.file("images/a[1].svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    made.build()
    return made


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The same site later: one post more, one changed, the tag and the image gone."""
    made = new_site(tmp_path_factory.mktemp("after") / "desk")
    made.write("one", "Other words than before.\n")
    made.write("two")
    made.write("three")
    made.build()
    return made


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reach]:
    """An rsync daemon on loopback with one module."""
    program, room = needs("rsync", "rsync"), tmp_path_factory.mktemp("daemon")
    (room / "module").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    conf = f"use chroot = no\nmax verbosity = 0\n[module]\npath = {room / 'module'}\nread only = no\n"
    conf += f"uid = {os.getuid()}\ngid = {os.getgid()}\n" if os.getuid() == 0 else ""
    (room / "rsyncd.conf").write_text(conf, encoding="utf-8")
    command = [program, "--daemon", "--no-detach", "--address=127.0.0.1", f"--port={port}"]
    with subprocess.Popen([*command, f"--config={room / 'rsyncd.conf'}", f"--log-file={room / 'log'}"]) as server:
        while server.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
                break
            except OSError:
                continue
        yield Reach(f"rsync:rsync://127.0.0.1:{port}/module", room / "module")
        server.terminate()


@pytest.fixture(params=["ssh", "daemon", "rclone"])
def reach(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reach:
    """An empty place that one of the programs reaches."""
    folder = tmp_path / "public"
    if request.param == "daemon":
        there: Reach = request.getfixturevalue("daemon")
        shutil.rmtree(there.folder / "site", ignore_errors=True)
        return Reach(f"{there.target}/site", there.folder / "site")
    if request.param == "rclone":
        needs("rclone", "rclone")
        conf = tmp_path / "rclone.conf"
        conf.write_text("[box]\ntype = local\n", encoding="utf-8")
        monkeypatch.setenv("RCLONE_CONFIG", str(conf))
        return Reach(f"rclone:box:{folder}", folder)
    needs("rsync", "rsync")
    shell = tmp_path / "shell"
    shell.write_text(SHELL, encoding="utf-8")
    shell.chmod(0o755)
    monkeypatch.setenv("RSYNC_RSH", str(shell))
    return Reach(f"rsync:dana@host.example:{folder}", folder)


def same(site: Site, folder: Path) -> bool:
    return all((folder / name).read_bytes() == (site.output / name).read_bytes() for name in list_files(site.output))


def test_the_whole_life_of_a_site_elsewhere(reach: Reach, before: Site, after: Site) -> None:
    dry = reach.deploy(before, dry_run=True)
    assert not reach.folder.exists()
    done = reach.deploy(before)
    assert dry.changes == done.changes
    assert (done.changes.added, done.changes.replaced, done.changes.removed) == (done.files, 0, 0)
    assert same(before, reach.folder)
    assert read_mark(reach.folder) == read_mark(before.output)
    assert (reach.folder / "index.html").stat().st_mode & 0o777 == 0o644 or reach.target.startswith("rclone")
    assert reach.deploy(before).changes.total == 0

    for name in HOSTED:  # what the host or the person put there
        (reach.folder / name).parent.mkdir(exist_ok=True)
        (reach.folder / name).write_text("theirs", encoding="utf-8")
    old, new = set(list_files(before.output)), set(list_files(after.output))
    dry = reach.deploy(after, dry_run=True)
    assert same(before, reach.folder)
    done = reach.deploy(after)
    assert dry.changes == done.changes
    assert (done.changes.added, done.changes.removed) == (len(new - old), len(old - new))
    assert same(after, reach.folder)
    assert set(list_files(reach.folder)) == new | set(HOSTED)
    assert not (reach.folder / "tags" / "first").exists() or reach.target.startswith("rclone:box")
    assert last_deploy(after.desk).target == reach.target  # type: ignore[union-attr]


def test_a_second_run_goes_on_after_a_stop(reach: Reach, before: Site, after: Site) -> None:
    reach.deploy(before)
    page = reach.folder / "2026" / "three" / "index.html"  # a folder where a file must be
    page.mkdir(parents=True)
    (page / "x").touch()
    reach.folder.joinpath("2026", "two", "index.html").unlink()
    with pytest.raises(CurateError):
        reach.deploy(after)
    assert last_deploy(after.desk) is None or last_deploy(after.desk).at == NOON  # type: ignore[union-attr]
    shutil.rmtree(page)
    reach.deploy(after)
    assert same(after, reach.folder)
    assert read_mark(reach.folder) == read_mark(after.output)


def test_a_place_with_files_of_others_is_left_as_it_is(reach: Reach, before: Site) -> None:
    reach.folder.mkdir(parents=True)
    (reach.folder / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(Conflict, match="did not put there"):
        reach.deploy(before)
    assert [path.name for path in reach.folder.iterdir()] == ["thesis.txt"]
    (reach.folder / MARK).touch()  # handed over
    reach.deploy(before)
    assert same(before, reach.folder)
    assert (reach.folder / "thesis.txt").is_file()


def test_a_file_of_others_in_the_place_of_a_page_is_not_replaced(reach: Reach, before: Site, after: Site) -> None:
    reach.deploy(before)
    theirs = reach.folder / "2026" / "three" / "index.html"
    theirs.parent.mkdir()
    theirs.write_text("theirs", encoding="utf-8")
    with pytest.raises(Conflict, match=r"2026/three/index\.html"):
        reach.deploy(after)
    assert theirs.read_text(encoding="utf-8") == "theirs"
    shutil.rmtree(theirs.parent)
    theirs.parent.write_text("theirs", encoding="utf-8")
    with pytest.raises(Conflict, match=r"2026/three/index\.html"):
        reach.deploy(after)
    assert theirs.parent.read_text(encoding="utf-8") == "theirs"


@pytest.mark.parametrize("target", ["rsync:rsync://127.0.0.1:1/module", "rclone:nowhere:bucket"])
def test_a_server_that_is_not_there_is_network_trouble(
    before: Site, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs(target.split(":", maxsplit=1)[0], target.split(":", maxsplit=1)[0])
    monkeypatch.setenv("RCLONE_CONFIG", str(tmp_path / "none.conf"))
    with pytest.raises(NetworkTrouble, match="Old pages still work"):
        deploy_site(before.desk, target, now=NOON)


@pytest.mark.parametrize("target", ["rsync:host.example:/srv", "rclone:box:bucket"])
def test_a_program_that_is_not_installed_is_named(before: Site, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CurateError, match="is not installed"):
        deploy_site(before.desk, target, now=NOON)


@pytest.mark.parametrize(
    "text", ["rsync:dana@host.example:/srv/site", "rsync:host:site", "rsync:rsync://h:873/m/a", "rclone:s3:bucket/a b"]
)
def test_a_target_is_said_as_it_was_meant(before: Site, text: str) -> None:
    assert str(parse_target(before.desk, text)) == text


@pytest.mark.parametrize(
    "text",
    [
        *("rsync:", "rsync:host", "rsync:/srv/site", "rsync:-e sh:/x", "rsync:-host:/x", "rsync:-u@host:/x"),
        *("rsync:host:/x; rm -rf ~", "rsync:host:$(id)", "rsync:host:`id`", "rsync:rsync://h", "rsync:a b:/x"),
        *("rclone:", "rclone:bucket", "rclone:--config=x:y", "rclone::local:/x", "rclone:s3:"),
    ],
)
def test_what_a_program_could_take_for_more_than_a_place_is_refused(before: Site, text: str) -> None:
    with pytest.raises(UsageError, match="not a deploy target"):
        parse_target(before.desk, text)
