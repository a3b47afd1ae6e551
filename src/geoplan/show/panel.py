"""What if, in a notebook: the day, plans and communes change, and coverage and verdicts move at once."""

from __future__ import annotations

import asyncio
import datetime as dt
import html
from typing import TYPE_CHECKING, Any, Final

from geoplan import schema
from geoplan.assessment import Assessment, assess
from geoplan.city import City
from geoplan.errors import GeoplanError, UsageError, listening
from geoplan.measures import in_force
from geoplan.measures.plan_records import DENOMINATORS
from geoplan.model import words
from geoplan.scenario.compare import compare
from geoplan.scenario.saying import html_moves
from geoplan.show.panel_live import CoverageTable
from geoplan.text import as_date, date_text, listing

if TYPE_CHECKING:
    import ipywidgets

    from geoplan.errors import Lang

_INTRO: Final = words(
    "Kéo ngày, đánh dấu đồ án và xã. Tỷ lệ phủ đổi ngay; số liệu và kết luận thay đổi hiện bên dưới.",
    "Drag the day, tick plans and communes. Coverage moves at once; the figures and verdicts that move "
    "follow below.",
)
_DAY: Final = words("Ngày", "Day")
_LAND: Final = words("Tính trên", "Share of")
_DRAFTED: Final = words("Đồ án đang lập, coi như đã phê duyệt", "Plans being drafted, taken as approved")
_ENDED: Final = words("Đồ án hết hạn, coi như còn hiệu lực", "Plans that expired, taken as in force")
_WARDS: Final = words("Xã, coi như đã lên phường", "Communes, taken as wards")
_NOTHING: Final = words(
    "Chưa thay đổi gì: mọi số liệu và kết luận như hiện trạng.",
    "Nothing is changed yet: all figures and verdicts are as they stand.",
)
_WORKING: Final = words("Đang xét lại các tiêu chuẩn…", "Judging the standards again…")
_CANDIDATE: Final = words("văn kiện nêu tên", "named by a document")
_NONE: Final = words(
    "Không còn xã nào: mọi đơn vị đều là phường.", "No commune is left: all units are wards."
)
_STYLE: Final = """<style>
.geoplan-panel .widget-checkbox, .geoplan-panel .widget-checkbox label { height: auto; }
.geoplan-panel .widget-checkbox label { white-space: normal; line-height: 1.3; }
.geoplan-panel .widget-checkbox label { padding-left: 1.7em; text-indent: -1.7em; }
.geoplan-panel .widget-checkbox { margin-bottom: .4em; }
</style>"""
_PAUSE: Final = 0.3
"""Seconds without a further change after which the verdicts are worked out again."""

Choice = tuple[dt.date, frozenset[str], frozenset[str]]
"""The day, the communes and the plans that are ticked."""


