# ruff: noqa: E501
r"""Words for `damage`: what models say when they refuse, talk about their work, invent an answer or change the language. `#` becomes a number that is not on the page, `@` the page."""

from __future__ import annotations

REFUSALS = (
    "I'm sorry, but I can't help with that request.",
    "I cannot assist with rewriting this content.",
    "As an AI language model, I am not able to process this page.",
    "I apologize, but I'm unable to fulfil this request.",
    "Sorry, I can't do that.",
    "Unfortunately, I am not able to refine the text you gave because it may be protected by copyright.",
    "I’m sorry, I cannot comply with this.",
    "I won't be able to help with this text.",
    "It is not possible for me to rewrite this page, as it contains personal information.",
    "I must decline to rewrite this text.",
    "I do not feel comfortable processing this material.",
    "There is no meaningful content in the text that I could refine.",
    "The provided text does not contain any mathematical content.",
    "My guidelines do not allow me to reproduce this text.",
)
META_BEFORE = (
    "Here is the refined text:",
    "Here's the rewritten version:",
    "Sure! Here is a cleaned-up version of the page.",
    "Certainly, the refined text is below.",
    "Below is the reorganized text, with noise removed:",
    "Refined text:",
    "**Refined Version**",
    "Of course! I have rewritten the page as requested.",
    "The following is the rewritten text.",
    "Okay, let me rewrite this step by step.",
    "Here you go:",
    "I have removed the noise and kept all formulas:",
    "Output:",
    "<text>",
    "As requested, here is the improved document:",
    "<think>The user wants me to clean this page. I should keep the numbers.</think>",
)
META_AFTER = (
    "I hope this helps!",
    "Let me know if you need any further changes.",
    "Note: I removed the navigation menu and the cookie notice.",
    "(The original text was truncated, so I stopped here.)",
    "This rewritten text preserves all facts, numbers and formulas of the original.",
    "Please let me know if you would like me to adjust anything.",
    "I have kept the length close to the original.",
    "**Changes made:** removed advertisements, fixed formatting.",
    "The text above has been reorganized for clarity.",
    "Feel free to ask if you have more questions!",
    "[End of refined text]",
    "Note that some irrelevant parts of the page have been omitted in this version.",
    "Would you like me to continue?",
)
BOXED = (
    r"The final answer is $\boxed{#}$.",
    r"$\boxed{#}$",
    r"Therefore the answer is \(\boxed{\frac{#}{#}}\).",
    r"$$\boxed{x = #}$$",
    r"\boxed{#}",
)
ANSWERS = (
    "The answer is #.",
    "Answer: #",
    "**Answer:** #",
    "So the final answer is #.",
    "Final answer: # square units.",
    "#### #",
    "Hence the result is #.",
    "Solution: #.#",
)
LETTERS = (
    "Answer: (B)",
    "The correct answer is C.",
    "**Answer:** D",
    "Correct option: A",
    "The answer is (E).",
    "Therefore, option B is correct.",
    "Ans. C",
)
WORD_ANSWERS = (
    "Answer: Yes, it always holds.",
    "The answer is no.",
    "Answer: True",
    "**Answer:** a rhombus",
    "Answer: Tuesday",
    "Final answer: there is no solution.",
    "The answer is infinitely many.",
    "The correct answer is false.",
)
WORKED = (
    "Adding both gives # + # = #, so there are # left.",
    "Substituting, we get $x = # / # = #$.",
    "**Solution.** We compute $#^2 - # = #$, as wanted.",
    "Step 3: Multiply # by # to get #.",
    "Solving for the unknown, \\(y = #\\) and \\(z = #\\).",
)
FORMULAS = (
    "$e^{i\\pi} + 1 = 0$",
    "$a^2 + b^2 = c^2$",
    "$\\int_0^1 t^7 \\, dt = \\frac{1}{8}$",
    "\\(F_{n+2} = F_{n+1} + F_n\\)",
    "$\\sin^2\\theta + \\cos^2\\theta = 1$",
    "$$\\sum_{k=1}^{N} k = \\frac{N(N+1)}{2}$$",
    "$\\Delta = b^2 - 4ac$",
    "$|u \\cdot v| \\le \\|u\\| \\|v\\|$",
    "$\\det(AB) = \\det A \\det B$",
    "$P(A \\cup B) = P(A) + P(B)$",
)
INVENTED = ("Recall that {}.", "This gives {}.", "Moreover, {}.", "Here {} holds as well.", "It follows that {}.")
RELATIONS = (
    (r"\leq", r"\geq"),
    (r"\geq", r"\leq"),
    (r"\le", r"\ge"),
    (r"\ge", r"\le"),
    (r"\neq", "="),
    (r"\ne", "="),
    (r"\subset", r"\supset"),
    (r"\subseteq", r"\supseteq"),
    (r"\in", r"\notin"),
    (r"\cup", r"\cap"),
    (r"\cap", r"\cup"),
    (r"\forall", r"\exists"),
    (r"\exists", r"\forall"),
    ("<", ">"),
    (">", "<"),
    (r"\lt", r"\gt"),
    (r"\times", "+"),
    (r"\equiv", r"\neq"),
    ("≤", "≥"),
    ("=", r"\neq "),
    (r"\to", r"\leftarrow"),
)
FOREIGN = (
    "In diesem Abschnitt betrachten wir den Satz noch einmal genauer. Der Beweis folgt unmittelbar aus der Definition. Daraus ergibt sich, dass die Menge nicht leer ist. Wir werden diese Aussage später noch verallgemeinern.",
    "Cette méthode permet de résoudre le problème de manière élégante. Il suffit de remarquer que la fonction est continue. On en déduit le résultat cherché. La démonstration est laissée au lecteur.",
    "在本节中，我们首先回顾这个定理的定义。然后我们证明它的基本性质。由此可以得出结论。读者可以自己验证这一点。",
    "Este resultado es muy útil en la práctica. La demostración se basa en la definición de continuidad. Por lo tanto, la sucesión converge. Dejamos los detalles para el lector interesado.",
    "Рассмотрим это утверждение подробнее. Доказательство следует из определения. Поэтому множество не пусто. Далее мы обобщим этот результат.",
    "この節では定理の証明を詳しく見ていきます。まず定義を思い出しましょう。次に性質を確認します。以上より結論が得られます。",
)
ECHOES = (
    "Task: clean and reorganise the page below. Keep every fact, number and formula, and answer with the text only.",
    "You are given a web page. Rewrite it so that it is easier to learn from. Do not add anything.\n\n### Page\n",
    "Rewrite the following text. Remove menus, advertisements and other noise.",
    "The user asks to refine a text about mathematics, keep the length, and output only the refined text.",
)
NOTHING = (".", "OK", "Done.", "...", "```\n```", "[empty]", "N/A", "None", "##", "This page is about mathematics.")
OTHER = (
    "Bread needs four things: flour, water, salt and time. Mix 500 grams of flour with 325 grams of water and let it stand for half an hour. Add 10 grams of salt and a little yeast. "
    "Fold the dough every thirty minutes for three hours. Shape it, let it rise over night in a cold place, and bake it at 240 degrees for 40 minutes in a closed pot."
)
SPELLED = {str(n): word for n, word in enumerate("zero one two three four five six seven eight nine ten".split())}
