"""Know what a build is made from, file by file, and whether all of it is as it was.

Knows files and not what they mean; changes nothing.
"""

from __future__ import annotations

import ast
import json
import os
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING

from curate.posts.files import CONFLICT, NOT_POSTS
from curate.site.cache import GISTS, Damaged
from curate.site.manifest import MARK, digest, read_mark
from curate.site.reading import is_shown
from curate.site.tree import believed, files_in, look, stamps_of, unchanged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from curate.desk.folder import Desk
    from curate.site.cache import Cache
    from curate.site.manifest import Manifest
    from curate.site.tree import Tree

OURS = {"curate.site.plugin.settings", "pelicanconf", "pathlib", "sys", "__future__"}  # what plain settings may import
CALLS = {"globals().update(pelican_settings(__file__))", "globals().update(public_settings(__file__))",
         "sys.path.insert(0, str(Path(__file__).parent))"}  # fmt: skip
OUTSIDE = ("THEME", "PLUGIN")  # how settings begin that name files of which nobody here knows whether they changed


LENGTH = 64  # of a digest
# A link is not followed, a pipe not waited for.
OPENED = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Linked(Exception):
    """A symbolic link lies in content/, at ``path``."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


def content_digests(content: Path, known: Tree, now: int) -> tuple[dict[str, str], Tree]:
    """Return the SHA-256 of each file below ``content``, by path with /, and what may be believed of them later.

    ``now`` is a moment just before, by the disk's clock. Raises Linked: links are never followed.
    """
    folders = look(content, known.folders)
    names = files_in(folders)
    stamps = stamps_of(content, names)
    whole = unchanged(known, stamps)
    digests = {}
    for name, is_link in names.items():
        path = f"{content}/{name}"
        if is_link and (not _is_post(name) or os.path.isdir(path)):  # noqa: PTH112 - beside a text
            raise Linked(Path(path))
        digests[name] = whole.get(name) or _digest(path, is_post=_is_post(name))
    read = {name: stamp for name, stamp in stamps.items() if len(digests[name]) == LENGTH}
    return digests, believed(folders, read, digests, now)


def _digest(path: str, *, is_post: bool) -> str:
    try:
        file = os.open(path, OPENED)
    except OSError:
        if os.path.islink(path):  # noqa: PTH114 - the same
            if not is_post:
                raise Linked(Path(path)) from None
            return "link"  # which costs this post its page, and no other
        return "unreadable"
    with open(file, "rb") as opened:  # noqa: PTH123 - the same
        if not S_ISREG(os.fstat(file).st_mode):
            return "unreadable"
        return sha256(opened.read()).hexdigest()


def texts(digests: Mapping[str, str]) -> dict[str, str]:
    """Return of ``digests`` what is read as a post or page."""
    return {name: said for name, said in digests.items() if _is_text(name)}


def _is_post(name: str) -> bool:
    return _is_text(name) and name.split("/", maxsplit=1)[0] not in NOT_POSTS


def shown_files(cache: Cache, digests: Mapping[str, str], now: datetime, *, drafts: bool) -> dict[str, str] | None:
    """Return the files that have a page at ``now``, with its permalink; None when not all files were read before."""
    gists = cache.gists()
    wanted = texts(digests)
    if any(gists.get(path, ("", {}))[0] != said for path, said in wanted.items()):
        return None
    return {path: str(gists[path][1]["page"]) for path in wanted if is_shown(gists[path][1], now, drafts=drafts)}


def addresses(cache: Cache, content: Path, now: datetime) -> dict[str, str]:
    """Return the permalinks of the posts that are public at ``now``, with their files.

    Raises Damaged when the cache knows nothing of any: no post may be taken off the site for that.
    """
    if cache.sheet(GISTS) is None:
        raise Damaged("what was read of the posts is lost")
    gists = {f"{content}{os.sep}{path}": gist for path, (_, gist) in cache.gists().items() if _is_post(path)}
    return {str(gist["page"]): path for path, gist in gists.items() if is_shown(gist, now, drafts=False)}


def _is_text(name: str) -> bool:
    parts = name.split("/")
    if parts[0] == "profile" or any(part.startswith(".") for part in parts):
        return False
    return name.endswith(".md") and not name.endswith(CONFLICT)


def inputs_print(desk: Desk, folders: Iterable[Path], digests: Mapping[str, str], *more: object) -> str:
    """Return the print of all a build reads: content, settings, the themes' ``folders``, and ``more``."""
    files = [desk.settings, *sorted(desk.root.glob("*.py"))]
    files += [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    said = {str(path): digest(path) for path in files}
    return sha256(json.dumps([list(digests.items()), said, *more]).encode("utf-8", "surrogatepass")).hexdigest()


def are_plain(confs: Iterable[Path]) -> bool:
    """Say whether settings do nothing but take over curate's and set plain values: read again, they say the same.

    Nor do they name a theme or a plugin, which may say something else.
    """
    try:
        return all(_is_plain(statement) for path in confs for statement in ast.parse(path.read_bytes()).body)
    except (OSError, SyntaxError, ValueError):
        return False


def _is_plain(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Import):
        return all(alias.name in OURS for alias in statement.names)
    if isinstance(statement, ast.ImportFrom):
        return statement.module in OURS
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant) or ast.unparse(statement.value) in CALLS
    if isinstance(statement, ast.Assign) and all(map(_is_own, statement.targets)):
        return _is_value(statement.value)
    return isinstance(statement, ast.AnnAssign) and _is_own(statement.target) and _is_value(statement.value)


def _is_own(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and not target.id.startswith(OUTSIDE)


def _is_value(value: ast.expr | None) -> bool:
    try:
        ast.literal_eval(value or "")
    except (ValueError, SyntaxError):
        return False
    return True


def is_as_built(output: Path, mark: str, known: Tree) -> Manifest | None:
    """Return what ``output`` is made of if it is, to the byte, the site whose mark has the digest ``mark``."""
    try:
        if digest(output / MARK) != mark:
            return None
        manifest = read_mark(output)
        if manifest is None or files_in(look(output, known.folders)) != dict.fromkeys([*manifest.files, MARK], False):
            return None
        whole = unchanged(known, stamps_of(output, known.files))
        same = all((whole.get(name) or digest(output / name)) == said for name, said in manifest.files.items())
    except OSError:
        return None
    return manifest if same else None
