"""Ways to deny a reading or a test, so that a claim inside is none.

"This is not evidence for convergence" denies a reading, "no hypothesis test was made" a
test; "no effect was found" denies an effect, which is a claim. So "not" alone excuses
nothing. A denial excuses what it spans and no more than its clause, which ends at a
semicolon, at "but" and its like, and where a new subject follows a comma. A sentence of
advice ("Avoid ...", "Never write ...") is excused as a whole.
"""

from __future__ import annotations

import re
from itertools import pairwise

from focale.report.inferential_words import BE, SOURCES

_NOT = r"(?:not|never|cannot|\w+n't)"
_DO_NOT = (
    r"(?:(?:do|does|can|could|should|must|may|might|would|will)(?: still)?(?: not|n't)|cannot)"
)
_ASIDE = r"(?:,[^,;]{1,40},| (?:\w+ly|yet|even|alone|still|by \w+|in \w+))?"
_DONE = (  # what is done to a test or a reading, never to the brain: no "found" here
    r"(?:computed|calculated|interpreted|tested|assessed|performed|applied|estimated|inferred|"
    r"claimed|implied|evaluated|attempted|warranted|justified|conducted|intended|planned|"
    r"examined|allowed|made|done|run|drawn|carried out|meant|possible)"
)
_TEST = (
    r"(?:(?:hypothesis|significance|statistical|inferential)[ -](?:tests?|testing|inferences?|"
    r"thresholds?|thresholding|maps?|claims?|statements?)|[pz][ -]?(?:values?|scores?|maps?)|"
    r"corrections?(?: for multiple \w+)?|inferences?|claims?)"
)

DENIALS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(rf"(?<!\w){pattern}")
    for pattern in (
        # "should not be described as", "cannot, by itself, be read as": what follows in the clause
        rf"{_NOT}{_ASIDE}(?: to)?(?: be)?{_ASIDE} (?:describe|read|interpret|understood|taken|"
        r"treat|present|constru|view|regard|written|cite|quote|report)(?:e?d)?(?: \w+)? "
        r"(?:as|for)\b.*",
        rf"{_NOT}(?: to)? be (?:called|labell?ed|termed)\b.*",
        rf"{_NOT}(?: \w+)? (?:meant|intended) (?:as|to)\b.*",
        # "do not imply", "do not, by themselves, establish", "cannot show that"
        rf"(?:{_DO_NOT}|nor (?:do|does|can) \w+){_ASIDE}{_ASIDE} (?:imply|establish|mean|prove|"
        r"claim|constitute|amount to|warrant|justify|allow|permit|test|say|tell|infer|conclude|"
        r"perform|make|(?:show|demonstrate|indicate|suggest) (?:that|whether))\b.*",
        # "did not test whether"; "did not show that" is a result
        r"(?:(?:did|have|has)(?: not|n't)|nor did \w+)(?: \w+)? (?:test|assess|perform|compute|"
        r"make|made|interpret|run|conduct|apply|applied|carr(?:y|ied) out|infer|claim)"
        r"(?:e?d)?\b.*",
        # "is not evidence", "was not a statistical threshold"; "there is no evidence" is a result
        r"(?<!there )(?:(?:is|are|was|were|remains?)(?: still)? not|(?:is|are|was|were)n't|"
        r"(?:this|it|that|these|they) (?:is|are|was|were) no)"
        r"(?: (?:in|by) (?:itself|themselves))?(?: (?:an?|any|the|yet|valid))* (?:statistical|"
        r"inferential|evidence|proof|tests?|testing|hypothesis|inferences?|claims?)\b.*",
        r"not as (?:an? |any )?(?:proof|evidence|findings?|results?|claims?|tests?)\b.*",
        r"not (?:an? |any )?(?:proof|claims?|tests?) (?:of|that|for)\b.*",
        # "no claim of", "nothing is said about", "tests nothing"
        r"no (?:\w+ )?(?:claims?|inferences?|conclusions?|statements?|tests?) (?:of|about|for|on|"
        rf"whether|that|{BE} (?:made|drawn))\b.*",
        r"nothing (?:[\w ]{0,30} )?(?:claimed|said|inferred|concluded|tested)\b.*",
        r"(?:says?|tells?|claims?|proves?)(?: us)? nothing\b.*",
        # "no hypothesis test", "without p-values or z-scores": no more than the words
        rf"(?:no|without|nor|neither)(?: [\w-]+){{0,3}}? {_TEST}"
        rf"(?: (?:or|nor|and) (?:[\w-]+ ){{0,2}}?{_TEST})?\b",
        rf"no\b[^,;]{{0,100}}? {BE} (?:\w+ly )?{_DONE}\b",
        r"not corrected(?: for multiple \w+)?\b",
        r"(?:rather than|instead of)\b[^,;]*",
        # "maps were not interpreted", "is still to be tested": what precedes in the clause
        rf"^.*\b{BE}(?: not|n't)(?: \w+)? {_DONE}\b",
        r"^.*\bremains? (?:to be tested|open|unknown|untested)\b",
        # "too small for robust inference", "not enough experiments to test"
        r"(?:too (?:few|little|small|sparse)|not (?:have )?enough|insufficient)(?: [\w-]+){0,4}? "
        r"(?:for|to (?:allow|permit|support|warrant|justify|test|claim|infer|conclude|say|tell|"
        r"call|make|draw))\b.*",
        # words spoken of, not used: words such as "robust"; say "near", not "significant"
        r"(?:words?|terms?|language|phrases?) (?:such as|like)\b.*",
        r"(?:(?<=, )|(?<=\band ))(?:not|never) [\"\u201c\u2018'].*",
        # a place in the brain, not a z-score: "y = -28, z = 20.5", "slices at z = 12.5"
        r"(?:[xy] ?= ?-?[\d.]+(?: ?mm)?|(?:slices?|planes?|sections?)(?: at)?)[,;]?(?: and)? ?"
        r"z ?= ?-?[\d.]+",
        # what the reports of others had to say to be included
        rf"we (?:only )?(?:in|ex)cluded (?:only |all )?(?:\w+ )?{SOURCES}\b.*",
        r"(?:included|excluded|eligible) (?:only )?(?:if|when|because|unless)\b.*",
        r"(?:in|ex)clusion criteri\w+\b.*",
        rf"{SOURCES} [^,;]{{0,150}}? (?:was|were) (?:in|ex)cluded(?! in)\b",
    )
)
"""Ways to deny a reading or a test; a claim inside the match is none."""

_ADVICE = re.compile(
    r"\W*(?:please )?(?:avoid|(?:do not|don't|never) (?:write|say|use|call|report|describe))\b"
)
_CLAUSE_END = re.compile(
    r";(?! ?z ?=)"
    r"|,? (?=(?:but|yet|however|although|though|whereas|while|nevertheless|nonetheless)\b)"
    r"|, (?:and |so |then |which )?(?=(?:we|it|they|this|these|there|our|the)\b)"
    r"| and (?=(?:we|it|they|this|these|there|our|found|showed|revealed|identified)\b)"
)


def denied_letters(sentence: str) -> bytearray:
    """For each letter of a sentence, whether it is part of a denial."""
    if _ADVICE.match(sentence):
        return bytearray(b"\1" * len(sentence))
    denied = bytearray(len(sentence))
    starts = [0, *(match.end() for match in _CLAUSE_END.finditer(sentence)), len(sentence)]
    for start, end in pairwise(starts):
        clause = sentence[start:end]
        for pattern in DENIALS:
            for match in pattern.finditer(clause):
                denied[start + match.start() : start + match.end()] = b"\1" * len(match[0])
    return denied
