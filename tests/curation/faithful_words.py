r"""Words for `faithful`: noise that pages have, pairs of the same meaning, and spellings of TeX that print the same."""

from __future__ import annotations

NAMES = ("admin", "Kevin", "mathfan42", "Dr. Priya Nair", "Tomasz", "guest")
MONTHS = ("January", "March", "May", "July", "October", "Dec")
NOISE = (
    "Home | About | Contact | Sitemap", "Home » Lessons » Unit # » Page #", "# comments", "Posted on % by @", "Posted by @ on % at 10:#", "Share this: Facebook Twitter Email Print",
    "This site uses cookies to give you the best experience. Accept all cookies", "Page # of #", "© 20# @. All rights reserved.", "Copyright 2015 @ - Privacy Policy - Terms of Use",
    "Related articles: Ten tricks for faster homework | Our new calculator", "Next lesson →", "← Previous | Next →", "Log in or sign up to reply", "# views", "Rated 4.# out of 5 by # visitors",
    "Subscribe to our newsletter and join # readers!", "Advertisement", "Last modified: %", "Skip to main content", "Print this page", "@ wrote on %:", "# Likes   # Replies",
    "Download our app on the App Store", "Tags: homework, help, free", "Back to top", "You are here: Home > Library > Item #", "Like this? Buy the full course for $#.99", "Reply   Report   Quote",
)
"""`#` is a number, `@` a name, `%` a day."""

SYNONYMS = (
    ("in order to", "to"), ("is called", "is known as"), ("are called", "are known as"), ("note that", "observe that"), ("notice that", "note that"), ("obtain", "get"),
    ("suppose that", "assume that"), ("suppose", "assume"), ("for example", "for instance"), ("for instance", "for example"), ("therefore", "hence"), ("hence", "therefore"),
    ("thus", "therefore"), ("however", "nevertheless"), ("because", "since"), ("it is easy to see that", "one sees easily that"), ("such as", "like"), ("shows that", "demonstrates that"),
    ("show that", "prove that"), ("we can", "one can"), ("you can", "one can"), ("allows us to", "lets us"), ("a number of", "several"), ("a lot of", "many"),
    ("calculate", "compute"), ("calculated", "computed"), ("determine", "find"), ("in particular", "specifically"), ("in general", "generally"),
    ("which means that", "so"), ("in fact", "indeed"), ("clearly", "evidently"),
    ("similarly", "likewise"), ("usually", "typically"), ("often", "frequently"), ("whenever", "every time that"), ("also", "additionally"), ("additional", "further"), ("requires", "needs"),
    ("provides", "gives"), ("provide", "give"), ("important", "significant"), ("using", "by means of"), ("various", "different"), ("is defined as", "is defined to be"), ("denoted by", "written as"),
    ("this means", "it means"), ("consists of", "is made up of"), ("has the property that", "satisfies that"),
    ("result", "outcome"),
    ("finally", "lastly"), ("many of", "a good many of"), ("it suffices to", "it is enough to"), ("we see that", "we find that"), ("conversely", "on the other hand"),
    ("we define", "one defines"), ("can be written as", "may be written as"), ("can be", "may be"), ("there exists", "there is"), ("there exist", "there are"), ("satisfies", "fulfils"), ("contains", "includes"), ("kids", "children"), ("buys", "purchases"), ("makes", "produces"), ("each day", "every day"),
    ("according to", "as stated by"), ("above", "earlier"), ("below", "further down"), ("corresponding", "matching"), ("immediately", "at once"), ("helpful", "useful"),
)
ABBREVIATIONS = (
    (r"e\.g\.,?", "for example,"), (r"i\.e\.,?", "that is,"), (r"w\.r\.t\.", "with respect to"), (r"iff", "if and only if"), (r"Eq\.", "Equation"), (r"Fig\.", "Figure"),
    (r"Thm\.", "Theorem"), (r"s\.t\.", "such that"), (r"resp\.", "respectively"), (r"etc\.", "and so on"), (r"vs\.", "versus"), (r"Sec\.", "Section"), (r"approx\.", "approximately"),
)
CONTRACTIONS = (
    ("don['’]t", "do not"), ("doesn['’]t", "does not"), ("can['’]t", "cannot"), ("isn['’]t", "is not"), ("let['’]s", "let us"), ("we['’]ll", "we will"), ("you['’]ll", "you will"),
    ("won['’]t", "will not"), ("aren['’]t", "are not"), ("didn['’]t", "did not"), ("we['’]ve", "we have"), ("you['’]re", "you are"), ("we['’]re", "we are"), ("I['’]m", "I am"),
)
SPELLINGS = (
    ("colour", "color"), ("neighbour", "neighbor"), ("behaviour", "behavior"), ("centre", "center"), ("generalis", "generaliz"), ("normalis", "normaliz"), ("factoris", "factoriz"),
    ("minimis", "minimiz"), ("maximis", "maximiz"), ("optimis", "optimiz"), ("parametris", "parametriz"), ("labelled", "labeled"), ("modelling", "modeling"), ("metre", "meter"),
    ("favour", "favor"), ("realis", "realiz"), ("summaris", "summariz"), ("characteris", "characteriz"), ("organis", "organiz"), ("initialis", "initializ"),
)
FILLERS = ("simply", "just", "really", "actually", "basically", "quite", "obviously", "of course")
OPENERS = ("Note that", "Recall that", "Observe that", "Here,", "In other words,", "In this setting,", "It follows from the text that", "Notice how")
CLOSINGS = ("In summary,", "In short,", "To sum up,", "Overall,", "The key point:", "Remember:")
COUNTS = ("two", "three", "four", "five", "six", "seven", "eight", "nine")
ALONE = r"(?:A|An|The|Every|Any|In|If) (?!(?:above|following|next|previous|last|same|latter|former|other|second|first|proof|result|answer|solution|this|these|other|particular|addition|fact|general|case)\b)[a-z]{3,}"
"""How a paragraph begins that stands on its own feet."""

