"""The commands assess, explain and rules, as a person and as a program calls them."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w

import geoplan
from cities import tiny_indicators, tiny_layers, tiny_targets, write_city
from conftest import CITIES
from geoplan.cli import main
from geoplan.criteria.library import load_library

Captured = pytest.CaptureFixture[str]


def run(*arguments: object) -> int:
    return main([str(a) for a in arguments])


def read(capsys: Captured, *arguments: object) -> Any:
    """What a command that succeeds prints as JSON; nothing else on either stream."""
    assert run(*arguments, "--json") == 0
    said = capsys.readouterr()
    assert said.err == ""
    return json.loads(said.out, parse_constant=lambda name: pytest.fail(f"{name} in the JSON"))


def rulebook(**changes: Any) -> str:
    """A user's rulebook: wards need 1,500 people."""
    standard = {
        "id": "population", "title": {"vi": "Quy mô dân số", "en": "Population"}, "metric": "population",
        "scope": "unit", "unit": "person", "minimum": 1500, "article": "Điều 1", "source": "của tôi",
        "confidence": "seen",
    }  # fmt: skip
    ward = {
        "kind": "ward",
        "title": {"vi": "Phường", "en": "Ward"},
        "article": "Điều 1",
        "standards": [standard],
    }
    book = {
        "id": "mine", "kind": "unit", "title": {"vi": "Của tôi", "en": "Mine"}, "law": "Quy định riêng",
        "in_force_from": "2020-01-01", "source": "của tôi", "units": [ward],
    }  # fmt: skip
    text = tomli_w.dumps(book | changes)
    return text.replace('in_force_from = "2020-01-01"', "in_force_from = 2020-01-01")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def workspace(folder: Path) -> Path:
    """A workspace with the tiny city, its targets and indicators."""
    write_city(folder / "w", tiny_layers(), targets=tiny_targets(), indicators=tiny_indicators())
    return folder / "w"


# --- assess -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CITIES)
def test_every_bundled_city_is_assessed(folder: Path, capsys: Captured, name: str) -> None:
    assert run("assess", name) == 0
    vi = capsys.readouterr()
    assert vi.err == ""
    for heading in ("Quy định áp dụng", "Loại đô thị", "Chỉ tiêu của văn bản", "Tính chất của dữ liệu"):
        assert heading in vi.out.splitlines()
    assert run("assess", name, "--lang", "en") == 0
    en = capsys.readouterr()
    assert len(en.out.splitlines()) == len(vi.out.splitlines())
    for heading in ("Rules in force", "Urban classes", "Targets of documents", "Standing of the data"):
        assert heading in en.out.splitlines()
    data = read(capsys, "assess", name)
    assert data["city"] == name
    assert data["verdicts"]
    assert data["targets"]
    shown = [v["reason"] for c in data["candidates"] for v in c["verdicts"] if v["threshold"] is not None]
    assert all(reason in vi.out for reason in shown)


@pytest.mark.parametrize(("name", "count"), [("viet-yen", 9), ("hung-yen", 5)])
def test_the_candidates_have_every_standard(folder: Path, capsys: Captured, name: str, count: int) -> None:
    data = read(capsys, "assess", name)
    assert len(data["candidates"]) == count
    for candidate in data["candidates"]:
        ids = [v["id"] for v in candidate["verdicts"]]
        assert ids[:2] == ["ward.population", "ward.area"]
        assert candidate["against"] == "ward"
        area = candidate["verdicts"][1]
        assert (area["value"] < 5.5) == bool(candidate["flags"]) == (area["passes"] is False)


def test_the_json_is_one_document_in_plain_vietnamese(folder: Path, capsys: Captured) -> None:
    assert run("assess", "hung-yen", "--json") == 0
    text = capsys.readouterr().out
    assert "Quy mô dân số toàn đô thị" in text
    assert "\\u" not in text
    assert text.startswith("{\n")
    assert text.endswith("}\n")
    assert run("assess", "hưng yên", "--json", "--on", "18/01/2024") == 0
    assert capsys.readouterr().out == text
    by_key = {(v["id"], v["scope"]): v for v in json.loads(text)["verdicts"]}
    verdict = by_key["ward.population", "12331"]  # xã Phú Cường
    assert verdict["passes"] is False
    assert (verdict["value"], verdict["unit"], verdict["operator"], verdict["threshold"]) == (
        6394,
        "person",
        ">=",
        7000,
    )
    assert verdict["margin"] == -606
    assert "Điều 8" in verdict["article"]


