"""A Ray cluster of several nodes on this machine, for tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MEMORY = 2_000_000_000
"""Bytes that each node says it has."""


class Cluster:
    """A head, where builds of this process run, and other nodes."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster as Nodes

        said = {"num_cpus": 1, "memory": MEMORY, "object_store_memory": 80_000_000}
        self.nodes = Nodes(initialize_head=True, head_node_args={**said, "include_dashboard": False})
        self.said = said
        self.address = str(self.nodes.address)

    def add(self) -> Any:
        """Another node, with room for one worker."""
        return self.nodes.add_node(**self.said)

    def kill(self, node: Any) -> None:
        """What happens to a node whose power fails: its raylet, and so all its workers, are gone at once."""
        os.kill(raylet(node), signal.SIGKILL)
        self.nodes.remove_node(node, allow_graceful=False)


def raylet(node: Any) -> int:
    """Process id of what makes a node one; its workers are children of it."""
    return int(node.all_processes["raylet"][0].process.pid)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A running cluster of two nodes."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])  # its workers import `tests`
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", path)
        environment.setenv("RAY_worker_niceness", "0")  # Ray says 15
        running = Cluster()
        try:
            running.add()
            yield running
        finally:
            running.nodes.shutdown()
