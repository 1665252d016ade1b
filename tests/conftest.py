"""What every test may count on: no store but its own, no network unless asked for, and markers that say what a machine must have.

The fast set runs by default; CURATE_TEST_ALL=1 adds `slow`, `kill` and `ray`, CURATE_TEST_NETWORK=1 adds `network`, and `gpu` tests run
wherever there is a CUDA device.
"""

import importlib.util
import os
import shutil
import signal
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
ALL, NETWORK = (bool(os.environ.get(name)) for name in ("CURATE_TEST_ALL", "CURATE_TEST_NETWORK"))

if (
    signal.getsignal(signal.SIGINT) == signal.SIG_IGN
):  # in a shell's background, where tests that press Ctrl-C would wait for ever
    signal.signal(signal.SIGINT, signal.default_int_handler)
hypothesis.settings.register_profile("octocurate", deadline=None, derandomize=True, max_examples=200 if ALL else 40)
hypothesis.settings.load_profile("octocurate")


def reason_to_skip(markers: set[str]) -> str | None:
    """Why this machine or this run leaves a test out."""
    if "network" in markers and not NETWORK:
        return "needs the Internet: CURATE_TEST_NETWORK=1"
    if "gpu" in markers and not (shutil.which("nvidia-smi") and importlib.util.find_spec("torch")):
        return "needs a CUDA device and the extra `train`"
    if "ray" in markers and not importlib.util.find_spec("ray"):
        return "needs the extra `ray`"
    if markers & {"slow", "kill", "ray"} and not ALL:
        return "not in the fast set: CURATE_TEST_ALL=1"
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if reason := reason_to_skip({m.name for m in item.iter_markers()}):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True)
def _no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's store, profile or server must not be seen by a test, nor the folder it runs from by a subprocess."""
    for name in [n for n in os.environ if n.startswith("CURATE_") and not n.startswith("CURATE_TEST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONSAFEPATH", "1")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that the test runs in, so that its store is `.curate/` there."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real data beside the checkout, where there is some. Never copied into the project: some of its licences forbid that."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no real data at ../shared/data")
    return folder