RESPELLED = (
    (r"\\[dt]frac(?=[{\d ])", r"\\frac"), (r"\\leq(?![a-zA-Z])", r"\\le"), (r"\\le(?![a-zA-Z])", r"\\leq"), (r"\\geq(?![a-zA-Z])", r"\\ge"), (r"\\ge(?![a-zA-Z])", r"\\geq"),
    (r"\\neq(?![a-zA-Z])", r"\\ne"), (r"\\ne(?![a-zA-Z])", r"\\neq"), (r"\\to(?![a-zA-Z])", r"\\rightarrow"), (r"\\rightarrow(?![a-zA-Z])", r"\\to"), (r"\\l?dots(?![a-zA-Z])", r"\\ldots"),
    (r"\\displaystyle(?![a-zA-Z]) ?", ""), (r"([_^])\{(\w)\}(?!\w)", r"\1\2"), (r"([_^])(\d)(?!\d)", r"\1{\2}"), (r"\^\{\\prime\}", "'"), (r"\\[,;!]", ""), (r"\\(?:left|right)\s*(?=[()\[\]|])", ""),
    (r"\\mbox\{", r"\\text{"), (r"\\mathrm\{(sin|cos|log|exp)\}", r"\\\1"), (r"\\land(?![a-zA-Z])", r"\\wedge"), (r"\\lor(?![a-zA-Z])", r"\\vee"),
    (r"\\boldsymbol\{", r"\\mathbf{"), (r"\\operatorname\{", r"\\mathrm{"), (r"(?<![\d/\w])(\d)/(\d)(?![\d/\w])", r"\\frac{\1}{\2}"), (r"\\mid(?![a-zA-Z])", "|"),
)
SIGNS = (
    ("≤", r"\leq"), ("≥", r"\geq"), ("≠", r"\neq"), ("×", r"\times"), ("→", r"\to"), ("∈", r"\in"), ("∞", r"\infty"), ("π", r"\pi"), ("α", r"\alpha"), ("β", r"\beta"), ("±", r"\pm"),
    ("⊂", r"\subset"), ("∪", r"\cup"), ("∩", r"\cap"), ("λ", r"\lambda"), ("θ", r"\theta"), ("∀", r"\forall"), ("∃", r"\exists"), ("≈", r"\approx"), ("√", r"\sqrt"),
)
LATEX = (
    (r"\\section\*?\{([^{}]*)\}", r"## \1"), (r"\\subsection\*?\{([^{}]*)\}", r"### \1"), (r"\\(?:emph|textit|vocab)\{([^{}]*)\}", r"*\1*"), (r"\\textbf\{([^{}]*)\}", r"**\1**"),
    (r"\\item\s+", "- "), (r"\\(?:begin|end)\{(?:itemize|enumerate|center|parts|subparts)\}\n?", ""), (r"\\begin\{(theorem|lemma|definition|proof|example|remark|proposition)\}", lambda m: f"**{m[1].capitalize()}.**"),
    (r"\\end\{(?:theorem|lemma|definition|proof|example|remark|proposition)\}\n?", ""), (r"\\noindent\s*", ""), (r"(?<=\w)~(?=\S)", " "),
)
