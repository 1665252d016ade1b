"""The site: pages of `docs/`, and the files of the repository that they link to, as HTML that asks no other host for anything.

A link that leaves `docs/` leads, in the site, to a page that shows the file. Zensical makes the HTML and ends with an error at a link or
an anchor that leads nowhere; what it made is then read for requests to other hosts. Left out: versions of the site beside each other.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from docs.site.text import CODE

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"(!?\[(?:[^\[\]]|\[[^\]]*\])*\])\(([^)\s]+)\)")
OTHER_HOST = re.compile(
    r"<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc=[\"']?(?:https?:)?//[^\"'> ]+"
    r"|<link\b(?![^>]*rel=[\"']?(?:canonical|next|prev))[^>]*\bhref=[\"']?(?:https?:)?//[^\"'> ]+"
    r"|<(?:pre|div|code)\b[^>]*\bclass=[\"']?(?:mermaid|pyodide|glightbox)\b"
    r"|@import\s+[\"']?(?:url\()?[\"']?(?:https?:)?//\S+|url\([\"']?(?:https?:)?//[^)]+",
    re.IGNORECASE,
)
"""What a browser would fetch from elsewhere by itself, and what the theme's script would fetch a library for; a link that somebody may
follow is none."""
LANGUAGES = {".py": "python", ".yaml": "yaml", ".toml": "toml", ".lock": "yaml", ".sh": "bash", ".json": "json"}


class Broken(Exception):
    """The site cannot be built as it should be; the message says where and what."""


def build(out: Path, *, work: Path | None = None) -> Path:
    """Build the site into the folder `out`. Broken for a link that leads nowhere, a page that asks another host, or a foreign folder."""
    work = work or out.with_name(f"{out.name}-pages")
    for folder, mark in ((work, "zensical.toml"), (out, "index.html")):
        if folder.exists() and (not (folder / mark).is_file() or ROOT.is_relative_to(folder.resolve())):
            raise Broken(f"{folder} holds something else than a site; name a folder that is not there yet")
    for folder in (work, out):
        shutil.rmtree(folder, ignore_errors=True)
    work.mkdir(parents=True)
    shutil.copyfile(Path(__file__).parent / "zensical.toml", work / "zensical.toml")
    stage(work / "docs")
    program = Path(sys.executable).with_name("zensical")
    command = [str(program) if program.is_file() else "zensical", "build", "--clean", "--strict"]
    try:
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})
    except FileNotFoundError:
        raise Broken("zensical is not installed: pip install -c constraints.txt -e '.[docs]'") from None
    if done.returncode:
        raise Broken(uncoloured(done.stderr + done.stdout))
    shutil.copytree(work / "site", out)
    if asked := asks(out):
        raise Broken("\n".join(asked))
    return out


def uncoloured(text: str) -> str:
    """Text of a terminal without what colours it, and without the trace of a program that was told to stop."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text).partition("Traceback")[0].strip()


def asks(site: Path) -> list[str]:
    """Requests to other hosts that pages and style sheets would make by themselves, as `file: what`."""
    found = []
    for path in sorted(p for p in site.rglob("*") if p.suffix in (".html", ".css")):
        found += [f"{path.relative_to(site)}: {m[0][:200]}" for m in OTHER_HOST.finditer(path.read_text("utf-8"))]
    return found


def stage(folder: Path) -> None:
    """Write into `folder` the pages as the site has them: `docs/X.md` as `X.md`, and what they link to as `files/PATH.md`."""
    folder.mkdir(parents=True)
    waiting = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").glob("*.md"))]
    shutil.copytree(ROOT / "docs/site/assets", folder / "assets")
    done: set[str] = set()
    while waiting:
        path = waiting.pop(0)
        if path in done:
            continue
        done.add(path)
        to = folder / placed(path)
        to.parent.mkdir(parents=True, exist_ok=True)
        if path.endswith(".png"):
            shutil.copyfile(ROOT / path, to)
            continue
        text = (ROOT / path).read_text("utf-8")
        if path.endswith(".md"):
            text, linked = relinked(text, path)
            waiting += linked
        else:
            text = shown(text, path)
        to.write_text(text, "utf-8")


def placed(path: str) -> str:
    """Where in the site the file at `path` of the repository stands."""
    if path == "README.md":  # under its own name it would be taken for the index of a folder
        return "tour.md"
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return f"files/{path}" if path.endswith((".md", ".png")) else f"files/{path}.md"


def relinked(text: str, path: str) -> tuple[str, list[str]]:
    """A page with links to files as the site has them, and the files that it links to. Broken for a file that is not there."""
    linked: list[str] = []

    def link(match: re.Match[str]) -> str:
        target, _, anchor = match[2].partition("#")
        if re.match(r"[a-z]+:", match[2]) or not target:
            return match[0]
        file = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        if not (ROOT / file).is_file():
            raise Broken(f"{path}: there is no {file} to link to")
        linked.append(file)
        there = posixpath.relpath(placed(file), posixpath.dirname(placed(path)) or ".")
        return f"{match[1]}({there}{'#' + anchor if anchor else ''})"

    return outside_code(text, lambda part: LINK.sub(link, part)), linked


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """A page with its prose changed, and its code as it is."""
    out = []
    for i, block in enumerate(re.split(r"(^ *```.*?^ *```[^\n]*$)", text, flags=re.DOTALL | re.MULTILINE)):
        out.append(block if i % 2 else change_spans(block, change))
    return "".join(out)


def change_spans(block: str, change: Callable[[str], str]) -> str:
    """Prose with its links changed; a span of code that is the text of a link goes along, what looks like a link within one does not."""
    spans: list[str] = []

    def away(match: re.Match[str]) -> str:
        spans.append(match[0])
        return f"\x00{len(spans) - 1}\x00"

    return re.sub(r"\x00(\d+)\x00", lambda m: spans[int(m[1])], change(CODE.sub(away, block)))


def shown(text: str, path: str) -> str:
    """A page that shows a file of the repository."""
    fence = "`" * max(4, 1 + max(map(len, re.findall(r"`+", text)), default=0))
    return f"# {path}\n\n{fence}{LANGUAGES.get(Path(path).suffix, 'text')}\n{text.rstrip()}\n{fence}\n"
