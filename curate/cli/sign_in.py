"""Walk a person through getting a token: numbered steps, the browser, and what to do without one.

With a token file, or with nobody at the terminal, nothing is asked. What a prompt must not show it does
not show; no line printed here holds a code or a token.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from typing import TYPE_CHECKING, Any

import click

from curate.cli import render
from curate.errors import NetworkTrouble, UsageError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator

    from curate.cli.here import Here
    from curate.desk.settings import Account
    from curate.shares.sign_in import Begun, Page
    from curate.shares.tokens import Holder, Secret
    from curate.web.callback import Callback
    from curate.web.client import Client

PATIENCE = 300.0  # seconds a person has in the browser
NAMES = {
    "linkedin": "LinkedIn", "x": "X", "facebook": "Facebook", "threads": "Threads", "mastodon": "Mastodon",
    "bluesky": "Bluesky",
}  # fmt: skip
STEPS = {  # no line wider than a small terminal
    "linkedin": """\
  1. Open https://www.linkedin.com/developers/apps in your browser and create
     an app. It is free; it wants a company page, and any page of yours will do.
  2. Products: add “Share on LinkedIn” and
     “Sign In with LinkedIn using OpenID Connect”.
  3. Auth, “Authorized redirect URLs”: add exactly
     {returns}
  4. Keep that page open: its Client ID and Client Secret are asked for next,
     once.""",
    "facebook": """\
  1. Open https://developers.facebook.com/apps in your browser and create an app
     to manage a page of yours. It is free, and may stay in development: you
     post on your own page.
  2. App settings, Basic: its App ID and App Secret are asked for next, once.
  3. Facebook Login, Settings: {returns} must
     be allowed; in development it is.""",
    "threads": """\
  1. Open https://developers.facebook.com/apps in your browser and create an app
     that accesses Threads. It is free, and may stay in development.
  2. App roles: add your Threads account as a tester, and accept that at
     https://www.threads.com/settings/website_permissions
  3. Use case, Settings, “Redirect callback URLs”: add exactly
     {returns}
  4. Use case, Permissions and features: add threads_content_publish and
     threads_manage_insights.
  5. Keep that page open: its Threads app ID and Threads app secret are asked
     for next, once.""",
    "mastodon": """\
  1. Open {server}/settings/applications
     in your browser and sign in.
  2. New application: any name; leave the redirect address as it is.
  3. Scopes: only profile (or read:accounts), read:statuses,
     read:notifications, write:statuses and write:media.
  4. Submit, open the application, and copy “Your access token”.
  Or let the browser do it: curate registers itself at the server, and you only
  say yes.""",
    "bluesky": """\
  1. Open https://bsky.app/settings/app-passwords in your browser and sign in.
  2. Add an app password: any name; direct messages are not needed.
  3. Copy it; it is shown once.""",
    "x": """\
  1. Open https://console.x.com in your browser, sign in and create an app.
     Posting costs: about 0.015 dollars for each post, 0.20 with a link, from
     credits you buy before.
  2. User authentication settings: “Read and write”.
  3. Keys and tokens: make an API key and secret, then an access token and
     secret (after step 2, not before).
  4. Copy the four of them; each is asked for next. They do not end by
     themselves.""",
    "email": """\
  1. Look up your provider's outgoing mail server (SMTP) and your user name
     there; often it is your address.
  2. If you sign in with two factors, make an app password in your provider's
     security settings.""",
}
APPS = {  # what each network calls one's own app's id and secret
    "linkedin": ("Client ID", "Client Secret"),
    "facebook": ("App ID", "App secret"),
    "threads": ("Threads app ID", "Threads app secret"),
}
ASKED = {
    "x": {
        "api_key": "API key",
        "api_secret": "API key secret",
        "token": "Access token",
        "token_secret": "Access token secret",
    },
    "email": {"password": "Password"},
}


def read_file(here: Here, account: Holder, file: str) -> Secret:
    """Read the token, or the keys, from where the person said. Raises UsageError."""
    from pathlib import Path

    from curate.shares.tokens import read_keys

    try:
        text = here.stdin_or("-") if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The token file {file} cannot be read.", "--token-file FILE, or - for stdin") from error
    known = {"user": account.handle} if account.network == "email" else {}
    return read_keys(account.network, text, **known)


async def obtain(
    here: Here, client: Client, name: str, account: Account, *, file: str | None, port: int, old: Secret | None
) -> Secret:
    """Return the token of the account ``name``; of a Facebook account, that of one page.

    ``old`` is the token it had: its app is used again. Raises UsageError, SignInNeeded, NetworkTrouble.
    """
    from curate.shares.sign_in import DOORS, take_pasted

    if file is not None:
        secret = take_pasted(account.network, read_file(here, account, file), now=here.now())
    elif not here.interactive():
        raise UsageError("A token is needed, and nobody is here to paste one.", "--token-file FILE, or - for stdin")
    elif account.network in DOORS:
        secret = await _by_browser(here, client, name, account, port=port, old=old)
    else:
        secret = _by_asking(here, account)
    if account.network == "facebook":
        secret = await _choose_page(here, client, name, account, secret)
    return secret


def _by_asking(here: Here, account: Account) -> Secret:
    from curate.shares.tokens import read_secret, secret_of

    _steps(here, account, "")
    asked = ASKED.get(account.network)
    if asked is None:
        return read_secret(hidden("Paste it here"))
    parts = {"user": _asked("User name", default=account.handle)} if "user" in _keys(account) else {}
    for key, words in asked.items():
        parts[key] = read_secret(hidden(words)).reveal()
    return secret_of(**parts)


def _keys(account: Account) -> tuple[str, ...]:
    from curate.shares.tokens import KEYS

    return KEYS[account.network][0]


async def _by_browser(
    here: Here, client: Client, name: str, account: Account, *, port: int, old: Secret | None
) -> Secret:
    """Sign in by the network's own page, or take a token the person pastes instead."""
    from curate.shares.sign_in import DOORS, begin, finish, read_return, take_pasted
    from curate.shares.tokens import APP, read_secret, secret_of

    door = DOORS[account.network]
    app = old if old is not None and old.part("client_secret") else None
    if app is None:
        _steps(here, account, door.returns.format(port=port))
    pasted = hidden("Press Enter to sign in with the browser, or paste a token", default="")
    if pasted:
        token = read_secret(pasted)
        if app is not None:  # of it only what the network knows the app by; the rest was the old token's
            parts = {key: app.part(key) for key in APP}
            token = secret_of(token=token.reveal(), **parts)
        return take_pasted(account.network, token, now=here.now())
    if app is None and door.app:
        what, secret_name = APPS[account.network]
        client_id = _asked(what).strip()
        app = secret_of(client_id=client_id, client_secret=read_secret(hidden(secret_name)).reveal())
    begun = await begin(
        client, name, account, port=port,
        client_id=app.part("client_id") if app else "", client_secret=app.part("client_secret") if app else "",
    )  # fmt: skip
    async with _listening(port if door.listening else None, begun) as callback:
        await _open(here, begun, listening=callback is not None)
        address = await _come_back(callback)
    return await finish(client, account, begun, read_return(begun, address), now=here.now())


