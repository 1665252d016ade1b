"""Networks and servers fail."""

from __future__ import annotations

import hashlib
import threading
import time
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.curate import bucket
from tests.curate.models.server import Server
from tests.faults.fault import fault
from tests.faults.judge import same
from tests.faults.projects import FLYING, Shape, connect
from tests.faults.proxy import Wire, wire
from tests.faults.trial import Failed, Trial

ENDPOINT = "model endpoint down, slow, 429, garbage, half a stream"
CUT = "network cut"
HOSTILE = (
    "'; drop table documents; --", "{{7*7}} ${HOME} `id`", "../../../etc/passwd", "</text><script>alert(1)</script>", "\x00\x1b[31m\u202e",
    "!!python/object/apply:os.system [id]", "$(touch PWNED)", "a" * 5000, "=cmd|' /C calc'!A0", "\\input{/etc/passwd}",
)  # fmt: skip


@dataclass
class Talking(Server):
    """Some of its replies mean to harm, the same for the same prompt."""

    def fault(self, prompt: str) -> str:
        """What happens to this request, or else what is said to it."""
        number = int(hashlib.sha256(prompt.encode()).hexdigest()[:8], 16)
        said = f"text={HOSTILE[number // 5 % len(HOSTILE)]}" if number % 5 == 0 else ""
        return super().fault(prompt) or said


def through(trial: Trial, patience: float) -> Wire:
    """A wire between a build and its model."""
    stack = ExitStack()
    made = stack.enter_context(wire(trial.server.url))
    trial.after.append(stack.close)
    connect(trial.reference.shape, trial.project, made.url, patience)
    return made


@fault("an endpoint that flaps", ENDPOINT, "asks", weight=16)
def flaps(trial: Trial) -> None:
    """It fails in all ways, is gone and comes back, while the build goes on; patience may run out. Then it is in order."""
    made = through(trial, trial.draw.choice([1.5, 4.0, 60.0]))
    trial.server.chance = trial.draw.uniform(0.1, 0.5)
    process = trial.start()
    while process.poll() is None and len(trial.told) < 12:
        asked = sum(trial.server.answered.values())
        time.sleep(trial.draw.uniform(0.05, 0.6))
        if not trial.server.asked:
            continue  # nobody has asked yet
        trial.hits += 1
        what = trial.draw.choice(["cut", "break", "down", "calm"])
        trial.told.append(f"{what} at {asked}")
        if what == "cut":
            made.cut()
            time.sleep(trial.draw.uniform(0.05, 1.5))
            made.mend()
        elif what == "break":
            made.break_all()
        else:
            trial.server.down = what == "down"
        trial.spare += FLYING * (what in ("cut", "break"))
    trial.server.down, trial.server.chance = False, 0.0
    trial.may_refuse(trial.end(process))
    connect(trial.reference.shape, trial.project, trial.server.url)


@fault("an endpoint that is away", ENDPOINT, "asks", weight=6)
def away(trial: Trial) -> None:
    """Down, full, or talking nonsense for good: a refusal of one line, and the next build asks for what is lacking."""
    trial.server.always = trial.draw.choice(
        ["drop", "429", "500", "503", "garbage", "half", "cut", "error-200", "no-choices"]
    )
    connect(trial.reference.shape, trial.project, trial.server.url, trial.draw.choice([0.0, 1.0, 2.0]))
    built = trial.may_refuse(trial.build())
    trial.hits += built.code != 0
    trial.told.append(trial.server.always)
    trial.server.always = ""
    connect(trial.reference.shape, trial.project, trial.server.url)


@fault("a build killed while an endpoint fails", ENDPOINT, "asks", weight=10)
def failing_and_killed(trial: Trial) -> None:
    """Faults of the server and kill -9 together: every reply that came is used, and only those under way are paid for again."""
    trial.server.chance = trial.draw.uniform(0.1, 0.4)
    for _ in range(trial.draw.randint(1, 2)):
        goal = sum(trial.server.answered.values()) + trial.draw.randrange(1, trial.reference.asked // 2)
        process, until = trial.start(), time.monotonic() + 120
        while sum(trial.server.answered.values()) < goal and process.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        trial.hits += process.poll() is None
        trial.told.append(f"killed at {goal} replies")
        trial.stop(process)
        trial.note()
    trial.server.chance = 0.0


# buckets

HEADERS = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request",
    "Content-Type": "application/octet-stream",
}
_lock = threading.Lock()
_servers = ExitStack()
"""The server of buckets, started at first use; `over` ends it."""
_way: dict[str, str] = {}


