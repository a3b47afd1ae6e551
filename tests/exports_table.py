"""Writes docs/exports.md: the formats, what each holds, who reads it, and the short names. ``make exports-table``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exporting import Seen
    from geoplan.exports.layers import ExportLayer
    from geoplan.exports.writing import ExportResult

MATRIX_START: Final = "<!-- matrix -->"
MATRIX_END: Final = "<!-- /matrix -->"
NO_CODE: Final = ("tab", "mif")
"""Formats that keep the parameters of a system, and not its code."""
ENDINGS: Final = {
    "gpkg": ".gpkg", "shp": "-communes.zip", "geojson": "-communes.geojson", "fgb": "-communes.fgb",
    "parquet": "-communes.parquet", "tab": "-communes.tab", "mif": "-communes.mif", "fgdb": ".gdb",
    "csv": "-communes.csv", "xlsx": ".xlsx",
}  # fmt: skip
GDAL_READS: Final = ("gpkg", "shp", "geojson", "fgb", "tab", "mif", "fgdb")
KINDS: Final = {
    "name": "tên trường", "type": "kiểu", "cut": "chữ dài", "text": "chữ", "precision": "độ chính xác",
    "null": "ô trống", "order": "thứ tự", "geometry": "hình", "crs": "mã hệ tọa độ", "layer": "lớp",
}  # fmt: skip
HEAD: Final = """# Xuất dữ liệu: `geoplan export`

```sh
geoplan export pho-yen --format gpkg --out ket-qua
geoplan export viet-yen --on 2024-02-01 --format shp --layers communes plans --out ket-qua
geoplan export hung-yen --format geojson --crs wgs84 --out ket-qua
```

Mặc định tọa độ ở hệ VN-2000 TM-3 của tỉnh vào ngày đánh giá; `--crs EPSG:n` hoặc `--crs wgs84` để chọn hệ khác. VN-2000 và
WGS 84 luôn chuyển theo EPSG:6960. Đỉnh được chuyển từng đỉnh, không thêm đỉnh. GeoPackage là bản gốc nên dùng: giữ đủ mọi thứ.

Mỗi lần xuất, tệp được đọc lại bằng chính cửa nhập của geoplan và so từng giá trị; những gì định dạng không giữ được ghi vào
`….losses.txt` bên cạnh. Xuất hỏng thì tệp cũ còn nguyên. Cùng dữ liệu cho cùng byte (trừ FileGDB, có mã ngẫu nhiên bên trong).

Nên biết:

- **Shapefile**: mỗi lớp một .zip; tên trường theo bảng dưới; đúng/sai ghi thành 1/0; chữ quá 254 byte bị cắt đúng ranh giới chữ;
  số không vừa 19 ký tự và số nguyên quá 18 chữ số bị từ chối, nêu rõ giá trị và trường; quá 2 GB bị từ chối trước khi ghi.
- **MapInfo**: mang đủ bảy tham số (không lệch 225 m); chữ UTF-8, cần MapInfo Pro 15.2 trở lên. MapInfo không có ô trống cho số nên
  cột số có ô trống được ghi thành chữ, để “chưa biết” không thành 0.
- **GeoJSON**: luôn WGS 84 (RFC 7946). **CSV**: mọi thứ là chữ, hình là WKT; mở bằng Excel thì mã mất số 0 ở đầu: hãy dùng XLSX.
- Bảng (độ phủ, kết luận, chỉ tiêu…) trong định dạng chỉ giữ lớp được ghi thành CSV.
- Nhập lại: `geoplan import tệp --as communes --city … `; với Shapefile và MapInfo, lệnh đủ `--map` nằm sẵn trong tệp .txt.

## Định dạng và chương trình

Đếm trên bốn thành phố có sẵn, lớp đơn vị hành chính: số đối tượng, hệ tọa độ, các trường, phạm vi (sai không quá 1 mm). “Mất gì”
là báo cáo của chính geoplan cho lớp này. Bảng do `make exports-table` viết từ kết quả chạy thật; một kiểm thử so lại.

"""
TAIL: Final = """
## Tên trường ngắn

