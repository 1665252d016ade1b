"""docs/recipes.md: the shipped recipes, from their files, their own files only, and from what their locks say came of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from curate.code import PACKAGE
from curate.names import PUBLISHED
from docs.site.text import GENERATED, code, plain, table

RECIPES = PACKAGE / "recipes"
ABOUT = """
Every recipe is a file in `recipes/`; a name beside `curate build` is one of them. `curate new mine --from NAME` begins your own with one,
`curate plan NAME --resolved` prints it with all that it inherits. Below, what a recipe adds to the one that it extends; the figures of what
it gives are those of its lock, which a build reproduces byte for byte.
"""
GROUPS = {
    "": (
        "On a laptop",
        "These build offline, on the embedded corpora, with models that solve what they can read. Their locks are committed.",
    ),
    "octothinker": (
        "OctoThinker in miniature",
        "The whole argument on two cores ([how, and what came out](octothinker.md)): `make octothinker`.",
    ),
    "octothinker/ablations": ("Ablations of the miniature", "Each changes one thing of a recipe of the miniature."),
    "octothinker/gpu": ("The miniature for one GPU", "The same with 36 million parameters; not run yet."),
    "one-gpu": (
        "On one GPU",
        "The paper's stable stage and branches in small, on models that one GPU trains. They plan offline; to build them takes downloads.",
    ),
    "paper": (
        "The paper's",
        "What OctoThinker and MegaMath published, as data ([the paper](paper.md)). They plan offline; to build them takes a cluster.",
    ),
    "paper/pilots": ("The paper's pilots", "Each changes one thing of a recipe of the paper."),
    "paper/study": ("The paper's controlled study", "Each changes what a model is trained on, and nothing else."),
}
"""Folders of recipes, with a title and what they have in common."""
TOLD = ("", "octothinker", "one-gpu", "paper")
"""Folders whose recipes have a section each."""


def page() -> str:
    """The page."""
    parts = [GENERATED, "# Recipes", ABOUT.strip()]
    for folder, (title, about) in GROUPS.items():
        parts += [f"## {title}", about, _contents(folder)]
        for path in _files(folder):
            parts += _section(path) if folder in TOLD else []
    return "\n\n".join(filter(None, parts)) + "\n"


def names() -> set[str]:
    """Names of all shipped recipes."""
    return {_name(path) for path in RECIPES.rglob("*.yaml") if path.name != PUBLISHED}


def _files(folder: str) -> list[Path]:
    return sorted(path for path in (RECIPES / folder).glob("*.yaml") if path.name != PUBLISHED)


def _name(path: Path) -> str:
    return path.relative_to(RECIPES).with_suffix("").as_posix()


def _read(path: Path) -> dict[str, Any]:
    loaded = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def _contents(folder: str) -> str:
    rows = []
    for path in _files(folder):
        name = code(_name(path))
        if folder in TOLD:
            name = f"[{name}](#{_name(path).replace('/', '').replace('.', '')})"
        else:
            name = f"[{name}](../recipes/{_name(path)}.yaml)"
        rows.append([name, plain(str(_read(path).get("about", "")))])
    return table(["recipe", "what it is"], rows)


def _section(path: Path) -> list[str]:
    recipe, name = _read(path), _name(path)
    locked = path.with_suffix(".lock").is_file()
    parts = [f"### {name}", plain(str(recipe.get("about", "")))]
    facts = [
        ["extends", _parent(path, recipe)],
        ["sources", _sources(recipe)],
        ["models", _models(recipe)],
        ["mixture", _mixture(recipe)],
    ]
    facts += [
        ["runs", ", ".join(map(code, recipe.get("train") or {}))],
        ["run it", code(f"curate {'build' if locked else 'plan'} {name}")],
    ]
    parts.append(table(["", ""], [fact for fact in facts if fact[1]]))
    if steps := _steps(recipe):
        parts.append(table(["corpus", "steps"], steps))
    if locked:
        parts += _given(yaml.safe_load(path.with_suffix(".lock").read_text("utf-8")), recipe)
    return [*parts, f"The file: [recipes/{name}.yaml](../recipes/{name}.yaml)"]


def _parent(path: Path, recipe: dict[str, Any]) -> str:
    """What a recipe extends: beside it, if it is there and not itself, else from `recipes/`."""
    parent = str(recipe.get("extends") or "")
    beside = path.with_name(f"{parent}.yaml")
    name = _name(beside) if beside.is_file() and beside != path else parent
    return f"[{code(name)}](#{name.replace('/', '')})" if name in names() else code(name)


def _sources(recipe: dict[str, Any]) -> str:
    found = []
    for name, corpus in (recipe.get("corpora") or {}).items():
        if isinstance(corpus, dict) and "files" in corpus:
            files = corpus["files"] if isinstance(corpus["files"], list) else [corpus["files"]]
            more = [f"and {len(files) - 3} more"] if len(files) > 3 else []
            found.append(f"{code(name)} from " + ", ".join([code(str(f)) for f in files[:3]] + more))
        elif isinstance(corpus, dict) and "from" in corpus:
            found.append(f"{code(name)} from the corpus {code(str(corpus['from']))}")
    return "; ".join(found)


def _models(recipe: dict[str, Any]) -> str:
    found = []
    for name, model in (recipe.get("models") or {}).items():
        if isinstance(model, dict):
            kind = (
                f"`fit: {model['fit']}`" if "fit" in model else code(str(model.get("id") or model.get("backend") or ""))
            )
            found.append(f"{code(name)} {kind}")
    return ", ".join(found)


def _mixture(recipe: dict[str, Any]) -> str:
    mixture = recipe.get("mixture") or {}
    stages = [
        ", ".join(f"{source} {weight:g}" for source, weight in (stage.get("weights") or {}).items())
        for stage in mixture.get("stages") or []
    ]
    tokens = f"{mixture['tokens']} tokens: " if "tokens" in mixture else ""
    return plain(tokens + "; then ".join(stages))


def _steps(recipe: dict[str, Any]) -> list[list[str]]:
    rows = []
    for name, corpus in (recipe.get("corpora") or {}).items():
        steps = corpus.get("steps") if isinstance(corpus, dict) else None
        if steps:
            rows.append([code(name), " → ".join(map(_step, steps))])
    return rows


def _step(step: dict[str, Any]) -> str:
    verb, value = next(iter(step.items()))
    if verb == "keep":
        return "keep " + ", ".join(map(code, value)) if isinstance(value, dict) else "keep"
    own = (PACKAGE / "curation" / verb / f"{value}.py").is_file()
    return f"[`{verb}: {value}`](steps.md#{verb}-{value})" if own else code(f"{verb}: {value}")


def _given(lock: dict[str, Any], recipe: dict[str, Any]) -> list[str]:
    """What the lock says: documents at the end of each corpus of the recipe's own, and the sources of the mixture."""
    outputs: dict[str, dict[str, Any]] = lock["outputs"]
    rows = []
    for corpus in recipe.get("corpora") or {}:
        nodes = [
            n for n in outputs if n.startswith(f"{corpus}/") and n != f"{corpus}/tokenize" and "documents" in outputs[n]
        ]
        if nodes:
            rows.append([code(corpus), f"{outputs[nodes[0]]['in']:,}", f"{outputs[nodes[-1]]['documents']:,}"])
    parts = ["What a build gives:", table(["corpus", "documents read", "documents kept"], rows)] if rows else []
    mixed = outputs.get("mixture", {})
    if "tokens" in mixed:
        sources = {n.partition("/")[2]: o for n, o in outputs.items() if n.startswith("mixture/") and "epochs" in o}
        body = [[code(n), f"{o['tokens']:,}", f"{o['documents']:,}", f"{o['epochs']:.2f}"] for n, o in sources.items()]
        parts += [table(["source of the mixture", "tokens", "documents", "epochs"], [*body, _all(mixed)])]
    return parts


def _all(mixed: dict[str, Any]) -> list[str]:
    return [
        "all",
        f"{mixed['tokens']:,}",
        f"{mixed['documents']:,}",
        f"in {mixed['windows']:,} windows of {mixed['seq_len']:,}",
    ]
