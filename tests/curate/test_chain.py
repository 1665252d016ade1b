"""Builds as chains of Slurm jobs, on a real Slurm of two nodes where Debian's is installed (`tests/curate/slurm_cluster.py`)."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import curate
from curate.cli import main
from curate.errors import CurateError
from curate.executors.slurm import Slurm, Some, balanced, for_steps, gpus_of
from curate.launch import chain
from tests.curate import runs
from tests.curate.corpus import RECIPE, edit, make_project, open_small, with_mixture
from tests.curate.slurm_cluster import Cluster, wait_for

PROFILE = """
executor = "slurm"
[slurm]
mem_per_cpu = "1GB"
"""
SHORT = """
recipe: small
about: A recipe for tests.
corpora:
  web:
    read: parquet
    files: data/*.parquet
    steps:
      - score: letters
      - keep: {long: letters > 20}
"""
slow = pytest.mark.slow


@pytest.fixture
def at(slurm: Cluster, project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose builds go to the cluster."""
    monkeypatch.setenv("SLURM_CONF", str(slurm.conf))
    return in_slurm(project, SHORT)


def in_slurm(folder: Path, recipe: str, more: str = "", count: int = 300) -> Path:
    make_project(folder, recipe=recipe, count=count)
    (folder / "profiles").mkdir()
    (folder / "profiles/cluster.toml").write_text(f"{PROFILE.lstrip()}{more}")
    return folder


def opened(project: Path) -> curate.Curated:
    return curate.open("small", project=project, profile="cluster")


def ended(project: Path, seconds: float = 900) -> dict[str, Any]:
    """State of a build once it no longer runs."""
    folder = chain.folder_of(opened(project))

    def told() -> dict[str, Any]:
        found = chain.state(folder)
        assert found
        return found

    wait_for(lambda: told()["state"] not in ("running", "unknown"), seconds)
    return told()


def same_as_here(project: Path, **settings: Any) -> None:
    """The keys, their files and the lock are those of a build on this machine, in this process if nothing else is said."""
    other = project.with_name(f"{project.name}-here")
    shutil.copytree(project, other, ignore=shutil.ignore_patterns(".curate", "*.lock"))
    open_small(other, **settings).build()
    found, wanted = (objects(one) for one in (project, other))
    assert found == wanted and len(wanted) > 1
    lock = "recipes/small.lock"
    assert (project / lock).read_text() == (other / lock).read_text()


def objects(project: Path) -> dict[str, bytes]:
    home = project / ".curate/objects"
    return {str(path.relative_to(home)): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


def said(capsys: pytest.CaptureFixture[str], command: str) -> str:
    """What a command prints of the recipe of this folder."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main([command, "small", "--profile", "cluster"])
    assert end.value.code == 0
    return capsys.readouterr().out


def rounds(project: Path) -> list[str]:
    """What the jobs of a build printed of arrays that they submitted."""
    return [line for line in log(project).splitlines() if " tasks of Slurm job " in line]


def log(project: Path) -> str:
    return chain.folder_of(opened(project)).file("log.txt").read_text()


@slow
def test_a_mixture_built_by_slurm_has_the_keys_and_bytes_of_one_built_here(
    slurm: Cluster, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_CONF", str(slurm.conf))
    in_slurm(project, with_mixture(), "max_array = 2\n")
    curated = opened(project)
    told = curated.build()["build"]
    assert told["submitted"] and told["job"].isdigit()
    assert ended(project)["state"] == "finished", log(project)
    assert "build" not in curated.build()
    shard = next((project / ".curate/objects").rglob("*.parquet"))
    shard.chmod(0o600)
    shard.write_bytes(shard.read_bytes()[:-1])
    assert curated.build()["build"]["submitted"]  # what is damaged is made again
    assert ended(project)["state"] == "finished", log(project)
    assert ": 3 shards, 2 tasks of Slurm job " in rounds(project)[0]
    same_as_here(project)
    assert opened(project).build()["ran"] == []  # nothing to do, and no job for it
    assert not chain.folder_of(opened(project)).file("passes").exists()


SLOW_STEP = '''
"""Number of characters, slowly for as long as a file says so."""
import os
import time
from pathlib import Path
import polars as pl
from curate.step import score

@score
def letters(docs: pl.DataFrame) -> pl.Series:
    """Characters of each text."""
    home = Path(__file__).parents[2]
    if docs.height:
        (home / f"at-{os.getpid()}").write_text(os.environ.get("SLURMD_NODENAME", ""))
    while docs.height and (home / "wait").exists():
        time.sleep(0.1)
    return docs["text"].str.len_chars().cast(pl.Int64)
'''


def waiting(project: Path) -> None:
    """Make the step wait, after a note of its process."""
    (project / "steps/score/letters.py").write_text(SLOW_STEP.lstrip())
    (project / "wait").touch()


@slow
def test_killed_tasks_and_a_build_begun_twice_end_in_the_same_bytes(slurm: Cluster, at: Path) -> None:
    waiting(at)
    first = opened(at).build()["build"]
    wait_for(lambda: len(list(at.glob("at-*"))) == 3, 600)
    again = opened(at).build()["build"]
    assert not again["submitted"] and again["job"] != first["job"] and "3 running" in again["why"]
    array = chain.folder_of(opened(at)).record["array"]
    for task in (0, 1):
        slurm.ask("scancel", "--signal=KILL", f"{array}_{task}")
    wait_for(lambda: slurm.ask("squeue", "-h", "--array", f"--jobs={array}").count("\n") == 1)
    (at / "wait").unlink()
    assert ended(at)["state"] == "finished", log(at)
    assert [line.split(": ")[1].split(",")[0] for line in rounds(at)] == ["3 shards", "2 shards"]
    same_as_here(at)


@slow
def test_a_cancelled_build_goes_on_with_another_number_of_tasks(
    slurm: Cluster, at: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting(at)
    assert said(capsys, "build").startswith("small: submitted as Slurm job ")
    wait_for(lambda: len(list(at.glob("at-*"))) == 3, 600)
    assert "build: running, Slurm job " in (told := said(capsys, "status")) and ": 3 running; " in told
    assert said(capsys, "build").startswith("small: is being built by Slurm job ")
    assert " 3 tasks of Slurm job " in said(capsys, "logs")
    assert said(capsys, "cancel") == "small: cancelled; what was finished is kept\n"
    wait_for(lambda: not slurm.ask("squeue", "-h"))
    assert said(capsys, "status").endswith("build: cancelled\n")
    with pytest.raises(CurateError, match="no build of it is under way by Slurm; the last one is cancelled"):
        chain.cancel(chain.folder_of(opened(at)))
    (at / "wait").unlink()
    edit(at / "profiles/cluster.toml", "[slurm]\n", "[slurm]\nmax_array = 1\ncpus_per_task = 2\n")
    opened(at).build()
    assert ended(at)["state"] == "finished", log(at)
    assert [line.split(", ")[1].split(" of")[0] for line in rounds(at)][-1] == "1 tasks"
    same_as_here(at)


@slow
def test_tasks_of_a_node_that_is_lost_are_queued_again(slurm: Cluster, at: Path) -> None:
    waiting(at)
    opened(at).build()
    wait_for(lambda: len(list(at.glob("at-*"))) == 3, 600)
    lost = sorted(path.read_text() for path in at.glob("at-*"))[-1]
    slurm.kill_node(lost)
    wait_for(lambda: "down" in slurm.ask("sinfo", "-h", "-n", lost, "-o", "%t"), 90)
    (at / "wait").unlink()
    try:
        assert ended(at)["state"] == "finished", log(at)
    finally:
        slurm.start_node(lost)
        wait_for(lambda: slurm.ask("sinfo", "-h", "-n", lost, "-o", "%t").strip() == "idle", 60)
    assert len(rounds(at)) == 1  # the array itself brought it to its end
    same_as_here(at)


@slow
def test_a_step_that_cannot_go_on_and_a_step_that_kills_every_task_are_told(at: Path) -> None:
    (at / "steps/score/letters.py").write_text(BROKEN)
    opened(at).build()
    told = ended(at)
    assert told["state"] == "failed" and "documents failed" in told["why"], log(at)
    (at / "steps/score/letters.py").write_text(KILLS)
    edit(at / "profiles/cluster.toml", "[slurm]\n", "[slurm]\nrounds = 1\n")
    opened(at).build()
    told = ended(at)
    assert told["state"] == "failed", log(at)
    assert "1 jobs in a row finished none of the 3 shards that are left" in told["why"]


@slow
def test_a_build_on_this_machine_at_the_same_time_gives_the_same_bytes(slurm: Cluster, at: Path) -> None:
    waiting(at)
    opened(at).build()
    wait_for(lambda: len(list(at.glob("at-*"))) == 3, 600)

    def let_go() -> None:
        wait_for(lambda: len(list(at.glob("at-*"))) == 4, 600)
        (at / "wait").unlink()

    with ThreadPoolExecutor() as pool:
        waits = pool.submit(let_go)
        assert open_small(at, executor="local", workers=1).build()["ran"]
        waits.result()
    assert ended(at)["state"] == "finished", log(at)
    same_as_here(at)


@slow
def test_a_document_that_kills_its_worker_is_found_as_on_one_machine(at: Path) -> None:
    text = KILLS.replace("if docs.height:", 'if docs["text"].str.contains("POISON").any():')
    (at / "steps/score/letters.py").write_text(text.replace("getppid", "getpid"))
    opened(at).build()
    assert ended(at)["state"] == "finished", log(at)
    assert len(rounds(at)) == 1
    killed = opened(at).sql("select text from documents where fate = 'killed'")
    assert killed.height == 1 and "POISON" in killed["text"][0]
    same_as_here(at, executor="local", workers=1)


@slow
def test_the_job_of_a_build_that_is_killed_is_queued_again(slurm: Cluster, at: Path) -> None:
    for name in ("1", "2"):
        (at / f"data/{name}.parquet").unlink()  # what is left is for the build's own job
    waiting(at)
    opened(at).build()
    wait_for(lambda: list(at.glob("at-*")), 600)
    worker = next(at.glob("at-*")).name.removeprefix("at-")
    build = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[1]
    (at / "wait").unlink()
    os.kill(int(build), signal.SIGKILL)
    assert ended(at)["state"] == "finished", log(at)
    assert "Restarts=1 " in slurm.ask("scontrol", "show", "job", opened(at).status()["build"]["job"])
    same_as_here(at)


@slow
def test_tasks_and_the_job_of_a_build_whose_time_is_over_go_on(slurm: Cluster, at: Path) -> None:
    edit(at / "profiles/cluster.toml", "[slurm]\n", '[slurm]\ntime = "1"\ngrace = 20\n')
    waiting(at)
    opened(at).build()
    wait_for(lambda: len(list(at.glob("at-*"))) == 3, 600)
    array = chain.folder_of(opened(at)).record["array"]
    wait_for(lambda: not slurm.ask("squeue", "-h", f"--jobs={array}"), 240)
    assert "TIMEOUT" in slurm.ask("scontrol", "show", "job", array)
    (at / "wait").unlink()
    assert ended(at)["state"] == "finished", log(at)
    assert [line.split(": ")[1].split(",")[0] for line in rounds(at)] == ["3 shards", "3 shards"]
    same_as_here(at)

    for name in ("1", "2"):
        (at / f"data/{name}.parquet").unlink()  # what is left is for the build's own job
    for path in [*at.glob("at-*"), *(at / ".curate/objects").iterdir(), *(at / ".curate/plans").iterdir()]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    waiting(at)
    opened(at).build()
    wait_for(lambda: len(list(at.glob("at-*"))) == 2, 600)  # begun once more in the job that was queued again
    (at / "wait").unlink()
    assert ended(at)["state"] == "finished", log(at)
    assert "Restarts=1 " in slurm.ask("scontrol", "show", "job", opened(at).status()["build"]["job"])


TELLS = """
import os
from pathlib import Path
import polars as pl
from curate.step import score

@score
def letters(docs: pl.DataFrame) -> pl.Series:
    \"\"\"Characters of each text, and a note of where they were counted.\"\"\"
    names = ("SLURM_ARRAY_JOB_ID", "FROM_SETUP", "FROM_PREFIX")
    if docs.height:
        said = " ".join(os.environ.get(name, "") for name in names)
        (Path(__file__).parents[2] / f"at-{os.environ.get('SLURM_JOB_ID')}").write_text(f"{said} {os.getpid()}")
    return docs["text"].str.len_chars().cast(pl.Int64)
"""


@slow
def test_setup_prefix_and_lines_reach_the_jobs(slurm: Cluster, at: Path) -> None:
    inside = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "env", "FROM_PREFIX=there"]  # as containers do
    edit(
        at / "profiles/cluster.toml",
        "[slurm]\n",
        f"[slurm]\nprefix = {inside}\nsetup = ['export FROM_SETUP=\"two words\"']\nlines = ['--comment=of-lines']\n",
    )
    (at / "steps/score/letters.py").write_text(TELLS.lstrip())
    opened(at).build()
    assert ended(at)["state"] == "finished", log(at)
    array = chain.folder_of(opened(at)).record["array"]
    told = [path.read_text().split() for path in at.glob("at-*")]
    assert len(told) == 3 and all(words[:4] == [array, "two", "words", "there"] for words in told)
    assert all(int(words[4]) < 100 for words in told)  # a numbering of its own
    for job in (array, opened(at).status()["build"]["job"]):
        assert "Comment=of-lines" in slurm.ask("scontrol", "show", "job", job)
    same_as_here(at)


@slow
def test_runs_wait_for_mixtures_that_slurm_builds(
    slurm: Cluster, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_CONF", str(slurm.conf))
    monkeypatch.setattr("curate.train.POLL", 0.5)
    runs.make(project)
    (project / "profiles").mkdir()
    (project / "profiles/cluster.toml").write_text(PROFILE.lstrip() + '[launch]\nkind = "slurm"\ngpus_per_node = 0\n')
    decay = curate.open("decay", project=project, profile="cluster")
    with pytest.raises(
        CurateError, match=r"^Slurm builds stable, decay; run curate train again when it has, or with --wait$"
    ):
        decay.train()
    assert {chain.state(chain.folder_of(runs.opened(project, name)))["state"] for name in ("stable", "decay")} == {
        "running"
    }
    rows = decay.train(wait=True)
    assert [(row["recipe"], row["state"], row["kind"]) for row in rows] == [
        ("stable", "current", "slurm"),
        ("decay", "current", "slurm"),
    ]
    edit(project / "recipes/stable.yaml", "sum(achieved) > 100", "sum(achieved) > 100000")
    edit(project / "recipes/stable.yaml", "tokens: 600", "tokens: 620")
    edit(project / "recipes/decay.yaml", "tokens: 500", "tokens: 520")
    with pytest.raises(CurateError, match=r"was not built by Slurm: failed, .*sum"):
        curate.open("decay", project=project, profile="cluster").train(wait=True)


BROKEN = '''
"""A step that is broken."""
import polars as pl
from curate.step import score

@score
def letters(docs: pl.DataFrame) -> pl.Series:
    """Characters of each text."""
    if docs.height:
        raise ValueError("this is broken")
    return docs["text"].str.len_chars().cast(pl.Int64)
'''
KILLS = '''
"""A step that kills."""
import os
import signal
import time
import polars as pl
from curate.step import score

@score
def letters(docs: pl.DataFrame) -> pl.Series:
    """Characters of each text."""
    if docs.height:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)  # it is not to finish a shard before it has noticed that its task is gone
    return docs["text"].str.len_chars().cast(pl.Int64)
'''


def test_ranks_are_dealt_by_weight_and_each_once() -> None:
    work = Some(_Weighed((9, 1, 1, 1, 5, 4)), range(6))
    dealt = balanced(work, range(6), 2)
    assert sorted(rank for one in dealt for rank in one) == list(range(6))
    assert sorted(sum(work.weight(rank) for rank in one) for one in dealt) == [10, 11]
    assert all(balanced(work, range(6), 6))  # nobody has nothing to do


class _Weighed:
    def __init__(self, weights: tuple[int, ...]) -> None:
        self.weights = weights

    def weight(self, rank: int) -> int:
        return self.weights[rank]

    def __call__(self, rank: int) -> int:
        return rank


def test_without_a_slurm_a_build_is_refused_in_one_line(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_slurm(project, RECIPE)
    monkeypatch.setenv("PATH", str(project))
    with pytest.raises(CurateError, match=r"^small: there is no sbatch on this machine$"):
        opened(project).build()
    found = opened(project).status()["build"]
    assert found is None  # nothing was submitted
    assert open_small(project).build()["ran"]  # and it can be built here


def test_a_build_that_hands_on_while_slurm_is_asked_is_not_gone(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_slurm(project, SHORT)
    folder = chain.folder_of(opened(project))
    folder.path.mkdir(parents=True)
    folder.note(job="1", state="running")

    def alive(job: str) -> bool:
        if job == "1":
            folder.note(job="2")
        return job == "2"

    monkeypatch.setattr(chain, "is_alive", alive)
    monkeypatch.setattr(chain, "states", lambda job: ["PENDING"])
    assert chain.state(folder) == {
        "job": "2", "state": "running", "why": "Slurm job 2: 1 pending", "log": str(folder.file("log.txt")),
    }  # fmt: skip


def test_what_is_asked_of_slurm_is_what_the_profile_says(project: Path) -> None:
    more = """max_array = 2
cpus_per_task = 4
time = "4:00:00"
partition = "cpu"
account = "team"
at_once = 7
lines = ["--exclusive"]
setup = ["module load python"]
prefix = ["apptainer", "exec", "image 1.sif"]
python = "python3.11"
[steps."score.letters"]
cpus_per_task = 8
mem_per_cpu = "2GB"
partition = "large"
gpus = 0.5
[slurm.own]
cpus_per_task = 16
gpus = 2
"""
    curated = opened(in_slurm(project, SHORT, more))
    assert curated.profile.slurm.mem_per_cpu == 10**9
    folder = chain.folder_of(curated)
    text = chain._script(curated, folder, curated.profile.slurm)
    options = [line.removeprefix("#SBATCH ") for line in text.splitlines() if line.startswith("#SBATCH ")]
    assert options[:8] == [
        "--job-name=small", "--nodes=1", "--ntasks=1", "--cpus-per-task=16", "--mem-per-cpu=953M", "--time=4:00:00", "--partition=cpu",
        "--account=team",
    ]  # fmt: skip
    assert {"--requeue", "--signal=B:USR1@60", "--exclusive", "--gpus-per-node=2"} <= set(options)
    assert "\nmodule load python\n" in text
    assert subprocess.run(["bash", "-n"], input=text, text=True).returncode == 0

    executor = Slurm(folder, "a", "small", project, curated.profile.slurm, curated.profile.steps)
    asked = list(executor.steps.values())
    settings = for_steps(asked, executor.settings)
    assert (settings.partition, settings.cpus_per_task, settings.time) == ("large", 8, "4:00:00")
    folder.path.mkdir(parents=True)
    text = executor.script(folder.path / "it's", 2, settings, gpus_of(asked, settings))
    assert {"#SBATCH --array=0-1%7", "#SBATCH --gpus-per-node=4", "#SBATCH --mem-per-cpu=1907M"} <= set(
        text.splitlines()
    )
    words = shlex.split(text.splitlines()[-1])
    assert words[:5] == ["exec", "apptainer", "exec", "image 1.sif", "python3.11"]
    assert words[-1] == str(folder.path / "it's")
