"""Illustrative plans: general, zoning and detailed ones, as a city of this kind might have them.

None of them exists. Zoning plans follow ``plans-zoning.csv``: groups of communes, whole or cut, so
that some borders are followed exactly and others crossed. Detailed plans are blocks scattered with a
fixed seed, mostly over wards and candidates and near the industrial zones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely import affinity

from domain import offset
from inputs import Row, read_rows, read_settings
from shapes import block, cut, placed, with_hole, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from communes import Drawn
    from features import Feature

INITIALS = {"pho-yen": "PY", "viet-yen": "VY", "hung-yen": "HY", "bac-giang": "BG"}
SUBJECTS = (
    "khu dân cư",
    "khu đô thị mới",
    "khu tái định cư",
    "khu trung tâm hành chính",
    "khu dịch vụ thương mại",
    "khu nhà ở công nhân",
    "công viên và khu ở",
)
DRAFTING, APPROVED, EXPIRED, SUPERSEDED = "drafting", "approved", "expired", "superseded"


@dataclass(frozen=True)
class Plan:
    """One plan before it gets its number."""

    name: str
    kind: str
    scale: str
    status: str
    approved_on: str
    expires_on: str
    superseded_on: str
    shape: BaseGeometry

    def feature(self, city: str, number: int, drawn: Drawn) -> Feature:
        """Return the plan as a feature with the contract's properties."""
        year = self.approved_on[:4]
        decision = f"Quyết định minh họa {100 + 7 * number}/QĐ-UBND năm {year}" if year else None
        properties: dict[str, Any] = {
            "id": f"{INITIALS[city]}-MH-{number:03d}",
            "name": f"{self.name} (minh họa)",
            "kind": self.kind,
            "scale": self.scale,
            "status": self.status,
            "decision": decision,
            "approved_on": self.approved_on or None,
            "expires_on": self.expires_on or None,
            "superseded_on": self.superseded_on or None,
        }
        return properties, written(self.shape, drawn.plane)


def draw_plans(city: str, drawn: Drawn, zones: Sequence[Feature]) -> list[Feature]:
    """Return all plans of one city, general ones first."""
    cells = {code: drawn.plane.to_plane(p) for code, p in drawn.old.items()}
    sites = [drawn.plane.to_plane(shape) for _, shape in zones]
    plans = _general(city, cells) + _zoning(city, cells) + _detailed(city, cells, sites)
    return [plan.feature(city, n, drawn) for n, plan in enumerate(plans, start=1)]


def _general(city: str, cells: dict[str, BaseGeometry]) -> list[Plan]:
    """Return the general plans: an old one of part of the city, and its successors."""
    plans: list[Plan] = []
    for row in read_rows("plans-general.csv", city):
        chosen = row["codes"].split("|") if row["codes"] else list(cells)
        shape = shapely.union_all([cells[c] for c in chosen])
        shape = cut(shape, float(row["angle"]), float(row["part"])) if row["part"] else shape
        plans.append(_plan(row, "general", "1/10000", f"Quy hoạch chung {row['name']}", shape))
    return plans


def _plan(row: Row, kind: str, scale: str, name: str, shape: BaseGeometry) -> Plan:
    return Plan(
        name=name,
        kind=kind,
        scale=scale,
        status=row["status"],
        approved_on=row["approved_on"],
        expires_on=row["expires_on"],
        superseded_on=row["superseded_on"],
        shape=shape,
    )


def _zoning(city: str, cells: dict[str, BaseGeometry]) -> list[Plan]:
    plans: list[Plan] = []
    for number, row in enumerate(read_rows("plans-zoning.csv", city), start=1):
        name = f"Quy hoạch phân khu số {number} {row['name']}"
        again = row["shape"] == "same as above"
        shape = plans[-1].shape if again else zoning_shape(row, cells)
        plans.append(_plan(row, "zoning", row["scale"], name, shape))
    return plans


