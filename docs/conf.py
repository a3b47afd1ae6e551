"""Sphinx: the documentation site. ``make docs`` builds it, offline, into docs/_build/html."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))

import geoplan
import vietnamese  # noqa: F401 - its words must be there before Sphinx says anything

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "geoplan"
author = "The geoplan developers"
project_copyright = author
version = release = geoplan.__version__
language = "vi"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "pages", "gallery", "vietnamese"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False

html_theme = "furo"
html_title = "geoplan"
html_static_path = ["_static"]
html_css_files = ["geoplan.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_search_summary = False  # it would fetch pages, which a browser refuses for files on a disk
html_last_updated_fmt = None  # the same bytes from the same sources
html_theme_options = {"top_of_page_buttons": []}


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx that pages may be read one beside the other."""
    del app
    return {"parallel_read_safe": True, "parallel_write_safe": True}
