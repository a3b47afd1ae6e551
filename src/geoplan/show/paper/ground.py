"""What lies on the map: units in their classes, their neighbours, and the overlays, from the Assessment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import shapely
from pyproj import CRS

from geoplan import crs
from geoplan.intake.repair import polygonal
from geoplan.quantity import UNITS
from geoplan.show import labels, palette
from geoplan.show.choropleth import scope_ids
from geoplan.show.labels import word
from geoplan.show.paper.ink import FAINT, INK, WHITE, Look
from geoplan.show.paper.words import paper_word
from geoplan.text import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang
    from geoplan.show.choropleth import Band, Choropleth

    _Part = tuple[gpd.GeoDataFrame, Look, str]

Layer = Literal["zones", "gaps", "conflicts", "candidates", "plans"]
LAYERS: Final[tuple[Layer, ...]] = ("zones", "gaps", "conflicts", "candidates", "plans")

NO_DATA: Final = Look(fill=WHITE, hatch="///", hatch_colour="#8a8a8a")
BORDER: Final = Look(edge="#4a4a4a", width=0.5, casing=1.4)
RIM: Final = Look(edge=INK, width=3.4)
"""Under the units: what shows of it is the outer border of the city."""
NEIGHBOUR: Final = Look(fill=palette.NEIGHBOUR, edge="#8a8a8a", width=0.6, dash=(4, 3))
ZONE: Final = Look(hatch="....", hatch_colour=palette.ZONE, edge=palette.ZONE, width=1.2, casing=2.2)
CONFLICT: Final = Look(hatch="xxxx", hatch_colour=palette.CONFLICT, edge=palette.CONFLICT, width=0.8)
CANDIDATE: Final = Look(edge=palette.CANDIDATE, width=1.6, dash=(4, 2), casing=2.8)
_GRID: Final = 1.0
"""Metres: far below what paper shows."""
_PATTERNS: Final = {"stripes": "\\\\\\", "dots": "..", "cross": "xx"}
_GAP_HATCH: Final = {"zoning": "\\\\\\\\", "detailed": "||||"}
_PLAN_DASH: Final = {"general": (8.0, 2.0, 2.0, 2.0), "zoning": (), "detailed": (3.0, 1.5)}


@dataclass(frozen=True)
class Drawn:
    """Areas in metres of the projection that share a look; with words they stand in the legend."""

    shapes: NDArray[np.object_]
    look: Look
    words: str | None = None


@dataclass(frozen=True)
class Metric:
    """What the units are coloured by: its words, its classes, and for each unit its class and figure.

    The last class is that of the unknown. The figure stands under the unit's name.
    """

    label: str
    classes: tuple[tuple[Look, str], ...]
    places: NDArray[np.int_]
    figures: tuple[str, ...]
    note: str | None


def drawing_crs(result: Assessment) -> CRS:
    """The city's own projection; the six-degree zone of VN-2000 when the city names no plane in metres."""
    own = CRS.from_user_input(result.city.info.crs)
    if own.is_projected and {axis.unit_conversion_factor for axis in own.axis_info} == {1.0}:
        return own
    west, _, east, _ = result.city.communes.total_bounds
    eastern = (west + east) / 2 > 108  # noqa: PLR2004 - where the zones 48 and 49 meet
    return CRS.from_epsg(3406 if eastern else 3405)


def plane(frame: gpd.GeoDataFrame, system: CRS) -> NDArray[np.object_]:
    """The polygons of a layer in metres of a projection, valid and two-dimensional; empty where none."""
    moved = shapely.force_2d(crs.from_lonlat(frame, system))
    broken = ~shapely.is_valid(moved) & ~shapely.is_missing(moved)
    moved[broken] = polygonal(shapely.make_valid(moved[broken]))
    return np.asarray(np.where(shapely.is_missing(moved), shapely.Polygon(), moved))


def chosen_metric(result: Assessment, choropleth: Choropleth, lang: Lang) -> Metric:
    """What the page colours units by, for paper."""
    looks = [
        Look(fill=band.colour, hatch=_PATTERNS.get(band.pattern or ""), edge=FAINT, width=0.4)
        for band in choropleth.bands
    ]
    words = [_band_words(band, lang) for band in choropleth.bands]
    title = choropleth.title.text(lang)
    return Metric(
        label=paper_word("coverage_of", lang, title) if _kind_of(choropleth.key) else title,
        classes=(
            *zip(looks, words, strict=True),
            (replace(NO_DATA, edge=FAINT, width=0.4), word("no_data.legend", lang)),
        ),
        places=np.array([len(looks) if at is None else at for at in choropleth.classes]),
        figures=tuple(_figures(result, choropleth, lang)),
        note=None if choropleth.note is None else choropleth.note.text(lang),
    )


