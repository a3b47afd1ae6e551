"""What a file says about itself: metadata by ISO 19115 (as ISO 19139 XML), and the same to read."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np

from geoplan.__about__ import VERSION
from geoplan.model import words
from geoplan.quantity import STANDING_NAMES, UNITS
from geoplan.schema import NOT_REAL, USER_LAYERS
from geoplan.text import date_text, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geoplan.errors import Lang
    from geoplan.exports.layers import ExportLayer
    from geoplan.exports.writing import Job

_GMD: Final = "http://www.isotc211.org/2005/gmd"
_GCO: Final = "http://www.isotc211.org/2005/gco"
STANDARD_URI: Final = _GMD
_CODES: Final = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml"
_LABELS: Final = {
    "city": words("Đô thị", "City"),
    "province": words("Tỉnh", "Province"),
    "on": words("Ngày đánh giá", "Date of the assessment"),
    "count": words("Số đối tượng", "Features"),
    "standing": words("Tính chất của hình vẽ", "Standing of the geometry"),
    "source": words("Nguồn", "Source"),
    "crs": words("Hệ tọa độ", "Coordinate system"),
    "shift": words("Chuyển giữa VN-2000 và WGS 84", "Between VN-2000 and WGS 84"),
    "extent": words("Phạm vi (độ, WGS 84)", "Extent (degrees, WGS 84)"),
    "fields": words("Các trường", "Fields"),
    "made": words("Tạo bởi", "Made by"),
    "back": words("Nhập lại vào geoplan", "To import it into geoplan again"),
}
_NOT_REAL: Final = words(
    "không phải đo đạc, không dùng làm căn cứ pháp lý", "not surveyed, no basis for legal decisions"
)
SHIFT: Final = "EPSG:6960"


def title(job: Job, layer: ExportLayer, lang: Lang) -> str:
    """The layer's title with the city and the date."""
    return f"{layer.title.text(lang)} – {job.result.city.title(lang)}, {date_text(job.on, lang=lang)}"


def standing_text(layer: ExportLayer, lang: Lang) -> str:
    """The standing of the geometry in words, and that it is no survey when it is none; empty for tables."""
    if layer.standing is None:
        return ""
    text = STANDING_NAMES[layer.standing].text(lang)
    return f"{text}: {_NOT_REAL.text(lang)}" if layer.standing in NOT_REAL else text


def crs_text(job: Job) -> str:
    """Name and code of the system."""
    code = job.crs.to_epsg()
    return job.crs.name if code is None else f"{job.crs.name} (EPSG:{code})"


def readable(job: Job, layer: ExportLayer, *, names: Mapping[str, str], crs: str | None = None) -> str:
    """The metadata for people: what it is, where it comes from, how it lies, what each field means.

    `names` are the fields' names in the file by their full ones; `crs` the system, when not the job's.
    """
    lang = job.lang
    facts = [
        ("city", job.result.city.title(lang)),
        ("province", job.result.city.province),
        ("on", date_text(job.on, lang=lang)),
        ("count", number(len(layer.frame), lang=lang)),
        ("standing", standing_text(layer, lang)),
        ("source", "" if layer.source is None else layer.source.text(lang)),
    ]
    if layer.spatial:
        box = extent(layer)
        facts += [
            ("crs", crs or crs_text(job)),
            ("shift", SHIFT),
            ("extent", "" if box is None else ", ".join(f"{v:.6f}" for v in box)),
        ]
    facts.append(("made", f"geoplan {VERSION}"))
    lines = [title(job, layer, lang), ""]
    lines += [f"{_LABELS[key].text(lang)}: {text}" for key, text in facts if text]
    lines += ["", f"{_LABELS['fields'].text(lang)}:"]
    for field in layer.fields:
        unit = "" if field.unit is None else UNITS[field.unit].words.text(lang)
        tail = f" ({unit})" if unit else ""
        lines.append(f"  {names.get(field.name, field.name)} = {field.name}: {field.title.text(lang)}{tail}")
    if layer.name in USER_LAYERS and names:
        maps = " ".join(f"--map {theirs}={ours}" for ours, theirs in names.items())
        call = f"geoplan import … --as {layer.name} --city {job.result.city.id} {maps}"
        lines += ["", f"{_LABELS['back'].text(lang)}:", f"  {call}"]
    return "\n".join(lines) + "\n"


def extent(layer: ExportLayer) -> tuple[float, float, float, float] | None:
    """West, south, east, north in degrees; None when nothing has a place."""
    if not isinstance(layer.frame, gpd.GeoDataFrame):
        return None
    west, south, east, north = (float(v) for v in layer.frame.total_bounds)
    return (west, south, east, north) if np.isfinite([west, south, east, north]).all() else None


