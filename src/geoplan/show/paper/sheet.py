"""One page with the map of a city: put together, and written as PNG or PDF."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import shapely

from geoplan import __about__, crs
from geoplan.errors import DataError, UsageError
from geoplan.exports.atomic import beside
from geoplan.show.choropleth import choropleths
from geoplan.show.labels import word
from geoplan.show.page import headline, note_lines, source_lines, standing_warnings
from geoplan.show.paper import ground
from geoplan.show.paper.furniture import BAND, put_frame, put_rows, put_scale
from geoplan.show.paper.ground import LAYERS, Drawn, Layer
from geoplan.show.paper.ink import (
    FAINT,
    INK,
    MM,
    blank_page,
    drawable,
    outline,
    paint,
    press,
    rectangle,
    write,
)
from geoplan.show.paper.layout import PAPERS, Layout, Paper, Texts, fitting, plan_page, rows
from geoplan.show.paper.names import place_names
from geoplan.show.paper.words import paper_word
from geoplan.text import date_text, listing, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray
    from pyproj import CRS

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang
    from geoplan.show.choropleth import Choropleth

DPI: Final = (150, 300)
_DEFAULT: Final[tuple[Layer, ...]] = ("zones", "candidates")
_FORMATS: Final = {".png": "png", ".pdf": "pdf"}
_LONGEST_EXTENT: Final = 5_000_000.0
"""Metres: no map of a city is wider; coordinates gone astray are."""


@dataclass(frozen=True)
class Sheet:
    """A page that is drawn but not written.

    Attributes
    ----------
    figure, layout
        The drawing, and where everything stands on it in millimetres.
    system, centre
        The projection, and its coordinates in the middle of the map's frame.
    dpi
        Of the PNG.
    bar
        Left and right end of the scale bar in millimetres, and its length in metres.
    """

    figure: Figure
    layout: Layout
    system: CRS
    centre: tuple[float, float]
    dpi: int
    bar: tuple[float, float, float]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the PNG in pixels."""
        return round(self.layout.width / MM * self.dpi), round(self.layout.height / MM * self.dpi)

    def pixel(self, lon: float, lat: float) -> tuple[float, float]:
        """Column and row in the PNG of a place in WGS 84 degrees; (0, 0) is the upper left corner."""
        place = gpd.GeoDataFrame(geometry=[shapely.Point(lon, lat)], crs=crs.WGS84)
        (spot,) = on_page(crs.from_lonlat(place, self.system), self.layout, self.centre)
        wide, tall = self.size
        return spot.x / self.layout.width * wide, (1 - spot.y / self.layout.height) * tall


def print_map(
    result: Assessment,
    path: Path,
    *,
    metric: str | None = None,
    paper: Paper = "a4",
    landscape: bool | None = None,
    dpi: int = 200,
    lang: Lang = "vi",
    layers: Sequence[Layer] = _DEFAULT,
) -> None:
    """The map of a city on one page, for printing: PNG or PDF by the suffix of the path.

    The map is drawn in the city's own projection (VN-2000) at a round scale that is true when the
    page is printed in its size. The same inputs give the same bytes.

    Parameters
    ----------
    result
        From `geoplan.assess`.
    path
        The file; one that exists is replaced whole.
    metric
        What the units are coloured by: a key of `geoplan.show.choropleth.choropleths`, such as
        ``coverage.zoning.natural`` (or in short ``zoning/natural``), ``density`` or ``readiness``; the
        page's first when None.
    paper
        ``a4`` or ``a3``.
    landscape
        Upright (False) or across (True); as the city is larger when None.
    dpi
        150 to 300 dots per inch of the PNG; lines and text of a PDF have no dots.
    lang
        ``vi`` or ``en``.
    layers
        The overlays: ``zones``, ``gaps``, ``conflicts``, ``candidates``, ``plans``.

    Raises
    ------
    UsageError
        When one of these is not known, or the file cannot be written.
    DataError
        When the city has no shape to draw.

    Notes
    -----
    Pages of one process are printed one at a time, and matplotlib's settings, which are one for the
    process, are its own defaults meanwhile and the user's again afterwards. ``pyplot`` is not used.
    """
    kind = _FORMATS.get(Path(path).suffix.lower())
    if kind is None:
        raise UsageError(
            vi=f"{Path(path).name}: bản đồ giấy chỉ ghi được thành .png hoặc .pdf.",
            en=f"{Path(path).name}: a map for paper is written as .png or .pdf only.",
        )
    with press():
        sheet = compose(
            result, metric=metric, paper=paper, landscape=landscape, dpi=dpi, lang=lang, layers=layers
        )
        settings: dict[str, Any] = {"format": kind, "metadata": {"Software": None}}
        if kind == "png":
            # a hair more than whole pixels, because matplotlib rounds down
            wide, tall = ((pixels + 0.01) / dpi for pixels in sheet.size)
            sheet.figure.set_size_inches(wide, tall)
        else:
            settings["metadata"] = {
                "Title": drawable(result.city.title(lang)),
                "Creator": f"geoplan {__about__.VERSION}",
                "Producer": None,
                "CreationDate": None,
            }
        with beside(Path(path)) as draft:
            sheet.figure.savefig(draft, dpi=dpi, **settings)


