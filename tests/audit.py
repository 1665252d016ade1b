"""Ask the database of known vulnerabilities about every version in constraints.txt: `make audit`.

pip-audit ends with "no known vulnerabilities" also where it could look up nothing at all, as behind a mirror of the package index that has
no such database. So what was looked up is counted. Where that is nothing, this says so and ends with 3; where something is known, with 1.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SERVICES = ("pypi", "osv")


def main() -> int:
    """Ask one service after the other until one answers."""
    for service in SERVICES:
        lines, code = told(asked(service))
        print(f"{service}: " + "\n".join(lines), flush=True)
        if code != 3:
            return code
    return 3


def asked(service: str) -> list[dict[str, Any]]:
    """What pip-audit says of each version; nothing where it cannot reach the service."""
    words = [
        "--disable-pip",
        "--no-deps",
        "--progress-spinner",
        "off",
        "--format",
        "json",
        "--vulnerability-service",
        service,
    ]
    command = [sys.executable, "-m", "pip_audit", *words, "--requirement", str(ROOT / "constraints.txt")]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
        return found
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return []


def told(dependencies: list[dict[str, Any]]) -> tuple[list[str], int]:
    """Lines for people, and the exit code: 0 fine, 1 something is known, 3 nobody could be asked."""
    skipped = [one["name"] for one in dependencies if "skip_reason" in one]
    known = [one for one in dependencies if "skip_reason" not in one]
    if not known:
        return [f"NOT AUDITED: the database could not be asked about any of {len(dependencies):,} versions"], 3
    bad = [(one, vulnerability) for one in known for vulnerability in one["vulns"]]
    found = f"{len(bad):,} known vulnerabilities" if len(bad) > 1 else f"{len(bad) or 'no'} known vulnerability"
    lines = [f"{len(known):,} of {len(dependencies):,} versions were looked up, and {found}"]
    for one, vulnerability in bad:
        mended = ", ".join(vulnerability.get("fix_versions") or ["no version yet"])
        lines.append(f"{one['name']} {one['version']}: {vulnerability['id']}, mended in {mended}")
    return [*lines, *([f"not looked up: {', '.join(skipped)}"] if skipped else [])], int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
