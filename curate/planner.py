"""From a recipe to a plan: every step found, every parameter and column checked, before anything runs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate import code, step
from curate.artifact import AS_READ
from curate.as_read import last_reader
from curate.asking import answering, asking, came_back
from curate.clauses import parse
from curate.errors import CurateError, did_you_mean, placed
from curate.plan import INHERITED, RESERVED, Node, Plan
from curate.reading import read
from curate.removals import BEFORE, without_removed
from curate.schema import Discovery, Schema, accepted, tell_apart
from curate.sql import folded
from curate.step import Artifact, Step, code_of

if TYPE_CHECKING:
    from curate.datacard import Benchmark
    from curate.recipe import Recipe, StepEntry
    from curate.store import Store


FATES = ("kept", "undecided", "repeat", "quarantined", "killed")


class Planner:
    """Turns one recipe into a plan."""

    def __init__(
        self,
        recipe: Recipe,
        project: Path,
        store: Store,
        promote_all: bool = False,
        fraction: float | None = None,
        removals: tuple[str, ...] = (),
    ) -> None:
        """promote_all: keep every flat column of the input as a column, not only those that a step or clause names.

        fraction: plan a sample of this share of the documents (`curate/fraction.py`). removals: lists of documents that another recipe,
        which takes documents from this one, removes (`curate/removals.py`).
        """
        self.recipe, self.project, self.store, self.promote_all = recipe, project, store, promote_all
        self.fraction = fraction
        self.removals = tuple(dict.fromkeys((*recipe.removals, *removals)))
        self.removed: dict[str, Node] = {}
        """Name of a node whose documents are held against `removals` -> the one after which the others go on."""
        self.nodes: dict[str, Node] = {}
        self.ends: dict[str, Node] = {}
        self.discovery = Discovery(store)
        self.under_way: list[str] = []
        self.waiting: set[str] = set()

    def plan(self) -> Plan:
        from curate.mixing import add_mixture
        from curate.prompts import add_prompts
        from curate.trained import add_trained

        memory = self.store.root / "cache" / "code.json"
        code.remember(memory)
        for name in self.recipe.corpora:
            self.corpus(name)
        for name, entry in self.recipe.models.items():
            if entry.fit:
                add_trained(self, name)
        if self.recipe.mixture:
            add_mixture(self)
        add_prompts(self)
        code.save(memory)
        if self.recipe.eval:
            self._find_benchmarks()
        return Plan(self.recipe, self.nodes, self.ends)

    def _find_benchmarks(self) -> None:
        """CurateError for a benchmark under `eval:` that is none."""
        from curate.evals.benchmarks import refuse_unknown

        for name, entry in self.recipe.eval.items():
            for at, benchmark in enumerate(entry.benchmarks):
                refuse_unknown(benchmark, self.project, self.recipe.location("eval", name, "benchmarks", at))

    @property
    def whole(self) -> Planner:
        """A planner of all documents, for what a sample does not take a part of."""
        return Planner(self.recipe, self.project, self.store, self.promote_all, removals=self.removals)

    # corpora

    def corpus(self, name: str) -> Node:
        """The last node of a corpus, planning it at first use."""
        if name in self.ends:
            return self.ends[name]
        if name in self.under_way:
            raise CurateError(f"corpora depend on each other in a circle: {' -> '.join([*self.under_way, name])}")
        entry = self.recipe.corpora[name]
        if self.comes_later(name, str(entry.from_ or "")):
            return self.ends[name]
        self.under_way.append(name)
        where = self.recipe.location("corpora", name)
        node = read(self, name, entry, where) if entry.read else self.reference(str(entry.from_), where)
        last = last_reader(self, name)
        for position, item in enumerate(entry.steps):
            at = self.recipe.location("corpora", name, "steps", position)
            node = (
                self.keep(name, item.name, item.clauses or {}, node, at)
                if item.verb == "keep"
                else self.apply(name, item, node, at, carries=position < last)
            )
        self.under_way.pop()
        self.ends[name] = node
        return node

    def comes_later(self, name: str, above: str) -> bool:
        """Whether a corpus made from an earlier state of another, `web/language`, was planned on the way through that.

        A later step of the other may use a model that learns from this one, so the other comes first, wherever the recipe names it.
        """
        corpus, slash, _ = above.partition("/")
        if not slash or corpus not in self.recipe.corpora or name in self.waiting or corpus in self.under_way:
            return False
        self.waiting.add(name)
        self.corpus(corpus)
        return name in self.ends

    def reference(self, name: str, where: str) -> Node:
        """The node that `from:` or a parameter names: a corpus, `corpus/step`, or `recipe:` and one of these."""
        if ":" in name:
            recipe, _, node = name.partition(":")
            other = self.planner_of(recipe, self.removals)
            plan = other.plan()
            return self.adopt(recipe, other.removed.get(plan[node].name, plan[node]).name, plan)
        corpus = name.partition("/")[0]
        if corpus in self.recipe.corpora and corpus not in self.under_way:
            self.corpus(corpus)
        found = self.ends.get(name) or self.nodes.get(name)
        if found is None and corpus in self.under_way:
            circle = " -> ".join([*self.under_way, corpus])
            raise CurateError(f"corpora depend on each other in a circle: {circle}", where=where)
        if found is None:
            raise CurateError(
                f"no corpus or step {name!r}{did_you_mean(name, [*self.recipe.corpora, *self.nodes])}", where=where
            )
        found = self.nodes[f"{found.corpus}/repeat"] if found.kind == "read" else found
        return self.removed.get(found.name, found)

    def planner_of(self, recipe: str, removals: tuple[str, ...] = ()) -> Planner:
        """A planner of another recipe, named from this one; what it plans lacks documents that these lists name."""
        from curate.recipe import load

        other = load(recipe, project=self.project, beside=self.recipe.path)
        return Planner(other, self.project, self.store, fraction=self.fraction, removals=removals)

    def adopt(self, recipe: str, name: str, plan: Plan | None = None) -> Node:
        """A node of another recipe (or of its given plan), with all it needs. What stands here under the same plan key is the same node."""
        plan = plan or self.planner_of(recipe).plan()
        known = {node.plan_key for node in self.nodes.values()}
        for node in plan.needed([name]):
            title = f"{recipe}:{node.name}"
            if node.plan_key not in known:
                self.nodes[title if title not in self.nodes else f"{recipe}:{BEFORE}:{node.name}"] = node
        return plan[name]

    def add(self, node: Node) -> Node:
        if node.name in self.nodes and self.nodes[node.name].plan_key != node.plan_key:
            raise CurateError(f"two steps are called {node.name!r}; name one of them with `as:`", where=node.where)
        self.nodes[node.name] = node
        return node

    def own(self, found: Step, params: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"step": found.title, "code": code_of(found, self.project), "params": params, **more}

    def generate(self, name: str, where: str) -> Node:
        """The node of `embedded:crawl?pages=300`."""
        title, _, query = name.removeprefix("embedded:").partition("?")
        found = self.found("embedded", title, where)
        given = dict(pair.partition("=")[::2] for pair in query.split("&") if pair)
        params = self.filled(found, given, where)
        return self.add(
            Node(
                f"embedded/{title}{'?' + query if query else ''}",
                "",
                "generate",
                self.own(found, params),
                params,
                found,
                where=where,
            )
        )

    def apply(self, corpus: str, item: StepEntry, chain: Node, where: str, *, carries: bool = False) -> Node:
        """One step of a corpus and, if it has any, its default clauses. carries: a later step reads the text as it was read."""
        from curate import lists
        from curate.datacard import made_by, resolve
        from curate.trained import artifact

        found = self.found(item.verb, str(item.step), where)
        if found.kind not in ("score", "rewrite", "expand", "across"):
            raise CurateError(f"{found.title} is a `{found.kind}` and cannot stand under `steps:`", where=where)
        params = self.filled(found, dict(item.params), where)
        named = {p: params[p] for p in found.parameters_of(Artifact) if params[p] is not None}
        others = tuple((p, artifact(self, name, where)) for p, name in named.items())
        benchmarks = resolve(self, found, params, where)
        brought = lists.resolve(self, found, params, where)
        reads = found.reads_with(params)
        if AS_READ in reads and (AS_READ not in chain.schema or found.kind not in ("score", "rewrite")):
            raise CurateError(
                f"{corpus}: {found.title} reads the text as it was read, which only a score or rewrite of what this recipe reads can",
                where=where,
            )
        for column in reads:
            if column not in chain.schema:
                hint = self.hint(column, chain.schema)
                raise CurateError(
                    f"{corpus}: {found.title} reads the column {column!r}, which nothing before it gives{hint}",
                    where=where,
                )
        if found.spec.asks:
            chain = asking(self, corpus, item, found, params, brought, chain, where)
            params, brought = answering(found, params), accepted(found.function, brought)
        shown = {k: v for k, v in params.items() if k not in {*dict(others), *brought}}
        more: dict[str, Any] = {}
        if benchmarks:
            more["benchmarks"] = {b.name: b.identity for some in benchmarks.values() for b in some}
        if known := lists.identity(brought):
            more["lists"] = known
        if found.kind == "expand":
            more["corpus"] = corpus
        if item.as_:
            more["as"] = item.as_
        own = self.own(found, shown, **more)
        with placed(f"{corpus}: {found.title}", where):
            gives = self.discovery.of_step(found, params, {c: chain.schema[c] for c in reads}, own)
        if chain.kind == "ask" and found.spec.asks:
            reads = (*reads, *came_back(item.name))
        adds = _named(found, gives, item.as_, where)
        taken = [c for c in adds if folded(c) in RESERVED]
        if taken:
            raise CurateError(
                f"{corpus}: {found.title} gives the column {taken[0]!r}, a name of ours; add `as:`", where=where
            )
        clash = [
            c
            for c in adds
            if c in chain.schema and not (found.kind == "rewrite" and c == "text") and found.kind != "expand"
        ]
        if clash:
            raise CurateError(
                f"{corpus}: {found.title} gives the column {clash[0]!r}, which is there already; add `as:`", where=where
            )
        tell_apart([*({} if found.kind == "expand" else chain.schema), *adds], f"{corpus}: {found.title}: ", where)
        if found.kind == "expand":
            schema: Schema = {"id": pl.String(), "parent_id": pl.String(), "text": pl.String()}
            schema |= {c: pl.String() for c in INHERITED} | adds
            adds = schema
        else:
            schema = {**chain.schema, **adds}
            if not carries:
                schema.pop(AS_READ, None)
            elif found.kind == "across":
                own["carries"] = [AS_READ]
        node = self.add(
            Node(
                f"{corpus}/{item.name}",
                corpus,
                found.kind,
                own,
                params,
                found,
                chain,
                (*others, *made_by(self, benchmarks)),
                None,
                (),
                reads,
                adds,
                schema,
                where,
                benchmarks=benchmarks,
                lists=brought,
                missing=self.missing(benchmarks),
            )
        )
        if found.kind == "expand":
            node = without_removed(self, corpus, node, where)
        clauses = found.spec.keep if item.clauses is None else item.clauses
        if not clauses:
            return node
        if item.as_:
            clauses = (
                {k: _renamed(v, dict(zip(gives, adds, strict=True))) for k, v in clauses.items()}
                if not item.clauses
                else clauses
            )
        return self.keep(corpus, f"{item.name}.{'+'.join(clauses)}", clauses, node, where)

    def keep(self, corpus: str, name: str, clauses: dict[str, str], chain: Node, where: str) -> Node:
        parsed = {}
        for clause, text in clauses.items():
            if clause in FATES or clause == "row":
                raise CurateError(
                    f"{corpus}: a clause cannot be called {clause!r}, which is a fate already", where=where
                )
            try:
                parsed[clause] = parse(text)
                if absent := sorted(parsed[clause].columns - chain.schema.keys()):
                    raise CurateError(
                        f"no column {absent[0]!r}{self.hint(absent[0], chain.schema) or '; score it first'}"
                    )
                parsed[clause].check({c: t for c, t in chain.schema.items() if c != AS_READ})
            except CurateError as error:
                raise CurateError(f"{corpus}: clause {clause}: {error.message}", where=where) from None
        reads = tuple(dict.fromkeys(c for p in parsed.values() for c in sorted(p.columns)))
        own = {"step": "keep", "clauses": [[clause, p.canonical] for clause, p in parsed.items()]}
        return self.add(
            Node(
                f"{corpus}/{name}",
                corpus,
                "keep",
                own,
                {},
                None,
                chain,
                clauses=tuple(clauses.items()),
                reads=reads,
                schema=chain.schema,
                where=where,
            )
        )

    # steps and their parameters

    def hint(self, column: str, known: Iterable[str]) -> str:
        """What may help where nothing gives a column: a score that speaks of it, else a column that is called alike."""
        scores = [f"`score: {name}`" for name in step.scores_of(column, self.project)]
        return f"; is it what {' or '.join(scores)} gives?" if scores else did_you_mean(column, known)

    def found(self, verb: str, name: str, where: str) -> Step:
        try:
            return step.find(verb, name, self.project)
        except CurateError as error:
            raise CurateError(error.message, where=where or error.where) from None

    def filled(self, found: Step, given: dict[str, Any], where: str) -> dict[str, Any]:
        """Validated parameters; a `seed` that is not given is the recipe's."""
        if "seed" in found.params.model_fields and "seed" not in given:
            given["seed"] = self.recipe.seed
        return found.validated(given, where=where)

    def missing(self, benchmarks: dict[str, tuple[Benchmark, ...]]) -> str:
        """Why a step cannot run here although it can be planned: items of a benchmark are not here; empty if they are."""
        from curate.datacard import absent

        return absent(one for some in benchmarks.values() for one in some)

    def model(self, name: str, where: str) -> dict[str, Any]:
        """Identity of the model that a step's parameter names."""
        from curate.models import base

        entry = self.recipe.models.get(name)
        if entry is None or entry.fit:
            known = [model for model, other in self.recipe.models.items() if not other.fit]
            what = (
                f"{name!r} is trained here; a language model is wanted"
                if entry
                else f"no model {name!r} under `models:`"
            )
            raise CurateError(f"{what}{did_you_mean(name, known)}", where=where)
        return base.identity_of(entry.model_dump(mode="json", exclude_none=True))


def _renamed(clause: str, names: dict[str, str]) -> str:
    """A step's own clause over its columns as `as:` named them."""
    return re.sub(r"\b\w+\b", lambda word: names.get(word[0], word[0]), clause)


def _named(found: Step, gives: Schema, alias: str | None, where: str) -> Schema:
    """Columns under the names they get: `as:` renames a Series and prefixes the columns of a DataFrame (never `text`)."""
    if not alias:
        return gives
    return {
        (alias if c == found.name else c if c in ("text", "parent") else f"{alias}_{c}"): t for c, t in gives.items()
    }
