"""Build the site: Pelican as a process of its own into a fresh folder, audited, then swapped into output/.

Whatever goes wrong, the last good site stays. Must not know how the site is carried to readers.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from curate.desk.folder import sync_folder
from curate.desk.locks import hold
from curate.errors import Conflict, CurateError
from curate.posts.files import CONFLICT, read_posts
from curate.site.manifest import MARK, take_manifest, write_mark

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.posts.post import Post
    from curate.site.plugin.report import Report

FRESH = "build-"  # in .curate: what is being built
AWAY = "-away"  # in .curate: what the old site is called between two renames
PATIENCE = 900  # seconds a build may take
KEPT = (  # what of the environment Pelican gets: nothing that could hold a token
    *("PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "WINDIR", "USERPROFILE", "APPDATA", "LOCALAPPDATA"),
    *("VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
)
IGNORED = (".*", f"*{CONFLICT}", "*~")  # the files that posts/files does not take for posts, either
ENFORCED: dict[str, object] = {  # what no pelicanconf.py can change in a build by curate
    "DRAFT_SAVE_AS": "",
    "DRAFT_LANG_SAVE_AS": "",
    "DRAFT_PAGE_SAVE_AS": "",
    "DRAFT_PAGE_LANG_SAVE_AS": "",
    "WITH_FUTURE_DATES": True,  # our reader leaves them out by BUILD_NOW; Pelican would ask the clock
    "TIMEZONE": "UTC",
    "CACHE_CONTENT": False,
    "LOAD_CONTENT_CACHE": False,
    "DELETE_OUTPUT_DIRECTORY": False,
    "OUTPUT_SOURCES": False,
    "STATIC_CREATE_LINKS": False,
    "STATIC_EXCLUDE_SOURCES": True,
    "TYPOGRIFY": False,
    "FORMATTED_FIELDS": [],
    "INTRASITE_LINK_REGEX": "[{](?P<what>filename|static|attach|category|tag|index|author)[}]",
}
# Pelican is found where we were; our own place comes last, so that it hides nothing of its neighbours.
START = "import sys; sys.path.append(sys.argv.pop(1)); from pelican import main; main()"
ERROR = re.compile(r"^(?:[A-Za-z_.]*\.)?(\w*(?:Error|Exception|NotFound|Undefined\w*)): (.+)$", re.MULTILINE)
FATAL = "Warning or error encountered"  # how Pelican stops, whatever the error was
SKIPPED = re.compile(r"^Could not process (.+)$", re.MULTILINE)
OF_NO_NEWS = ("Done: Processed", "Generating", "Empty alt attribute")  # decoration has an empty alt, and should
TEMPLATE = re.compile(r'^  File "([^"]+\.(?:html|css))", line (\d+), in (?:template|top-level|block)', re.MULTILINE)


class SiteFault(CurateError):
    """The site was not built; ``problems`` names each post with its line, ``log`` is what Pelican said."""

    code = "site-fault"

    def __init__(self, message: str, hint: str = "", problems: Sequence[str] = (), log: Path | None = None) -> None:
        super().__init__(message, hint)
        self.problems = tuple(problems)
        self.log = log


@dataclass(frozen=True, kw_only=True)
class Built:
    """What a build made: the folder, how many HTML pages, how many of them are posts, in how many seconds."""

    output: Path
    pages: int
    posts: int
    warnings: tuple[str, ...]
    seconds: float


def theme_folder(desk: Desk) -> Path:
    """Return the folder of the desk's own theme, if it has one, else of the one that comes with curate."""
    own = desk.root / "themes" / "byline"
    return own if (own / "templates").is_dir() else shipped_theme()


def shipped_theme() -> Path:
    """Return the folder of the theme that comes with curate: inside the package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    inside = package / "themes" / "byline"
    return inside if inside.is_dir() else package.parent / "themes" / "byline"


def build_log(desk: Desk) -> Path:
    """Return where the words of the last build's Pelican are."""
    return desk.private / "build.log"


