"""Pages opened in the real browser, with all that they ask for, say and raise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

SIZES = ((360, 640), (768, 1024), (1366, 768))


@dataclass
class Opened:
    """A page with everything that it asked for, said and raised."""

    page: Page
    requests: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def quiet(self) -> None:
        """Nothing but the file itself was asked for, nothing said, nothing popped up."""
        assert len(self.requests) == 1, self.requests
        assert self.said == []
        assert self.dialogs == []

    def tab(self, name: str) -> Locator:
        """Open a tab; its panel."""
        self.page.get_by_role("tab", name=name, exact=True).click()
        return self.page.get_by_role("tabpanel", name=name, exact=True)

    def choose_unit(self, at: int) -> Locator:
        """Click on a unit of the map where its name stands; the panel."""
        self.page.locator(".leaflet-communes-pane path").nth(at).dispatch_event("mouseover")
        self.page.evaluate("at => geoplan.choose([geoplan.data.units[at].id])", at)
        return self.page.get_by_role("tabpanel", name="Tổng quan", exact=True)


def listened(page: Page) -> Opened:
    """The page with somebody listening."""
    opened = Opened(page)
    page.set_default_timeout(30_000)
    page.on("request", lambda request: opened.requests.append(request.url))
    page.on("console", lambda message: opened.said.append(message.text))
    page.on("pageerror", lambda error: opened.said.append(str(error)))
    page.on("dialog", lambda dialog: (opened.dialogs.append(dialog.message), dialog.dismiss()))
    return opened


def open_page(browser: Browser, path: Path, *, width: int = 1366, height: int = 768) -> Opened:
    """A file in the browser, ready."""
    opened = listened(browser.new_page(viewport={"width": width, "height": height}))
    opened.page.goto(path.resolve().as_uri())
    opened.page.wait_for_selector("html[data-geoplan=ready]")
    return opened


def inject(page: Page) -> None:
    """What an intruder would put into a page that is open: an image with a handler, a script, a request."""
    page.evaluate(
        """() => {
            const box = document.createElement('div');
            box.innerHTML = '<img src="http://127.0.0.1:9/x.png" onerror="window.hacked=1">';
            document.body.appendChild(box);
            const script = document.createElement('script');
            script.textContent = 'window.hacked = 2';
            document.body.appendChild(script);
            return fetch('http://127.0.0.1:9/').catch(() => null);
        }"""
    )
    page.wait_for_timeout(300)
