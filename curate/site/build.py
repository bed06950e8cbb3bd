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
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from curate.desk.locks import hold
from curate.errors import CurateError, Refused
from curate.posts.files import CONFLICT
from curate.site import left_out
from curate.site.cache import Damaged, drop_cache, open_cache, programs
from curate.site.inputs import (
    Linked,
    addresses,
    are_plain,
    content_digests,
    inputs_print,
    is_as_built,
    shown_files,
    texts,
)
from curate.site.manifest import MARK, digest, take_manifest, write_mark
from curate.site.swap import (
    FRESH,
    Spared,
    check_replaceable,
    clear_spare,
    recover,
    remember_trees,
    swap,
    take_spare,
    tree_at,
)
from curate.site.tree import files_in, look

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.site.left_out import LeftOut
    from curate.site.manifest import Manifest
    from curate.site.plugin.report import Report
    from curate.site.tree import Folders, Tree

PATIENCE = 900  # seconds a build may take
ROUNDS = 8  # of finding posts to leave out by their pages; each costs a run of Pelican
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
# last, so that it hides nothing of its neighbours. What runs is kept as bytecode, but for the desk's own files.
# Thousands of objects that stay to the end are neither looked through for waste nor taken apart at the end.
START = (
    "import gc, os, sys; gc.set_threshold(10_000, 10, 100); place = sys.argv.pop(1); sys.path.insert(0, place); "
    "import curate; sys.path.remove(place); sys.path.append(place); from pelican import main; "
    "import curate.site.plugin.hooks; sys.dont_write_bytecode = True; main(); "
    "sys.stdout.flush(); sys.stderr.flush(); os._exit(0)"
)
ERROR = re.compile(r"^(?:[A-Za-z_.]*\.)?(\w*(?:Error|Exception|NotFound|Undefined\w*)): (.+)$", re.MULTILINE)
OURS = re.compile(r"^curate\.[\w.]+: (.+)$", re.MULTILINE)  # an error of ours, which says it all
FATAL = "Warning or error encountered"  # how Pelican stops, whatever the error was
SKIPPED = re.compile(r"^Could not process (.+)$", re.MULTILINE)
OF_NO_NEWS = (
    *("Done: Processed", "Generating"),
    "Empty alt attribute",  # decoration has one, and should
    *("Unable to generate valid slug", "Other invalid slugs"),  # a topic without a letter gets an address all the same
)
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
    """What a build made: the folder, how many HTML pages, how many of them are posts, in how many seconds.

    ``left_out`` are the posts and pages that have a fault, each named with its line.
    """

    output: Path
    pages: int
    posts: int
    warnings: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()
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


def build_site(
    desk: Desk, settings: Settings, *, now: datetime, drafts: bool = False, needs: Path | None = None
) -> Built:
    """Build the site as it is at ``now`` and swap it into output/; with ``drafts`` a preview, into .curate/preview/.

    The same content, theme and ``now`` give the same bytes, whatever is taken over from the site before.
    A post with a fault is left out, named, and keeps its last good page (the rule is in ``curate.site.left_out``),
    unless it is the one that ``needs`` its page. Raises Refused when that one has a fault, SiteFault when what is
    not a post's keeps the site from being built, Conflict when another build is under way or output/ is not
    curate's; the last good site then stays.
    """
    started = time.monotonic()
    output = desk.private / "preview" if drafts else desk.output
    desk.private.mkdir(mode=0o700, parents=True, exist_ok=True)
    with hold(desk, "build"):
        recover(desk, output)
        check_replaceable(output)
        kept = desk.private / ("preview.cache" if drafts else "build.cache")
        try:
            try:
                built = _build(desk, output, kept, now=now, drafts=drafts, needs=needs)
            except Damaged:
                drop_cache(kept)
                built = _build(desk, output, kept, now=now, drafts=drafts, needs=needs)
        except (OSError, Damaged) as error:
            msg = f"The site could not be written: {getattr(error, 'strerror', None) or error}."
            raise SiteFault(msg, "The last good site stays. Free some space or mend the folder's rights.") from error
    seconds = round(time.monotonic() - started, 2)
    return replace(built, warnings=(*built.warnings, *_without_address(settings)), seconds=seconds)


