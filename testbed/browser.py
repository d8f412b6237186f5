"""Debian's Chromium without a window: what a reader's browser makes of a page.

It knows no site. It reaches loopback alone, every other name leads nowhere, and it begins with an empty profile.
"""

import base64
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.support.wait import WebDriverWait

from testbed.debian import program

TIMEOUT_S = 60.0
PAUSE_S = 0.02
ATTEMPTS = 50
"""So often an element is looked for again that was replaced before it was used."""
_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
_MOVES = """
window.moved = [];
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) {
    const nodes = one.sources.map((source) => source.node).filter((node) => node);
    window.moved.push([one.value, ...nodes.map((node) => (node.outerHTML || node.textContent).slice(0, 90))]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What a reader looks at, and what the reader's system asks for."""

    width: int = 1280
    height: int = 900
    density: float = 1
    is_dark: bool = False
    is_still: bool = False
    """The reader wants no motion."""
    is_printed: bool = False
    has_scripts: bool = True


class Browser:
    """One window, used by one test at a time."""

    def __init__(self, driver: Chrome) -> None:
        self._driver = driver
        self.command("Page.addScriptToEvaluateOnNewDocument", source=_MOVES)

    def command(self, name: str, /, **arguments: Any) -> Any:
        """One command of the DevTools protocol."""
        return self._driver.execute_cdp_cmd(name, arguments)

    def show(self, address: str, screen: Screen | None = None, cookies: Mapping[str, str] | None = None) -> None:
        """Open a page anew, as somebody who has never been there or has these cookies, and wait until all is loaded."""
        self._driver.get("about:blank")
        self.complaints()
        self.command("Storage.clearDataForOrigin", origin=_origin(address), storageTypes="all")
        for name, value in (cookies or {}).items():
            self.command("Network.setCookie", name=name, value=value, url=address, httpOnly=True, sameSite="Lax")
        self.become(screen or Screen())
        self._driver.get(address)

    def go(self, address: str) -> None:
        """Open another page as whoever is there, with what the browser keeps of them."""
        self._driver.get(address)

    def become(self, screen: Screen) -> None:
        """Give the window another size and another taste, with no new request."""
        is_phone = screen.width < 700  # noqa: PLR2004 - the widest phone held upright
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=screen.width,
            height=screen.height,
            deviceScaleFactor=screen.density,
            mobile=is_phone,
        )
        self.command("Emulation.setTouchEmulationEnabled", enabled=is_phone)
        features = {
            "prefers-color-scheme": "dark" if screen.is_dark else "light",
            "prefers-reduced-motion": "reduce" if screen.is_still else "no-preference",
        }
        self.command(
            "Emulation.setEmulatedMedia",
            media="print" if screen.is_printed else "",
            features=[{"name": name, "value": value} for name, value in features.items()],
        )
        self.command("Emulation.setScriptExecutionDisabled", value=not screen.has_scripts)

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script answers (`return …`) in the page."""
        return self._driver.execute_script(script, *arguments)

    def wait(self, script: str, *arguments: Any) -> Any:
        """The answer of a script, as soon as it is true for JavaScript."""
        waiting = WebDriverWait(self._driver, TIMEOUT_S, PAUSE_S)
        return waiting.until(lambda _: self.run(script, *arguments), f"not seen: {script}")

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, wherever the focus is."""
        ActionChains(self._driver).send_keys(*keys).perform()

    def click(self, selector: str) -> None:
        """Click on the first element that a selector finds; where something covers it, that is an error."""
        self._pressed(selector)

    def follow(self, selector: str) -> None:
        """Click on a link, and wait until the page that it leads to is loaded."""
        before, target = self.address, self._pressed(selector)
        waiting = WebDriverWait(self._driver, TIMEOUT_S, PAUSE_S)
        waiting.until(lambda _: target in {before, self.address}, f"not there: {target}")

    def submit(self, selector: str) -> None:
        """Click on what sends a form, and wait until the window is elsewhere."""
        before = self.address
        self.click(selector)
        waiting = WebDriverWait(self._driver, TIMEOUT_S, PAUSE_S)
        waiting.until(lambda _: self.address != before, f"still there: {before}")

    def seen(self, selector: str) -> list[str]:
        """The tags of what a selector finds and a reader sees; it asks no script of the page."""
        for _ in range(ATTEMPTS):
            with suppress(StaleElementReferenceException):  # the page put others in their place meanwhile
                found = self._driver.find_elements("css selector", selector)
                return [one.tag_name for one in found if one.is_displayed()]
        raise TimeoutError(f"never still: {selector}")

    def _pressed(self, selector: str) -> str:
        """Where the first element leads that a selector finds, once it was clicked on."""
        for _ in range(ATTEMPTS):
            with suppress(StaleElementReferenceException):  # the page put another one in its place meanwhile
                found = self._driver.find_element("css selector", selector)
                target = str(found.get_property("href") or "")
                found.click()
                return target
        raise TimeoutError(f"never still: {selector}")

    def permit(self, origin: str, *permissions: str) -> None:
        """Let a site do what a person would be asked for."""
        self.command("Browser.grantPermissions", origin=origin, permissions=list(permissions))

    def complaints(self) -> list[str]:
        """What the console said since it was last asked: errors of scripts, files that did not come."""
        return [f"{one['level']}: {one['message']}" for one in self._driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def moves(self) -> list[Any]:
        """What moved on the page by itself since it was opened: how far, and what."""
        return list(self.run("return window.moved"))

    @property
    def address(self) -> str:
        """Where the window is now."""
        return self._driver.current_url

    @property
    def title(self) -> str:
        """What stands on the window."""
        return self._driver.title

    def picture(self, *, is_whole: bool = False) -> bytes:
        """A PNG of what is seen, or of the whole page."""
        taken = self.command("Page.captureScreenshot", format="png", captureBeyondViewport=is_whole)
        return base64.b64decode(taken["data"])


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser of one's own, ended with all that it started."""
    options = ChromeOptions()
    options.binary_location = str(program("chromium", "chromium"))
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = ChromeService(executable_path=str(program("chromedriver", "chromium-driver")))
    with tempfile.TemporaryDirectory(prefix="trueline-browser-", ignore_cleanup_errors=True) as profile:
        for argument in (*_ARGUMENTS, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        driver = Chrome(options=options, service=service)
        try:
            driver.set_page_load_timeout(TIMEOUT_S)
            yield Browser(driver)
        finally:
            driver.quit()


def _origin(address: str) -> str:
    return "/".join(address.split("/", 3)[:3])
