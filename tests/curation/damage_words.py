r"""Words for `damage`: what models say when they refuse, talk about their work, invent an answer or change the language.

Two halves, of other words: `DEV`, to look at while guards are written, and `HELD`, for the measurement. In a line `#` becomes a number
that is not on the page.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wordings:
    """Lines of each kind of damage."""

    refusals: tuple[str, ...]
    meta_before: tuple[str, ...]
    meta_after: tuple[str, ...]
    boxed: tuple[str, ...]
    answers: tuple[str, ...]
    letters: tuple[str, ...]
    word_answers: tuple[str, ...]
    worked: tuple[str, ...]
    formulas: tuple[str, ...]
    invented: tuple[str, ...]
    foreign: tuple[str, ...]
    echoes: tuple[str, ...]
    nothing: tuple[str, ...]


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
DEV = Wordings(
    refusals=(
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
    ),
    meta_before=(
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
    ),
    meta_after=(
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
    ),
    boxed=(
        r"The final answer is $\boxed{#}$.",
        r"$\boxed{#}$",
        r"Therefore the answer is \(\boxed{\frac{#}{#}}\).",
        r"$$\boxed{x = #}$$",
        r"\boxed{#}",
    ),
    answers=(
        "The answer is #.",
        "Answer: #",
        "**Answer:** #",
        "So the final answer is #.",
        "Final answer: # square units.",
        "#### #",
        "Hence the result is #.",
        "Solution: #.#",
    ),
    letters=(
        "Answer: (B)",
        "The correct answer is C.",
        "**Answer:** D",
        "Correct option: A",
        "The answer is (E).",
        "Therefore, option B is correct.",
        "Ans. C",
    ),
    word_answers=(
        "Answer: Yes, it always holds.",
        "The answer is no.",
        "Answer: True",
        "**Answer:** a rhombus",
        "Answer: Tuesday",
        "Final answer: there is no solution.",
        "The answer is infinitely many.",
        "The correct answer is false.",
    ),
    worked=(
        "Adding both gives # + # = #, so there are # left.",
        "Substituting, we get $x = # / # = #$.",
        "**Solution.** We compute $#^2 - # = #$, as wanted.",
        "Step 3: Multiply # by # to get #.",
        "Solving for the unknown, \\(y = #\\) and \\(z = #\\).",
    ),
    formulas=(
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
    ),
    invented=("Recall that {}.", "This gives {}.", "Moreover, {}.", "Here {} holds as well.", "It follows that {}."),
    foreign=(
        "In diesem Abschnitt betrachten wir den Satz noch einmal genauer."
        " Der Beweis folgt unmittelbar aus der Definition. Daraus ergibt sich, dass die "
        "Menge nicht leer ist. Wir werden diese Aussage später noch verallgemeinern.",
        "Cette méthode permet de résoudre le problème de manière élégante. Il suffit de remarquer que la fonction est continue."
        " On en déduit le résultat cherché. La démonstration est laissée au lecteur.",
        "在本节中，我们首先回顾这个定理的定义。然后我们证明它的基本性质。由此可以得出结论。读者可以自己验证这一点。",
        "Este resultado es muy útil en la práctica. La demostración se basa en la definición de continuidad."
        " Por lo tanto, la sucesión converge. Dejamos los detalles para el lector interesado.",
        "Рассмотрим это утверждение подробнее. Доказательство следует из "
        "определения. Поэтому множество не пусто. Далее мы обобщим этот результат.",
        "この節では定理の証明を詳しく見ていきます。まず定義を思い出しましょう。次に性質を確認します。以上より結論が得られます。",
    ),
    echoes=(
        "Task: clean and reorganise the page below. Keep every fact, number and formula, and answer with the text only.",
        "You are given a web page. Rewrite it so that it is easier to learn from. Do not add anything.\n\n### Page\n",
        "Rewrite the following text. Remove menus, advertisements and other noise.",
        "The user asks to refine a text about mathematics, keep the length, and output only the refined text.",
    ),
    nothing=(".", "OK", "Done.", "...", "```\n```", "[empty]", "N/A", "None", "##", "This page is about mathematics."),
)
HELD = Wordings(
    refusals=(
        "I'm unable to help with that.",
        "I'm afraid I can't produce a rewrite of this document.",
        "Sorry, but I am not in a position to continue with this task.",
        "As a large language model I don't have access to the page you mention.",
        "I am unable to complete this task, since the input is mostly unreadable.",
        "This request goes against my usage policies, so I will have to stop here.",
        "I regret that I cannot provide a refined version of this page.",
        "I can't rewrite this text because it seems to be copyrighted material.",
        "It looks like the page you sent is empty. Could you please send the text again?",
        "There does not appear to be anything worth keeping in this page.",
        "I apologize for the inconvenience, but this material is outside of what I can process.",
        "Unfortunately, the text is too fragmented for me to rewrite.",
        "I don't think I should rewrite this one.",
        "I would rather not reproduce this content.",
        "Please provide the text that you would like me to refine.",
        "The page contains nothing but navigation links, so there is nothing for me to refine.",
        "I’m not able to verify the content, so I can’t rewrite it.",
        "My apologies, I am not allowed to do that.",
        "Regrettably, I have to refuse this request.",
        "I cannot fulfill your request. I am just an AI assistant.",
        "No rewrite is possible, because no text was given.",
        "As an AI, I cannot edit web pages for you.",
    ),
    meta_before=(
        "Below you will find my rewrite of the page.",
        "Absolutely! Here's a polished version of the text:",
        "This is the cleaned text:",
        "Here is my attempt at refining the given page:",
        "Rewritten page:",
        "### Cleaned text",
        "**Rewritten Text:**",
        "Understood. I will now rewrite the page.",
        "I've gone through the page and rewritten it for clarity:",
        "Sure thing! The improved text follows.",
        "Alright, here's the text with the advertisements taken out:",
        "Refined output:",
        "Result of the rewriting:",
        "Let me start by identifying the key facts of the page.",
        "<think>\nWe need to remove the menus and keep the formulas.\n</think>",
        "<refined>",
        "Assistant: Here is the text.",
        "Great, I will restructure this page into a clear lesson.",
        "After removing noise and reorganizing, the page reads as follows:",
        "Final version of the text:",
        "The page, rewritten as you asked:",
        "First, I will clean up the text, and then I will put it in order.",
    ),
    meta_after=(
        "Is there anything else you would like me to change?",
        "I trust this version meets your requirements.",
        "If you want, I can also produce a shorter version.",
        "*Note: the links at the bottom of the page were left out.*",
        "(I left out the comments section because it has no educational content.)",
        "All numbers and formulas have been preserved from the original text.",
        "In this rewrite, I focused on clarity and logical order.",
        "Please note: I did not add any new facts.",
        "That concludes the refined version of the page.",
        "### Summary of edits\n- removed menus\n- fixed headings",
        "The rewritten version above is about as long as the original.",
        "Happy to make further edits if needed!",
        "--- end of rewritten page ---",
        "I removed duplicated paragraphs and user names.",
        "You can ask me to refine another page.",
        "This version has been cleaned of all navigation elements.",
        "Explanation of changes: headings were added and noise was deleted.",
        "</refined>",
        "I hope you find this useful, and good luck with your studies!",
        "As instructed, no answers were added to the questions.",
        "Disclaimer: this text was generated by an AI model and may contain mistakes.",
        "Do let me know whether the format is what you were looking for.",
    ),
    boxed=(
        r"Thus we find \[\boxed{#}\]",
        r"The solution is $\boxed{x = #}$.",
        r"$\boxed{\text{#}}$",
        r"So the value is \( \boxed{\sqrt{#}} \).",
        r"Answer: $\boxed{-#}$",
    ),
    answers=(
        "The result is #.",
        "ANSWER: #",
        "*Answer*: # cm",
        "Consequently, the answer equals #.",
        "The correct value is #.",
        "Therefore, the final result is # percent.",
        "A: #",
        "Our answer is therefore #/#.",
    ),
    letters=(
        "The correct choice is (D).",
        "Answer is B.",
        "Correct answer: (A)",
        "**Correct Answer: C**",
        "So the right option is E.",
        "Answer key: B",
        "Choice (C) is the correct one.",
    ),
    word_answers=(
        "Answer: No, it does not.",
        "The final answer is yes.",
        "Correct answer: false",
        "**Answer**: an equilateral triangle",
        "Answer: on Friday",
        "The answer is that no such number exists.",
        "ANSWER: both of them",
        "The correct answer is undefined.",
    ),
    worked=(
        "Multiplying out, # times # is #.",
        "From this we see that $n = # - # = #$.",
        "*Solution:* The sum of # and # equals #, which we divide by #.",
        "Step 4. Divide # by # and round to #.",
        "Plugging in the values yields \\(z = \\frac{#}{#}\\).",
    ),
    formulas=(
        "$\\lim_{n \\to \\infty} (1 + 1/n)^n = e$",
        "\\(V = \\frac{4}{3}\\pi r^3\\)",
        "$\\cos 2\\theta = 2\\cos^2\\theta - 1$",
        "$$\\int_a^b f'(t)\\,dt = f(b) - f(a)$$",
        "$E = mc^2$",
        "\\(\\binom{n}{k} = \\frac{n!}{k!(n-k)!}\\)",
        "$\\log(uv) = \\log u + \\log v$",
        "$\\chi = V - E + F$",
        "$$\\frac{d}{dx} x^n = n x^{n-1}$$",
        "$\\mathrm{Var}(X) = E[X^2] - E[X]^2$",
    ),
    invented=(
        "We also know that {}.",
        "By a standard identity, {}.",
        "One has {}.",
        "As is well known, {}.",
        "Then {} follows at once.",
    ),
    foreign=(
        "In questo paragrafo studiamo alcune conseguenze del teorema. La "
        "dimostrazione non presenta difficoltà. Ne segue che la successione "
        "è limitata. Il lettore può verificare i dettagli.",
        "Neste capítulo apresentamos os conceitos principais. A prova é feita por "
        "indução. Logo, o conjunto é infinito. Deixamos ao leitor os demais casos.",
        "接下来我们讨论这个函数的极限。根据前面的结论，该数列收敛。因此命题成立。证明留给读者作为练习。",
        "Bu bölümde temel kavramları ele alıyoruz. İspat tümevarım ile yapılır. "
        "Böylece küme boş değildir. Ayrıntılar okuyucuya bırakılmıştır.",
        "Теперь докажем вторую часть теоремы. Пусть функция непрерывна на отрезке. Тогда она ограничена. Это завершает доказательство.",
        "다음으로 이 정리를 증명해 보자. 먼저 정의를 다시 살펴본다. 따라서 함수는 연속이다. 나머지는 독자에게 맡긴다.",
        "In dit hoofdstuk bekijken we enkele eigenschappen van de functie. Het "
        "bewijs volgt direct uit de definitie. Daarom is de rij begrensd. "
        "De lezer kan dit zelf nagaan.",
    ),
    echoes=(
        "Improve the page that follows. Do not leave out any formula, and reply with nothing but the new text.",
        "System: You are an assistant that prepares texts for students. The page begins after this line.",
        "The instructions say that I should keep every number, every formula and every name, and leave out menus and links.",
        "Write the page anew so that it teaches better. Add no facts, examples, steps or answers of your own.",
    ),
    nothing=("-", "Okay.", "Finished.", "***", "<empty>", "null", "[...]", "Text", "The page explains a topic.", "```"),
)
OTHER = (
    "Bread needs four things: flour, water, salt and time. Mix 500 grams of "
    "flour with 325 grams of water and let it stand for half an hour. "
    "Add 10 grams of salt and a little yeast. "
    "Fold the dough every thirty minutes for three hours. Shape it, let it rise over "
    "night in a cold place, and bake it at 240 degrees for 40 minutes in a closed pot."
)
SPELLED = {str(n): word for n, word in enumerate("zero one two three four five six seven eight nine ten".split())}
