"""What if, by ticking boxes in a notebook: communes become wards, and the verdicts move at once."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Final

from geoplan.assessment import Assessment, assess
from geoplan.city import City
from geoplan.errors import UsageError
from geoplan.model import words
from geoplan.scenario.compare import compare
from geoplan.scenario.saying import html_moves

if TYPE_CHECKING:
    import ipywidgets

    from geoplan.errors import Lang

_INTRO: Final = words(
    "Đánh dấu các xã lên phường; bảng bên phải cho biết số liệu và kết luận nào thay đổi.",
    "Tick communes that become wards; the table on the right says which figures and verdicts move.",
)
_NOTHING: Final = words("Chưa đánh dấu xã nào.", "No commune is ticked.")
_WORKING: Final = words("Đang tính…", "Working…")
_CANDIDATE: Final = words("văn kiện nêu tên", "named by a document")
_NONE: Final = words(
    "Không còn xã nào: mọi đơn vị đều là phường.", "No commune is left: all units are wards."
)


class Panel:
    """Boxes to tick and what they move, in a notebook; needs the extra ``notebook``.

    Attributes
    ----------
    city
        The city with the ticked communes as wards: take it on to a map or a report.
    widget
        What the notebook shows.
    """

    def __init__(self, city: City | Assessment, *, lang: Lang = "vi") -> None:
        import ipywidgets  # noqa: PLC0415 - an extra, and slow to load

        self._base = assess(city) if isinstance(city, City) else city
        self._lang = lang
        self._seen: dict[frozenset[str], str] = {}
        self.city = self._base.city
        units = self.city.communes
        units = units[units["kind"] != "ward"].sort_values("ward_candidate", ascending=False, kind="stable")
        self._boxes = {
            unit.code: ipywidgets.Checkbox(
                value=False, description=_label(unit, lang), indent=False, layout={"width": "auto"}
            )
            for unit in units.itertuples()
        }
        self._out = ipywidgets.HTML(value=self._told(frozenset()))
        for box in self._boxes.values():
            box.observe(self._changed, names="value")
        self.widget = _laid_out(ipywidgets, self._base, list(self._boxes.values()), self._out, lang)

    @property
    def ticked(self) -> list[str]:
        """The codes of the communes that are ticked."""
        return [code for code, box in self._boxes.items() if box.value]

    def tick(self, *codes: str) -> None:
        """Tick exactly these communes, as a click does.

        Raises
        ------
        UsageError
            When a code is not that of a commune with a box.
        """
        strange = sorted(set(codes) - set(self._boxes))
        if strange:
            raise UsageError(
                vi=f"Không có ô cho mã {', '.join(strange)}; các mã: {', '.join(self._boxes)}.",
                en=f"No box for the code {', '.join(strange)}; the codes: {', '.join(self._boxes)}.",
            )
        for code, box in self._boxes.items():
            box.value = code in codes

    def _changed(self, _change: Any) -> None:
        ticked = frozenset(self.ticked)
        if ticked not in self._seen:
            self._out.value = f"<p>{_WORKING.text(self._lang)}</p>"
        self._out.value = self._told(ticked)

    def _told(self, ticked: frozenset[str]) -> str:
        """What the ticked communes move; worked out once for each choice."""
        base = self._base.city
        self.city = base.with_wards(sorted(ticked)) if ticked else base
        if ticked not in self._seen:
            said = html.escape((_NOTHING if self._boxes else _NONE).text(self._lang))
            self._seen[ticked] = _moves(self._base, self.city, self._lang) if ticked else f"<p>{said}</p>"
        return self._seen[ticked]

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.widget._repr_mimebundle_(**options)


def panel(city: City | Assessment, *, lang: Lang = "vi") -> Panel:
    """Boxes to tick: which communes become wards, and which figures and verdicts that moves.

    Parameters
    ----------
    city
        A city (assessed on its date) or an assessment.
    lang
        ``vi`` or ``en``.

    Returns
    -------
    Panel
        Shows itself in Jupyter; ``panel.city`` is the city with what is ticked.

    Raises
    ------
    UsageError
        When ipywidgets is not installed (``pip install 'geoplan[notebook]'``).
    """
    try:
        return Panel(city, lang=lang)
    except ImportError as error:
        raise UsageError(
            vi="Bảng “nếu… thì” cần ipywidgets: pip install 'geoplan[notebook]'.",
            en="The what-if panel needs ipywidgets: pip install 'geoplan[notebook]'.",
        ) from error


def _moves(base: Assessment, city: City, lang: Lang) -> str:
    found = compare(base, city)
    return html_moves(found.head(lang), found.names, found.told, lang)


def _label(unit: Any, lang: Lang) -> str:
    """What stands beside a box; ipywidgets shows it as text, never as HTML."""
    return f"{unit.name} ({_CANDIDATE.text(lang)})" if unit.ward_candidate else str(unit.name)


def _laid_out(
    ipywidgets: Any, base: Assessment, boxes: list[Any], out: ipywidgets.HTML, lang: Lang
) -> ipywidgets.VBox:
    title = html.escape(base.city.title(lang))
    head = ipywidgets.HTML(value=f"<h3>{title}</h3><p>{html.escape(_INTRO.text(lang))}</p>")
    left = ipywidgets.VBox(boxes, layout={"flex": "0 0 22em"})
    right = ipywidgets.Box([out], layout={"flex": "1 1 auto", "overflow": "auto"})
    return ipywidgets.VBox([head, ipywidgets.HBox([left, right])])


__all__ = ["Panel", "panel"]