def compose(
    result: Assessment,
    *,
    metric: str | None = None,
    paper: Paper = "a4",
    landscape: bool | None = None,
    dpi: int = 200,
    lang: Lang = "vi",
    layers: Sequence[Layer] = _DEFAULT,
) -> Sheet:
    """The page of `print_map`, drawn and not written; parameters and errors are the same."""
    _check(paper=paper, dpi=dpi, lang=lang, layers=layers)
    choropleth = _asked(result, metric)
    system = ground.drawing_crs(result)
    chosen = ground.chosen_metric(result, choropleth, lang)
    shapes = ground.plane(result.city.communes, system)
    west, south, east, north = extent_of(result, shapes)
    centre = ((west + east) / 2, (south + north) / 2)
    around = list(ground.neighbours(result, system, lang))
    over = list(ground.overlays(result, system, tuple(layers), choropleth.key, lang))
    texts = _texts(result, chosen, [*over, *around], system, lang)
    layout = plan_page(
        texts, extent=(east - west, north - south), paper=paper, landscape=landscape, lang=lang
    )
    figure, axes = blank_page(layout.width, layout.height, dpi=dpi)
    for z, drawn in enumerate([*around, *ground.units_drawn(shapes, chosen), *over]):
        draw(axes, drawn, layout, centre, z=1 + z / 10)
    named = np.concatenate([shapes, *(drawn.shapes for drawn in around)])
    put_names(axes, result, on_page(named, layout, centre), layout, figures=chosen.figures, lang=lang)
    if layout.band is not None:
        box = layout.band
        paint(axes, rectangle(box.x, box.y, box.width, box.height), BAND, z=14)
    for x, top, column in layout.columns:
        put_rows(axes, column, x, top)
    put_frame(axes, layout, centre, lang)
    bar = put_scale(axes, layout, system_name(system), lang)
    return Sheet(figure, layout, system, centre, dpi, bar)


def _asked(result: Assessment, metric: str | None) -> Choropleth:
    """What the units are to be coloured by; a coverage may be written in short, as ``zoning/natural``."""
    known = {c.key: c for c in choropleths(result)}
    if metric is None:
        return next(iter(known.values()))
    key = metric if metric in known else f"coverage.{metric.replace('/', '.')}"
    if key not in known:
        raise _unknown("metric", metric, list(known))
    return known[key]


def _check(*, paper: str, dpi: int, lang: str, layers: Sequence[str]) -> None:
    if lang not in {"vi", "en"}:
        raise _unknown("lang", lang, ["vi", "en"])
    if paper not in PAPERS:
        raise _unknown("paper", paper, list(PAPERS))
    for layer in layers:
        if layer not in LAYERS:
            raise _unknown("layers", layer, LAYERS)
    if not DPI[0] <= dpi <= DPI[1]:
        raise UsageError(
            vi=f"dpi: {dpi} không nằm trong khoảng {DPI[0]} đến {DPI[1]} điểm trên inch.",
            en=f"dpi: {dpi} is not between {DPI[0]} and {DPI[1]} dots per inch.",
        )


def _unknown(what: str, value: object, known: Sequence[str]) -> UsageError:
    return UsageError(
        vi=f"{what}: không có {quoted(value)}; hãy chọn: {listing(known, limit=99)}.",
        en=f"{what}: there is no {quoted(value)}; choose one of: {listing(known, limit=99, lang='en')}.",
    )


