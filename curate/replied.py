"""What a model wrote of which a document was made, or by which it was scored.

Replies stand beside the document that was asked about, in the piece of the node that asked. Which prompts were made of it only the step
knows, so its first half is called again on that one document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from curate import gather
from curate.artifact import ROW
from curate.asking import columns_of_asking, prompts_of
from curate.errors import failing

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.build import Build
    from curate.plan import Node


def build_of(curated: Curated) -> Build:
    """What a build knows of a node's parameters: folders, models, benchmarks. It is asked, and never run."""
    from curate.executors.inline import Inline
    from curate.report import Report

    build = curated._build(Inline(), Report())
    build.done = curated.built.done
    return build


def replies_to(curated: Curated, node: Node, shard: str, row: int) -> list[dict[str, Any]]:
    """Every reply that a node got about one document: model, prompt, sample, text, finish, tokens. CurateError if that fails."""
    assert node.chain and node.step
    work = build_of(curated).work(node)
    rows = pl.DataFrame({gather.SHARD: [shard], ROW: [row]}, schema={gather.SHARD: pl.String, ROW: pl.UInt32})
    names = columns_of_asking(work.step_name)
    view = curated.built.reading(curated.built.view(node), [*node.reads, *names.values()])
    docs = gather.joined(view, rows, [*node.reads, *names.values()])
    with failing(node.step.title):
        prompts = prompts_of(node.step, docs.select(node.reads), work.params)[0]
    came = docs.select(pl.col(name).alias(column) for column, name in names.items()).to_dicts()[0]
    if prompts is None or came["reply"] is None:
        return []
    asked = [(prompt, n) for prompt in prompts for n in range(work.params["samples"])]
    more = len(came["reply"]) - len(asked)  # draws of retries, one of each prompt at a time
    asked += [(prompts[n % len(prompts)], work.params["samples"] + n // len(prompts)) for n in range(more)]
    return [
        {
            "model": node.params["model"],
            "prompt": prompt,
            "sample": sample,
            "text": came["reply"][at],
            "finish": came["finish"][at],
            "prompt_tokens": came["prompt_tokens"][at],
            "completion_tokens": came["completion_tokens"][at],
        }
        for at, (prompt, sample) in enumerate(asked)
    ]
