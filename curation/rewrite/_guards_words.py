"""Words and phrases of those who speak about a text, to its reader, or instead of it: tables for `_guards_edges.py`.

Words stand for all their forms (`stem`). Phrases are of words in lower case, contractions written out: `i am` is also `I'm`.
"""

from __future__ import annotations

import re
from functools import lru_cache

ENDING = re.compile(r"(?:ings?|ed|es|s|e|ly)$")
STEM = 6
"""Letters of a word without its ending that are compared."""


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """A word without its ending: `rewrite` and `rewriting`, `menu` and `menus` are one."""
    short = ENDING.sub("", word) if len(word) > 3 else word
    if len(short) > 2 and short[-1] == short[-2]:
        short = short[:-1]
    if len(short) > 2 and short[-1] == "i":
        short = short[:-1] + "y"
    return short[:STEM] if len(short) > 1 else word


def _stems(words: str) -> frozenset[str]:
    return frozenset(map(stem, words.split()))


def _phrases(listed: str) -> tuple[str, ...]:
    return tuple(listed.split(", "))


WORK = _stems(
    "rewrite rewritten rewrote refine refinement rephrase reword rework paraphrase reorganize restructure rearrange "
    "reformat revise revision polish tidy clean streamline declutter condense shorten omit discard exclude filter "
    "eliminate sanitize strip skip prune remove drop trim delete leave left retain preserve maintain kept keep stick "
    "untouched unchanged intact adjust tweak touch edit amend modify correct fix repair restore garble illegible "
    "extract distill reproduce transcribe translate copy compile compose craft draft merge consolidate combine "
    "deduplicate standardize finalize proofread update improve improvement enhance optimize expand elaborate simplify "
    "adapt tailor convert normalize fulfil comply adhere observe respect honour ensure generate produce present "
    "provide supply deliver return submit process handle perform continue truncate abridge cut ignore alter replace "
    "reduce organize structure insert"
)
"""What is done to a text."""
ABOUT = _stems(
    "text version page webpage website site blog post document passage excerpt snippet transcript article content "
    "material output response reply request query task job assignment prompt edition original source input "
    "instruction guideline requirement specification rule format layout style tone voice markdown latex html title "
    "heading bullet metadata timestamp noise boilerplate navigation menu ad ads advertisement promotional banner "
    "footer header sidebar link button widget clutter distraction fluff wording language grammar typo spelling "
    "punctuation formatting readability clarity flow coherence consistency fidelity accuracy essence meaning intent "
    "opinion length edits change changelog redundant redundancy repetition duplicate irrelevant unnecessary "
    "superfluous extraneous unrelated comment commentary biography cookie notice login signature author user "
    "assistant model bot lesson writer editor reader learner student beginner tutor audience message conversation "
    "chat attachment screenshot photo image figure symbol marker marked web paragraph chatter review approve role "
    "scope token status confidence pedagogical instructional educational instructive useful substance write-up "
    "summary outline overview"
)
"""What such a speaker calls the text, its parts, its noise and those who deal with it."""
TALK = _stems(
    "sure certainly absolutely yes yeah yep okay ok alright right great cool awesome excellent amazing nice fantastic "
    "gladly perfect understood sorry apology apologize apologies forgive afraid unfortunately regret regrettably "
    "thank thanks please kindly hope hopefully trust glad happy delighted excited thrilled honoured grateful eager "
    "willing pleasure pleased welcome enjoy cheers hello hi hey dear voila luck wish regards sincerely feedback "
    "question help helpful assist assistance anything something everything whatever whenever else further additional "
    "ready request ask tell ping reach hesitate appreciate prefer preference want would like need suit satisfy "
    "expectation meet fascinating wonderful delightful beautiful beautifully shine journey adventure curious "
    "curiosity mastery passion inspire explore embrace unlock entrust crystal gem congratulation clarify check verify "
    "confirm wait hmm done end begin start attempt try best disclaimer warning caveat important remark remember share "
    "paste send upload suggest offer look think plan allow refresh guide discover practice expert instructed asked "
    "requested mistake spot unclear interested study studying exam feel free"
)
"""What is said to a reader, and not in a lesson."""
REFUSE = _stems(
    "sorry apology apologize apologies afraid unfortunately regret regrettably decline refuse refusal unable cannot "
    "impossible inappropriate unethical harmful unsafe safety sensitive confidential prohibited forbidden forbid "
    "restrict illegal copyright copyrighted infringe protected unauthorized license policy moderation violate breach "
    "conflict guideline capability ability permission denied reject block fail failed error redacted flagged filtered "
    "information ai openai anthropic claude qwen alibaba llama meta gpt chatgpt gemini mistral deepseek empty blank "
    "missing absent unavailable insufficient incomplete corrupted unreadable unintelligible gibberish garbled unclear "
    "ambiguous null invalid unsupported server timeout quota exceed retry comply access browse internet responsible "
    "consult publisher legal personal private trouble feasible available resend upload paste"
)
"""What is said instead of doing the work."""
FRAME = _stems(
    "introduction overview problem statement key concept main idea step solution work example definition notation "
    "theorem background motivation exercise basic consider follow question answer point topic recall fact give "
    "preliminary formula cover summary result conclusion proof claim complete further reading explanation takeaway "
    "reference understand proceed next illustrate turn detail word case property hold explain simple see best reason "
    "approach precise true summarize analysis desired show begin begins start discuss section describe method note "
    "several first second finally then use using find prove let remark important general special above below conclude "
    "obtain get suppose assume argument observe"
)
"""What joins the parts of any lesson: says nothing by itself."""
LABELS = _stems(
    "output response reply rewrite rewritten refine refined clean cleaned revise revised polish assistant result "
    "version done finish finished end eof begin start improved change edit text page ok task model final new my here "
    "see below voila"
)
"""Words of a label that is put before or after a text."""
MINE = frozenset("i me my mine myself".split())
YOURS = frozenset("you your yours yourself".split())

