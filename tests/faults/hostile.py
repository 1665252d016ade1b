"""Recipes, names and profiles that mean to harm, or are torn. (Pages and replies that do are in every project.)"""

from __future__ import annotations

from tests.faults.fault import fault
from tests.faults.trial import Trial

HOSTILE = "hostile model text, page, recipe or name"
LINES = (
    "about: !!python/object/apply:os.system ['touch PWNED']", "about: &a [*a, *a]", "corpora: {web: {read: ../../../etc/passwd, files: x}}",
    "tokenizer: {train: bpe, vocab: -1, of: [web]}", "mixture: {tokens: 1e400}", "seed: .nan", "about: \"\\x00\\e[31m\"", "about: 'x",
    "models: {m: {backend: ../x}}", "extends: /etc/passwd", "extends: small", "recipe: ../../outside", "? [a]\n: b", "about: " + "[" * 3000,
    "corpora: {\"'; drop table\": {read: parquet, files: data/*}}", "corpora: {web: {read: parquet, files: '/etc/*'}}", "mixture: null",
)  # fmt: skip
NAMES = (
    "../../etc/passwd", "small; touch PWNED", "$(touch PWNED)", "a\nb", "\x1b[31m", "small@\u202e", "", " ", "-", "small:web/x",
    "small/../x", "s" * 5000, "%00", "small@0%", "small@nan%", "CON", "\udcff",
)  # fmt: skip


@fault("recipes and names that mean to harm", HOSTILE, weight=14)
def recipes(trial: Trial) -> None:
    """A few altered recipes and names, each a build or a plan: one line and exit code 2, or all is well; the store is not hurt."""
    path = trial.project / "recipes/small.yaml"
    text = path.read_text("utf-8")
    lock = path.with_suffix(".lock")
    for _ in range(3):
        word = trial.draw.choice(["bytes", "line", "name", "profile"])
        if word == "name":
            name = trial.draw.choice(NAMES)
            trial.told.append(f"name {name[:40]!a}")
            refuses(
                trial,
                "build",
                name.encode("utf-8", "surrogateescape").replace(b"\0", b"").decode("utf-8", "surrogateescape"),
            )
            continue
        if word == "profile":
            profile = trial.project / "profiles/local.toml"
            kept = profile.read_bytes()
            profile.write_bytes(mutated(trial, kept))
            trial.told.append("profile")
            refuses(trial, "plan", "small")
            profile.write_bytes(kept)
            continue
        line = trial.draw.choice(LINES)
        path.write_bytes(mutated(trial, text.encode()) if word == "bytes" else edited(trial, text, line).encode())
        trial.told.append("bytes of the recipe" if word == "bytes" else line[:60])
        refuses(trial, trial.draw.choice(["build", "plan", "plan"]), "small")
        path.write_text(text, "utf-8")
        lock.unlink(missing_ok=True)
    trial.hits += 1


def refuses(trial: Trial, command: str, name: str) -> None:
    built = trial.build(command, name, "--json")
    if built.code:
        trial.refused.append(built.clearly())


def edited(trial: Trial, text: str, line: str) -> str:
    """The recipe with a line in place of one of its parts, or besides all of them."""
    top = line.partition(":")[0]
    kept = (
        [part for part in text.split("\n") if not part.startswith(f"{top}:")] if trial.draw.random() < 0.7 else [text]
    )
    return "\n".join([*kept, line, ""])


def mutated(trial: Trial, data: bytes) -> bytes:
    """Some bytes flipped, a piece gone or doubled."""
    for _ in range(trial.draw.randint(1, 3)):
        at, length = trial.draw.randrange(len(data)), trial.draw.randint(1, 30)
        inside = trial.draw.choice([b"", data[at : at + length] * 2, bytes([trial.draw.randrange(256)])])
        data = data[:at] + inside + data[at + length :]
    return data
