r"""Content MathML (`<apply><plus/>...`) as LaTeX: operators of arithmetic, algebra, sets, logic and calculus, and containers.

Parentheses stand where an operand binds less than its operator. An operator that is not known here is a function of its arguments.
"""

from __future__ import annotations

from collections.abc import Callable

from curation.extract._mathml_rows import ATOM, environment
from curation.extract._mathml_tokens import FUNCTIONS, in_text, join, mi, symbols
from curation.extract._mathml_tree import Node

RELATION, SUM, PRODUCT, POWER, WHOLE = range(5)
"""How strongly an expression holds together."""
INFIX = {
    "eq": ("=", RELATION), "neq": (r"\neq", RELATION), "lt": ("<", RELATION), "gt": (">", RELATION), "leq": (r"\leq", RELATION),
    "geq": (r"\geq", RELATION), "equivalent": (r"\equiv", RELATION), "approx": (r"\approx", RELATION), "in": (r"\in", RELATION),
    "notin": (r"\notin", RELATION), "subset": (r"\subseteq", RELATION), "prsubset": (r"\subset", RELATION),
    "implies": (r"\implies", RELATION),
    "notsubset": (r"\nsubseteq", RELATION), "notprsubset": (r"\not\subset", RELATION), "factorof": ("|", RELATION),
    "tendsto": (r"\to", RELATION), "and": (r"\wedge", SUM), "or": (r"\vee", SUM), "xor": (r"\oplus", SUM), "union": (r"\cup", SUM),
    "intersect": (r"\cap", SUM), "setdiff": (r"\setminus", SUM), "plus": ("+", SUM), "minus": ("-", SUM), "times": ("", PRODUCT),
    "compose": (r"\circ", PRODUCT), "cartesianproduct": (r"\times", PRODUCT), "vectorproduct": (r"\times", PRODUCT),
    "scalarproduct": (r"\cdot", PRODUCT), "outerproduct": (r"\otimes", PRODUCT), "rem": (r"\bmod", PRODUCT),
}  # fmt: skip
AROUND = {
    "abs": ("|", "|"), "floor": (r"\lfloor ", r"\rfloor"), "ceiling": (r"\lceil ", r"\rceil"), "card": ("|", "|"),
    "conjugate": (r"\overline{", "}"),
    "mean": (r"\overline{", "}"), "set": (r"\{", r"\}"), "list": ("[", "]"), "vector": ("(", ")"),
}  # fmt: skip
BEHIND = {"factorial": "!", "transpose": "^{T}", "inverse": "^{-1}"}
NAMED = {
    "divergence": r"\nabla\cdot", "curl": r"\nabla\times", "grad": r"\nabla", "laplacian": r"\nabla^{2}",
    "determinant": r"\det", "real": r"\Re",
    "imaginary": r"\Im", "not": r"\neg", "lcm": r"\operatorname{lcm}", "forall": r"\forall", "exists": r"\exists", "sdev": r"\sigma",
    "variance": r"\operatorname{Var}", "arcsinh": r"\operatorname{arcsinh}", "arccosh": r"\operatorname{arccosh}",
    "arctanh": r"\operatorname{arctanh}", "sech": r"\operatorname{sech}", "csch": r"\operatorname{csch}",
    "median": r"\operatorname{median}",
}  # fmt: skip
CONSTANTS = {
    "pi": r"\pi", "infinity": r"\infty", "exponentiale": "e", "imaginaryi": "i", "emptyset": r"\emptyset", "reals": r"\mathbb{R}",
    "integers": r"\mathbb{Z}", "naturalnumbers": r"\mathbb{N}", "rationals": r"\mathbb{Q}", "complexes": r"\mathbb{C}",
    "primes": r"\mathbb{P}",
    "true": r"\text{true}", "false": r"\text{false}", "eulergamma": r"\gamma", "notanumber": r"\text{NaN}",
}  # fmt: skip
BIG = {"sum": r"\sum", "product": r"\prod", "int": r"\int", "limit": r"\lim"}
QUALIFIERS = frozenset("bvar lowlimit uplimit degree condition domainofapplication logbase momentabout".split())
CONTAINERS = frozenset(("set", "list", "vector"))
STRUCTURED = ("divide", "power", "root", "diff", "partialdiff", "quotient")
OPERATORS = frozenset([*INFIX, *AROUND, *BEHIND, *NAMED, *BIG, *FUNCTIONS, *STRUCTURED]) - CONTAINERS


def keep(node: Node) -> None:
    """An operator or constant; qualifiers keep what they hold."""
    node.tex = join([CONSTANTS.get(node.tag, ""), joined(node.kids, ",")])


def joined(kids: list[Node], between: str) -> str:
    return join([part for at, kid in enumerate(kids) for part in ((between, kid.tex) if at else (kid.tex,))])


