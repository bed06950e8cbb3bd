"""Create a desk: the folder, its settings and first page, and a first git commit where git is.

Fetches and sends nothing, and never touches a file that is there already.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from curate.desk.folder import Desk, write_new
from curate.desk.settings import check_settings
from curate.errors import Conflict, CurateError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

OPML = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0">
  <head>
    <title>Feeds</title>
  </head>
  <body>
  </body>
</opml>
"""

PELICANCONF = '''"""Settings of the site. Name, address and topics come from curate.toml and the profile.

Whatever is set below the import wins; https://docs.getpelican.com/en/latest/settings.html lists all names.
"""

from curate.site.plugin.settings import pelican_settings

globals().update(pelican_settings(__file__))
'''

PUBLISHCONF = '''"""Settings of the site as the public sees it: with its address and its feed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from curate.site.plugin.settings import public_settings
from pelicanconf import *

globals().update(public_settings(__file__))
'''

OURS = ("curate.toml", "feeds.opml", "content", "pelicanconf.py", "publishconf.py", ".gitignore")
IGNORED = "/.curate/\n/output/\n__pycache__/\n"


def create_desk(root: Path, *, name: str, url: str, topics: Sequence[str], today: date) -> Desk:
    """Make ``root`` a desk of ``name``, who publishes at ``url`` (may be empty for now).

    Raises Conflict when ``root`` is a desk already, UsageError when the settings could not be read
    back; nothing is then touched.
    """
    desk = Desk(root.absolute())
    if desk.settings.exists():
        raise Conflict(str(desk.root), f"{desk.root} is a desk already.", f"curate -C {root} today")
    files = {
        desk.feeds: OPML,
        desk.pelicanconf: PELICANCONF,
        desk.root / "publishconf.py": PUBLISHCONF,
        desk.root / ".gitignore": IGNORED,
        desk.profile: _profile(name, url, today),
        desk.content / "pages" / "about.md": _about(name, topics),
        desk.settings: _settings(name, url, topics),  # last: from here on it is a desk
    }
    check_settings(files[desk.settings], desk.settings)
    try:
        desk.root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{desk.root} cannot be made: {error.strerror}."
        raise CurateError(msg) from error
    for path, text in files.items():
        if not path.exists():
            write_new(path, text)
    return desk


def _settings(name: str, url: str, topics: Sequence[str]) -> str:
    return f"""# Who you are and how curate works for you. curate config list shows every setting.

[site]
name = {json.dumps(name, ensure_ascii=False)}
url = {json.dumps(url, ensure_ascii=False)}
timezone = "UTC"  # such as "Europe/Berlin"; slots are meant in it
language = "en"
topics = {json.dumps(list(topics), ensure_ascii=False)}

[deploy]
target = ""  # "folder:/var/www/site" or "git:origin#gh-pages"
"""


def _profile(name: str, url: str, today: date) -> str:
    return f"""# Your profile in JSON Resume's shape (https://jsonresume.org/schema).
# “confirmed” says on which day each part was last true.
basics:
  name: {json.dumps(name, ensure_ascii=False)}
  label: ""      # what you do, in one line
  summary: ""
  url: {json.dumps(url, ensure_ascii=False)}
  profiles: []   # - {{network: Mastodon, username: dana, url: "https://example.social/@dana"}}
# Also in basics: email, image (such as images/me.jpg), location, spellings, pronunciation.
# With one of these there is a page /resume/:
# work:
# - {{position: Lead, name: Example, startDate: 2023-03, highlights: [What changed because of me]}}
# results:
# - {{outcome: Nights are quiet, metric: pages a week, before: 31, after: 4, proof_url: "https://example.org"}}
# certificates: [{{name: …, issuer: …, date: 2024}}]
# education: [{{institution: …, area: …, studyType: BSc, startDate: 2007, endDate: 2011}}]
# On it, too: talks: [{{name: …, event: …, date: 2025-05}}]
# On the page /about/: about: {{choosing: How I choose links., correcting: How I correct., disclosure: Who pays me.}}
confirmed:
  basics: {today.isoformat()}
"""


def _about(name: str, topics: Sequence[str]) -> str:
    subject = ", ".join(topics) if topics else "my field"
    return f"""---
title: About
slug: about
status: published
---
I am {name}. I read widely about {subject}, choose the few articles that matter and say what I make of them.

When I get something wrong, the correction is dated and stays visible.
"""


def commit_first(desk: Desk) -> str:
    """Put the new desk under git with one commit; return what happened, in words.

    Only what a desk is made of is added, not what else lay in the folder. A machine without git
    or without a git identity loses nothing but the commit. A desk made inside an existing
    repository is left to that repository.
    """
    if shutil.which("git") is None:
        return "git is not installed; the desk works without it."
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}

    def git(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *arguments],
            cwd=desk.root,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )

    if git("rev-parse", "--is-inside-work-tree").returncode == 0:
        return "The desk lies in a git repository; commit it when you like."
    ours = [name for name in (*OURS, ".github", ".gitlab-ci.yml") if (desk.root / name).exists()]
    steps = (("init", "--quiet"), ("add", "--", *ours), ("commit", "--quiet", "--message", "Start the desk"))
    for step in steps:
        done = git(*step)
        if done.returncode:
            if step[0] == "commit" and "user.email" in done.stderr:
                return "git does not know your name yet, so nothing is committed: git config --global user.name …"
            reason = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
            return f"git {step[0]} failed ({reason[0]}); the desk works without it."
    return "git: 1 commit"
