"""Run settings: where the store is, who does the work, with how many workers. No key ever sees them.

`profiles/<name>.toml` in the user's project, then the one shipped with the package. `CURATE_STORE` overrides the store, as a command-line
option overrides anything, and `CURATE_REMOTE` the remote.
"""

from __future__ import annotations

import contextlib
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from curate.bounded import read_small
from curate.code import PACKAGE
from curate.errors import CurateError, did_you_mean
from curate.scalars import Bytes

Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=1000)]
"""Text without a line break: it becomes a line of a job's script."""


class LimitSettings(BaseModel):
    """The last net around a step: how long one slice of documents may take, and how much memory, before its worker is taken down."""

    model_config = ConfigDict(extra="forbid")
    seconds: float = Field(default=60.0, gt=0)
    seconds_per_document: float = Field(default=0.5, ge=0)
    gigabytes: float | None = Field(default=None, gt=0)

    def memory(self, workers: int) -> int:
        """Bytes that one worker's call of a step may take: as said, else the worker's part of nine tenths of the machine."""
        return int(self.gigabytes * 1e9 if self.gigabytes else max(LEAST_MEMORY, 0.9 * machine_memory() / workers))


LEAST_MEMORY = 2e9
"""Bytes for one worker where nothing is said, on machines with many cores and little memory."""


LEAST_BUDGET = 64 << 20
"""Bytes that one process of a step over a whole corpus needs to get on with it."""


IN_GROUPS, GROUPS = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def machine_memory() -> int:
    """Bytes of memory of this machine, or of the container, job or group of processes that we are in."""
    return min([os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *_limits()])


