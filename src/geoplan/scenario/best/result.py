"""The best change that was found: what is chosen, what it costs, what passes, and how far that is proved."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from geoplan.criteria.telling import CONFIDENCE, MARKS
from geoplan.criteria.wording import SIGNS, abs_with_unit, apart, difference, exact
from geoplan.model import Words, words
from geoplan.quantity import UNITS, html_table, with_unit
from geoplan.text import date_text, listing, number, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from geoplan.assessment import Assessment
    from geoplan.city import City
    from geoplan.criteria.verdict import Verdict
    from geoplan.errors import Lang
    from geoplan.scenario.best.model import Rule
    from geoplan.scenario.best.solve import Proof

Status = Literal["optimal", "not_proved", "nothing_needed", "infeasible"]

STATES: Final[dict[Status, Words]] = {
    "optimal": words("đạt mọi ràng buộc, đã chứng minh là tối ưu", "all demands are met, proved optimal"),
    "not_proved": words(
        "đạt mọi ràng buộc; chưa chứng minh hết là tối ưu, xem khoảng cách",
        "all demands are met; not wholly proved optimal, see the gap",
    ),
    "nothing_needed": words("không cần chọn gì: mọi ràng buộc đã đạt", "nothing needed: all demands are met"),
    "infeasible": words(
        "không lựa chọn nào đủ; dưới đây là phương án thiếu ít nhất",
        "no choice is enough; below is the one that falls least short",
    ),
}
COLUMNS: Final[dict[str, tuple[Words, str]]] = {
    "population": (words("dân số", "population"), "person"),
    "people": (words("dân số (ước tính)", "population (estimated)"), "person"),
    "area_ha": (words("diện tích", "area"), "ha"),
    "urban_land_ha": (words("đất xây dựng đô thị", "urban construction land"), "ha"),
    "to_plan_ha": (words("cần lập quy hoạch", "to be planned"), "ha"),
    "gain_ha": (words("tính vào độ phủ", "counted as covered"), "ha"),
}
"""Figures of a choice: what they are called, and their unit."""
_LABELS: Final = {
    "status": words("Kết quả", "Result"),
    "chosen": words("Chọn", "Chosen"),
    "none": words("không chọn gì", "nothing"),
    "cost": words("Đất cần lập quy hoạch", "Land to plan"),
    "rule": words("Ràng buộc", "Demand"),
    "clash": words("Không thể cùng đạt", "Cannot be met together"),
    "alone": words("Một mình đã không thể đạt", "Cannot be met even alone"),
    "short": words("Còn thiếu ít nhất", "Short of at least"),
    "also": words("Phương án này còn thiếu", "This choice also lacks"),
    "proof": words("Chứng minh", "Proof"),
    "open": words("Còn lại", "Still open"),
    "note": words("Lưu ý", "Note"),
    "what_if": words("Giả định", "What if"),
}


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A demand before and after the change, as the judge reads it on the city really changed.

    `lack` is what the numerator is short of, in the rule's ``lack_unit``; 0 when it passes.
    """

    rule: Rule
    before: float | None
    after: float | None
    passes: bool
    lack: float

    @property
    def margin(self) -> float | None:
        """By how much the value is on the good side, in the rule's unit; None when it is unknown."""
        return None if self.after is None else self.after - self.rule.threshold

    def text(self, lang: Lang = "vi") -> str:
        """Mark, value before and after, threshold, margin, article and trust, in a line."""
        rule, values = self.rule, [self.before, self.after]
        rounded = self.passes and self.margin is not None and self.margin < 0
        digits = usual = UNITS[rule.unit].digits
        if not rounded:
            digits = max([usual, *(apart(v, rule.threshold, digits=usual) for v in values if v is not None)])
        shown = [number(v, digits=digits if v is not None else 0, lang=lang) for v in values]
        ask = f"{SIGNS[rule.operator]} {exact(rule.threshold, rule.unit, lang)}"
        parts = [f"{shown[0]} → {shown[1]} {UNITS[rule.unit].words.text(lang)}".strip()]
        parts.append(f"{'needs' if lang == 'en' else 'cần'} {ask}")
        if rounded:
            parts.append(_ROUNDED.text(lang))
        elif self.margin is not None:
            parts.append(difference(self.margin, rule.unit, rule.operator, lang))
        basis = _USERS.text(lang)
        if rule.confidence is not None:
            basis = f"{rule.article}; {CONFIDENCE[rule.confidence].text(lang)}"
        return f"{MARKS[self.passes]} {rule.title.text(lang)}: {', '.join(parts)} ({basis})"

    def as_json(self, lang: Lang = "vi") -> dict[str, Any]:
        """As plain values."""
        rule = self.rule
        return {
            "id": rule.id,
            "title": rule.title.text(lang),
            "unit": rule.unit,
            "operator": rule.operator,
            "threshold": rule.threshold,
            "article": rule.article if rule.confidence else _USERS.text(lang),
            "source": rule.source if rule.confidence else _USERS.text(lang),
            "confidence": rule.confidence,
            "before": _finite(self.before),
            "after": _finite(self.after),
            "passes": self.passes,
            "margin": _finite(self.margin),
            "lack": self.lack,
            "lack_unit": rule.lack_unit,
        }