def build_site(desk: Desk, settings: Settings, *, now: datetime, drafts: bool = False) -> Built:
    """Build the site as it is at ``now`` and swap it into output/; with ``drafts`` a preview, into .curate/preview/.

    The same content, theme and ``now`` give the same bytes. Raises SiteFault, Conflict when another
    build is under way or output/ is not curate's; the last good site then stays.
    """
    from curate.site.audit import audit_site

    started = time.monotonic()
    output = desk.private / "preview" if drafts else desk.output
    desk.private.mkdir(mode=0o700, parents=True, exist_ok=True)
    with hold(desk, "build"):
        recover(desk, output)
        check_replaceable(output)
        _refuse_links(desk.content)
        posts, faults = read_posts(desk.content)
        if faults:
            raise _fault([fault.message for fault in faults], faults[0].hint)
        fresh = Path(tempfile.mkdtemp(prefix=FRESH, dir=desk.private))
        try:
            public = None if drafts else [post for post in posts if is_public(post, now)]
            report = _run_pelican(desk, fresh / "site", fresh / "report.json", now=now, drafts=drafts)
            problems = audit_site(fresh / "site", report, desk.content, public)
            if problems:
                raise _fault(problems, "Mend what it names, then build again.")
            manifest = take_manifest(fresh / "site", tuple(_permalinks(report)))
            write_mark(fresh / "site", manifest)
            _swap(desk, fresh / "site", output)
        except OSError as error:
            msg = f"The site could not be written: {error.strerror or error}."
            raise SiteFault(msg, "The last good site stays. Free some space or mend the folder's rights.") from error
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return Built(
        output=output,
        pages=sum(name.endswith(".html") for name in manifest.files),
        posts=len(manifest.pages),
        warnings=(*report.warnings, *_without_address(settings)),
        seconds=round(time.monotonic() - started, 2),
    )


def is_public(post: Post, now: datetime) -> bool:
    """Say whether the post has a page at ``now``: its own, or the one that says why it was taken down."""
    if post.date is not None and post.date > now:
        return False
    return post.status == "gone" or (post.status == "published" and (post.until is None or post.until > now))


def recover(desk: Desk, output: Path) -> None:
    """Mend what a stop in the middle of a swap left: the old site comes back, half-built ones go."""
    away = desk.private / f"{output.name}{AWAY}"
    if away.is_dir() and not output.exists():
        away.rename(output)
    for left in (*desk.private.glob(f"{FRESH}*"), away):
        shutil.rmtree(left, ignore_errors=True)


def check_replaceable(output: Path) -> None:
    """Raise Conflict unless ``output`` is missing, empty or a site of ours: nothing else is ever replaced."""
    if output.is_symlink():
        msg = f"{output} is a link to another place; curate builds only into a folder of its own."
        raise Conflict(str(output), msg, "Remove the link; curate site deploy carries the site where you want it.")
    if output.exists() and not output.is_dir():
        raise Conflict(str(output), f"{output} is a file.", "Move it away, then build again.")
    if output.is_dir() and not (output / MARK).is_file() and any(output.iterdir()):
        msg = f"{output} has files that curate did not build; they are left as they are."
        raise Conflict(str(output), msg, "Move the folder away, then build again.")


def _refuse_links(content: Path) -> None:
    """Refuse symbolic links in content/: Pelican would follow them and publish what they lead to."""
    for top, folders, names in os.walk(content):
        for name in (*folders, *names):
            path = Path(top, name)
            if path.is_symlink():
                msg = f"{path} is a symbolic link; only files that lie inside content/ are published."
                raise SiteFault(f"{msg} The last good site stays.", "Put the file itself there, or remove the link.")