BARE = _phrases(
    "here, over, here you are, here you go, there you go, here we go, there it is, here it is, that is it, that is "
    "all, so here it is, over to you, now you"
)
"""Whole lines of filling words."""

SPOKEN = _phrases(
    "let me know, feel free, hope this, hope that, i hope, happy to, glad to, be glad, i would be, do not hesitate, "
    "say the word, here you go, here we go, there you go, here goes, is there anything, anything else, you got this, "
    "good luck, best of luck, happy studying, happy learning, stay curious, keep practicing, keep exploring, take on "
    "it, would you like, do you want, shall i, can i help, if you need, if you have, if you would, you would like, "
    "you asked, as requested, per your request, as instructed, as required, as asked, as you requested, your request, "
    "your instructions, the instructions, the user, the assistant, the prompt, the task is, i have rewritten, i "
    "rewrote, i removed, i have removed, i kept, i have kept, i left, i have left, i dropped, i skipped, i omitted, i "
    "made sure, i tried, i have tried, i made no, i will keep, i should keep, we need to output, i need to find, i "
    "should drop, you can copy, you may copy, you may paste, left out, taken out, carried over, word count, no facts "
    "were, were not carried, without commentary, the page provided, you provided, you gave, you shared, you sent, "
    "given page, given text, supplied page, supplied material, provided text, original text, original page, source "
    "text, refined text, this rewrite, the rewrite, the rewritten, this version, this response, this output, my "
    "response, my edits, my take, my version, my attempt, my plan, the output, your text, your page, your feedback, "
    "double check, look forward, hope it, that is it, that is all, that is everything, covers everything, everything "
    "is there, a language model, what i came up, thank you for, thanks for, in no time, let us dive, if you are "
    "ready, faithful rewrite, the text above, the text below, text that follows, version of the page, version of the "
    "text, version of your, free of menus"
)
"""Phrases that are said about a text or to whoever asked for it."""
REFUSED = _phrases(
    "i cannot, i can not, i could not, i will not, i am not able, i am unable, i was unable, i am not allowed, i am "
    "not going to, i am sorry, i apologize, i apologise, i regret, i must, i have to decline, i would rather not, i "
    "do not have, i do not see, i do not feel, i lack, i am afraid, i am only, i am just, i have no way, i can only, "
    "i should not, we cannot handle, we cannot process, we are sorry, my apologies, accept my, as an ai, an ai, as a "
    "responsible, language model, being a language, my guidelines, my programming, my capabilities, my abilities, my "
    "training, no can do, cannot be rewritten, cannot be refined, cannot be reproduced, cannot be fulfilled, cannot "
    "be completed, cannot process, cannot comply, unable to comply, unable to process, is not possible, nothing to, "
    "nothing worth, nothing on this page, nothing here, no text was, no page was, no meaningful, no educational, no "
    "useful content, no content, no output, no rewrite, not found, please provide, please paste, please share, please "
    "send, could you, can you clarify, try again, request denied, rate limit, too many requests, something went "
    "wrong, not something, outside of what, beyond my, beyond me, more context, have not given, did not come through, "
    "it looks like you, it seems that you, content policy, against my"
)
"""Phrases of a speaker who does not do the work."""
INJECTED = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}\b(?:instructions?|prompts?|rules|guidelines)\b"
    r"|\b(?:reveal|print|repeat|show)\b[^.\n]{0,30}\bsystem prompt\b|\byou are now an? [^.\n]{0,30}\b(?:assistant|ai|model|mode)\b",
    re.IGNORECASE,
)
"""Orders to a model, in a page that is rewritten."""
