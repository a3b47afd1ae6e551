"""What changed between two builds: figures that moved, verdicts that turned, cities that came and went."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cities import tiny_indicators, tiny_layers, tiny_targets, write_city
from geoplan import batch
from geoplan.batch.difference import compare_builds, read_build
from geoplan.batch.difference_words import difference_json, difference_lines
from geoplan.batch.job import Job, Options, Place
from geoplan.batch.state import code_version
from geoplan.batch.summary import write_summary
from geoplan.batch.work import build_city
from geoplan.cli import main
from geoplan.scenario.records import records
from geoplan.workspace import open_city


def built(out: Path, home: Path, *cities: str) -> Path:
    """A folder of results as a run leaves it, made in this process."""
    (out / ".state").mkdir(parents=True)
    options, staging = Options(), out / ".state" / "_work" / "test"
    jobs = [
        Job(place=Place(city=c, home=home), options=options, out=out, staging=staging, code=code_version())
        for c in cities
    ]
    outcomes = tuple(build_city(job) for job in jobs)
    assert [o.state for o in outcomes] == ["built"] * len(cities)
    write_summary(out, outcomes=outcomes, options=options, staging=staging)
    shutil.rmtree(out / ".state" / "_work")
    return out


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A build, and another after more people came to one commune, a city went and another was added."""
    folder = tmp_path_factory.mktemp("diff")
    targets, indicators = tiny_targets(), tiny_indicators()
    for city in ("a-gone", "b-moved", "c-same", "d-new"):
        write_city(folder / "w", tiny_layers(), city_id=city, targets=targets, indicators=indicators)
    old = built(folder / "old", folder / "w", "a-gone", "b-moved", "c-same")
    people = folder / "w" / "b-moved" / "population.csv"
    text = people.read_text(encoding="utf-8")
    people.write_text(
        text.replace("2000,", "9000,") + "00004,,5000,2019-04-01,census-2019,x,seen\n", encoding="utf-8"
    )
    return old, built(folder / "new", folder / "w", "b-moved", "c-same", "d-new")