def test_the_regime_goes_with_the_date(folder: Path, capsys: Captured) -> None:
    regimes = {}
    for on in ("2022-12-31", "2023-01-01", "2025-12-31", "2026-01-01"):
        data = read(capsys, "assess", "hung-yen", "--on", on)
        assert data["on"] == on
        regimes[on] = [r["law"].split()[2].split("/")[0] for r in data["regime"]]
        for listed in data["regime"]:
            assert listed["in_force_from"] <= on
            assert listed["in_force_to"] is None or on < listed["in_force_to"]
    assert [regimes[on][0] for on in regimes] == ["1210", "1210", "1210", "111"]
    assert [regimes[on][1] for on in regimes] == ["1211", "1211", "1211", "112"]
    names = read(capsys, "assess", "hung-yen", "--on", "2026-01-01")["units"]
    by_name = {u["name"]: u for u in names}
    assert by_name["phường Hồng Châu"]["passes"] is False
    assert "18.714 người, cần ≥ 21.000 người" in by_name["phường Hồng Châu"]["reason"]


def test_a_missing_population_leaves_the_unit_open(folder: Path, capsys: Captured) -> None:
    data = read(capsys, "assess", "pho-yen", "--on", "2026-01-01")
    (unit,) = (u for u in data["units"] if u["name"] == "phường Vạn Xuân")
    assert unit["passes"] is None
    (people,) = (v for v in data["verdicts"] if v["id"] == "ward.population" and v["scope"] == unit["scope"])
    assert (people["value"], people["margin"], people["passes"]) == (None, None, None)
    (gap,) = (g for g in data["missing"] if (g["metric"], g["scope"]) == ("population", unit["scope"]))
    assert f"ward.population@{unit['scope']}" in gap["blocks"]
    assert gap["enter_in"] == "population.csv"


def test_failing_is_no_error(workspace: Path, capsys: Captured) -> None:
    data = read(capsys, "assess", "tiny", "--workspace", workspace)
    assert any(v["passes"] is False for v in data["verdicts"])
    with pytest.raises(SystemExit) as caught:
        run("assess", "--help")
    assert caught.value.code == 0
    assert "0 đã đánh giá (không đạt vẫn là 0" in " ".join(capsys.readouterr().out.split())


def test_one_s_own_data_in_the_workspace_count_and_that_is_said(folder: Path, capsys: Captured) -> None:
    assert run("init", "hung-yen") == 0
    people = folder / "workspace" / "hung-yen" / "population.csv"
    people.write_text(people.read_text(encoding="utf-8").replace(",6394,", ",7394,"), encoding="utf-8")
    capsys.readouterr()
    assert run("explain", "hung-yen", "ward.population", "--scope", "12331") == 0
    said = capsys.readouterr()
    assert "đạt: 7.394 người, cần ≥ 7.000 người, dư 394 người" in said.out
    assert said.err.splitlines() == ["hung-yen: dùng dữ liệu trong workspace/, không dùng bộ có sẵn."]


# --- explain ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scope", "id_"), [("city", "city"), ("xã Xã 1", "00002")])
@pytest.mark.parametrize("metric", ["population", "density", "coverage.zoning.natural"])
def test_the_chain_in_both_languages(
    workspace: Path, capsys: Captured, metric: str, scope: str, id_: str
) -> None:
    result = geoplan.assess(geoplan.open_city("tiny", workspace=workspace))
    quantity = result.quantities[metric, id_]
    call = ["explain", "tiny", metric, "--scope", scope, "--workspace", workspace]
    for lang, labels in (
        ("vi", ("Cách tính", "Tử số", "Mẫu số")),
        ("en", ("Method", "Numerator", "Denominator")),
    ):
        assert run(*call, "--lang", lang) == 0
        said = capsys.readouterr()
        assert said.err == ""
        lines = said.out.splitlines()
        assert lines[: len(quantity.lines())] == quantity.explain("en" if lang == "en" else "vi").splitlines()
        found = {line.split(":")[0] for line in lines}
        assert found >= set(labels if quantity.denominator is not None else labels[:1])
        assert all(layer.sha256[:12] in said.out for layer in quantity.layers)
        if metric == "population":
            assert f"[{'class.II.population' if id_ == 'city' else 'ward.population'}]" in said.out


def test_an_unanswered_indicator_says_where_to_enter_it(folder: Path, capsys: Captured) -> None:
    assert run("explain", "viet-yen", "lao động phi nông nghiệp") == 0
    text = capsys.readouterr().out
    assert "chưa có số liệu" in text
    assert "indicators.csv, chỉ số nonfarm_labour: <năm>,city,nonfarm_labour,<giá trị>,,<nguồn>" in text


# --- rules --------------------------------------------------------------------------------------


