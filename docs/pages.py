"""Parts of pages that are written when the site is built, so that nothing is typed twice.

Directives: ``{cli}`` every command from the argparse parser, ``{rulebooks}`` and ``{rulebook}`` every figure
of the law from the rulebooks, ``{indicators}`` what may be entered, ``{quantities}`` what is measured,
``{floors}`` the floors of the house.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final
from unittest import mock

from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from geoplan.assessment import assess
from geoplan.cli import _parser
from geoplan.criteria.indicators import catalogue, level_title
from geoplan.criteria.library import load_library
from geoplan.criteria.telling import CONFIDENCE
from geoplan.criteria.wording import SIGNS
from geoplan.quantity import UNITS, with_unit
from geoplan.show.rules import days, not_found
from geoplan.text import number
from geoplan.workspace import open_city

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from docutils.nodes import Node
    from sphinx.application import Sphinx

    from geoplan.criteria.library import Loaded
    from geoplan.criteria.rulebook import Figure, Group, Standard, UnitKind, UrbanClass
    from geoplan.quantity import Quantity
    from geoplan.schema import Confidence

ROOT: Final = Path(__file__).parents[1]
_WIDTH: Final = "90"
"""Columns of a usage, whatever the terminal."""
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>|$~])")


def plain(text: str) -> str:
    """A text that Markdown shows as it is, in one line."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the cells are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


# The command line


def commands() -> dict[str, argparse.ArgumentParser]:
    """The parsers of all commands by name."""
    (found,) = (a for a in _parser()._actions if isinstance(a, argparse._SubParsersAction))  # noqa: SLF001
    return dict(found.choices)


def cli() -> Iterator[str]:
    """A section for each command: what it is for, how it is called, every argument."""
    (found,) = (a for a in _parser()._actions if isinstance(a, argparse._SubParsersAction))  # noqa: SLF001
    purposes = {a.dest: a.help or "" for a in found._choices_actions}  # noqa: SLF001
    for name, parser in commands().items():
        purpose = plain(purposes[name])
        with mock.patch.dict(os.environ, {"COLUMNS": _WIDTH, "NO_COLOR": "1"}):
            lead = "usage: "
            usage = parser.format_usage().removeprefix(lead).replace(f"\n{' ' * len(lead)}", "\n")
        yield f"## geoplan {name}\n\n{purpose[:1].upper()}{purpose[1:]}.\n"
        yield f"```text\n{usage.rstrip()}\n```\n"
        actions = [a for a in parser._actions if not isinstance(a, argparse._HelpAction)]  # noqa: SLF001
        yield table(("Tham số", "Ý nghĩa"), ((_argument(a), plain(_help(a))) for a in actions))
        if parser.epilog:
            yield f"\n{plain(parser.epilog)}\n"


def _argument(action: argparse.Action) -> str:
    shown = action.metavar
    if shown is None and action.choices is not None:
        shown = "{" + ",".join(map(str, action.choices)) + "}"
    if shown is None:
        shown = action.dest if not action.option_strings else action.dest.upper()
    value = " ".join(shown) if isinstance(shown, tuple) else str(shown)
    if not action.option_strings:
        return f"`{value}`"
    return f"`{', '.join(action.option_strings)}{'' if action.nargs == 0 else f' {value}'}`"


def _help(action: argparse.Action) -> str:
    """The help as argparse prints it, and that it must be given."""
    text = (action.help or "") % {"default": action.default, "prog": "geoplan"} if action.help else ""
    return f"{text} (bắt buộc)" if action.option_strings and action.required else text


# The law


def library() -> dict[str, Loaded]:
    """The bundled rulebooks by id, in the order of their kinds and days."""
    return {found.rulebook.id: found for found in load_library(()).listing()}


