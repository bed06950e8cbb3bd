"""Watch what a template reads of its context, so that a page is rendered again when that changed, and only then.

A read is a list of texts and numbers: ["v", NAME] the whole value, ["b", NAME] whether it is empty, ["n", NAME] how
long it is, ["s", NAME, FROM, TO, STEP] a slice, ["x", PATH, NAME] what was written on an article after it was made (of
the page's own article without PATH).
Names of settings are left out: every page depends on all settings.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, SupportsIndex

from jinja2.runtime import Context
from jinja2.utils import missing

from curate.site.plugin.kept import OF_THIS_BUILD, kept_of
from curate.site.plugin.prints import MISSING, Opaque

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from curate.site.plugin.kept import Kept

Read = tuple[Any, ...]


class Watch:
    """What one rendering reads; ``context`` is what it was given."""

    def __init__(self, context: Mapping[str, Any], settings: Mapping[str, Any], lists: dict[Any, Any]) -> None:
        self.context = context
        self.settings = settings
        self.reads: set[Read] = set()
        self._lists = lists

    def resolve(self, name: str, value: Any) -> Any:  # noqa: ANN401 - any value
        """Note that ``name`` is read and return what the template gets for ``value``."""
        if name in self.settings and name not in OF_THIS_BUILD and self._is_setting(name):
            return value
        given = self.context.get(name, missing)
        if given is missing and value is not missing:
            return value  # the template's own, or a global of the environment
        if isinstance(given, list) and value is given:
            key = (name, id(given))
            if key not in self._lists:
                self._lists[key] = (given, Watched(given, name))  # the list is held, so that its id stays its own
            watched: Watched = self._lists[key][1]
            watched.watch = self
            return watched
        self.reads.add(("v", name))
        return value

    def read(self) -> list[Read]:
        """Return all that was read, in order; what was written on the page's own article is said of no name."""
        article = self.context.get("article")
        own = getattr(article, "relative_source_path", None)
        reads = {("x", "", read[2]) if read[0] == "x" and read[1] == own else read for read in self.reads}
        return sorted(reads, key=str)

    def _is_setting(self, name: str) -> bool:
        return name in self.context and self.context[name] is self.settings[name]


class Watched(list[Any]):
    """A list of the context that tells its watch how much of it is read; what is not told apart is all of it."""

    def __init__(self, items: Iterable[Any], name: str) -> None:
        super().__init__(items)
        self.name = name
        self.watch: Watch

    def __bool__(self) -> bool:
        self.watch.reads.add(("b", self.name))
        return super().__len__() > 0

    def __len__(self) -> int:
        self.watch.reads.add(("n", self.name))
        return super().__len__()

    def __getitem__(self, at: SupportsIndex | slice) -> Any:  # noqa: ANN401 - an item or some
        if isinstance(at, slice):
            self.watch.reads.add(("s", self.name, at.start, at.stop, at.step))
        else:
            self._all()
        return super().__getitem__(at)

    def __iter__(self) -> Iterator[Any]:
        self._all()
        return super().__iter__()

    def _all(self) -> None:
        self.watch.reads.add(("v", self.name))


def _whole(name: str) -> Any:  # noqa: ANN401 - a method
    method = getattr(list, name)

    def read(self: Watched, *rest: Any, **named: Any) -> Any:  # noqa: ANN401 - list's own
        self.watch.reads.add(("v", self.name))
        return method(self, *rest, **named)

    return read


for _name in ("__add__", "__contains__", "__eq__", "__ge__", "__gt__", "__le__", "__lt__", "__mul__", "__ne__",
              "__repr__", "__reversed__", "__rmul__", "copy", "count", "index", "pop", "sort", "reverse"):  # fmt: skip
    setattr(Watched, _name, _whole(_name))


class WatchedContext(Context):
    """Jinja's context, telling the watch each name that a template looks up."""

    def resolve_or_missing(self, key: str) -> Any:  # noqa: ANN401 - Jinja's own
        """Look up a name."""
        if key in self.vars:
            return self.vars[key]
        value = self.parent.get(key, missing)
        watch = kept_of(self.parent).watch
        return value if watch is None else watch.resolve(key, value)


class Look:
    """Look at what pages would find now: ``own`` is what one page alone is given, ``shared`` what all of them are."""

    def __init__(self, own: Mapping[str, Any], shared: Mapping[str, Any], kept: Kept) -> None:
        self.own = own
        self.shared = shared
        self._kept = kept
        self._told: dict[Read, str] = {}  # of what is shared

    def at(self, own: Mapping[str, Any]) -> Look:
        """Look at another page."""
        self.own = own
        return self

    def shown(self, reads: Iterable[Read]) -> str:
        """Return the print of all that ``reads`` would find; "" when one of it has none."""
        try:
            told = "\n".join([self._see(read) for read in reads])
        except Opaque:
            return ""
        return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def _see(self, read: Read) -> str:
        """Return a text that tells what a read would find. Raises Opaque."""
        kind, name = read[0], read[1]
        if kind == "x":
            article = self._kept.articles.get(name) if name else self.own.get("article")
            return self._kept.prints.told(MISSING if article is None else article.written(read[2]))
        if name in self.own:
            return self._tell(read, self.own[name])
        told = self._told.get(read)
        if told is None:
            told = self._told[read] = self._tell(read, self.shared.get(name, MISSING))
        return told

    def _tell(self, read: Read, value: Any) -> str:  # noqa: ANN401 - any value
        kind = read[0]
        if kind == "v":
            return self._kept.prints.told(value)
        if not isinstance(value, list):
            return "no list"
        if kind == "s":
            return self._kept.prints.told(value[slice(*read[2:])])
        return str(len(value) if kind == "n" else bool(value))