def zoning_shape(row: Row, cells: dict[str, BaseGeometry]) -> BaseGeometry:
    """Return a zoning plan's area from its row: communes, cut, grown over their borders, with a hole."""
    chosen = [cells[c] for c in row["codes"].split("|")]
    angle, part = float(row["angle"] or 0.0), float(row["part"] or 1.0)
    if row["shape"] == "each":
        shape = shapely.union_all([cut(cell, angle, part) for cell in chosen])
    else:
        shape = cut(shapely.union_all(chosen), angle, part)
    if row["grow"]:
        shape = offset(shape, float(row["grow"]))
    return with_hole(shape, 0.04) if row["shape"] == "hole" else shape


def _detailed(city: str, cells: dict[str, BaseGeometry], zones: list[BaseGeometry]) -> list[Plan]:
    """Return the detailed plans, in order of approval, the drafts last."""
    settings = read_settings()[city]["detailed"]
    rng = np.random.default_rng(settings["seed"])
    names = {r["code"]: r["name"] for r in read_rows("units.csv", city)[::-1]}
    plans: list[Plan] = []
    for index in range(int(settings["count"])):
        code = str(rng.choice(settings["units"]))
        near = zones[int(rng.integers(len(zones)))] if zones and index % 5 == 4 else None
        shape = _scattered(cells[code], near, float(settings["mean_km2"]), rng)
        subject = SUBJECTS[int(rng.integers(len(SUBJECTS)))]
        where = "cạnh khu công nghiệp" if near is not None else names[code]
        name = f"Quy hoạch chi tiết {subject} {where} {index + 1}"
        plan = Plan(name, "detailed", "1/500", APPROVED, _day(rng, settings), "", "", shape)
        plans += _fate(plan, index, rng)
    return sorted(plans, key=lambda p: p.approved_on or "9999")


def _day(rng: np.random.Generator, settings: dict[str, Any]) -> str:
    """Return a working day between the settings' first and last year."""
    first = date(int(settings["from_year"]), 1, 5)
    last = date(int(settings["to_year"]), 6, 30)
    day = first + timedelta(days=int(rng.integers((last - first).days)))
    return (day - timedelta(days=max(0, day.weekday() - 4))).isoformat()


def _scattered(
    cell: BaseGeometry, near: BaseGeometry | None, mean: float, rng: np.random.Generator
) -> BaseGeometry:
    """Return a block somewhere in a unit, or at the edge of a zone."""
    area = mean * float(np.exp(rng.normal(-0.08, 0.4)))
    shape = block(str(rng.choice(["rectangle", "rectangle", "angle"])), float(rng.uniform(1.1, 2.4)), area)
    if near is not None:
        on = shapely.line_interpolate_point(near.boundary, float(rng.uniform()), normalized=True)
        at = np.array([on.x, on.y])
    else:
        spread = 0.5 * np.sqrt(cell.area)
        at = np.array([cell.centroid.x, cell.centroid.y]) + rng.normal(0.0, 0.5 * spread, 2)
    return placed(shape, at, float(rng.choice([10.0, 25.0, 70.0, 115.0]) + rng.normal(0.0, 4.0)))


def _fate(plan: Plan, index: int, rng: np.random.Generator) -> list[Plan]:
    """Return a plan with what became of it; a superseded one comes with its successor."""
    approved = date.fromisoformat(plan.approved_on)
    if index % 7 == 3:
        return [replace(plan, status=DRAFTING, approved_on="")]
    if index % 7 == 5:
        early = approved.replace(year=min(approved.year, 2019), day=min(approved.day, 28))
        ends = early.replace(year=early.year + 6)
        return [replace(plan, status=EXPIRED, approved_on=early.isoformat(), expires_on=ends.isoformat())]
    if index % 7 == 1:
        early = approved.replace(year=min(approved.year, 2020), day=min(approved.day, 28))
        later = early.replace(year=early.year + 4)
        old = replace(plan, status=SUPERSEDED, approved_on=early.isoformat(), superseded_on=later.isoformat())
        grown = affinity.scale(plan.shape, 1.25, 1.1)
        new = replace(plan, name=f"{plan.name}, điều chỉnh", approved_on=later.isoformat(), shape=grown)
        return [old, new]
    if rng.uniform() < 0.3:
        ends = approved.replace(year=approved.year + 15, day=min(approved.day, 28))
        return [replace(plan, expires_on=ends.isoformat())]
    return [plan]
