"""English words by which an instruction is known: what it asks to do, how it asks, and what stands before a noun."""

from __future__ import annotations


def _words(text: str) -> list[str]:
    return text.split()


# Verbs that instructions begin with, as in those of Super-NaturalInstructions, Self-Instruct, Dolly and P3.
VERBS = frozenset(
    _words("""
accept act add address adjust advise advocate aggregate align allocate alter analyse analyze annotate answer apply
appraise arrange articulate ask assemble assess assign assist assume author balance be begin brainstorm break brief
build calculate capitalise capitalize caption carry categorise categorize change characterise characterize check
choose circle cite clarify classify clean cluster collect combine come comment compare compile complete compose
compress compute conceptualise conceptualize conclude condense conduct conjugate connect consider construct continue
contrast convert convince copy correct count craft create criticise criticize critique debate debug decide declare
decode decompose decrypt deduce define delete deliver demonstrate derive describe design detail detect determine
develop devise diagnose diagram differentiate discover discuss display distinguish divide document draft draw edit
elaborate eliminate encode encourage encrypt enhance ensure enumerate estimate evaluate examine execute expand explain
explore express extend extract factor fetch figure fill filter find finish fix follow forecast form format formulate
gather generate give grade group guess harmonise harmonize help highlight hypothesise hypothesize identify illustrate
imagine implement improve include indicate infer inform insert inspect integrate interpret introduce invent
investigate join judge justify keep label learn link list locate look make map mark match measure mention merge
minimise minimize model modify move multiply name narrate negate normalise normalize note observe offer open optimise
optimize order organise organize outline output paraphrase parse perform persuade pick plan play point polish pose
predict prepare present print prioritise prioritize produce pronounce proofread propose prove provide punctuate put
quote randomise randomize rank rate read reason recall recognise recognize recommend reconstruct record reduce
refactor refer reflect reformat reformulate refute remember remove rename reorder reorganise reorganize repeat
rephrase replace reply report represent research resolve respond restate restructure retell retrieve return reverse
review revise rewrite rhyme roleplay round rule say schedule search segment select send separate shorten show simplify
simulate sketch solve sort speak specify spell split start state study subtract suggest sum summarise summarize supply
support survey synthesise synthesize tag take talk tell test think title trace track transcribe transform translate
transpose treat trim try turn type unscramble update use utilise utilize validate verify visualise visualize vote
weigh work write
""")
)

# Verbs that only say that there is something to look at; a later verb says what to do with it.
LOOKING = frozenset(
    _words("""
assume be begin consider follow help imagine keep learn look note observe read refer remember suppose take think try
use
""")
)

# Verbs that by themselves, in front of a colon, are nouns: `Answer:`
NOUNS = frozenset(
    _words("""
answer caption comment copy draft form format guess help label list name note order outline output plan question quote
rank rate record reply report review rule sketch state study sum support tag test title type
""")
)

AUXILIARIES = frozenset(
    _words("""
am are can could did do does had has have is may might must shall should was were will would
""")
)

BE = frozenset(
    _words("""
're 's am are be been being is was were
""")
)

QUESTION_WORDS = ("how many", "how much", "how long", "how old", "how far", "how often", "what", "which", "who", "whom",
                  "whose", "when", "where", "why", "how")  # fmt: skip

DETERMINERS = frozenset(
    _words("""
a above all an another any below both each eight either every exactly few five following four given her his its just
many more most much my neither nine no one only our provided seven several six some such ten that the their these this
those three two your
""")
)

PERSONS = frozenset(
    _words("""
he him i it me myself she them they us we you yourself
""")
)

# Of a verb, where a determiner comes behind them.
PARTICLES = frozenset(
    _words("""
down in off out over through up
""")
)

CLAUSES = frozenset(
    _words("""
how if that what when where whether which who whom whose why
""")
)

# What ends a noun phrase that began behind a verb.
STOPS = frozenset(
    _words("""
about above according across after against along although among and are around as at based be because been before
behind being below beneath beside between beyond but by can concerning could describing despite did do does down
during except expressed for from had has have he him how i if in inside into is it may me might must myself near nor
not of off on onto or out outside over per regarding she should since so such than that them then there they through
throughout to toward towards under unless until up upon us using via was we were what when where whether which while
who whom whose why will with within without would you your yourself
""")
)

# What may stand before the verb of an instruction, at the beginning of a sentence.
LEAD_INS = (
    "please", "kindly", "now", "then", "next", "first", "finally", "also", "just", "simply", "briefly", "carefully",
    "can you", "could you", "would you", "will you", "can you please", "could you please", "would you please",
    "i want you to", "i would like you to", "i'd like you to", "i need you to", "i will ask you to", "let's", "let us",
    "you need to", "you have to", "you must", "you should", "you will", "you are to", "you are asked to",
    "you are required to", "you are supposed to", "you are expected to", "you're asked to", "you will be asked to",
    "your task is to", "your job is to", "your goal is to", "your objective is to", "the task is to", "the goal is to",
    "task is to", "it is your task to", "we ask you to", "we want you to", "help me", "help me to", "try to", "do you",
    "you will need to", "you want to", "i ask you to", "your job will be to", "your task will be to",
)  # fmt: skip