Cố định và đảo ngược được: trong một lớp không có hai tên trùng. Trường không có trong bảng (của lớp bạn nhập) lấy tên theo chữ
cái không dấu, mười ký tự, đánh số khi trùng; `fields.csv` trong .zip kê đủ.
"""


def matrix(folder: Path) -> str:
    """The table of formats and readers over the bundled cities, as Markdown."""
    from exporting import CODES, by_ogrinfo, by_qgis, extent_of  # noqa: PLC0415
    from geoplan import assess, export, open_city  # noqa: PLC0415 - typeguard must come before geoplan
    from geoplan.errors import listening  # noqa: PLC0415
    from geoplan.exports.layers import export_layers  # noqa: PLC0415

    marks: dict[tuple[str, str], list[bool]] = {}
    lost: dict[str, dict[str, None]] = {name: {} for name in ENDINGS}
    layers: dict[str, ExportLayer] = {}
    asked: dict[str, list[tuple[Path, str]]] = {}
    for city_id in CODES:
        with listening():
            result = assess(open_city(city_id))
        layers[city_id] = export_layers(result, layers=["communes"])[0]
        files = {}
        for name, ending in ENDINGS.items():
            made = export(result, format=name, out=folder / city_id / name, layers=["communes"])
            files[name] = next(p for p in made.files if p.name.endswith(ending))
            lost[name] |= dict.fromkeys(KINDS[loss.kind] for loss in made.losses)
            marks.setdefault((name, "geoplan"), []).append(_holds(made))
        asked[city_id] = [(files[n], "communes") for n in GDAL_READS]
    in_qgis = iter(by_qgis([pair for pairs in asked.values() for pair in pairs]))  # in one session
    for city_id, code in CODES.items():
        layer = layers[city_id]
        by_program = {
            "QGIS 3.22": [next(in_qgis) for _ in asked[city_id]],
            "ogr2ogr": [by_ogrinfo(*pair) for pair in asked[city_id]],
        }
        for program, seen in by_program.items():
            for name, found in zip(GDAL_READS, seen, strict=True):
                wanted = None if name in NO_CODE else 4326 if name == "geojson" else code
                good = _as_wanted(
                    found, layer, wanted, extent_of(layer.frame), short=name in {"shp", "tab", "mif"}
                )
                marks.setdefault((name, program), []).append(good)
    programs = ("geoplan", "QGIS 3.22", "ogr2ogr")
    lines = ["| Định dạng | " + " | ".join(programs) + " | Mất gì |", "|---" * (len(programs) + 2) + "|"]
    for name in ENDINGS:
        cells = [_mark(marks.get((name, program))) for program in programs]
        lines.append(f"| `{name}` | {' | '.join(cells)} | {', '.join(lost[name]) or 'không'} |")
    return "\n".join(lines) + "\n"


def _holds(made: ExportResult) -> bool:
    """Whether the file was read back by the door and holds every row: a missing one is a loss of its own."""
    return all(loss.kind not in {"layer", "order"} for loss in made.losses)


def _as_wanted(
    seen: Seen, layer: ExportLayer, code: int | None, extent: Iterable[float], *, short: bool
) -> bool:
    names = [f.short if short else f.name for f in layer.fields]
    near = (
        seen.extent is not None and max(abs(a - b) for a, b in zip(seen.extent, extent, strict=True)) < 1e-8
    )
    right_code = code is None or seen.epsg == code
    return (
        seen.count == len(layer.frame) and near and right_code and list(seen.fields)[-len(names) :] == names
    )


def _mark(found: list[bool] | None) -> str:
    if found is None:
        return "–"
    return f"✓ {sum(found)}/{len(found)}" if all(found) else f"✗ {sum(found)}/{len(found)}"


def names_table() -> str:
    """The short names of every layer, as Markdown."""
    from geoplan.exports.fields import known_fields  # noqa: PLC0415
    from geoplan.exports.layers import LAYERS  # noqa: PLC0415
    from geoplan.quantity import UNITS  # noqa: PLC0415

    lines = []
    for layer, known in known_fields().items():
        lines += ["", f"### `{layer}` – {LAYERS[layer].title.vi}", "", "| Tên ngắn | Tên đầy đủ | Ý nghĩa | Đơn vị |", "|---|---|---|---|"]  # fmt: skip
        for field in known:
            unit = "" if field.unit is None else UNITS[field.unit].words.vi
            lines.append(f"| {field.short} | {field.name} | {field.title.vi} | {unit} |")
    return "\n".join(lines) + "\n"


def main(target: Path) -> int:
    """Run the exports and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        table = matrix(Path(folder))
    target.write_text(
        f"{HEAD}{MATRIX_START}\n\n{table}\n{MATRIX_END}\n{TAIL}{names_table()}", encoding="utf-8"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
