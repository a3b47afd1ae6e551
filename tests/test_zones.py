"""Industrial zones by commune and zone by zone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pyproj import Geod

import geoplan
from cities import square, tiny_layers
from geoplan.errors import DataError

GEOD = Geod(ellps="WGS84")


def km2(shape: object) -> float:
    return abs(GEOD.geometry_area_perimeter(shape)[0]) / 1e6


def test_by_commune_the_union_inside() -> None:
    layers = tiny_layers()
    zones = layers["industrial_zones"]
    crossing = zones.assign(id="Z2").set_geometry([square(2.25, 0.25, 1, 0.5)], crs=4326)
    both = pd.concat([zones, crossing], ignore_index=True)
    table = geoplan.zones(layers["communes"], zones=both)
    assert list(table.columns) == ["code", "name", "area_km2", "zone_km2", "zone_share_pct", "planned_km2"]
    assert table["zone_km2"].tolist() == pytest.approx(
        [0, 0, km2(square(2.25, 0.25, 0.75, 0.5)), km2(square(3, 0.25, 0.25, 0.5))], rel=1e-6
    )
    assert table.loc[3, "zone_share_pct"] == pytest.approx(
        100 * km2(square(3, 0.25, 0.25, 0.5)) / km2(square(3, 0)), rel=1e-6
    )


def test_by_zone_drawn_against_declared_and_occupancy() -> None:
    layers = tiny_layers()
    zones = layers["industrial_zones"].set_geometry([square(3.5, 0.25, 1, 0.5)], crs=4326)
    row = geoplan.zones(layers["communes"], zones=zones, by="zone").iloc[0]
    drawn = 100 * km2(square(3.5, 0.25, 1, 0.5))
    assert row["area_drawn_ha"] == pytest.approx(drawn, rel=1e-6)
    assert row["drawn_less_declared_pct"] == pytest.approx(100 * (drawn / 50 - 1), rel=1e-6)
    assert row["inside_ha"] == pytest.approx(100 * km2(square(3.5, 0.25, 0.5, 0.5)), rel=1e-6)
    assert row["occupancy_pct"] == 50


def test_what_nobody_stated_stays_unknown() -> None:
    layers = tiny_layers()
    zones = layers["industrial_zones"].assign(area_declared_ha=[None], leased_ha=[None])
    row = geoplan.zones(layers["communes"], zones=zones, by="zone").iloc[0]
    assert np.isnan(
        row[["area_declared_ha", "drawn_less_declared_pct", "leased_ha", "occupancy_pct"]].astype(float)
    ).all()
    bare = geoplan.zones(layers["communes"], zones=zones[["geometry"]], by="zone").iloc[0]
    assert bare["id"] == "0"
    assert np.isnan(bare["occupancy_pct"])


def test_planned_zones_are_counted_apart() -> None:
    layers = tiny_layers()
    table = geoplan.zones(layers["communes"], zones=layers["industrial_zones"].assign(status="planned"))
    assert table["zone_km2"].tolist() == [0, 0, 0, 0]
    assert table.loc[2, "planned_km2"] == pytest.approx(km2(square(2.5, 0.25, 0.5, 0.5)), rel=1e-6)


def test_no_known_zone_is_unknown_not_zero() -> None:
    layers = tiny_layers()
    none = layers["industrial_zones"].iloc[:0]
    assert geoplan.zones(layers["communes"], zones=none)["zone_km2"].isna().all()
    assert geoplan.zones(layers["communes"], zones=none, by="zone").empty


def test_an_area_that_is_no_number_is_refused() -> None:
    layers = tiny_layers()
    zones = layers["industrial_zones"].assign(area_declared_ha=["năm mươi"])
    with pytest.raises(DataError, match="area_declared_ha, dòng 0: “năm mươi” không phải là số"):
        geoplan.zones(layers["communes"], zones=zones, by="zone")
