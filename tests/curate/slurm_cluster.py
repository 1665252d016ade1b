"""A real Slurm on this machine: munged, slurmctld and two nodes of slurmd, all on loopback, as Debian packages them.

The nodes are processes of one machine, each with a name, a port and a spool of its own (`slurmd -N`). There are no cgroups and no
accounting, so a job's memory is not held and `sacct` knows nothing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")
NODES = ("n1", "n2")
CPUS = 2
CONF = """
ClusterName=octocurate
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={home}/munge.sock
CredType=cred/munge
StateSaveLocation={home}/state
SlurmdSpoolDir={home}/spool-%n
SlurmctldPidFile={home}/slurmctld.pid
SlurmdPidFile={home}/slurmd-%n.pid
SlurmctldLogFile={home}/slurmctld.log
SlurmdLogFile={home}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerType=sched/builtin
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
SlurmdTimeout=10
MinJobAge=300
KillWait=2
MaxArraySize=101
DefMemPerCPU=1000
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0
SlurmdParameters=config_overrides
{nodes}
PartitionName=main Nodes={names} Default=YES MaxTime=INFINITE State=UP
PartitionName=second Nodes={last} MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Why there can be no Slurm here; empty where there can."""
    lacking = [name for name in PROGRAMS if not shutil.which(name, path=_path())]
    if lacking:
        return f"needs Debian's slurmctld, slurmd, slurm-client and munge (no {lacking[0]})"
    return "" if os.getuid() == 0 else "slurmctld of this test runs as root"


def _path() -> str:
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


class Cluster:
    """Daemons of one Slurm in a folder; `slurm.conf` there is for SLURM_CONF."""

    def __init__(self, home: Path) -> None:
        self.home, self.conf = home, home / "slurm.conf"
        self.daemons: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        ports = _free_ports(1 + len(NODES))
        key = self.home / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        for folder in ("state", *(f"spool-{node}" for node in NODES)):
            (self.home / folder).mkdir()
        host = socket.gethostname()
        nodes = [
            f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={CPUS} RealMemory=8000"
            for name, port in zip(NODES, ports[1:], strict=True)
        ]
        text = CONF.format(
            host=host, port=ports[0], home=self.home, nodes="\n".join(nodes), names=",".join(NODES), last=NODES[-1]
        )
        self.conf.write_text(text.lstrip())
        munge = ["--foreground", "--force", f"--key-file={key}", f"--socket={self.home}/munge.sock"]
        munge += [f"--{name}-file={self.home}/munge.{name}" for name in ("pid", "log")]
        self._start("munged", *munge, f"--seed-file={self.home}/munge.seed")
        wait_for((self.home / "munge.sock").exists)
        self._start("slurmctld", "-D", "-f", str(self.conf))
        for node in NODES:
            self.start_node(node)
        wait_for(lambda: self.ask("sinfo", "-h", "-o", "%D %t").strip() == f"{len(NODES)} idle", 60)

    def _start(self, program: str, *words: str, name: str = "") -> None:
        found = shutil.which(program, path=_path())
        assert found
        quiet = subprocess.DEVNULL
        self.daemons[name or program] = subprocess.Popen([found, *words], stdin=quiet, stdout=quiet, stderr=quiet)

    def start_node(self, node: str) -> None:
        self._start("slurmd", "-D", "-f", str(self.conf), "-N", node, name=node)

    def ask(self, *words: str) -> str:
        """What one of Slurm's programs says."""
        environment = {**os.environ, "SLURM_CONF": str(self.conf)}
        return subprocess.run(words, capture_output=True, text=True, env=environment, timeout=60).stdout

    def kill_node(self, node: str) -> None:
        """End a node without a word: its slurmd, and all that it had begun."""
        daemon = self.daemons.pop(node)
        begun = _begun_by(node, self.conf)
        for pid in (daemon.pid, *begun):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        daemon.wait(30)

    def stop(self) -> None:
        for job in set(self.ask("squeue", "-h", "-o", "%A").split()):
            self.ask("scancel", job)
        with contextlib.suppress(AssertionError):
            wait_for(lambda: not self.ask("squeue", "-h", "-o", "%A").split(), 20)
        for daemon in reversed(self.daemons.values()):
            daemon.terminate()
        for daemon in self.daemons.values():
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait(20)


def _begun_by(node: str, conf: Path) -> list[int]:
    """Processes of jobs of a node, which have its name and this cluster in their environment, and the slurmstepd above them."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (place / "environ").read_bytes().split(b"\0")
            if f"SLURMD_NODENAME={node}".encode() in words and f"SLURM_CONF={conf}".encode() in words:
                found.append(int(place.name))
                parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
                if (Path("/proc") / f"{parent}/comm").read_text().startswith("slurmstepd"):
                    found.append(parent)
    return list(dict.fromkeys(found))


def wait_for(what: Callable[[], object], seconds: float = 30.0) -> None:
    """AssertionError where it does not come true in time."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.2)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in held]


@contextlib.contextmanager
def cluster(home: Path) -> Iterator[Cluster]:
    """A Slurm in an empty folder, until the end of the block."""
    found = Cluster(home)
    try:
        found.start()
        yield found
    finally:
        found.stop()