def iso_xml(job: Job, layer: ExportLayer) -> str:
    """Metadata by ISO 19115:2003 as ISO 19139 has it: the core elements.

    The date stamp is the date of the assessment: the same assessment gives the same bytes.
    """
    ET.register_namespace("gmd", _GMD)
    ET.register_namespace("gco", _GCO)
    lang = job.lang
    root = ET.Element(f"{{{_GMD}}}MD_Metadata")
    _text(root, "fileIdentifier", f"{job.stem}-{layer.name}")
    _text(root, "language", "vie" if lang == "vi" else "eng")
    _code(root, "characterSet", "MD_CharacterSetCode", "utf8")
    _code(root, "hierarchyLevel", "MD_ScopeCode", "dataset")
    contact = _under(root, "contact", "CI_ResponsibleParty")
    _text(contact, "organisationName", f"geoplan {VERSION}")
    _code(contact, "role", "CI_RoleCode", "processor")
    _date(root, "dateStamp", job)
    _text(root, "metadataStandardName", "ISO 19115:2003/19139")
    _text(root, "metadataStandardVersion", "1.0")
    if layer.spatial:
        system = _under(root, "referenceSystemInfo", "MD_ReferenceSystem")
        identifier = _under(system, "referenceSystemIdentifier", "RS_Identifier")
        code = job.crs.to_epsg()
        _text(identifier, "code", job.crs.name if code is None else str(code))
        _text(identifier, "codeSpace", "" if code is None else "EPSG")
    _identification(root, job, layer)
    _quality(root, layer, lang)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _identification(root: ET.Element, job: Job, layer: ExportLayer) -> None:
    lang = job.lang
    found = _under(root, "identificationInfo", "MD_DataIdentification")
    citation = _under(found, "citation", "CI_Citation")
    _text(citation, "title", title(job, layer, lang))
    date = _under(citation, "date", "CI_Date")
    _date(date, "date", job)
    _code(date, "dateType", "CI_DateTypeCode", "creation")
    _text(found, "abstract", " ".join(filter(None, (title(job, layer, lang), standing_text(layer, lang)))))
    if layer.standing in NOT_REAL:
        limits = _under(found, "resourceConstraints", "MD_Constraints")
        _text(limits, "useLimitation", standing_text(layer, lang))
    _text(found, "language", "vie" if lang == "vi" else "eng")
    _code(found, "topicCategory", "MD_TopicCategoryCode", "planningCadastre", listed=False)
    box = extent(layer)
    if box is not None:
        place = _under(_under(found, "extent", "EX_Extent"), "geographicElement", "EX_GeographicBoundingBox")
        keys = ("westBoundLongitude", "eastBoundLongitude", "southBoundLatitude", "northBoundLatitude")
        for key, value in zip(keys, (box[0], box[2], box[1], box[3]), strict=True):
            at = ET.SubElement(place, f"{{{_GMD}}}{key}")
            ET.SubElement(at, f"{{{_GCO}}}Decimal").text = f"{value:.6f}"


def _quality(root: ET.Element, layer: ExportLayer, lang: Lang) -> None:
    quality = _under(root, "dataQualityInfo", "DQ_DataQuality")
    scope = _under(quality, "scope", "DQ_Scope")
    _code(scope, "level", "MD_ScopeCode", "dataset")
    lineage = _under(quality, "lineage", "LI_Lineage")
    said = [standing_text(layer, lang), "" if layer.source is None else layer.source.text(lang)]
    _text(lineage, "statement", ". ".join(filter(None, said)) or "geoplan")


def _under(parent: ET.Element, role: str, kind: str) -> ET.Element:
    return ET.SubElement(ET.SubElement(parent, f"{{{_GMD}}}{role}"), f"{{{_GMD}}}{kind}")


def _text(parent: ET.Element, role: str, text: str) -> None:
    at = ET.SubElement(parent, f"{{{_GMD}}}{role}")
    ET.SubElement(at, f"{{{_GCO}}}CharacterString").text = "".join(
        c if c.isprintable() else " " for c in text
    )


def _date(parent: ET.Element, role: str, job: Job) -> None:
    at = ET.SubElement(parent, f"{{{_GMD}}}{role}")
    ET.SubElement(at, f"{{{_GCO}}}Date").text = job.on.isoformat()


def _code(parent: ET.Element, role: str, kind: str, value: str, *, listed: bool = True) -> None:
    at = ET.SubElement(parent, f"{{{_GMD}}}{role}")
    code = ET.SubElement(at, f"{{{_GMD}}}{kind}")
    code.text = value
    if listed:
        code.set("codeList", f"{_CODES}#{kind}")
        code.set("codeListValue", value)