def extent_of(result: Assessment, shapes: NDArray[np.object_]) -> tuple[float, float, float, float]:
    """West, south, east and north end of the units, in metres of the projection.

    Raises
    ------
    DataError
        When there is nothing that can be drawn on a page.
    """
    west, south, east, north = (float(v) for v in shapely.total_bounds(shapes))
    if not max(east - west, north - south) <= _LONGEST_EXTENT:  # none at all is not a number
        name = result.city.info.name
        raise DataError(
            vi=f"{name}: không có hình nào vẽ được lên một trang; hãy kiểm tra lớp đơn vị hành chính.",
            en=f"{name}: no shape that can be drawn on a page; check the layer of the units.",
        )
    return west, south, east, north


def on_page(shapes: NDArray[Any], layout: Layout, centre: tuple[float, float]) -> NDArray[Any]:
    """Shapes in metres of the projection as millimetres of the page."""
    frame = layout.frame
    middle = np.array([frame.x + frame.width / 2, frame.y + frame.height / 2])
    scale = 1000 / layout.denominator
    return np.asarray(shapely.transform(shapes, lambda xy: (xy - np.array(centre)) * scale + middle))


def draw(axes: Axes, drawn: Drawn, layout: Layout, centre: tuple[float, float], *, z: float) -> None:
    """Areas in their look, as much of them as lies in the frame."""
    frame = layout.frame
    clip = rectangle(frame.x, frame.y, frame.width, frame.height)
    paint(axes, outline(on_page(drawn.shapes, layout, centre)), drawn.look, z=z, clip=clip)


def put_names(
    axes: Axes,
    result: Assessment,
    shapes: NDArray[Any],
    layout: Layout,
    *,
    figures: Sequence[str],
    lang: Lang,
) -> None:
    """Names on the map, and a line in the legend about the units whose names found no room.

    The shapes are those of the units and, after them, of the neighbours.
    """
    frame, k = layout.frame, layout.enlarged
    beside = result.city.neighbours
    units = [str(name) for name in result.city.communes["name"]]
    names = units if beside is None else [*units, *(str(name) for name in beside["name"])]
    seen = shapely.intersection(shapes, shapely.box(frame.x, frame.y, frame.right, frame.top))
    lines, left_out = place_names(
        seen, names, [*figures, *[""] * (len(names) - len(units))], frame=frame, enlarged=k
    )
    for line in lines:
        own = line.area < len(units)
        write(
            axes, (line.x, line.y), line.text, line.size,
            bold=line.bold and own, colour=INK if own else FAINT, align="center", halo=1.1 * k, z=10,
        )  # fmt: skip
    missing = [drawable(units[i]) for i in left_out if i < len(units)]
    if missing:
        box = layout.notes_at
        who = listing(missing, limit=8, lang=lang)
        note = rows(paper_word("unnamed", lang, who), box.width, 6 * k)
        put_rows(axes, fitting(note, box.height, lang), box.x, box.top)


def system_name(system: CRS) -> str:
    """What the projection is called, with its code."""
    code = system.to_authority()
    return f"{system.name} ({':'.join(code)})" if code else system.name


def _texts(
    result: Assessment, chosen: ground.Metric, listed: Sequence[Drawn], system: CRS, lang: Lang
) -> Texts:
    """All that is written around the map."""
    overlays = [(d.look, d.words) for d in listed if d.words is not None]
    communes = result.city.in_use["communes"].standing
    known = communes in {"schematic", "illustrative"}
    day = date_text(result.on, lang=lang)
    imprint = [
        paper_word("made_by", lang, __about__.VERSION),
        paper_word("assessed_on", lang, day),
        system_name(system),
    ]
    return Texts(
        title=result.city.title(lang),
        subtitle=f"{chosen.label}, {word('on_date', lang).lower()} {day}",
        warning=paper_word(f"real.{communes}" if known else "real.partly", lang),
        warnings=tuple(standing_warnings(result, lang=lang)),
        classes=(chosen.label, chosen.classes),
        overlays=(paper_word("legend", lang), tuple(overlays)),
        facts=(paper_word("whole_city", lang), tuple(headline(result, lang=lang))),
        sources=(
            *(() if chosen.note is None else (chosen.note,)),
            *source_lines(result, lang=lang),
            word("method.area", lang),
            *note_lines(result, lang=lang),
        ),
        imprint=" · ".join(imprint),
    )