def inside(kid: Node, rank: int) -> str:
    """An operand, in parentheses where it holds together less than it must."""
    return f"({kid.tex})" if kid.rank < rank else kid.tex


def apply(node: Node) -> None:
    """Operator, qualifiers, arguments."""
    if not node.kids:
        return
    head, rest = node.kids[0], node.kids[1:]
    given = {kid.tag: kid.tex for kid in reversed(rest) if kid.tag in QUALIFIERS}
    args = [kid for kid in rest if kid.tag not in QUALIFIERS]
    name = head.tag
    node.rank = WHOLE
    if name in INFIX and (len(args) > 1 or (name == "times" and args)):
        infix(node, *INFIX[name], args)
    elif name in ("minus", "plus") and args:
        node.tex, node.rank = join([INFIX[name][0], *(inside(kid, PRODUCT) for kid in args)]), SUM
    elif name in STRUCTURES:
        STRUCTURES[name](node, args, given)
    elif name in BIG or (name in ("forall", "exists") and given):
        big(node, BIG.get(name) or NAMED[name], args, given)
    elif name in AROUND and name in OPERATORS:
        node.tex = joined(args, ",").join(AROUND[name])
    elif name in BEHIND and args:
        node.tex = atom(args[0]) + BEHIND[name] + joined(args[1:], ",")
        node.rank = POWER
    else:
        function(node, head, args, given)
    lost = [head] if head.tag in OPERATORS else []
    lost += [kid for kid in rest if kid.tag in QUALIFIERS and kid.tex not in node.tex]
    if any(kid.tex for kid in lost):
        node.tex = join([node.tex, *(kid.tex for kid in lost)])


def infix(node: Node, sign: str, rank: int, args: list[Node]) -> None:
    parts = [inside(args[0], rank)]
    for kid in args[1:]:
        needed = rank + 1 if sign in ("-", r"\setminus") or rank == RELATION else rank
        tex = f"({kid.tex})" if kid.tex.startswith("-") and rank > RELATION else inside(kid, needed)
        between = sign or (r"\cdot " if parts[-1][-1:].isdigit() and tex[:1].isdigit() else "")
        parts += [between, tex]
    node.tex, node.rank = join(parts), rank


def atom(kid: Node) -> str:
    """A base for a power."""
    return kid.tex if kid.rank == WHOLE and (ATOM.fullmatch(kid.tex) or kid.tex.endswith(")")) else f"({kid.tex})"


def divide(node: Node, args: list[Node], given: dict[str, str]) -> None:
    over, under = (kid.tex for kid in (args + [Node("mrow")] * 2)[:2])
    node.tex, node.rank = rf"\frac{{{over}}}{{{under}}}" + joined(args[2:], ""), PRODUCT


def power(node: Node, args: list[Node], given: dict[str, str]) -> None:
    of, to = (args + [Node("mrow")] * 2)[:2]
    node.tex, node.rank = f"{atom(of) if of.tex else '{}'}^{{{to.tex}}}" + joined(args[2:], ""), POWER


def root(node: Node, args: list[Node], given: dict[str, str]) -> None:
    degree = given.get("degree", "2")
    node.tex = rf"\sqrt{{{joined(args, ',')}}}" if degree == "2" else rf"\sqrt[{degree}]{{{joined(args, ',')}}}"


def quotient(node: Node, args: list[Node], given: dict[str, str]) -> None:
    divide(node, args, given)
    node.tex = rf"\lfloor {node.tex}\rfloor"


def derivative(node: Node, args: list[Node], given: dict[str, str]) -> None:
    sign = r"\partial" if node.kids[0].tag == "partialdiff" else "d"
    names = [kid for kid in node.kids if kid.tag == "bvar"]
    order = given.get("degree") or next((part.tex for kid in names for part in kid.kids if part.tag == "degree"), "")
    if not order and len(names) > 1:
        order = str(len(names))
    raised = f"^{{{order}}}" if order else ""
    under = join([part for kid in names for part in (sign, joined([k for k in kid.kids if k.tag != "degree"], ","))])
    under += raised if len(names) == 1 else ""
    of = joined(args, ",")
    node.tex = rf"\frac{{{sign}{raised}}}{{{under}}}" if under else sign
    node.tex, node.rank = join([node.tex, of if len(args) == 1 and args[0].rank >= PRODUCT else f"({of})"]), PRODUCT


