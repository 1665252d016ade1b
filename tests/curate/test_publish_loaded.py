"""`datasets.load_dataset` reads what was published, each config, whole and streaming, from a folder and from a stand-in of the hub.

`make test-datasets` installs `datasets` in an environment of its own (`tests/datasets.txt`) and runs this; CURATE_TEST_DATASETS names
another Python that has it. The hub is a stand-in (`tests/curate/standin_hub.py`), not the real one.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.curate.corpus import ONE_STAGE, make_project, open_small, with_mixture
from tests.curate.standin_hub import TOKEN, server

ROOT = Path(__file__).resolve().parents[2]
MIXED = with_mixture(seq_len=64, stages=ONE_STAGE, epochs=9)
LOAD = """
import json, sys
import datasets
to, found = sys.argv[1], {}
for name in datasets.get_dataset_config_names(to):
    whole = datasets.load_dataset(to, name, split="train")
    streamed = list(datasets.load_dataset(to, name, split="train", streaming=True))
    assert streamed == list(whole)
    found[name] = [[row["id"] for row in whole], sorted(whole.column_names)]
found["default"] = datasets.load_dataset(to, split="train").num_rows
print(json.dumps(found))
"""
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def python() -> Path:
    found = Path(os.environ.get("CURATE_TEST_DATASETS") or ROOT / ".venv-datasets/bin/python")
    if not found.is_file():
        pytest.skip("needs datasets: make test-datasets")
    return found


def test_every_config_has_the_documents_of_its_corpus(
    python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_project(tmp_path, recipe=MIXED, count=120)
    recipe = open_small(folder)
    recipe.build()
    kept = recipe.sql("select corpus, id from documents where fate = 'kept' order by id")
    wanted = {name: sorted(kept.filter(corpus=name)["id"]) for name in ("web", "parts")}
    wanted["mixture"] = sorted(recipe.sql("select distinct id from mixture")["id"])
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    with server() as hub, pytest.warns(DeprecationWarning, match="content="):
        for name, value in (("HF_ENDPOINT", hub.url), ("HF_TOKEN", TOKEN), ("HF_HOME", str(tmp_path / "home"))):
            monkeypatch.setenv(name, value)
        for to, place in ((str(folder / "out"), str(folder / "out")), ("hf://datasets/team/small", "team/small")):
            open_small(folder).publish(to)
            loaded = loaded_by(python, place)
            default = loaded.pop("default")
            assert {name: sorted(ids) for name, (ids, _) in loaded.items()} == wanted
            assert default == len(wanted["mixture"])
            assert {"uses", "n_tokens", "corpus", "text"} <= {*loaded["mixture"][1]}


def loaded_by(python: Path, place: str) -> dict:  # type: ignore[type-arg]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    run = subprocess.run([python, "-c", LOAD, place], env=env, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    found: dict = json.loads(run.stdout.splitlines()[-1])  # type: ignore[type-arg]
    return found
