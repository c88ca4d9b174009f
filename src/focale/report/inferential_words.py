"""Words and phrases that claim more than a descriptive reading can, and what to write.

A list meant to be read and argued about. A pattern reads prose in small letters, with one
blank between words and no markup (`prose.py`); whether a phrase is denied is not its
business (`denials.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """A family of phrases that claim, and what to write instead.

    Parameters
    ----------
    name
        Short name, unique in `RULES`.
    pattern
        Finds the phrases in prose: small letters, one blank between words, no markup.
    instead
        What a descriptive text can say; itself free of claims.
    why
        Why the phrase claims too much, in one sentence.
    """

    name: str
    pattern: re.Pattern[str]
    instead: str
    why: str


# Words that phrases share. A phrase is a regular expression for whole words.
BE = r"(?:is|are|was|were|be|been|being)"
_PART = (
    r"(?:left|right|bilateral|both|anterior|posterior|dorsal|ventral|medial|lateral|superior|"
    r"inferior|middle|insula|amygdala|hippocampus|thalamus|striatum|putamen|caudate|cerebellum|"
    r"precuneus|operculum|cortex|cortices|gyr[iu]s?|sulc[iu]s?|lobules?|lobes?|cingulate|acc|"
    r"pfc|sma|hemispheres?|regions?|areas?|networks?|clusters?)"
)
SOURCES = r"(?:stud(?:y|ies)|papers?|articles?|experiments?|records?|reports?|contrasts?)"
_ACTIVATION = r"(?:activations?|(?:de|co|hyper|hypo)-?activations?)"
_NOT_DATA = r"(?! (?:likelihood|maps?|peaks?|foc(?:us|i)|coordinates?|values?|stud|experiment))"
_AS_DATA = r"(?<!modelled )(?<!modeled )(?<!reported )(?<!reporting )(?<!report )"
_FOUND = (
    r"(?:found|observed|seen|detected|identified|revealed|shown|demonstrated|obtained|evident|"
    r"present)"
)
_GAP = (  # a word between a verb of finding and its object, unless that is data
    r"(?:(?!(?:where|how|whether|that|descriptive|displayed|reported|modell?ed|raw|foci|peaks|"
    rf"coordinates|{SOURCES}) )[\w'/-]+,? )"
)
_DESIGN = (  # what papers may differ in without a claim about the brain
    r"(?:papers|studies|experiments|software|packages|versions|templates?|spaces|talairach|mni|"
    r"tools|programs|methods|files|runs|raters|coders|sample|source|threshold|report|design|"
    r"modalit|paradigm|task|coordinate|size)"
)
_CHORES = (  # what people, rather than parts of the brain, see to
    r"(?:screen|coding|extract|data|select|design|writing|this|literature|search|review|collect|"
    r"organi|conduct|analy)"
)
_NUMBER = r"(?:[01]?[.,]\d+|0|\d+e-\d+|(?:\d+(?:\.\d+)? ?[x\u00d7] ?)?10 ?\^ ?-?\d+)"
_CORRECTION = (
    r"(?:[cv]?fwer?|fdr|family[ -]?wise(?:[ -]error)?(?:[ -]rate)?|bonferroni|"
    r"(?:cluster|voxel)[ -]?(?:level|wise|size|extent|mass)?(?: fwe)?|multiple[ -]comparisons?)"
)

_HIGHEST = "Convergence of reported foci is highest near <place>."
_COUNT = "Foci of k of n experiments lie within 10 mm of <place>."
_LARGEST = "The highest ALE is <value>, at <x, y, z>."
_LEANS = "Without <experiment>, the ALE of this cluster falls by <percent>."
_CUT = "The map is displayed above a display-only level of ALE, which tests nothing."
_ON_TOPIC = "Experiments on <topic> report foci near <place>."
_BOTH = "Foci of k of n experiments on A and of j of m on B lie within 10 mm of <place>."


def _rule(name: str, instead: str, why: str, *phrases: str) -> Rule:
    pattern = rf"(?<!\w)(?:{'|'.join(phrases)})(?!\w)"
    return Rule(name, re.compile(pattern), instead, why)


RULES: tuple[Rule, ...] = (
    _rule(
        "significance",
        _HIGHEST,
        "Significance is the outcome of a test, and a descriptive reading makes none.",
        r"(?:statistical(?:ly)? )?(?<!clinically )(?<!clinical )significan(?:t|tly|ce)"
        r"(?! (?:others?|figures|digits|statement))",
    ),
    _rule(
        "negative result",
        "The protocol asked for no test, so the map is only described.",
        "Where nothing was tested, nothing can have failed a test.",
        r"(?:no|not|not statistically|never|non|statistically non)[ -]?significan(?:t|tly|ce)",
        r"insignifican(?:t|tly|ce)",
        r"n\.s\.",
        r"(?:not|none|no \w+|failed to|fails to) (?:\w+ )?(?:reach|surviv|pass|exceed)\w* "
        r"(?:(?!display)[\w%]+[ -]){0,3}?(?:significance|threshold|thresholding|correction)",
    ),
    _rule(
        "p-value",
        _LARGEST,
        "A p-value belongs to a test, and a descriptive reading makes none.",
        r"p[ -]?values?",
        r"[pq]s?[ _-]?(?:\(?[cv]?(?:fwer?|fdr|unc|corr|uncorrected|corrected)[.)]* ?)?"
        rf" ?(?:[<>=\u2264\u2265] ?|(?:of|less than|below) ){{1,2}}{_NUMBER}",
    ),
    _rule(
        "z-score",
        _LARGEST,
        "In ALE, z is p in other units.",
        r"z[ -]?(?:scores?|values?|statistics?)",
        r"z ?(?:[<>\u2264\u2265] ?-?\d+(?:\.\d+)?|= ?-?\d+\.\d+)(?![\d.]*\d)(?! ?mm)",
    ),
    _rule(
        "correction",
        _CUT,
        "Only the p-values of a test can be corrected.",
        rf"{_CORRECTION}[ -]?(?:un)?correct(?:ed|ions?)",
        r"correct(?:ed|ion|ing)? for multiple (?:comparisons?|tests?|testing)",
        r"(?:un)?corrected (?:at )?(?:p|z|threshold|level|significance|statistical)(?! ?\.)",
    ),
    _rule(
        "survived",
        "The clusters listed are voxels above a display-only level.",
        "To survive is to pass a test, and none was made.",
        r"surviv(?:e[sd]?|ing|al of) (?:(?!display)[\w%]+[ -]){0,4}?"
        r"(?:correct\w*|threshold\w*|fwe|fdr|multiple)",
        r"surviving (?:clusters?|voxels?|peaks?|foci)",
        r"(?:clusters?|voxels?|peaks?|results?|findings?|convergence|contrasts?) surviv(?:e[sd]?)",
    ),
    _rule(
        "passed",
        _CUT,
        "A level chosen for display cannot be passed or missed like a test.",
        r"(?:pass|exceed|meet|met|reach)(?:e[sd]|s|ing)? (?:(?!display)\w+[ -]){0,3}?"
        r"(?:statistical|corrected|cluster[ -]\w+|voxel[ -]\w+|fwe|fdr) "
        r"(?:threshold|correction|test|level)\w*",
        r"pass(?:e[sd]|ing)? (?:(?:the|our|this|a|any) )?(?:threshold\w*|correction|test)",
        r"(?:clusters?|voxels?|peaks?|regions?) pass(?:ed|es)",
        r"statistical threshold\w*",
    ),
    _rule(
        "chance",
        _COUNT,
        "Chance is the yardstick of a test, and none was made.",
        r"(?:above|beyond|than|(?:than )?expected (?:by|under)) (?:random )?chance(?: levels?)?",
    ),
    _rule(
        "evidence",
        _COUNT,
        "Coordinates are what was reported; evidence for something takes a test of it.",
        r"(?:no|strong|clear|compelling|convincing|converging|weak|moderate|some) evidence"
        r"(?! (?:base|entering|included))",
        r"evidence (?:for|of|that|against|in favou?r|in support|suggest\w*|show\w*|support\w*|"
        r"indicat\w*|point\w*)",
        r"(?:provid|offer|lend|yield)\w* (?:\w+ ){0,2}?(?:evidence|support) (?:for|of|that|to)",
    ),
    _rule(
        "hypothesis",
        "The picture may suggest a question for new, independent data.",
        "A hypothesis is supported or rejected by a test.",
        r"(?:support|confirm|reject|refut|contradict)\w* (?:\w+ ){0,3}?"
        r"(?:hypothes[ie]s|null|predictions?)",
        rf"(?:hypothes[ie]s|null) {BE} (?:\w+ )?(?:supported|confirmed|rejected|refuted)",
        r"in line with (?:\w+ )?(?:hypothes[ie]s|predictions?)",
    ),
    _rule(
        "confirms",
        "The picture resembles that of <earlier review>, by eye.",
        "To confirm is to have tested an expectation.",
        r"(?<!to )confirm(?:s|ed|ing)?"
        r"(?! (?:with|by) (?:\w+ ){0,3}?(?:authors?|e-?mail|rater|reviewer))"
        r"(?! (?:that )?(?:the )?(?:\w+ )?(?:coordinates|space|diagnos|eligib|sample size))",
        r"replicat(?:e[sd]?|ing) (?:\w+ ){0,3}?(?:findings?|results?|patterns?|work)",
        r"corroborat(?:e[sd]?|ing)",
    ),
    _rule(
        "proof",
        "Coordinates were reported near <place> by k of n experiments.",
        "A description says what was reported and proves nothing beyond.",
        r"(?:show|demonstrate|prove|establish|reveal)(?:s|d|e[ds]|n)? (?:\w+ly )?that",
        r"(?:show|demonstrat|establish|prov|highlight)(?:e[sd]?|s|ing)? (?:the|an?) "
        r"(?:\w+ )?(?:involvement|role|engagement|importance|existence|link)",
        r"proofs?(?! of (?:concept|principle))(?!-of)",
        r"prov(?:es|en)(?! (?:difficult|impossible|hard|useful|necessary))",
    ),
    _rule(
        "robust",
        _LEANS,
        "How far a picture leans on one experiment can be said in numbers.",
        r"(?<!non-)robust(?:ly)?(?! (?:regression|variance|estimat|standard|statistic))",
    ),
    _rule(
        "reliable",
        _LEANS,
        "Reliability needs repeated or held-out data, not one map.",
        r"reliabl[ey](?! (?:coder|rater|change|software|method|source))",
    ),
    _rule(
        "consistent",
        _COUNT,
        "Say how many experiments agree and leave the verdict to the reader.",
        rf"consistent(?:ly)? (?:{_GAP}){{0,2}}?(?:activat(?:ed|es|e)|{_ACTIVATION}{_NOT_DATA}"
        r"|converg\w+|engag\w+|recruit\w+|involv\w+|implicat\w+|found|observed|overlap\w*)",
        rf"consistent (?:across|over|between) (?:\w+ )?{SOURCES}",
    ),
    _rule(
        "trend",
        _LARGEST,
        "A trend is a test that was nearly passed, and none was made.",
        r"trend(?:ed|ing|s)? towards?",
        r"trend[ -]?(?:level|wise)|by trend",
        r"(?:an?|no|weak|strong|clear|statistical|similar|slight) trend"
        r"(?! (?:in|of|among) (?:the )?(?:publi|literature|field|research|recent|number))",
    ),
    _rule(
        "marginal",
        _LARGEST,
        "Nothing can be nearly passed where nothing was tested.",
        r"marginal(?:ly)?(?! (?:gyrus|sulcus|ramus|branch|segment|zone|distribution|histogram|"
        r"mean|likelihood))",
        r"borderline(?![ -](?:personality|intellectual|patients?|traits?|features?|disorder|"
        r"symptoms?|hypertension))",
        r"(?:approach|near|border)(?:ed|ing|s|es) (?:on )?(?:statistical )?significance",
    ),
    _rule(
        "activated",
        _ON_TOPIC,
        "ALE describes where peaks were reported, not whether a place was active.",
        r"activat(?:ed|es)|(?:de|co|hyper|hypo)-?activat(?:ed|es)",
        r"(?:more|less) active",
        rf"{_PART} activate|activat(?:e|ing) (?:the )?{_PART}",
    ),
    _rule(
        "activation",
        _ON_TOPIC,
        "ALE describes where peaks were reported, not whether a place was active.",
        rf"{_AS_DATA}{_ACTIVATION} (?:in|of|within|across|throughout) "
        rf"(?:the (?!included|literature|original|source|same|{SOURCES})\w+|{_PART})",
        rf"{_AS_DATA}{_ACTIVATION} (?:\w+ ){{0,2}}?{BE} (?:\w+ )?(?:{_FOUND}|stronger|greater|"
        r"higher|weaker|lower|located|locali[sz]ed|limited|restricted)",
        r"convergent activation",
    ),
    _rule(
        "more activation",
        _BOTH,
        "Coordinates say nothing about how strong a response was.",
        r"(?:(?:strong|great|high|weak|low|larg)(?:er|est)|increased|decreased|reduced|enhanced|"
        rf"elevated|more|less|most) (?:\w+ )?(?<!reported ){_ACTIVATION}{_NOT_DATA}",
        r"(?:(?:strong|great|high|weak|low)er|increased|decreased|reduced|enhanced|elevated) "
        rf"(?:(?:\w+ )?activity (?:in|of|within) (?:the )?{_PART}|{_PART} activity)",
        r"hyperactivity(?! disorder)(?!/)|hypoactivity",
    ),
    _rule(
        "found",
        _HIGHEST,
        "To find is to have looked with a test; a description says where values are high.",
        r"(?:show(?:s|ed|n|ing)?|reveal(?:s|ed|ing)?|find|finds|found|identif(?:y|ies|ied)|"
        r"detect(?:s|ed)?|observed?|yield(?:s|ed)?|uncovered|demonstrate[sd]?|exhibit(?:s|ed)?|"
        rf"elicit(?:s|ed)?|evoke[sd]?) (?:{_GAP}){{0,5}}?(?:{_ACTIVATION}{_NOT_DATA}|"
        r"convergence(?! (?:map|value))|clusters? (?:of|in|with|that|for)(?! at least))",
        rf"convergence (?:[\w-]+ ){{0,6}}?(?:{BE} (?:\w+ )?{_FOUND}|emerged|appeared|occurred)",
        rf"(?<!descriptive )(?<!displayed )(?:clusters?|peaks?|overlap) (?:of \w+ )?{BE} "
        r"(?:\w+ )?(?:found|detected|identified|revealed)",
        r"clusters? (?:\w+ ){0,2}?emerged",
    ),
    _rule(
        "absence",
        "No reported focus lies within 10 mm of <place>.",
        "Absence is a claim too, and the hardest one to test.",
        rf"no (?:(?!foci|more|further)[\w-]+ ){{0,2}}?(?:convergence|overlap|{_ACTIVATION})"
        rf"{_NOT_DATA}",
        rf"no (?:\w+ )?clusters? (?:of convergence|{BE} {_FOUND}|surviv\w+|met|reached|emerged)",
        rf"(?:absence|lack) of (?:\w+ )?(?:convergence|difference|effects?|{_ACTIVATION})",
        r"(?:(?:did|do|does|could) not|failed to) (?:show|reveal|find|detect|observe|identify|"
        rf"yield) (?:{_GAP}){{0,3}}?(?:{_ACTIVATION}|convergence|clusters?|differences?|effects?)",
        r"(?:did|does|do) not (?:\w+ly )?(?:activate|differ|converge|overlap)",
    ),
    _rule(
        "effect",
        _ON_TOPIC,
        "An effect is estimated or tested, and coordinates allow neither.",
        r"(?:an?|no|main|group|interaction|treatment|drug|age|sex|gender|moderating|large|small|"
        r"strong) effects?(?! (?:sizes?|model))",
        r"(?<!random )(?<!fixed )(?<!mixed )(?<!random-)(?<!fixed-)(?<!mixed-)effects? (?:of|on)",
        r"effect (?:was|is)|effects (?:were|are)",
        r"(?:large|medium|small|strong|moderate|great)(?:er|r)? effect sizes?",
    ),
    _rule(
        "difference",
        _BOTH,
        "That two sets of papers are unlike is a claim that takes a test of the contrast.",
        r"(?:no|group) differences?",
        rf"differences? (?:was|were|between|across|among) (?:the )?(?!{_DESIGN})\w+",
        rf"differences? in (?:the )?(?:{_PART}|{_ACTIVATION}|convergence)",
        rf"differ(?:s|ed)? (?:\w+ly )?(?:between|from|in) (?:the )?(?!{_DESIGN})\w+",
        r"(?:groups|patients|controls|conditions) differ(?:ed)?",
        r"differ(?:s|ed)? (?:significantly|reliably|markedly)",
    ),
    _rule(
        "comparison",
        _BOTH,
        "Only a tested contrast allows to say that one set converges more than another.",
        r"(?:(?:strong|great|high|weak|low)er|more|less) (?:\w+ ){0,2}?convergence (?:\S+ ){0,8}?"
        r"(?:than|compared|relative)",
        r"(?:more|less) (?:strongly|frequently|likely) (?:engaged|recruited|involved)",
    ),
    _rule(
        "specific",
        _COUNT,
        "That one thing and no other goes with a place takes a tested contrast.",
        r"specific (?:to|for)(?! (?:this|the) (?:run|report|paper|file|atlas|software|study))",
        r"(?:specifically|selectively|uniquely|preferentially|exclusively) "
        r"(?:involv|engag|recruit|associat|relat|link|implicat|respon|converg)\w*",
        r"selective for",
    ),
    _rule(
        "core",
        _COUNT,
        "A core or hub is a statement about the brain, not about a list of coordinates.",
        r"core (?:\w+ )?(?:networks?|regions?|areas?|hubs?|systems?|circuits?|nodes?)",
        r"(?:key|central|critical|network|neural|cortical|functional|important|an?) hubs?(?!-)",
    ),
    _rule(
        "reverse inference",
        _ON_TOPIC,
        "From a place to its function is a step that coordinates of one topic cannot take.",
        rf"(?:involved in|(?:responsible|critical|crucial|essential) for)"
        rf"(?! (?:the |all )?{_CHORES})",
        r"underl(?:ies|ie)|underpin(?:s|ned|ning)?|subserv(?:e[sd]?|ing)|recruits",
        r"underlying (?:\w+ ){0,2}?(?:processing|process(?:es)?|mechanisms?|cognition)",
        rf"(?:recruit(?:ed|ment of)?|engag(?:e[sd]?|ement of)) (?:the )?{_PART}",
        rf"{_PART} {BE} (?:\w+ly )?(?:recruited|engaged|involved|(?:associated|linked) "
        r"(?:with|to))",
        r"support(?:s|ed)? (?:\w+ )?process(?:es|ing)",
        r"play(?:s|ed|ing)? (?:an?|the) (?:[\w-]+ )?roles?",
        r"implicat(?:e[sd]?|ing) (?:in|the)",
        r"neural (?:basis|bases|substrates?|underpinnings?|mechanisms?|signatures?)",
    ),
)
"""What is looked for: a list to be read and argued about."""
