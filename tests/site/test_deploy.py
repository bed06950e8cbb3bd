"""Deploying: what is carried, what stays untouched, and what a stop on the way leaves."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from curate.errors import Conflict, CurateError, NetworkTrouble, Refused, UsageError
from curate.site.branch import Repository
from curate.site.deploy import deploy_site, last_deploy, parse_target
from curate.site.manifest import MARK, list_files, read_mark
from tests.site.conftest import NOON

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from tests.site.conftest import Site

HOSTED = (".well-known/security.txt", "CNAME", "2026/theirs.txt")


@pytest.fixture
def built(site: Site) -> Site:
    """A built site of two posts and an image."""
    site.write("one", tags=["first"])
    site.write("two", "![dot]({static}/images/dot.svg)\n")
    site.file("images/dot.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    site.build()
    return site


def same(site: Site, folder: Path) -> bool:
    return all((folder / name).read_bytes() == (site.output / name).read_bytes() for name in list_files(site.output))


def git(*arguments: str | Path) -> str:
    done = subprocess.run(["git", *map(str, arguments)], capture_output=True, text=True, check=True)
    return done.stdout.strip()


# Targets


def test_a_target_is_a_folder_or_a_branch(site: Site, tmp_path: Path) -> None:
    assert parse_target(site.desk, f"folder:{tmp_path / 'a'}").folder == tmp_path / "a"
    assert parse_target(site.desk, "../public").folder == tmp_path / "public"
    assert parse_target(site.desk, "public").folder == site.desk.root / "public"
    branch = parse_target(site.desk, "git:https://example.org/me/site.git#gh-pages")
    assert (branch.remote, branch.branch) == ("https://example.org/me/site.git", "gh-pages")
    assert str(branch) == "git:https://example.org/me/site.git#gh-pages"


@pytest.mark.parametrize(
    "text",
    ["", "  ", "folder:", "git:", "git:origin", "git:#x", "git:origin#", "git:o#-x", "git:o#a..b", "ftp:host", "s3:x"],
)
def test_what_is_no_target_is_refused_with_an_example(site: Site, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_target(site.desk, text)
    assert "folder:PATH" in caught.value.hint


@pytest.mark.parametrize("place", [".", "content", "content/images", ".curate/x", "output", "themes", ".git"])
def test_the_desk_itself_is_no_target(site: Site, place: str) -> None:
    with pytest.raises(UsageError, match="belongs to the desk"):
        parse_target(site.desk, place)


# What may go out


def test_without_a_built_site_nothing_is_deployed(site: Site, tmp_path: Path) -> None:
    with pytest.raises(CurateError) as caught:
        deploy_site(site.desk, str(tmp_path / "public"), now=NOON)
    assert caught.value.hint == "curate site build"
    assert not (tmp_path / "public").exists()
    assert last_deploy(site.desk) is None


def test_a_site_changed_after_its_audit_is_not_deployed(built: Site, tmp_path: Path) -> None:
    page = built.output / "index.html"
    page.write_text(page.read_text(encoding="utf-8") + "<script>x</script>", encoding="utf-8")
    with pytest.raises(Conflict, match="not as curate built it"):
        deploy_site(built.desk, str(tmp_path / "public"), now=NOON)
    page.unlink()
    with pytest.raises(Conflict, match=r"index\.html"):
        deploy_site(built.desk, str(tmp_path / "public"), now=NOON)


def test_files_slipped_into_the_output_folder_are_not_carried(built: Site, tmp_path: Path) -> None:
    (built.output / "secret.txt").write_text("x", encoding="utf-8")
    deploy_site(built.desk, str(tmp_path / "public"), now=NOON)
    assert not (tmp_path / "public" / "secret.txt").exists()


# Folders


def test_the_site_arrives_whole_and_the_deploy_is_remembered(built: Site, tmp_path: Path) -> None:
    public = tmp_path / "public"
    done = deploy_site(built.desk, f"folder:{public}", now=NOON)
    assert same(built, public)
    assert done.files == done.changed == len(list_files(built.output))
    known = last_deploy(built.desk)
    assert known is not None
    assert known.pages == {"2026/one/", "2026/two/"}
    assert (known.at, known.target) == (NOON, f"folder:{public}")


def test_the_same_site_again_changes_nothing(built: Site, tmp_path: Path) -> None:
    public = tmp_path / "public"
    deploy_site(built.desk, str(public), now=NOON)
    before = {path: path.stat().st_mtime_ns for path in public.rglob("*")}
    assert deploy_site(built.desk, str(public), now=NOON).changed == 0
    assert {path: path.stat().st_mtime_ns for path in public.rglob("*")} == before


def test_what_is_gone_from_the_site_goes_and_what_is_not_ours_stays(built: Site, tmp_path: Path) -> None:
    public = tmp_path / "public"
    deploy_site(built.desk, str(public), now=NOON)
    for name in HOSTED:
        (public / name).parent.mkdir(parents=True, exist_ok=True)
        (public / name).write_text("theirs", encoding="utf-8")
    (built.desk.content / "essays" / "one.md").unlink()
    built.build()
    done = deploy_site(built.desk, str(public), now=NOON)
    assert not (public / "2026" / "one").exists()
    assert not (public / "tags" / "first").exists()
    assert same(built, public)
    assert all((public / name).read_text(encoding="utf-8") == "theirs" for name in HOSTED)
    assert done.changed > 2
    known = last_deploy(built.desk)
    assert known is not None
    assert known.pages == {"2026/two/"}


def test_a_page_damaged_at_the_target_is_mended(built: Site, tmp_path: Path) -> None:
    public = tmp_path / "public"
    deploy_site(built.desk, str(public), now=NOON)
    (public / "index.html").write_text("defaced", encoding="utf-8")
    assert deploy_site(built.desk, str(public), now=NOON).changed == 1
    assert same(built, public)


def test_a_folder_of_somebody_else_is_not_touched_unless_handed_over(built: Site, tmp_path: Path) -> None:
    public = tmp_path / "public"
    public.mkdir()
    (public / "thesis.txt").write_text("years", encoding="utf-8")
    with pytest.raises(Conflict) as caught:
        deploy_site(built.desk, str(public), now=NOON)
    assert MARK in caught.value.hint
    assert [path.name for path in public.iterdir()] == ["thesis.txt"]
    (public / MARK).touch()
    deploy_site(built.desk, str(public), now=NOON)
    assert same(built, public)
    assert (public / "thesis.txt").read_text(encoding="utf-8") == "years"


def test_a_file_of_somebody_else_is_not_replaced_by_a_new_page(built: Site, tmp_path: Path) -> None:
    public = tmp_path / "public"
    deploy_site(built.desk, str(public), now=NOON)
    theirs = public / "2026" / "three" / "index.html"
    theirs.parent.mkdir()
    theirs.write_text("theirs", encoding="utf-8")
    built.write("three")
    built.build()
    with pytest.raises(Conflict, match="2026/three"):
        deploy_site(built.desk, str(public), now=NOON)
    assert theirs.read_text(encoding="utf-8") == "theirs"
    theirs.unlink()
    deploy_site(built.desk, str(public), now=NOON)
    assert same(built, public)


def test_a_target_with_other_posts_is_another_site_or_the_content_has_vanished(
    built: Site, bare: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "public"
    targets = (str(folder), f"git:{bare}#pages")
    for target in targets:
        deploy_site(built.desk, target, now=NOON)
    before = {name: (folder / name).read_bytes() for name in list_files(folder)}
    essays = built.desk.content / "essays"
    essays.rename(tmp_path / "essays")
    for slugs in ((), ("three", "four")):
        for slug in slugs:
            built.write(slug)
        built.build()
        for target in targets:
            with pytest.raises(Refused, match="has 2 posts, none of which this site has"):
                deploy_site(built.desk, target, now=NOON)
    assert {name: (folder / name).read_bytes() for name in list_files(folder)} == before
    (tmp_path / "essays" / "one.md").rename(essays / "one.md")
    built.build()
    for target in targets:
        deploy_site(built.desk, target, now=NOON)
    assert same(built, folder)


def test_a_file_is_no_folder_to_deploy_to(built: Site) -> None:
    with pytest.raises(Conflict, match="is a file"):
        deploy_site(built.desk, "feeds.opml", now=NOON)


def test_a_dry_run_counts_and_changes_nothing(built: Site, tmp_path: Path) -> None:
    public = tmp_path / "public"
    done = deploy_site(built.desk, str(public), now=NOON, dry_run=True)
    assert done.changed == len(list_files(built.output))
    assert not public.exists()
    assert last_deploy(built.desk) is None


def test_a_stop_midway_leaves_old_pages_working_and_a_second_run_goes_on(built: Site, tmp_path: Path) -> None:
    public = tmp_path / "public"
    deploy_site(built.desk, str(public), now=NOON)
    old_index = (public / "index.html").read_bytes()
    built.write("three", tags=["zebra"])
    built.build()
    in_the_way = public / "tags" / "zebra"  # a file where a folder must be stops the deploy there
    in_the_way.write_text("x", encoding="utf-8")
    with pytest.raises(NetworkTrouble) as caught:
        deploy_site(built.desk, str(public), now=NOON)
    assert "files sent. Old pages still work." in caught.value.message
    assert caught.value.hint == "Run the same command to go on."
    assert (public / "2026" / "three" / "index.html").is_file()
    assert (public / "2026" / "one" / "index.html").is_file()
    assert (public / "index.html").read_bytes() in (old_index, (built.output / "index.html").read_bytes())
    known = last_deploy(built.desk)
    assert known is not None
    assert "2026/three/" not in known.pages
    in_the_way.unlink()
    deploy_site(built.desk, str(public), now=NOON)
    assert same(built, public)
    assert read_mark(public) == read_mark(built.output)


def test_pages_arrive_before_what_leads_to_them(built: Site) -> None:
    from curate.site.deploy import _rank

    order = sorted(list_files(built.output), key=_rank)
    assert order[0] == "images/dot.svg"
    assert order.index("2026/one/index.html") < order.index("archive/index.html")
    assert order.index("2026/one/index.html") < order.index("index.html")
    assert {order[-1], order[-2]} <= set(list_files(built.output)) - {"2026/one/index.html", "2026/two/index.html"}


def test_a_link_inside_the_target_does_not_lead_writes_elsewhere(built: Site, tmp_path: Path) -> None:
    public, elsewhere = tmp_path / "public", tmp_path / "elsewhere"
    for folder in (public, elsewhere):
        folder.mkdir()
    (public / MARK).touch()
    (public / "2026").symlink_to(elsewhere)
    with pytest.raises(NetworkTrouble, match="leads out"):
        deploy_site(built.desk, str(public), now=NOON)
    assert list(elsewhere.iterdir()) == []


def test_a_page_that_became_a_link_at_the_target_is_not_written_through(built: Site, tmp_path: Path) -> None:
    public, elsewhere = tmp_path / "public", tmp_path / "diary.txt"
    deploy_site(built.desk, str(public), now=NOON)
    elsewhere.write_text("mine", encoding="utf-8")
    (public / "index.html").unlink()
    (public / "index.html").symlink_to(elsewhere)
    with pytest.raises(NetworkTrouble, match="leads out"):
        deploy_site(built.desk, str(public), now=NOON)
    assert elsewhere.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("text", ["not json", '{"files": {"../../x": "0"}, "pages": []}', '{"files": []}', "[]"])
def test_a_mark_that_is_not_ours_deletes_nothing(built: Site, tmp_path: Path, text: str) -> None:
    public = tmp_path / "public"
    public.mkdir()
    (public / MARK).write_text(text, encoding="utf-8")
    (tmp_path / "x").write_text("kept", encoding="utf-8")
    with pytest.raises(CurateError):
        deploy_site(built.desk, str(public), now=NOON)
    assert (tmp_path / "x").exists()
    assert [path.name for path in public.iterdir()] == [MARK]


# Branches


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """An empty bare repository, as a host offers it."""
    git("init", "--quiet", "--bare", tmp_path / "host.git")
    return tmp_path / "host.git"


def on_branch(bare: Path, branch: str = "pages") -> list[str]:
    return git("--git-dir", bare, "-c", "core.quotePath=false", "ls-tree", "-r", "--name-only", branch).splitlines()


def commits(bare: Path, branch: str = "pages") -> int:
    return int(git("--git-dir", bare, "rev-list", "--count", branch))


def test_the_site_arrives_on_the_branch_without_a_git_identity(built: Site, bare: Path) -> None:
    done = deploy_site(built.desk, f"git:{bare}#pages", now=NOON)
    assert on_branch(bare) == sorted([*list_files(built.output), MARK, ".nojekyll"])
    assert done.changed == done.files == len(list_files(built.output))
    page = git("--git-dir", bare, "show", "pages:2026/one/index.html")
    assert page == built.page("2026/one").strip()
    assert git("--git-dir", bare, "log", "-1", "--format=%an", "pages") == "Dana Okafor"
    assert git("--git-dir", bare, "log", "-1", "--format=%cI", "pages") == "2026-11-23T12:00:00+00:00"
    known = last_deploy(built.desk)
    assert known is not None
    assert known.pages == {"2026/one/", "2026/two/"}


def test_a_repository_in_the_home_folder_is_found(built: Site, bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(bare.parent))
    deploy_site(built.desk, f"git:~/{bare.name}#pages", now=NOON)
    assert "index.html" in on_branch(bare)
    with pytest.raises(CurateError, match="neither a git remote"):
        deploy_site(built.desk, "git:~nobody-here/site#pages", now=NOON)


def test_the_same_site_again_makes_no_commit_and_a_change_makes_one(built: Site, bare: Path) -> None:
    target = f"git:{bare}#pages"
    deploy_site(built.desk, target, now=NOON)
    assert deploy_site(built.desk, target, now=NOON).changed == 0
    assert commits(bare) == 1
    (built.desk.content / "essays" / "one.md").unlink()
    built.build()
    assert deploy_site(built.desk, target, now=NOON).changed > 2
    assert commits(bare) == 2
    assert "2026/one/index.html" not in on_branch(bare)


def test_files_of_others_on_the_branch_stay(built: Site, bare: Path, tmp_path: Path) -> None:
    target = f"git:{bare}#pages"
    deploy_site(built.desk, target, now=NOON)
    clone = tmp_path / "clone"
    git("clone", "--quiet", "--branch", "pages", bare, clone)
    (clone / "CNAME").write_text("dana.example\n", encoding="utf-8")
    git("-C", clone, "add", "CNAME")
    git("-C", clone, "-c", "user.name=D", "-c", "user.email=d@d.example", "commit", "--quiet", "-m", "CNAME")
    git("-C", clone, "push", "--quiet")
    built.write("three")
    built.build()
    deploy_site(built.desk, target, now=NOON)
    assert "CNAME" in on_branch(bare)
    assert "2026/three/index.html" in on_branch(bare)


def test_a_file_of_somebody_else_on_the_branch_is_not_replaced_by_a_new_page(
    built: Site, bare: Path, tmp_path: Path
) -> None:
    target = f"git:{bare}#pages"
    deploy_site(built.desk, target, now=NOON)
    clone = tmp_path / "clone"
    git("clone", "--quiet", "--branch", "pages", bare, clone)
    (clone / "2026" / "three").mkdir()
    (clone / "2026" / "three" / "index.html").write_text("theirs", encoding="utf-8")
    git("-C", clone, "add", ".")
    git("-C", clone, "-c", "user.name=D", "-c", "user.email=d@d.example", "commit", "--quiet", "-m", "Mine")
    git("-C", clone, "push", "--quiet")
    built.write("three")
    built.build()
    with pytest.raises(Conflict, match="2026/three"):
        deploy_site(built.desk, target, now=NOON)
    assert git("--git-dir", bare, "show", "pages:2026/three/index.html") == "theirs"


def test_a_branch_that_moves_meanwhile_is_left_as_it_is(
    built: Site, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = f"git:{bare}#pages"
    deploy_site(built.desk, target, now=NOON)
    built.write("three")
    built.build()
    commit = Repository.commit

    def meanwhile(self: Repository, tree: str, parent: str, *, now: datetime, author: str) -> str:
        ours = commit(self, tree, parent, now=now, author=author)
        theirs = commit(self, self.git("rev-parse", f"{parent}^{{tree}}"), parent, now=now, author="somebody")
        git("--git-dir", bare, "fetch", "--quiet", self.folder, theirs)
        git("--git-dir", bare, "update-ref", "refs/heads/pages", theirs)
        return ours

    monkeypatch.setattr(Repository, "commit", meanwhile)
    with pytest.raises(Conflict, match="changed while"):
        deploy_site(built.desk, target, now=NOON)
    assert "2026/three/index.html" not in on_branch(bare)


def test_a_branch_of_sources_is_not_touched(built: Site, bare: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    git("init", "--quiet", "--initial-branch", "main", work)
    (work / "thesis.txt").write_text("years", encoding="utf-8")
    git("-C", work, "add", ".")
    git("-C", work, "-c", "user.name=D", "-c", "user.email=d@d.example", "commit", "--quiet", "-m", "Work")
    git("-C", work, "push", "--quiet", bare, "main")
    with pytest.raises(Conflict, match="did not put there"):
        deploy_site(built.desk, f"git:{bare}#main", now=NOON)
    assert on_branch(bare, "main") == ["thesis.txt"]
    assert last_deploy(built.desk) is None


def test_the_persons_own_repository_branch_and_index_are_left_alone(built: Site, bare: Path) -> None:
    root = built.desk.root
    git("init", "--quiet", "--initial-branch", "main", root)
    git("-C", root, "remote", "add", "host", bare)
    (root / "staged.txt").write_text("x", encoding="utf-8")
    git("-C", root, "add", "staged.txt")
    before = (git("-C", root, "status", "--porcelain"), git("-C", root, "symbolic-ref", "HEAD"))
    deploy_site(built.desk, "git:host#pages", now=NOON)
    assert (git("-C", root, "status", "--porcelain"), git("-C", root, "symbolic-ref", "HEAD")) == before
    assert git("-C", root, "for-each-ref") == ""
    assert "index.html" in on_branch(bare)


def test_settings_and_hooks_of_the_persons_git_change_nothing(built: Site, bare: Path, tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "pre-push").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (hooks / "pre-push").chmod(0o755)
    ignored = tmp_path / "ignored"
    ignored.write_text("*.html\n", encoding="utf-8")
    for name, value in (
        ("core.autocrlf", "true"),
        ("core.hooksPath", hooks),
        ("core.excludesFile", ignored),
        ("commit.gpgSign", "true"),
        ("user.name", "Dana at work"),
        ("user.email", "dana@work.example"),
    ):
        git("config", "--global", name, str(value))
    deploy_site(built.desk, f"git:{bare}#pages", now=NOON)
    assert "index.html" in on_branch(bare)
    assert git("--git-dir", bare, "log", "-1", "--format=%an", "pages") == "Dana at work"


def test_a_remote_that_is_not_there_is_said_in_words(built: Site, tmp_path: Path) -> None:
    with pytest.raises(CurateError, match="neither a git remote") as caught:
        deploy_site(built.desk, "git:origin#pages", now=NOON)
    assert "git remote" in caught.value.hint
    with pytest.raises(NetworkTrouble, match="could not reach"):
        deploy_site(built.desk, f"git:file://{tmp_path}/nowhere.git#pages", now=NOON)
    assert last_deploy(built.desk) is None


def test_a_remote_of_a_repository_the_desk_only_lies_in_is_not_the_desks(built: Site, bare: Path) -> None:
    around = built.desk.root.parent
    git("init", "--quiet", str(around))
    git("-C", around, "remote", "add", "origin", str(bare))
    with pytest.raises(CurateError, match="only lies"):
        deploy_site(built.desk, "git:origin#pages", now=NOON)
    assert git("--git-dir", bare, "for-each-ref") == ""


def test_a_machine_without_git_says_so(built: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CurateError, match="git is not installed"):
        deploy_site(built.desk, "git:origin#pages", now=NOON)


def test_a_dry_run_to_a_branch_counts_and_pushes_nothing(built: Site, bare: Path) -> None:
    done = deploy_site(built.desk, f"git:{bare}#pages", now=NOON, dry_run=True)
    assert done.changed == done.files
    assert git("--git-dir", bare, "for-each-ref") == ""
