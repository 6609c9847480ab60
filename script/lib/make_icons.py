"""Draws the icons of the installed app from ebb.svg; run it with the tests' Python when that changes."""

from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
DRAWING = ROOT / "design" / "icons" / "ebb.svg"
SHELF = ROOT / "static" / "icons"
CHROMIUM = "/usr/bin/chromium"
ROUND, WHOLE = 'rx="14"', 'rx="0"'
ICONS = {
    "ebb-192.png": (192, ROUND, "0 0 64 64"),
    "ebb-512.png": (512, ROUND, "0 0 64 64"),
    "ebb-180.png": (180, WHOLE, "0 0 64 64"),
    "ebb-maskable-192.png": (192, WHOLE, "-8 -8 80 80"),
    "ebb-maskable-512.png": (512, WHOLE, "-8 -8 80 80"),
}
"""Size, corners and the part of the drawing that is seen: phones cut a maskable icon down to a circle."""


def drawn(size: int, corners: str, seen: str) -> str:
    """Return a page with the icon alone."""
    svg = DRAWING.read_text(encoding="utf-8").replace(ROUND, corners).replace("0 0 64 64", seen)
    svg = svg.replace("<svg ", f'<svg width="{size}" height="{size}" style="display:block" ')
    if corners == WHOLE:
        svg = svg.replace('width="64" height="64" rx', 'x="-8" y="-8" width="80" height="80" rx')
    return f'<body style="margin:0">{svg}'


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    for name, (size, corners, seen) in ICONS.items():
        page = browser.new_page(viewport={"width": size, "height": size})
        page.set_content(drawn(size, corners, seen))
        page.screenshot(path=SHELF / name, omit_background=True)
    browser.close()
