"""The gallery: every notebook, run from a clean kernel and shown as a page of the site.

``GALLERY=0`` in the environment shows them as they are kept, without outputs. What was run is kept in
``_build/notebooks`` and used again until the notebook, geoplan or its layers change.
"""

from __future__ import annotations

import hashlib
import html
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import nbformat
from docutils import nodes
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from sphinx.util.docutils import SphinxDirective

from geoplan.exports.atomic import beside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docutils.nodes import Node
    from sphinx.application import Sphinx

ROOT: Final = Path(__file__).parents[1]
KEPT: Final = Path(__file__).parent / "_build" / "notebooks"
_SECONDS: Final = 600
_WIDGET: Final = "application/vnd.jupyter.widget-view+json"
_DRAWN: Final = "Hình do ô lệnh trên vẽ"
_LIVE: Final = "Bảng tương tác: chỉ hoạt động khi chạy sổ này trong JupyterLab."


def notebooks() -> list[Path]:
    """All notebooks in their order."""
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def opening(book: Any) -> tuple[str, str]:
    """The title of a notebook and its first paragraph, from its first cell."""
    title, _, rest = str(book.cells[0].source).partition("\n")
    first = rest.strip().split("\n\n")[0]
    return title.lstrip("# ").strip(), " ".join(first.split()).replace("`", "").replace("**", "")


def executed(path: Path) -> Any:
    """A notebook with its outputs, run in a folder that is thrown away."""
    book = nbformat.read(path, as_version=4)
    if os.environ.get("GALLERY") == "0":
        return book
    kept = KEPT / f"{path.stem}-{_key(path)}.ipynb"
    if kept.exists():
        return nbformat.read(kept, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        NotebookClient(book, timeout=_SECONDS, kernel_name="python3", resources=resources).execute()
        _tidy(book, folder)
    KEPT.mkdir(parents=True, exist_ok=True)
    for old in KEPT.glob(f"{path.stem}-*.ipynb"):
        old.unlink()
    with beside(kept) as draft:
        nbformat.write(book, draft)
    return book


def _key(path: Path) -> str:
    """What the outputs of a notebook depend on, as a short name."""
    sources = [
        path,
        Path(__file__),
        *(p for name in ("src", "layers") for p in sorted((ROOT / name).rglob("*"))),
    ]
    digest = hashlib.sha256()
    for source in sources:
        if source.is_file() and "__pycache__" not in source.parts:
            digest.update(source.relative_to(ROOT).as_posix().encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]


def _tidy(book: Any, folder: str) -> None:
    """Take out what differs from run to run and machine to machine, and what needs a live kernel."""
    above = re.escape(str(Path(folder).parent))
    temporary = re.compile(rf"{above}/({tempfile.gettempprefix()}\w+|ipykernel_\d+/\d+\.py)")
    for cell in book.cells:
        for output in cell.get("outputs", []):
            if "text" in output:
                output.text = temporary.sub("…", output.text)
            data = output.get("data", {})
            if _WIDGET in data:
                data.clear()
                data["text/html"] = f"<p><em>{html.escape(_LIVE)}</em></p>"
            for kind, text in data.items():
                if kind.startswith("text/"):
                    data[kind] = temporary.sub("…", text)
                elif kind.startswith("image/"):
                    output.metadata.setdefault(kind, {}).setdefault("alt", _DRAWN)
    book.metadata.pop("widgets", None)


def page(book: Any) -> str:
    """A notebook as the body of a page; nothing in it is remote."""
    exporter = HTMLExporter(
        template_name="basic", mathjax_url="", require_js_url="", exclude_input_prompt=True
    )
    exporter.exclude_output_prompt = True
    exporter.exclude_anchor_links = True
    body, _ = exporter.from_notebook_node(book)
    return f'<div class="notebook">\n{body}\n</div>'


def _pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A page for each notebook, beside those of the sources."""
    if app.builder.format != "html":
        return
    for path in notebooks():
        book = executed(path)
        title, _ = opening(book)
        yield f"gallery/{path.stem}", {"title": title, "body": page(book)}, "page.html"


class _Gallery(SphinxDirective):
    """The list of notebooks, each with its title and what it begins with."""

    def run(self) -> list[Node]:
        up = "../" * self.env.docname.count("/")
        entries = nodes.bullet_list()
        for path in notebooks():
            title, first = opening(nbformat.read(path, as_version=4))
            link = nodes.reference("", title, internal=True, refuri=f"{up}gallery/{path.stem}.html")
            entries += nodes.list_item("", nodes.paragraph("", "", link), nodes.paragraph("", first))
        return [entries]


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the list and the pages to Sphinx."""
    app.add_directive("gallery", _Gallery)
    app.connect("html-collect-pages", _pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
