"""Put the built site on a branch of a git repository, with a repository and an index of our own.

The person's branch, index and working tree are never touched: commits are made in .curate/deploy.git
and pushed from there. Files on the branch that curate did not put there (CNAME, say) stay.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import Conflict, CurateError, NetworkTrouble
from curate.site.manifest import MARK, Changes, Manifest, compare, mark_text, parse_mark, refuse_trespass

if TYPE_CHECKING:
    from datetime import datetime

    from curate.desk.folder import Desk

PATIENCE = 600  # seconds one git command may take
SETTLED = (  # what of a person's git settings must not change the bytes or run a program
    *("-c", "core.autocrlf=false", "-c", "core.safecrlf=false", "-c", "core.hooksPath=/dev/null"),
    *("-c", "gc.autoDetach=false", "-c", "maintenance.autoDetach=false"),
    *("-c", "core.excludesFile=", "-c", "core.attributesFile=", "-c", "core.quotePath=false"),
)
ELSEWHERE = {  # what a hook or an outer git leaves in the environment: it means another repository
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE"),
    *("GIT_PREFIX", "GIT_QUARANTINE_PATH", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
}
NOTHING = "0" * 40  # an object's id that takes a file out of the index
PLAIN = ".nojekyll"  # tells GitHub Pages to serve the files as they are


def push_branch(  # noqa: PLR0913 - the whole of one push
    desk: Desk, manifest: Manifest, remote: str, branch: str, *, now: datetime, author: str, dry_run: bool
) -> Changes:
    """Make ``branch`` of ``remote`` (a remote's name, a path, an address) hold the site; return what changed.

    Raises CurateError without git, Conflict when the branch is not curate's or moved meanwhile,
    NetworkTrouble when the remote cannot be reached.
    """
    if shutil.which("git") is None:
        raise CurateError(
            "git is not installed, and the target is a git branch.", "Install git, or deploy to a folder."
        )
    repository = Repository(desk, remote, branch)
    parent = repository.fetch()
    before = repository.known(parent, manifest)
    gone = [name for name in before.files if name not in manifest.files]
    if dry_run:
        return compare(before, manifest)
    tree = repository.write_tree(parent, manifest, gone)
    if parent and repository.git("rev-parse", f"{parent}^{{tree}}") == tree:
        return Changes()
    repository.push(repository.commit(tree, parent, now=now, author=author), parent)
    return compare(before, manifest)


class Repository:
    """Our own repository beside the desk, which sees output/ as its working tree."""

    def __init__(self, desk: Desk, remote: str, branch: str) -> None:
        self.desk = desk
        self.branch = branch
        self.folder = desk.private / "deploy.git"
        self.environment = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
        self.environment |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        if not (self.folder / "HEAD").is_file():
            self.run(["git", "init", "--quiet", "--bare", str(self.folder)])
        self.url = self._address(remote)

    def run(self, command: list[str], *, text: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one command in the desk; raises CurateError with git's own last line when it fails and ``check``."""
        try:
            done = subprocess.run(
                command, cwd=self.desk.root, env=self.environment, input=text, capture_output=True, text=True,
                encoding="utf-8", errors="replace", timeout=PATIENCE, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise NetworkTrouble(
                self.url, f"git did not answer in {PATIENCE // 60} minutes and was stopped."
            ) from error
        if check and done.returncode:
            raise CurateError(
                f"git failed: {_last_line(done.stderr)}.", "Nothing was deployed; readers see the old site."
            )
        return done

    def git(self, *arguments: str, text: str = "") -> str:
        """Run git on our repository with output/ as its tree; return what it printed."""
        place = ["--git-dir", str(self.folder), "--work-tree", str(self.desk.output)]
        return self.run(["git", *place, *SETTLED, *arguments], text=text).stdout.strip()

    def fetch(self) -> str:
        """Return the branch's commit at the remote, fetched; "" when it has no such branch."""
        ref = f"refs/heads/{self.branch}"
        place = ["git", "--git-dir", str(self.folder), *SETTLED]
        listed = self.run([*place, "ls-remote", "--", self.url, ref], check=False)
        if listed.returncode:
            raise self._unreachable(listed.stderr)
        if not listed.stdout.strip():
            return ""
        fetched = self.run([*place, "fetch", "--quiet", "--depth", "1", "--no-tags", "--", self.url, ref], check=False)
        if fetched.returncode:
            raise self._unreachable(fetched.stderr)
        return listed.stdout.split()[0]

    def known(self, parent: str, manifest: Manifest) -> Manifest:
        """Return what curate put on the branch before.

        Raises Conflict when others' files are there and no mark, or one in the place of a file of ``manifest``.
        """
        names = self.git("ls-tree", "-r", "--name-only", parent).splitlines() if parent else []
        if MARK in names:
            before = parse_mark(self.git("show", f"{parent}:{MARK}").encode(), f"{self.branch}:{MARK}")
            refuse_trespass(before, manifest, set(names).__contains__, f"The branch {self.branch}")
            return before
        if names:
            msg = f"The branch {self.branch} has files that curate did not put there; nothing was deployed."
            hint = f"Choose another, such as gh-pages. If curate may own this one, commit an empty file {MARK} to it."
            raise Conflict(self.branch, msg, hint)
        return Manifest(files={}, pages=())

    def write_tree(self, parent: str, manifest: Manifest, gone: list[str]) -> str:
        """Return the tree of the branch with the site in it: what is not curate's stays."""
        self.git("read-tree", parent) if parent else self.git("read-tree", "--empty")
        names = "".join(f"{self.desk.output / name}\n" for name in manifest.files)
        ids = self.git("hash-object", "-w", "--no-filters", "--stdin-paths", text=names).splitlines()
        added = dict(zip(manifest.files, ids, strict=True))
        for name, content in ((MARK, mark_text(manifest)), (PLAIN, "")):
            added[name] = self.git("hash-object", "-w", "--stdin", text=content)
        out = "".join(f"0 {NOTHING}\t{name}\0" for name in gone)
        entries = "".join(f"100644 {said}\t{name}\0" for name, said in added.items())
        self.git("update-index", "-z", "--index-info", text=out + entries)
        return self.git("write-tree")

    def commit(self, tree: str, parent: str, *, now: datetime, author: str) -> str:
        """Return a commit of ``tree``, signed by whom git knows here, else by ``author``."""
        name = self._setting("user.name") or author or "curate"
        email = self._setting("user.email") or "curate@localhost"
        stamp = f"{int(now.timestamp())} +0000"
        for who in ("AUTHOR", "COMMITTER"):
            self.environment |= {f"GIT_{who}_NAME": name, f"GIT_{who}_EMAIL": email, f"GIT_{who}_DATE": stamp}
        before = ["-p", parent] if parent else []
        return self.git("commit-tree", tree, *before, "-m", f"The site as of {now:%Y-%m-%d %H:%M} UTC")

    def push(self, commit: str, parent: str) -> None:
        """Put ``commit`` on the branch, unless somebody put another there since we looked."""
        ref = f"refs/heads/{self.branch}"
        place = ["git", "--git-dir", str(self.folder), *SETTLED]
        lease = f"--force-with-lease={ref}:{parent}"
        done = self.run([*place, "push", "--quiet", lease, "--", self.url, f"{commit}:{ref}"], check=False)
        if done.returncode == 0:
            return
        if "stale info" in done.stderr or "fetch first" in done.stderr or "non-fast-forward" in done.stderr:
            msg = f"The branch {self.branch} changed while curate was at work; it is left as it is."
            raise Conflict(self.branch, msg, "Run the command again.")
        raise self._unreachable(done.stderr)

    def _address(self, remote: str) -> str:
        """Return the address of ``remote``: that of the desk's remote of this name, else a path or an address."""
        named = self.run(["git", "remote", "get-url", "--push", "--", remote], check=False)
        if named.returncode == 0:
            top = self.run(["git", "rev-parse", "--show-toplevel"], check=False).stdout.strip()
            if Path(top).resolve() != self.desk.root.resolve():
                msg = f"“{remote}” is a remote of {top}, in which this desk only lies; nothing was deployed."
                raise CurateError(
                    msg, "Name the address itself: git:https://…#gh-pages; or make the desk a repository."
                )
            remote = named.stdout.strip()
        path = Path(self.desk.root, os.path.expanduser(remote))  # noqa: PTH111 - never fails, unlike Path's
        if path.exists():
            return str(path)
        if named.returncode and ":" not in remote:
            msg = f"“{remote}” is neither a git remote of this desk nor a path nor an address."
            raise CurateError(msg, "git remote -v shows the desk's remotes.")
        return remote

    def _setting(self, name: str) -> str:
        return self.run(["git", "config", "--get", name], check=False).stdout.strip()

    def _unreachable(self, said: str) -> NetworkTrouble:
        msg = f"git could not reach {self.url}: {_last_line(said)}. Readers see the old site."
        return NetworkTrouble(self.url, msg, "Check the address and your access (git remote -v), then run it again.")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("hint:")]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:", "remote:"))]
    said = (fatal or lines or ["it gave no reason"])[0]
    return said.removeprefix("fatal:").removeprefix("error:").strip().rstrip(".")