def test_what_moved_is_said_in_words(two: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", *map(str, two)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:3] == ["Thêm thành phố: d-new", "Bớt thành phố: a-gone", "b-moved – Thành phố Thử"]
    assert said[-1] == "Không đổi: c-same"
    assert "  Dữ liệu đầu vào population.csv: đã đổi" in said
    assert "  Số liệu: Dân số – xã Xã 1: 2.000 người → 9.000 người" in said
    assert "  Số liệu: Dân số – xã Xã 3: chưa có số liệu → 5.000 người" in said
    assert not [line for line in said if "quy hoạch phân khu" in line.casefold() and "→" in line]
    assert any(line.startswith("  Chỉ tiêu:") and "→" in line for line in said)


def test_the_same_as_json_holds_the_very_numbers(
    two: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", *map(str, two), "--json", "--lang", "en"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["added"], found["removed"], found["same"]) == (["d-new"], ["a-gone"], ["c-same"])
    (city,) = found["changed"]
    one = {(c["kind"], c["id"], c["scope"]): c for c in city["changes"]}
    people = one["number", "population", "00002"]
    assert people["fields"] == {"value": {"old": 2000, "new": 9000}}
    assert people["how"] == "changed"
    assert people["text"].endswith("2,000 people → 9,000 people")
    assert one["number", "population", "city"]["fields"]["value"]["old"] is None
    assert one["number", "population", "city"]["fields"]["value"]["new"] == 28000
    assert one["target", "900.population", "city"]["fields"]["state"]["new"] == "met"


def test_nothing_changed_is_said(two: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(two[0]), str(two[0])]) == 0
    assert capsys.readouterr().out == "Không có gì thay đổi.\n"


def test_one_file_stands_for_its_city(
    two: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = two
    for name in ("b-moved.html", "reports/b-moved.xlsx", ".state/b-moved.json"):
        assert main(["diff", str(old / name), str(new / name)]) == 0
        assert "2.000 người → 9.000 người" in capsys.readouterr().out
    shutil.copytree(new, tmp_path / "new")
    with (tmp_path / "new" / "reports" / "b-moved.xlsx").open("ab") as file:
        file.write(b"x")
    assert main(["diff", str(old), str(tmp_path / "new" / "reports" / "b-moved.xlsx")]) == 1
    assert "đã bị sửa sau khi dựng" in capsys.readouterr().err
    for wrong in (tmp_path, tmp_path / "new" / "index.html", tmp_path / "nothing"):
        assert main(["diff", str(old), str(wrong)]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_folder_of_build_is_compared_by_what_its_cards_say(
    two: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = two[1].parent / "w"
    batch.build(["b-moved", "c-same"], out=tmp_path / "built", workspace_folder=home)
    assert main(["diff", str(tmp_path / "built"), str(two[1])]) == 0
    assert capsys.readouterr().out.splitlines() == ["Thêm thành phố: d-new", "Không đổi: b-moved, c-same"]
    assert main(["diff", str(two[0]), str(tmp_path / "built"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (city,) = found["changed"]
    moved = {c["id"]: c["fields"]["value"]["new"] for c in city["changes"] if c["kind"] == "number"}
    assert moved["population"] == 28000
    assert set(moved) == {"population", "density"}


def test_records_are_told_apart_and_hold_every_figure_and_verdict(tmp_path: Path) -> None:
    import geoplan  # noqa: PLC0415 - typeguard must come before geoplan

    write_city(tmp_path, tiny_layers(), targets=tiny_targets(), indicators=tiny_indicators())
    result = geoplan.assess(open_city("tiny", workspace=tmp_path))
    found = records(result)
    numbers = {(r["id"], r["scope"]): r.get("value") for r in found if r["kind"] == "number"}
    assert numbers == {key: q.value for key, q in result.quantities.items()}
    states = {r["id"]: r["state"] for r in found if r["kind"] == "target"}
    assert states == {t.target.id: t.status for t in result.judgement.targets}
    classes = [r["state"] for r in found if r["kind"] == "class"]
    words = {True: "pass", False: "fail", None: "open"}
    assert classes == [words[c.passes] for c in result.judgement.classes]
    json.dumps(found, allow_nan=False)


# --- invariants ---------------------------------------------------------------------------------

values = st.one_of(st.none(), st.floats(-1e9, 1e9, allow_nan=False).map(lambda v: round(v, 3)))


@st.composite
def builds(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Some cities with some figures."""
    found = {}
    for city in draw(st.sets(st.sampled_from("abcd"))):
        figures = draw(st.dictionaries(st.sampled_from("pqrs"), values))
        named = {"name": {"vi": "số", "en": "figure"}, "where": {"vi": "", "en": ""}}
        found[city] = {
            "card": {"title": city},
            "inputs": {},
            "standing": {},
            "records": [
                {"kind": "number", "id": key, "scope": "city", "unit": "ha", "value": value, **named}
                for key, value in figures.items()
            ],
        }
    return found


@given(builds(), builds())
def test_a_difference_turned_round_says_the_same(
    old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]]
) -> None:
    there, back = compare_builds(old, new), compare_builds(new, old)
    assert (there.added, there.removed, there.same) == (back.removed, back.added, back.same)
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    for one, other in zip(there.changed, back.changed, strict=True):
        moved = {(c.record["id"], c.how): dict(c.fields) for c in one.changes}
        again = {
            (c.record["id"], turned[c.how]): {k: (b, a) for k, (a, b) in c.fields.items()}
            for c in other.changes
        }
        assert moved == again
    nothing = compare_builds(old, old)
    assert nothing.same == tuple(sorted(old))
    assert difference_lines(nothing) == ["Không có gì thay đổi."]
    json.dumps(difference_json(there), allow_nan=False)


def test_a_difference_behind_the_digits_that_show_is_shown() -> None:
    named = {"name": {"vi": "số", "en": "figure"}, "where": {"vi": "", "en": ""}}

    def state(value: float) -> dict[str, Any]:
        record = {"kind": "number", "id": "x", "scope": "city", "unit": "ha", "value": value, **named}
        return {"a": {"card": {"title": "A"}, "inputs": {}, "standing": {}, "records": [record]}}

    assert (
        difference_lines(compare_builds(state(1.0), state(1.0001)))[1]
        == "  Số liệu: Số: 1,000000000 → 1,000100000"
    )
    assert compare_builds(state(1.0), state(1.0 + 1e-12)).same == ("a",)


def test_states_of_a_real_run_can_be_read(two: tuple[Path, Path]) -> None:
    state = read_build(two[1])["b-moved"]
    assert set(state) >= {"city", "on", "inputs", "files", "code", "options", "records", "outline", "card"}
    assert state["outline"]["type"] == "Polygon"
