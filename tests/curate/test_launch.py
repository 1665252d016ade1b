"""How runs are started elsewhere: by programs that stand in for Slurm and really run the job, and by Ray itself where it is installed."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from curate.errors import CurateError
from curate.launch import job_of, ray, slurm
from curate.run_folder import RunFolder
from curate.training import Training
from tests.curate import rl
from tests.curate.runs import change, make, opened, states, wait_for

SBATCH = """
#!/bin/bash
# Runs the job in the background, once the jobs that it depends on have ended with 0.
job=$(( $(ls "$CLUSTER" | grep -c '^job') + 1 ))
script="${@: -1}"
after=$(sed -n 's/^#SBATCH --dependency=afterok://p' "$script" | tr ':' ' ')
log=$(sed -n 's/^#SBATCH --output="\\(.*\\)"$/\\1/p' "$script" | sed 's/%%/%/g')
echo PENDING > "$CLUSTER/job$job"
cp "$script" "$CLUSTER/script$job"
(
  for one in $after; do
    while ! grep -qE 'COMPLETED|FAILED|CANCELLED' "$CLUSTER/job$one"; do sleep 0.1; done
    grep -q COMPLETED "$CLUSTER/job$one" || { echo CANCELLED > "$CLUSTER/job$job"; exit; }
  done
  restarts=0
  while true; do
    echo RUNNING > "$CLUSTER/job$job"
    rm -f "$CLUSTER/again$job"
    SLURM_JOB_ID=$job SLURM_RESTART_COUNT=$restarts bash "$script" >> "$log" 2>&1
    code=$?
    test -e "$CLUSTER/again$job" || break
    restarts=$(( restarts + 1 ))
  done
  test $code -eq 0 && echo COMPLETED > "$CLUSTER/job$job" || echo FAILED > "$CLUSTER/job$job"
) > /dev/null 2>&1 &
echo "$job;cluster"
"""
SQUEUE = """
#!/bin/bash
job="${@: -1}"; job="${job#--jobs=}"
test -e "$CLUSTER/job$job" || { echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1; }
grep -E 'PENDING|RUNNING' "$CLUSTER/job$job" || true
"""
SACCT = """
#!/bin/bash
job="${@: -1}"; job="${job#--jobs=}"
cat "$CLUSTER/job$job" 2>/dev/null
"""
SCANCEL = """
#!/bin/bash
job="${@: -1}"
if test "$1" = --signal=TERM; then kill -TERM $(cat "$CLUSTER/srun$job"); else echo CANCELLED > "$CLUSTER/job$job"; fi
"""
SRUN = """
#!/bin/bash
echo $$ > "$CLUSTER/srun$SLURM_JOB_ID"
exec "$@"
"""
SCONTROL = """
#!/bin/bash
test "$1" = requeue && touch "$CLUSTER/again$2"
"""
PROFILE = """
[launch]
kind = "slurm"
nproc = 4
time = "24:00:00"
partition = "gpu"
account = "team"
lines = ["--exclusive"]
setup = ["export FROM_SETUP=yes"]
grace = 300
"""


@pytest.fixture
def cluster(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project, with a Slurm of shell scripts on the PATH; a job is a file `job1` with its state."""
    programs, state = tmp_path / "bin", tmp_path / "cluster"
    for folder in (programs, state):
        folder.mkdir()
    texts = {"sbatch": SBATCH, "squeue": SQUEUE, "sacct": SACCT, "scancel": SCANCEL, "srun": SRUN, "scontrol": SCONTROL}
    for name, text in texts.items():
        (programs / name).write_text(text.lstrip())
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CLUSTER", str(state))
    make(project)
    (project / "profiles").mkdir()
    (project / "profiles/gpu.toml").write_text(PROFILE.lstrip())
    monkeypatch.setattr("curate.train.POLL", 0.1)
    return state


def slow(steps: int = 150) -> None:
    for name in ("stable", "decay"):
        change(Path(), name, "max_steps: " + ("12" if name == "stable" else "8"), f"max_steps: {steps}, pause: 0.02")