def _limits() -> Iterator[int]:
    """Of the control groups that this process is in, of either version, and of those around them."""
    try:
        lines = IN_GROUPS.read_text("utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        root, name = (GROUPS / "memory", "memory.limit_in_bytes") if controllers else (GROUPS, "memory.max")
        place = root / path.strip("/")
        for folder in (place, *(one for one in place.parents if one.is_relative_to(root))):
            with contextlib.suppress(OSError, ValueError):  # "max", or what a container does not see
                yield int((folder / name).read_text("ascii"))


class StepSettings(BaseModel):
    """Resources of one step: `[steps."score.finemath"]`."""

    model_config = ConfigDict(extra="forbid")
    gpus: float = Field(default=0.0, ge=0, le=1024, allow_inf_nan=False)
    """GPUs that one worker keeps busy."""
    cpus_per_task: int | None = Field(default=None, ge=1, le=4096)
    """slurm: as under `[slurm]`, for passes with this step; so are the others."""
    mem_per_cpu: Bytes | None = Field(default=None, ge=LEAST_BUDGET)
    time: Line = ""
    partition: Line = ""


class Prices(BaseModel):
    """What things cost. A price that is not set is unknown."""

    model_config = ConfigDict(extra="forbid")
    core_hour: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    gpu_hour: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    gigabyte_month: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    currency: str = "USD"


class TokenPrices(BaseModel):
    """What a million tokens cost, in the currency of `[price]`; `{prompt = 0, completion = 0}` says that they cost nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    prompt: float = Field(ge=0, allow_inf_nan=False)
    completion: float = Field(ge=0, allow_inf_nan=False)


class ModelSettings(BaseModel):
    """Where a language model of a recipe is asked, and how hard: `[models.NAME]`. Nothing here changes a reply."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    endpoints: tuple[str, ...] = ()
    """Base addresses of servers that speak OpenAI's protocol, such as http://127.0.0.1:8000/v1; requests go to the least busy one."""
    served_as: str = ""
    """What the servers call the model, where that is not its id."""
    api_key_env: str = ""
    """Name of the environment variable that holds the key. The key itself stands nowhere."""
    concurrency: int = Field(default=64, ge=1, le=65536)
    """Requests under way at a time, all workers and endpoints together."""
    timeout: float = Field(default=600.0, gt=0)
    """Seconds until a request that was sent counts as lost."""
    patience: float = Field(default=900.0, ge=0)
    """Seconds for which a request is tried again and again before it counts as unanswered."""
    stream: bool = False
    """Whether replies are streamed: for servers behind proxies that cut off connections on which nothing is sent."""
    launch: str = ""
    """A command that starts a server for as long as the step runs, such as `vllm serve {id} --revision {revision} --port {port}`."""
    replicas: int = Field(default=1, ge=1, le=1024)
    """How many servers `launch` starts."""
    gpus: int = Field(default=0, ge=0, le=1024)
    """GPUs of each replica, or of each process that loads the model itself (`vllm`, `hf`)."""
    engine: dict[str, Any] = Field(default_factory=dict)
    """Arguments of vLLM's `LLM` that fit it to this machine (`backend: vllm`), such as {gpu_memory_utilization = 0.8}."""
    start_seconds: float = Field(default=1800.0, gt=0)
    """Seconds that a launched server has to load the model."""
    price: TokenPrices | None = None
    """What tokens cost; unknown where it is not said."""
    reply_tokens: float | None = Field(default=None, ge=0)
    """Tokens that a reply is expected to have, for what `plan` foresees before any reply is stored."""


class Budget(BaseModel):
    """What asking models may cost in one build, `[budget]`. Whoever asks a model that has a price says how much it may be."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    usd: float | None = Field(default=None, ge=0)
    """In the currency of `[price]`."""
    gpu_hours: float | None = Field(default=None, ge=0)


class Settings(BaseModel):
    """How a trainer lays its work out on this machine; no key sees it (`MACHINE` in `curate/run.py`)."""

    model_config = ConfigDict(extra="forbid")
    micro_batch: int | None = Field(default=None, ge=1)
    parallel: str | None = None
    attention: str | None = None
    activation_checkpointing: bool | None = None
    compile: bool | None = None
    reduce_each: bool | None = None
    eval_steps: int | None = Field(default=None, ge=1)
    save_steps: int | None = Field(default=None, ge=1)
    keep: int | None = Field(default=None, ge=1)
    keep_steps: int | None = Field(default=None, ge=1)
    rollout_steps: int | None = Field(default=None, ge=1)
    report_to: list[str] | None = None
    engine: str | None = None
    generation_batch: int | None = Field(default=None, ge=1)
    gpu_memory_utilization: float | None = Field(default=None, gt=0, le=1)


ROLLOUTS = ("engine", "generation_batch", "gpu_memory_utilization", "rollout_steps")
"""Settings of runs on prompts alone."""
MIDTRAINING = ("reduce_each",)
"""Settings of runs on a mixture alone."""


class LaunchSettings(BaseModel):
    """Who runs trainers: `[launch]` (docs/trainers.md)."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["local", "slurm", "ray"] = "local"
    nodes: int = Field(default=1, ge=1, le=65536)
    nproc: int = Field(default=1, ge=1, le=1024)
    """Processes on each node; one for each GPU."""
    at_once: int = Field(default=1, ge=1, le=1024)
    """local: how many runs go on side by side that do not need each other; each then gets its part of the cores (OMP_NUM_THREADS)."""
    time: Line = ""
    """slurm: the job's time limit, such as 24:00:00; it saves and is queued again when that is over."""
    partition: Line = ""
    account: Line = ""
    gpus_per_node: int | None = Field(default=None, ge=0, le=1024)
    """What slurm and ray are asked for; `nproc` if not said."""
    lines: tuple[Line, ...] = ()
    """slurm: more #SBATCH options, such as --exclusive."""
    setup: tuple[str, ...] = ()
    """slurm: lines of shell before the trainer, such as module load cuda."""
    restarts: int = Field(default=100, ge=0)
    """slurm: how often a job that saved and stopped is queued again."""
    address: Line = ""
    """ray: where jobs are submitted; ray's own environment variables if not said."""
    grace: int = Field(default=120, ge=1, le=65535)
    """Seconds that a trainer has to save when it is asked to stop: so long before a job's time limit (slurm) it is asked, and so long
    torchrun and ray wait. torchrun waits so long, too, for processes whose neighbour has died, which may hang in a collective."""
    settings: Settings = Field(default_factory=Settings)


class RaySettings(BaseModel):
    """Of `executor = "ray"`, `[ray]`: the cluster, and what one worker has of a node (docs/cluster.md)."""

    model_config = ConfigDict(extra="forbid")
    address: Line = ""
    """The head of the cluster, such as 10.0.0.1:6379; if not said, RAY_ADDRESS, or the cluster that this machine is a node of."""
    cpus: int = Field(default=1, ge=1, le=4096)
    """CPUs that Ray gives one worker. A worker keeps one busy."""
    memory: Bytes = Field(default=4_000_000_000, ge=LEAST_BUDGET)
    """Bytes that Ray gives one worker, and that one call of a step may take if `[limits]` does not say it."""


class SlurmSettings(BaseModel):
    """How a build is cut into Slurm jobs, `[slurm]` with `executor = "slurm"` (docs/slurm.md)."""

    model_config = ConfigDict(extra="forbid")
    partition: Line = ""
    account: Line = ""
    time: Line = ""
    """Time limit of each job, such as 4:00:00. What a task has finished by then is kept, and the rest is submitted again."""
    cpus_per_task: int = Field(default=1, ge=1, le=4096)
    """Worker processes of each job, with a core for each."""
    mem_per_cpu: Bytes | None = Field(default=None, ge=LEAST_BUDGET)
    """Bytes for each of them; if it is not said, what the cluster gives, and limits follow from the machine's memory."""
    max_array: int = Field(default=1000, ge=1, le=1_000_000)
    """Tasks of an array at most; more shards than that are done several by one task. The cluster's MaxArraySize says what it takes."""
    at_once: int | None = Field(default=None, ge=1)
    """Tasks of an array that run at a time."""
    rounds: int = Field(default=3, ge=1, le=1000)
    """How many arrays in a row may finish no shard before the build is given up."""
    restarts: int = Field(default=20, ge=0)
    """How often the job that goes on with a build is queued again when it was killed or its time was over."""
    grace: int = Field(default=60, ge=1, le=65535)
    """Seconds before its time is over at which that job is stopped, to be queued again."""
    lines: tuple[Line, ...] = ()
    """More #SBATCH options, such as --exclusive."""
    setup: tuple[str, ...] = ()
    """Lines of shell before Python, such as module load python."""
    prefix: tuple[Line, ...] = ()
    """Words before Python in the tasks of an array, such as ["apptainer", "exec", "image.sif"]."""
    python: Line = ""
    """The Python of these tasks, where it has another path in the container."""
    own: StepSettings = Field(default_factory=StepSettings)
    """What the job that goes on with a build asks for itself, where that is something else: `[slurm.own]`. `gpus` are all that it gets."""

    def of_own_job(self) -> SlurmSettings:
        """The settings with those of the job that goes on with a build in their place."""
        said = {name: getattr(self.own, name) for name in ("cpus_per_task", "mem_per_cpu", "time", "partition")}
        return self.model_copy(update={name: value for name, value in said.items() if value})


class Profile(BaseModel):
    """What a profile file may say."""

    model_config = ConfigDict(extra="forbid")
    store: str = ".curate"
    executor: str = "local"
    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=4096)
    memory: Bytes | None = Field(default=None, ge=LEAST_BUDGET)
    """Bytes that steps over a whole corpus may take for what grows with it, all workers together; `memory = "8GB"`."""
    limits: LimitSettings = Field(default_factory=LimitSettings)
    steps: dict[str, StepSettings] = Field(default_factory=dict)
    models: dict[str, ModelSettings] = Field(default_factory=dict)
    budget: Budget = Field(default_factory=Budget)
    price: Prices = Field(default_factory=Prices)
    launch: LaunchSettings = Field(default_factory=LaunchSettings)
    ray: RaySettings = Field(default_factory=RaySettings)
    slurm: SlurmSettings = Field(default_factory=SlurmSettings)
    remote: str = ""
    """A bucket behind the store, such as s3://bucket/prefix."""
    push: bool = False
    """Whether a build copies what it made to the remote."""

    def memory_of_each(self, workers: int) -> int:
        """The part of `memory` that one process has: workers work while the process that began them waits.

        Where nothing is said, 1 GiB, and all together no more than half of the machine; of a worker on Ray, a quarter of its memory.
        """
        if self.memory is None and self.executor == "ray":
            return max(LEAST_BUDGET, min(1 << 30, self.ray.memory // 4))
        if self.memory is None:
            return int(max(LEAST_BUDGET, min(1 << 30, machine_memory() / 2 / workers)))
        return max(LEAST_BUDGET, self.memory // workers)

    def memory_of_call(self, workers: int) -> int:
        """Bytes that one call of a step may take. A worker on Ray has what Ray gives it, whatever machine builds."""
        if self.executor == "ray" and self.limits.gigabytes is None:
            return self.ray.memory
        return self.limits.memory(workers)

    def store_path(self, project: Path) -> Path:
        """The store's folder, relative to the project. CurateError for one that is no folder."""
        if "://" in self.store:
            raise CurateError(
                f"store = {self.store!r}: a store is a folder; put a bucket behind it with remote = {self.store!r}"
            )
        try:
            return project / Path(self.store).expanduser()
        except RuntimeError as error:
            raise CurateError(f"store = {self.store!r}: {str(error).lower()}") from None

    def remote_url(self) -> str:
        """The remote; empty where there is none. CurateError for one that is no bucket."""
        from curate.objectstore import nameless

        if self.remote and not self.remote.startswith("s3://"):
            raise CurateError(f"remote = {nameless(self.remote)!r}: a remote is a bucket; write s3://bucket/prefix")
        return self.remote


def shipped(folder: str) -> Path:
    """A folder of data that comes with the package: inside the wheel, or at the top of a checkout."""
    inside = Path(__file__).parent / "shipped" / folder
    return inside if inside.is_dir() else PACKAGE / folder


def load_profile(name: str, project: Path) -> Profile:
    """The named profile; `CURATE_STORE` and `CURATE_REMOTE` replace its store and remote.

    CurateError if there is none or it says something unknown.
    """
    places = [project / "profiles", shipped("profiles")]
    for place in places:
        path = place / f"{name}.toml"
        if name.replace("-", "").replace("_", "").isalnum() and path.is_file():
            found = _parse(path)
            said = {
                name: os.environ.get(f"CURATE_{name.upper()}") or getattr(found, name) for name in ("store", "remote")
            }
            return found.model_copy(update=said)
    known = [path.stem for place in places if place.is_dir() for path in place.glob("*.toml")]
    raise CurateError(f"no profile {name!r}{did_you_mean(name, known)}")


def _parse(path: Path) -> Profile:
    try:
        content = read_small(path)
        if content is None:
            raise CurateError("is larger than 1 MB, which no profile is", where=str(path))
        return Profile.model_validate(tomllib.loads(content.decode()))
    except OSError as error:
        raise CurateError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except UnicodeDecodeError:
        raise CurateError("is not UTF-8; save it as UTF-8", where=str(path)) from None
    except RecursionError:
        raise CurateError("not valid TOML: it is nested too deep", where=str(path)) from None
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        hint = did_you_mean(name, Profile.model_fields) if first["type"] == "extra_forbidden" else ""
        raise CurateError(f"{name}: {first['msg'].lower()}{hint}", where=str(path)) from None
    except ValueError as error:  # what is no TOML, and numbers of thousands of digits
        raise CurateError(f"not valid TOML: {error}", where=str(path)) from None


def find_project(start: Path) -> Path:
    """The user's project: the nearest folder upwards that holds recipes or steps and is the user's own, else `start` itself.

    A folder above that belongs to somebody else (such as /tmp) is never one, because a project's steps are code that runs.
    """
    for folder in (start, *start.parents):
        if folder != start and folder.stat().st_uid != os.getuid():
            break
        if (folder / "steps").is_dir() or any((folder / "recipes").glob("*.yaml")):
            return folder
    return start
