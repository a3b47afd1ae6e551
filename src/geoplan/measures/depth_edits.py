"""Areas by depth that follow a plan as it is changed: the what-if panel's engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geoplan.errors import DataError, UsageError
from geoplan.measures.depth import Sweep, mended
from geoplan.rings import rings_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.measures.depth import Integrand
    from geoplan.rings import Rings
_ROOM: Final = 51
"""Powers of two in the lattice that the kernel's exactness has room for."""


class Edits(Sweep):
    """Areas that follow changed plans: only the units that a plan touches, before or after, are done again.

    Parameters are those of `covered`, and `count`: how many kinds there are, when `kinds` has not all of
    them. `together`, `by_kind` and `own` are kept up to date, units × depths, units × kinds × depths and
    units. Nothing here is safe to change from two threads at once.
    """

    def __init__(
        self,
        units: NDArray[Any],
        plans: NDArray[Any],
        kinds: NDArray[Any],
        *,
        count: int | None = None,
        depth: int = 2,
        integrand: Integrand = "ellipsoid",
    ) -> None:
        sound = [mended(s, np.flatnonzero(~shapely.is_valid(s))) for s in (units, plans)]
        super().__init__(rings_of(sound[0]), rings_of(sound[1]))
        self._kinds = np.array(kinds, dtype=np.int64)
        self._count = int(self._kinds.max(initial=-1)) + 1 if count is None else count
        self._depth = depth
        self._every = self._rules(self._units.body_box, integrand)
        self._body = np.arange(len(self._kinds))
        result = self._areas(self._kinds, self._count, depth, np.arange(len(self._every)), self._every)
        self.together, self.by_kind, self.own = result.together, result.by_kind, result.units
        self._full = self._plans
        self._used = np.array([len(self._plans.xy), len(self._plans.ring_turn), len(self._kinds)])

    def put(self, plan: int, shape: Any, *, kind: int) -> NDArray[np.int64]:
        """Give a plan another shape and kind (−1: it counts nowhere); the units done again.

        A kind is one of those that there were at the beginning. An invalid shape is mended.
        """
        old = self._body[plan]
        self.place(plan, shape, kind=kind)
        box = self._units.body_box
        touched = np.zeros(len(box), np.bool_)
        for x0, y0, x1, y1 in self._plans.body_box[[old, self._body[plan]]]:
            touched |= (box[:, 0] <= x1) & (box[:, 2] >= x0) & (box[:, 1] <= y1) & (box[:, 3] >= y0)
        wanted = np.flatnonzero(touched)
        self.redo(wanted)
        return wanted

    def place(self, plan: int, shape: Any = None, *, kind: int) -> None:
        """`put` without measuring: of one plan or more before a `redo`.

        A shape of None is the one it has; a plan one beyond the last is a new one.
        """
        if kind >= self._count:  # the kernel checks no index
            raise UsageError(
                vi=f"loại {kind} không có: các loại là 0 đến {self._count - 1}, hoặc −1.",
                en=f"there is no kind {kind}: kinds are 0 to {self._count - 1}, or −1.",
            )
        if shape is not None:
            rings = rings_of(mended(np.array([shape], dtype=object), np.flatnonzero([not shape.is_valid])))
            body = self._append(rings)
            self._kinds = np.append(self._kinds, kind)
            if plan == len(self._body):
                self._body = np.append(self._body, body)
            self._kinds[self._body[plan]], self._body[plan] = -1, body
        self._kinds[self._body[plan]] = kind

    def redo(self, units: NDArray[Any]) -> None:
        """Measure some units (positions) again."""
        if len(units):
            done = self._areas(self._kinds, self._count, self._depth, units, self._every[units].copy())
            self.together[units], self.by_kind[units] = done.together, done.by_kind
            self.own[units] = done.units

    def _append(self, rings: Rings) -> int:
        """Put one more body at the end of the plans' arrays, which have room for some; its position."""
        begin = np.array([self._lattice.x, self._lattice.y])
        piece, low, high = self._boxed(rings, begin, what="plans")
        reach = 2.0**_ROOM * self._lattice.step
        if len(rings.xy) and ((high - begin > reach).any() or (begin - low > reach).any()):
            raise DataError(
                vi="quy hoạch mới nằm quá xa lớp xã; hãy kiểm tra hệ tọa độ.",
                en="the new plan lies too far from the communes; check its coordinate system.",
            )
        vertices, ring, body = self._used.tolist()
        more = len(piece.xy), len(piece.ring_turn), 1
        full, groups = self._full, len(piece.boxes)
        if (
            vertices + more[0] > len(full.xy)
            or ring + more[1] > len(full.ring_turn)
            or body + 1 > len(full.body_box)
        ):
            full = self._kernel.Layer(
                *(np.concatenate([x, np.empty((len(x) + sum(more), *x.shape[1:]), x.dtype)]) for x in full)
            )
        group = int(full.ring_group[ring])
        if group + groups > len(full.boxes):
            full = full._replace(
                boxes=np.concatenate(
                    [full.boxes, np.empty_like(full.boxes, shape=(len(full.boxes) + groups, 4, 8))]
                )
            )
        last = ring + more[1]
        full.xy[vertices : vertices + more[0]] = piece.xy
        full.ring_start[ring : last + 1] = piece.ring_start + vertices
        full.ring_group[ring : last + 1] = piece.ring_group + group
        full.ring_turn[ring:last], full.ring_box[ring:last] = piece.ring_turn, piece.ring_box
        full.is_shell[ring:last], full.boxes[group : group + groups] = piece.is_shell, piece.boxes
        full.body_ring[body : body + 2] = [ring, last]
        full.body_box[body] = piece.body_box[0]
        self._full, self._used = full, self._used + more
        self._plans = full._replace(body_box=full.body_box[: body + 1])
        return int(body)
