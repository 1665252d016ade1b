r"""Answers that are too long, too deep or too large: for the regular expressions, the parser, SymPy, and the memory.

Every one has a gold that it is not equal to, and must be answered within the limit of time. `slow` families are of a megabyte each.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any

Row = tuple[str, str, str, dict[str, Any]]
GOLD = "987654321"


def boxed(answer: str) -> str:
    return f"\\boxed{{{answer}}}"


def nested(open_: str, middle: str, close: str, depth: int) -> str:
    return open_ * depth + middle + close * depth


def _not_right(texts: list[str], gold: str = GOLD) -> Iterator[Row]:
    for n, text in enumerate(texts):
        yield text, gold, "not right", {"strict": n % 2 == 1}


def deep() -> Iterator[Row]:
    pairs = [
        ("{", "}"),
        ("(", ")"),
        ("[", "]"),
        ("\\{", "\\}"),
        ("\\left(", "\\right)"),
        ("|", "|"),
        ("\\sqrt{", "}"),
        ("\\frac{1}{", "}"),
        ("\\frac{", "}{2}"),
        ("\\text{", "}"),
        ("\\mathrm{", "}"),
        ("x^{", "}"),
        ("x_{", "}"),
        ("2^{", "}"),
        ("-", ""),
        ("\\sin(", ")"),
        ("\\log_{2}{", "}"),
        ("\\lfloor ", "\\rfloor"),
        ("\\begin{pmatrix}", "\\end{pmatrix}"),
        ("\\boxed{", "}"),
        ("f(", ")"),
        ("\\binom{9}{", "}"),
        ("\\sum_{k=1}^{", "}k"),
        ("\\int_0^{", "}dx"),
        ("!", "!"),
        ("", "!"),
        ("", "'"),
        ("", "\\%"),
        ("\\overline{", "}"),
        ("\\color{red}{", "}"),
        ("$", "$"),
        ("\\(", "\\)"),
    ]
    texts = [boxed(nested(a, "5", b, depth)) for a, b in pairs for depth in (10, 22, 40, 400, 10_000)]
    texts += [boxed(a * 10_000 + "5") for a, _ in pairs if a] + [boxed("5" + b * 10_000) for _, b in pairs if b]
    yield from _not_right(texts)


def towers() -> Iterator[Row]:
    yield from _not_right(
        [
            boxed(answer)
            for answer in r"""
