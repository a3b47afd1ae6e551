"""Changes of layers: plans and zones that come in, and what goes."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from geoplan import crs, schema
from geoplan.changes.record import NAME, Change, appended, changed, day_of, readable
from geoplan.errors import UsageError, tell
from geoplan.intake.repair import mend
from geoplan.model import Words, words
from geoplan.text import as_date, date_text, fold, listing, number, quoted

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from geoplan.city import City
    from geoplan.city_file import Layer
    from geoplan.errors import Lang
    from geoplan.schema import LayerName, Standing

_STANDINGS: Final[tuple[Standing, ...]] = (
    "surveyed", "published", "digitised", "schematic", "illustrative",
)  # fmt: skip
_LANGS: Final[tuple[Lang, ...]] = ("vi", "en")
_OUTLINE: Final = words("ranh giới khác", "another outline")
_FACTS: Final = {
    "kind": words("loại", "kind"),
    "status": words("tình trạng", "status"),
    "established_on": words("thành lập ngày", "established on"),
    "area_declared_ha": words("diện tích", "area"),
    "leased_ha": words("đã cho thuê", "leased"),
}
_STATUSES: Final = ("established", "planned")
_KINDS: Final = ("park", "cluster", "it_park")
_ZONE_FACTS: Final = tuple(c.name for c in schema.LAYERS["industrial_zones"] if not c.required)


def plans(
    city: City,
    added: gpd.GeoDataFrame,
    *,
    kind: str | None,
    on: dt.date | str | None,
    standing: Standing,
) -> City:
    """See `geoplan.city.City.with_plans`."""
    _known(kind, schema.PLAN_KINDS, "kind")
    _known(standing, _STANDINGS, "standing")
    day = day_of(city, on)
    frame = _features(added, "plans", day, fill={"kind": kind, "status": "approved"})
    if frame.empty:
        raise UsageError(vi="Không có đồ án nào để thêm.", en="There is no plan to add.")
    if not frame.geometry.intersects(shapely.box(*city.layers["communes"].frame.total_bounds)).any():
        tell(
            vi=f"Không đồ án nào được thêm nằm trong {city.info.name}: hãy kiểm tra hệ tọa độ.",
            en=f"None of the plans added lies in {city.info.name}: check the coordinate system.",
        )
    undated = frame["approved_on"].isna() & (schema.statuses(frame["status"], what="plans") == "approved")
    frame.loc[undated, "approved_on"] = pd.Timestamp(day)
    taken = set(city.layers["plans"].frame["id"])
    frame["id"] = _free_ids(frame["id"], taken)
    names = listing(frame["name"].fillna(frame["id"]), limit=3)
    noun = "plan" if len(frame) == 1 else "plans"
    text = words(f"thêm {len(frame)} đồ án: {names}", f"{len(frame)} {noun} added: {names}")
    entry = {"kind": kind} if kind else {}
    change = Change("plans", day, text, entry=entry | {"standing": standing}, added=frame)
    return changed(city, change, layers=_with_rows(city, "plans", frame, standing))


def zone(city: City, name: str, *, geometry: Any, on: dt.date | str | None, facts: Mapping[str, Any]) -> City:
    """See `geoplan.city.City.with_industrial_zone`."""
    strange = sorted(set(facts) - set(_ZONE_FACTS))
    if strange:
        raise UsageError(
            vi=f"Khu công nghiệp không có cột {listing(strange)}; các cột: {', '.join(_ZONE_FACTS)}.",
            en=f"A zone has no column {listing(strange, lang='en')}; the columns: {', '.join(_ZONE_FACTS)}.",
        )
    name = str(name).strip()
    if not readable(name):
        raise UsageError(vi="Khu công nghiệp cần tên.", en="A zone needs a name.")
    _known(facts.get("status"), _STATUSES, "status")
    _known(facts.get("kind"), _KINDS, "kind")
    day = day_of(city, on)
    layer = city.layers["industrial_zones"]
    known = rows_called(layer.frame, name)
    given = {key: _fact(key, facts[key]) for key in _ZONE_FACTS if facts.get(key) is not None}
    if len(known) == 0 and geometry is None:
        names = listing(layer.frame["name"], limit=8)
        raise UsageError(
            vi=f"Không có khu “{name}” và không có hình; hãy cho geometry, hoặc chọn: {names}.",
            en=f"No zone “{name}” and no geometry; give one, or choose one of: {names}.",
        )
    if not given and geometry is None:
        raise UsageError(
            vi=f"Khu “{name}”: hãy nêu hình hoặc một số liệu mới ({', '.join(_ZONE_FACTS)}).",
            en=f"Zone “{name}”: give an outline or a new fact ({', '.join(_ZONE_FACTS)}).",
        )
    if len(known) == 0:
        row = {"id": name, "name": name, "kind": "park", "status": "established", "established_on": day}
        frame = _features(_one_feature(geometry, row | given), "industrial_zones", day, fill={})
        layers = _with_rows(city, "industrial_zones", frame, "illustrative")
        vi, en = (f" ({_said(given, lang)})" if given else "" for lang in _LANGS)
        text = words(f"thêm khu công nghiệp {name}{vi}", f"industrial zone {name} added{en}")
        return changed(
            city, Change("zone", day, text, entry={"name": name} | given, added=frame), layers=layers
        )
    frame = layer.frame.copy()
    for key, value in given.items():
        frame.loc[known, key] = pd.Timestamp(value) if key == "established_on" else value
    added = None
    if geometry is not None:
        added = _features(
            _one_feature(geometry, {"id": name, "name": name}), "industrial_zones", day, fill={}
        )
        frame.loc[known, frame.geometry.name] = added.geometry.iloc[0]
    frame = schema.conform(frame, "industrial_zones", what="industrial_zones")
    text = words(f"khu {name}: {_said(given, 'vi')}", f"zone {name}: {_said(given, 'en')}")
    change = Change("zone", day, text, entry={"name": name} | given, added=added)
    return changed(city, change, layers=replaced(city, "industrial_zones", frame, text, layer.standing))


def _known(value: str | None, choices: Iterable[str], what: str) -> None:
    """Refuse a word that is not of the contract: a plan of a strange kind would count nowhere."""
    if value is not None and value not in choices:
        raise UsageError(
            vi=f"{what} {quoted(value)}: hãy chọn {', '.join(choices)}.",
            en=f"{what} {quoted(value)}: choose {', '.join(choices)}.",
        )


def _fact(key: str, value: Any) -> Any:
    """A fact of a zone in the type of its column."""
    if key == "established_on":
        return as_date(value)
    if not key.endswith("_ha"):
        return str(value)
    try:
        size = float(value)
    except (TypeError, ValueError):
        size = -1.0
    if not 0 <= size < math.inf:
        raise UsageError(
            vi=f"{key} {quoted(value)}: phải là số hécta không âm.",
            en=f"{key} {quoted(value)}: must be hectares, zero or more.",
        )
    return size


def _said(facts: Mapping[str, Any], lang: Lang) -> str:
    """Facts of a zone in words; that its outline is another when there are none."""
    told = []
    for key, value in facts.items():
        text = str(value)
        if isinstance(value, float):
            text = f"{number(value, digits=1, lang=lang)} ha"
        elif key == "established_on":
            text = date_text(value, lang=lang)
        told.append(f"{_FACTS[key].text(lang)} {text}")
    return ", ".join(told) or _OUTLINE.text(lang)


def rows_called(frame: gpd.GeoDataFrame, name: str) -> pd.Index:
    """Rows with this id, else with this name."""
    called = frame["id"] == name
    if not called.any():
        called = frame["name"].map(lambda n: fold(n or "")) == fold(name)
    index: pd.Index = frame.index[called.to_numpy(dtype=bool)]
    return index


def _features(
    frame: gpd.GeoDataFrame, layer: LayerName, day: dt.date, *, fill: Mapping[str, str | None]
) -> gpd.GeoDataFrame:
    """Features of the user's as the contract has them, whole, in longitude and latitude."""
    schema.require_layer(frame, what=layer)
    crs.require_crs(frame, what=layer)
    given = schema.aligned(frame, layer, what=layer).copy()
    if "id" not in given.columns:
        given["id"] = None
    ids = pd.Series([f"PA-{day:%Y%m%d}-{i + 1:03}" for i in range(len(given))], index=given.index)
    given["id"] = given["id"].astype(object).where(given["id"].notna(), ids)
    if "name" not in given.columns:
        given["name"] = given["id"]
    for column, value in fill.items():
        if value is not None:
            given[column] = given[column].fillna(value) if column in given.columns else value
    sound, _ = mend(given, what=layer)
    out = crs.to_lonlat(schema.conform(sound, layer, what=layer), what=layer)
    return out.rename_geometry("geometry") if out.geometry.name != "geometry" else out


