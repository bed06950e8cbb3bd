"""Keep what pages need of an image: its size, and smaller copies in formats that load fast.

Copies lie in a cache under a digest of the image, so an image is worked on once. Knows no page, and loads
what draws only when there is something to draw.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from curate.desk.folder import write_whole

if TYPE_CHECKING:
    from pathlib import Path

RECIPE = b"1"  # changes when copies are made differently


class NoImage(ValueError):
    """The file is not an image that can be made smaller."""


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """An image's size as it is shown, and the names of its copies in the cache.

    ``fallback`` is for browsers that know none of the new formats; "" when the image itself serves.
    ``modern`` are (name, width), narrowest first, all of the type ``kind``; none when they would not be smaller.
    """

    width: int
    height: int
    fallback: str = ""
    kind: str = ""
    modern: tuple[tuple[str, int], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all copies."""
        return (*filter(None, [self.fallback]), *(name for name, _ in self.modern))


def scale(path: Path, cache: Path) -> Scaled:
    """Return what pages need of the image at ``path``, making the copies that ``cache`` lacks. Raises NoImage."""
    raw = path.read_bytes()
    digest = sha256(RECIPE + raw).hexdigest()[:16]
    known = cache / f"{digest}.json"
    found = _known(known)
    if found is not None:
        return found
    from curate.site.plugin.shrink import shrink

    scaled, copies = shrink(raw, digest)
    for name, data in copies.items():
        write_whole(cache / name, data)
    sums = {name: sha256(data).hexdigest() for name, data in copies.items()}
    write_whole(known, json.dumps(asdict(scaled) | {"sums": sums}))  # last: what it names is there
    return scaled


def _known(path: Path) -> Scaled | None:
    """Return what was found out before; None when nothing was, or when the cache is not as it was left."""
    try:
        said = json.loads(path.read_bytes())
        sums = said.pop("sums")
        found = Scaled(**said | {"modern": tuple((str(name), int(width)) for name, width in said["modern"])})
        whole = all(sha256((path.parent / name).read_bytes()).hexdigest() == sums[name] for name in found.names)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return found if whole else None
