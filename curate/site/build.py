"""Build the site: Pelican as a process of its own into a fresh folder, audited, then swapped into output/.

Whatever goes wrong, the last good site stays. Must not know how the site is carried to readers.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from curate.desk.folder import sync_folder
from curate.desk.locks import hold
from curate.errors import Conflict, CurateError
from curate.posts.files import CONFLICT
from curate.site.cache import Cache, Damaged, drop_cache, programs
from curate.site.inputs import Linked, are_plain, content_digests, inputs_print, is_as_built, texts
from curate.site.manifest import MARK, digest, take_manifest, walk_files, write_mark
from curate.site.reading import is_shown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.site.manifest import Manifest
    from curate.site.plugin.report import Report

FRESH = "build-"  # in .curate: what is being built
SPARE = "spare-"  # in .curate: the site before the last, whose folders and unchanged pages the next build takes over
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
# curate is the one that runs here, whichever is installed; Pelican is found where we were: our own place comes
# last, so that it hides nothing of its neighbours.
START = (
    "import sys; place = sys.argv.pop(1); sys.path.insert(0, place); import curate; sys.path.remove(place); "
    "sys.path.append(place); from pelican import main; main()"
)
ERROR = re.compile(r"^(?:[A-Za-z_.]*\.)?(\w*(?:Error|Exception|NotFound|Undefined\w*)): (.+)$", re.MULTILINE)
FATAL = "Warning or error encountered"  # how Pelican stops, whatever the error was
SKIPPED = re.compile(r"^Could not process (.+)$", re.MULTILINE)
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

    The same content, theme and ``now`` give the same bytes, whatever is taken over from the site before.
    Raises SiteFault, Conflict when another build is under way or output/ is not curate's; the last good
    site then stays.
    """
    started = time.monotonic()
    output = desk.private / "preview" if drafts else desk.output
    desk.private.mkdir(mode=0o700, parents=True, exist_ok=True)
    with hold(desk, "build"):
        recover(desk, output)
        check_replaceable(output)
        try:
            try:
                built = _build(desk, output, now=now, drafts=drafts)
            except Damaged:
                drop_cache(_cache(desk, drafts=drafts))
                built = _build(desk, output, now=now, drafts=drafts)
        except OSError as error:
            msg = f"The site could not be written: {error.strerror or error}."
            raise SiteFault(msg, "The last good site stays. Free some space or mend the folder's rights.") from error
    seconds = round(time.monotonic() - started, 2)
    return replace(built, warnings=(*built.warnings, *_without_address(settings)), seconds=seconds)


def _build(desk: Desk, output: Path, *, now: datetime, drafts: bool) -> Built:
    """Leave the site in ``output``: as it is when nothing changed, else built, audited and swapped."""
    if not desk.content.is_dir():
        msg = f"The folder {desk.content} has vanished."
        raise CurateError(msg, "Nothing was recreated. Put it back from git or a backup.")
    try:
        digests = content_digests(desk.content)
    except Linked as link:
        msg = f"{link.path} is a symbolic link; only files that lie inside content/ are published."
        raise SiteFault(f"{msg} The last good site stays.", "Put the file itself there, or remove the link.") from link
    kept = _cache(desk, drafts=drafts)
    conf = next((path for path in (desk.root / "publishconf.py", desk.pelicanconf) if path.is_file()), None)
    if conf is None:
        msg = f"{desk.pelicanconf} is missing; it says what the site is."
        raise SiteFault(msg, "Put it back from git or a backup.")

    def inputs(shown: Collection[str]) -> str:
        return inputs_print(desk, {theme_folder(desk), shipped_theme()}, digests, sorted(shown), programs(), drafts)

    with closing(Cache(kept, programs())) as cache:
        last = cache.note("built") or {}
        shown = _shown(cache, digests, now, drafts=drafts)
        if shown is not None and last.get("inputs") == inputs(shown) and are_plain({conf, desk.pelicanconf}):
            manifest = is_as_built(output, last["mark"])
            if manifest is not None:
                return _built(output, manifest, last["warnings"])
    fresh = Path(tempfile.mkdtemp(prefix=FRESH, dir=desk.private))
    spared = _take_spare(desk, fresh / "site", output)
    try:
        (fresh / "files.json").write_text(json.dumps(texts(digests)), encoding="utf-8")
        orders = {
            "BUILD_NOW": now.isoformat(),
            "BUILD_DRAFTS": drafts,
            "BUILD_REPORT": str(fresh / "report.json"),
            "BUILD_CACHE": str(kept),
            "BUILD_FILES": str(fresh / "files.json"),
            "BUILD_BEFORE": str(output),
        }
        report = _run_pelican(desk, conf, fresh / "site", orders)
        _clear(fresh / "site", spared, set(report.written))
        from curate.site.audit import audit_site

        with closing(Cache(kept, programs())) as cache:
            shown = _shown(cache, digests, now, drafts=drafts)
            public = None if drafts else _addresses(desk, shown or {})
            problems = audit_site(fresh / "site", report, desk.content, public)
            if problems:
                raise _fault(problems, "Mend what it names, then build again.")
            manifest = take_manifest(fresh / "site", tuple(_permalinks(report)), report.carried)
            write_mark(fresh / "site", manifest)
            mark = digest(fresh / "site" / MARK)
            _swap(desk, fresh / "site", output)
            with cache.writing():
                cache.pass_pages(set(report.written))
                said = "" if report.clocked or shown is None else inputs(shown)
                cache.keep_note("built", {"inputs": said, "mark": mark, "warnings": report.warnings})
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return _built(output, manifest, report.warnings)