def _run_pelican(desk: Desk, folder: Path, report: Path, *, now: datetime, drafts: bool) -> Report:
    """Let Pelican build into ``folder``; return what our plugin reported. Raises SiteFault."""
    from curate.site.plugin.report import read_report

    conf = next((path for path in (desk.root / "publishconf.py", desk.pelicanconf) if path.is_file()), None)
    if conf is None:
        msg = f"{desk.pelicanconf} is missing; it says what the site is."
        raise SiteFault(msg, "Put it back from git or a backup.")
    orders = {**ENFORCED, "BUILD_NOW": now.isoformat(), "BUILD_DRAFTS": drafts, "BUILD_REPORT": str(report)}
    command = [sys.executable, "-P", "-c", START, str(Path(__file__).parents[2])]
    command += [str(desk.content), "-s", str(conf), "-o", str(folder), "--fatal", "errors", "--log-handler", "plain"]
    command += ["-e", *(f"{name}={json.dumps(value)}" for name, value in orders.items())]
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment |= {"TZ": "UTC", "COLUMNS": "1000", "PYTHONUTF8": "1", "PYTHONHASHSEED": "0"}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1"}
    log = build_log(desk)
    with log.open("wb") as out:
        try:
            done = subprocess.run(
                command, cwd=desk.root, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False,
                timeout=PATIENCE,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            msg = f"Pelican did not finish in {PATIENCE // 60} minutes and was stopped. The last good site stays."
            raise SiteFault(msg, f"{log} has what it said.", log=log) from error
    said = read_report(report)
    if said is not None and said.faults:
        hint = str(said.faults[0]["hint"])
        raise _fault([f"{fault['path']}:{fault['line']}: {fault['reason']}" for fault in said.faults], hint, log)
    if done.returncode and (said is not None or ", in run\n" not in log.read_text(encoding="utf-8", errors="replace")):
        raise SiteFault(f"{_reason(log)} The last good site stays.", f"{log} has all that Pelican said.", log=log)
    if said is None or not said.finished:
        msg = f"{conf} does not load curate's plugin, without which drafts would be published."
        raise SiteFault(f"{msg} The last good site stays.", 'Keep "curate.site.plugin" in PLUGINS.', log=log)
    said.warnings.extend(_warnings(log))
    return said


def _fault(problems: Sequence[str], hint: str, log: Path | None = None) -> SiteFault:
    if len(problems) == 1:
        return SiteFault(f"{problems[0]} The last good site stays.", hint, log=log)
    message = f"{len(problems)} problems keep the site from being built; the last good one stays."
    return SiteFault(message, hint, problems, log)


def _reason(log: Path) -> str:
    """Return in a sentence why Pelican gave up, from what it said."""
    text = log.read_text(encoding="utf-8", errors="replace")
    errors = [(kind, message) for kind, message in ERROR.findall(text) if message != FATAL]
    if errors:
        kind, message = errors[0]
        place = [f"{file}:{line}: " for file, line in TEMPLATE.findall(text)]
        where = (place or [f"{file}: " for file in SKIPPED.findall(text)] or [""])[-1]
        return f"Pelican could not build the site: {where}{message} ({kind})."
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"Pelican could not build the site: {lines[-1] if lines else 'it said nothing'}."


def _warnings(log: Path) -> list[str]:
    """Return what Pelican said that a person should hear, without what it says about itself."""
    lines = (line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines())
    return [line for line in lines if line and not line.startswith(OF_NO_NEWS)]


def _without_address(settings: Settings) -> tuple[str, ...]:
    if settings.site.url:
        return ()
    return ("The site has no address yet, so it has no feed: curate config set site.url https://…",)


def _permalinks(report: Report) -> list[str]:
    """Return the addresses of posts, as posts/post.permalink gives them."""
    return sorted(name.removesuffix("index.html") for name in report.pages if re.match(r"\d{4}/", name))


def _swap(desk: Desk, fresh: Path, output: Path) -> None:
    """Put the fresh site where the old one is; a stop between the two renames is mended by ``recover``."""
    away = desk.private / f"{output.name}{AWAY}"
    if output.exists():
        output.rename(away)
    fresh.rename(output)
    sync_folder(output.parent)
    shutil.rmtree(away, ignore_errors=True)
