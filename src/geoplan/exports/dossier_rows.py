"""The rows of the dossier's classes: what of a city's layers goes where, in Vietnamese as the dossier is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.errors import DataError
from geoplan.exports import metadata
from geoplan.exports.dossier_rules import dossier_rules
from geoplan.exports.words import PLAN_KINDS, STATUSES, UNIT_KINDS, ZONE_KINDS, said
from geoplan.exports.writing import Loss
from geoplan.model import words
from geoplan.text import date_text, fold, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from geoplan.exports.dossier_rules import DossierClass
    from geoplan.exports.layers import ExportLayer

_URBAN_LAND: Final = "đất xây dựng đô thị"


@dataclass(frozen=True)
class Filled:
    """One class with its rows, in EPSG:4326; which layers they are of; what had to be cut."""

    kind: DossierClass
    frame: gpd.GeoDataFrame
    layers: tuple[str, ...]
    losses: tuple[Loss, ...]


@dataclass(frozen=True)
class BadCode:
    """A code of a plan that does not follow its pattern; it is left out of the dossier."""

    field: str
    plan: str
    value: str


def fill(layers: Mapping[str, ExportLayer]) -> tuple[list[Filled], list[BadCode]]:
    """All classes, the empty ones too, and the codes that will not do.

    Raises
    ------
    DataError
        When a code is longer than its field: cut short it would be another code.
    """
    bad: list[BadCode] = []
    filled = []
    for kind in dossier_rules().classes:
        parts = [
            (layers[name], rows(layers[name], bad))
            for name, rows in _ROWS.get((kind.file, kind.name), {}).items()
            if name in layers
        ]
        losses: list[Loss] = []
        table = pd.DataFrame(
            [_fitted(row, kind, layer, losses) for layer, rows in parts for row in rows],
            columns=[*(field.name for field in dossier_rules().fields), "geometry"],
            dtype=object,
        )
        frame = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(table["geometry"], crs=4326))
        filled.append(Filled(kind, frame, tuple(layer.name for layer, _ in parts), _together(losses)))
    return filled, list(dict.fromkeys(bad))


def _fitted(
    row: dict[str, Any], kind: DossierClass, layer: ExportLayer, losses: list[Loss]
) -> dict[str, Any]:
    """A row whose texts fit the widths: codes are refused when they do not, other texts cut and said."""
    out = dict(row)
    for field in dossier_rules().fields:
        text = out.get(field.name)
        if text is None or len(text) <= field.width:
            continue
        if field.code:
            raise DataError(
                vi=f"{layer.name}: {field.name} chỉ chứa {field.width} ký tự, không chứa được "
                f"{quoted(text)}; hãy rút "
                "gọn mã trong lớp.",
                en=f"{layer.name}: {field.name} holds {field.width} characters, not {quoted(text)}; shorten "
                "the code "
                "in the layer.",
            )
        out[field.name] = text[: field.width - 1] + "…"
        vi = f"chữ dài quá {field.width} ký tự bị cắt (có dấu …): {{}}."
        en = f"texts of more than {field.width} characters cut (with …): {{}}."
        losses.append(Loss(f"{kind.file}.{kind.name}", "cut", words(vi, en), (field.name,)))
    return out


def _together(losses: Sequence[Loss]) -> tuple[Loss, ...]:
    counts: dict[Loss, int] = {}
    for loss in losses:
        counts[loss] = counts.get(loss, 0) + 1
    return tuple(
        Loss(x.layer, x.kind, words(x.text.vi.format(n), x.text.en.format(n)), x.fields)
        for x, n in counts.items()
    )


def _rows_of(
    layer: ExportLayer,
    *,
    code: str,
    kind: Callable[[dict[str, Any]], str | None],
    notes: Callable[[dict[str, Any]], Iterable[str | None]],
    keep: Callable[[dict[str, Any]], bool] = lambda _: True,
    name: Callable[[dict[str, Any]], str | None] = lambda row: row.get("name"),
) -> list[dict[str, Any]]:
    """The rows of a layer; the standing comes first in the note, so that no cut takes it away."""
    standing = metadata.standing_text(layer, "vi") or None
    out = []
    for row in layer.frame.to_dict("records"):
        plain: dict[str, Any] = {str(k): _plain(v) for k, v in row.items()}
        if not keep(plain) or plain["geometry"] is None or plain["geometry"].is_empty:
            continue
        out.append(
            {
                "maThongTinQH": None,
                "maHoSoQH": None,
                "maDoiTuong": plain.get(code),
                "tenDoiTuong": name(plain),
                "phanLoai": kind(plain),
                "ghiChu": "; ".join(text for text in [standing, *notes(plain)] if text) or None,
                "geometry": plain["geometry"],
            }
        )
    return out


def _plain(value: Any) -> Any:
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _day(label: str, value: Any) -> str | None:
    return None if value is None else f"{label} {date_text(pd.Timestamp(value).date())}"


def _units(layer: ExportLayer, bad: list[BadCode]) -> list[dict[str, Any]]:  # noqa: ARG001 - one signature
    def name(row: dict[str, Any]) -> str | None:
        kind = said(UNIT_KINDS, row.get("kind"), "vi")
        parts = [kind[:1].upper() + kind[1:] if kind else None, row.get("name")]
        return " ".join(part for part in parts if part) or None

    return _rows_of(
        layer,
        code="code",
        name=name,
        kind=lambda row: said(UNIT_KINDS, row.get("kind"), "vi"),
        notes=lambda row: [
            _day("hiệu lực từ", row.get("valid_from")),
            _day("đến trước", row.get("valid_to")),
        ],
    )


def _unit_names(layer: ExportLayer, bad: list[BadCode]) -> list[dict[str, Any]]:
    return [row | {"geometry": shapely.point_on_surface(row["geometry"])} for row in _units(layer, bad)]


def _unit_limits(layer: ExportLayer, bad: list[BadCode]) -> list[dict[str, Any]]:
    return [row | {"geometry": shapely.boundary(row["geometry"])} for row in _units(layer, bad)]


def _plans(
    layer: ExportLayer, bad: list[BadCode], keep: Callable[[dict[str, Any]], bool] = lambda _: True
) -> list[dict[str, Any]]:
    codes = {field: _column(layer, rule.columns) for field, rule in dossier_rules().codes.items()}
    asked: list[dict[str, Any]] = []

    def kept(row: dict[str, Any]) -> bool:
        if keep(row) and row["geometry"] is not None and not row["geometry"].is_empty:
            asked.append(row)
            return True
        return False

    rows = _rows_of(
        layer,
        code="id",
        kind=lambda row: said(PLAN_KINDS, row.get("kind"), "vi"),
        notes=lambda row: [
            said(STATUSES, row.get("status"), "vi"),
            row.get("decision"),
            _day("phê duyệt", row.get("approved_on")),
            _day("hết hạn từ", row.get("expires_on")),
            _day("bị thay thế từ", row.get("superseded_on")),
        ],
        keep=kept,
    )
    for row, plan in zip(rows, asked, strict=True):
        for field, column in codes.items():
            row[field] = _code(field, plan, None if column is None else plan[column], bad)
    return rows


def _column(layer: ExportLayer, names: Sequence[str]) -> str | None:
    """The column of a layer that is called one of these, in whatever case."""
    return next((f.name for f in layer.fields if fold(f.name).replace(" ", "_") in names), None)


def _code(field: str, plan: dict[str, Any], value: Any, bad: list[BadCode]) -> str | None:
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    if dossier_rules().codes[field].holds(text, plan.get("kind")):
        return text
    bad.append(BadCode(field, str(plan.get("id")), text))
    return None


def _in_force(kind: str) -> Callable[[dict[str, Any]], bool]:
    return lambda row: bool(row.get("in_force")) and row.get("kind") == kind


def _zones(layer: ExportLayer, *, established: bool) -> list[dict[str, Any]]:
    return _rows_of(
        layer,
        code="id",
        kind=lambda row: said(ZONE_KINDS, row.get("kind"), "vi"),
        notes=lambda row: [
            said(STATUSES, row.get("status"), "vi"),
            row.get("decision"),
            _day("thành lập", row.get("established_on")),
        ],
        keep=lambda row: (row.get("status") == "established") is established,
    )


def _urban_land(layer: ExportLayer, bad: list[BadCode]) -> list[dict[str, Any]]:  # noqa: ARG001 - one signature
    return _rows_of(layer, code="id", kind=lambda _: _URBAN_LAND, notes=lambda row: [row.get("note")])


_ROWS: Final[dict[tuple[str, str], dict[str, Callable[[Any, list[BadCode]], list[dict[str, Any]]]]]] = {
    ("HienTrang", "TenDonViHanhChinh_P"): {"communes": _unit_names},
    ("HienTrang", "RanhGioiHanhChinh_L"): {"communes": _unit_limits},
    ("HienTrang", "RanhGioiQuyHoach_A"): {"plans": _plans},
    ("HienTrang", "ChucNangSuDungDat_A"): {
        "urban_land": _urban_land,
        "industrial_zones": lambda layer, _: _zones(layer, established=True),
    },
    ("QuyHoach", "PhanKhuQuyHoach_A"): {"plans": lambda layer, bad: _plans(layer, bad, _in_force("zoning"))},
    ("QuyHoach", "PhanOQuyHoach_A"): {"plans": lambda layer, bad: _plans(layer, bad, _in_force("detailed"))},
    ("QuyHoach", "ChucNangSuDungDat_A"): {
        "industrial_zones": lambda layer, _: _zones(layer, established=False)
    },
}
"""Which layers fill which class; classes that are not here are written empty."""