def _one_feature(geometry: Any, row: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """One zone from a polygon in longitude and latitude, or from a layer of one or more polygons."""
    if isinstance(geometry, gpd.GeoDataFrame | gpd.GeoSeries):
        whole = crs.to_lonlat(gpd.GeoDataFrame(geometry=geometry.geometry), what="geometry")
        geometry = shapely.union_all(whole.geometry.to_numpy())
    if not isinstance(geometry, shapely.Geometry):
        raise UsageError(
            vi="geometry phải là hình (shapely) hoặc GeoDataFrame.",
            en="geometry must be a shape (shapely) or a GeoDataFrame.",
        )
    return gpd.GeoDataFrame([dict(row)], geometry=[geometry], crs=crs.WGS84)


def _free_ids(ids: pd.Series, taken: set[str]) -> list[str]:
    """Ids that are not taken: a plan added twice is two plans."""
    out: list[str] = []
    for wanted in ids:
        free, n = str(wanted), 2
        while free in taken:
            free, n = f"{wanted} ({n})", n + 1
        taken = taken | {free}
        out.append(free)
    return out


def _with_rows(
    city: City, name: LayerName, added: gpd.GeoDataFrame, standing: Standing
) -> dict[LayerName, Layer]:
    """All layers, one of them with more rows: no better known than the least known of its features."""
    layer = city.layers[name]
    frame = appended(layer.frame, added)
    worst = max(layer.standing, standing, key=_STANDINGS.index) if len(layer.frame) else standing
    text = words(f"thêm {len(added)} đối tượng giả định", f"{len(added)} assumed features added")
    return replaced(city, name, frame, text, worst)


def replaced(
    city: City, name: LayerName, frame: gpd.GeoDataFrame, why: Words, standing: Standing
) -> dict[LayerName, Layer]:
    """All layers, one of them with another frame: its source says why, its fingerprint is its own."""
    layer = city.layers[name]
    source = Words(
        vi=f"{layer.source.vi} {NAME.vi.capitalize()}: {why.vi}.",
        en=f"{layer.source.en} {NAME.en.capitalize()}: {why.en}.",
    )
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name)).to_csv()
    content = layer.sha256.encode() + table.encode() + b"".join(shapely.to_wkb(frame.geometry.to_numpy()))
    new = replace(
        layer, frame=frame, standing=standing, source=source, sha256=hashlib.sha256(content).hexdigest()
    )
    return dict(city.layers) | {name: new}
