"""All cities beside one another: the same figures in Parquet, workbook and page; texts that stay texts."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
import shapely

import geoplan
from cities import square, tiny_indicators, tiny_layers, tiny_targets, write_city
from geoplan.show.index import index_card
from geoplan.show.national import NationalRow, national_frame, national_page, write_national_workbook

HOSTILE = '=1+1<script>alert(1)</script>"><img src=x onerror=alert(2)>{{7*7}}'


class Reader(HTMLParser):
    """Tags, attributes and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data)


def row(folder: Path, city: str, *, title: str = "Thành phố Thử", outline: Any = None) -> NationalRow:
    write_city(
        folder, tiny_layers(), city_id=city, title=title, targets=tiny_targets(), indicators=tiny_indicators()
    )
    result = geoplan.assess(geoplan.open_city(city, workspace=folder))
    card = index_card(result, map_file=f"{city}.html", workbook=f"reports/{city}.xlsx")
    standing = {key: layer.standing for key, layer in result.city.in_use.items()}
    return NationalRow(city, card=card, standing=standing, outline=outline)


def outline(shape: Any) -> dict[str, Any]:
    return dict(shapely.geometry.mapping(shape))


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[NationalRow]:
    folder = tmp_path_factory.mktemp("national")
    return [
        row(folder, "a-one", outline=outline(square(0, 0, 4))),
        row(folder, "b-two", title=HOSTILE, outline=outline(square(300, 200, 4))),
        row(folder, "c-undrawn", title="Nơi không hình"),
    ]


def test_parquet_holds_the_figures_of_the_cards(rows: list[NationalRow], tmp_path: Path) -> None:
    national_frame(rows).to_parquet(tmp_path / "n.parquet", index=False)
    read = gpd.read_parquet(tmp_path / "n.parquet")
    assert read["city"].tolist() == ["a-one", "b-two", "c-undrawn"]
    assert read["title"][1] == HOSTILE
    for key in ("zoning.natural", "detailed.urban_land"):
        column = f"coverage_{key.replace('.', '_')}_pct"
        assert read[column].tolist() == [r.card.coverage[key] for r in rows]
    assert read["density_per_km2"].isna().all()
    assert read["class_passes"].isna().all()
    assert read["targets_met"].tolist() == [rows[0].card.targets["met"]] * 3
    assert read["standing_plans"].tolist() == ["illustrative"] * 3
    assert read.crs == "EPSG:4326"
    assert read.geometry.iloc[0].equals(square(0, 0, 4))
    assert read.geometry.iloc[2] is None


def test_no_city_is_an_empty_table(tmp_path: Path) -> None:
    national_frame([]).to_parquet(tmp_path / "n.parquet", index=False)
    assert len(gpd.read_parquet(tmp_path / "n.parquet")) == 0
    write_national_workbook([], tmp_path / "n.xlsx")
    assert openpyxl.load_workbook(tmp_path / "n.xlsx").active is not None
    assert "0 đô thị" in national_page([])


def test_the_workbook_holds_real_numbers_and_no_formula(rows: list[NationalRow], tmp_path: Path) -> None:
    write_national_workbook(rows, tmp_path / "n.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "n.xlsx").active
    assert sheet is not None
    cells = [[cell.value for cell in line] for line in sheet.iter_rows()]
    top = next(i for i, line in enumerate(cells) if line[0] == "Thành phố")
    head, lines = cells[top], cells[top + 1 : top + 4]
    assert [line[0] for line in lines] == ["Thành phố Thử", HOSTILE, "Nơi không hình"]
    at = head.index("QH phân khu / diện tích tự nhiên (%)")
    assert lines[0][at] == rows[0].card.coverage["zoning.natural"]
    assert lines[0][head.index("Mật độ (người/km²)")] is None
    assert lines[0][head.index("Kết luận về loại đô thị")] == "? chưa đánh giá được"
    assert lines[0][head.index("Chỉ tiêu: đạt")] == rows[0].card.targets["met"]
    assert not [c for line in sheet.iter_rows() for c in line if c.data_type == "f"]
    assert "Quy hoạch chỉ để minh họa, không có thật" in [line[0] for line in cells[:top]]


def test_the_page_runs_nothing_and_asks_for_nothing(rows: list[NationalRow]) -> None:
    page = national_page(rows)
    read = Reader(page)
    assert not {"script", "img", "iframe", "object", "link"} & set(read.tags)
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    assert "script-src 'none'" in page
    assert HOSTILE in read.texts
    links = {value for name, value in read.attributes if name == "href"}
    assert links == {"index.html", "a-one.html", "b-two.html", "c-undrawn.html"}


def test_the_page_says_what_is_unknown_not_drawn_and_not_real(rows: list[NationalRow]) -> None:
    page = national_page(rows)
    texts = Reader(page).texts
    assert "Quy hoạch chỉ để minh họa, không có thật (3/3 đô thị)" in texts
    assert "Không vẽ được vì chưa có ranh giới: Nơi không hình." in texts
    assert texts.count("chưa có số liệu (3)") == 1
    assert texts.count("? chưa đánh giá được (3)") == 1
    assert "43,7" in texts
    assert page.count('fill="url(#none)"') >= 3
    assert page.count("<circle cx=") > 5  # what is too small to see, on each map


def test_a_city_on_the_map_has_its_shape() -> None:
    from geoplan.show.national.drawing import Area, canvas_for, svg  # noqa: PLC0415

    ring = shapely.box(105, 20, 106, 21).difference(shapely.box(105.4, 20.4, 105.6, 20.6))
    drawn = svg([Area(ring, "#123456", None, "", "tên", "a.html")], canvas_for([ring]), title="Bản đồ")
    (path,) = [part for part in drawn.split('"') if part.startswith("M") and "Z" in part]
    assert path.count("M") == path.count("Z") == 2
    numbers = [tuple(map(float, p.split())) for p in path.replace("Z", "").replace("M", "L").split("L") if p]
    wide = max(x for x, _ in numbers) - min(x for x, _ in numbers)
    tall = max(y for _, y in numbers) - min(y for _, y in numbers)
    assert wide / tall == pytest.approx(0.9366, abs=0.002)  # a degree of longitude at 20.5°N
    assert wide == pytest.approx(456, abs=0.2)


def test_english_is_english(rows: list[NationalRow]) -> None:
    page = national_page(rows, lang="en")
    assert "All cities at a glance" in page
    assert "Not drawn, for want of boundaries: Nơi không hình." in page
