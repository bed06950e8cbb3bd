"""The commands ``help`` and ``completion``: what to read, and what the Tab key offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curate.cli.main import Command
from curate.errors import Unknown

if TYPE_CHECKING:
    from curate.cli.here import Here

TOPICS = {
    "workflow": """A day with curate

  curate fetch                       read the feeds
  curate triage                      keep a few items, skip the rest
  curate item note ID "…"            what struck you
  curate item quote ID "…"           the passage, at most 90 words
  curate write ID                    your own words, in your editor
  curate post check SLUG             what is still missing
  curate publish SLUG                the page is built and deployed
  curate share plan SLUG --to mastodon,bluesky --at next
  curate share approve ID            only what you approved is ever sent
  curate tick                        sends what is due; let cron run it every five minutes
  curate today                       the day on one screen""",
    "keys": """Keys of curate triage

  j k or arrows   move               s   keep
  g G             first, last        x   skip
  Tab             skim, 15 a page    z   later
  Enter           read               .   repeat
  Space V *       mark, a range, all in sight; then s, x, z for all that is marked
  X               in the skim: skip the others of the page
  n " # v         note, quote, tags, via
  e               write, in the editor
  t               take a story apart
  o y             browser, copy the address
  w               why it stands there
  /  f F          filter, next feed, feed before
  u U             undo, redo
  ?  Ctrl-P       all keys, commands by name
  q               leave; all is saved""",
    "query": """What to look for: in item search, item list --query, triage and its filter, rules

  word word            both, in title, text, people, notes or tags; while you search, the last
                       may be a beginning, in a rule it is the whole word
  "two words"          side by side
  #tag                 with this tag                -word, -#tag, -field:…   not that
  from:weekly          feeds with this in their title or address
  title: body: summary: author: site: note: url:    only there; title:"two words", too
  newer:7d older:2026-11-01                         12h, 7d, 2w or a day
  state:kept           new, kept, later, skipped, drafted, posted
  has:note             note, quote, tag, via, text (the whole article), story
  words:>500 words:<2000                            how long it is
  lang:de              its language                 rule:tips   touched by that rule

  All of it must be true. Such as: from:weekly "error budget" -hiring newer:7d""",
    "exit-codes": """Exit codes

  0    done, or nothing to do
  1    failed; nothing half-written
  2    the command cannot be meant so
  3    a check found problems, or a limit refused
  4    sign-in needed or expired
  5    network or remote trouble, or part of a batch failed; the rest was kept
  6    another curate holds the lock, or a file changed underneath
  130  interrupted; what was done is saved""",
    "environment": """Environment

  VISUAL, EDITOR         what opens a text (the setting editor.command wins)
  NO_COLOR               no colour
  CURATE_ALLOW_PRIVATE   private addresses curate may visit, such as 127.0.0.0/8:8080, separated by
                         commas; added to the setting fetch.allow_private
  XDG_CONFIG_HOME        where tokens are kept when the system has no keyring (Linux)""",
    "formatting": """Answers for scripts

  --json           one object: {"schema": …, "data": …, "warnings": []}; errors are one object on
                   standard error: {"error": {"code", "message", "hint", "exit"}}
  --plain          one record a line, fields separated by tabs
  --fields a,b     only these fields, with either
  Data goes to standard output, everything else to standard error. Times are ISO 8601 in UTC.""",
    "writing": """What a post needs

  link        at least 40 words of yours and more than you quote; the source named and linked;
              each quote at most 90 words; a question
  essay       at least 200 words and a question
  prediction  a claim, a confidence and a date when it is due
  all         alternative text for every image, no leftover prompt text""",
}
SHELLS = ("bash", "zsh", "fish")


@click.command(cls=Command, name="help", epilog="Example: curate help exit-codes")
@click.argument("topic", required=False)
@click.pass_context
def help(ctx: click.Context, topic: str | None) -> None:  # noqa: A001 - the command's name
    """Show a topic: workflow, keys, query, exit-codes, environment, formatting, writing."""
    here: Here = ctx.obj
    if topic is None:
        root = ctx.find_root()
        text = root.command.get_help(root) + "\n\nTopics: " + ", ".join(TOPICS)
    elif topic in TOPICS:
        text = TOPICS[topic]
    else:
        root = ctx.find_root()
        command = root.command.get_command(root, topic) if isinstance(root.command, click.Group) else None
        if command is None:
            raise Unknown("topic", topic, f"There are: {', '.join(TOPICS)}; and every command's name.")
        text = command.get_help(click.Context(command, parent=root, info_name=topic))
    here.answer({"topic": topic or "", "text": text}, text.splitlines())


@click.command(cls=Command, epilog='Example: eval "$(curate completion bash)"')
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of your shell."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise Unknown("shell", shell)
    source = kind(ctx.find_root().command, {}, "curate", "_CURATE_COMPLETE").source()
    ctx.obj.answer({"shell": shell, "script": source}, source.splitlines(), verbatim=True)