def _build(  # noqa: PLR0913 - the whole of one build
    desk: Desk, output: Path, kept: Path, *, now: datetime, drafts: bool, needs: Path | None
) -> Built:
    """Leave the site in ``output``: as it is when nothing changed, else built, audited and swapped."""
    if not desk.content.is_dir():
        msg = f"The folder {desk.content} has vanished."
        raise CurateError(msg, "Nothing was recreated. Put it back from git or a backup.")
    fresh = Path(tempfile.mkdtemp(prefix=FRESH, dir=desk.private))
    try:
        now_there = fresh.stat().st_mtime_ns
        with closing(open_cache(kept, desk.content)) as cache:
            before, trees = cache.sheet("built") or {}, cache.sheet("trees") or {}
            digests, content = _digests(desk, tree_at(desk.content, trees), now_there)

            def inputs(shown: Collection[str]) -> str:
                folders = {theme_folder(desk), shipped_theme()}
                return inputs_print(desk, folders, digests, sorted(shown), programs(), drafts)

            shown = shown_files(cache, digests, now, drafts=drafts)
            if (
                shown is not None
                and _lasts(before, now)
                and before.get("inputs") == inputs(shown)
                and are_plain(_confs(desk))
            ):
                manifest = is_as_built(output, before["mark"], tree_at(output, trees))
                if manifest is not None:
                    return _built(output, manifest, before["warnings"])
        spared = take_spare(desk, fresh / "site", output, trees)
        (fresh / "files.json").write_text(json.dumps(texts(digests)), encoding="utf-8")
        orders = {
            "BUILD_NOW": now.isoformat(),
            "BUILD_DRAFTS": drafts,
            "BUILD_CACHE": str(kept),
            "BUILD_FILES": str(fresh / "files.json"),
            "BUILD_BEFORE": str(output),
            "BUILD_READY": str(fresh / "ready.json"),
        }
        last = {} if drafts else left_out.last_pages(desk)

        def public() -> dict[str, str] | None:
            with closing(open_cache(kept, desk.content)) as cache:
                return None if drafts else addresses(cache, desk.content, now) if texts(digests) else {}

        report, out, folders = _make(desk, fresh, last, orders, spared, public, needs)
        if not drafts:
            out = left_out.carry_over(desk, fresh / "site", out, last)
            left_out.remember_pages(desk, report.pages, last, out)
        pages = tuple(_permalinks([*report.pages, *(one.kept for one in out)]))
        if out:
            folders = look(fresh / "site", folders)
        manifest = take_manifest(fresh / "site", files_in(folders), pages, report.carried)
        write_mark(fresh / "site", manifest)
        mark = digest(fresh / "site" / MARK)
        known = {**manifest.files, MARK: mark}
        trees = remember_trees(fresh / "site", folders, known, report.carried, spared.stamps, output, trees)
        trees[str(desk.content.stat().st_ino)] = content
        swap(desk, fresh / "site", output)
        with closing(open_cache(kept, desk.content)) as cache, cache.writing():
            shown = shown_files(cache, digests, now, drafts=drafts)
            said = "" if report.clocked or out or shown is None else inputs(shown)
            cache.pass_pages()
            note = {"inputs": said, "made": now.isoformat(), "lasts": report.lasts, "mark": mark}
            cache.keep_sheet("built", note | {"warnings": report.warnings})
            cache.keep_sheet("trees", trees)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return replace(_built(output, manifest, report.warnings), left_out=out)


def _lasts(before: Mapping[str, str], now: datetime) -> bool:
    """Say whether ``now`` is among the moments of which what was built ``before`` holds: those from its own on."""
    if not before or now < datetime.fromisoformat(before["made"]):
        return False
    return not before["lasts"] or now < datetime.fromisoformat(before["lasts"])


def _digests(desk: Desk, known: Tree, now: int) -> tuple[dict[str, str], Tree]:
    """Return the digests of the content, and what may be believed of it later. Raises SiteFault."""
    try:
        return content_digests(desk.content, known, now)
    except Linked as link:
        msg = f"{link.path} is a symbolic link; only files that lie inside content/ are published."
        raise SiteFault(f"{msg} The last good site stays.", "Put the file itself there, or remove the link.") from link
    except PermissionError as error:
        msg = f"{error.filename} cannot be read, and nobody knows which posts are in it. The last good site stays."
        raise SiteFault(msg, "Mend the folder's rights, then build again.") from error