def test_slurm_runs_a_chain_by_dependencies_and_a_second_train_submits_nothing(cluster: Path) -> None:
    slow(100)
    rows = opened(Path(), "decay", profile="gpu").train()
    assert [(row["done"], row["state"], row["job"], row["kind"]) for row in rows] == [
        ("submitted", "running", "1", "slurm"),
        ("submitted", "running", "2", "slurm"),
    ]
    assert [row["done"] for row in opened(Path(), "decay", profile="gpu").train()] == ["runs", "runs"]
    assert "Slurm job 2: " in opened(Path(), "decay").runs()[1]["why"]  # whatever the profile is now
    rows = opened(Path(), "decay", profile="gpu").train(wait=True)
    assert [(row["done"], row["state"], row["step"]) for row in rows] == [("trained", "current", 100)] * 2
    assert len(list(cluster.glob("job*"))) == 2


def test_slurm_gets_all_seeds_of_a_probe_before_one_is_waited_for(cluster: Path) -> None:
    rl.make(Path())
    change(Path(), "stable", "max_steps: 12", "max_steps: 12, pause: 0.1")
    (one,) = opened(Path(), "reward", profile="gpu").compare(probe=True)["probes"]["recipes"]
    assert (one["finished"], one["seeds"]) == (3, 3)
    scripts = [(cluster / f"script{job}").read_text() for job in (1, 2, 3, 4)]
    assert ["--dependency=afterok:1" in script for script in scripts] == [False, True, True, True]
    assert not (cluster / "script5").exists()


def test_the_script_says_what_the_profile_says(cluster: Path) -> None:
    opened(Path(), "decay", profile="gpu").train(wait=True)
    script = (cluster / "script1").read_text()
    options = [line.removeprefix("#SBATCH ") for line in script.splitlines() if line.startswith("#SBATCH ")]
    assert options[:7] == [
        "--job-name=stable.midtrain", "--nodes=1", "--ntasks-per-node=1", "--gpus-per-node=4", "--time=24:00:00", "--partition=gpu",
        "--account=team",
    ]  # fmt: skip
    assert {"--requeue", "--signal=TERM@300", "--exclusive", "--open-mode=append"} <= set(options)
    assert "\nexport FROM_SETUP=yes\nsrun python count.py " in script
    assert subprocess.run(["bash", "-n", str(cluster / "script1")]).returncode == 0


def test_a_job_that_saved_at_its_time_limit_is_queued_again_and_goes_on(cluster: Path) -> None:
    slow()
    curated = opened(Path(), profile="gpu")
    curated.train()
    folder = Training(opened(Path()))["midtrain"].folder
    wait_for(lambda: (folder.figures()["step"] or 0) > 10)
    os.kill(int((cluster / "srun1").read_text()), 15)
    (row,) = opened(Path(), profile="gpu").train(wait=True)
    assert (row["state"], row["step"], row["job"]) == ("current", 150, "1")
    assert folder.file("log.txt").read_text().count("started") == 2
    wait_for(lambda: (cluster / "job1").read_text() == "COMPLETED\n")


@pytest.mark.parametrize(("more", "end"), [("", "COMPLETED"), (", crash_at: 100", "FAILED")])
def test_a_job_whose_torchrun_ends_with_1_though_its_trainer_saved_is_queued_again(
    more: str, end: str, cluster: Path
) -> None:
    """torchrun does so whenever it is asked to stop. A crash is no such end, whatever the attempt before it came to."""
    slow()
    Path("torchrun.sh").write_text("trap 'kill $!; wait $!; exit 1' TERM\npython count.py \"$1\" &\nwait $!\n")
    change(Path(), "stable", "run: python count.py", "run: bash torchrun.sh")
    change(Path(), "stable", "pause: 0.02", f"pause: 0.02{more}")
    opened(Path(), profile="gpu").train()
    folder = Training(opened(Path()))["midtrain"].folder
    wait_for(lambda: (folder.figures()["step"] or 0) > 10)
    os.kill(int((cluster / "srun1").read_text()), signal.SIGTERM)
    wait_for(lambda: (cluster / "job1").read_text() == f"{end}\n")
    assert folder.file("log.txt").read_text().count("started") == 2