def rulebooks() -> Iterator[str]:
    """A line for each rulebook."""
    rows = []
    for id_, found in library().items():
        gone = sum(1 for _ in not_found(found.rulebook))
        rows.append((f"[{plain(found.rulebook.law)}]({id_}.md)", plain(days(found.rulebook)), str(gone)))
    yield table(("Văn bản", "Hiệu lực", "Mục không tìm thấy trong nguồn"), rows)


def rulebook(id_: str) -> Iterator[str]:
    """Every figure of a rulebook with article, source and mark."""
    found = library()[id_]
    book = found.rulebook
    yield f"# {plain(book.title.vi)}\n\n{plain(book.law)}, {plain(days(book))}.\n"
    yield f"Nguồn chung: {plain(book.source)}.\n"
    if book.note is not None:
        yield f"```{{note}}\n{plain(book.note.vi)}\n```\n"
    for urban_class in book.classes:
        yield from _class(urban_class)
    for kind in book.units:
        yield from _section(kind, kind.standards)
    if book.factors:
        yield "## Yếu tố đặc thù, vùng\n"
        rows = ((plain(f.title.vi), f"`{f.id}`", *_origin(f)) for f in book.factors)
        yield table(("Yếu tố", "Mã", "Điều khoản", "Nguồn", "Độ tin cậy"), rows)
    gone = list(not_found(book))
    if gone:
        yield "## Không tìm thấy trong nguồn\n\nNhững mục này không có con số, và không bao giờ được đoán.\n"
        yield "\n".join(f"- {plain(text)}" for text in gone) + "\n"


def _class(urban_class: UrbanClass) -> Iterator[str]:
    head = ""
    if urban_class.rule == "points":
        head = "Chấm theo điểm"
    elif urban_class.rule == "quota":
        head = "Theo số tiêu chuẩn đạt"
    elif urban_class.standards:
        head = "Phải đạt mọi tiêu chuẩn"
    if urban_class.total is not None:
        head += f", cần {number(urban_class.total, digits=0)}"
        head += "" if urban_class.full is None else f" trên {number(urban_class.full, digits=0)}"
        trust = urban_class.total_confidence
        head += "" if trust is None else f" ({CONFIDENCE[trust].vi})"
    yield from _section(urban_class, urban_class.standards, head=head, groups=urban_class.groups)


def _section(
    owner: UrbanClass | UnitKind,
    standards: Sequence[Standard],
    *,
    head: str = "",
    groups: Sequence[Group] = (),
) -> Iterator[str]:
    variants = {"central_city": "thuộc thành phố trực thuộc trung ương", "provincial_city": "thuộc tỉnh"}
    variant = variants.get(getattr(owner, "variant", None) or "")
    title = owner.title.vi
    if variant is not None and "thuộc" not in title:
        title += f", {variant}"
    article = plain(owner.article)
    yield f"## {plain(title)}\n\n{article[:1].upper()}{article[1:]}. {plain(head)}{'.' if head else ''}\n"
    if groups:
        rows = ((plain(g.title.vi), _demand(g), *_origin(g)) for g in groups)
        yield table(("Nhóm", "Yêu cầu", "Điều khoản", "Nguồn", "Độ tin cậy"), rows) + "\n"
    if not standards:
        return
    scored = any(_points(s) for s in standards)
    rows = (
        (plain(s.title.vi), _minimum(s), *([_points(s)] if scored else []), *_origin(s)) for s in standards
    )
    points = ("Điểm",) if scored else ()
    yield table(("Tiêu chuẩn", "Ngưỡng", *points, "Điều khoản", "Nguồn", "Độ tin cậy"), rows)


def _origin(of: Any) -> tuple[str, str, str]:
    trust: Confidence = of.confidence
    return plain(of.article), plain(of.source), CONFIDENCE[trust].vi


def _demand(group: Group) -> str:
    if group.needed is not None:
        return f"đạt ít nhất {group.needed} tiêu chuẩn"
    if group.points_max is None:
        return "không tìm thấy"
    least = "?" if group.points_min is None else number(group.points_min, digits=2)
    return f"{least} – {with_unit(group.points_max, 'points')}"


