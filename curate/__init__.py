"""Octocurate's tool: a recipe goes in, artifacts come out.

`import curate; curate.open("long-cot")` gives one recipe with `.plan() .build() .sql() .sample() .why() .diff()`; every command of the
`curate` program is one such call plus printing. The package holds no mathematics and imports nothing first-party: steps, models and
mixtures are found by name.
"""

from typing import TYPE_CHECKING, Any

from curate.errors import CurateError

if TYPE_CHECKING:
    from curate.api import Curated, open
    from curate.evals.ask import evaluate

__version__ = "0.1.0"
__all__ = ["CurateError", "Curated", "__version__", "evaluate", "open"]


def __getattr__(name: str) -> Any:
    """`curate.open` brings in the rest of the tool only when it is asked for."""
    if name == "evaluate":
        from curate.evals import ask

        return ask.evaluate
    if name in ("open", "Curated"):
        from curate import api

        return getattr(api, name)
    raise AttributeError(f"module 'curate' has no attribute {name!r}")
