"""The benchmark of addresses runs, and says how many are dropped."""

import re
import sys

import pytest

from benchmarks import urls


def test_what_is_on_the_lists_is_dropped_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["urls", "--urls", "2000", "--domains", "300", "--datatrove", "0"])
    urls.main()
    dropped = re.search(r"([\d,]+) of 2,000 dropped", capsys.readouterr().out)
    assert dropped and 60 <= int(dropped[1]) <= 140