def big(node: Node, sign: str, args: list[Node], given: dict[str, str]) -> None:
    """Operators with limits: what runs below, and above to where."""
    variable, low = given.get("bvar", ""), given.get("lowlimit", "")
    below = given.get("condition") or given.get("domainofapplication", "")
    if not below and sign == r"\lim" and low:
        below = join([variable, r"\to", low])
    elif not below:
        below = low if sign == r"\int" else "=".join(filter(None, (variable, low)))
    if sign in (r"\forall", r"\exists"):
        node.tex = join([sign, given.get("condition") or variable, ":", joined(args, ",")])
        node.rank = RELATION
        return
    above = given.get("uplimit", "")
    limits = (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")
    of = [inside(kid, PRODUCT) for kid in args]
    end = [r"\,d" + (f" {variable}" if variable[:1] == "\\" else variable)] if sign == r"\int" and variable else []
    node.tex, node.rank = join([sign + limits, *of, *end]), PRODUCT


def function(node: Node, head: Node, args: list[Node], given: dict[str, str]) -> None:
    name = (
        "\\" + head.tag
        if head.tag in FUNCTIONS
        else NAMED.get(head.tag) or head.tex or (rf"\operatorname{{{head.tag}}}" if args else "")
    )
    if head.tag == "log" and "logbase" in given:
        name += f"_{{{given['logbase']}}}"
    bare = (
        len(args) == 1 and (args[0].rank == WHOLE or head.tag == "not") and (head.tag in FUNCTIONS or head.tag in NAMED)
    )
    of = joined(args, ",")
    named = [] if head.tag in QUALIFIERS else [tex for tag, tex in given.items() if tag != "logbase"]
    node.tex = join([name, *named, of if bare else f"({of})"]) if args else join([name, *named])
    node.rank = WHOLE if args and not bare else POWER


def cn(node: Node) -> None:
    """A number; what `sep` divides is a fraction, an exponent or an imaginary part."""
    parts = [symbols(part) for part in node.text.split()]
    kind = node.get("type")
    if len(parts) == 2 and kind == "rational":
        node.tex, node.rank = rf"\frac{{{parts[0]}}}{{{parts[1]}}}", PRODUCT
    elif len(parts) == 2 and kind == "e-notation":
        node.tex, node.rank = rf"{parts[0]}\times 10^{{{parts[1]}}}", PRODUCT
    elif len(parts) == 2 and kind.startswith("complex"):
        node.tex, node.rank = f"{parts[0]}+{parts[1]}i", SUM
    else:
        node.tex = " ".join(parts)
    node.tex = join([node.tex, *(kid.tex for kid in node.kids)])


def ci(node: Node) -> None:
    """A variable, which may be a row of presentation."""
    mi(node, " ".join(node.text.split()))
    if node.kids:
        node.tex = join([node.tex, joined(node.kids, "")])


def container(node: Node) -> None:
    kids = [kid for kid in node.kids if kid.tag not in QUALIFIERS]
    condition = next((kid.tex for kid in node.kids if kid.tag == "condition"), "")
    variables = joined([kid for kid in node.kids if kid.tag == "bvar"], ",")
    left, right = AROUND.get(node.tag, ("(", ")"))
    inner = joined(kids, ",") or variables
    node.tex = left + join([inner, r"\mid" if condition else "", condition]) + right


def interval(node: Node) -> None:
    closure = node.get("closure") or "closed"
    left = "(" if closure in ("open", "open-closed") else "["
    right = ")" if closure in ("open", "closed-open") else "]"
    node.tex = left + joined(node.kids, ",") + right


def matrix(node: Node) -> None:
    rows = [" & ".join(cell.tex for cell in kid.kids) if kid.tag == "matrixrow" else kid.tex for kid in node.kids]
    node.tex = environment("pmatrix", r" \\ ".join(rows))


def piecewise(node: Node) -> None:
    rows = []
    for kid in node.kids:
        value, *when = [part.tex for part in kid.kids] or [kid.tex]
        rows.append(" & ".join([value, *(when if kid.tag == "piece" else [in_text("otherwise")])]))
    node.tex = environment("cases", r" \\ ".join(rows))


def lambda_(node: Node) -> None:
    variables = joined([kid for kid in node.kids if kid.tag == "bvar"], ",")
    node.tex = join([variables, r"\mapsto", joined([kid for kid in node.kids if kid.tag != "bvar"], ",")])
    node.rank = RELATION


STRUCTURES: dict[str, Callable[[Node, list[Node], dict[str, str]], None]] = {
    "divide": divide, "power": power, "root": root, "quotient": quotient, "diff": derivative, "partialdiff": derivative,
}  # fmt: skip
HANDLERS: dict[str, Callable[[Node], None]] = {
    **dict.fromkeys([*OPERATORS, *CONSTANTS, *QUALIFIERS, "matrixrow", "piece", "otherwise", "ident"], keep),
    **dict.fromkeys(CONTAINERS, container),
    "apply": apply, "reln": apply, "bind": apply, "cn": cn, "ci": ci, "csymbol": ci, "interval": interval, "matrix": matrix,
    "piecewise": piecewise, "lambda": lambda_,
}  # fmt: skip
