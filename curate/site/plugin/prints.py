"""Tell values apart by short prints: equal prints, equal values, as far as a template can see.

What has no print that says everything of it is ``Opaque``; a page that shows it is rendered each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, tzinfo
from hashlib import blake2b
from operator import attrgetter
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType
from typing import TYPE_CHECKING, Any

from pelican.contents import Content, Static
from pelican.paginator import Page as ListPage
from pelican.paginator import Paginator
from pelican.urlwrappers import URLWrapper
from pelican.utils import get_relative_path, path_to_url

if TYPE_CHECKING:
    from collections.abc import Callable

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
        self._ways: dict[type, Callable[[Any], str]] = {}
        self._chosen: tuple[tuple[Any, Callable[[Any], str]], ...] = (
            (SAID, lambda value: f"{type(value).__qualname__}:{value!r}"),
            ((list, tuple), self._listed),
            (Mapping, self._mapped),
            ((set, frozenset), self._set),
            (URLWrapper, self._wrapper),
            (Static, lambda value: f"Static:{value.source_path!r}:{value.url!r}:{value.save_as!r}"),
            (Content, self._content),
            ((Paginator, ListPage), self._paged),
            (tzinfo, lambda value: f"tz:{value}"),
        )

    def of(self, value: Any) -> str:  # noqa: ANN401 - any value
        """Return the print of ``value``. Raises Opaque."""
        return blake2b(self.told(value).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def told(self, value: Any) -> str:  # noqa: ANN401 - any value
        """Return a text that tells ``value`` from every other, as long as it takes. Raises Opaque."""
        kind = type(value)
        way = self._ways.get(kind)
        if way is None:
            way = self._ways[kind] = self._way(kind)
        return way(value)

    def _way(self, kind: type) -> Callable[[Any], str]:
        """Return what tells values of one type apart."""
        if hasattr(kind, "own_print"):
            return kind.own_print  # type: ignore[no-any-return]  # our articles'
        for kinds, way in self._chosen:
            if issubclass(kind, kinds):
                return way
        return self._fields(kind) if is_dataclass(kind) else self._code

    def _mapped(self, value: Any) -> str:  # noqa: ANN401 - a mapping
        return f"{{{','.join(f'{self.told(key)}={self.told(inner)}' for key, inner in value.items())}}}"

    def _set(self, value: Any) -> str:  # noqa: ANN401 - a set
        return f"<{','.join(sorted(map(self.told, value)))}>"

    def _wrapper(self, value: Any) -> str:  # noqa: ANN401 - a tag, topic or author
        return f"{type(value).__qualname__}:{self.told(value.name)}:{value.slug!r}"

    def _fields(self, kind: type) -> Callable[[Any], str]:
        """Return what tells dataclasses of one type apart."""
        names = [field.name for field in fields(kind)]
        values = [(f"{name}=", attrgetter(name)) for name in names]
        told, title = self.told, kind.__qualname__
        return lambda value: f"{title}({','.join([name + told(get(value)) for name, get in values])})"

    def _paged(self, value: Any) -> str:  # noqa: ANN401 - Pelican's Paginator or one of its pages
        said = {name: inner for name, inner in vars(value).items() if name not in ("settings", "_count")}
        return f"{type(value).__qualname__}{self.told(said)}"

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
        if id(value) not in self._known:
            said = {name: inner for name, inner in vars(value).items() if name not in HIDDEN}
            told = f"{type(value).__name__}{self.told(said)}{at_home(value)!r}"
            self._known[id(value)] = (value, told)
        return self._known[id(value)][1]

    def _code(self, value: Any) -> str:  # noqa: ANN401 - a function, class or module
        if value is MISSING:
            return "missing"
        named = isinstance(value, (FunctionType, BuiltinFunctionType, type))
        module = str(getattr(value, "__module__", ""))
        if named and module.startswith(TRUSTED) and getattr(value, "__closure__", None) is None:
            return f"{module}.{value.__qualname__}"
        raise Opaque(f"{type(value).__qualname__} {value!r}")