def _built(output: Path, manifest: Manifest, warnings: Sequence[str]) -> Built:
    pages = sum(name.endswith(".html") for name in manifest.files)
    return Built(output=output, pages=pages, posts=len(manifest.pages), warnings=tuple(warnings), seconds=0)


def _make(  # noqa: PLR0913, PLR0917 - the whole of one build
    desk: Desk,
    fresh: Path,
    last: dict[str, str],
    orders: Mapping[str, object],
    spared: Spared,
    public: Callable[[], dict[str, str] | None],
    needs: Path | None,
) -> tuple[Report, tuple[LeftOut, ...], Folders]:
    """Let Pelican make the site in ``fresh``, again without the posts whose pages turn out to be wrong.

    A page is judged when it is there, so a post that links to one that was left out is found in a second round.
    """
    from curate.site.audit import audit_site

    out: dict[str, LeftOut] = {}
    for _ in range(ROUNDS):
        (fresh / "ready.json").write_text(json.dumps(spared.ready), encoding="utf-8")
        report = _run_pelican(desk, fresh / "site", fresh / "report.json", orders, without=out)
        clear_spare(fresh / "site", spared.names, set(report.written))
        folders = look(fresh / "site", spared.folders)
        out |= {one.path: one for one in left_out.from_faults(report.faults)}
        if needs is not None and str(needs) in out:
            wanted = out[str(needs)]
            raise Refused(f"{wanted} The last good site stays.", wanted.hint)
        posts = public()
        pages = None if posts is None else {page: path for page, path in posts.items() if path not in out}
        problems = audit_site(fresh / "site", report, desk.content, pages, files_in(folders))
        found, rest = left_out.to_blame(problems, set(report.pages.values()))
        found += left_out.usurpers(list(out.values()), report.pages, last)
        if rest:
            raise _fault(rest, "Mend what it names, then build again.")
        if not found:
            return report, tuple(sorted(out.values(), key=lambda one: one.path)), folders
        out |= {one.path: one for one in found}
        shutil.rmtree(fresh / "site")
        spared = Spared()
    raise _fault([*map(str, out.values())], "Mend what they name, then build again.")


def _confs(desk: Desk) -> list[Path]:
    """Return the files that say what the site is, the one that Pelican is given first. Raises SiteFault."""
    confs = [path for path in (desk.root / "publishconf.py", desk.pelicanconf) if path.exists()]
    for path in confs:
        if not path.is_file():  # such as a pipe, which would be waited for
            raise SiteFault(f"{path} is no file; it says what the site is.", "Put it back from git or a backup.")
    return confs


def _run_pelican(
    desk: Desk, folder: Path, report: Path, told: Mapping[str, object], *, without: Collection[str] = ()
) -> Report:
    """Let Pelican build into ``folder`` without some files; return what our plugin reported. Raises SiteFault."""
    from curate.site.plugin.report import read_report

    if not _confs(desk):
        msg = f"{desk.pelicanconf} is missing; it says what the site is."
        raise SiteFault(msg, "Put it back from git or a backup.")
    conf = _confs(desk)[0]
    unread = report.with_name("left-out.json")
    unread.write_text(json.dumps(list(without)), encoding="utf-8")
    orders = {**ENFORCED, **told, "BUILD_REPORT": str(report), "BUILD_LEFT_OUT": str(unread)}
    command = [sys.executable, "-P", "-c", START, str(Path(__file__).parents[2])]
    command += [str(desk.content), "-s", str(conf), "-o", str(folder), "--fatal", "errors", "--log-handler", "plain"]
    command += ["-e", *(f"{name}={json.dumps(value)}" for name, value in orders.items())]
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment |= {"TZ": "UTC", "COLUMNS": "1000", "PYTHONUTF8": "1", "PYTHONHASHSEED": "0"}
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
    ours = OURS.findall(text)
    if ours:
        return f"The site could not be built: {ours[-1]}"
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


def _permalinks(pages: Sequence[str]) -> list[str]:
    """Return which of ``pages`` are posts', as posts/post.permalink gives their addresses."""
    return sorted(name.removesuffix("index.html") for name in pages if re.match(r"\d{4}/", name))
