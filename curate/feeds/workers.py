"""Run parsers in processes that can be killed: what a hostile feed breaks is only its own turn.

Two workers, started when there is something to parse, each call within limits of time, processor
and memory. Knows nothing of feeds; whatever runs here must be a function of a module, and its
result plain data.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from curate.errors import CurateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.synchronize import RLock
    from types import TracebackType

    from pebble import ProcessPool

P = ParamSpec("P")
T = TypeVar("T")

WORKERS = 2
CALLS = 500  # until a worker makes room for a new one: what libraries forget to free stays little
SECONDS = 15.0
PROCESSOR = 10
MEMORY = 512 * 1024 * 1024  # bytes of address space
LITTER = 100_000  # objects made and kept until Python looks for circles among them: most feeds are read by then


class Unreadable(CurateError):
    """The bytes could not be read; the message is the reason, in a few words."""

    code = "unreadable"


class BrokenOff(Unreadable):
    """Reading was ended before it was done: another time the same bytes may be read."""


class Workers:
    """Enter with ``async with``; then ``run``. Costs nothing until the first call.

    A call may take ``seconds`` by the clock and ``processor`` seconds of work.
    """

    def __init__(self, *, seconds: float = SECONDS, processor: int = PROCESSOR) -> None:
        self._seconds = seconds
        self._processor = processor
        self._pool: ProcessPool | None = None
        self._locks: list[object] = []
        self._starting = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call] # pebble's own lack
            await asyncio.to_thread(self._pool.join)
            self._locks.clear()

    async def run(self, function: Callable[P, T], *args: P.args, **_: P.kwargs) -> T:
        """Return what ``function`` returns for ``args``, from another process.

        Raises Unreadable with its reason when it raised a CurateError, failed in another way, or
        used up its processor or memory; BrokenOff when it took too long or its process died.
        """
        from pebble import ProcessExpired  # here, and below: when nothing is new, nothing is to be read

        try:
            pool = await self._started()
            call = pool.schedule(_call, (function, args, self._processor), timeout=self._seconds)
            done, value = await asyncio.wrap_future(call)
        except TimeoutError:
            raise BrokenOff(f"takes longer than {self._seconds:g} s to read") from None
        except ProcessExpired as error:
            if sys.platform != "win32" and error.exitcode == -signal.SIGXCPU:
                raise Unreadable(f"takes more than {self._processor} s of work to read") from None
            raise BrokenOff("made its reader crash") from None
        except (OSError, RuntimeError) as error:
            raise CurateError(
                f"Feeds cannot be read: this system does not let curate start processes for it ({error}).",
                "Nothing was changed. Free some memory, then run the command again.",
            ) from error
        if not done:
            raise Unreadable(value)
        result: T = value
        return result

    async def _started(self) -> ProcessPool:
        """Return the pool, with its processes running; they take half a second the first time."""
        async with self._starting:
            if self._pool is None:
                self._pool = _pool(self._locks)
                await asyncio.to_thread(getattr, self._pool, "active")  # asking whether it is active starts it
            return self._pool


def _pool(locks: list[object]) -> ProcessPool:
    """Return a pool of workers; its locks are put into ``locks``, to be kept until its last process has ended.

    A process that is still starting looks for them by name, the name goes with the last who keeps one, and the
    pool drops them before it ends its processes.
    """
    from pebble import ProcessPool

    if sys.platform == "win32":
        return ProcessPool(WORKERS, CALLS, _settle, context=get_context("spawn"))

    from multiprocessing.context import ForkServerContext

    class Context(ForkServerContext):
        def RLock(self) -> RLock:  # noqa: N802 - as its parent calls it
            lock = super().RLock()
            locks.append(lock)
            return lock

    # A fork server has one thread and none of our connections, so that its forks are safe and quick.
    context = Context()
    context.set_forkserver_preload(["curate.feeds.parse", "curate.feeds.workers", "nh3"])
    return ProcessPool(WORKERS, CALLS, _settle, context=context)


def _settle() -> None:
    """Make this process a worker: silent, limited, ended by the first signal."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.freeze()  # what is loaded stays
    gc.set_threshold(LITTER, 10, 10)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    if sys.platform != "win32":
        import resource

        for limit, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0)):
            with contextlib.suppress(ValueError, OSError):  # macOS knows the names and not all of the limits
                resource.setrlimit(limit, (most, resource.getrlimit(limit)[1]))
    curate = parent_process()
    if sys.platform == "linux" and curate is not None:
        import fcntl

        # However curate ends, a pipe of its closes then. The signal that tells ends this process even in the
        # middle of C code, where no thread could notice.
        fcntl.fcntl(curate.sentinel, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(curate.sentinel, fcntl.F_SETFL, fcntl.fcntl(curate.sentinel, fcntl.F_GETFL) | os.O_ASYNC)
        if wait([curate.sentinel], timeout=0):  # it ended before it could be told
            os._exit(0)


def _call(function: Callable[..., Any], args: tuple[Any, ...], processor: int) -> tuple[bool, Any]:
    """Return (True, result) or (False, reason): an exception may not survive the way between processes."""
    try:
        with _budget(processor):
            return True, function(*args)
    except CurateError as error:
        return False, error.message
    except MemoryError:
        return False, f"needs more than {MEMORY // 1024**2} MiB of memory to read"
    except RecursionError:
        return False, "is nested too deeply to read"
    except Exception as error:  # noqa: BLE001 - a parser may fail in any way; the reason is told, once
        return False, f"made its reader fail ({type(error).__name__})"


@contextlib.contextmanager
def _budget(seconds: int) -> Iterator[None]:
    """Give the block its own share of processor time: the system's limit counts a process's whole life."""
    if sys.platform == "win32":
        yield
        return
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + 1 + seconds, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))
