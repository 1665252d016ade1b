"""Runs what a page shows: files that it writes, lines that begin with `$ `, and whether what they print is what the page prints.

A block behind `<!-- file: PATH -->` is written to that path, one behind `<!-- more: PATH -->` put behind what stands there. A line `...`
stands for any lines, `... ` and ` ...` at the ends of a line for any rest of it; blanks, rules, durations and dates are not compared.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"(?:<!-- (file|more): (\S+) -->\n+)?^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHELL = re.compile(r"[|<>&;`$*~]|^\w+=")
"""Signs of a line that a shell must read."""
LOOSE = (
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
    (re.compile(r"\d+(?:\.\d+)? (?:s|min|h|ms)\b"), "N s"),
    (re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?Z?)?"), "DATE"),
    (re.compile(r"\b20\d\d\.\d\d\.\d\d\b"), "VERSION"),
    (re.compile(r"^[-\s]*--[-\s]*$"), "--"),
    (re.compile(r"\s+"), " "),
)


@dataclass
class Command:
    """One `$ ` line with what the page says that it prints."""

    line: str
    shown: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Written:
    """A file that the page has the reader write."""

    path: str
    text: str
    more: bool


def actions(page: str) -> list[Command | Written]:
    """What a page does, in order."""
    found: list[Command | Written] = []
    for kind, path, language, body in FENCE.findall(page):
        if path:
            found.append(Written(path, body, kind == "more"))
        elif language in ("console", "text", "sh", "bash", ""):
            found += commands(body)
    return found


def commands(body: str) -> list[Command]:
    """Commands of one block; a here-document belongs to its line."""
    found: list[Command] = []
    ends = ""
    for line in body.splitlines():
        if ends:
            found[-1].line += f"\n{line}"
            ends = "" if line == ends else ends
        elif line.startswith("$ "):
            found.append(Command(line[2:]))
            heredoc = re.search(r"<<'?(\w+)'?", line)
            ends = heredoc[1] if heredoc else ""
        elif found:
            found[-1].shown.append(line)
    return found


def bare(line: str) -> str:
    """A line as it is known by: without the remark at its end."""
    return re.sub(r"\s+# .*", "", line.partition("\n")[0]).strip()


def plain(line: str) -> str:
    """A line without what differs from one machine, or one day, to the next."""
    for pattern, instead in LOOSE:
        line = pattern.sub(instead, line)
    return line.strip()


def missing(shown: list[str], printed: str) -> str | None:
    """The first line of a run of shown lines that was not printed where it should be; None if all were."""
    lines = [plain(line) for line in printed.splitlines() if line.strip()]
    runs: list[list[str]] = [[]]
    for line in filter(str.strip, shown):
        if line.strip() == "...":
            runs.append([])
        else:
            runs[-1].append(plain(line))
    at = 0
    for i, run in enumerate(runs):
        last = len(lines) - len(run)
        places = range(at, last + 1) if i else range(min(1, last + 1))
        found = next((k for k in places if all(map(like, run, lines[k : k + len(run)]))), None)
        if found is None:
            return run[0] if run else "nothing"
        at = found + len(run)
    return None if (len(runs) > 1 and not runs[-1]) or at == len(lines) else f"nothing, where it printed: {lines[at]}"


def like(shown: str, printed: str) -> bool:
    """Whether a printed line is the shown one, of which the page may leave out the beginning or the end."""
    middle = shown.removeprefix("... ").removesuffix("...").strip()
    if shown.startswith("... "):
        return middle in printed if shown.endswith("...") else printed.endswith(middle)
    return printed.startswith(middle) if shown.endswith("...") else printed == shown


class Session:
    """A shell in a folder of its own: `cd` stays, `curate` and `python` are those that are tested.

    path: a folder that Python finds modules in before others; then every command is a process of its own.
    """

    def __init__(self, folder: Path, path: Path | None = None) -> None:
        self.folder, self.path = folder, path
        self.bin = folder.with_name(f"{folder.name}-bin")
        for name, options in {"curate": " -m curate", "python": ""}.items():
            self.bin.mkdir(parents=True, exist_ok=True)
            program = self.bin / name
            program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)}{options} "$@"\n')
            program.chmod(0o755)

    def do(self, action: Command | Written) -> str:
        """Do one thing; what it prints. AssertionError where it fails, unless the page shows the error."""
        if isinstance(action, Written):
            path = self.folder / action.path
            path.parent.mkdir(parents=True, exist_ok=True)
            before = path.read_text("utf-8") if action.more else ""
            path.write_text(before + action.text, "utf-8")
            return ""
        code, printed = self.run(action.line)
        refused = any(line.startswith("curate: ") for line in action.shown)
        assert code == 0 or (refused and code == 2), f"{action.line}\n{printed}"
        return printed

    def run(self, line: str) -> tuple[int, str]:
        """Exit code and output of one line."""
        words = shlex.split(line, comments=True) if "\n" not in line else []
        if (
            words[:1] == ["curate"]
            and not self.path
            and not SHELL.search(re.sub(r"\"[^\"$`]*\"|'[^']*'|#.*", "", line))
        ):
            return self._inside(words[1:])
        return self._shell(line)

    def _inside(self, words: list[str]) -> tuple[int, str]:
        """A command of ours in this process, which saves it the imports."""
        from curate.cli import main

        out = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            try:
                main(words)
            except SystemExit as left:
                return int(left.code or 0), out.getvalue()
        return 0, out.getvalue()

    def _shell(self, line: str) -> tuple[int, str]:
        where = self.bin / "where"
        found = os.pathsep.join(map(str, filter(None, (self.path, ROOT))))
        env = {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}", "PYTHONPATH": found}
        env |= {
            f"GIT_{who}_{what}": "docs@example.invalid" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        script = f"{line}\ncode=$?; pwd > {shlex.quote(str(where))}; exit $code"
        done = subprocess.run(["bash", "-c", script], cwd=self.folder, env=env, capture_output=True, text=True)
        if where.is_file():
            self.folder = Path(where.read_text().strip())
        return done.returncode, done.stdout + done.stderr
