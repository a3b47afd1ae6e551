"""An assessment as data, as lines and as HTML: the same figures everywhere, and no name that does anything."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pytest

import geoplan
from cities import tiny_indicators, tiny_layers, tiny_targets, write_city
from conftest import CITIES
from geoplan.assessment import Assessment
from geoplan.criteria import telling
from geoplan.criteria.verdict import Certainty, Flip, Points
from geoplan.errors import Lang, UsageError
from geoplan.model import words
from geoplan.show.explanations import explain_lines
from geoplan.show.verdicts import as_json, assessment_lines, html_summary

LANGS: tuple[Lang, ...] = ("vi", "en")
HOSTILE = "<script>alert(1)</script>{{{{7*7}}}}\x1b[2J\u202eX\nXã {}"
"""As a format: what comes out holds a tag, a template, an escape sequence, a change of direction, a new line."""
VERDICT = {
    "id", "title", "scope", "value", "unit", "operator", "threshold", "passes", "margin", "article",
    "confidence", "reason", "scope_name", "metric", "value_text", "qualifier", "upper", "threshold_text",
    "source", "rulebook", "group", "considered", "flag", "points", "certainty",
}  # fmt: skip


@pytest.fixture(scope="module")
def hung_yen() -> Assessment:
    return geoplan.assess(geoplan.open_city("hung-yen"))


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    folder = tmp_path_factory.mktemp("plain")
    write_city(folder, tiny_layers(), targets=tiny_targets(), indicators=tiny_indicators())
    return geoplan.assess(geoplan.open_city("tiny", workspace=folder))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    folder = tmp_path_factory.mktemp("hostile")
    layers = tiny_layers(HOSTILE)
    targets = tiny_targets()
    targets["targets"][0]["title"] = {"vi": HOSTILE, "en": HOSTILE}
    indicators = tiny_indicators().assign(source=HOSTILE)
    write_city(folder, layers, title=HOSTILE, targets=targets, indicators=indicators)
    return geoplan.assess(geoplan.open_city("tiny", workspace=folder))


# --- data ---------------------------------------------------------------------------------------


def test_the_shape_of_the_data_is_what_the_readers_of_it_expect(judged: Assessment) -> None:
    data = as_json(judged)
    assert list(data)[:8] == ["city", "title", "on", "regime", "verdicts", "targets", "candidates", "missing"]
    assert list(data)[8:] == ["classes", "city_unit", "units", "layers", "notes"]
    assert (data["city"], data["on"]) == ("tiny", "2024-01-18")
    assert [r["id"] for r in data["regime"]] == ["class-1210-2016-26-2022", "units-1211-2016-27-2022"]
    assert all(set(v) == VERDICT for v in data["verdicts"])
    assert list(data["verdicts"][0])[:12] == [
        "id", "title", "scope", "value", "unit", "operator", "threshold", "passes", "margin", "article",
        "confidence", "reason",
    ]  # fmt: skip
    assert all(v["passes"] in {True, False, None} for v in data["verdicts"])
    assert [t["id"] for t in data["targets"]] == [t.target.id for t in judged.judgement.targets]
    assert {t["status"] for t in data["targets"]} <= set(telling.STATUS)
    assert [c["scope"] for c in data["candidates"]] == ["00002"]
    assert all(set(v) == VERDICT for v in data["candidates"][0]["verdicts"])
    assert set(data["missing"][0]) == {"metric", "name", "scope", "scope_name", "count", "blocks", "enter_in"}
    assert all(g["count"] == len(g["blocks"]) > 0 for g in data["missing"])
    assert [u["scope"] for u in data["units"]] == ["00001", "00002", "00003", "00004"]
    assert {la["standing"] for la in data["layers"]} == {"illustrative"}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", CITIES)
def test_the_data_is_json_and_holds_every_verdict_once(name: str, lang: Lang) -> None:
    result = geoplan.assess(geoplan.open_city(name))
    data = as_json(result, lang)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    keys = [(v["id"], v["scope"]) for v in data["verdicts"]]
    assert len(keys) == len(set(keys)) == sum(1 for _ in result.judgement.verdicts)
    by_key = {(v["id"], v["scope"]): v for v in data["verdicts"]}
    for candidate in data["candidates"]:
        assert [by_key[v["id"], v["scope"]] for v in candidate["verdicts"]] == candidate["verdicts"]
    for found in [*data["classes"], *data["units"]]:
        assert all(isinstance(id_, str) for id_ in found["verdicts"])
    blocked = {name for gap in data["missing"] for name in gap["blocks"]}
    known = {f"{id_}@{scope}" for id_, scope in keys} | {f"target.{t['id']}" for t in data["targets"]}
    assert blocked <= known
    assert data == as_json(result, lang)


def test_the_data_says_what_document_003_states(hung_yen: Assessment) -> None:
    by_id = {v["id"]: v for v in as_json(hung_yen)["verdicts"]}
    people, density = by_id["class.II.population"], by_id["class.II.density"]
    assert people["passes"] is density["passes"] is False
    assert people["threshold"] - people["value"] == -people["margin"] > 0
    assert people["confidence"] == "recalled"
    assert "ngưỡng chưa kiểm chứng" in people["reason"]
    assert people["certainty"]["flips"][0]["percent"] == pytest.approx(
        100 * (people["threshold"] / people["value"] - 1)
    )


def test_infinity_and_nan_never_reach_the_data(judged: Assessment) -> None:
    first = judged.judgement.classes[0]
    for number in (math.nan, math.inf):
        broken = dataclasses.replace(
            first.verdicts[0],
            margin=number,
            quantity=dataclasses.replace(first.verdicts[0].quantity, value=number),
            points=Points(given=None, worst=0.0, best=number),
        )
        one = dataclasses.replace(first, verdicts=(broken,))
        result = dataclasses.replace(judged, judgement=dataclasses.replace(judged.judgement, classes=(one,)))
        (found,) = (v for v in as_json(result)["verdicts"] if v["id"] == broken.id)
        assert (found["value"], found["margin"], found["points"]["best"]) == (None, None, None)
        json.dumps(as_json(result), allow_nan=False)


# --- lines and HTML -----------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_every_verdict_target_and_gap_is_in_the_lines(judged: Assessment, lang: Lang) -> None:
    text = "\n".join(assessment_lines(judged, lang))
    found = judged.judgement
    shown = [v for r in (*found.classes, *found.candidates) for v in r.verdicts]
    assert len(shown) > 10
    for verdict in shown:
        assert verdict.title.text(lang) in text
        assert verdict.article in text
        assert verdict.threshold is None or verdict.reason.text(lang) in text
    for unit in found.units:
        assert unit.reason.text(lang) in text
    for target in found.targets:
        said = target.reason if target.status == "not_assessable" else telling.STATUS[target.status]
        assert f"{target.target.title.text(lang)}: {said.text(lang)}" in text
    for gap in found.missing:
        assert gap.name.text(lang) in text
    illustrative = {"vi": "Quy hoạch chỉ để minh họa", "en": "Plans are illustrative"}[lang]
    assert illustrative in text


def test_the_lines_of_the_tiny_city(judged: Assessment) -> None:
    lines = assessment_lines(judged)
    assert lines[0] == "Thành phố Thử, 18/01/2024"
    start = lines.index("Chỉ tiêu của văn bản")
    assert lines[start + 1].startswith("  ✗ Chỉ tiêu thử: chậm tiến độ (")
    assert lines[start + 2].startswith("    còn thiếu ")
    assert lines[start + 2].endswith(" · hạn hết năm 2025 · 900, mục I · 900.zoning")
    assert "  ✓ Chỉ tiêu thử: đạt (đã thực hiện ngày 01/06/2023: QĐ 1)" in lines
    (ward,) = (
        line for line in lines if line.startswith("    ✗ Quy mô dân số: chưa đạt: 2.000 người, cần ≥ 7.000")
    )
    below = lines[lines.index(ward) + 1]
    assert below.startswith("      Điều 8 NQ 1211/2016")
    assert below.endswith("đổi kết luận khi dân số +250,0 %")
    missing = lines[lines.index("Số liệu còn thiếu (số kết luận bị chặn)") + 1 :]
    assert any(": Dân số (xã Xã 3) → population.csv" in line for line in missing)


def test_what_a_name_holds_does_nothing_in_the_terminal(hostile: Assessment, judged: Assessment) -> None:
    for lang in LANGS:
        lines = assessment_lines(hostile, lang)
        assert len(lines) == len(assessment_lines(judged, lang))
        assert all(line.isprintable() for line in lines)
        assert "{{7*7}}" in "\n".join(lines)
        for metric, scope in (("population", "00002"), ("density", "city"), ("poor_households", "city"),
                              ("900.zoning", None), ("class.II", None), ("ward", "00002")):  # fmt: skip
            assert all(line.isprintable() for line in explain_lines(hostile, metric, scope=scope, lang=lang))
    with pytest.raises(UsageError) as caught:
        explain_lines(hostile, "\x1b[31mabc\n", scope="city")
    assert caught.value.vi.isprintable()
    with pytest.raises(UsageError) as caught:
        explain_lines(hostile, "population", scope="nowhere\x1b")
    assert caught.value.vi.isprintable()
    assert caught.value.en.isprintable()


def test_what_a_name_holds_does_nothing_in_a_notebook(hostile: Assessment) -> None:
    verdict = next(v for v in hostile.judgement.verdicts if v.scope.id == "00002")
    target = hostile.judgement.targets[0]
    shown: list[Any] = [hostile, hostile.city, verdict, target, hostile.quantities["population", "00002"]]
    pages = [thing._repr_html_() for thing in shown] + [html_summary(hostile), html_summary(hostile, "en")]
    for page in pages:
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "{{7*7}}" in page


def test_things_show_themselves_in_a_notebook(judged: Assessment) -> None:
    city = judged.city._repr_html_()
    for text in (
        "Thành phố Thử, 18/01/2024",
        "Thái Nguyên",
        "4 (1 phường)",
        "minh họa; 4 đối tượng; communes.geojson",
    ):
        assert text in city
    whole = judged._repr_html_()
    for text in ("Thành phố Thử, 18/01/2024", "Đô thị loại II", "xã Xã 1", "Chỉ tiêu", "Số liệu còn thiếu"):
        assert text in whole
    verdict = judged.judgement.candidates[0].verdicts[0]
    for text in (verdict.article, verdict.reason.vi, "≥ 7.000 người", "Dân số", "2.000 người"):
        assert text in verdict._repr_html_()
    assert verdict.explain("en").splitlines()[1] == "Threshold: ≥ 7,000 people"
    assert "Thành phố Thử" in html_summary(judged)
    assert html_summary(judged).count("<div") == html_summary(judged).count("</div>")


# --- words --------------------------------------------------------------------------------------


def test_points_in_words() -> None:
    whole = Points(given=3.5, worst=3.5, best=80.25, minimum=75, maximum=100)
    assert telling.total_text(whole) == "đã có 3,50, còn có thể từ 3,50 đến 80,25, cần 75, tối đa 100"
    assert telling.total_text(whole, "en") == "3.50 given, 3.50 to 80.25 possible, 75 needed, at most 100"
    bare = Points(given=None, worst=0, best=8)
    assert telling.total_text(bare) == "chưa tính được, còn có thể từ 0 đến 8, không tìm thấy mức tối thiểu"
    assert telling.points_text(Points(given=6.25, worst=6.25, best=6.25, minimum=5, maximum=7)) == "6,25 / 7"
    assert telling.points_text(Points(given=None, worst=0, best=7, minimum=5, maximum=7)) == "0 – 7 / 7"


def test_certainty_in_words() -> None:
    flips = (
        Flip(input=words("dân số", "population"), percent=1.84),
        Flip(input=words("diện tích", "area"), percent=-2.5),
    )
    close = Certainty(flips=flips, holds=0.552, borderline=True)
    assert telling.certainty_text(close) == (
        "sát ngưỡng; giữ nguyên ở 55,2 % số lần thử sai số; đổi kết luận khi dân số +1,8 % hoặc diện tích −2,5 %"
    )
    unknown = Certainty(flips=(), holds=None, borderline=False)
    assert telling.certainty_text(unknown, "en") == "the errors of the inputs are not known"


def test_a_threshold_that_was_not_found_is_said_so(hung_yen: Assessment) -> None:
    bare = next(v for v in hung_yen.judgement.verdicts if v.threshold is None)
    assert ("Ngưỡng", "không tìm thấy trong nguồn") in bare.lines()
    assert not {"Nguồn của ngưỡng", "Độ tin cậy của ngưỡng", "Chênh lệch"} & {
        label for label, _ in bare.lines()
    }


def test_the_gap_names_the_places_with_most_to_do(hung_yen: Assessment) -> None:
    found = next(t for t in hung_yen.judgement.targets if t.target.id == "003.zoning-coverage-candidates")
    text = telling.gap_text(found, limit=2)
    head, places = text.split(": ")
    assert head.endswith(" ha")
    first, second = (p.name.vi for p in found.places[:2])
    assert places.startswith(f"{first} ")
    assert f", {second} " in places
    more = len(found.places) - 2
    assert places.endswith(f" và {more} nơi nữa") == (more > 0)
    assert [p.value for p in found.places] == sorted((p.value for p in found.places), reverse=True)


# --- explaining ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "scope", "first"),
    [
        ("population", None, "Dân số – Thành phố Hưng Yên, 18/01/2024: "),
        ("dan so", None, "Dân số – Thành phố Hưng Yên, 18/01/2024: "),
        ("DÂN SỐ", "phú cường", "Dân số – xã Phú Cường, 18/01/2024: 6.394 người"),
        ("mat do", None, "Mật độ dân số trên diện tích tự nhiên – Thành phố Hưng Yên, 18/01/2024: "),
        ("mật độ", "noi thi", "Mật độ dân số trên diện tích tự nhiên – khu vực nội thị (các phường)"),
        ("density_urban", None, "Mật độ dân số trên đất xây dựng đô thị – khu vực nội thị (các phường)"),
        ("coverage.zoning.urban_land", "candidates", "Tỷ lệ phủ kín quy hoạch phân khu so với đất xây dựng đô thị"),
        ("quy hoach phan khu", None, "Tỷ lệ phủ kín quy hoạch phân khu so với diện tích tự nhiên"),
        ("popul", "12331", "Dân số – xã Phú Cường"),
        ("class.II.density", None, "✗ Mật độ dân số toàn đô thị (trên diện tích tự nhiên) – Thành phố Hưng Yên"),
        ("ward.population", "xã Phú Cường", "✗ Quy mô dân số – xã Phú Cường: chưa đạt: 6.394 người"),
        ("class.II", None, "✗ Đô thị loại II: chưa đạt"),
        ("ward", "Phu Cuong", "✗ Xã Phú Cường (Phường thuộc thành phố thuộc tỉnh)"),
        ("poor_households", None, "Tỷ lệ hộ nghèo – Thành phố Hưng Yên, 18/01/2024: 0,45 %"),
        ("ho ngheo", "city", "Tỷ lệ hộ nghèo – Thành phố Hưng Yên"),
        ("003.class-ii", None, "✗ Trở thành đô thị loại II"),
        ("target.003.class-ii", None, "✗ Trở thành đô thị loại II"),
    ],
)  # fmt: skip
def test_a_name_finds_what_is_meant(hung_yen: Assessment, asked: str, scope: str | None, first: str) -> None:
    assert explain_lines(hung_yen, asked, scope=scope)[0].startswith(first)


@pytest.mark.parametrize(
    ("asked", "scope", "vi"),
    [
        ("populaton", None, "Không có gì tên “populaton”; có: population, "),
        ("", None, "Không có gì tên “”; có: population, "),
        ("coverage", None, "“coverage” là tên chung của nhiều thứ; hãy chọn: coverage.general.natural, "),
        ("ward.population", None, "“ward.population” có ở nhiều nơi; hãy chọn bằng --scope: "),
        ("ward_share", "wards", "“ward_share” không có ở phạm vi “wards”; có ở: city."),
        ("population", "phu cuog", "Không có phạm vi “phu cuog”; có: 12331 (xã Phú Cường), "),
    ],
)
def test_what_is_not_there_is_one_sentence_with_the_nearest_first(
    hung_yen: Assessment, asked: str, scope: str | None, vi: str
) -> None:
    with pytest.raises(UsageError) as caught:
        explain_lines(hung_yen, asked, scope=scope)
    assert caught.value.vi.startswith(vi)
    assert caught.value.vi.count("\n") == caught.value.en.count("\n") == 0
    assert caught.value.en != caught.value.vi


def test_two_units_of_one_name_are_told_apart_by_code(tmp_path: Path) -> None:
    layers = tiny_layers()
    layers["communes"]["name"] = ["Tân", "Tân", "Bình", "Khác"]
    write_city(tmp_path / "w", layers)
    result = geoplan.assess(geoplan.open_city("tiny", workspace=tmp_path / "w"))
    with pytest.raises(UsageError, match=r"00001 \(phường Tân\), 00002 \(xã Tân\); hãy dùng mã"):
        explain_lines(result, "population", scope="tan")
    assert explain_lines(result, "population", scope="xa tan")[0].startswith("Dân số – xã Tân")
    assert explain_lines(result, "population", scope="00002")[0].startswith("Dân số – xã Tân")


@pytest.mark.parametrize("lang", LANGS)
def test_a_number_names_the_verdicts_and_targets_that_use_it(judged: Assessment, lang: Lang) -> None:
    lines = explain_lines(judged, "population", lang=lang)
    used = [
        line.rsplit("[", 1)[1].rstrip("]") for line in lines if line.startswith("  ") and line.endswith("]")
    ]
    known = [v.id for v in judged.judgement.verdicts if v.quantity.key == ("population", "city")]
    assert used == [*known, "900.population"]
    head = {"vi": "Dùng trong", "en": "Used by"}[lang]
    assert f"{head} ({len(used)}):" in lines
    text = "\n".join(lines)
    for verdict in judged.judgement.verdicts:
        if verdict.id in known and verdict.scope.id == "city":
            assert f"    {verdict.lines(lang)[1][0]}: {telling.threshold_text(verdict, lang)}" in text
            assert verdict.article in text


def test_an_indicator_that_nobody_entered_says_where_to(judged: Assessment) -> None:
    lines = explain_lines(judged, "nonfarm_labour", scope="wards")
    assert "Còn thiếu: chưa có số liệu: hãy nhập vào indicators.csv" in lines
    row = "<năm>,wards,nonfarm_labour,<giá trị>,,<nguồn>"
    assert f"Nhập vào indicators.csv, chỉ số nonfarm_labour: {row}" in lines
    assert any(line.endswith("[class.II.labour_inner]") for line in lines)
    unit = explain_lines(judged, "population", scope="00004")
    assert unit[0].endswith(": chưa có số liệu")
    assert "Nhập vào population.csv" in unit


def test_all_years_of_an_indicator(judged: Assessment) -> None:
    lines = explain_lines(judged, "budget_revenue_own", lang="en")
    assert any(line.startswith("All years: 2021: 100 ") and "; 2023: 121 " in line for line in lines)
    assert any(line.endswith("[900.revenue]") for line in lines)


@pytest.mark.parametrize("name", CITIES)
def test_everything_that_there_is_can_be_explained(name: str) -> None:
    result = geoplan.assess(geoplan.open_city(name))
    for metric, scope in list(result.quantities)[::29]:
        quantity = result.quantities[metric, scope]
        lines = explain_lines(result, metric, scope=scope)
        assert lines[: len(quantity.lines())] == quantity.explain().splitlines()
    for verdict in list(result.judgement.verdicts)[::17]:
        lines = explain_lines(result, verdict.id, scope=verdict.scope.id)
        assert "\n".join(lines).startswith(verdict.explain())
    for target in result.judgement.targets[::4]:
        assert "\n".join(explain_lines(result, target.target.id)).startswith(target.explain())