@contextlib.asynccontextmanager
async def _listening(port: int | None, begun: Begun) -> AsyncIterator[Callback | None]:
    """Listen for the browser where that can be; else its address has to be pasted."""
    from curate.web.callback import listen

    async with contextlib.AsyncExitStack() as opened:
        callback = None
        if port is not None:
            with contextlib.suppress(OSError):  # somebody else listens there
                callback = await opened.enter_async_context(listen(port, begun.state))
        yield callback


async def _open(here: Here, begun: Begun, *, listening: bool) -> None:
    """Open the network's page, and say what to do when that was not this machine's browser."""
    import asyncio
    import webbrowser

    opened = await asyncio.to_thread(webbrowser.open, begun.url)  # a browser in the terminal stays until it is quit
    here.say(
        ("  Your browser opens the network's page" if opened else "  Open this address in a browser")
        + ": sign in there and allow curate.\n"
        + f"  {begun.url}"
    )
    if listening:
        here.say(
            "  curate notices by itself when you are done. If the browser is on another\n"
            "  machine, it ends at a page that cannot be shown: copy that page's address\n"
            f"  ({begun.returns}?…), paste it here, press Enter."
        )
    else:
        here.say(
            "  It ends at a page that cannot be shown. That is as it should be: copy that\n"
            f"  page's address from the browser's address line ({begun.returns}?…)\n"
            "  and paste it here."
        )


