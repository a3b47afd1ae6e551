"""Text of data on its way into XML, and archives that are the same every time."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
import zipfile
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)


def legal(text: str) -> str:
    """A text of characters that XML can hold; what it cannot (most control characters) becomes ``�``."""
    return _NOT_XML.sub("\ufffd", text)


def inert(text: str) -> str:
    """A text that QGIS does not evaluate: in names and labels it takes ``[% … %]`` as an expression.

    >>> inert("[% 1 + 1 %]")
    '[ % 1 + 1 %]'
    """
    return legal(text).replace("[%", "[ %")


def document(root: ET.Element, *, doctype: str | None = None) -> str:
    """An element as a whole XML document, indented."""
    ET.indent(root)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n' if doctype is None else f"{doctype}\n"
    return f"{head}{ET.tostring(root, encoding='unicode')}\n"


def element(parent: ET.Element, tag: str, text: str | None = None, **attributes: Any) -> ET.Element:
    """A child with attributes and text."""
    child = ET.SubElement(parent, tag, {k: str(v) for k, v in attributes.items()})
    child.text = text
    return child


def pack(target: Path, files: Mapping[str, str]) -> None:
    """Write texts as a zip that has the same bytes every time."""
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, date_time=_EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text.encode("utf-8"))