def _cache(desk: Desk, *, drafts: bool) -> Path:
    return desk.private / ("preview.cache" if drafts else "build.cache")


def _built(output: Path, manifest: Manifest, warnings: Sequence[str]) -> Built:
    pages = sum(name.endswith(".html") for name in manifest.files)
    return Built(output=output, pages=pages, posts=len(manifest.pages), warnings=tuple(warnings), seconds=0)


def _shown(cache: Cache, digests: Mapping[str, str], now: datetime, *, drafts: bool) -> dict[str, str] | None:
    """Return the files that have a page at ``now``, with its permalink; None when not all files were read before."""
    gists = cache.gists()
    wanted = texts(digests)
    if any(gists.get(path, ("", {}))[0] != said for path, said in wanted.items()):
        return None
    return {path: str(gists[path][1]["page"]) for path in wanted if is_shown(gists[path][1], now, drafts=drafts)}


def _addresses(desk: Desk, shown: Mapping[str, str]) -> dict[str, Path]:
    return {page: desk.content / path for path, page in shown.items() if not path.startswith("pages/")}


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


def _run_pelican(desk: Desk, conf: Path, folder: Path, told: Mapping[str, object]) -> Report:
    """Let Pelican build into ``folder``; return what our plugin reported. Raises SiteFault."""
    from curate.site.plugin.report import read_report

    orders = {**ENFORCED, **told}
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
    said = read_report(Path(str(told["BUILD_REPORT"])))
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
    return [line for line in lines if line and not line.startswith(("Done: Processed", "Generating"))]


def _without_address(settings: Settings) -> tuple[str, ...]:
    if settings.site.url:
        return ()
    return ("The site has no address yet, so it has no feed: curate config set site.url https://…",)


def _permalinks(report: Report) -> list[str]:
    """Return the addresses of posts, as posts/post.permalink gives them."""
    return sorted(name.removesuffix("index.html") for name in report.pages if re.match(r"\d{4}/", name))


def _take_spare(desk: Desk, fresh: Path, output: Path) -> dict[str, bool]:
    """Begin with the site before the last, if it is there: making thousands of folders costs more than pages do.

    What stays of it are the very files of ``output``, of which our writer knows what to do. Returns the names
    of all files it had, and whether they stay.
    """
    try:
        (desk.private / f"{SPARE}{output.name}").rename(fresh)
    except FileNotFoundError:
        return {}
    names = {name: _is_same_file(fresh / name, output / name) for name, _ in walk_files(fresh)}
    for name, same in names.items():
        if not same:
            (fresh / name).unlink()
    return names


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return os.path.samestat(os.lstat(one), os.lstat(other))
    except OSError:
        return False


def _clear(fresh: Path, spared: Mapping[str, bool], written: Collection[str]) -> None:
    """Remove what is left of the site before and is no part of this one, with the folders that are empty then."""
    for name, stayed in spared.items():
        if stayed and name not in written:
            (fresh / name).unlink()
        if not stayed or name not in written:
            with contextlib.suppress(OSError):  # not empty
                os.removedirs((fresh / name).parent)


def _swap(desk: Desk, fresh: Path, output: Path) -> None:
    """Put the fresh site where the old one is: in one step where the system knows how.

    Elsewhere a stop between the two renames is mended by ``recover``.
    """
    away, spare = desk.private / f"{output.name}{AWAY}", desk.private / f"{SPARE}{output.name}"
    shutil.rmtree(spare, ignore_errors=True)
    if output.exists() and _exchange(fresh, output):
        fresh.rename(spare)
    else:
        if output.exists():
            output.rename(away)
        fresh.rename(output)
        if away.exists():
            away.rename(spare)
    sync_folder(output.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places (renameat2 of Linux); False where that cannot be."""
    if sys.platform != "linux":
        return False
    import ctypes

    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    return rename is not None and rename(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0
