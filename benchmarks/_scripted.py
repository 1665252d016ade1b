r"""A model that is a script: it finds the problem at the end of a prompt, and its answer is right or wrong in a form that its text decides.

    python -m benchmarks._scripted ITEMS.jsonl --port 8000

Behind OpenAI's protocol (completions and chat) on loopback, so that lm-eval and we ask the same model. Lines of ITEMS have `problem`, and
`answer` or a whole `text`. Half of the replies are right by construction, in forms that models use: with `The answer is`, a box, `####`,
a dollar sign, a unit, a second thought, going on to the next problem, cut off, empty. The server cuts at stop texts as vLLM does, unless
`--no-stop`.
"""

from __future__ import annotations

import argparse
import hashlib
import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MODEL = "scripted"
WORDS = {
    "is": "First we add, then we take away. The answer is {x}.",
    "goes on": "We count them all. The answer is {x}.\n\nQ: There are 3 cars and 2 more come. How many?\nA: 3 + 2 = 5. The answer is 5.",
    "dollar": "She pays for each of them. The answer is ${x}.",
    "unit": "We divide in equal parts. The answer is {x} apples.",
    "hash": "We go step by step.\n#### {x}",
    "box": "So we have $\\boxed{{{x}}}$.",
    "last number": "Taken together, that makes {x}",
    "afterthought": "The answer is {x}. We needed 2 steps.",
    "second thought": "The answer is {y}. Wait, that forgot one. The answer is {x}.",
    "bold": "The answer is **{x}**.",
    "formula": "The answer is ${x}$.",
    "decimal": "The answer is {x}.0.",
    "equation": "In all, 1 + 1 = 2, so the total is = {x}.",
    "word": "The answer is many.",
    "nothing": "",
    "cut": "We begin with the first of them, which makes {y}, and then we go on to add",
}
PROBLEMS = {
    "hope": "We compute.\nFinal Answer: The final answer is ${x}$. I hope it is correct.",
    "goes on": "We compute.\nFinal Answer: The final answer is ${x}$. I hope it is correct.\n\nProblem:\nFind $1+1$.\n\nSolution:\n"
    "Final Answer: The final answer is $2$. I hope it is correct.",
    "box and hope": "So it is $\\boxed{{{x}}}$.\nFinal Answer: The final answer is ${x}$. I hope it is correct.",
    "box": "So it is $\\boxed{{{x}}}$.",
    "final": "The final answer is ${x}$.",
    "no dollars": "Final Answer: The final answer is {x}. I hope it is correct.",
    "twice": "Final Answer: The final answer is ${y}$. I hope it is correct.\nNo, I forgot one.\n"
    "Final Answer: The final answer is ${x}$. I hope it is correct.",
    "equation": "Final Answer: The final answer is $x = {x}$. I hope it is correct.",
    "last formula": "Hence we get ${x}$.",
    "display": "Final Answer: The final answer is\n$${x}$$\nI hope it is correct.",
    "nothing": "",
    "cut": "We begin with a formula, $a^2 + b^2 = c^2$, and go on",
}
FORMS = {"Q": WORDS, "Problem": PROBLEMS}
NEVER = {"word", "nothing", "cut"}
"""Forms in which no answer is given."""


def digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