def test_the_list_has_every_rulebook_with_its_days(folder: Path, capsys: Captured) -> None:
    assert run("rules") == 0
    text = capsys.readouterr().out
    listed = read(capsys, "rules")
    library = load_library()
    assert [x["id"] for x in listed] == [x.rulebook.id for x in library.listing()]
    for each in listed:
        assert f"{each['id']}: {each['law']}" in text.splitlines()
        assert each["sha256"][:12] in text
        assert each["users"] is False
    assert "từ 01/01/2023 đến trước 01/01/2026" in text
    on = [x["id"] for x in read(capsys, "rules", "--on", "2026-06-01")]
    assert sorted(on) == ["class-111-2025", "units-112-2025"]


def test_every_figure_of_a_rulebook_with_article_source_and_trust(folder: Path, capsys: Captured) -> None:
    for found in load_library().listing():
        book = found.rulebook
        assert run("rules", book.id) == 0
        text = capsys.readouterr().out
        for owner in (*book.classes, *book.units):
            assert owner.title.vi in text
            for standard in owner.standards:
                assert f"{standard.title.vi} ({standard.id}): " in text
                assert f"[{standard.article}; {standard.source}; " in text
        for factor in book.factors:
            assert f"{factor.title.vi} ({factor.id})" in text
        data = read(capsys, "rules", book.id)
        assert len(data["rulebook"]["classes"]) == len(book.classes)
        bare = [s for o in (*book.classes, *book.units) for s in o.standards if s.minimum is None]
        assert sum(text.endswith("ngưỡng") for text in data["not_found"]) == len(bare)


def test_figures_of_the_class_law_in_force_today(folder: Path, capsys: Captured) -> None:
    assert run("rules", "class-111-2025", "--lang", "en") == 0
    text = capsys.readouterr().out
    assert "not found" in text
    assert "needed 75 / 100" in text


def test_a_rulebook_of_the_user_s_comes_first_and_is_shown_as_theirs(
    workspace: Path, capsys: Captured
) -> None:
    before = read(capsys, "assess", "tiny", "--workspace", workspace)
    (candidate,) = before["candidates"]
    assert candidate["verdicts"][0]["threshold"] == 7000
    (workspace / "rulebooks").mkdir()
    (workspace / "rulebooks" / "toi.toml").write_text(rulebook(), encoding="utf-8")
    after = read(capsys, "assess", "tiny", "--workspace", workspace)
    (candidate,) = after["candidates"]
    assert [(v["threshold"], v["passes"], v["rulebook"]) for v in candidate["verdicts"]] == [
        (1500, True, "mine")
    ]
    assert [(r["id"], r["users"]) for r in after["regime"]] == [
        ("class-1210-2016-26-2022", False),
        ("mine", True),
    ]
    assert run("assess", "tiny", "--workspace", workspace) == 0
    assert (
        "  Quy định riêng, từ 01/01/2020 (mine) – bộ tiêu chuẩn của bạn"
        in capsys.readouterr().out.splitlines()
    )
    listed = read(capsys, "rules", "--workspace", workspace, "--on", "2024-01-18")
    assert [(x["id"], x["users"], x["file"]) for x in listed if x["kind"] == "unit"] == [
        ("mine", True, "toi.toml")
    ]
    assert run("rules", "mine", "--workspace", workspace) == 0
    text = capsys.readouterr().out
    assert "của bạn: toi.toml, sha256 " in text
    assert "Quy mô dân số (population): ≥ 1.500 người [Điều 1; của tôi; đã đọc trong nguồn]" in text


def test_without_a_workspace_the_one_here_is_used_and_said(folder: Path, capsys: Captured) -> None:
    rules = folder / "workspace" / "rulebooks"
    rules.mkdir(parents=True)
    (rules / "toi.toml").write_text(rulebook(), encoding="utf-8")
    calls = [
        ["assess", "hung-yen", "--json"],
        ["explain", "hung-yen", "ward.population", "--scope", "Phú Cường"],
        ["rules"],
    ]
    for call in calls:
        assert run(*call) == 0
        said = capsys.readouterr()
        assert said.err == "Dùng bộ tiêu chuẩn của bạn trong workspace/rulebooks/: toi.toml.\n"
        assert "mine" in said.out
    assert run("rules", "--lang", "en") == 0
    assert capsys.readouterr().err == "Your rulebooks in workspace/rulebooks/ are used: toi.toml.\n"
    other = folder / "other"
    other.mkdir()
    (other / "hai.toml").write_text(rulebook(id="two", law="Quy định hai"), encoding="utf-8")
    named = read(capsys, "assess", "hung-yen", "--rulebooks", other)
    assert [r["id"] for r in named["regime"]] == ["class-1210-2016-26-2022", "two"]


# --- wrong calls --------------------------------------------------------------------------------


