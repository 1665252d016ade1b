"""Files of the corpora that others publish, in small: their names, columns, types and warts, with texts of our own.

Each set is what the hub has (`files`), and what must become of each record: the texts that are kept, and how many have which other fate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import zstandard

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LEAK = (
    "A gardener plants 17 rows of tulips with 23 bulbs in each row and then gives 58 bulbs away to three neighbours; how many bulbs"
    " are still hers when the evening comes?"
)
"""The item of one benchmark; every set has it somewhere."""
LEAK_ANSWER = "333"


@dataclass
class Published:
    """A set as it is on the hub, and what comes of it."""

    hub: str
    files: Mapping[str, bytes | pl.DataFrame]
    kept: list[str]
    fates: Counter[str] = field(default_factory=Counter)


def write(cache: Path, sets: Iterable[Published]) -> None:
    """Files in a cache of the hub, as `hf download` leaves them."""
    for published in sets:
        for name, data in published.files.items():
            path = cache / f"datasets--{published.hub.replace('/', '--')}" / "snapshots" / COMMIT / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data) if isinstance(data, bytes) else data.write_parquet(path)


def benchmarks(project: Path, names: Iterable[str]) -> None:
    """One item for each benchmark, in the places that their cards name."""
    (project / "benchmarks").mkdir(exist_ok=True)
    for name in names:
        problem = LEAK if name == "gsm8k" else f"A problem of {name} about which there is nothing on any of the pages."
        item = {"id": f"{name}-1", "problem": problem, "answer": LEAK_ANSWER if name == "gsm8k" else "1"}
        (project / f"benchmarks/{name}.jsonl").write_bytes(orjson.dumps(item))


def lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def talk(*turns: str | None, first: str = "user") -> list[dict[str, Any]]:
    roles = ("user", "assistant") if first == "user" else ("assistant", "user")
    return [{"content": said, "role": roles[i % 2]} for i, said in enumerate(turns)]


def pages(prefix: str, count: int = 6) -> list[str]:
    return [
        f"# {prefix} {i}\n\nThe sum of the first {i + 2} odd numbers is ${i + 2}^2$, so that of {i} is ${i}^2$."
        for i in range(count)
    ]


def web_pro() -> Published:
    texts = pages("Odd numbers")
    frame = pl.DataFrame(
        {"text": [*texts, f"Exercise. {LEAK}", ""], "url": [f"https://a.example/{i}" for i in range(8)]}
    )
    return Published("LLM360/MegaMath", {"megamath-web-pro/000_00000.parquet": frame}, [*texts, ""], Counter(clean=1))


def web_pro_max() -> Published:
    texts = pages("Squares")
    frame = pl.DataFrame(
        {
            "id": [f"<urn:uuid:{i}>" for i in range(7)],
            "text": [*texts, f"Puzzle of the day\n\n{LEAK}\n\n{LEAK_ANSWER}."],
            "url": [f"https://b.example/{i}" for i in range(7)],
            "timestamp": ["2019-03-21T01:02:03Z"] * 7,
            "lang": ["en"] * 7,
            "lang_score": [0.9] * 7,
        }
    )
    return Published("OctoThinker/MegaMath-Web-Pro-Max", {"data/000_00000.parquet": frame}, texts, Counter(clean=1))


def megamath_qa() -> Published:
    """Two folders, one for each teacher, with equal texts inside of one and across both."""
    texts = [f"Question: What is {i} times 12?\nAnswer: Ten times {i} and twice {i}, so {12 * i}." for i in range(8)]
    one = pl.DataFrame(
        {"text": [*texts[:5], texts[0], f"Question: {LEAK}\nAnswer: 17 times 23 less 58 is {LEAK_ANSWER}."]}
    )
    two = pl.DataFrame({"text": [*texts[4:], texts[7]], "url": [f"https://c.example/{i}" for i in range(5)]})
    files = {"megamath-qa/llama-3.3/000_00000.parquet": one, "megamath-qa/qwen-2.5/000_00000.parquet": two}
    return Published("LLM360/MegaMath", files, texts, Counter({"unique": 2, "repeat": 1, "clean": 1}))


def finemath() -> Published:
    texts = pages("Angles")
    every = [*texts, f"{LEAK} Answer: {LEAK_ANSWER}"]
    frame = pl.DataFrame(
        {
            "url": [f"https://d.example/{i}" for i in range(7)],
            "fetch_time": [1_600_000_000 + i for i in range(7)],
            "content_mime_type": ["text/html"] * 7,
            "warc_filename": ["crawl-data/CC-MAIN-2020-45/segments/1/warc/x.warc.gz"] * 7,
            "warc_record_offset": pl.Series([i * 1000 for i in range(7)], dtype=pl.Int32),
            "warc_record_length": pl.Series([1000] * 7, dtype=pl.Int32),
            "text": every,
            "token_count": pl.Series([40] * 7, dtype=pl.Int32),
            "char_count": pl.Series([len(text) for text in every], dtype=pl.Int32),
            "metadata": ['{"found_math": true, "script_math_tex": false}'] * 7,
            "score": [4.1] * 7,
            "int_score": [4] * 7,
            "crawl": ["CC-MAIN-2020-45"] * 7,
            "snapshot_type": ["latest"] * 7,
            "language": ["en"] * 7,
            "language_score": [0.9] * 7,
        }
    )
    return Published(
        "HuggingFaceTB/finemath", {"finemath-4plus/train-00000-of-00001.parquet": frame}, texts, Counter(clean=1)
    )


def dclm(part: str) -> Published:
    """Zstandard JSON Lines: nested objects whose fields differ from line to line, lines that are broken."""
    texts = [f"Notes on ferns {part} {i}. They grow where it is damp, and spread by spores." for i in range(6)]
    rows = [
        {
            "bff_contained_ngram_count_before_dedupe": i,
            "language_id_whole_page_fasttext": {"en": 0.97, **({"de": 0.1} if i % 2 else {})},
            "metadata": {
                "Content-Length": "1000",
                "Content-Type": "application/http; msgtype=response",
                "WARC-Date": f"2020-01-0{i + 1}T00:00:00Z",
                "WARC-Target-URI": f"https://e.example/{part}/{i}",
                **({"WARC-Truncated": "length"} if i == 2 else {}),
            },
            "previous_word_count": 14,
            "text": text,
            "url": f"https://e.example/{part}/{i}",
            "warcinfo": "robots: classic\r\nsoftware: Nutch",
            "fasttext_openhermes_reddit_eli5_vs_rw_v2_bigram_200k_train_prob": 0.5,
        }
        for i, text in enumerate([*texts, f"My homework: {LEAK} Please help."])
    ]
    data = zstandard.compress(lines(rows) + b'{"text": "cut of')
    name = f"global-shard_01_of_10/local-shard_{part}_of_10/shard_00000000_processed.jsonl.zst"
    return Published("mlfoundations/dclm-baseline-1.0", {name: data}, texts, Counter(clean=1, quarantined=1))


def tulu() -> Published:
    talks = [talk(f"Write {i} words in capitals.", f"WORDS {i}") for i in range(5)]
    system = [{"content": "Be brief.", "role": "system"}, *talk("Name a colour, in one word.", "Red")]
    every = [*talks, system, talk(LEAK, LEAK_ANSWER)]
    frame = pl.DataFrame(
        {
            "id": [f"personas_IF_{i}" for i in range(7)],
            "prompt": [said[0]["content"] for said in every],
            "messages": every,
            "constraints": [["length constraints:number of words", "change cases:all capital"]] * 7,
        }
    )
    kept = [f"User:Write {i} words in capitals.\nAssistant:WORDS {i}" for i in range(5)]
    kept.append("User:Name a colour, in one word.\nAssistant:Red")
    hub = "allenai/tulu-3-sft-personas-instruction-following"
    return Published(hub, {"data/train-00000-of-00001.parquet": frame}, kept, Counter(clean=1))


def _item(role: str, content: str | None, turn: int, language: str = "English", toxic: bool = False) -> dict[str, Any]:
    asked = role == "user"
    return {
        "content": content,
        "country": "Norway" if asked else None,
        "hashed_ip": "ab12" if asked else None,
        "header": {"accept-language": "en", "user-agent": "Mozilla/5.0"} if asked else None,
        "language": language,
        "redacted": False,
        "role": role,
        "state": None,
        "timestamp": None if asked else datetime(2023, 4, 9, 0, 2, 53, tzinfo=UTC),
        "toxic": toxic,
        "turn_identifier": turn,
    }


def _wild(
    model: str, *said: str | None, language: str = "English", toxic: bool = False, redacted: bool = False
) -> dict[str, Any]:
    roles = ["user", "assistant"] * len(said)
    items = [
        _item(role, text, 100 + i // 2, language, toxic)
        for i, (role, text) in enumerate(zip(roles, said, strict=False))
    ]
    return {
        "conversation_hash": f"{abs(sum(map(ord, model + ''.join(text or '-' for text in said)))):x}",
        "model": model,
        "timestamp": datetime(2023, 4, 9, 0, 2, 53, tzinfo=UTC),
        "conversation": items,
        "turn": (len(said) + 1) // 2,
        "language": language,
        "openai_moderation": [
            {
                "categories": {"harassment": False, "self-harm": False},
                "category_scores": {"harassment": 1e-5, "self-harm": 2e-7},
                "flagged": toxic,
            }
        ],
        "detoxify_moderation": [{"toxicity": 0.001, "insult": 0.0002}],
        "toxic": toxic,
        "redacted": redacted,
        "state": None,
        "country": "Norway",
        "hashed_ip": "ab12",
        "header": {"accept-language": "en", "user-agent": "Mozilla/5.0"},
    }


def wildchat() -> Published:
    rows = [
        _wild("gpt-4-0314", "What is a fjord?", "A long inlet of the sea."),
        _wild("gpt-4-1106-preview", "A rhyme on rain", "Rain, again.", "Another", "Drops, and stops."),
        _wild("gpt-4-0125-preview", "¿Qué hora es?", "No lo sé.", language="Spanish"),
        _wild("gpt-4-0314", "My mail is <PRESIDIO_ANONYMIZED_EMAIL_ADDRESS>", "Noted.", redacted=True),
        _wild("gpt-4-0314", "Say something rude", "Rude.", toxic=True),
        _wild("gpt-4-0314", "Begin a story", "Once,", "Go on", ""),
        _wild("gpt-4-0314", "Begin a tale", "There was", "Go on", None),
        _wild("gpt-4-0314", "Are you there?", "", "Hello?", "Yes."),
        _wild("gpt-4-0314", "   ", "You said nothing."),
        _wild("gpt-4-0314", LEAK, f"17 times 23 is 391, less 58 is {LEAK_ANSWER}."),
        _wild("gpt-4-0314", "Twice the same?", "Yes."),
        _wild("gpt-4-0314", "Twice the same?", "Yes."),
        _wild("gpt-3.5-turbo-0301", "What is a bay?", "A wide inlet."),
        _wild("gpt-3.5-turbo-0613", "What is a cape?", "Land in the sea."),
        _wild("GPT4", "Another spelling?", "It is not in the release."),
    ]
    frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(pl.col("model").cast(pl.Categorical))
    kept = [
        "User:What is a fjord?\nAssistant:A long inlet of the sea.",
        "User:A rhyme on rain\nAssistant:Rain, again.\nUser:Another\nAssistant:Drops, and stops.",
        "User:¿Qué hora es?\nAssistant:No lo sé.",
        "User:My mail is <PRESIDIO_ANONYMIZED_EMAIL_ADDRESS>\nAssistant:Noted.",
        "User:Say something rude\nAssistant:Rude.",
        "User:Begin a story\nAssistant:Once,",
        "User:Begin a tale\nAssistant:There was",
        "User:Twice the same?\nAssistant:Yes.",
    ]
    fates = Counter(gpt4=3, quarantined=2, repeat=1, clean=1)
    return Published("allenai/WildChat-1M", {"data/train-00000-of-00001.parquet": frame}, kept, fates)


def ultrachat() -> Published:
    talks = [talk(f"Who wrote book {i}?", f"Author {i}.", "When?", f"In {1900 + i}.") for i in range(5)]
    every = [*talks, talk(LEAK, LEAK_ANSWER), talk("Thanks in advance", "Gladly.", "And this?")]
    frame = pl.DataFrame(
        {"prompt": [said[0]["content"] for said in every], "prompt_id": ["ab" * 32] * 7, "messages": every}
    )
    kept = [f"User:Who wrote book {i}?\nAssistant:Author {i}.\nUser:When?\nAssistant:In {1900 + i}." for i in range(5)]
    kept.append("User:Thanks in advance\nAssistant:Gladly.")
    files = {
        "data/train_sft-00000-of-00001-a3ecf92756993583.parquet": frame,
        "data/test_sft-00000-of-00001-f7dfac4afe5b93f4.parquet": frame.with_columns(prompt=pl.lit("other")),
        "data/train_gen-00000-of-00001-a6c9fb894be3e50b.parquet": frame.with_columns(prompt=pl.lit("other")),
    }
    return Published("HuggingFaceH4/ultrachat_200k", files, kept, Counter(clean=1))


def _r1(
    problem: str,
    answer: str,
    chains: list[str],
    right: list[bool],
    judged: list[bool] | None = None,
    source: str = "olympiads",
) -> dict[str, Any]:
    best = next((i for i, ok in enumerate(judged or right) if ok), 0)
    return {
        "problem": problem,
        "solution": f"It is {answer}.",
        "answer": answer,
        "problem_type": "Algebra",
        "question_type": "math-word-problem",
        "source": source,
        "uuid": f"{sum(map(ord, problem)):08x}-0000-5000-8000-000000000000",
        "is_reasoning_complete": ["</think>" in chain for chain in chains],
        "generations": chains,
        "correctness_math_verify": right,
        "correctness_llama": judged,
        "finish_reasons": None if judged is None else ["stop"] * len(chains),
        "correctness_count": sum(judged or right),
        "messages": talk(problem, chains[best]),
    }


def chain(steps: str, answer: str) -> str:
    return f"<think>\n{steps}\n</think>\n\n**Solution.** The answer is $\\boxed{{{answer}}}$."


def openr1_rows() -> list[dict[str, Any]]:
    rows = [
        _r1(
            f"What is {i} + {i}?",
            str(2 * i),
            [chain(f"Twice {i}.", "7"), chain(f"So, {i} and {i}: {2 * i}.", str(2 * i))],
            [False, True],
        )
        for i in range(10, 14)
    ]
    rows.append(
        _r1(
            "What is 3 + 4?",
            "7",
            [chain("Seven.", "7"), chain("3, 4, 5, 6, 7.", "7"), "<think>\nI count and"],
            [True, True, True],
        )
    )
    rows.append(
        _r1(
            "Which set is it?",
            "$\\{1\\}$",
            [chain("The one.", "{1}"), chain("Two?", "2")],
            [False, False],
            [True, False],
            "cn_contest",
        )
    )
    rows.append(_r1(LEAK, LEAK_ANSWER, [chain("391 less 58.", LEAK_ANSWER)], [True]))
    return rows


def openr1() -> Published:
    rows = openr1_rows()
    shape: dict[str, Any] = {"correctness_llama": pl.List(pl.Boolean), "finish_reasons": pl.List(pl.String)}
    kept = [f"What is {i} + {i}?\nSo, {i} and {i}: {2 * i}." for i in range(10, 14)]
    kept += ["What is 3 + 4?\nSeven.", "Which set is it?\nThe one."]
    files = {
        "all/default-00000-of-00001.parquet": pl.DataFrame(rows[:5], schema_overrides=shape),
        "all/extended-00000-of-00001.parquet": pl.DataFrame(rows[5:], schema_overrides=shape),
        "data/train-00000-of-00001.parquet": pl.DataFrame(rows[:5], schema_overrides=shape),
    }
    return Published("open-r1/OpenR1-Math-220k", files, kept, Counter(clean=1))


def _am(question: str, answer: str, score: float | None, truth: str = "7") -> dict[str, Any]:
    return {
        "question": question,
        "question_source": "NuminaMath_1.5",
        "answer": answer,
        "answer_source": "DeepSeek-R1",
        "category": "math",
        "ground_truth": truth,
        "test_case": None,
        "instruction_constrain": None,
        "pass_rate_r1": 0.5,
        "pass_rate_7b": 0.25,
        "pass_rate_1.5b": 0.0,
        "verify_score": score,
        "ppl": 2.25,
        "model_name": "DeepSeek-R1",
    }


def am_deepseek() -> Published:
    """Several answers to one question; whole numbers where others have fractions; thinking that is cut off, unopened or asked about."""

    def answer(steps: str) -> str:
        return f"<think>{steps}</think><answer>It is \\boxed{{7}}.</answer>"

    rows = [
        _am("What is 3 + 4?", answer("Okay, three and four."), 1.0),
        _am("What is 3 + 4?", answer("Four, five, six, seven."), 1),
        _am("What is 14 / 2?", answer("Half of it."), 1.0),
        _am("What is 2 + 5?", answer("Six?"), 0.0),
        _am("What is 8 - 1?", answer("One less."), None),
        _am("What is 7 * 1?", "<think>It is cut", 1.0),
        _am("What is 1 + 6?", "Seven, I think.\n</think>\n<answer>7</answer>", 1.0),
        _am("What does <think> mean, and what is 9 - 2?", answer("It opens; nine less two."), 1.0),
        _am(LEAK, answer("391 less 58."), 1.0, LEAK_ANSWER),
    ]
    kept = [
        "What is 3 + 4?\nOkay, three and four.",
        "What is 3 + 4?\nFour, five, six, seven.",
        "What is 14 / 2?\nHalf of it.",
        "What is 1 + 6?\nSeven, I think.",
        "What does <think> mean, and what is 9 - 2?\nIt opens; nine less two.",
    ]
    files = {
        "math_r1_4pass.jsonl": lines(rows[:5]),
        "math_r1_1pass.jsonl": lines(rows[5:]),
        "code_r1_1pass.jsonl": lines(rows[:1]),
    }
    return Published(
        "a-m-team/AM-DeepSeek-Distilled-40M", files, kept, Counter(right=1, undecided=1, quarantined=1, clean=1)
    )


def openmathinstruct() -> Published:
    """Several solutions to one problem, which is the rule there."""
    rows = [
        {
            "problem": f"What is {i % 3} + 5?",
            "generated_solution": f"Way {i}: the sum of {i % 3} and 5 is \\( \\boxed{{{i % 3 + 5}}} \\).",
            "expected_answer": str(i % 3 + 5),
            "problem_source": "augmented_gsm8k",
        }
        for i in range(9)
    ]
    kept = [f"{row['problem']}\n{row['generated_solution']}" for row in rows]
    leak = {
        "problem": LEAK,
        "generated_solution": "It is 333.",
        "expected_answer": LEAK_ANSWER,
        "problem_source": "augmented_math",
    }
    files = {
        "data/train-00000-of-00002.parquet": pl.DataFrame(rows[:5]),
        "data/train-00001-of-00002.parquet": pl.DataFrame([*rows[5:], rows[0], leak]),
        "data/train_1M-00000-of-00001.parquet": pl.DataFrame(rows),
    }
    return Published("nvidia/OpenMathInstruct-2", files, kept, Counter(repeat=1, clean=1))


def _numina(
    problem: str | None,
    solution: str | None,
    answer: str | None,
    kind: str = "math-word-problem",
    valid: str = "Yes",
    solved: str = "Yes",
) -> dict[str, Any]:
    return {
        "problem": problem,
        "solution": solution,
        "answer": answer,
        "problem_type": "Number Theory",
        "question_type": kind,
        "problem_is_valid": valid,
        "solution_is_valid": solved,
        "source": "aops_forum",
        "synthetic": False,
    }


def numina_rows() -> list[dict[str, Any]]:
    return [
        _numina("What is 6 times 7?", "Six times seven is 42.", "42"),
        _numina("What is 6 times 7?", "Seven times six is 42, the same.", "42"),
        _numina("Show that 2 divides 4.", "4 = 2 * 2.", "proof", "proof"),
        _numina("Is 9 prime? (A) yes (B) no", "9 = 3 * 3, so B.", "B", "MCQ"),
        _numina("Find all such x.", "https://forum.example/t/12", "notfound"),
        _numina("What is the area in the picture?", "See the picture.", "4", valid="Incomplete"),
        _numina("What is 8 / 2?", "It is 5.", "5", solved="Problem not solved"),
        _numina("What is 10 - 4?", None, None, solved="No"),
        _numina("What is 11 - 4?", "", "7", solved="No"),
        _numina(LEAK, f"391 - 58 = {LEAK_ANSWER}", LEAK_ANSWER),
    ]


def numina() -> Published:
    rows = numina_rows()
    kept = [f"{row['problem']}\n{row['solution']}" for row in rows[:7]]
    files = {"data/train-00000-of-00001.parquet": pl.DataFrame(rows)}
    return Published("AI-MO/NuminaMath-1.5", files, kept, Counter(solved=2, clean=1))
