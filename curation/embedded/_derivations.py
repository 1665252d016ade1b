"""Worked computations for the mathematics pages, by topic of `banks/maths.txt`: paragraphs, displayed formulas and tables.

Each is true by construction (see `_derive.py`), has random numbers, letters and wordings, and takes well under 0.1 ms. Left out: proofs
with an idea. Those stand in the bank.
"""

from __future__ import annotations

from curation.embedded import _derive_algebra as algebra
from curation.embedded import _derive_calculus as calculus
from curation.embedded import _derive_chance as chance
from curation.embedded import _derive_discrete as discrete
from curation.embedded import _derive_equations as equations
from curation.embedded import _derive_linear as linear
from curation.embedded import _derive_numbers as numbers
from curation.embedded import _derive_plane as plane
from curation.embedded import _derive_practice as practice
from curation.embedded import _derive_series as series
from curation.embedded import _derive_sets as sets
from curation.embedded import _derive_structures as structures
from curation.embedded import _derive_vectors as vectors
from curation.embedded._derive import Derivation

DERIVATIONS: dict[str, list[Derivation]] = {
    "analytic": [plane.line, plane.circle, vectors.triangle, calculus.area, vectors.plane],
    "combinatorics": [discrete.committee, discrete.binomial_power, sets.survey, discrete.dice, discrete.permutation],
    "complex": [plane.complex_product, plane.complex_power, plane.complex_quadratic, plane.wave],
    "cryptography": [numbers.rsa, numbers.key_exchange, numbers.fast_power, numbers.modular_inverse, numbers.check_digit],
    "derivatives": [calculus.tangent, calculus.product_rule, calculus.chain_rule, calculus.extrema, series.taylor],
    "diffeq": [series.second_order, series.cooling, practice.interest_table],
    "distributions": [chance.binomial_table, chance.expectation, chance.square_root_law, discrete.dice, chance.summary],
    "equations": [equations.linear_equation, algebra.factor_quadratic, algebra.complete_square, linear.elimination, equations.mixture],
    "fractions": [practice.fraction_sum, practice.percent_chain, practice.units, equations.mixture, practice.interest_table],
    "functions": [equations.inverse_function, calculus.tangent, equations.sign_table, plane.wave, calculus.extrema],
    "graphs": [structures.euler_walk, discrete.shortest_path, chance.chain_of_states, linear.matrix_powers],
    "groups": [structures.cyclic_group, discrete.permutation, numbers.modular_inverse, numbers.fast_power],
    "induction": [discrete.induction, discrete.induction, discrete.first_order, discrete.two_roots],
    "inequalities": [equations.sign_table, algebra.complete_square, vectors.linear_program, calculus.extrema],
    "integrals": [calculus.definite_integral, calculus.substitution, calculus.by_parts, calculus.area, algebra.partial_fractions,
                  practice.trapezoid],
    "limits": [structures.epsilon_index, structures.contraction, series.geometric_sum, practice.bisection, practice.newton_root,
               series.telescope],
    "matrices": [linear.elimination, linear.system_of_three, linear.determinant, linear.inverse, linear.eigenvalues,
                 linear.change_of_basis, linear.matrix_powers],
    "metric": [structures.contraction, structures.hamming, structures.epsilon_index, practice.bisection, vectors.angle],
    "numbers": [numbers.euclid, numbers.modular_inverse, numbers.chinese_remainder, numbers.factorization, numbers.fast_power,
                numbers.continued_fraction],
    "numerals": [numbers.base_change, numbers.base_change, numbers.check_digit, algebra.horner],
    "numerics": [practice.newton_root, practice.bisection, practice.trapezoid, algebra.interpolation, algebra.horner,
                 numbers.continued_fraction],
    "optimization": [vectors.linear_program, vectors.linear_program, linear.system_of_three, calculus.extrema],
    "polynomials": [algebra.expand, algebra.long_division, algebra.horner, equations.cubic_roots, algebra.partial_fractions,
                    algebra.factor_quadratic, algebra.interpolation],
    "probability": [chance.bayes, chance.urn, chance.expectation, discrete.dice, chance.chain_of_states],
    "recursion": [discrete.first_order, discrete.two_roots, practice.interest_table, practice.newton_root],
    "series": [series.geometric_sum, series.telescope, series.taylor, discrete.induction],
    "sets": [sets.set_operations, sets.truth_table, sets.survey],
    "statistics": [chance.summary, chance.fitted_line, chance.square_root_law, chance.expectation],
    "trig": [plane.law_of_cosines, plane.height, plane.trigonometric_equation, plane.wave, vectors.bearing],
    "vectors": [vectors.angle, vectors.plane, vectors.triangle, vectors.bearing, linear.change_of_basis],
}  # fmt: skip
"""Which computations go with a topic."""
TABLED: frozenset[Derivation] = frozenset([
    algebra.horner, calculus.extrema, chance.binomial_table, chance.chain_of_states, chance.expectation, chance.fitted_line, chance.summary,
    discrete.binomial_power, discrete.first_order, discrete.permutation, discrete.shortest_path, sets.truth_table, equations.sign_table,
    numbers.base_change, numbers.check_digit, numbers.continued_fraction, numbers.fast_power, plane.complex_power, practice.bisection,
    practice.interest_table, algebra.interpolation, practice.newton_root, practice.trapezoid, series.cooling, series.taylor,
    structures.contraction, structures.cyclic_group, structures.euler_walk, structures.hamming, vectors.linear_program,
])  # fmt: skip
"""Those that hold a table: all others are paragraphs only."""