def _minimum(standard: Standard) -> str:
    if standard.minimum is None:
        return "không tìm thấy"
    sign = "" if standard.levels and len(standard.levels) == 2 else f"{SIGNS[standard.operator]} "
    text = sign + _figure(standard.minimum, standard)
    if standard.maximum is not None:
        text += f"; điểm tối đa từ {_figure(standard.maximum, standard)}"
        text += _other(standard.maximum_confidence, standard)
    return plain(text + ("; chỉ nêu để lưu ý" if standard.flag else ""))


def _points(standard: Standard) -> str:
    if standard.points_min is None or standard.points_max is None:
        return ""
    low, high = (number(p, digits=2) for p in (standard.points_min, standard.points_max))
    return f"{low} – {high}{_other(standard.points_confidence, standard)}"


def _figure(figure: Figure, standard: Standard) -> str:
    return level_title(figure).vi if isinstance(figure, str) else with_unit(figure, standard.unit)


def _other(trust: Confidence | None, standard: Standard) -> str:
    """The trust in one figure when it is not that of the threshold."""
    return "" if trust is None or trust == standard.confidence else f" ({CONFIDENCE[trust].vi})"


def indicators() -> Iterator[str]:
    """What may be entered in ``indicators.csv``."""
    rows = (
        (
            f"`{each.id}`",
            plain(each.title.vi),
            plain(UNITS[each.unit].words.vi) or ", ".join(f"`{level}`" for level in each.levels),
        )
        for each in catalogue().values()
    )
    yield table(("Mã", "Số liệu", "Đơn vị, hoặc các mức"), rows)


# The measures


def quantities() -> Iterator[str]:
    """Every figure that an assessment has: what it is called, how it is counted, what it rests on."""
    result = assess(open_city("hung-yen"))
    first = {}
    for (metric, _), found in result.quantities.items():
        first.setdefault(metric, found)
    rows = (
        (
            f"`{metric}`",
            plain(one.name.vi),
            plain(". ".join(filter(None, [one.method.vi, one.article, *_notes(one)]))),
        )
        for metric, one in sorted(first.items())
    )
    yield table(("Mã", "Con số", "Cách tính; căn cứ, nếu có"), rows)


def _notes(one: Quantity) -> list[str]:
    """What is said of the figure itself, not of how its layers are drawn."""
    return [note.vi.rstrip(".") for note in one.notes if not note.vi.startswith("Hình vẽ")]


# The house


def floors() -> Iterator[str]:
    """The floors as the test of the house has them, with what each module says of itself."""
    tree = ast.parse((ROOT / "tests" / "test_house.py").read_text(encoding="utf-8"))
    (levels,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "FLOORS"
    )
    rows = (
        (str(level), "<br>".join(f"`{name}`: {_purpose(name)}" for name in sorted(names)))
        for level, names in zip(range(len(levels), 0, -1), levels, strict=True)
    )
    yield table(("Floor", "Modules"), rows)


def _purpose(name: str) -> str:
    source = ROOT / "src" / "geoplan" / name
    path = source / "__init__.py" if source.is_dir() else source.with_suffix(".py")
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return plain(said.split("\n\n")[0])


class _Written(SphinxDirective):
    """Markdown that one of the functions above writes."""

    optional_arguments = 1
    writers: ClassVar = {
        "cli": cli,
        "rulebooks": rulebooks,
        "rulebook": rulebook,
        "indicators": indicators,
        "quantities": quantities,
        "floors": floors,
    }

    def run(self) -> list[Node]:
        text = "\n".join(self.writers[self.name](*self.arguments))
        lines = StringList(text.splitlines(), source=f"{self.name} {' '.join(self.arguments)}".strip())
        return self.parse_text_to_nodes(lines, allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directives to Sphinx."""
    for name in _Written.writers:
        app.add_directive(name, _Written)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
