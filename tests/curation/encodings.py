r"""The conformance suite of extraction: every way in which pages hold formulas, with the text that must come out.

One case for each encoding and variant, in the markup that the tools write; all formulas and pages are our own. `test_encodings.py` runs
them through `html_math`; `python -m tests.curation.encodings --write` makes `docs/encodings.md` of them.
"""

# ruff: noqa: E501 - markup stands in the lines that the tools write

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import polars as pl

DOCS = Path(__file__).resolve().parents[2] / "docs" / "encodings.md"


class Case(NamedTuple):
    """One encoding: HTML of a body, and the text that `html_math` gives of it."""

    name: str
    html: str
    text: str


def katex(tex: str, drawn: str = "x", mathml: str = "<mi>x</mi>") -> str:
    """What KaTeX writes for an inline formula."""
    return (
        f'<span class="katex"><span class="katex-mathml"><math xmlns="http://www.w3.org/1998/Math/MathML"><semantics><mrow>{mathml}</mrow>'
        f'<annotation encoding="application/x-tex">{tex}</annotation></semantics></math></span><span class="katex-html" aria-hidden="true">'
        f'<span class="base"><span class="strut" style="height:0.6em;"></span><span class="mord mathnormal">{drawn}</span></span></span></span>'
    )


FAMILIES: dict[str, list[Case]] = {
    "TeX in the page's text": [
        Case("dollars", "<p>Let $a_1 &lt; b$ and $$c^2 = a^2 + b^2.$$</p>", "Let $a_1 < b$ and $$c^2 = a^2 + b^2.$$"),
        Case("dollars without blanks around, in Chinese", "<p>设$a<em>1 < b</em>1$，则$x$为正，共$5元或$6元</p>", "设$a_1 < b_1$，则$x$为正，共$5元或$6元"),
        Case("parentheses and brackets", r"<p>If \(n\) is odd, \[ n = 2k + 1. \]</p>", r"If \(n\) is odd, \[ n = 2k + 1. \]"),
        Case("what StackExchange puts around a post", r"<div><span>$\begingroup$</span><p>Is $0$ even?</p><span>$\endgroup$</span></div>", "Is $0$ even?"),
        Case("prices are no formulas", "<p>From $5 to $10, or US$7 ($8).</p>", "From $5 to $10, or US$7 ($8)."),
        Case("a raw less-than sign, which a parser takes for a tag", r"<p>for \(a<b\) only</p>", r"for \(a<b\) only"),
        Case("text in a formula, with a formula in it", r"<p>$f(x) = 1 \text{ if $x > 0$}$</p>", r"$f(x) = 1 \text{ if $x > 0$}$"),
        Case("an environment into which an editor put line breaks",
             "<p>\\begin{align}<br />\na &amp;= b + c \\\\<br />\nd &amp;= e</p>\n<p>\\end{align}</p>",
             "\\begin{align} a &= b + c \\\\ d &= e \\end{align}"),
        Case("equation with split", r"<p>\begin{equation*}\begin{split}a&amp;=b\\&amp;=c\end{split}\end{equation*}</p>",
             r"\begin{equation*}\begin{split}a&=b\\&=c\end{split}\end{equation*}"),
        Case("underscores that Markdown made italic", "<p>$x<em>1 + y</em>1$</p>", "$x_1 + y_1$"),
        Case("WordPress: $latex", "<p>Here $latex e^{i\\pi} = -1$ holds.</p>", "Here $e^{i\\pi} = -1$ holds."),
        Case("short codes", "<p>[latex]\\frac{1}{2}[/latex] or [tex]x^2[/tex] or [math]y[/math]</p>", "$\\frac{1}{2}$ or $x^2$ or $y$"),
        Case("GitLab and GitHub: dollars with backticks", "<p>Take $`\\sqrt{2}`$.</p>", "Take $\\sqrt{2}$."),
        Case("a comment ends with its line", "<p>\\[ a % first\n + b \\]</p>", "\\[ a % first\n+ b \\]"),
        Case("code holds no formulas", "<p>Type <code>$HOME</code> or <code>\\(x\\)</code>.</p>", "Type $HOME or \\(x\\)."),
    ],
    "Elements of page generators": [
        Case("Sphinx", '<div class="math notranslate nohighlight">\n\\[x_i = 1\\]</div><p><span class="math notranslate nohighlight">\\(y\\)</span></p>',
             "\\[x_i = 1\\]\n\n\\(y\\)"),
        Case("Sphinx: a numbered equation",
             '<div class="math" id="eq-a"><span class="eqno">(1)<a class="headerlink" href="#eq-a">¶</a></span>\\[a = b\\]</div>', "\\[a = b\\] (1)"),
        Case("Pandoc", '<p><span class="math inline">\\(x^2\\)</span> and <span class="math display">\\[y\\]</span></p>', "\\(x^2\\) and \\[y\\]"),
        Case("Pandoc in plain HTML",
             '<p>x <span class="math inline"><em>x</em><sup>2</sup></span> and <span class="math display">∑<sub><em>i</em></sub><em>a</em><sub><em>i</em></sub><sup>2</sup> = 1</span></p>',
             "x $x^{2}$ and\n$$\\sum_{i}a_{i}^{2} = 1$$"),
        Case("Pandoc without delimiters", '<p><span class="math inline">x^2</span> and <span class="math display">\\int f</span></p>', "$x^2$ and\n$$\\int f$$"),
        Case("GitLab", '<p><code class="code math js-render-math" data-math-style="inline">a^2</code></p>'
             '<pre class="code math js-render-math" data-math-style="display"><code>b^2</code></pre>', "$a^2$\n\n$$b^2$$"),
        Case("GitHub", '<p><math-renderer class="js-inline-math" style="display: inline-block">$a^2$</math-renderer></p>', "$a^2$"),
        Case("Discourse", '<p><span class="math">x^2</span></p><div class="math">\\sum a_n</div>', "$x^2$\n\n$$\\sum a_n$$"),
        Case("arithmatex", '<p><span class="arithmatex">\\(p\\)</span></p><div class="arithmatex">\\[q\\]</div>', "\\(p\\)\n\n\\[q\\]"),
        Case("CKEditor", '<p><span class="math-tex">\\(\\sqrt{x}\\)</span></p>', "\\(\\sqrt{x}\\)"),
        Case("Springer", '<p><span class="mathjax-tex">\\(\\alpha\\)</span></p>', "\\(\\alpha\\)"),
        Case("Distill", "<p>by <d-math>\\lambda_1</d-math></p>", "by $\\lambda_1$"),
        Case("elements of one's own", "<p><tex>a^b</tex> and <latex>c_d</latex></p>", "$a^b$ and $c_d$"),
        Case("a block of Markdown code in the language math", '<pre><code class="language-math">E = mc^2</code></pre>', "$$E = mc^2$$"),
    ],
    "Attributes": [
        Case("Quill", f'<p><span class="ql-formula" data-value="e=mc^2">{katex("e=mc^2")}</span></p>', "$e=mc^2$"),
        Case("Zhihu", '<p><span class="ztext-math" data-eeimg="1" data-tex="\\frac{a}{b}">\\frac{a}{b}</span></p>', "$\\frac{a}{b}$"),
        Case("data-latex, data-formula, data-expr",
             '<p><span data-latex="x^2"></span> <span data-formula="y_1">y1</span> <span data-expr="\\pi"></span></p>', "$x^2$ $y_1$ $\\pi$"),
        Case("options are no formulas", '<p data-math="true" data-tex="inline">Plain text.</p>', "Plain text."),
        Case("data-asciimath", '<p><span data-asciimath="x/2">x/2</span></p>', "$\\frac{x}{2}$"),
        Case("WIRIS: MathML in its own writing",
             '<p><img class="Wirisformula" alt="x squared" data-mathml="«math»«msup»«mi»x«/mi»«mn»2«/mn»«/msup»«/math»" src="a.png"></p>', "$x^{2}$"),
    ],
    "KaTeX": [
        Case("inline", f"<p>Let {katex('x')} be.</p>", "Let $x$ be."),
        Case("display", f'<p>So <span class="katex-display">{katex("a^2+b^2")}</span> holds.</p>', "So\n$$a^2+b^2$$\nholds."),
        Case("MathML only", '<p><span class="katex"><math><semantics><mfrac><mn>1</mn><mi>x</mi></mfrac></semantics></math></span></p>', "$\\frac{1}{x}$"),
        Case("only what it drew",
             '<p><span class="katex"><span class="katex-html" aria-hidden="true"><span class="base"><span class="mord"><span class="mord mathnormal">x'
             '</span><span class="msupsub"><span class="vlist-t"><span class="vlist-r"><span class="vlist" style="height:0.8141em;"><span style="top:'
             '-3.063em;margin-right:0.05em;"><span class="pstrut" style="height:2.7em;"></span><span class="sizing reset-size6 size3 mtight"><span '
             'class="mord mtight">2</span></span></span></span></span></span></span></span></span></span></span></p>', "$x^{2}$"),
        Case("a formula that KaTeX could not read", '<p><span class="katex-error" title="ParseError" style="color:#cc0000">\\foo{x}</span></p>', "$\\foo{x}$"),
    ],
    "MathJax": [
        Case("2: scripts", '<p>Let <script type="math/tex">x<y</script> and <script type="math/tex; mode=display">\\frac{a}{b}</script></p>',
             "Let $x<y$ and\n$$\\frac{a}{b}$$"),
        Case("2: a saved page, with previews and drawn copies",
             '<p><span class="MathJax_Preview" style="color: inherit;">x</span><span class="MathJax" id="MathJax-Element-1-Frame" data-mathml="&lt;math&gt;'
             '&lt;mi&gt;x&lt;/mi&gt;&lt;/math&gt;"><nobr><span class="math">x</span></nobr></span><script type="math/tex" id="MathJax-Element-1">x</script></p>',
             "$x$"),
        Case("2: MathML scripts", '<p><script type="math/mml"><math><msqrt><mn>2</mn></msqrt></math></script></p>', "$\\sqrt{2}$"),
        Case("2: AsciiMath scripts", '<p><script type="math/asciimath">sum_(i=1)^n i</script></p>', "$\\sum_{i=1}^{n}i$"),
        Case("2: drawn, MathML in an attribute, no script",
             '<p><span class="MathJax" data-mathml="&lt;math&gt;&lt;mfrac&gt;&lt;mi&gt;a&lt;/mi&gt;&lt;mi&gt;b&lt;/mi&gt;&lt;/mfrac&gt;&lt;/math&gt;">'
             "<span>ab</span></span></p>", "$\\frac{a}{b}$"),
        Case("3: assistive MathML",
             '<p>so <mjx-container class="MathJax" jax="CHTML"><mjx-math aria-hidden="true"><mjx-mi><mjx-c class="mjx-c1D465"></mjx-c></mjx-mi></mjx-math>'
             "<mjx-assistive-mml><math><msub><mi>x</mi><mn>1</mn></msub></math></mjx-assistive-mml></mjx-container></p>", "so $x_{1}$"),
        Case("3: display", '<p>so <mjx-container class="MathJax" jax="CHTML" display="true"><mjx-assistive-mml display="block"><math display="block"><mi>y</mi>'
             "</math></mjx-assistive-mml></mjx-container></p>", "so\n$$y$$"),
        Case("4: TeX in an attribute", '<p><mjx-container class="MathJax" jax="SVG" data-latex="\\binom{n}{k}"><svg><g data-mml-node="math"></g></svg></mjx-container></p>',
             "$\\binom{n}{k}$"),
        Case("3: only what it drew (CHTML)",
             '<p><mjx-container class="MathJax" jax="CHTML"><mjx-math class="MJX-TEX"><mjx-msup><mjx-mi class="mjx-i"><mjx-c class="mjx-c1D465 TEX-I"></mjx-c>'
             '</mjx-mi><mjx-script><mjx-mn class="mjx-n" size="s"><mjx-c class="mjx-c32"></mjx-c></mjx-mn></mjx-script></mjx-msup></mjx-math></mjx-container></p>',
             "$x^{2}$"),
    ],
    "AsciiMath": [
        Case("in a page that loads it", '<head><script src="https://cdn.example.org/mathjax/es5/asciimath.js"></script></head><body><p>So `x^2/3`.</p></body>',
             "So $\\frac{x^{2}}{3}$."),
        Case("backticks elsewhere", "<p>Run `make test`.</p>", "Run `make test`."),
        Case("an element of its own", "<p><asciimath>sqrt(x)</asciimath></p>", "$\\sqrt{x}$"),
    ],
    "MathML": [
        Case("with a TeX annotation", '<p><math><semantics><mi>ε</mi><annotation encoding="application/x-tex">\\varepsilon</annotation></semantics></math></p>',
             "$\\varepsilon$"),
        Case("with alttext", '<p><math alttext="\\sqrt{2}" display="inline"><msqrt><mn>2</mn></msqrt></math></p>', "$\\sqrt{2}$"),
        Case("with spoken alttext", '<p><math alttext="x squared plus one"><msup><mi>x</mi><mn>2</mn></msup><mo>+</mo><mn>1</mn></math></p>', "$x^{2}+1$"),
        Case("bare", "<p><math><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac></math></p>", "$\\frac{a+b}{2}$"),
        Case("display", '<p>So <math display="block"><mi>x</mi><mo>=</mo><mn>1</mn></math></p>', "So\n$$x=1$$"),
        Case("with a prefix", '<p><m:math xmlns:m="http://www.w3.org/1998/Math/MathML"><m:msup><m:mi>x</m:mi><m:mn>2</m:mn></m:msup></m:math></p>', "$x^{2}$"),
        Case("with an image for old browsers beside it", '<p><math alttext="y^2"><mi>y</mi></math><img class="mathml-fallback" alt="y^2" src="y.png"></p>', "$y^2$"),
        Case("LaTeXML: the rows of a group are one display, the number follows",
             '<table class="ltx_equationgroup ltx_eqn_align"><tbody><tr class="ltx_eqn_row"><td class="ltx_eqn_cell ltx_align_right"><math alttext="a"><mi>a</mi>'
             '</math></td><td class="ltx_eqn_cell"><math alttext="=b+c"><mi>b</mi></math></td><td class="ltx_eqn_eqno">(1)</td></tr><tr class="ltx_eqn_row">'
             '<td class="ltx_eqn_cell"></td><td class="ltx_eqn_cell"><math alttext="=d"><mi>d</mi></math></td></tr></tbody></table>',
             "$$\\begin{aligned}\na & =b+c \\\\\n& =d\n\\end{aligned}$$ (1)"),
        Case("LaTeXML: one equation", '<table class="ltx_equation ltx_eqn_table"><tr><td class="ltx_eqn_cell ltx_align_center"><math alttext="E=mc^{2}" display="block">'
             '<mi>E</mi></math></td><td class="ltx_eqn_cell ltx_eqn_eqno">(2)</td></tr></table>', "$$E=mc^{2}$$ (2)"),
    ],
    "MediaWiki": [
        Case("MathML and an image",
             '<p>by <span class="mwe-math-element"><span class="mwe-math-mathml-inline mwe-math-mathml-a11y" style="display: none;"><math alttext="{\\displaystyle x^{2}}">'
             '<semantics><mi>x</mi><annotation encoding="application/x-tex">{\\displaystyle x^{2}}</annotation></semantics></math></span><img '
             'src="https://wiki.example.org/api/rest_v1/media/math/render/svg/1" class="mwe-math-fallback-image-inline" alt="{\\displaystyle x^{2}}"></span></p>',
             "by $x^{2}$"),
        Case("display", '<dl><dd><span class="mwe-math-element mwe-math-element-block"><img class="mwe-math-fallback-image-display" alt="\\int f" src="a.svg"></span></dd></dl>',
             "$$\\int f$$"),
        Case("old: an image of class tex", '<p><img class="tex" alt="\\frac{1}{2}" src="/images/math/1/2/3/a.png"></p>', "$\\frac{1}{2}$"),
        Case("old: TeX for MathJax", '<p><span class="tex" dir="ltr">$ \\alpha $</span></p>', "$ \\alpha $"),
        Case("HTML formulas with a root and a fraction",
             '<p><span class="texhtml">√<span style="border-top:1px solid">2</span> + <span class="sfrac"><span class="num">1</span><span class="sr-only">/</span>'
             '<span class="den">π</span></span><i>x</i></span></p>', "$\\sqrt{2} + \\frac{1}{\\pi}x$"),
        Case("HTML formulas", '<p><span class="texhtml"><i>x</i><sup>2</sup> ≤ <i>α</i><sub>1</sub></span></p>', "$x^{2} \\leq \\alpha_{1}$"),
        Case("fractions and roots of templates",
             '<p><span class="frac"><span class="num">1</span>⁄<span class="den">2</span></span> and √<span style="border-top:1px solid">x + 1</span></p>',
             "$\\frac{1}{2}$ and $\\sqrt{x + 1}$"),
    ],
    "Images": [
        Case("WordPress", '<p><img src="https://s0.wp.com/latex.php?latex=e%5Ex&amp;bg=ffffff&amp;fg=000" alt="e^x" class="latex"></p>', "$e^x$"),
        Case("WordPress without alt", '<p><img src="https://s0.wp.com/latex.php?latex=%5Csqrt%7Bx%7D&amp;bg=ffffff" alt=""></p>', "$\\sqrt{x}$"),
        Case("codecogs", '<p><img src="https://latex.codecogs.com/gif.latex?\\inline&amp;space;\\dpi{120}&amp;space;\\frac{a}{b}" title="a over b"></p>', "$\\frac{a}{b}$"),
        Case("codecogs: coded address, loaded late", '<p><img src="blank.gif" data-src="//latex.codecogs.com/svg.image?%5Csum_%7Bn%7Da_n"></p>', "$\\sum_{n}a_n$"),
        Case("loaded late, and once more for browsers without scripts",
             '<p><img src="data:," data-src="https://latex.codecogs.com/svg.latex?x^2"><noscript><img src="https://latex.codecogs.com/svg.latex?x^2"></noscript></p>', "$x^2$"),
        Case("only for browsers without scripts", '<p>by <noscript><img src="https://latex.codecogs.com/svg.latex?x^2"></noscript></p>', "by $x^2$"),
        Case("mathtex and mimetex", '<p><img src="/cgi-bin/mathtex.cgi?x_1"> <img src="http://www.example.org/cgi-bin/mimetex.cgi?\\alpha"></p>', "$x_1$ $\\alpha$"),
        Case("Google Chart", '<p><img src="https://chart.googleapis.com/chart?cht=tx&amp;chl=x%5E2%2B1"></p>', "$x^2+1$"),
        Case("MathWorld", '<p>Let <img src="/images/equations/A/Inline1.svg" class="inlineformula" width="6" alt="a^2+b^2"> be.</p>', "Let $a^2+b^2$ be."),
        Case("Doxygen", '<p><img class="formulaInl" alt="$ \\Delta $" src="form_1.png"></p><p class="formulaDsp"><img class="formulaDsp" alt="\\[ x = 1 \\]" src="form_2.png"></p>',
             "$\\Delta$\n\n\\[x = 1\\]"),
        Case("LaTeX2HTML", '<p><img width="20" height="14" align="BOTTOM" border="0" src="img1.png" alt="$x_i$"></p>', "$x_i$"),
        Case("LaTeX2HTML: display", '<div><img src="img2.png" alt="\\begin{displaymath} a = b \\end{displaymath}"></div>', "$$a = b$$"),
        Case("Sphinx (imgmath)", '<div class="math"><p><img src="_images/math/1.png" alt="\\sin x"/></p></div><p><img class="math" src="2.png" alt="n!"/></p>',
             "$$\\sin x$$\n\n$n!$"),
        Case("QuickLaTeX", '<p><img src="/wp-content/ql-cache/a.png" class="ql-img-inline-formula quicklatex-auto-format" alt="&#92;&#97;&#108;&#112;&#104;&#97;" title="Rendered by QuickLaTeX.com"></p>',
             "$\\alpha$"),
        Case("an alt that can be nothing but TeX", '<p><img src="q7.gif" alt="\\frac{x+1}{2}"></p>', "$\\frac{x+1}{2}$"),
        Case("ordinary images", '<p>A <img src="cat.png" alt="a cat"> and <img class="math-logo" src="l.png" alt="Mathematics department"></p>', "A and"),
        Case("addresses that name other pages",
             '<p>A <img src="/dot.gif?from=home_page"> <img src="/i.php?eq=my_shop&amp;x=1"> and <img src="/draw?tex=a_1"></p>', "A and $a_1$"),
        Case("Canvas", '<p>Is <img class="equation_image" title="x^2" src="/equation_images/x%255E2" alt="LaTeX: x^2" data-equation-content="x^2"> and'
             ' <img class="equation_image" src="/equation_images/y" alt="LaTeX: \\sqrt{y}"></p>', "Is $x^2$ and $\\sqrt{y}$"),
        Case("SVG with a title", '<p><svg width="9" role="img" aria-label="\\frac{a}{b}"><path d="M0 0"></path></svg></p>', "$\\frac{a}{b}$"),
    ],
    "Mathematics in plain HTML": [
        Case("raised and lowered", "<p><i>x</i><sup>2</sup> + a<sub>i<sub>j</sub></sub>, H<sub>2</sub>O</p>", "x^{2} + a_{i_{j}}, H_{2}O"),
        Case("words as indices of a letter, and the exponent e",
             "<p><i>v</i><sub>final</sub> = x<sup>e</sup> in the XX<sup>e</sup> century, the 2<sup>e</sup></p>", "v_{final} = x^{e} in the XXe century, the 2e"),
        Case("ordinals, marks and notes stay out", '<p>the 4<sup>th</sup> word<sup><a href="#n1">[1]</a></sup> of Acme<sup>TM</sup></p>', "the 4th word of AcmeTM"),
        Case("fractions of raised and lowered digits", "<p>add 2<sup>1</sup>⁄<sub>3</sub> cups</p>", "add 2 1/3 cups"),
        Case("intbl fractions", '<p>so <span class="intbl"><em>x + 1</em><strong>2</strong></span> is</p>', "so $\\frac{x + 1}{2}$ is"),
        Case("Unicode: styled letters, raised digits", "<p>Let 𝑥² + 𝛼₁ = 10⁻³ and 5 km².</p>", "Let x^{2} + α_{1} = 10^{-3} and 5 km²."),
    ],
    "Macros": [
        Case("a hidden block of definitions",
             '<div style="display:none">\\(\\newcommand{\\RR}{\\mathbf{R}}\\) \\(\\def\\<#1>{\\left<#1\\right>}\\)</div><p>Let \\(x \\in \\RR\\).</p>', "Let \\(x \\in \\RR\\)."),
        Case("definitions for MathJax", '<p>$$\\DeclareMathOperator{\\rank}{rank} \\let\\eps\\varepsilon \\require{mhchem}$$</p><p>$\\rank A$</p>', "$\\rank A$"),
        Case("a configuration", '<script type="text/x-mathjax-config">MathJax.Hub.Config({TeX: {Macros: {R: "\\\\mathbb{R}"}}});</script><p>Text.</p>', "Text."),
        Case("a lesson about macros", "<p>Use \\newcommand{\\a}{b} like this.</p><pre><code>\\newcommand{\\R}{\\mathbb{R}}</code></pre>",
             "Use \\newcommand{\\a}{b} like this.\n\n```\n\\newcommand{\\R}{\\mathbb{R}}\n```"),
    ],
    "Tables": [
        Case("header, formula and bar", "<table><tr><th>n</th><th>value</th></tr><tr><td>1</td><td>$|x|$</td></tr><tr><td>2</td><td>a|b</td></tr></table>",
             "| n | value |\n| --- | --- |\n| 1 | $|x|$ |\n| 2 | a\\|b |"),
        Case("ragged rows and cells over several",
             '<table><caption>Sizes</caption><tr><th colspan="2">A</th><th>B</th></tr><tr><td rowspan="2">1</td><td>2</td><td>3</td></tr><tr><td>4</td></tr></table>',
             "Sizes\n\n| A | | B |\n| --- | --- | --- |\n| 1 | 2 | 3 |\n| | 4 | |"),
        Case("a table in a table", "<table><tr><td>Menu</td><td><table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table></td></tr></table>",
             "Menu\n\n| a | b |\n| --- | --- |\n| c | d |"),
        Case("layout around one formula", "<table><tr><td>\\[x = y\\]</td><td>(3)</td></tr></table>", "\\[x = y\\] (3)"),
        Case("layout with lists and headings", "<table><tr><td><h2>News</h2><p>One.</p></td><td><ul><li>Two</li></ul></td></tr></table>", "News\n\nOne.\n  • Two"),
    ],
    "Code": [
        Case("a block with its indents", '<pre><code class="language-python">def f(x):\n    return x**2  # $x$\n</code></pre>',
             "```python\ndef f(x):\n    return x**2  # $x$\n```"),
        Case("Sphinx and Pygments", '<div class="highlight-c notranslate"><div class="highlight"><pre><span></span><span class="k">if</span> (a &lt; b)\n  c();\n</pre></div></div>',
             "```c\nif (a < b)\n  c();\n```"),
        Case("line numbers in a table",
             '<table class="highlighttable"><tr><td class="linenos"><div class="linenodiv"><pre>1\n2</pre></div></td><td class="code"><div class="highlight"><pre>'
             "a = 1\nb = 2\n</pre></div></td></tr></table>", "```\na = 1\nb = 2\n```"),
        Case("line breaks as elements", '<pre class="code">a<br>  b</pre>', "```\na\n  b\n```"),
        Case("Doxygen", '<div class="fragment"><div class="line"><span class="lineno">1</span>int f() {</div><div class="line"><span class="lineno">2</span>  return 1;</div></div>',
             "```\nint f() {\n  return 1;\n```"),
        Case("a poem keeps its lines", "<pre>Roses\n  are red</pre>", "Roses\n  are red"),
    ],
}  # fmt: skip
CASES = [(family, case) for family, cases in FAMILIES.items() for case in cases]

