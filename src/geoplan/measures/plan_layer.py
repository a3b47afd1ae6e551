"""The plans of a measure: which count on the date, of which kind, and their land."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geoplan import crs, schema
from geoplan.errors import tell
from geoplan.intake.repair import mend
from geoplan.measures import overlay
from geoplan.measures.in_force import in_force

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

DEFAULT_KIND_COLUMN: Final = "kind"


@dataclass(frozen=True)
class PlanFacts:
    """What the columns of a plan layer say, row by row.

    Attributes
    ----------
    table
        The layer with the contract's column names.
    kinds
        The kind of each plan, in words.
    counts
        Whether each is in force on the date.
    """

    table: pd.DataFrame
    kinds: NDArray[np.object_]
    counts: NDArray[np.bool_]

    def kinds_in_order(self) -> list[str]:
        """Kinds of the contract first, then the user's by name; ``all`` when there is no plan."""
        if len(self.kinds) == 0:
            return [schema.ALL_KINDS]
        present = set(self.kinds)
        known = [k for k in schema.PLAN_KINDS if k in present]
        return known + sorted(present - set(known))

    def kind_numbers(self) -> NDArray[np.int64]:
        """The place of each plan's kind in `kinds_in_order`; −1 for a plan that does not count."""
        place = {kind: k for k, kind in enumerate(self.kinds_in_order())}
        numbers = np.array([place[kind] for kind in self.kinds], dtype=np.int64)
        return np.where(self.counts, numbers, -1)


@dataclass(frozen=True)
class Plans(PlanFacts):
    """Plans in longitude and latitude.

    Attributes
    ----------
    whole
        Each plan's land.
    shapes
        The same, empty for those not in force.
    """

    whole: NDArray[np.object_]
    shapes: NDArray[np.object_]


def read_plans(plans: gpd.GeoDataFrame, *, on: dt.date | str | None, kind_column: str) -> Plans:
    """Plans ready for overlay, with which of them count on the date."""
    schema.require_layer(plans, what="plans")
    crs.require_crs(plans, what="plans")
    sound, _ = mend(plans, what="plans")
    facts = read_facts(plans, on=on, kind_column=kind_column)
    whole = crs.overlay_shapes(sound, what="plans")
    return Plans(facts.table, facts.kinds, facts.counts, whole, np.where(facts.counts, whole, overlay.EMPTY))


def read_facts(plans: pd.DataFrame, *, on: dt.date | str | None, kind_column: str) -> PlanFacts:
    """What the columns of plans say on a date; no geometry is looked at.

    Raises
    ------
    UsageError, DataError
        When `kind_column` is named and missing; when a status or date cannot be understood.
    """
    plans = schema.aligned(plans, "plans", what="plans")
    counts = in_force(plans, on=on).to_numpy()
    if kind_column != DEFAULT_KIND_COLUMN:
        schema.named_column(plans, kind_column, what="plans")
    if kind_column not in plans.columns:
        return PlanFacts(plans, np.full(len(plans), schema.ALL_KINDS, dtype=object), counts)
    words = schema.texts(plans[kind_column])
    known = {word: kind_word(word) for word in words.unique()}
    return PlanFacts(plans, np.array([known[word] for word in words], dtype=object), counts)


def kind_word(value: str | None) -> str:
    """A kind as the contract writes it when it is one of its words; the user's own words as they are."""
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        return schema.UNKNOWN_KIND
    return text.casefold() if text.casefold() in schema.PLAN_KINDS else text


def read_urban_land(urban_land: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Urban construction land ready for overlay."""
    schema.require_layer(urban_land, what="urban_land")
    crs.require_crs(urban_land, what="urban_land")
    sound, _ = mend(urban_land, what="urban_land")
    return crs.overlay_shapes(sound, what="urban_land")


def warn_apart(units: NDArray[Any], plans: NDArray[np.float64]) -> None:
    """Say when no plan is anywhere near a unit: the wrong zone is the usual reason.

    Parameters
    ----------
    units
        Shapes.
    plans
        Boxes of the plans that count, n × 4; NaN for one without land.
    """
    land, drawn = units[~shapely.is_empty(units)], plans[~np.isnan(plans).any(axis=1)]
    if not len(land) or not len(drawn):
        return
    extent = shapely.box(*drawn[:, :2].min(axis=0), *drawn[:, 2:].max(axis=0))
    if len(shapely.STRtree(land).query(extent)):
        return
    tell(
        vi="Lớp quy hoạch và lớp xã không chạm nhau ở đâu cả; hãy kiểm tra hệ tọa độ (sai múi chiếu?).",
        en="The plans and the communes do not meet anywhere; check their systems (a wrong zone?).",
    )