def wrong_calls(folder: Path) -> list[tuple[list[object], int, str]]:
    """Arguments, exit code and a piece of the sentence."""
    write_city(folder / "w", tiny_layers())
    own = ["--workspace", folder / "w"]
    (folder / "empty").mkdir()
    (folder / "bad").mkdir()
    (folder / "bad" / "x.toml").write_text(rulebook().replace("1500", "true"), encoding="utf-8")
    (folder / "clash").mkdir()
    for name in ("a", "b"):
        (folder / "clash" / f"{name}.toml").write_text(rulebook(id=name), encoding="utf-8")
    return [
        (["assess", "ha-noi"], 2, "Không có thành phố “ha-noi”"),
        (["assess", "hung-yen", "--on", "1999-01-01"], 2, "số liệu bắt đầu từ 06/08/2013"),
        (["assess", "hung-yen", "--on", "31/02/2024"], 2, "“31/02/2024” không phải là ngày"),
        (["assess", "hung-yen", "--workspace", folder / "none"], 2, "không có tệp này"),
        (["assess", "hung-yen", "--rulebooks", folder / "none"], 2, "không có tệp này"),
        (["assess", "hung-yen", "--rulebooks", folder / "empty"], 2, "không phải thư mục có bộ tiêu chuẩn"),
        (
            ["assess", "hung-yen", "--rulebooks", folder / "bad" / "x.toml"],
            2,
            "không phải thư mục có bộ tiêu chuẩn",
        ),
        (["assess", "hung-yen", "--rulebooks", folder / "bad"], 1, "“x.toml”, dòng "),
        (["assess", "hung-yen", "--rulebooks", folder / "clash"], 1, "trùng thời gian hiệu lực"),
        (["explain", "tiny", "xyz", *own], 2, "Không có gì tên “xyz”; có: population, area, density, "),
        (
            ["explain", "hung-yen", "population", "--scope", "sao hỏa"],
            2,
            "Không có phạm vi “sao hỏa”; có: city, ",
        ),
        (["explain", "tiny", "ward.population", *own], 2, "hãy chọn bằng --scope: "),
        (["explain", "tiny", "\x1b[31mđỏ", *own], 2, "Không có gì tên “\\u001b[31mđỏ”"),
        (["rules", "nq-1"], 2, "Không có bộ tiêu chuẩn “nq-1”; hãy chọn: "),
        (["rules", "class-111"], 2, "hãy chọn: class-111-2025, "),
        (["rules", "--on", "mai"], 2, "“mai” không phải là ngày"),
        (["rules", "--workspace", folder / "none"], 2, "không có tệp này"),
        (["rules", "--rulebooks", folder / "bad"], 1, "“x.toml”, dòng "),
    ]


def test_every_wrong_call_gets_one_sentence(folder: Path, capsys: Captured) -> None:
    for arguments, code, sentence in wrong_calls(folder):
        assert run(*arguments) == code, arguments
        said = capsys.readouterr()
        assert said.out == ""
        assert len(said.err.splitlines()) == 1, said.err
        assert sentence in said.err
        assert said.err.removesuffix("\n").isprintable()
        assert run(*arguments, "--lang", "en") == code
        english = capsys.readouterr().err
        assert len(english.splitlines()) == 1
        assert english != said.err


@pytest.mark.parametrize("arguments", [["assess"], ["explain"], ["explain", "hung-yen"], ["rules", "a", "b"]])
def test_a_call_that_cannot_be_parsed_is_code_2(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_hostile_names_through_the_whole_command(folder: Path, capsys: Captured) -> None:
    write_city(folder / "w", tiny_layers("\x1b[2J\x07<b>{}\n✓ giả"), title="\x1b]0;x\x07T\nhố")
    for call in (
        ["assess", "tiny"],
        ["explain", "tiny", "population"],
        ["explain", "tiny", "ward", "--scope", "00002"],
    ):
        assert run(*call, "--workspace", folder / "w") == 0
        said = capsys.readouterr()
        assert said.err == ""
        assert all(line.isprintable() for line in said.out.splitlines())
        assert not any(line.startswith("✓ giả") for line in said.out.splitlines())
    data = read(capsys, "assess", "tiny", "--workspace", folder / "w")
    assert "\n✓ giả" in data["units"][0]["name"]


def test_the_installed_command_writes_utf8_whatever_the_locale(folder: Path) -> None:
    command = Path(sys.executable).parent / "geoplan"
    done = subprocess.run(
        [command, "rules", "--on", "2024-01-18", "--json"],
        capture_output=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        check=True,
    )
    assert done.stderr == b""
    assert "Nghị quyết 1210/2016" in json.loads(done.stdout.decode("utf-8"))[0]["law"]


def test_the_rulebook_of_these_tests_is_one() -> None:
    assert tomllib.loads(rulebook())["units"][0]["standards"][0]["minimum"] == 1500
