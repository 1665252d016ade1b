"""What people say between the steps of a solution. A `{given}` keeps its small first letter, a `{Given}` its capital one."""

OPEN = (
    "Okay, so {given}",
    "Alright. {Given}",
    "Let me start by writing down what I know. {Given}",
    "First, let me get the facts straight. {Given}",
    "Let's see. {Given}",
    "Okay, let me read this carefully. {Given}",
    "Right. {Given}",
    "So here's the situation: {given}",
    "Let me restate this in my own words. {Given}",
    "Hmm, let me think about this one. {Given}",
    "Okay. {Given}",
    "Reading the problem again: {given}",
)
ASK = (
    "What I need is {ask}.",
    "I need to find {ask}.",
    "What I'm after is {ask}.",
    "So the thing to find is {ask}.",
    "They want {ask}.",
    "I have to work out {ask}.",
    "The goal: {ask}.",
    "So I'm looking for {ask}.",
    "The unknown here is {ask}.",
)
TEMPT = (
    "At first I could {trap}. Hmm, but wait. {why}",
    "My first instinct is to {trap}. But is that right? {why}",
    "One quick idea would be to {trap}. Let me think about whether that works. {why}",
    "It's tempting to {trap}. Hold on, though. {why}",
    "Maybe I can just {trap}? No, wait. {why}",
    "I almost started to {trap}. That would be a mistake, though. {why}",
)
BACK = (
    "So scrap that and do it properly.",
    "Okay, back to the start then.",
    "So that idea is out.",
    "Let me go back and do it step by step.",
    "Good thing I stopped. Let me redo it.",
    "So that doesn't work; let me try again more carefully.",
    "Let me drop that.",
    "",
)
TRY = (
    "Let me just try some values.",
    "Let me experiment a little.",
    "I'll try a few possibilities.",
    "Maybe trial and error is quickest here.",
    "Let me go through the candidates.",
)
BEGIN = ("First,", "To begin with,", "Start here:", "Step one:", "Okay,", "So,", "To start,")
NEXT = ("Then", "Next,", "After that,", "Now", "And", "Then,", "From there,", "Okay,", "All right,")
LAST = ("Finally,", "Now", "And then", "Lastly,", "And finally,", "Now the last step:", "And")
MUSE = (
    "It's not hard, but it's easy to slip, so let me go slowly.",
    "Let me take it one step at a time.",
    "Hmm, what is the best way to do this?",
    "I think I know how to do this, but let me be careful.",
    "Let me think about what is really being asked before I compute anything.",
    "Should be doable by hand.",
    "I've seen problems like this before, but the details matter.",
    "Let me not rush this.",
    "There may be a shortcut, but doing it step by step is safer.",
    "Hmm, okay.",
)
NOTICE = (
    "Wait, that's not right.",
    "Hmm, no, let me recompute that.",
    "Wait. Let me double-check that.",
    "Hold on, that looks off.",
    "Actually, no.",
    "Hmm, that doesn't feel right.",
)
DOUBT = (
    "Wait, did I read the question right? It asks for {ask}. Yes, that's what I computed.",
    "Hmm, let me make sure I'm answering the right thing: {ask}. Yes.",
    "Before I finish, let me reread the question. It wants {ask}, and that is what I have.",
    "Is there anything I've overlooked? The problem wants {ask}. No, I think that's all of it.",
)
CHECK = (
    "Let me check that. {check}",
    "Let me verify. {check}",
    "Quick sanity check. {check}",
    "Does this make sense? {check}",
    "I want to be sure, so let me check it against the problem. {check}",
    "Checking: {check}",
)
HOLDS = (
    "That works.",
    "Good, it matches.",
    "So that holds up.",
    "Great, that's consistent.",
    "Okay, that fits.",
    "Good.",
    "Everything agrees.",
)
OTHER = (
    "Let me see if I get the same thing another way. {way}",
    "Alternatively, {way_}",
    "Another way to see it: {way_}",
    "To be safe, let me do it a second way. {way}",
    "Just to double-check with a different approach: {way_}",
)
SAME = (
    "Same result, so I'm fairly confident.",
    "That agrees with what I had.",
    "Both ways give the same thing.",
    "The same again. Good.",
    "It matches the first computation.",
)
DONE = (
    "So the answer is {box}.",
    "Therefore, the answer is {box}.",
    "The final answer is {box}.",
    "So I'm confident that the answer is {box}.",
    "Thus the answer is {box}.",
    "That gives {box}.",
    "So, {box}.",
    "I'm done: the answer is {box}.",
)
SHORT_DONE = (
    "The answer is {box}.",
    "So the answer is {box}.",
    "Therefore the answer is {box}.",
    "Hence the answer is {box}.",
    "Result: {box}.",
    "This gives {box}.",
)
SHORT_NEXT = ("", "", "", "", "", "Then ", "Next, ", "Now ")
