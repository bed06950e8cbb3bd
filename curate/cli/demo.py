"""The command ``demo``: the whole of curate once, on three sample feeds, without the network.

Every step is a real command in a process of its own, the same a person types; what is printed is
what it answered.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli import render
from curate.cli.main import Command
from curate.errors import Conflict, CurateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curate.cli.here import Here

MARK = ".curate-demo"  # a folder with this file was made by the demo, and may be replaced by it
FEEDS = {
    "field-notes.rss.xml": "application/rss+xml",
    "quiet-systems.atom.xml": "application/atom+xml",
    "hiring-ledger.feed.json": "application/feed+json",
}


@click.command(cls=Command, epilog="Example: curate demo")
@click.argument("folder", metavar="[DIR]", default="demo-desk", type=click.Path(path_type=Path))
@click.option("--again", is_flag=True, help="Replace the desk of an earlier demo.")
@click.pass_obj
def demo(here: Here, folder: Path, *, again: bool) -> None:
    """Go through the whole of curate once, on sample feeds, sending nothing."""
    root = (here.directory / folder).absolute()
    if root.exists():
        _clear(root, folder, again=again)
    with _served(resources.files("curate") / "samples") as address:
        tour = Tour(here, root, folder, address)
        tour.run()
    here.answer({"desk": root, "site": root / "output" / "index.html", "steps": tour.steps}, _farewell(folder, root))


def _clear(root: Path, folder: Path, *, again: bool) -> None:
    if not (root / MARK).is_file():
        raise Conflict(str(root), f"{root} is there already and is not a demo's.", "curate demo OTHER-DIR")
    if not again:
        raise Conflict(
            str(root), f"{root} is the desk of an earlier demo.", f"curate demo {folder} --again replaces it."
        )
    shutil.rmtree(root)


def _farewell(folder: Path, root: Path) -> list[str]:
    return [
        "",
        f"The site lies in {root / 'output'}; what would have been sent, in {root / '.curate' / 'outbox'}.",
        f"To read it in a browser:   {_program()} -C {shlex.quote(str(folder))} site serve --open",
    ]


def _program() -> str:
    """Return what to type for this curate: its name where the shell finds it, else where it is."""
    mine, found = Path(sys.argv[0]), shutil.which("curate")
    if mine.name != "curate" or (found and mine.exists() and Path(found).samefile(mine)):
        return "curate"
    return shlex.quote(str(mine))


@contextmanager
def _served(samples: Any) -> Iterator[str]:  # noqa: ANN401 - a folder inside the package
    """Serve the sample feeds on loopback for the block; yield the address."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/")
            if name not in FEEDS:
                self.send_error(404)
                return
            body = (samples / name).read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", FEEDS[name])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: the demo prints what the commands print."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class Tour:
    """The steps of the demo in one desk; ``steps`` lists the commands that ran."""

    def __init__(self, here: Here, root: Path, folder: Path, address: str) -> None:
        self.here = here
        self.root = root
        self.folder = folder
        self.address = address
        self.samples = resources.files("curate") / "samples"
        self.steps: list[str] = []

    def run(self) -> None:
        """Run every step; raises CurateError at the first that fails."""
        self.say("A desk is one folder of plain files.")
        self.step("init", str(self.folder), "--name", "Robin Hale", "--url", "https://robin-hale.example",
                  "--topics", "reliability, hiring, writing", "--no-git", "--no-input", inside=False)  # fmt: skip
        (self.root / MARK).write_text("Made by curate demo.\n")
        self.say("Three feeds, served from this machine for the length of the demo.")
        feeds = self.text("sample-feeds.opml", self.opml())
        self.step("feed", "import", feeds)
        self.step("fetch")
        self.step("item", "list", "--limit", "10")
        sample = json.loads(self.sample("demo.json"))
        item = self.find_item(sample["title"])
        self.say("One of them is worth a word of your own.")
        self.step("item", "keep", item)
        self.step("item", "note", item, self.sample("note.txt").strip())
        self.step("item", "quote", item, self.sample("quote.txt").strip())
        words = self.text("commentary.md", self.sample("commentary.md"))
        self.step("write", item, "--title", sample["headline"], "--from", words, "--no-edit")
        slug = next(str(post["slug"]) for post in self.ask("post", "list") if post["item"] == item)
        self.step("post", "check", slug)
        self.step("config", "set", "deploy.target", "folder:public")
        self.step("publish", slug, "--yes")
        self.say("Shares: each network its own words. These accounts rehearse; nothing leaves this machine.")
        for network, server in (("mastodon", "https://social.example"), ("bluesky", "https://pds.example")):
            self.step("account", "add", network, "--server", server, "--handle", "robin.example", "--deliver", "outbox")
        texts = [
            f"{network}={self.text(f'share-{network}.txt', self.sample(f'share-{network}.txt'))}"
            for network in ("mastodon", "bluesky")
        ]
        self.step("share", "plan", slug, "--to", "mastodon,bluesky", "--text-file", texts[0],
                  "--text-file", texts[1], "--at", self.here.now().isoformat(timespec="seconds"))  # fmt: skip
        planned = self.ask("share", "queue")
        self.step("share", "approve", *[str(share["id"]) for share in planned])
        self.step("share", "queue")
        self.step("tick", "--no-fetch")
        self.step("today")

    def sample(self, name: str) -> str:
        """Return the text of a sample."""
        return (self.samples / name).read_text(encoding="utf-8")

    def text(self, name: str, text: str) -> str:
        """Put a text in the demo's desk for a command to read; return its path as typed."""
        path = self.root / "sample-words" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)

    def opml(self) -> str:
        """Return the list of the sample feeds at the address they are served from."""
        rows = "".join(f'<outline type="rss" xmlUrl="http://{self.address}/{name}"/>' for name in FEEDS)
        return f'<opml version="2.0"><head><title>Samples</title></head><body>{rows}</body></opml>'

    def find_item(self, title: str) -> str:
        """Return the id of the item with this title, by the answer a script would ask for."""
        for item in self.ask("item", "list", "--limit", "0"):
            if item["title"] == title:
                return str(item["id"])
        raise CurateError(f"The sample “{title}” did not come in.")

    def say(self, message: str) -> None:
        """Tell the reader what comes next."""
        if not self.here.json:
            render.out(f"\n# {message}")

    def step(self, *arguments: str, inside: bool = True) -> None:
        """Print a command, run it and print what it answers."""
        line = shlex.join(["curate", *(["-C", str(self.folder)] if inside else []), *arguments])
        self.steps.append(line)
        done = self.process(arguments, inside=inside)
        if not self.here.json:
            render.out(f"\n$ {line}\n{(done.stdout + done.stderr).rstrip()}")
        self.judge(done, line)

    def ask(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON
        """Run a command with --json and return its data."""
        done = self.process((*arguments, "--json"), inside=True)
        self.judge(done, shlex.join(arguments))
        return json.loads(done.stdout)["data"]

    def process(self, arguments: tuple[str, ...], *, inside: bool) -> subprocess.CompletedProcess[str]:
        """Run ``curate`` as a process of its own, allowed to visit the sample feeds."""
        environment = {**os.environ, "CURATE_ALLOW_PRIVATE": self.address, "PYTHONIOENCODING": "utf-8"}
        place = ["-C", str(self.root)] if inside else ["-C", str(self.here.directory.absolute())]
        return subprocess.run(
            [sys.executable, "-m", "curate", *place, *arguments],
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip

    def judge(self, done: subprocess.CompletedProcess[str], line: str) -> None:
        """Stop the demo when a step failed."""
        if done.returncode:
            raise CurateError(f"The demo stopped at: {line} (exit {done.returncode}).\n{done.stderr.strip()}")