def over() -> None:
    """No trial needs a bucket any more."""
    with _lock:
        _servers.close()
        _way.clear()


def server() -> dict[str, str]:
    """The environment that leads to a server of the S3 protocol, one for all trials."""
    with _lock:
        if not _way:
            _way.update(_servers.enter_context(bucket.server()))
        return dict(_way)


def sent(method: str, name: str, data: bytes = b"") -> None:
    """Make a bucket, or a file of one."""
    request = urllib.request.Request(
        f"{server()['AWS_ENDPOINT_URL']}/{name}", method=method, data=data or None, headers=HEADERS
    )
    urllib.request.urlopen(request, timeout=20).close()


def upload(shape: Shape, project: Path) -> None:
    """Put the inputs of `far` into the bucket that its recipe names."""
    sent("PUT", f"far-{shape.seed}")
    for path in sorted((project / "data/web").iterdir()):
        sent("PUT", f"far-{shape.seed}/web/{path.name}", path.read_bytes())


def behind(trial: Trial) -> tuple[Wire, str]:
    """A wire to an empty bucket, and its URL; commands of the trial go through it."""
    env = server()
    name = f"b{trial.seed}"
    sent("PUT", name)
    stack = ExitStack()
    made = stack.enter_context(wire(env["AWS_ENDPOINT_URL"]))
    trial.after.append(stack.close)
    trial.environment = {**env, "AWS_ENDPOINT_URL": made.url}
    return made, f"s3://{name}/store"


@fault("a bucket that goes away under a build", CUT, "tables", "pages", weight=12)
def pushing(trial: Trial) -> None:
    """A build that copies to a bucket what it makes; the wire is cut, and mended. What is here is whole; then the bucket is filled."""
    made, url = behind(trial)
    profile = trial.project / "profiles/local.toml"
    text = profile.read_text("utf-8")
    profile.write_text(f'push = true\nremote = "{url}"\n{text}', "utf-8")
    made.after(int(trial.reference.bytes * trial.draw.uniform(0.0, 1.0)))
    process = trial.start()
    back = threading.Timer(trial.draw.uniform(2.0, 20.0), made.mend)
    back.start()
    trial.may_refuse(trial.end(process))
    back.cancel()
    trial.hits += made.cuts > 0
    made.mend()
    if trial.build().code or trial.build("store", "push", "small", "--json").code:
        raise Failed(f"the bucket is back, and a push fails: {trial.builds[-1].said[-800:]}")
    pulled(trial, made, url)
    profile.write_text(text, "utf-8")
    made.mend()


def pulled(trial: Trial, made: Wire, url: str) -> None:
    """A second store fills itself from the bucket, while the wire is cut; then it has the same bytes."""
    first, trial.store = trial.store, trial.folder / "second"
    made.after(int(trial.reference.bytes * trial.draw.uniform(0.0, 0.5)))
    cuts = made.cuts
    trial.may_refuse(trial.build())
    trial.hits += made.cuts > cuts
    trial.told.append("second store: " + ("cut" if made.cuts > cuts else "whole"))
    made.mend()
    for words in (("build", "small", "--locked", "--json"), ("store", "pull", "small", "--json")):
        built = trial.build(*words)
        if built.code:
            raise Failed(f"the bucket is back, and {' '.join(words)} fails: {built.said[-800:]}")
    trial.complaints += [f"second store: {one}" for one in same(trial.reference, trial.store)]
    trial.store = first


@fault("inputs in a bucket that goes away", CUT, "far", weight=10)
def reading(trial: Trial) -> None:
    """Inputs are copied from a bucket; the wire is cut once or more, and mended, or the build is killed meanwhile."""
    made, _ = behind(trial)
    if trial.build("fetch", "small", "--json").code:
        raise Failed(f"cannot be listed: {trial.builds[-1].said[-500:]}")
    size = sum(path.stat().st_size for path in (trial.project / "data").rglob("*") if path.is_file())
    process = trial.start()
    for _ in range(trial.draw.randint(1, 3)):
        cuts, until = made.cuts, time.monotonic() + 30
        made.after(int(size * trial.draw.uniform(0.05, 0.5)))
        while made.cuts == cuts and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(trial.draw.uniform(0.05, 1.0))
        made.mend()
    trial.hits += made.cuts > 0
    if trial.draw.random() < 0.4:
        trial.moment(process)
        trial.stop(process)
        trial.note()
    else:
        trial.may_refuse(trial.end(process))
    made.mend()
