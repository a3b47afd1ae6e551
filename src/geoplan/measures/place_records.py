"""Records about people and land: population, area, density, and how many units are wards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from geoplan.measures import spread
from geoplan.measures.places import CANDIDATES
from geoplan.measures.records import bounded, days, known, lacking, layer_use, names, ratio, record
from geoplan.measures.spread import Spread
from geoplan.model import words
from geoplan.quantity import Part, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from geoplan.city import City
    from geoplan.measures.places import Place
    from geoplan.measures.sharpness import Sharpness
    from geoplan.model import Words
    from geoplan.quantity import LayerUse, Quantity

_KIND: Final = words("loại đơn vị", "kind of unit")
_NO_URBAN_LAND: Final = words(
    "chưa có lớp đất xây dựng đô thị", "there is no layer of urban construction land"
)
_ZERO_URBAN_LAND: Final = words(
    "lớp đất xây dựng đô thị không có phần nào ở đây", "the layer of urban construction land has none here"
)
_NOBODY: Final = words("dân số toàn địa bàn bằng 0", "nobody lives in the whole city")
_INNER_ARTICLE: Final = (
    "Nghị quyết 1210/2016/UBTVQH13 (hiệu lực đến hết năm 2025), Điều 4.3: “khu vực nội thành tính trên "
    "diện tích đất xây dựng đô thị”"
)


def people_and_land(places: Iterable[Place]) -> Iterator[Quantity]:
    """Population, drawn area and density of each place."""
    for place in places:
        yield from (_population(place), _area(place), _density(place))


def legal_areas(places: Iterable[Place]) -> Iterator[Quantity]:
    """The published area of each place; the drawn one, and said so, where nobody published any."""
    for place in places:
        yield _area_legal(place)


def urban_densities(
    city: City,
    wards: Place | None,
    units: Sequence[Place],
    *,
    density: pd.DataFrame,
    totals: pd.DataFrame,
    sharpness: Sharpness,
) -> Iterator[Quantity]:
    """People over urban construction land: of the inner area, and of each unit."""
    layer = layer_use(city, "urban_land") if city.urban_land is not None else None
    if wards is not None:
        inner = totals[(totals["group"] == "wards") & (totals["denominator"] == "urban_land")]
        area = known(inner["area_km2"].iloc[0]) if layer is not None else None
        yield _urban_density(wards, layer, area, sharpness)
    for i, unit in enumerate(units):
        area = known(density["urban_land_km2"].iloc[i]) if layer is not None else None
        yield _urban_density(unit, layer, area, sharpness)


def counts(city: City, whole: Place, wards: Place | None) -> Iterator[Quantity]:
    """How many units there are and are wards, who lives in wards, which named units became wards."""
    units = city.communes
    unclear = lacking(_KIND, names(units[units["kind"].isna()]))
    inner = 0 if wards is None else wards.count
    all_units = Part(
        name=words("số đơn vị hành chính", "administrative units"), value=whole.count, unit="unit"
    )
    yield _units(whole, all_units)
    some = Part(name=words("số phường", "wards"), value=None if unclear else inner, unit="unit")
    if wards is not None:
        yield _units(wards, some, missing=unclear)
    yield whole.record(
        "ward_share",
        name=words("Tỷ lệ phường trên tổng số đơn vị hành chính", "Share of units that are wards"),
        value=ratio(some, all_units, times=100),
        unit="percent",
        numerator=some,
        denominator=all_units,
        method=words(
            "số phường chia cho số đơn vị hành chính có hiệu lực trong ngày",
            "wards over all units in force on the date",
        ),
        missing=unclear,
    )
    yield _inner_share(whole, wards, unclear)
    named = city.named_candidates
    if len(named):
        yield _candidates(city, named)


def _population(place: Place) -> Quantity:
    people = place.people
    counted = days(*people.counted_on)
    method: Words | None = words(f"dân số tính đến {counted.vi}", f"population as of {counted.en}")
    if not people.counted_on:
        method = None
    elif not place.single:
        method = words(
            f"cộng dân số của {place.count} đơn vị theo cùng một bộ số liệu, tính đến {counted.vi}",
            f"sum of the population of {place.count} units from one series of figures, as of {counted.en}",
        )
    return place.record(
        "population",
        name=words("Dân số", "Population"),
        value=people.part.value,
        unit="person",
        numerator=people.part,
        method=method,
        sources=people.sources,
        missing=people.missing,
    )


def _area(place: Place) -> Quantity:
    one = words("đo trên lớp ranh giới theo elipxoit WGS 84", "as drawn, on the WGS 84 ellipsoid")
    many = words(
        f"cộng diện tích của {place.count} đơn vị, {one.vi}", f"sum of {place.count} units, {one.en}"
    )
    return place.record(
        "area",
        name=words("Diện tích tự nhiên", "Natural area"),
        value=place.land.part.value,
        unit="km2",
        numerator=place.land.part,
        method=one if place.single else many,
        layers=(place.land.layer,),
        missing=place.land.missing,
    )


def _area_legal(place: Place) -> Quantity:
    legal, drawn = place.legal, place.land.part
    if legal is None:
        return replace(
            _area(place),
            metric="area_legal",
            name=words("Diện tích (chưa có số công bố)", "Area (none is published)"),
            method=words(
                "chưa có diện tích công bố nên lấy diện tích đo trên lớp ranh giới",
                "as no area is published, the area as drawn",
            ),
        )
    method = words("diện tích ghi trong nguồn công bố", "the area as published")
    if legal.on is not None:
        day = days(legal.on)
        method = words(f"diện tích công bố, số liệu ngày {day.vi}", f"published area, as of {day.en}")
    elif not place.single:
        method = words(
            f"cộng diện tích công bố của {place.count} đơn vị",
            f"sum of the published areas of {place.count} units",
        )
    span = Spread(drawn.low, drawn.high, drawn.why)
    return place.record(
        "area_legal",
        name=words("Diện tích công bố", "Published area"),
        value=legal.km2,
        unit="km2",
        numerator=bounded(words("diện tích công bố", "published area"), legal.km2, "km2", span),
        method=method,
        layers=() if legal.layer is None else (legal.layer,),
        sources=legal.sources,
    )


def _density(place: Place) -> Quantity:
    people, land = place.people.part, place.land.part
    return place.record(
        "density",
        name=words("Mật độ dân số trên diện tích tự nhiên", "Population density on natural area"),
        value=ratio(people, land),
        unit="person_per_km2",
        numerator=people,
        denominator=land,
        method=words(
            "dân số chia cho diện tích tự nhiên đo trên lớp ranh giới",
            "population over natural area as drawn",
        ),
        layers=(place.land.layer,),
        sources=place.people.sources,
        missing=(*place.people.missing, *place.land.missing),
    )


def _urban_density(place: Place, layer: LayerUse | None, km2: float | None, sharpness: Sharpness) -> Quantity:
    people = place.people.part
    span = sharpness.of(km2, "urban_land", scope=place.scope, rows=place.units)
    name = words("đất xây dựng đô thị đo trên lớp", "urban construction land as drawn")
    land = bounded(name, km2, "km2", span)
    none: tuple[Words, ...] = ()
    if layer is None:
        none = (_NO_URBAN_LAND,)
    elif not land.value:
        none = (_ZERO_URBAN_LAND,)
    return place.record(
        "density_urban",
        name=words("Mật độ dân số trên đất xây dựng đô thị", "Population density on urban construction land"),
        value=ratio(people, land),
        unit="person_per_km2",
        numerator=people,
        denominator=land,
        method=words(
            "dân số chia cho diện tích đất xây dựng đô thị nằm trong phạm vi, phần chồng nhau tính một lần",
            "population over the urban construction land inside, overlaps counted once",
        ),
        layers=(place.land.layer,) if layer is None else (place.land.layer, layer),
        sources=place.people.sources,
        article=_INNER_ARTICLE,
        missing=(*place.people.missing, *none),
    )


def _units(place: Place, count: Part, *, missing: tuple[Words, ...] = ()) -> Quantity:
    return place.record(
        "units",
        name=words("Số đơn vị hành chính", "Number of units"),
        value=count.value,
        unit="unit",
        numerator=count,
        method=words("đếm các đơn vị có hiệu lực trong ngày", "count of the units in force on the date"),
        missing=missing,
    )


def _inner_share(whole: Place, wards: Place | None, unclear: tuple[Words, ...]) -> Quantity:
    people = whole.people.part
    name = words("dân số nội thị", "population of the inner area")
    inner = Part(name=name, value=None if unclear else 0.0, unit="person")
    if wards is not None and not unclear:
        part = wards.people.part
        inner = bounded(name, part.value, "person", Spread(part.low, part.high, part.why))
    return whole.record(
        "inner_population_share",
        name=words("Tỷ lệ dân số nội thị", "Share of people living in the inner area"),
        value=ratio(inner, people, times=100),
        unit="percent",
        numerator=inner,
        denominator=people,
        method=words(
            "dân số các phường chia cho dân số toàn địa bàn", "population of the wards over that of the city"
        ),
        sources=whole.people.sources,
        missing=(*unclear, *whole.people.missing, *((_NOBODY,) if people.value == 0 else ())),
    )


def _candidates(city: City, named: pd.DataFrame) -> Quantity:
    """How many of the units that documents name have been wards by the date."""
    told = city.kinds[~(city.kinds["valid_from"] > pd.Timestamp(city.on))]
    known_kinds = set(spread.unit_keys(told, "unit_from"))
    unclear = [key not in known_kinds for key in spread.unit_keys(named)]
    missing = lacking(_KIND, names(named[unclear]))
    became = None if missing else int(named["became_ward"].sum())
    merged = names(named[~(named["became_ward"] | named["in_force"])])
    notes: tuple[Words, ...] = ()
    if merged:
        listed = ", ".join(merged)
        notes = (
            words(
                f"Đã nhập vào đơn vị khác khi chưa trở thành phường: {listed}.",
                f"Merged into other units before becoming wards: {listed}.",
            ),
        )
    return record(
        "candidates_become_wards",
        Scope(id="candidates", name=CANDIDATES),
        city.on,
        name=words("Số đơn vị đã trở thành phường", "Units that have become wards"),
        value=became,
        unit="unit",
        numerator=Part(name=words("đã trở thành phường", "have become wards"), value=became, unit="unit"),
        denominator=Part(
            name=words("được văn kiện nêu tên", "named by documents"), value=len(named), unit="unit"
        ),
        method=words(
            "đếm các đơn vị được nêu tên đã có ngày là phường, tính đến ngày này",
            "count of the named units that have been wards on any day up to the date",
        ),
        missing=missing,
        notes=notes,
    )