class Panel:
    """A day and boxes to tick and what they move, in a notebook; needs the extra ``notebook``.

    Attributes
    ----------
    widget
        What the notebook shows.
    """

    def __init__(self, city: City | Assessment, *, lang: Lang = "vi") -> None:
        import ipywidgets  # noqa: PLC0415 - an extra, and slow to load

        self._base = assess(city) if isinstance(city, City) else city
        self._lang = lang
        self._coverage = CoverageTable(self._base.city)
        self._told: dict[Choice, str] = {}
        self._cities: dict[Choice, City] = {}
        self._later: asyncio.TimerHandle | None = None
        self._held = self._judging = False
        self._slider = ipywidgets.SelectionSlider(
            options=[(date_text(day, lang=lang), day) for day in self._coverage.days],
            value=self._base.city.on,
            description=_DAY.text(lang),
            layout={"width": "100%"},
            style={"description_width": "initial"},
        )
        self._land = ipywidgets.ToggleButtons(
            options=[(DENOMINATORS[land].text(lang), land) for land in self._coverage.lands],
            description=_LAND.text(lang),
            style={"description_width": "initial", "button_width": "initial"},
        )
        self._plans = {
            plan: _box(ipywidgets, self._coverage.label(plan, lang)) for plan in self._coverage.drafts.index
        }
        units = self._base.city.communes
        units = units[units["kind"] != "ward"].sort_values("ward_candidate", ascending=False, kind="stable")
        self._boxes = {unit.code: _box(ipywidgets, _label(unit, lang)) for unit in units.itertuples()}
        self._table, self._out = ipywidgets.HTML(), ipywidgets.HTML()
        for control in (self._slider, self._land, *self._plans.values(), *self._boxes.values()):
            control.observe(self._changed, names="value")
        self._told[self._choice()] = f"<p>{html.escape(_NOTHING.text(lang))}</p>"
        self._changed()
        self.widget = self._laid_out(ipywidgets)

    @property
    def on(self) -> dt.date:
        """The day that is looked at."""
        day: dt.date = self._slider.value
        return day

    @property
    def ticked(self) -> list[str]:
        """The codes of the communes that are ticked."""
        return [code for code, box in self._boxes.items() if box.value]

    @property
    def ticked_plans(self) -> list[str]:
        """The ids of the plans that are ticked."""
        return [plan for plan, box in self._plans.items() if box.value]

    @property
    def city(self) -> City:
        """The city on the day, with what is ticked: take it on to a map or a report."""
        return self._made(self._choice())

    def tick(self, *codes: str) -> None:
        """Tick exactly these communes, as clicks do.

        Raises
        ------
        UsageError
            When a code is not that of a commune with a box.
        """
        self._tick(self._boxes, codes)

    def tick_plans(self, *ids: str) -> None:
        """Tick exactly these plans, as clicks do.

        Raises
        ------
        UsageError
            When an id is not that of a plan with a box.
        """
        self._tick(self._plans, ids)

    def move_to(self, date: dt.date | str) -> None:
        """Move to a day, as the slider does.

        Raises
        ------
        UsageError
            When nothing changes on that day, so that the slider has no stop there.
        """
        day = as_date(date)
        if day not in self._coverage.days:
            near = sorted(self._coverage.days, key=lambda other: abs(other - day))[:5]
            vi = ", ".join(date_text(d) for d in sorted(near))
            en = ", ".join(date_text(d, lang="en") for d in sorted(near))
            raise UsageError(
                vi=f"Ngày {date_text(day)} không có gì thay đổi; hãy chọn một ngày gần đó: {vi}.",
                en=f"Nothing changes on {date_text(day, lang='en')}; choose a day near it: {en}.",
            )
        self._slider.value = day

    def _tick(self, boxes: dict[str, Any], wanted: tuple[str, ...]) -> None:
        strange = sorted(set(wanted) - set(boxes))
        if strange:
            raise UsageError(
                vi=f"Không có ô cho mã {', '.join(strange)}; các mã: {listing(boxes, limit=30)}.",
                en=f"No box for the code {', '.join(strange)}; the codes: "
                f"{listing(boxes, limit=30, lang='en')}.",
            )
        self._held = True  # one change, however many boxes
        for code, box in boxes.items():
            box.value = code in wanted
        self._held = False
        self._changed()

    def _choice(self) -> Choice:
        return self.on, frozenset(self.ticked), frozenset(self.ticked_plans)

    def _changed(self, _change: Any = None) -> None:
        """Show what the plans cover now; the verdicts follow when nothing more is changed for a moment."""
        if self._held:
            return
        day, codes, plans = choice = self._choice()
        self._table.value = self._coverage.show(
            day, plans=plans, wards=codes, land=self._land.value, lang=self._lang
        )
        loop = _notebook_loop()
        if choice in self._told or loop is None:
            if choice not in self._told:
                self._told[choice] = self._moves(choice)
            self._out.value = self._told[choice]
            return
        self._out.value = f"<p>{html.escape(_WORKING.text(self._lang))}</p>"
        if self._later is not None:
            self._later.cancel()
        self._later = loop.call_later(_PAUSE, self._judge, loop)

    def _judge(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have the verdicts worked out by a thread, one choice at a time, so that boxes and slider go on."""
        choice = self._choice()
        if choice in self._told:
            self._out.value = self._told[choice]
        elif not self._judging:
            self._judging = True
            loop.run_in_executor(None, self._moves, choice).add_done_callback(
                lambda done: self._judged(choice, done, loop)
            )

    def _judged(self, choice: Choice, done: asyncio.Future[str], loop: asyncio.AbstractEventLoop) -> None:
        self._judging = False
        self._told[choice] = done.result()
        self._judge(loop)

    def _moves(self, choice: Choice) -> str:
        """What a choice moves, as a table."""
        base, lang = self._base, self._lang
        try:
            with listening():  # the assessment told what is odd
                city = self._made(choice)
                found = None if city is base.city else compare(base, city)
        except GeoplanError as error:  # one sentence: here nobody would see it raised
            return f"<p>{html.escape(error.sentence(lang))}</p>"
        if found is None:
            return f"<p>{html.escape(_NOTHING.text(lang))}</p>"
        return html_moves(found.head(lang), found.names, found.told, lang)

    def _made(self, choice: Choice) -> City:
        if choice not in self._cities:
            self._cities[choice] = _changed_city(self._base.city, *choice)
        return self._cities[choice]

    def _laid_out(self, ipywidgets: Any) -> ipywidgets.VBox:
        def said(text: str, tag: str) -> Any:
            return ipywidgets.HTML(value=f"<{tag} style='margin:.4em 0'>{html.escape(text)}</{tag}>")

        lang, drafts = self._lang, self._coverage.drafts
        drafted = [box for plan, box in self._plans.items() if drafts.loc[plan, "status"] == "drafting"]
        ended = [box for box in self._plans.values() if box not in drafted]
        groups = ((_DRAFTED, drafted), (_ENDED, ended), (_WARDS, list(self._boxes.values())))
        boxes = [part for name, some in groups if some for part in (said(name.text(lang), "h4"), *some)]
        if not self._boxes:
            boxes.append(said(_NONE.text(lang), "p"))
        left = ipywidgets.VBox(boxes, layout={"flex": "0 0 26em"})
        land = [self._land] if len(self._coverage.lands) > 1 else []
        right = ipywidgets.VBox(
            [*land, self._table, self._out],
            layout={"flex": "1 1 auto", "overflow": "auto", "padding": "0 0 0 1em"},
        )
        head = [
            ipywidgets.HTML(value=_STYLE),
            said(self._base.city.title(lang), "h3"),
            said(_INTRO.text(lang), "p"),
        ]
        if len(self._coverage.days) > 1:
            head.append(self._slider)
        widget = ipywidgets.VBox([*head, ipywidgets.HBox([left, right])])
        widget.add_class("geoplan-panel")
        return widget

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.widget._repr_mimebundle_(**options)


def panel(city: City | Assessment, *, lang: Lang = "vi") -> Panel:
    """A day to choose and boxes to tick: what plan coverage, figures and verdicts then are.

    Plans that are being drafted or expired can be taken for being in force, communes for wards. Coverage
    follows at once (`geoplan.measures.live.LiveCoverage`), the verdicts a moment later.

    Parameters
    ----------
    city
        A city (assessed on its date) or an assessment.
    lang
        ``vi`` or ``en``.

    Returns
    -------
    Panel
        Shows itself in Jupyter; ``panel.city`` is the city with what is chosen.

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


def _notebook_loop() -> asyncio.AbstractEventLoop | None:
    """The loop of the notebook's kernel; None outside of one."""
    from IPython import get_ipython  # noqa: PLC0415 - comes with ipywidgets

    if getattr(get_ipython(), "kernel", None) is None:
        return None
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _changed_city(base: City, day: dt.date, codes: frozenset[str], plans: frozenset[str]) -> City:
    """The city of a choice: plans that count on the day anyway, and wards of the day, are left alone."""
    city = base if day == base.on else base.as_of(day)
    added = city.plans[city.plans["id"].isin(plans) & ~in_force(city.plans, on=day)]
    if len(added):
        added = added.assign(status="approved", **dict.fromkeys(schema.DATE_COLUMNS))
        city = city.with_plans(added, standing=city.layers["plans"].standing)
    rising = city.communes.loc[city.communes["code"].isin(codes) & (city.communes["kind"] != "ward"), "code"]
    return city.with_wards(sorted(rising)) if len(rising) else city


def _box(ipywidgets: Any, text: str) -> Any:
    """A box to tick; ipywidgets shows its text as text, never as HTML."""
    return ipywidgets.Checkbox(value=False, description=text, indent=False, layout={"width": "auto"})


def _label(unit: Any, lang: Lang) -> str:
    return f"{unit.name} ({_CANDIDATE.text(lang)})" if unit.ward_candidate else str(unit.name)


__all__ = ["Panel", "panel"]
