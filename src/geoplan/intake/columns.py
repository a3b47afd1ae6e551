"""Whose column is it: names that Vietnamese offices use, proposed for the contract's columns.

Nothing is renamed silently: `propose` says what it recognises, and the user confirms by a mapping.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geoplan import schema
from geoplan.errors import DataError, UsageError
from geoplan.intake.findings import Code, Finding
from geoplan.text import fold, listing, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from geoplan.schema import LayerName

OTHER_NAME: Final = Code(
    "COL-01",
    "note",
    ("Cột có tên khác với hợp đồng lớp", "A column goes by another name"),
    ("Xác nhận bằng --map cột_của_bạn=cột_của_geoplan.", "Confirm with --map theirs=ours."),
)
MISSING: Final = Code(
    "COL-02",
    "error",
    ("Thiếu cột bắt buộc", "A required column is missing"),
    (
        "Chỉ cột tương ứng bằng --map, hoặc thêm cột vào tệp.",
        "Name the column with --map, or add it to the file.",
    ),
)
COMPETING: Final = Code(
    "COL-03",
    "warning",
    ("Nhiều cột cùng có thể là một cột", "Several columns could be the same one"),
    ("Chọn một cột bằng --map.", "Choose one with --map."),
)
LOST_ZEROS: Final = Code(
    "COL-04",
    "warning",
    ("Mã bị mất số 0 ở đầu", "Codes have lost their leading zeros"),
    (
        "Khi nhập, mã được thêm số 0 cho đủ 5 chữ số.",
        "On import, codes get their zeros back, to five digits.",
    ),
)
UNREADABLE: Final = Code(
    "COL-05",
    "error",
    ("Giá trị không đọc được", "A value cannot be read"),
    ("Sửa giá trị trong tệp rồi chạy lại.", "Correct the value in the file and run again."),
)
CODES: Final = (OTHER_NAME, MISSING, COMPETING, LOST_ZEROS, UNREADABLE)

CODE_DIGITS: Final = 5
"""Digits of a commune's code, as the official lists of 2024 and 2025 write it."""

_HABITS: Final[dict[LayerName, dict[str, tuple[str, ...]]]] = {
    "communes": {
        "code": (
            "ma_xa",
            "maxa",
            "ma_px",
            "ma_dvhc",
            "madvhc",
            "ma_phuong",
            "mahc",
            "maxp",
            "ward_code",
            "commune_code",
        ),
        "name": (
            "ten_xa",
            "tenxa",
            "ten_px",
            "ten_dvhc",
            "tendvhc",
            "ten_phuong",
            "ten",
            "ward_name",
            "commune",
            "tenxp",
        ),
        "population": ("dan_so", "danso", "ds", "so_dan", "pop", "dan_so_nguoi", "tong_dan_so"),
        "area_published_km2": (
            "dtich",
            "dien_tich",
            "dientich",
            "dt_km2",
            "dien_tich_km2",
            "dtich_km2",
            "dt_tu_nhien",
            "dttn",
        ),
        "kind": ("loai", "loai_dvhc", "cap", "loai_xa", "type"),
    },
    "plans": {
        "id": ("ma_qh", "maqh", "ma_do_an", "ma_ho_so", "mahosoqh", "mahoso", "so_hieu"),
        "name": ("ten_qh", "tenqh", "ten_do_an", "ten_da", "ten", "do_an"),
        "kind": ("loai_qh", "loaiqh", "loai", "loai_quy_hoach", "cap_qh"),
        "scale": ("ty_le", "tyle", "ty_le_bd", "tl"),
        "status": ("tinh_trang", "trang_thai", "trangthai", "hien_trang", "tinhtrang"),
        "decision": ("so_qd", "soqd", "quyet_dinh", "qd", "qd_phe_duyet", "so_quyet_dinh"),
        "approved_on": ("ngay_qd", "ngayqd", "ngay_pd", "ngay_phe_duyet", "ngay_ky", "ngay"),
        "expires_on": ("ngay_het_han", "het_han", "thoi_han", "ngay_hh"),
        "superseded_on": ("ngay_thay_the", "thay_the"),
    },
    "industrial_zones": {
        "id": ("ma_kcn", "makcn", "ma", "ma_khu"),
        "name": ("ten_kcn", "tenkcn", "ten", "ten_khu"),
        "kind": ("loai", "loai_khu"),
        "established_on": ("ngay_tl", "ngay_thanh_lap", "ngay_qd", "ngayqd"),
        "decision": ("so_qd", "soqd", "quyet_dinh"),
        "area_declared_ha": ("dtich", "dien_tich", "dientich", "dt_ha", "dien_tich_ha", "dt_quy_hoach"),
        "leased_ha": ("da_cho_thue", "dt_cho_thue", "cho_thue", "dt_lap_day"),
    },
    "urban_land": {
        "id": ("ma", "ma_dat", "ma_loai", "objectid", "gid", "fid"),
        "name": ("ten", "loai_dat", "ten_dat", "muc_dich"),
    },
    "neighbours": {"name": ("ten_xa", "tenxa", "ten")},
}


@dataclass(frozen=True)
class Proposal:
    """A column of the contract, and the column of the file that probably is it."""

    ours: str
    theirs: str
    others: tuple[str, ...] = ()


def propose(columns: Sequence[str], layer: LayerName) -> list[Proposal]:
    """Which foreign columns probably are which of the contract's, those with its own name left out."""
    taken = set(columns)
    by_plain: dict[str, list[str]] = {}
    for name in columns:
        by_plain.setdefault(_plain(name), []).append(name)
    found = []
    for ours, habits in _HABITS.get(layer, {}).items():
        if ours in taken:
            continue
        names = [
            n for habit in (ours, *habits) for n in by_plain.get(habit, []) if n not in taken or n != ours
        ]
        if names:
            found.append(Proposal(ours, names[0], tuple(names[1:])))
    return found


