"""Artifacts to one tokenised, ordered mixture: budgets, selection, packing, interleaving, writing.

A recipe's weights are shares of the mixture's tokens. Each stage owes each source an exact number of them (`mixers.budget`);
documents are taken in an order that hashes of their ids decide (`mixers.select`), packed into windows of one source each
(`mixers.pack`), and the windows of a stage are interleaved so that every prefix has the sources in proportion (`mixers.interleave`).
What is held out is a mixture of its own in the folder `held_out` of the other (`mixers.held_out`).
Each corpus is read twice, a shard at a time: lengths first, then tokens on their way to their places (`mixers.write`). How inputs are
split or ordered cannot show in a single byte.

Memory: 12 bytes for each document, 36 for each piece in the mixture, as much again for a while where the largest corpus is sorted and
packed, and 0.85 GB for everything else, the shard being written included; no text, token or id is held for longer than its shard. As
measured, 72 bytes a document (docs/mixture.md). Left out: cutting a document to meet a budget (it is met to within half a document), and
shuffling across stages or across epochs of a source.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from curate.errors import CurateError
from curate.step import Artifact, Corpus, fit
from mixers.budget import budgets, epoch_caps, refuse_infeasible, stages_of
from mixers.report import refuse_whole_mask

if TYPE_CHECKING:
    from mixers.budget import Stage

LONGEST = 1 << 24
"""Places of a window."""
MOST_GROUPS = 1 << 16
"""Sources times stages, for a group's number has two bytes."""


@fit(reads=["tokens", "n_tokens"], uses=["pyarrow"])  # type: ignore[untyped-decorator]
def mixture(
    corpora: dict[str, Corpus],
    out: Path,
    *,
    tokens: int,
    seq_len: int,
    stages: list[dict[str, Any]],
    tokenizer: Artifact,
    max_epochs: dict[str, float] | float | None = None,
    pack: Literal["best_fit"] = "best_fit",
    masked: tuple[str, ...] = (),
    held_out: int = 0,
    seed: int = 0,
) -> dict[str, Any]:
    """Write a mixture of `tokens` non-padding tokens in windows of `seq_len`; return what its mixture.json says.

    tokens: in all, without padding. seq_len: tokens of a window. tokenizer: the one that made the tokens. pack: `best_fit`, the only
    way there is. seed: another one is another order and choice. stages: `{until: share of tokens done, weights: {corpus: share}}`,
    ascending, the last until 1. max_epochs: for all, or by corpus; a corpus that is not named has no cap. masked: the corpora whose
    column `n_masked` says how many leading tokens of a document bear no loss (what is masked is the affair of `tokenize`). held_out:
    tokens of each corpus that are kept out, to evaluate on. Raises CurateError, with the arithmetic, where a source cannot give what is
    asked.
    """
    from mixers.draft import Draft, fill
    from mixers.held_out import FOLDER, apart, grouped, one_stage, said_of
    from mixers.interleave import interleave
    from mixers.select import scan
    from mixers.tokenize import vocabulary

    plan = _plan(tokens, seq_len, stages, corpora)
    asked, known, caps = budgets(tokens, plan), vocabulary(tokenizer), epoch_caps(max_epochs, corpora)
    sources, aside = apart({name: scan(name, corpora[name], seed) for name in asked}, held_out)
    refuse_infeasible(tokens, plan, asked, {name: source.tokens for name, source in sources.items()}, caps)
    options: dict[str, Any] = {"seq_len": seq_len, "known": known, "masked": bool(masked)}
    drafts = [Draft(out, sources, asked, caps, order=interleave, **options)]
    if held_out:
        (out / FOLDER).mkdir()
        whole = {name: [source.tokens] for name, source in aside.items()}
        drafts.append(Draft(out / FOLDER, aside, whole, {}, order=grouped, **options))
    facts: dict[str, Any] = {"seed": seed, "pack": pack}
    with ExitStack() as stack:
        for draft in drafts:
            stack.enter_context(draft)
        for name in asked:
            refuse_whole_mask(name, fill(drafts, name, corpora[name], name in masked)[0])
        if held_out:
            facts["held_out"] = said_of(out / FOLDER, held_out, drafts[1].finish(one_stage(), dict(facts)))
        return drafts[0].finish(plan, facts)


def _plan(tokens: int, seq_len: int, stages: list[dict[str, Any]], corpora: dict[str, Corpus]) -> list[Stage]:
    if tokens < 1 or not 2 <= seq_len <= LONGEST:
        said = f"has {tokens:,} tokens, at least 1, in windows of {seq_len:,}, 2 to {LONGEST:,}"
        raise CurateError(said, where="mixture")
    plan = stages_of(stages, corpora)
    sources = {name for stage in plan for name in stage.weights}
    if len(plan) * len(sources) > MOST_GROUPS:
        said = f"{len(plan)} stages of {len(sources)} sources are more than {MOST_GROUPS:,}"
        raise CurateError(said, where="mixture")
    return plan