def test_cancel_on_slurm_saves_and_is_not_queued_again_nor_its_child_started(cluster: Path) -> None:
    slow(2000)
    opened(Path(), "decay", profile="gpu").train()
    folder = Training(opened(Path()))["midtrain"].folder
    wait_for(lambda: (folder.figures()["step"] or 0) > 3)
    opened(Path(), profile="gpu").cancel("midtrain")
    wait_for(lambda: (cluster / "job1").read_text() == "FAILED\n")
    assert "saved at" in folder.file("log.txt").read_text()
    wait_for(lambda: (cluster / "job2").read_text() == "CANCELLED\n")
    assert states(opened(Path(), "decay")) == {"stable/midtrain": "interrupted", "decay/midtrain": "interrupted"}


def test_a_failing_job_is_told_and_wait_ends(cluster: Path) -> None:
    change(Path(), "stable", "max_steps: 12", "max_steps: 12, refuse: true")
    with pytest.raises(CurateError, match=r"stable/midtrain failed: .*lr is negative"):
        opened(Path(), profile="gpu").train(wait=True)


def test_a_slurm_that_is_not_there_is_one_line_and_its_jobs_count_as_running(
    cluster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow(60)
    opened(Path(), profile="gpu").train()
    monkeypatch.setenv("PATH", str(cluster))  # where no program is
    (row,) = opened(Path()).runs()
    assert (row["state"], row["why"]) == ("running", "status: there is no squeue on this machine")
    (row,) = opened(Path()).train()  # by the local profile: no second trainer
    assert row["done"] == "runs"
    change(Path(), "stable", "lr: 2e-3", "lr: 1e-3")
    with pytest.raises(CurateError, match="stable/midtrain: there is no sbatch on this machine"):
        opened(Path(), profile="gpu").train()
    wait_for(lambda: any(Path().glob(".curate/training/*/manifest.json")))  # the job was there all the time


def test_paths_and_words_with_spaces_and_quotes_reach_a_job_as_they_are(
    cluster: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make(tmp_path / "it's a $project 100%j")
    shutil.copytree("profiles", folder / "profiles")
    change(folder, "stable", "run: python count.py", "run: python count.py 'a \"b\" $HOME'")
    (row,) = opened(folder, profile="gpu").train(wait=True)
    assert row["state"] == "current"
    assert RunFolder(Path(row["folder"])).record["command"][2] == 'a "b" $HOME'
    assert "started" in Path(row["log"]).read_text()


@pytest.mark.parametrize(
    "line", ['partition = "a\\nrm -rf /"', 'lines = ["--x\\nrm"]', "nodes = 0", 'kind = "k8s"', "nprocs = 2"]
)
def test_a_profile_that_says_what_cannot_be_is_refused(project: Path, line: str) -> None:
    (project / "profiles").mkdir()
    make(project)
    (project / "profiles/bad.toml").write_text(f"[launch]\n{line}\n")
    with pytest.raises(CurateError, match=r"profiles/bad.toml: launch\."):
        opened(project, profile="bad")


def trainer_job(project: Path, **launch: Any) -> Any:
    """The job of a module of ours, as if torch were there."""
    curated = opened(make(project))
    curated.build()
    change(project, "stable", "run: python count.py", "run: trainers.midtrain")
    change(project, "stable", "config: {hidden_size: 8}", "batch_size: 4, config: {model_type: llama}")
    curated = opened(project)
    settings = curated.profile.launch.model_copy(update=launch)
    return job_of(Training(curated)["midtrain"], settings)


@pytest.fixture
def torch_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: True if name == "torch" else real(name, *a))


@pytest.mark.usefixtures("torch_is_there")
def test_modules_start_under_this_python_and_torchrun_where_there_are_more_processes(project: Path) -> None:
    job = trainer_job(project)
    assert job.words[:3] == (sys.executable, "-m", "trainers.midtrain")
    assert job.words[3:] == (str(job.folder.file("run.json")),)
    assert job.variables["PYTHONSAFEPATH"] == "1"
    assert str(project) not in job.variables["PYTHONPATH"].split(os.pathsep)
    job = trainer_job(project, nproc=8)
    assert list(job.words[1:-1]) == shlex.split(
        "-m torch.distributed.run --nproc-per-node 8 --standalone -m trainers.midtrain"
    )


@pytest.mark.usefixtures("torch_is_there")
def test_more_nodes_meet_at_the_first_one_of_the_job(project: Path) -> None:
    job = trainer_job(project, nproc=8, nodes=2, kind="slurm")
    text = slurm.script(job)
    assert "#SBATCH --nodes=2\n" in text and "#SBATCH --gpus-per-node=8\n" in text
    assert (
        '--nnodes 2 --rdzv-backend c10d --rdzv-endpoint "$CURATE_HEAD" --rdzv-id "$CURATE_JOB" -m trainers.midtrain'
        in text
    )
    with pytest.raises(CurateError, match='nodes = 2 needs kind = "slurm"'):
        trainer_job(project, nproc=8, nodes=2)


@pytest.mark.usefixtures("torch_is_there")
def test_ray_gets_the_whole_command_as_words(project: Path) -> None:
    job = trainer_job(project, nproc=2, kind="ray", address="http://head:8265")
    words = ray.words(job, "curate-1")
    assert words[:9] == [
        "ray", "job", "submit", "--address", "http://head:8265", "--no-wait", "--submission-id", "curate-1", "--entrypoint-num-gpus"
    ]  # fmt: skip
    assert words[9] == "2"
    assert json.loads(words[11])["env_vars"]["RAY_JOB_STOP_WAIT_TIME_S"] == str(job.launch.grace)
    assert words[12:15] == ["--", "bash", "-c"]
    env, mark, *command = shlex.split(words[15].partition("exec ")[2])
    assert (env, mark) == ("env", f"CURATE_RUN={job.folder.path}")
    assert command[:3] == [sys.executable, "-m", "torch.distributed.run"]


def jobs_of(program: str, port: int) -> subprocess.CompletedProcess[str]:
    """What a Ray says of its jobs; without ray[default] it says that it has none."""
    words = [program, "job", "list", "--address", f"http://127.0.0.1:{port}"]
    return subprocess.run(words, capture_output=True, text=True)


def has_jobs(program: str, port: int) -> bool:
    return jobs_of(program, port).returncode == 0


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.ray
def test_ray_runs_a_chain_and_stops_a_run_that_saves(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real head of Ray on this machine."""
    program = shutil.which("ray") or str(Path(sys.executable).parent / "ray")
    if "ray[default]" in jobs_of(program, 1).stderr:
        pytest.skip("needs ray[default]: the jobs of Ray are in it")
    monkeypatch.setenv("PATH", f"{Path(program).parent}{os.pathsep}{os.environ['PATH']}")
    home = tempfile.mkdtemp(prefix="ray")  # paths of its sockets must be short
    monkeypatch.setenv("RAY_TMPDIR", home)
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # it listens to this machine alone
    monkeypatch.setattr("curate.train.POLL", 0.5)
    make(project)
    (project / "profiles").mkdir()
    port = free_port()
    text = f'[launch]\nkind = "ray"\naddress = "http://127.0.0.1:{port}"\ngpus_per_node = 0\n'
    (project / "profiles/ray.toml").write_text(text)
    words = [
        program,
        "start",
        "--head",
        "--block",
        "--port=0",
        f"--dashboard-port={port}",
        "--num-cpus=2",
        "--disable-usage-stats",
    ]
    words += ["--node-ip-address=127.0.0.1", "--dashboard-host=127.0.0.1"]
    head = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    wait_for(lambda: has_jobs(program, port), 120)
    try:
        rows = opened(project, "decay", profile="ray").train(wait=True)
        assert [(row["done"], row["state"], row["kind"]) for row in rows] == [("trained", "current", "ray")] * 2
        change(project, "stable", "max_steps: 12", "max_steps: 20_000, pause: 0.02")
        rows = opened(project, "decay", profile="ray").train()
        assert [row["done"] for row in rows] == ["submitted", "waits"]
        folder = Training(opened(project))["midtrain"].folder
        wait_for(lambda: (folder.figures()["step"] or 0) > 3, 60)
        opened(project, profile="ray").cancel("midtrain")
        wait_for(lambda: states(opened(project)) == {"stable/midtrain": "interrupted"}, 60)
        assert "saved at" in folder.file("log.txt").read_text()
    finally:
        os.killpg(head.pid, signal.SIGTERM)  # ours alone: `ray stop` would end every Ray of this machine
        head.wait(60)
        shutil.rmtree(home, ignore_errors=True)