@dataclass
class Script:
    """What the model says. `answers`: of each problem; `texts`: whole replies to some."""

    answers: dict[str, str]
    stops: bool = True
    texts: dict[str, str] = field(default_factory=dict)

    def problem(self, prompt: str) -> tuple[str, str]:
        """The last problem of a prompt, and the mark before it; all of a prompt without marks."""
        found = list(re.finditer(r"^(Q|Problem|Question):\s*(.*?)\s*^(?:A|Solution|Answer):", prompt, re.M | re.S))
        return (found[-1][2], found[-1][1]) if found else (prompt.strip(), "Problem")

    def form(self, problem: str, mark: str) -> tuple[str, bool]:
        """The form of a reply, and whether the answer in it is right."""
        names = sorted(FORMS.get(mark, WORDS))
        name = names[digest(problem) // 2 % len(names)]
        return name, digest(problem) % 2 == 0 and name not in NEVER

    def reply(self, prompt: str, stop: list[str], limit: int) -> tuple[str, str]:
        """Text and finish reason. A token is four characters."""
        problem, mark = self.problem(prompt)
        text, finish = self._said(problem, mark)
        if len(text) > 4 * limit:
            text, finish = text[: 4 * limit], "length"
        at = [place for place in map(text.find, stop) if place >= 0]
        return (text[: min(at)], "stop") if at and self.stops else (text, finish)

    def _said(self, problem: str, mark: str) -> tuple[str, str]:
        if problem in self.texts:
            return self.texts[problem], "stop"
        if problem not in self.answers:
            return "I was never asked this.", "stop"
        name, right = self.form(problem, mark)
        gold = self.answers[problem]
        x, y = (gold, wrong(gold)) if right else (wrong(gold), gold)
        return " " + FORMS.get(mark, WORDS)[name].format(x=x, y=y), "length" if name == "cut" else "stop"


def wrong(gold: str) -> str:
    """An answer that is another: the number after a whole number, or something added."""
    plain = gold.replace(",", "")
    return str(int(plain) + 1) if re.fullmatch(r"-?\d{1,15}", plain) else f"{gold} + 1"


def answer(script: Script, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What the protocol answers to a request; lm-eval sends several prompts in one."""
    chat = path.endswith("/chat/completions")
    prompts = [body["messages"][-1]["content"]] if chat else body["prompt"]
    prompts = [prompts] if isinstance(prompts, str) else prompts
    stop = body.get("stop") or []
    stop = [stop] if isinstance(stop, str) else [text for text in stop if text]
    choices, tokens = [], 0
    for index, prompt in enumerate(prompts):
        text, finish = script.reply(prompt, stop, int(body.get("max_tokens") or 4096))
        said: dict[str, Any] = {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
        choices.append({"index": index, "finish_reason": finish, **said})
        tokens += -(-len(text) // 4)
    asked = sum(map(len, prompts)) // 4 + 1
    usage = {"prompt_tokens": asked, "completion_tokens": tokens, "total_tokens": asked + tokens}
    return {"id": "1", "object": "text_completion", "created": 0, "model": MODEL, "choices": choices, "usage": usage}


def server(script: Script, port: int = 0) -> http.server.ThreadingHTTPServer:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            data = json.dumps(answer(script, self.path, body)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            data = json.dumps({"data": [{"id": MODEL}]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    return http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)


@contextmanager
def served(
    answers: dict[str, str], *, stops: bool = True, texts: dict[str, str] | None = None
) -> Iterator[tuple[str, Script]]:
    """The address of a server in a process of its own, and its script, which says what it will say."""
    script = Script(answers, stops, texts or {})
    rows = [{"problem": problem, "answer": answer} for problem, answer in answers.items()]
    rows += [{"problem": problem, "text": text} for problem, text in script.texts.items()]
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".jsonl") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
        file.flush()
        command = [sys.executable, "-m", "benchmarks._scripted", file.name, "--port", "0"]
        process = subprocess.Popen(
            [*command, *([] if stops else ["--no-stop"])], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])},
        )  # fmt: skip
        assert process.stdout
        try:
            yield process.stdout.readline().strip(), script
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("items", type=Path)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--no-stop", action="store_true", help="ignore stop texts")
    asked = parser.parse_args()
    with asked.items.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    answers = {row["problem"].strip(): str(row["answer"]) for row in rows if "text" not in row}
    texts = {row["problem"].strip(): row["text"] for row in rows if "text" in row}
    running = server(Script(answers, not asked.no_stop, texts), asked.port)
    print(f"http://127.0.0.1:{running.server_port}/v1", flush=True)
    running.serve_forever()


if __name__ == "__main__":
    main()
