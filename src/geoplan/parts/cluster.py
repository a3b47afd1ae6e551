"""Workers of a Dask cluster, by the address of its scheduler or by its client.

Whoever can reach a Dask scheduler can run code on its workers: keep it inside one's own network.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections import Counter, deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from geoplan.errors import DataError, GeoplanError, UsageError
from geoplan.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PATIENCE_SECONDS: Final = 30
TRIES: Final = 4
"""How often a part is sent out: workers that die one after the other at one part will not do it at all."""
_AHEAD: Final = 2
"""Parts for each thread that are on their way at a time: the next is there when one is done."""
_A_MOMENT: Final = 0.05
_LONGEST_ERROR: Final = 300


def dask() -> Any:
    """The package ``distributed``.

    Raises
    ------
    UsageError
        When it is not installed.
    """
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise UsageError(
            vi="--scheduler cần Dask, chưa được cài; hãy chạy: pip install 'geoplan[dask]'.",
            en="--scheduler needs Dask, which is not installed; run: pip install 'geoplan[dask]'.",
        ) from error


def connected(scheduler: str) -> Any:
    """A client of the scheduler at an address, which has at least one worker.

    Raises
    ------
    UsageError
        When Dask is not installed, no scheduler answers at the address, or it has no worker.
    """
    distributed = dask()
    try:
        client = distributed.Client(scheduler, timeout=PATIENCE_SECONDS, set_as_default=False)
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(
            vi=f"{scheduler}: không có bộ điều phối Dask nào trả lời; hãy viết như tcp://10.0.0.1:8786.",
            en=f"{scheduler}: no Dask scheduler answers; write it as tcp://10.0.0.1:8786.",
        ) from error
    try:
        _require_worker(client)
    except UsageError:
        client.close()
        raise
    return client


@contextmanager
def client_of(scheduler: Any) -> Iterator[Any]:
    """A client: one given as it is, or one of an address, closed in the end.

    Raises
    ------
    UsageError
        As `connected`; or when it is neither a text nor a client.
    """
    if hasattr(scheduler, "submit") and hasattr(scheduler, "scatter"):
        _require_worker(scheduler)
        yield scheduler
        return
    if not isinstance(scheduler, str):
        raise UsageError(
            vi="scheduler phải là địa chỉ như tcp://10.0.0.1:8786 hoặc một distributed.Client, không phải "
            f"{type(scheduler).__name__}.",
            en="scheduler must be an address such as tcp://10.0.0.1:8786 or a distributed.Client, not "
            f"{type(scheduler).__name__}.",
        )
    client = connected(scheduler)
    try:
        yield client
    finally:
        client.close()


def running_client() -> Any | None:
    """The client that the caller has opened, as Dask itself would use it; None when there is none."""
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return None
    try:
        return distributed.default_client()
    except ValueError:
        return None


def threads(client: Any) -> int:
    """How many tasks the workers do at a time."""
    return max(1, sum(int(count) for count in client.nthreads().values()))


def done_there(client: Any, send: Callable[[int], Any], count: int) -> Iterator[tuple[int, Any]]:
    """What comes of numbered tasks, as it comes, each once.

    Parameters
    ----------
    client
        From `client_of`.
    send
        Makes the future of a number. It is called again when the worker that had it died: what was
        scattered to that worker is lost with it.
    count
        How many numbers.

    Raises
    ------
    UsageError
        When no worker is left.
    DataError
        When workers died at one task again and again.
    """
    distributed = dask()
    waiting, tried, flying = deque(range(count)), Counter[int](), dict[Any, int]()
    lost = (distributed.CancelledError, distributed.scheduler.KilledWorker, OSError)

    def again(number: int, error: BaseException) -> None:
        tried[number] += 1
        if tried[number] >= TRIES:
            raise _too_much(error) from error
        waiting.append(number)

    while waiting or flying:
        while waiting and len(flying) < _AHEAD * threads(client):
            number = waiting.popleft()
            try:
                flying[send(number)] = number
            except lost as error:
                _require_worker(client)
                again(number, error)
        if not flying:
            continue
        future = _ended(client, flying)
        number = flying.pop(future)
        result, loss = _outcome(future, lost)
        if loss is None:
            yield number, result
        else:
            again(number, loss)


def _outcome(future: Any, lost: tuple[type[BaseException], ...]) -> tuple[Any, BaseException | None]:
    """What came of a task, or how it was lost."""
    try:
        return future.result(), None
    except GeoplanError:
        raise
    except lost as error:
        return None, error
    except Exception as error:
        raise _failed(error) from error


def _ended(client: Any, futures: Iterable[Any]) -> Any:
    """A future that has come to its end, good or bad; waits for it."""
    distributed = dask()
    waiting = list(futures)
    while True:
        for future in waiting:
            if future.status in {"finished", "error", "cancelled"}:
                return future
        try:
            with client.as_current():
                distributed.wait(waiting, timeout=PATIENCE_SECONDS, return_when="FIRST_COMPLETED")
        except distributed.CancelledError:
            time.sleep(_A_MOMENT)  # one of them was; its status says so at once, or soon
        except TimeoutError:
            _require_worker(client)


def _require_worker(client: Any) -> None:
    try:
        client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
    except (OSError, TimeoutError) as error:
        where = client.scheduler.address
        raise UsageError(
            vi=f"{where}: cụm Dask chưa có máy thực hiện nào; hãy chạy: dask worker {where}.",
            en=f"{where}: the Dask cluster has no worker; run: dask worker {where}.",
        ) from error


def _too_much(error: BaseException) -> DataError:
    said = one_line(f"{type(error).__name__}: {error}")[:_LONGEST_ERROR]
    return DataError(
        vi=f"máy thực hiện của cụm Dask chết {TRIES} lần ở cùng một phần, thường vì hết bộ nhớ; hãy chia nhỏ "
        f"hơn (--parts). {said}",
        en=f"workers of the Dask cluster died {TRIES} times at one part, mostly for want of memory; use more "
        f"--parts. {said}",
    )


def _failed(error: BaseException) -> DataError:
    said = one_line(f"{type(error).__name__}: {error}")[:_LONGEST_ERROR]
    return DataError(
        vi=f"cụm Dask không tính được; hãy cài cùng các gói trên mọi máy. {said}",
        en=f"the Dask cluster could not do it; install the same packages on all machines. {said}",
    )
