"""The records of an Assessment as tables: coverage, verdicts, targets, missing figures, quantities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from geoplan.criteria.targets import due_day
from geoplan.criteria.telling import STATUS
from geoplan.exports.fields import known_fields
from geoplan.exports.words import outcome
from geoplan.quantity import UNITS, with_unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geoplan.assessment import Assessment
    from geoplan.criteria.verdict import TargetResult, Verdict
    from geoplan.errors import Lang
    from geoplan.model import Words
    from geoplan.quantity import Part, Quantity


def coverage(result: Assessment, lang: Lang) -> pd.DataFrame:  # noqa: ARG001 - one signature
    """Coverage by commune, then by group; ``scope_group`` tells which."""
    by_commune = result.coverage.assign(scope_group="commune")
    groups = result.coverage_totals.rename(columns={"group": "scope_group"})
    names = [field.name for field in known_fields()["coverage"]]
    records = [*by_commune.to_dict("records"), *groups.to_dict("records")]
    table = pd.DataFrame(records, columns=names)
    table["units"] = table["units"].astype("Int64")
    table["missing"] = table["missing"].replace("", None)
    return table


def verdicts(result: Assessment, lang: Lang) -> pd.DataFrame:
    """Every standard of the classes, of the city as a unit, of the units, with its answer."""
    judged = result.judgement
    rows = [
        _verdict(v, "class", found.title.text(lang), lang) for found in judged.classes for v in found.verdicts
    ]
    units = [*([judged.city_unit] if judged.city_unit else []), *judged.units]
    rows += [_verdict(v, "unit", unit.against, lang) for unit in units for v in unit.verdicts]
    return _table("verdicts", rows)


def _verdict(verdict: Verdict, subject: str, against: str, lang: Lang) -> dict[str, Any]:
    firm = verdict.certainty
    return {
        "subject": subject,
        "against": against,
        "id": verdict.id,
        "title": verdict.title.text(lang),
        "scope": verdict.scope.id,
        "scope_name": verdict.scope.name.text(lang),
        "metric": verdict.quantity.metric,
        "value": verdict.quantity.value,
        "unit": _unit(verdict.quantity.unit, lang),
        "operator": verdict.operator,
        "threshold": verdict.threshold,
        "upper": verdict.upper,
        "passes": verdict.passes,
        "status": outcome(verdict, lang),
        "considered": verdict.considered,
        "flag": verdict.flag,
        "margin": verdict.margin,
        "borderline": None if firm is None else firm.borderline,
        "article": verdict.article,
        "source": verdict.source,
        "confidence": None if verdict.threshold is None else verdict.confidence,
        "rulebook": verdict.rulebook,
        "reason": verdict.reason.text(lang),
    }


def targets(result: Assessment, lang: Lang) -> pd.DataFrame:
    """Every target of the documents, where it stands on the date."""
    return _table("targets", [_target(found, lang) for found in result.judgement.targets])


def _target(found: TargetResult, lang: Lang) -> dict[str, Any]:
    target = found.target
    places = [
        p.name.text(lang) if p.unit == "unit" else f"{p.name.text(lang)}: {with_unit(p.value, p.unit, lang)}"
        for p in found.places
    ]
    return {
        "id": target.id,
        "title": target.title.text(lang),
        "document": target.document,
        "section": target.section,
        "scope": target.scope,
        "metric": target.metric,
        "value": None if found.quantity is None else found.quantity.value,
        "unit": _unit(target.unit, lang),
        "operator": target.operator,
        "aim": target.value,
        "upper": target.upper,
        "due_on": due_day(target),
        "yearly": target.yearly,
        "status": found.status,
        "status_text": STATUS[found.status].text(lang),
        "margin": found.margin,
        "base": found.base,
        "base_on": found.base_on,
        "expected": found.expected,
        "gap": found.gap,
        "gap_unit": None if found.gap_unit is None else _unit(found.gap_unit, lang),
        "places": "; ".join(places) or None,
        "reason": found.reason.text(lang),
        "quote": target.quote,
    }


def data_gaps(result: Assessment, lang: Lang) -> pd.DataFrame:
    """Figures that nobody gave, and the verdicts that each blocks."""
    rows = [
        {
            "metric": gap.metric,
            "name": gap.name.text(lang),
            "scope": gap.scope.id,
            "scope_name": gap.scope.name.text(lang),
            "blocked": len(gap.blocks),
            "blocks": "; ".join(gap.blocks) or None,
        }
        for gap in result.judgement.missing
    ]
    return _table("data_gaps", rows)


def quantities(result: Assessment, lang: Lang) -> pd.DataFrame:
    """Every number as a record: parts, method, layers, sources, what is missing."""
    return _table("quantities", [_quantity(q, lang) for q in result.quantities.values()])


def _quantity(quantity: Quantity, lang: Lang) -> dict[str, Any]:
    return {
        "metric": quantity.metric,
        "name": quantity.name.text(lang),
        "scope": quantity.scope.id,
        "scope_name": quantity.scope.name.text(lang),
        "on_date": quantity.on,
        "value": quantity.value,
        "unit": _unit(quantity.unit, lang),
        "qualifier": quantity.qualifier,
        "said": None if quantity.said is None else quantity.said.text(lang),
        **_part("numerator", quantity.numerator, lang),
        **_part("denominator", quantity.denominator, lang),
        "method": None if quantity.method is None else quantity.method.text(lang),
        "layers": "; ".join(layer.text(lang) for layer in quantity.layers) or None,
        "sources": "; ".join(quantity.sources) or None,
        "article": quantity.article,
        "missing": _joined(quantity.missing, lang),
        "notes": _joined(quantity.notes, lang),
    }


def _part(which: str, part: Part | None, lang: Lang) -> dict[str, Any]:
    return {
        which: None if part is None else part.name.text(lang),
        f"{which}_value": None if part is None else part.value,
        f"{which}_unit": None if part is None else _unit(part.unit, lang),
    }


def _joined(texts: Iterable[Words], lang: Lang) -> str | None:
    return "; ".join(text.text(lang) for text in texts) or None


def _unit(unit: str, lang: Lang) -> str | None:
    return UNITS[unit].words.text(lang) or None


def _table(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The rows as a table with all columns of its layer, also when there is no row."""
    return pd.DataFrame(rows, columns=[field.name for field in known_fields()[name]], dtype=object)
