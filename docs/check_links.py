"""Fail if a page of the built site links to a file or an anchor inside the site that is not there.

python docs/check_links.py docs/_build/html
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """Collects the links and the anchors of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = {""}

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name in ("href", "src") and value:
                self.links.add(value)
            elif name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value or "")


def read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def dead_links(root: Path) -> list[str]:
    """Return "page: link" for each link inside the site that leads nowhere."""
    root = root.resolve()
    pages = {path: read(path) for path in sorted(root.rglob("*.html")) if "_static" not in path.parts}
    dead = []
    for path, page in pages.items():
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            known = pages.get(target)
            anchor = unquote(parts.fragment)
            if not target.is_file() or (known is not None and anchor not in known.anchors):
                dead.append(f"{path.relative_to(root)}: {link}")
    return dead


def main() -> int:
    root = Path(sys.argv[1])
    n_pages = sum(1 for _ in root.rglob("*.html"))
    if not n_pages:
        print(f"{root} holds no pages", file=sys.stderr)
        return 1
    dead = dead_links(root)
    print(*dead, sep="\n", end="\n" if dead else "")
    print(f"{n_pages} pages, {len(dead)} dead links inside the site")
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main())