def filled(frame: gpd.GeoDataFrame) -> list[str]:
    """The names of the columns that hold anything; KML, for one, brings empty ones of its own."""
    return [str(c) for c in frame.columns if c != frame.geometry.name and frame[c].notna().any()]


def rename(frame: gpd.GeoDataFrame, mapping: Mapping[str, str], *, what: str) -> gpd.GeoDataFrame:
    """The layer with the columns that the user mapped (theirs to ours) under the contract's names.

    Raises
    ------
    UsageError
        When a column does not exist, or two columns would get one name.
    """
    for theirs in mapping:
        schema.named_column(frame, theirs, what=what)
    kept = [c for c in frame.columns if c not in mapping]
    names = [*mapping.values(), *kept]
    doubled = sorted({n for n in names if names.count(n) > 1})
    if doubled:
        raise UsageError(
            vi=f"{what}: --map làm trùng tên cột {', '.join(doubled)}; hãy bỏ bớt hoặc đổi tên cột cũ.",
            en=f"{what}: --map gives {', '.join(doubled)} twice; leave one out or rename the old column.",
        )
    return frame.rename(columns=dict(mapping))


def parse_mapping(pairs: Sequence[str]) -> dict[str, str]:
    """``theirs=ours`` arguments as a mapping.

    Raises
    ------
    UsageError
        When an argument has no ``=`` or an empty side.
    """
    mapping = {}
    for pair in pairs:
        theirs, equals, ours = pair.rpartition("=")
        if not (theirs and equals and ours):
            raise UsageError(
                vi=f"“{pair}” không đúng dạng cột_của_bạn=cột_của_geoplan, ví dụ TEN_XA=name.",
                en=f"“{pair}” is not of the form theirs=ours, such as TEN_XA=name.",
            )
        if theirs in mapping or pair.encode("utf-8", "ignore").decode() != pair:
            raise UsageError(
                vi=f"{quoted(pair)}: cột này đã được đặt tên ở --map khác, hoặc viết sai.",
                en=f"{quoted(pair)}: this column is mapped twice, or miswritten.",
            )
        mapping[theirs] = ours
    return mapping


def check_columns(frame: gpd.GeoDataFrame, layer: LayerName, *, what: str) -> list[Finding]:
    """Findings about the columns of a layer: other names, missing ones, lost zeros, unreadable values."""
    columns = [str(c) for c in frame.columns if c != frame.geometry.name]
    proposals = {p.ours: p for p in propose(filled(frame), layer)}
    findings = []
    for p in proposals.values():
        vi = f"{what}: cột “{p.theirs}” có lẽ là “{p.ours}”; xác nhận bằng --map {p.theirs}={p.ours}."
        en = f"{what}: column “{p.theirs}” is probably “{p.ours}”; confirm with --map {p.theirs}={p.ours}."
        findings.append(Finding(OTHER_NAME, vi=vi, en=en))
        if p.others:
            names = listing([p.theirs, *p.others])
            vi = f"{what}: nhiều cột có thể là “{p.ours}”: {names}."
            findings.append(
                Finding(COMPETING, vi=vi, en=f"{what}: several columns could be “{p.ours}”: {names}.")
            )
    for column in schema.LAYERS[layer]:
        if column.required and column.name not in columns:
            hint = proposals.get(column.name)
            vi = f"{what}: lớp {layer} cần cột “{column.name}”" + (
                f" (có lẽ là “{hint.theirs}”)." if hint else "."
            )
            en = f"{what}: the layer {layer} needs a column “{column.name}”"
            findings.append(
                Finding(MISSING, vi=vi, en=en + (f" (probably “{hint.theirs}”)." if hint else "."))
            )
        elif column.name in columns:
            findings += _unreadable(frame, column, what)
    if layer == "communes" and "code" in columns:
        findings += _lost_zeros(frame, what)
    return findings


def restore_zeros(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Commune codes of digits only, padded to five; other codes stay as they are."""
    codes = schema.texts(frame["code"])
    return frame.assign(
        code=codes.map(lambda c: c.zfill(CODE_DIGITS) if c is not None and c.isdecimal() else c)
    )


def _lost_zeros(frame: gpd.GeoDataFrame, what: str) -> list[Finding]:
    codes = schema.texts(frame["code"])
    short = [c for c in codes if c is not None and c.isdecimal() and len(c) < CODE_DIGITS]
    if not short:
        return []
    vi = f"{what}: {len(short)} mã không đủ {CODE_DIGITS} chữ số: {listing(short)}."
    return [
        Finding(
            LOST_ZEROS,
            vi=vi,
            en=f"{what}: {len(short)} codes of fewer than {CODE_DIGITS} digits: {listing(short)}.",
        )
    ]


def _unreadable(frame: gpd.GeoDataFrame, column: schema.Column, what: str) -> list[Finding]:
    readers = {"number": schema.numbers, "date": schema.dates}
    reader = readers.get(column.kind)
    if reader is None:
        return []
    try:
        reader(frame[column.name], what=what)
    except DataError as error:
        return [Finding(UNREADABLE, vi=error.vi, en=error.en)]
    return []


def _plain(name: str) -> str:
    """A column's name folded: no diacritics, words joined by one underscore."""
    return re.sub(r"[^a-z0-9]+", "_", fold(name)).strip("_")
