"""The command ``publish``: a draft becomes a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curate.cli.main import Command, Moment
from curate.errors import NetworkTrouble

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from curate.cli.here import Here
    from curate.desk.settings import Settings
    from curate.presence.publish import Published

CONNECT = "curate account add mastodon     when you want to share"


@click.command(cls=Command, epilog="Example: curate publish small-models-on-call")
@click.argument("post", metavar="POST")
@click.option("--at", type=Moment(local=True), help="The post's date; a later one waits for curate tick.")
@click.option("--force", metavar="REASON", default="", help="Publish in spite of errors; the reason is kept.")
@click.option("--no-deploy", is_flag=True, help="Build only; curate site deploy sends it.")
@click.option("--yes", "-y", is_flag=True, help="Deploy without asking.")
@click.pass_obj
def publish(here: Here, post: str, at: datetime | None, force: str, *, no_deploy: bool, yes: bool) -> None:
    """Check a post, date it, build the site with it and deploy."""
    from curate.desk.locks import hold
    from curate.posts.files import find_post
    from curate.presence.publish import publish_post
    from curate.site.deploy import deploy_site, parse_target

    desk, settings, now = here.desk(), here.settings(), here.now()
    target = "" if no_deploy else settings.deploy.target
    if target:
        if parse_target(desk, target).remote and here.offline:
            raise NetworkTrouble(target, f"--offline: nothing may be sent to {target}.", "Publish with --no-deploy.")
        find_post(desk.content, post)  # nobody is asked about what is not there
        here.confirm(f"Publish {post} and deploy the site to {target}?", yes=yes)
    send = (lambda desk, target: deploy_site(desk, target, now=now)) if target else None
    with here.database() as connection, hold(desk, "publish"):
        moment = here.meant(at) if at else None
        done = publish_post(desk, settings, connection, post, now=now, at=moment, force=force, deploy=send)
    data = {"url": done.url, "path": done.path, "output": done.output, "scheduled": done.scheduled}
    data["deployed"] = done.deployed.target if done.deployed else None
    here.answer(data, _told(done, settings), warnings=done.warnings)


def _told(done: Published, settings: Settings) -> Iterator[str]:
    if done.scheduled:
        yield f"Ready      {done.url} appears on {done.scheduled:%d %b %Y %H:%M} UTC, with the next curate tick"
    else:
        yield f"Published  {done.url}"
    yield f"Built      {done.output}"
    if done.deployed:
        yield f"Deployed   {done.deployed.target} ({done.deployed.changed} of {done.deployed.files} files changed)"
    else:
        yield f"Next       curate site {'deploy' if settings.deploy.target else 'serve'}"
    later = f"curate share plan {done.slug} --at next" if settings.accounts else CONNECT
    yield f"{'Next' if done.deployed else '':<10} {later}"