HEAD = """# Encodings

How pages hold formulas, and the text that `extract: html_math` makes of each. Made by `python -m tests.curation.encodings --write` from the
conformance suite (`tests/curation/encodings.py`), which the tests run; do not edit.

Formulas stand between `$` or `$$`, or between the page's own `\\(`, `\\[` or environment. Nothing is rewritten in TeX that the page gives, white
space aside. `formulas_found` counts the formulas of a page, `formulas_kept` those that stand in its text.
"""

TAIL = """
## Not recoverable

- Images of formulas whose `alt` and address hold no TeX, and formulas in scanned pages: nothing in the page says what is in them.
- Office Math in the conditional comments of pages that Word saved: comments are not read, and these formulas are not counted as found.
- Formulas that a script fetches or makes when the page is shown, with no source in the HTML: the page does not hold them.
- What KaTeX or MathJax drew where neither TeX nor MathML is left is read back from the glyphs. The same symbols in the same places come
  back, but not the author's commands: `\\le` or `\\leq`, spacing, macros.
- Spoken text (`aria-label="x squared"`) without MathML: words are kept as words, not made formulas.
- Plain HTML such as `<i>x</i> = 2<i>y</i>` has no end and no beginning that could be told from italics: it stays text, with `^{}` and `_{}`.
- TeX in a page that is no formula between delimiters (bare `\\alpha` in prose) stays as it stands.
- Page macros (`\\RR`) are kept as commands; definitions that a page hides are dropped, not expanded.
"""


def document() -> str:
    """`docs/encodings.md` as it must be."""
    parts = [HEAD]
    for family, cases in FAMILIES.items():
        parts.append(f"\n## {family}\n")
        for case in cases:
            parts.append(f"\n**{case.name}**\n\n````html\n{case.html}\n````\n````text\n{case.text}\n````\n")
    return "".join(parts) + TAIL


def text_of(html: str) -> str:
    """What `html_math` makes of a page."""
    from curation.extract.html_math import html_math

    page = html if html.startswith("<head>") else f"<body>{html}</body>"
    return str(html_math(pl.DataFrame({"id": ["a"], "text": [f"<!DOCTYPE html><html>{page}</html>"]}))["text"][0])


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        DOCS.write_text(document(), "utf-8")
    else:
        sys.exit("say --write")
