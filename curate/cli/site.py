"""The commands of ``site``: build it, look at it, deploy it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curate.cli import render
from curate.cli.main import Group
from curate.cli.site_check import check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from curate.cli.here import Here
    from curate.site.build import Built
    from curate.site.deploy import Deployed


@click.group(cls=Group)
def site() -> None:
    """Build the site, look at it, deploy it."""


site.add_command(check)


@site.command(epilog="Example: curate site build")
@click.option("--drafts", is_flag=True, help="Build a preview with drafts into .curate/preview instead.")
@click.pass_obj
def build(here: Here, *, drafts: bool) -> None:
    """Build the site into output/; a post with a fault keeps its last page, and the rest is built."""
    built = _built(here, drafts=drafts)
    data: dict[str, object] = {
        "output": built.output,
        "pages": built.pages,
        "posts": built.posts,
        "seconds": built.seconds,
    }
    data["left_out"] = [vars(one) for one in built.left_out]
    here.answer(data, _told(built), warnings=built.warnings, exit_code=3 if built.left_out else 0)


@site.command(epilog="Example: curate site serve --open --drafts")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--open", "open_", is_flag=True, help="Open it in the browser.")
@click.option("--drafts", is_flag=True, help="Build and show a preview with drafts, anew after each change.")
@click.pass_obj
def serve(here: Here, port: int, *, open_: bool, drafts: bool) -> None:
    """Show the built site on this machine until Ctrl-C; with --drafts, built again whenever you save."""
    from contextlib import nullcontext

    from curate.errors import CurateError
    from curate.site.manifest import read_mark
    from curate.site.serve import Builds, make_server, watching

    folder = _built(here, drafts=True).output if drafts else here.desk().output
    if read_mark(folder) is None:
        raise CurateError(f"There is no built site in {folder}.", "curate site build")
    builds = Builds() if drafts else None
    watch = watching(here.desk(), builds, lambda: _rebuild(here)) if builds else nullcontext()
    with make_server(folder, port, builds) as server, watch:
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        here.answer({"url": url, "folder": folder}, [f"Serving {folder} at {url}", "Ctrl-C ends it."])
        if open_:
            click.launch(url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            here.say("Stopped serving.")


@site.command(epilog="Example: curate site deploy --target folder:/var/www/site")
@click.option(
    "--target",
    default="",
    help="folder:PATH, git:REMOTE#BRANCH, rsync:USER@HOST:/PATH or rclone:REMOTE:BUCKET/PATH; else deploy.target.",
)
@click.option("--dry-run", "-n", is_flag=True, help="Say how many files would change, and change none.")
@click.option("--yes", "-y", is_flag=True, help="Deploy without asking.")
@click.pass_obj
def deploy(here: Here, target: str, *, dry_run: bool, yes: bool) -> None:
    """Carry the built site where readers are."""
    from curate.errors import NetworkTrouble
    from curate.site.deploy import deploy_site, parse_target

    where = target or here.settings().deploy.target
    place = parse_target(here.desk(), where)
    if here.offline and place.remote:
        raise NetworkTrouble(place.remote, f"--offline: nothing was sent to {place}.", "Deploy again without it.")
    if not dry_run:
        here.confirm(f"Deploy the site to {place}?", yes=yes)
    done = deploy_site(here.desk(), where, now=here.now(), dry_run=dry_run)
    data = {"target": done.target, "files": done.files, "changed": done.changed, **vars(done.changes)}
    data["dry_run"] = dry_run
    here.answer(data, [_sent(done, dry_run=dry_run)])


@site.command(epilog="Example: curate site cards")
@click.pass_obj
def cards(here: Here) -> None:
    """Draw the social images that published posts lack, as after a title changed."""
    from curate.posts.files import read_posts
    from curate.site.cards import draw_missing

    posts, _ = read_posts(here.desk().content)
    drawn = draw_missing(here.desk(), here.settings().site.name, posts)
    made = [*(f"Drew {path}" for path in drawn.paths), "curate site build puts them on the pages."]
    made = made if drawn.paths else ["Every published post has its social image."]
    here.answer({"drawn": drawn.paths}, made, warnings=drawn.warnings)


def _built(here: Here, *, drafts: bool) -> Built:
    """Build, and show with --verbose or --debug what Pelican said, whatever came of it."""
    from curate.site.build import build_log, build_site

    desk = here.desk()
    try:
        return build_site(desk, here.settings(), now=here.now(), drafts=drafts)
    finally:
        if here.verbose or here.debug:
            _show(here, build_log(desk))


def _rebuild(here: Here) -> None:
    """Build the preview again after a change; what is wrong is said, and the last good one stays."""
    from curate.errors import CurateError

    try:
        for one in _built(here, drafts=True).left_out:
            here.say(str(one))
    except CurateError as error:
        here.say(error.message)


def _show(here: Here, log: Path) -> None:
    if log.is_file():
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            here.say(render.term_safe(line))


def _told(built: Built) -> Iterator[str]:
    posts, pages = render.count(built.posts, "post"), render.count(built.pages, "page")
    yield f"Built  {posts}, {pages} in {built.seconds:.1f} s into {built.output}"
    for one in built.left_out:
        yield f"{one} {'Its last good page stays.' if one.kept else 'It has no page.'}"
    if built.left_out:
        yield f"{render.count(len(built.left_out), 'file')} left out. Mend what is named, then curate site build."


def _sent(done: Deployed, *, dry_run: bool) -> str:
    if not done.changed:
        return f"Nothing changed at {done.target}: its {render.count(done.files, 'file')} are as they should be."
    verb = "would change" if dry_run else "changed"
    how = ", ".join(f"{number} {word}" for word, number in vars(done.changes).items() if number)
    return f"{render.count(done.changed, 'file')} {verb} at {done.target}: {how}. The site has {done.files}."