def _band_words(band: Band, lang: Lang) -> str:
    sign = f"{band.sign} " if band.sign else ""
    note = f" – {band.note.text(lang)}" if band.note else ""
    return f"{sign}{band.label.text(lang)}{note}"


def _figures(result: Assessment, choropleth: Choropleth, lang: Lang) -> Iterator[str]:
    """For each unit what it is coloured by, short enough to stand under its name."""
    for scope, at in zip(scope_ids(result), choropleth.classes, strict=True):
        quantity = result.quantities.get((choropleth.key, scope))
        if at is None:
            yield ""
        elif quantity is None:
            yield choropleth.bands[at].sign or ""
        elif quantity.unit.startswith("percent"):
            yield quantity.text(lang)
        else:
            yield number(quantity.value, digits=UNITS[quantity.unit].digits, lang=lang)


def _kind_of(key: str) -> str:
    """The kind of plan that a metric is the coverage of; nothing when it is not a coverage."""
    return key.removeprefix("coverage.").rpartition(".")[0] if key.startswith("coverage.") else ""


def edges(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """The edges of polygons, each once: dashes drawn from both sides would fill each other's gaps."""
    return np.array([shapely.line_merge(shapely.union_all(shapely.boundary(shapes), grid_size=_GRID))])


def units_drawn(shapes: NDArray[np.object_], metric: Metric) -> Iterator[Drawn]:
    """The units: the rim of the city, and a fill for each class."""
    yield Drawn(shapes, RIM)
    for at, (look, _) in enumerate(metric.classes):
        yield Drawn(shapes[metric.places == at], replace(look, edge=None))


def neighbours(result: Assessment, system: CRS, lang: Lang) -> Iterator[Drawn]:
    """Units beside the city, for bearings."""
    beside = result.city.neighbours
    if beside is not None and len(beside):
        yield Drawn(plane(beside, system), NEIGHBOUR, word("neighbours", lang))


def overlays(
    result: Assessment, system: CRS, wanted: tuple[Layer, ...], metric: str, lang: Lang
) -> Iterator[Drawn]:
    """The overlays that are wanted, from the bottom to the top; an empty one is there and says so.

    The borders of the units come among them, so that hatching does not hide them.
    """
    for layer in ("gaps", "conflicts", None, "plans", "zones", "candidates"):
        if layer is None:
            words = paper_word("unit_border", lang)
            yield Drawn(plane(result.city.communes, system), BORDER, words)
        elif layer in wanted:
            for frame, look, words in _OVERLAYS[layer](result, metric, lang):
                shapes = plane(frame, system)
                there = not bool(shapely.is_empty(shapes).all())
                if look.is_line and look.dash and there:
                    shapes = edges(shapes)
                yield Drawn(shapes, look, words if there else paper_word("none_here", lang, words))


def _plans(result: Assessment, _: str, lang: Lang) -> Iterator[_Part]:
    for kind in dict.fromkeys(result.coverage["plan_kind"]):
        table = result.plans[(result.plans["plan_kind"] == kind) & result.plans["in_force"]]
        look = Look(
            edge=palette.plan_colour(kind), width=1.1, dash=_PLAN_DASH.get(kind, (1.0, 1.5)), casing=1.9
        )
        words = paper_word("plan_outline", lang, labels.capital(labels.plan_kind(kind, lang)))
        yield result.city.plans.loc[table.index], look, words


def _gaps(result: Assessment, metric: str, lang: Lang) -> Iterator[_Part]:
    """Of the kind of plan that the map is about; of every kind when it is about something else."""
    about = _kind_of(metric)
    for kind in [about] if about in palette.GAP else list(palette.GAP):
        colour = palette.GAP[kind]
        look = Look(hatch=_GAP_HATCH.get(kind, "--"), hatch_colour=colour, edge=colour, width=0.7)
        yield result.gaps[result.gaps["plan_kind"] == kind], look, word(f"gap.{kind}", lang)


def _conflicts(result: Assessment, _: str, lang: Lang) -> Iterator[_Part]:
    yield result.conflicts, CONFLICT, word("conflicts", lang)


def _zones(result: Assessment, _: str, lang: Lang) -> Iterator[_Part]:
    yield result.city.industrial_zones, ZONE, word("industrial_zones", lang)


def _candidates(result: Assessment, _: str, lang: Lang) -> Iterator[_Part]:
    units = result.city.communes
    yield units[units["ward_candidate"]], CANDIDATE, word("candidate_outline", lang)


_OVERLAYS: Final[dict[Layer, Callable[[Assessment, str, Lang], Iterator[_Part]]]] = {
    "plans": _plans,
    "gaps": _gaps,
    "conflicts": _conflicts,
    "zones": _zones,
    "candidates": _candidates,
}