@dataclass(frozen=True, kw_only=True)
class Best:
    """The best change of a city for a goal, proved by the solver and checked on the changed city.

    Attributes
    ----------
    goal, title
        ``wards`` or ``coverage``; what was asked, in words.
    status
        ``optimal``; ``not_proved`` (the search stopped with a gap); ``nothing_needed``; ``infeasible``: then
        the choice is the one that falls least short.
    choices
        Every choice that was looked at, with its hectares and people and whether it is ``chosen``.
    objective, objective_name
        Hectares that the chosen ones still need planned, and of which plans.
    whole, whole_name
        The hectares that the objective is a part of.
    rules
        Each demand before and after.
    clashes
        When infeasible: every smallest set of demands that cannot be met together.
    shortfall
        When infeasible: what the choice is short of, by unit: at least of the first that it lacks, of the
        others by this choice.
    proof
        Gap and bound of the solver.
    open
        Verdicts on the class aimed at that do not pass after the change, those that were asked left out.
    before, after
        The assessments of the city as it is, and of `city`.
    """

    goal: Literal["wards", "coverage"]
    title: Words
    status: Status
    choices: pd.DataFrame
    objective: float
    objective_name: Words
    whole: float
    whole_name: Words
    rules: tuple[Checked, ...]
    clashes: tuple[tuple[Words, ...], ...]
    shortfall: Mapping[str, float]
    proof: Proof
    open: tuple[Verdict, ...]
    notes: tuple[Words, ...]
    before: Assessment
    after: Assessment

    def __repr__(self) -> str:
        return f"<Best {self.goal} {self.city.id}: {self.status}, {len(self.chosen)} chosen>"

    @property
    def city(self) -> City:
        """The city with the change."""
        return self.after.city

    @property
    def chosen(self) -> pd.DataFrame:
        """The rows of `choices` that are chosen."""
        return self.choices[self.choices["chosen"]].drop(columns="chosen")

    def lines(self, lang: Lang = "vi") -> list[tuple[str, str]]:
        """The answer as pairs of a label and a text."""
        label = {key: pair.text(lang) for key, pair in _LABELS.items()}
        out = [("", f"{self.before.city.title(lang)}, {date_text(self.before.on, lang=lang)}")]
        out += [("", self.title.text(lang)), (label["status"], STATES[self.status].text(lang))]
        chosen = self.chosen
        names = [(label["chosen"], row_text(row, lang)) for row in chosen.to_dict("records")]
        out += names or [(label["chosen"], label["none"])]
        out.append((label["cost"], self._cost(lang)))
        out += [(label["rule"], checked.text(lang)) for checked in self.rules]
        for clash in self.clashes:
            head = label["clash" if len(clash) > 1 else "alone"]
            out.append((head, "; ".join(name.text(lang) for name in clash)))
        head = "short"
        for unit, value in self.shortfall.items():
            if value > 0:
                what = _SHORT.get((self.goal, unit))
                tail = "" if what is None else f" {what.text(lang)}"
                out.append((label[head], abs_with_unit(value, unit, lang) + tail))
                head = "also"  # the least of what comes first only: of the rest another choice may lack less
        out.append((label["proof"], self._proof(lang)))
        out += [(label["open"], text) for text in self._open(lang)]
        out += [(label["note"], note.text(lang)) for note in self.notes]
        changes = self.city.changes[len(self.before.city.changes) :]
        out += [(label["what_if"], f"{date_text(c.on, lang=lang)}: {c.words.text(lang)}") for c in changes]
        return [(head, one_line(text)) for head, text in out]

    def _cost(self, lang: Lang) -> str:
        share = with_unit(100 * self.objective / self.whole, "percent", lang) if self.whole > 0 else ""
        whole = f"{with_unit(self.whole, 'ha', lang)} {self.whole_name.text(lang)}"
        part = f" ({share} {'of' if lang == 'en' else 'của'} {whole})" if share else ""
        return f"{with_unit(self.objective, 'ha', lang)}: {self.objective_name.text(lang)}{part}"

    def _proof(self, lang: Lang) -> str:
        proof = self.proof
        text = words(
            "HiGHS (quy hoạch nguyên hỗn hợp), khoảng cách tối ưu {} %, {} lần giải, {} lát cắt; "
            "đã kiểm lại trên thành phố đã đổi",
            "HiGHS (mixed-integer programming), optimality gap {} %, {} programmes, {} cuts; "
            "checked again on the changed city",
        )
        gap = number(100 * proof.gap, digits=4, lang=lang)
        return text.text(lang).format(gap, proof.solves, proof.cuts)

    def _open(self, lang: Lang) -> list[str]:
        """What fails with its reason; what nobody entered by name; what has no threshold by number."""
        failing = [v for v in self.open if v.passes is False]
        known = [v for v in self.open if v.passes is None and v.threshold is not None]
        bare = sum(v.passes is None and v.threshold is None for v in self.open)
        out = [f"{MARKS[False]} {v.title.text(lang)}: {v.reason.text(lang)}" for v in failing]
        if known:
            names = listing((v.title.text(lang) for v in known), limit=6, lang=lang)
            out.append(f"{MARKS[None]} {_UNKNOWN.text(lang)} ({len(known)}): {names}")
        if bare:
            out.append(f"{MARKS[None]} {_NO_THRESHOLD.text(lang)}: {bare}")
        return out

    def as_json(self, lang: Lang = "vi") -> dict[str, Any]:
        """The answer as values that `json.dumps` takes with ``allow_nan=False``."""
        return {
            "goal": self.goal,
            "title": self.title.text(lang),
            "city": self.city.id,
            "on": self.before.on.isoformat(),
            "status": self.status,
            "choices": json_rows(self.choices),
            "objective": {
                "value": self.objective,
                "unit": "ha",
                "name": self.objective_name.text(lang),
                "of": self.whole,
                "of_name": self.whole_name.text(lang),
            },
            "rules": [checked.as_json(lang) for checked in self.rules],
            "clashes": [[name.text(lang) for name in clash] for clash in self.clashes],
            "shortfall": dict(self.shortfall),
            "proof": {
                "solver": "HiGHS",
                "gap": self.proof.gap,
                "bound": self.proof.bound,
                "solves": self.proof.solves,
                "cuts": self.proof.cuts,
            },
            "open": [{"id": v.id, "passes": v.passes, "title": v.title.text(lang)} for v in self.open],
            "notes": [note.text(lang) for note in self.notes],
            "changes": [
                {"what": c.what, "on": c.on.isoformat(), "text": c.words.text(lang)}
                for c in self.city.changes
            ],
        }

    def _repr_html_(self) -> str:
        return html_table(self.lines())


