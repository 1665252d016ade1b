"""What a build may spend on asking models: who needs a limit, what each step may still spend, and what was spent.

A limit is for one build as a whole, all its steps and workers together. It is asked for when the first request is about to be sent, so
a build all of whose replies are stored needs none. Symbolic teachers, and servers on this machine or in a private network, are free
unless the profile says a price; so a paid gateway that listens on this machine needs its price said. Left out: limits over several builds.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import math
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from curate.errors import CurateError
from curate.models.base import backend
from curate.models.meter import Meter
from curate.profile import Budget, ModelSettings, Prices, TokenPrices

OWN_NAMES = (".local", ".internal", ".lan", ".home.arpa", ".localhost")
"""How names of machines end that the public Internet does not know (RFC 6762, RFC 8375, RFC 6761; `.internal` is set aside by ICANN)."""


@dataclass(frozen=True)
class Paid:
    """What one step spent on one model in one build."""

    node: str
    model: str
    asked: int
    answered: int
    refused: int
    unanswered: int
    prompt_tokens: int
    completion_tokens: int
    cost: float
    """In `currency`, by the prices of tokens and of GPU-hours."""
    gpu_hours: float
    currency: str


@dataclass
class Spending:
    """The limit of one build, and what its steps have spent so far."""

    budget: Budget = field(default_factory=Budget)
    prices: Prices = field(default_factory=Prices)
    paid: list[Paid] = field(default_factory=list)
    earlier: Sequence[Paid] = ()
    """What this build spent in processes before this one."""

    @property
    def cost(self) -> float:
        return sum(row.cost for row in (*self.earlier, *self.paid))

    @property
    def gpu_hours(self) -> float:
        return sum(row.gpu_hours for row in (*self.earlier, *self.paid))

    def rows(self) -> list[dict[str, Any]]:
        """What was spent, step by step, as plain JSON."""
        return [dict(vars(row)) for row in self.paid]

    @contextlib.contextmanager
    def step(
        self, node: str, model: str, settings: ModelSettings, path: Path, *, loads: bool = False
    ) -> Iterator[Meter]:
        """The meter of one step, with what the build may still spend; at its end, also after an error, what it spent is booked.

        node: `corpus/step-ask`. model: its name under `models:`. path: the meter's file. loads: whether it runs in our own processes.
        """
        meter = self.meter(model, settings, path, loads=loads).start()
        try:
            yield meter
        finally:
            spent, gpus = meter.spent(), gpus_of(settings, loads)
            loaded = spent.asked or not loads  # a model that loads itself does so when it is first asked
            hours = gpus * (time.monotonic() - meter.began) / 3600 if loaded else 0.0
            counts = {k: v for k, v in vars(spent).items() if k not in ("cost", "reserved")}
            cost = spent.cost + hours * (self.prices.gpu_hour or 0.0)
            self.paid.append(Paid(node, model, **counts, cost=cost, gpu_hours=hours, currency=self.prices.currency))
            meter.close()
            with contextlib.suppress(OSError):  # the folder goes too where nothing else is in it
                meter.beside.unlink(missing_ok=True)
                path.unlink()
                path.parent.rmdir()

    def meter(self, model: str, settings: ModelSettings, path: Path, *, loads: bool = False) -> Meter:
        """As `step`, without starting or booking anything."""
        began, gpus, each = time.monotonic(), gpus_of(settings, loads), self.prices.gpu_hour or 0.0
        left = None if self.budget.usd is None else max(0.0, self.budget.usd - self.cost)
        hours = self.budget.gpu_hours
        deadline = None
        if hours is not None and gpus:
            deadline = began + max(0.0, hours - self.gpu_hours) * 3600 / gpus
        return Meter(
            path, settings.price, left, deadline, f"models.{model}", self.prices.currency, self.cost, hours, began,
            gpus * each / 3600, self.refusal(model, settings, loads=loads),
        )  # fmt: skip

    def refusal(self, model: str, settings: ModelSettings, *, loads: bool = False) -> str:
        """Why a model may not be asked, as the end of a sentence that begins with its name; empty where it may."""
        price, budget = settings.price, self.budget
        away = [one for one in settings.endpoints if not is_own(one)] if not settings.launch else []
        if price is None and away:
            return (
                f"is asked at {host_of(away[0])}, and nothing says what that costs; say it in the profile, per million tokens:"
                f" [models.{quoted(model)}] price = {{prompt = 0.5, completion = 1.5}}, with zeros where it is free"
            )
        if price and (price.prompt or price.completion) and budget.usd is None:
            each = f"{price.prompt:g} and {price.completion:g} {self.prices.currency} per million tokens"
            return f"costs money ({each}); say how much it may be: --max-usd 5, or [budget] usd = 5 in the profile"
        gpus, hour = gpus_of(settings, loads), self.prices.gpu_hour
        if gpus and hour and budget.usd is None and budget.gpu_hours is None:
            each = f"{gpus} GPUs at {hour:g} {self.prices.currency} an hour" if gpus > 1 else f"{hour:g} an hour"
            return f"costs money ({each}); say how much it may be: --max-gpu-hours 8 or --max-usd 20, or [budget] in the profile"
        return ""

    def unbound(self, model: str, entry: Mapping[str, Any], settings: ModelSettings, *, loads: bool = False) -> str:
        """That the limit on money cannot hold a model because it has no price, as one line; empty where it can, or there is no limit."""
        hourly = gpus_of(settings, loads) and self.prices.gpu_hour is not None
        if self.budget.usd is None or hourly or price_of(entry, settings) or self.refusal(model, settings, loads=loads):
            return ""
        return (
            f"{model}: no price is known, so it counts as free and the limit of {self.budget.usd:g} {self.prices.currency} never stops "
            f"it; say the price in the profile, per million tokens: [models.{quoted(model)}] price = "
            "{prompt = 0.5, completion = 1.5}, with zeros where it is free"
        )


def quoted(name: str) -> str:
    """A name as a key of TOML."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def limited(budget: Budget, max_usd: float | None = None, max_gpu_hours: float | None = None) -> Budget:
    """The profile's budget, with what the command line says in its place. CurateError for what is no amount."""
    given = {"usd": max_usd, "gpu_hours": max_gpu_hours}
    for name, value in given.items():
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise CurateError(f"--max-{name.replace('_', '-')} takes an amount such as 5, not {value:g}")
    return budget.model_copy(update={name: value for name, value in given.items() if value is not None})


def gpus_of(settings: ModelSettings, loads: bool) -> int:
    """GPUs that are held while a model is asked: those of servers that we start, or of the process that loads it."""
    return settings.gpus * settings.replicas if settings.launch else settings.gpus if loads else 0


def host_of(endpoint: str) -> str:
    """The host of an address, without what may be secret of it."""
    return urlsplit(endpoint if "//" in endpoint else f"//{endpoint}").hostname or "?"


def is_own(endpoint: str) -> bool:
    """Whether an address is of this machine or a private network, by its text alone: no name is looked up."""
    try:
        host = host_of(endpoint).partition("%")[0].rstrip(".")
    except ValueError:
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:  # a name; resolvers take numbers such as 134744072 for addresses
        return host[:1].isalpha() and ("." not in host or host.endswith(OWN_NAMES))
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_private


def price_of(entry: Mapping[str, Any], settings: ModelSettings) -> TokenPrices | None:
    """What tokens of a model cost; None where nobody says. A backend that asks no server and loads no model costs nothing."""
    if settings.price is not None:
        return settings.price
    name = str(entry.get("backend") or "")
    free = name == "fake" or (name and backend(name).module.startswith("curation."))
    return TokenPrices(prompt=0, completion=0) if free else None
