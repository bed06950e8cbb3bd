"""Tell values apart by short prints: equal prints, equal values, as far as a template can see.

What has no print that says everything of it is ``Opaque``; a page that shows it is rendered each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, tzinfo
from hashlib import blake2b
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType
from typing import Any

from pelican.contents import Content, Static
from pelican.paginator import Page as ListPage
from pelican.paginator import Paginator
from pelican.urlwrappers import URLWrapper
from pelican.utils import get_relative_path, path_to_url

SAID = (str, int, float, bool, bytes, type(None), date, datetime, PurePath)
TRUSTED = ("curate.", "pelican.", "jinja2.", "builtins", "operator")  # whose code the cache's version tells
HIDDEN = {"settings", "_context", "_content", "_update_content", "translations"}  # of a Content: told otherwise
MISSING = object()


def at_home(content: Any) -> str:  # noqa: ANN401 - Pelican's Content
    """Return the HTML of a content as its own page shows it, with its links resolved."""
    return str(content.get_content(path_to_url(get_relative_path(content.save_as))))


class Opaque(Exception):
    """A value has no print."""


class Prints:
    """Make prints; lists and contents are gone through once in a build."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, str]] = {}  # with the value itself, so that its id stays its own

    def of(self, value: Any) -> str:  # noqa: ANN401 - any value
        """Return the print of ``value``. Raises Opaque."""
        return blake2b(self.told(value).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def told(self, value: Any) -> str:  # noqa: ANN401, C901, PLR0911 - one way for each kind of value
        """Return a text that tells ``value`` from every other, as long as it takes. Raises Opaque."""
        kind = type(value)
        if isinstance(value, SAID):
            return f"{kind.__qualname__}:{value!r}"
        if value is MISSING:
            return "missing"
        if isinstance(value, (list, tuple)):
            return self._listed(value)
        if isinstance(value, Mapping):
            return f"{{{','.join(f'{self.told(key)}={self.told(inner)}' for key, inner in value.items())}}}"
        if isinstance(value, (set, frozenset)):
            return f"<{','.join(sorted(map(self.told, value)))}>"
        if isinstance(value, URLWrapper):
            return f"{kind.__qualname__}:{self.told(value.name)}:{value.slug!r}"
        if isinstance(value, Content):
            return self._content(value)
        if is_dataclass(value) and not isinstance(value, type):
            inside = ",".join(f"{field.name}={self.told(getattr(value, field.name))}" for field in fields(value))
            return f"{kind.__qualname__}({inside})"
        if isinstance(value, (Paginator, ListPage)):
            said = {name: inner for name, inner in vars(value).items() if name not in ("settings", "_count")}
            return f"{kind.__qualname__}{self.told(said)}"
        if isinstance(value, tzinfo):
            return f"tz:{value}"
        return self._code(value)

    def _listed(self, value: Any) -> str:  # noqa: ANN401 - a list or tuple
        known = self._known.get(id(value))
        if known is not None:
            return known[1]
        told = f"{type(value).__name__}[{','.join(map(self.told, value))}]"
        if isinstance(value, list):
            told = blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
            self._known[id(value)] = (value, told)
        return told

    def _content(self, value: Content) -> str:
        if hasattr(type(value), "own_print"):
            return str(value.own_print())
        if isinstance(value, Static):
            return f"Static:{value.source_path!r}:{value.url!r}:{value.save_as!r}"
        if id(value) not in self._known:
            said = {name: inner for name, inner in vars(value).items() if name not in HIDDEN}
            told = f"{type(value).__name__}{self.told(said)}{at_home(value)!r}"
            self._known[id(value)] = (value, told)
        return self._known[id(value)][1]

    def _code(self, value: Any) -> str:  # noqa: ANN401 - a function, class or module
        named = isinstance(value, (FunctionType, BuiltinFunctionType, type))
        module = str(getattr(value, "__module__", ""))
        if named and module.startswith(TRUSTED) and getattr(value, "__closure__", None) is None:
            return f"{module}.{value.__qualname__}"
        raise Opaque(f"{type(value).__qualname__} {value!r}")
