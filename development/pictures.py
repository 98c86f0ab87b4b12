"""Takes the README's pictures of an issue: desktop in light, phone in dark, from the demo's page.

python development/pictures.py ISSUE.html   (needs Chromium; writes docs/pictures/issue-*.png)
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
VIEWS = (("desktop", 760, 920, "light"), ("phone", 380, 920, "dark"))


def main(page_path: Path) -> None:
    """Write one picture of the page for each view."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for name, width, height, scheme in VIEWS:
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            page.goto(page_path.absolute().as_uri())
            page.screenshot(path=FOLDER / f"issue-{name}.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
