"""An Assessment as layers and tables that go out: names, titles, fields, standing, source.

`export_layers` is the one model under every format. A layer's frame is in WGS 84 longitude and
latitude (EPSG:4326) with English snake_case columns; codes stay codes (``zoning``, ``approved``) so that
the file can be imported again, and have their words in a column beside them (``kind_text``). Writers
transform, shorten and cut, and say what a format could not hold; nothing is computed here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan import crs
from geoplan.errors import UsageError
from geoplan.exports import record_tables
from geoplan.exports.fields import Field, fields_of, typed
from geoplan.exports.words import PLAN_KINDS, STATUSES, UNIT_KINDS, ZONE_KINDS, outcome, said
from geoplan.model import words
from geoplan.quantity import LAYER_NAMES, STANDING_NAMES
from geoplan.schema import Standing  # noqa: TC001 - an annotation at module level
from geoplan.text import fold, listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from geoplan.assessment import Assessment
    from geoplan.city_file import Layer
    from geoplan.criteria.verdict import UnitResult
    from geoplan.errors import Lang
    from geoplan.model import Words
    from geoplan.schema import LayerName


_DOUBT: Final[tuple[Standing, ...]] = ("surveyed", "published", "digitised", "schematic", "illustrative")
"""Standings, the firmest first: what is made of two layers stands as the weaker one."""


@dataclass(frozen=True)
class ExportLayer:
    """One layer or table that goes out.

    Attributes
    ----------
    name
        ASCII snake_case, such as ``communes``.
    title
        What it is called.
    frame
        A GeoDataFrame in EPSG:4326 with a unique index 0 …, its geometry last and called ``geometry``;
        a DataFrame when it is a table. The other columns are those of `fields`, in order.
    fields
        The columns: see `geoplan.exports.fields.Field`.
    standing
        Of the geometry; None for a table. ``schematic`` and ``illustrative`` must be said on every output.
    source
        Where it comes from, and under which licence.
    style
        By what it is coloured: ``communes``, ``plans`` (by ``kind``), ``industrial_zones``, ``urban_land``,
        ``gaps`` and ``conflicts`` (by ``plan_kind``), ``candidates``, ``neighbours``; None for a table.
    """

    name: str
    title: Words
    frame: pd.DataFrame
    fields: tuple[Field, ...]
    standing: Standing | None = None
    source: Words | None = None
    style: str | None = None

    @property
    def spatial(self) -> bool:
        """Whether it has geometry."""
        return isinstance(self.frame, gpd.GeoDataFrame)

    def field(self, name: str) -> Field:
        """The field of a name.

        Raises
        ------
        KeyError
            When there is none.
        """
        return {f.name: f for f in self.fields}[name]


@dataclass(frozen=True)
class _Spec:
    """How one layer comes out of an Assessment; `make` gives None when the city has none."""

    title: Words
    make: Callable[[Assessment, Lang], pd.DataFrame | None]
    drawn_on: tuple[LayerName, ...] = ()


def export_layers(
    result: Assessment, *, lang: Lang = "vi", layers: Sequence[str] | None = None
) -> list[ExportLayer]:
    """Everything about a city on a date as layers and tables, in a fixed order.

    Parameters
    ----------
    result
        From `geoplan.assess`.
    lang
        Language of the values that are words (``kind_text``, results, reasons).
    layers
        Which ones, by name; all that the city has when None.

    Returns
    -------
    list of ExportLayer
        Layers: ``communes, plans, industrial_zones, urban_land, gaps, conflicts, candidates, neighbours``,
        those that the city has (an empty one is there, and empty); tables: ``coverage, verdicts, targets,
        data_gaps, quantities``.

    Raises
    ------
    UsageError
        When a name is none of these, or the city has no such layer.
    DataError
        When a column holds what it should not.
    """
    for name in layers or ():
        if name not in LAYERS:
            raise UsageError(
                vi=f"không có lớp “{name}” để xuất; các lớp: {listing(LAYERS, limit=20)}.",
                en=f"no layer “{name}” to export; there are: {listing(LAYERS, limit=20, lang='en')}.",
            )
    out = []
    for name, spec in LAYERS.items():
        if layers is not None and name not in layers:
            continue
        frame = spec.make(result, lang)
        if frame is not None:
            out.append(_layer(name, spec, frame, result, lang))
        elif layers is not None:
            raise UsageError(
                vi=f"{result.city.info.name} không có lớp “{name}”.",
                en=f"{result.city.info.name} has no layer “{name}”.",
            )
    return out


def _layer(name: str, spec: _Spec, frame: pd.DataFrame, result: Assessment, lang: Lang) -> ExportLayer:
    used = result.city.in_use
    drawn = [used[n] for n in spec.drawn_on if n in used]
    standing = max((layer.standing for layer in drawn), key=_DOUBT.index, default=None)
    if isinstance(frame, gpd.GeoDataFrame):
        frame = crs.to_lonlat(frame, what=name)
        if frame.geometry.name != "geometry":
            frame = frame.rename_geometry("geometry")  # type: ignore[operator]
        if standing is not None:
            frame = frame.assign(standing=STANDING_NAMES[standing].text(lang))
    fields = fields_of(name, frame)
    return ExportLayer(
        name=name,
        title=spec.title,
        frame=typed(frame, fields, what=name),
        fields=fields,
        standing=standing,
        source=_source(drawn) if drawn else None,
        style=name if isinstance(frame, gpd.GeoDataFrame) else None,
    )


def _source(drawn: Sequence[Layer]) -> Words:
    """Where the geometry comes from, with the licence; the layers that it was made of one after another."""
    vi = " ".join(f"{layer.source.vi.rstrip('.')}. Giấy phép: {layer.licence}." for layer in drawn)
    en = " ".join(f"{layer.source.en.rstrip('.')}. Licence: {layer.licence}." for layer in drawn)
    return words(vi, en)


def _communes(result: Assessment, lang: Lang) -> gpd.GeoDataFrame:
    """Units in force with everything that was measured and judged about them."""
    out = result.city.communes
    out["kind_text"] = [said(UNIT_KINDS, kind, lang) for kind in out["kind"]]
    for table in (result.density, result.zones):
        for column in table.columns.difference(["code", "name", "population"], sort=False):
            out[column] = table[column]
    for name, values in _wide(result.coverage, len(out)):
        out[name] = values
    judged = result.judgement.units
    own = {u.scope.id: u for u in judged if not u.candidate}
    ward = {u.scope.id: u for u in judged if u.candidate}
    out = _judged(out, own, "own", lang)
    return _judged(out, ward, "ward", lang)


def _wide(coverage: pd.DataFrame, count: int) -> Iterable[tuple[str, Any]]:
    """Coverage by commune as columns: percent a kind and denominator, areas a kind."""
    taken: set[str] = set()
    for kind, rows in coverage.groupby("plan_kind", sort=False):
        word = re.sub(r"[^a-z0-9]+", "_", fold(str(kind))).strip("_") or "kind"
        while word in taken:
            word += "_2"
        taken.add(word)
        for denominator, part in rows.groupby("denominator", sort=False):
            if len(part) == count:
                yield f"coverage_{word}_{denominator}_pct", part["coverage_pct"].to_numpy()
        natural = rows[rows["denominator"] == "natural"]
        for column in ("covered_km2", "gap_km2", "conflict_km2"):
            yield f"{column.removesuffix('_km2')}_{word}_km2", natural[column].to_numpy()


def _judged(
    frame: gpd.GeoDataFrame, results: dict[str, UnitResult], prefix: str, lang: Lang
) -> gpd.GeoDataFrame:
    """The frame with the result of each unit by its code; empty where the unit was not judged so."""
    found = [results.get(str(code)) for code in frame["code"]]
    passes = pd.array([None if u is None else u.passes for u in found], dtype="boolean")
    return frame.assign(
        **{
            f"{prefix}_passes": passes,
            f"{prefix}_status": [None if u is None else outcome(u, lang) for u in found],
            f"{prefix}_failed": [_titles(u, lang, passes=False) for u in found],
            f"{prefix}_open": [_titles(u, lang, passes=None) for u in found],
            f"{prefix}_reason": [None if u is None else u.reason.text(lang) for u in found],
        }
    )


def _titles(unit: UnitResult | None, lang: Lang, *, passes: bool | None) -> str | None:
    """The standards of a unit that have one answer and decide, as a list; None when there is none."""
    if unit is None:
        return None
    titles = [v.title.text(lang) for v in unit.verdicts if v.considered and not v.flag and v.passes is passes]
    return "; ".join(titles) or None


def _plans(result: Assessment, lang: Lang) -> gpd.GeoDataFrame:
    out = result.city.plans
    for column in ("in_force", "area_km2", "inside_km2", "conflict_km2"):
        out[column] = result.plans[column]
    out["kind_text"] = [said(PLAN_KINDS, kind, lang) for kind in out["kind"]]
    out["status_text"] = [said(STATUSES, status, lang) for status in out["status"]]
    return out


def _zones(result: Assessment, lang: Lang) -> gpd.GeoDataFrame:
    out = result.city.industrial_zones
    for column in ("area_drawn_ha", "drawn_less_declared_pct", "inside_ha", "occupancy_pct"):
        out[column] = result.zone_table[column]
    out["kind_text"] = [said(ZONE_KINDS, kind, lang) for kind in out["kind"]]
    out["status_text"] = [said(STATUSES, status, lang) for status in out["status"]]
    return out


def _urban_land(result: Assessment, lang: Lang) -> gpd.GeoDataFrame | None:  # noqa: ARG001 - one signature
    return result.city.urban_land


def _gaps(result: Assessment, lang: Lang) -> gpd.GeoDataFrame:
    return _with_words(result.gaps, lang)


def _conflicts(result: Assessment, lang: Lang) -> gpd.GeoDataFrame:
    return _with_words(result.conflicts, lang)


def _with_words(frame: gpd.GeoDataFrame, lang: Lang) -> gpd.GeoDataFrame:
    return frame.assign(plan_kind_text=[said(PLAN_KINDS, kind, lang) for kind in frame["plan_kind"]])


def _candidates(result: Assessment, lang: Lang) -> gpd.GeoDataFrame | None:
    """Units that documents want to become wards, whatever became of them, with the result as a ward."""
    named = result.city.named_candidates
    if named.empty:
        return None
    keep = ["code", "name", "valid_from", "valid_to", "in_force", "became_ward", "candidate_source"]
    out = named[[c for c in keep if c in named.columns] + [named.geometry.name]]
    ward = {u.scope.id: u for u in result.judgement.candidates}
    in_force = set(named.loc[np.asarray(named["in_force"], dtype=bool), "code"])
    return _judged(out, {code: u for code, u in ward.items() if code in in_force}, "ward", lang)


def _neighbours(result: Assessment, lang: Lang) -> gpd.GeoDataFrame | None:  # noqa: ARG001 - one signature
    frame = result.city.neighbours
    if frame is None:
        return None
    keep = ["code", "name", "valid_from", "valid_to"]
    return frame[[c for c in keep if c in frame.columns] + [frame.geometry.name]]


LAYERS: Final[dict[str, _Spec]] = {
    "communes": _Spec(LAYER_NAMES["communes"], _communes, ("communes",)),
    "plans": _Spec(LAYER_NAMES["plans"], _plans, ("plans",)),
    "industrial_zones": _Spec(LAYER_NAMES["industrial_zones"], _zones, ("industrial_zones",)),
    "urban_land": _Spec(LAYER_NAMES["urban_land"], _urban_land, ("urban_land",)),
    "gaps": _Spec(words("Nơi chưa có quy hoạch", "Without a plan"), _gaps, ("plans", "communes")),
    "conflicts": _Spec(
        words("Nơi quy hoạch cùng loại chồng lấn", "Overlapping plans of one kind"),
        _conflicts,
        ("plans", "communes"),
    ),
    "candidates": _Spec(
        words("Đơn vị dự kiến lên phường", "Units slated to become wards"), _candidates, ("communes",)
    ),
    "neighbours": _Spec(LAYER_NAMES["neighbours"], _neighbours, ("neighbours",)),
    "coverage": _Spec(words("Độ phủ quy hoạch", "Coverage"), record_tables.coverage),
    "verdicts": _Spec(words("Kết luận theo từng tiêu chuẩn", "Verdicts"), record_tables.verdicts),
    "targets": _Spec(words("Chỉ tiêu", "Targets"), record_tables.targets),
    "data_gaps": _Spec(words("Số liệu còn thiếu", "Missing figures"), record_tables.data_gaps),
    "quantities": _Spec(
        words("Số liệu kèm nguồn gốc", "Figures with their records"), record_tables.quantities
    ),
}
"""Every layer and table that goes out, in order."""