_SHORT: Final = {
    ("wards", "person"): words(
        "ở khu vực nội thị để mọi ngưỡng về người cùng đạt",
        "in the inner area for all thresholds on people to pass",
    ),
    ("wards", "unit"): words("là phường", "to be wards"),
    ("coverage", "ha"): words("được phủ quy hoạch", "to be covered"),
}
_USERS: Final = words("do người dùng nêu", "given by the user")
_ROUNDED: Final = words(
    "đủ, chỉ lệch phần làm tròn của phép chồng lớp", "met but for the rounding of overlays"
)
_UNKNOWN: Final = words("chưa có số liệu", "no figures")
_NO_THRESHOLD: Final = words(
    "tiêu chuẩn không tìm thấy ngưỡng trong nguồn", "standards whose threshold was not found in a source"
)


def row_text(row: Mapping[Any, Any], lang: Lang = "vi") -> str:
    """A choice with its figures, in a line; what is unknown says so."""
    name = str(row["name"])
    parts = [
        f"{title.text(lang)} {with_unit(row[column], unit, lang)}"
        for column, (title, unit) in COLUMNS.items()
        if column in row
    ]
    if row.get("fails"):
        head = "fails the standards of a ward" if lang == "en" else "chưa đạt tiêu chuẩn phường"
        parts.append(f"{head}: {row['fails']}")
    return f"{name}: {'; '.join(parts)}"


def json_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table as plain values, geometry left out, None for what is unknown."""
    plain = table.drop(columns="geometry", errors="ignore")
    return [{str(k): _plain(v) for k, v in row.items()} for row in plain.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return _finite(value)
    return value if value is None or isinstance(value, str | bool | int) else value.item()


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
