"""What people say from one step to the next, and around a rough estimate.

A `{given}` keeps its small first letter, a `{Given}` its capital one; `{ask}` is a noun phrase, `{trap}` a bare infinitive (`multiply 3 by
4`), `{why}`, `{check}` and `{way}` are full sentences. Whoever adds a line reads it with several families first: it has to fit them all.
"""

BEGIN = (
    "First,", "To begin with,", "Start here:", "Step one:", "Okay,", "So,", "To start,", "First of all,", "To start with,",
    "Let me begin:", "The first thing:", "Initially,", "Let's go:", "Now,", "All right,", "I start like this:", "Well,", "For a start,",
)  # fmt: skip
NEXT = (
    "Then", "Next,", "After that,", "Now", "And", "Then,", "From there,", "Okay,", "All right,", "With that,", "Now,", "Good,",
    "Moving on,", "Continuing,", "Okay, next:", "So now", "And then", "Right,", "The next thing:", "Going on,", "Following on from that,",
    "And now", "Fine,", "Step by step:", "That done,", "Having that,",
)  # fmt: skip
LAST = (
    "Finally,", "Now", "And then", "Lastly,", "And finally,", "Now the last step:", "And", "At last,", "To finish,", "One more step:",
    "All that remains:", "The last thing:", "In the end,", "And with that,", "To round it off,", "Then finally,", "And so", "Last step:",
)  # fmt: skip
SHORT_NEXT = (
    "", "", "", "", "", "", "", "", "", "", "Then ", "Next, ", "Now ", "And ", "After that, ", "With that, ", "Then, ", "Now, ",
)  # fmt: skip
ESTIMATE = (
    "Before computing, a rough estimate: {about}.",
    "Roughly, {about}.",
    "As a ballpark, {about}.",
    "I'd expect something like this: {about}.",
    "Let me estimate first: {about}.",
    "In round numbers, {about}.",
    "Just to have a feeling for the size: {about}.",
    "A quick estimate says that {about}.",
    "To know what to expect: {about}.",
    "With rounded numbers, {about}.",
)
CLOSE = (
    "That is close to the estimate.",
    "That's in the region I expected.",
    "The estimate was not far off.",
    "The size is right.",
    "That fits the rough figure.",
    "Good, near the estimate.",
    "Compared with the estimate, that's plausible.",
    "",
)
