"""Worked computations with whole numbers: divisors, congruences, ciphers, bases, continued fractions."""

from __future__ import annotations

from fractions import Fraction
from math import gcd, isqrt

from curation.embedded._derive import So, check, get, p, plus, power, show, signed, so, table, task
from curation.embedded._page import Block
from curation.synth.families._family import tex
from curation.synth.families._rng import Rng

PRIMES = (5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43)


def _divisions(a: int, b: int) -> list[tuple[int, int, int, int]]:
    """The steps (a, q, b, r) of Euclid's algorithm."""
    rows = []
    while b:
        rows.append((a, a // b, b, a % b))
        a, b = b, a % b
    return rows


def euclid(rng: Rng) -> list[Block]:
    """Greatest common divisor, least common multiple and Bezout numbers."""
    d = rng.randint(1, 14)
    a, b = d * rng.randint(20, 90), d * rng.randint(8, 60)
    a, b = max(a, b), min(a, b)
    rows, g = _divisions(a, b), gcd(a, b)
    x0, x1, y0, y1 = 1, 0, 0, 1
    for _, q, _, _ in rows:
        x0, x1, y0, y1 = x1, x0 - q * x1, y1, y0 - q * y1
    return [
        p(rng, f"{task(rng, 'compute', 'find')} $\\gcd({a}, {b})$ by repeated division.",
          f"What is the greatest common divisor of ${a}$ and ${b}$?",
          f"The Euclidean algorithm for ${a}$ and ${b}$ runs as follows."),
        *[show(f"{m} = {q} \\cdot {n} + {r}") for m, q, n, r in rows],
        p(rng, f"The last remainder that is not zero is ${g}$, {so(rng)} $\\gcd({a}, {b}) = {g}$.",
          f"{So(rng)} the greatest common divisor is ${g}$."),
        p(rng, f"Working backwards, {get(rng)} ${x0} \\cdot {a} + {signed(y0)} \\cdot {b} = {g}$.",
          f"Bezout's identity for these numbers is ${x0} \\cdot {a} + {signed(y0)} \\cdot {b} = {g}$."),
        p(rng, f"The least common multiple is $\\frac{{{a} \\cdot {b}}}{{{g}}} = {a * b // g}$.",
          f"In lowest terms, $\\frac{{{a}}}{{{b}}} = {tex(Fraction(a, b))}$.", f"It took {len(rows)} divisions."),
    ]  # fmt: skip


def modular_inverse(rng: Rng) -> list[Block]:
    """The inverse modulo n, and a congruence solved with it."""
    n = rng.randint(11, 120)
    a = rng.randint(2, n - 2)
    while gcd(a, n) != 1:
        a = a + 1 if a < n - 1 else 2
    inverse, c = pow(a, -1, n), rng.randint(2, n - 1)
    rows = _divisions(n, a)
    return [
        p(rng, f"{task(rng, 'solve')} ${a}x \\equiv {c} \\pmod{{{n}}}$.", f"For which $x$ is ${a}x \\equiv {c} \\pmod{{{n}}}$?",
          f"We need the inverse of ${a}$ modulo ${n}$ in order to solve ${a}x \\equiv {c} \\pmod{{{n}}}$."),
        p(rng, f"Divide with remainder: ${'$, $'.join(f'{m} = {q} * {k} + {r}' for m, q, k, r in rows).replace('*', chr(92) + 'cdot')}$."),
        p(rng, f"The greatest common divisor is $1$, and backwards {get(rng)} an inverse: ${a} \\cdot {inverse} = "
          f"{a * inverse} = {a * inverse // n} \\cdot {n} + 1$.",
          f"From these lines one finds that ${a} \\cdot {inverse} \\equiv 1 \\pmod{{{n}}}$."),
        p(rng, f"Multiply the congruence by ${inverse}$: $x \\equiv {inverse} \\cdot {c} \\equiv {inverse * c % n} \\pmod{{{n}}}$.",
          f"{So(rng)} $x \\equiv {inverse} \\cdot {c} = {inverse * c} \\equiv {inverse * c % n} \\pmod{{{n}}}$."),
        p(rng, f"{check(rng)} ${a} \\cdot {inverse * c % n} = {a * (inverse * c % n)} \\equiv {c} \\pmod{{{n}}}$."),
    ]  # fmt: skip


def chinese_remainder(rng: Rng) -> list[Block]:
    """Two congruences with coprime moduli."""
    m, n = rng.sample((3, 4, 5, 7, 8, 9, 11, 13, 17, 19), 2)
    while gcd(m, n) != 1:
        n += 1
    a, b = rng.randint(0, m - 1), rng.randint(0, n - 1)
    x = next(v for v in range(a, m * n, m) if v % n == b)
    k = (x - a) // m
    inverse = pow(m, -1, n)
    thing = rng.choice("marbles, soldiers, eggs, coins, sheep, books, plums, stamps, nuts, bottles, chairs".split(", "))
    return [
        p(rng, f"Some {thing} are counted. In rows of ${m}$, ${a}$ are left over; in rows of ${n}$, ${b}$. How many can there be?",
          f"{task(rng, 'solve')} $x \\equiv {a} \\pmod{{{m}}}$ and $x \\equiv {b} \\pmod{{{n}}}$ at the same time."),
        p(rng, f"From the first congruence $x = {a} + {m}k$ with an integer $k$.", f"Write $x = {a} + {m}k$."),
        p(rng, f"The second one demands ${m}k \\equiv {b - a} \\equiv {(b - a) % n} \\pmod{{{n}}}$.",
          f"Insert this into the second: ${m}k \\equiv {(b - a) % n} \\pmod{{{n}}}$."),
        p(rng, f"Since ${m} \\cdot {inverse} \\equiv 1 \\pmod{{{n}}}$, {get(rng)} $k \\equiv {inverse} \\cdot "
          f"{(b - a) % n} \\equiv {k % n} \\pmod{{{n}}}$."),
        show(f"x \\equiv {a} + {m} \\cdot {k} = {x} \\pmod{{{m * n}}}"),
        p(rng, f"{check(rng)} ${x} = {x // m} \\cdot {m} + {a}$ and ${x} = {x // n} \\cdot {n} + {b}$.",
          f"The smallest solution is ${x}$, the next ones are ${x + m * n}$ and ${x + 2 * m * n}$."),
    ]  # fmt: skip


def rsa(rng: Rng) -> list[Block]:
    """A toy key pair, a message there and back."""
    q, r = rng.sample(PRIMES[:8], 2)
    n, phi = q * r, (q - 1) * (r - 1)
    e = next(v for v in range(rng.randint(3, 9), phi) if gcd(v, phi) == 1)
    d, m = pow(e, -1, phi), rng.randint(2, n - 2)
    c = pow(m, e, n)
    return [
        p(rng, f"Take the primes $p = {q}$ and $q = {r}$. Then $N = {q} \\cdot {r} = {n}$ and $(p - 1)(q - 1) = "
          f"{q - 1} \\cdot {r - 1} = {phi}$.",
          f"A toy example with $p = {q}$ and $q = {r}$: the modulus is $N = {n}$, and $(p - 1)(q - 1) = {phi}$."),
        p(rng, f"As public exponent we choose $e = {e}$, which has no common factor with ${phi}$.",
          f"The exponent $e = {e}$ is prime to ${phi}$ and may be published."),
        p(rng, f"The private exponent is $d = {d}$, for ${e} \\cdot {d} = {e * d} = {e * d // phi} \\cdot {phi} + 1$.",
          f"Euclid's algorithm gives $d = {d}$: indeed ${e} \\cdot {d} \\equiv 1 \\pmod{{{phi}}}$."),
        p(rng, f"The message $m = {m}$ is encrypted as", f"To send ${m}$, one computes"),
        show(f"{m}^{{{e}}} \\equiv {c} \\pmod{{{n}}}"),
        p(rng, f"The receiver computes ${c}^{{{d}}} \\equiv {m} \\pmod{{{n}}}$ and has the message back.",
          f"Decryption returns ${c}^{{{d}}} \\equiv {m} \\pmod{{{n}}}$."),
        p(rng, f"An eavesdropper who factors ${n}$ knows everything; with such small primes this is no trouble.",
          "In practice the primes have hundreds of digits.",
          f"The same pair of keys can be used to sign: the signature of ${m}$ is ${pow(m, d, n)}$."),
    ]  # fmt: skip


def fast_power(rng: Rng) -> list[Block]:
    """A power modulo n by repeated squaring."""
    n, a, k = rng.randint(11, 200), rng.randint(2, 60), rng.randint(9, 120)
    bits = [i for i in range(k.bit_length()) if k >> i & 1]
    squares = [pow(a, 1 << i, n) for i in range(k.bit_length())]
    product = 1
    for i in bits:
        product = product * squares[i] % n
    return [
        p(rng, f"{task(rng, 'compute')} ${a}^{{{k}}}$ modulo ${n}$.", f"What remainder does ${a}^{{{k}}}$ leave on division by ${n}$?"),
        p(rng, f"In binary, ${k}$ is ${k:b}$, that is, ${k} = {' + '.join(str(1 << i) for i in reversed(bits))}$.",
          f"Write the exponent as a sum of powers of two: ${k} = {' + '.join(str(1 << i) for i in reversed(bits))}$."),
        table(["exponent", *(1 << i for i in range(len(squares)))], [f"${a}$ to this power", *squares]),
        p(rng, f"Each entry is the square of the one before, reduced modulo ${n}$.",
          f"The entries arise by squaring; for example ${squares[0]}^2 = {squares[0] ** 2} \\equiv {squares[1]} "
          f"\\pmod{{{n}}}$."),
        show(f"{a}^{{{k}}} \\equiv {' @ '.join(str(squares[i]) for i in bits).replace('@', chr(92) + 'cdot')} "
          f"\\equiv {product} \\pmod{{{n}}}"),
        p(rng, f"This took {len(squares) - 1 + len(bits) - 1} multiplications instead of ${k - 1}$.",
          f"{So(rng)} the remainder is ${product}$."),
    ]  # fmt: skip


def base_change(rng: Rng) -> list[Block]:
    """A number in another base, by repeated division."""
    n, b = rng.randint(40, 5000), rng.choice((2, 3, 4, 5, 6, 7, 8, 9))
    rows, left = [], n
    while left:
        rows.append((left, left // b, left % b))
        left //= b
    digits = [r for _, _, r in rows][::-1]
    sum_ = " + ".join(f"{d} @ {power(str(b), len(digits) - 1 - i) or '1'}" for i, d in enumerate(digits) if d)
    return [
        p(rng, f"{task(rng, 'write')} ${n}$ in base ${b}$.", f"What are the digits of ${n}$ in base ${b}$?"),
        p(rng, f"Divide by ${b}$ again and again and keep the remainders.",
          f"Repeated division by ${b}$ gives the digits from right to left."),
        table(["number", "quotient", "remainder"], *rows),
        p(rng, f"Read from below, the digits are ${', '.join(map(str, digits))}$.",
          f"{So(rng)} the number is ${''.join(map(str, digits))}$ in base ${b}$."),
        show(f"{n} = {sum_.replace('@', chr(92) + 'cdot')}"),
    ]  # fmt: skip


def factorization(rng: Rng) -> list[Block]:
    """Prime factors, divisors and Euler's function."""
    a, b = rng.sample((2, 3, 5, 7, 11, 13, 17), 2)
    i, j = rng.randint(1, 4 if a < 4 else 2), rng.randint(1, 3 if b < 6 else 1)
    c = rng.choice((1, 19, 23, 29, 31))
    n = a**i * b**j * c
    powers = [(q, k) for q, k in sorted(((a, i), (b, j), (c, 1))) if q > 1]
    written = " @ ".join(power(str(q), k) for q, k in powers).replace("@", "\\cdot")
    count, phi = 1, n
    for q, k in powers:
        count, phi = count * (k + 1), phi // q * (q - 1)
    return [
        p(rng, f"{task(rng, 'factor')} ${n}$.", f"How many divisors does ${n}$ have?"),
        p(rng, f"Trial division by small primes up to $\\sqrt{{{n}}}$, which is less than ${isqrt(n) + 1}$, is enough.",
          f"The smallest prime factor is ${powers[0][0]}$, and ${n} = {powers[0][0]} \\cdot {n // powers[0][0]}$."),
        show(f"{n} = {written}"),
        p(rng, f"A divisor is made by choosing each exponent; there are "
          f"${' @ '.join(str(k + 1) for _, k in powers)} = {count}$ of them.".replace("@", "\\cdot"),
          f"{So(rng)} the number has ${count}$ divisors."),
        p(rng, f"Euler's function is $\\varphi({n}) = {phi}$.",
          f"Of the numbers from $1$ to ${n}$, ${phi}$ have no common factor with it."),
    ]  # fmt: skip


def continued_fraction(rng: Rng) -> list[Block]:
    """A fraction as a continued fraction, with its convergents."""
    b = rng.randint(13, 90)
    a = rng.randint(b + 1, 5 * b)
    rows = _divisions(a, b)
    terms_ = [q for _, q, _, _ in rows]
    h, k = [1, terms_[0]], [0, 1]
    for q in terms_[1:]:
        h.append(q * h[-1] + h[-2])
        k.append(q * k[-1] + k[-2])
    nested = str(terms_[-1])
    for q in reversed(terms_[:-1]):
        nested = f"{q} + \\frac{{1}}{{{nested}}}"
    return [
        p(rng, f"{task(rng, 'expand')} $\\frac{{{a}}}{{{b}}}$ into a continued fraction.",
          f"Which simple fractions are close to $\\frac{{{a}}}{{{b}}}$?"),
        p(rng, f"The quotients of the Euclidean algorithm are ${', '.join(map(str, terms_))}$.",
          f"Division with remainder gives the quotients ${', '.join(map(str, terms_))}$ in turn."),
        show(f"{tex(Fraction(a, b))} = {nested}"),
        table(["quotient", *terms_], ["numerator", *h[1:]], ["denominator", *k[1:]]),
        p(rng, "Each column comes from the two before it: quotient times last plus the one before.",
          "Cut off early, the fraction gives the convergents in the table."),
        p(rng, f"The first approximation is ${h[1]}$, the next $\\frac{{{h[2]}}}{{{k[2]}}}$."
          if len(h) > 2 else "The fraction is an integer.",
          f"In decimals the value is about ${a / b:.5f}$."),
    ]  # fmt: skip


def key_exchange(rng: Rng) -> list[Block]:
    """Diffie and Hellman with a small prime."""
    q = rng.choice(PRIMES[2:])
    g, a, b = rng.randint(2, q - 2), rng.randint(2, q - 2), rng.randint(2, q - 2)
    one, two = rng.sample(
        "Agnes, Bruno, Clara, Dagny, Emil, Farid, Hana, Ivo, Jadwiga, Karel, Leonor, Meera, Otto".split(", "), 2
    )
    ga, gb, key = pow(g, a, q), pow(g, b, q), pow(g, a * b, q)
    return [
        p(rng, f"{one} and {two} agree in public on the prime ${q}$ and the base ${g}$.", f"The public data are $p = {q}$ and $g = {g}$."),
        p(rng, f"{one} chooses ${a}$ in secret and sends ${g}^{{{a}}} \\equiv {ga} \\pmod{{{q}}}$.",
          f"{one}'s secret is ${a}$; the number sent is ${ga}$."),
        p(rng, f"{two} chooses ${b}$ and sends ${g}^{{{b}}} \\equiv {gb} \\pmod{{{q}}}$.",
          f"{two}'s secret is ${b}$; the number sent is ${gb}$."),
        p(rng, "Both raise what they have received to their own secret power.", "Now each of them computes a power of the other's number."),
        show(f"{gb}^{{{a}}} \\equiv {key} \\pmod{{{q}}}, \\quad {ga}^{{{b}}} \\equiv {key} \\pmod{{{q}}}"),
        p(rng, f"Their common key is ${key}$.", f"{So(rng)} both know ${key}$, and nobody else does without some work."),
    ]  # fmt: skip


def check_digit(rng: Rng) -> list[Block]:
    """A weighted check digit modulo 11 or 10."""
    digits, mod = [rng.randint(0, 9) for _ in range(rng.randint(5, 8))], rng.choice((10, 11))
    weights = list(range(2, 2 + len(digits))) if mod == 11 else [3 if i % 2 else 1 for i in range(len(digits))]
    total = sum(d * w for d, w in zip(digits, weights, strict=True))
    return [
        p(rng, f"Which check digit belongs to ${''.join(map(str, digits))}$ if the weighted sum must be divisible by ${mod}$?",
          f"The number ${''.join(map(str, digits))}$ gets a check digit with weight $1$, so that the weighted sum "
          f"is a multiple of ${mod}$."),
        table(["digit", *digits], ["weight", *weights], ["product", *(d * w for d, w in zip(digits, weights, strict=True))]),
        p(rng, f"The sum is ${total}$, and ${total} \\equiv {total % mod} \\pmod{{{mod}}}$.",
          f"The products add up to ${total} = {total // mod} \\cdot {mod}{plus(total % mod)}$."),
        p(rng, f"{So(rng)} the check digit is ${-total % mod}$" + (", written X." if -total % mod == 10 else ".")),
        p(rng, "A single wrong digit changes the sum and is noticed, unless its weight has a factor in common with the modulus.",
          f"{check(rng)} ${total} + {-total % mod} = {total + -total % mod}$."),
    ]  # fmt: skip