async def _come_back(callback: Callback | None, patience: float = PATIENCE) -> str:
    """Wait for the browser, or for its address to be pasted. Raises NetworkTrouble when neither comes."""
    import asyncio

    if callback is None:
        return str(_asked("Address"))
    loop = asyncio.get_running_loop()
    pasted: asyncio.Future[str] = loop.create_future()

    def heard() -> None:
        line = sys.stdin.readline()
        if not line:
            loop.remove_reader(sys.stdin)
        if not pasted.done() and (line.strip() or not line):
            pasted.set_result(line.strip())

    with contextlib.suppress(NotImplementedError):  # Windows' loop hears no terminal
        loop.add_reader(sys.stdin, heard)
    try:
        done, _ = await asyncio.wait({callback.visit, pasted}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
    finally:
        with contextlib.suppress(NotImplementedError):
            loop.remove_reader(sys.stdin)
    if not done:
        raise NetworkTrouble(
            "", f"The browser did not come back within {patience:g} s.", "Nothing was stored. Start again."
        )
    address = done.pop().result()
    if not address:
        raise click.Abort
    return address


async def _choose_page(here: Here, client: Client, name: str, account: Account, secret: Secret) -> Secret:
    """Return what posts on one page of the person's: the only one, the one named by --handle, or the one chosen."""
    from curate.shares.sign_in import lengthen, list_pages, of_page

    try:
        pages = await list_pages(client, name, account, secret)
        if pages is None:
            return secret
        if not secret.part("issued_at"):  # a pasted one may live for an hour, and its pages' tokens with it
            secret = await lengthen(client, name, account, secret, now=here.now())
            pages = await list_pages(client, name, account, secret) or []
    except NetworkTrouble:
        if here.offline:
            return secret  # it is stored untested, and said so
        raise
    if not pages:
        raise UsageError(
            "There is no page among what you allowed.", "curate posts on pages only. Start again and choose yours."
        )
    named = [page for page in pages if account.handle and account.handle in (page.number, page.title)]
    return of_page(secret, (named or pages)[0] if len(named or pages) == 1 else _ask_page(here, pages))


def _ask_page(here: Here, pages: list[Page]) -> Page:
    listed = [f"{number}. {render.term_safe(page.title)} ({page.number})" for number, page in enumerate(pages, 1)]
    if not here.interactive():
        raise UsageError(f"There are {len(pages)} pages: {'; '.join(listed)}.", "Say which: --handle and its name.")
    here.say("\n".join(["  Which page?", *(f"  {line}" for line in listed)]))
    number: int = _asked("Number", type=click.IntRange(1, len(pages)))
    return pages[number - 1]


def _steps(here: Here, account: Account, returns: str) -> None:
    what = "the password" if account.network == "email" else "a token"
    here.say(
        f"curate needs {what} of your {NAMES.get(account.network, account.network)} account:\n"
        + STEPS[account.network].format(server=account.server, returns=returns)
    )


def hidden(words: str, default: str | None = None) -> str:
    """Ask for what must not show."""
    return str(_asked(f"{words} (it does not show)", hide_input=True, default=default, show_default=False))


def _asked(words: str, **rest: Any) -> Any:  # noqa: ANN401 - what click's prompt takes and gives
    """Ask for a line. Ctrl-C ends the question at once; asyncio, in which it is asked, would heed it after Enter."""
    heeded = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return click.prompt(f"  {words}", err=True, **rest)
    finally:
        signal.signal(signal.SIGINT, heeded)
