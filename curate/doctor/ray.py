"""Ray: whether the head answers, which nodes there are, and what a task sees on each of them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curate.doctor import node
from curate.doctor.findings import Finding, Wanted, fine, wrong
from curate.doctor.places import tried
from curate.errors import CurateError
from curate.executors.ray import connected, last_line, no_room, room
from curate.launch import asked
from curate.profile import Profile

ANSWER = 120.0
"""Seconds that tasks have; a first one starts a worker, which may fetch nothing but takes its time."""


def is_used(profile: Profile) -> bool:
    """Whether builds or trainers are work of Ray."""
    return profile.executor == "ray" or profile.launch.kind == "ray"


def look(wanted: Wanted) -> Iterator[Finding]:
    """Findings on Ray. CurateError where no cluster answers."""
    if wanted.profile.executor == "ray":
        yield from _cluster(wanted)
    if wanted.profile.launch.kind == "ray":
        yield _jobs(wanted.profile.launch.address)


def _cluster(wanted: Wanted) -> Iterator[Finding]:
    said = wanted.profile.ray
    ray, ours = connected(said.address)
    try:
        nodes = [one for one in ray.nodes() if one["Alive"]]
        has = ray.cluster_resources()
        amounts = f"{has.get('CPU', 0):g} CPUs, {has.get('memory', 0) / 1e9:,.1f} GB, {has.get('GPU', 0):g} GPUs"
        yield fine("ray", f"{ray.__version__}, {len(nodes):,} {'node' if len(nodes) == 1 else 'nodes'}: {amounts}")
        if places := room(ray, said):
            yield fine("ray", f"has room for {places:,} workers of {said.cpus:,} CPUs and {said.memory / 1e9:,.1f} GB")
        else:
            yield wrong("ray", no_room(said).message)
        with tried(wanted) as folder:
            node.ask(folder, wanted.project)
            with node.held(folder):
                yield from _seen(ray, nodes, folder)
    finally:
        if ours:
            ray.shutdown()


def _seen(ray: Any, nodes: list[dict[str, Any]], folder: Path) -> Iterator[Finding]:
    """What a task without any demand sees on each node."""
    from ray.exceptions import GetTimeoutError, RayError
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    task = ray.remote(num_cpus=0, max_retries=0)(node.look)
    at = {one["NodeID"]: NodeAffinitySchedulingStrategy(one["NodeID"], soft=False) for one in nodes}
    end = time.monotonic() + ANSWER
    asked_ = {name: task.options(scheduling_strategy=where).remote(folder) for name, where in at.items()}
    for one in nodes:
        name = f"node {one['NodeManagerHostname']} ({one['NodeManagerAddress']})"
        try:
            seen = ray.get(asked_[one["NodeID"]], timeout=max(0.0, end - time.monotonic()))
        except GetTimeoutError:
            yield wrong("task", f"{name} did not answer within {ANSWER:.0f} s")
        except RayError as error:
            yield wrong("task", f"{name} cannot do the work: {last_line(error)}")
        else:
            if said := "; ".join(node.faults(seen)):
                yield wrong("task", f"{name} {said}")
            else:
                versions = f"Python {seen['python']}, octocurate {seen['octocurate']}"
                yield fine("task", f"ran on {name}: {versions}; it sees store and project, and locks hold")


def _jobs(address: str) -> Finding:
    """Whether jobs can be submitted to a dashboard of Ray."""
    where = address or os.environ.get("RAY_API_SERVER_ADDRESS", "")
    try:
        asked(["ray", "job", "list", *(["--address", address] if address else [])], "trainers")
    except CurateError as error:
        return wrong("ray", error.message)
    return fine("ray", f"takes jobs for trainers{f' at {where}' if where else ''}")