9^{9^9}
9^{9^{9^9}}
9^{9^{9^{9^9}}}
9^9^9^9
{9^9}^{9^9}
(9^9)^{9^9}
((9^{9})^{9})^{9^{9}}
2^{2^{2^{2^{2^2}}}}
\frac{5^{(5^{(5^{(5^5)})}-4)}-5}{16}
\dfrac{5^{\left(5^{\left(5^{\left(5^5\right)}\right)} - 4\right)} - 5}{16}
10^{100000}
10^{1000000000}
10^{10^{10}}
10^{-10^{10}}
9^{99999}
9^{99999999999}
9^{-99999999}
1.0000001^{10^{12}}
99999^{99999}
123456789^{123456789}
(10^{100})^{10^{5}}
\pi^{10^{10}}
\sqrt{2}^{10^9}
2^{10^9} \bmod 7
2^{10^{18}} \bmod 1000000007
7^{7^{7^7}} \pmod{10}
x^{10^{10}}
x^{99999}
(x+1)^{1000}
(x+1)^{99999}
(x+y)^{500}
(x+y+z)^{200}
(x+y+z)^{999}
(1+\sqrt2)^{10000}
(1+i)^{100000}
(\sqrt2+\sqrt3)^{1000}
(1+x+x^2+x^3)^{500}
\prod_{k=1}^{1000}(x+k)
1000!
9999!
99999!
99999999!
(9!)!
((3!)!)!
9!!!!
(10^6)!
\frac{1000000!}{999999!}
\frac{10000!}{9999!}
\Gamma(10^7)
\Gamma(1000000)
\binom{1000000}{500000}
\binom{10^9}{10^8}
\binom{99999}{49999}
\binom{2^{64}}{2^{32}}
\binom{1000}{500}
{1000000 \choose 500000}
\sum_{k=1}^{1000000} k^{50}
\sum_{k=1}^{10^9} \frac{1}{k}
\sum_{k=1}^{10000} \frac{1}{k}
\sum_{k=1}^{9^{9^9}} k
\sum_{k=9^{9^9}}^{9^{9^{9}}+1} k
\sum_{k=1}^{\infty}\frac{1}{k^{3}+1}
\sum_{k=1}^{\infty}\frac{\sin k}{k!}
\sum_{i=1}^{999}\sum_{j=1}^{999}\sum_{k=1}^{999} \frac{1}{i+j+k}
\prod_{k=1}^{1000000} k
\prod_{k=1}^{10^9} (1+\frac{1}{k^2})
\prod_{p=1}^{9999} \cos p
\int_0^1 \sin(\cos(\sin(\cos x)))\,dx
\int_0^{\infty} e^{-x^{17}}\sin(x^3)\,dx
\int x^x\,dx
\int_0^1 x^{x^{x}}\,dx
\int \frac{1}{x^{17}+x^5+1}\,dx
\int_0^1\int_0^1\int_0^1 \frac{1}{1-xyz}\,dx\,dy\,dz
\int \sqrt{\tan x}\,dx
\int e^{\sin x}\cos(x^2)\ln x\,dx
\lim_{n\to\infty}(1+\frac{1}{n})^{n^2}
\lim_{x\to0}\frac{\sin(\tan x)-\tan(\sin x)}{x^7}
\lim_{n\to\infty}\frac{n!}{n^n e^{-n}\sqrt{n}}
\lim_{x\to\infty} x^{x^{x}}
\frac{d^{100}}{dx^{100}} x^{x}
\frac{d^{999}}{dx^{999}}\tan x
\log_{2}{9^{9^{9}}}
\ln(9^{9^{9}})
\sin(9^{9^{9}})
\sin(10^{1000})
\tan(10^{22})
e^{e^{e^{e^{e}}}}
e^{9^{9^9}}
\sqrt[9^{9^9}]{2}
\sqrt[999999999]{2}
x_{9^{9^9}}
\lfloor 9^{9^9}\rfloor
\lfloor \pi^{1000000}\rfloor
\lfloor e^{e^{10}}\rfloor
\gcd(9^{9^9},3)
\phi(10^{60}+7)
\max(9^{9^9},1)
9^{9^9} - 9^{9^9}
\frac{9^{9^9}}{9^{9^9}}
0\cdot 9^{9^9}
1^{9^{9^9}}
(-1)^{9^{9^9}}
0^{9^{9^9}}
i^{9^{9^9}}
|9^{9^9}|
9^{9^9}\%
1e999999999
1e99999
1E9999999999999
0.1e-99999999
1.5 \times 10^{999999999}
10^{999999999} \text{ m}
\begin{pmatrix}9&9\\9&9\end{pmatrix}^{9^9}
\begin{pmatrix}1&1\\1&0\end{pmatrix}^{1000000}
\begin{pmatrix}x&y\\z&w\end{pmatrix}^{200}
\begin{pmatrix}1&1\\1&0\end{pmatrix}^{-1000000}
\overline{9}^{9^9}
0.\overline{123456789012345678901234567890}
\{1,\ldots,9^{9^9}\}
[0,9^{9^9}]
\{x : x^{99}+x+1=0\}
x^{17}+x^5+1=0
x^{5}-x-1=0
x^{99999}=1
\sin x=x^{5}+\cos x
e^{x}+\ln x+x^x=7
\frac{1}{x^{5}-x-1}>0
x^{7}-7x+1>0
\sin(x)\cos(x)\tan(x)>\frac{1}{x}
a^{b^{c^{d^{e^{f}}}}}
((((((x^2+1)^2+1)^2+1)^2+1)^2+1)^2+1)^2
((((((x^9+1)^9+1)^9+1)^9+1)^9+1)^9+1)^9
\cos\frac{\pi}{65537}
\sin\frac{\pi}{99991}
\cos\frac{2\pi}{17}+\cos\frac{4\pi}{17}+\cos\frac{8\pi}{17}
\sqrt{2+\sqrt{2+\sqrt{2+\sqrt{2+\sqrt{2+\sqrt{2+\sqrt{2+\sqrt{2}}}}}}}}
\sqrt[3]{2+\sqrt[3]{3+\sqrt[3]{5+\sqrt[3]{7+\sqrt[3]{11}}}}}
\sqrt{2}+\sqrt{3}+\sqrt{5}+\sqrt{7}+\sqrt{11}+\sqrt{13}+\sqrt{17}+\sqrt{19}+\sqrt{23}
\frac{1}{\sqrt{2}+\sqrt{3}+\sqrt{5}+\sqrt{7}+\sqrt{11}+\sqrt{13}+\sqrt[3]{17}}
\left(\sqrt[3]{2}+\sqrt[5]{3}+\sqrt[7]{5}\right)^{50}
""".strip().splitlines()
        ]
    )


def hard_pairs() -> Iterator[Row]:
    """Both sides are large; they are unlike, so "right" is a guess."""
    letters = "abcdefghjklmnopqrstuvwxyz"
    many = "+".join(f"{a}{b}" for a in letters[:8] for b in letters[8:14])
    product = "".join(f"({a}+{b})" for a, b in itertools.pairwise(letters))
    trig = "+".join(f"\\sin^{{{k}}}({k}x)\\cos^{{{k}}}(x)" for k in range(1, 12))
    roots = "+".join(f"\\sqrt{{{p}}}" for p in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29))
    poly = "+".join(f"{k}x^{{{k}}}" for k in range(1, 60))
    big = "".join(str((k * 7919) % 10) for k in range(1, 400))
    matrix = (
        "\\begin{pmatrix}"
        + "\\\\".join("&".join(str((r * c) % 10) for c in range(12)) for r in range(12))
        + "\\end{pmatrix}"
    )
    for answer, gold in [
        (many, many + "+1"),
        (product, product + "+1"),
        (product + "+1", product),
        (trig, trig + "+1"),
        (trig, trig.replace("cos", "tan")),
        (roots, roots.replace("29", "31")),
        (f"({roots})^2", roots),
        (f"\\frac{{1}}{{{roots}}}", roots),
        (poly, poly + "+1"),
        (f"({poly})^2", poly),
        (big, big[:-1] + "0"),
        (f"{big}/{big[1:]}", f"{big}/{big[2:]}"),
        (f"\\frac{{{big}}}{{{big[:-1]}}}", "10"),
        (matrix, matrix.replace("7", "8", 1)),
        (f"{matrix}^{{9}}", matrix),
        ("(x+1)^{30}", "(x+1)^{29}"),
        ("(x+1)^{300}", "(x+1)^{299}"),
        ("(x+y+z)^{30}", "(x+z+y)^{29}"),
        ("(x+y+z)^{999}", "(x+z+y)^{998}"),
        ("(x+1)^{99}-(x-1)^{99}", "(x+1)^{99}+(x-1)^{99}"),
        ("x^{100}-1", "(x-1)(x^{99}+x^{98}+1)"),
        ("9^{9^9}", "9^{9^9}+1"),
        ("9^{9^9}", "9^{9^8}"),
        ("1000!", "1001!"),
        ("10^{1000}", "10^{1001}"),
        ("10^{1000}", "10^{1000}+1"),
        ("\\binom{1000}{500}", "\\binom{1000}{499}"),
        ("\\sin(x^2+\\cos(x^3))", "\\sin(x^3+\\cos(x^2))"),
        ("\\int_0^1\\sin(\\cos x)dx", "\\int_0^1\\cos(\\sin x)dx"),
        ("\\int x^x dx", "\\int x^{2x} dx"),
        ("\\sum_{k=1}^n k^{50}", "\\sum_{k=1}^n k^{51}"),
        ("\\sum_{k=1}^{100}\\frac1{k^k}", "\\sum_{k=1}^{100}\\frac1{k^{k+1}}"),
        ("\\frac{\\sin 9x}{\\sin x}", "\\frac{\\sin 8x}{\\sin x}"),
        ("\\sin 20x", "20\\sin x\\cos x"),
        ("\\cos^{20}x+\\sin^{20}x", "1"),
        ("\\tan(x+y+z)", "\\tan x+\\tan y+\\tan z"),
        ("x^5-x-1=0", "x^5-x-2=0"),
        ("x^7+y^7=z^7", "x^7+y^7=2z^7"),
        ("\\sqrt{x+\\sqrt{x+\\sqrt{x+1}}}=2", "\\sqrt{x+\\sqrt{x+\\sqrt{x+2}}}=2"),
        ("|x-1|+|x-2|+|x-3|+|x-4|<9", "|x-1|+|x-2|+|x-3|+|x-4|<8"),
        ("x^{17}+x^5+1<0", "x^{17}+x^5+2<0"),
        ("\\{" + ",".join(map(str, range(250))) + "\\}", "\\{" + ",".join(map(str, range(1, 251))) + "\\}"),
        (",".join(map(str, range(200))), ",".join(map(str, range(1, 201)))),
        (",".join(f"\\sqrt{{{n}}}" for n in range(2, 60)), ",".join(f"\\sqrt{{{n}}}" for n in range(3, 61))),
        (",".join(f"x+{n}" for n in range(2, 60)), ",".join(f"x+{n}" for n in range(3, 61))),
        (
            "\\cup".join(f"({2 * n},{2 * n + 1})" for n in range(60)),
            "\\cup".join(f"({2 * n},{2 * n + 1})" for n in range(1, 61)),
        ),
        ("x=" * 100 + "1", "x=" * 100 + "2"),
        ("1<" * 100 + "x", "1<" * 100 + "y"),
        ("\\pm1" * 12, "\\pm2" * 12),
        ("\\pm".join(map(str, range(1, 16))), "\\pm".join(map(str, range(2, 17)))),
        (
            "\\pm\\sqrt{2\\pm\\sqrt{3\\pm\\sqrt{5\\pm\\sqrt{7}}}}",
            "\\pm\\sqrt{2\\pm\\sqrt{3\\pm\\sqrt{5\\pm\\sqrt{11}}}}",
        ),
    ]:
        yield boxed(answer), gold, "not right", {}
        yield boxed(answer), gold, "not right", {"strict": True}


def long_numbers() -> Iterator[Row]:
    yield from _not_right(
        [
            text
            for size in (999, 4301, 10_000, 100_000)
            for digits in ("1" * size,)
            for text in (
                boxed(digits),
                digits,
                boxed("-" + digits),
                boxed("0." + digits),
                boxed(digits + "." + digits),
                boxed("0" * size + "1"),
                boxed(f"\\frac{{{digits}}}{{{digits}1}}"),
                boxed(f"{digits}/{digits}1"),
                boxed(f"{digits}^2"),
                boxed(f"1e{digits}"),
                boxed(f"10^{{{digits}}}"),
                boxed(f"0.\\overline{{{digits}}}"),
                boxed(f"\\sqrt{{{digits}}}"),
                boxed(",".join(["111"] * (size // 4))),
                boxed(",".join(digits[: size // 2])),
                boxed(" ".join(digits[: size // 2])),
                boxed("９" * size),
                boxed("²" * size),
                boxed("½" * size),
            )
        ]
    )
    for gold in ("1" * 999, "1" * 5000, "1" * 100_000):
        yield boxed("5"), gold, "not right", {}
        yield boxed("2" * len(gold)), gold, "not right", {}
        yield boxed(gold[:-1] + "2"), gold, "not right", {"kind": "ocw"} if len(gold) > 5000 else {}
        yield boxed("5"), gold, "not right", {"kind": "ocw"}
        yield boxed(gold), "5", "not right", {"kind": "ocw"}


# Beginnings, bodies and ends for the regular expressions of eval/: each body is repeated to `size` characters.
_PIECES = [
    *[chr(c) for c in range(32, 127) if not chr(c).isalnum()],
    *"0 1 9 a A x i e".split(),
    *[
        "\n",
        "\t",
        "\r",
        "\x0b",
        "\x0c",
        "\x00",
        "\u2028",
        "\u00a0",
        "\u200b",
        "\u202e",
        "\u0301",
        "\ud800",
        "\U0001d7d8",
        "\ufeff",
    ],
    *r"\boxed{ \fbox{ \boxed{5} \boxed5 \frac \frac{ \frac{1}{ \text{ \text{} \mathrm{a} \left(".split(),
    *r"\right) \$ \% \\ \, \! \{ \} \( \) \[ \] $$ $a $5".split(),
    *r"1, 1,1 ,111 1/ 1. .1 1% 1 1e 1- -1 -- 1\, 1\! 1{,} 1^ ^1 ^{ ^{1 ^( ^- 1! !! !( )! ( ) () {} [] a= x= f(x)= x=1,".split(),
    *r"(A) A) A. (A (A). #### ####1".split(),
    *[
        "answer is ",
        "answer: ",
        "answer is 1\n",
        "The answer is 1. ",
        "A: ",
        "\nA:",
        "\nA: 1",
        "final answer is ",
        "answer**:",
        "answer =",
        "* ",
        "*",
        " *",
        ": ",
    ],
    *[
        "<think>",
        "</think>",
        "<think></think>",
        "< /think>",
        "1 and ",
        "1 or ",
        ", and ",
        "and",
        " 1 dollars",
        " abcd",
        "1 abcd efgh ",
        "1 %",
        "percent",
        "1 percent ",
    ],
    *[
        "\\boxed{1} or ",
        "\\boxed{1}, ",
        "\\boxed{1}\n\n",
        "\\boxed{}",
        "}\\boxed{",
        "$1$ ",
        "$ $",
        "$x$",
        "\\(x\\)",
        "\\[x\\]",
        "\\(",
        "\\[",
        "\\begin{",
        "\\end{",
        "&",
        "\\\\ ",
    ],
    *[
        "\\binom{",
        "\\binom{1}{1}",
        "\\sqrt",
        "\\sqrt{",
        "\\sqrt[",
        "\\sum_",
        "\\overline{",
        "\\pm",
        "\\cup",
        "\\text{or}",
        "\\quad",
        "\\circ",
        "^\\circ",
        "^{\\circ}",
        "\\degree",
    ],
]


def _killers(size: int, ends: tuple[str, ...]) -> Iterator[Row]:
    for n, piece in enumerate(_PIECES):
        body = piece * (size // len(piece))
        for m, end in enumerate(ends):
            for start in ("", "\\boxed{", "The answer is "):
                # `any`: repeated digits may be anything but the gold, which none of the pieces spells
                yield start + body + end, GOLD, "not right", {"strict": (n + m) % 3 == 0}


def runs() -> Iterator[Row]:
    """Each piece for 20,000 characters, ended in three ways: what is quadratic takes seconds here."""
    yield from _killers(20_000, ("",))


def runs_ended() -> Iterator[Row]:
    yield from _killers(20_000, ("}", "\x00?"))


def long_runs() -> Iterator[Row]:
    """Each piece for a megabyte."""
    yield from _killers(1_000_000, ("",))


def runs_as_answers() -> Iterator[Row]:
    """Each piece as an answer of a length that is parsed, for the other kinds and as the gold too."""
    for n, piece in enumerate(_PIECES):
        answer = piece * (900 // len(piece))
        yield boxed(answer), GOLD, "not right", {"strict": n % 2 == 0}
        yield boxed(answer), "5.5", "not right", {"kind": "ocw"}
        yield answer, "B", "any", {"kind": "choice", "options": ("1", GOLD, "x")}
        yield boxed(GOLD), answer, "not right", {}


def crowds() -> Iterator[Row]:
    """Many of what there should be one of."""
    chance = random.Random(11)
    mixed = "".join(chance.choice(_PIECES) for _ in range(30_000))
    yield from _not_right(
        [
            "\\boxed{5}" * 10_000,
            "\\boxed{5}, " * 10_000,
            "\\boxed{5} or " * 10_000,
            "\\boxed{" * 10_000,
            "\\boxed{" * 10_000 + "5" + "}" * 10_000,
            "\\boxed{5" + "{" * 10_000,
            ("\\boxed{" + "{" * 300) * 300,
            "\\boxed{" + "}" * 10_000,
            "\\boxed{5" * 3_000 + "}" * 3_000,
            "\\boxed{" + "a" * 100_000 + "}",
            ("\\boxed{" + "a" * 3_000) * 32,
            ("\\boxed{" + "\\{" * 3_000) * 32,
            "The answer is 5. " * 10_000,
            "The answer is 5\n" * 10_000,
            "answer is answer is " * 10_000,
            "####" * 30_000,
            "#### 5\n" * 10_000,
            "\n" * 100_000 + "A: 5",
            ("\n" + " " * 300) * 300 + "A:",
            "answer:" + " " * 100_000,
            "answer" + "*" * 100_000,
            "answer is" + ": * " * 30_000,
            "$" * 100_000,
            "$ " * 50_000,
            "$x" * 50_000,
            "$x$ " * 30_000,
            "$" + "x" * 100_000,
            "$" + "\\a" * 50_000,
            ("$" + "x" * 400) * 250,
            ("$" + "x " * 200) * 250,
            "$$" + "x" * 999 + "$",
            ("$$" + "x" * 900) * 100,
            "\\(" * 50_000,
            ("\\(" + "x" * 900) * 100,
            "\\[" * 50_000,
            "\\[x\\] " * 20_000,
            "<think>" * 20_000,
            "</think>" * 20_000,
            "<think>" * 10_000 + "</think>" * 10_000 + "\\boxed{5}",
            "<think>" + "\\boxed{987654321}" * 5_000 + "</think>\\boxed{5}",
            "5 " * 100_000,
            "1,111" * 20_000,
            "1,111," * 20_000,
            "1/" * 50_000,
            "1." * 50_000,
            "-" * 100_000 + "5",
            "- " * 50_000 + "5",
            "1" + " " * 100_000 + "/",
            ("1" + " " * 300) * 300,
            "\\frac{1}" * 20_000,
            "\\frac{" * 30_000,
            "\\frac{1}{1}" * 10_000,
            "a" * 1_000_000,
            "a " * 500_000,
            "5" * 1_000_000,
            "{" * 1_000_000,
            "\\" * 1_000_000,
            "\u0301" * 10_000,
            "5" + "\u0301" * 10_000,
            "\u202e5" * 10_000,
            "\x00" * 100_000,
            "\ud800" * 10_000,
            boxed("\ud800"),
            boxed("\udfff\ud800"),
            boxed("5\x00"),
            boxed("\u200b5"),
            boxed("\u202e54321"),
            boxed("5\u20dd"),
            boxed("\u0665" * 900),
            boxed("5" + "\u200b" * 900),
            boxed("5" + " " * 100_000),
            boxed(" " * 100_000),
            boxed("\n" * 100_000),
            boxed("\\ " * 50_000),
            boxed("\\left(" * 100),
            boxed("\\left(" * 5_000),
            boxed("+".join("abcdefghijklmnopqrstuvwxyz" * 2)),
            boxed("".join(f"x_{{{n}}}" for n in range(100))),
            boxed("+".join(f"x_{{{n}}}" for n in range(100))),
            boxed("+".join(f"x^{{{n}}}" for n in range(100))),
            boxed("+".join(f"{n}x^{{{n}}}" for n in range(999))),
            boxed("\\begin{pmatrix}" + "\\\\".join("&".join("1" * 20) for _ in range(20)) + "\\end{pmatrix}"),
            boxed("\\begin{pmatrix}" + "\\\\".join("&".join("1" * 100) for _ in range(100)) + "\\end{pmatrix}"),
            boxed("\\begin{pmatrix}" + "&" * 900 + "\\end{pmatrix}"),
            boxed("\\begin{cases}" + "\\\\" * 400 + "\\end{cases}"),
            boxed("=".join("x" * 450)),
            boxed("<".join("x" * 450)),
            boxed("|" * 900),
            boxed("|x" * 400),
            boxed("/".join("1" * 450)),
            boxed("^".join("2" * 8)),
            boxed("^".join("x" * 450)),
            boxed("*".join("9" * 450)),
            boxed("(1+" * 20 + "1" + ")" * 20),
            boxed("(x+" * 20 + "1" + ")^2" * 20),
            boxed("\\frac{1}{1+" * 22 + "x" + "}" * 22),
            mixed,
            boxed(mixed[:900]),
            boxed(mixed),
        ]
    )


FAMILIES: dict[str, Callable[[], Iterator[Row]]] = {
    "deep": deep,
    "towers": towers,
    "hard pairs": hard_pairs,
    "long numbers": long_numbers,
    "crowds": crowds,
    "runs": runs,
    "runs, ended": runs_ended,
    "runs as answers": runs_as_answers,
    "runs of a megabyte": long_runs,
}
SLOW = ("runs, ended", "runs of a megabyte")
