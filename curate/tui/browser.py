"""Open a page in the person's browser from a screen. Must not know what the page is.

Where there is no desktop, the browser may be a program for the terminal, which needs the screen for itself.
"""

from __future__ import annotations

import webbrowser
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from textual.app import SuspendNotSupported

if TYPE_CHECKING:
    from textual.app import App


def open_page(app: App[Any], address: str) -> str:
    """Open ``address``, leaving the screen to a browser of the terminal until it is quit; return what to say of it."""
    try:
        with app.suspend() if _wants_the_screen() else nullcontext():
            opened = webbrowser.open(address)
    except SuspendNotSupported:
        return f"This terminal cannot be left to a browser: {address}"
    return f"opened: {address}" if opened else f"No browser was found: {address}"


def _wants_the_screen() -> bool:
    """Say whether the first browser that would be tried runs in the foreground."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    return type(browser) is webbrowser.GenericBrowser or type(browser).__name__ == "Elinks"
