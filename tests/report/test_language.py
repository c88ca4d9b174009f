"""The list of claims, on sentences as ALE papers write them."""

from __future__ import annotations

import re
import textwrap
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale.report import denials
from focale.report.denials import DENIALS
from focale.report.inferential_words import RULES, Rule
from focale.report.language import Finding, find_claims

CLAIMS = {
    "significance": [
        "Significant convergence was highest in the left insula.",
        "The ALE analysis yielded a significant cluster (see Table 2).",
        "Statistically significant overlap across studies occurred in the precuneus.",
        "Convergence in the amygdala reached significance.",
        "Peaks are listed at a significance level of .05.",
        "The left amygdala was the most significant peak.",
        "Foci of patients lay significantly more anterior.",
    ],
    "negative result": [
        "The conjunction was not significant.",
        "Convergence was not statistically significant.",
        "The overlap of the two maps was non-significant.",
        "The nonsignificant result for language is listed in Table S3.",
        "The cluster did not reach significance.",
        "The thalamus failed to reach the cluster-level threshold.",
        "The result of the sub-analysis was insignificant.",
        "Cluster size (n.s.) is given in the supplement.",
        "The right insula did not survive correction.",
        "None survived thresholding.",
    ],
    "p-value": [
        "The largest cluster lay in the insula (p < .001).",
        "A cluster-forming threshold of P<0.001 was used.",
        "The peak was in the ACC, p = .03.",
        "Maps were thresholded at p_FWE < .05.",
        "The left thalamus (pFWE = 0,012) lay close to it.",
        "The p-values are given in Table 1.",
        "The p value of each voxel is listed.",
        "Maps are shown at q < 0.05.",
        "Maps are shown at q(FDR) < 0.05.",
        "The cluster had ps < .01.",
        "The threshold was p(uncorrected) < .001.",
        "Peaks with p \u2264 .05 are in bold.",
        "The peak in SMA had p = 3.2 x 10^-5.",
        "The peak in SMA had p = 1e-4.",
    ],
    "z-score": [
        "The peak was in the left insula (z = 4.2).",
        "The highest Z-score was in the putamen.",
        "Voxels with z > 3.1 are shown.",
        "Cluster 1 (Z = 5.61, 2,300 mm3) covers the insula.",
        "Table 2 lists the z-values of all peaks.",
    ],
    "correction": [
        "The map is shown after FWE correction.",
        "The map is FDR-corrected.",
        "The threshold is cluster-level corrected.",
        "Results were corrected for multiple comparisons.",
        "The image shows the family-wise error corrected map.",
        "Shown are voxels at an uncorrected threshold of .001.",
        "Voxels at uncorrected p below .001 are in red.",
    ],
    "survived": [
        "Two clusters survived the threshold.",
        "The left insula survived cluster-level correction.",
        "Only the amygdala survived after multiple comparison correction.",
        "All surviving voxels lie in the frontal lobe.",
    ],
    "passed": [
        "The left putamen passed the threshold.",
        "Four peaks passed the voxel-level threshold.",
        "The insula exceeded the cluster-level threshold.",
        "The dotted line is the statistical threshold.",
    ],
    "chance": [
        "Foci coincide above chance in the insula.",
        "Peaks lie closer together than expected by chance.",
        "The overlap was greater than chance.",
    ],
    "evidence": [
        "This is evidence for a role of the insula in pain.",
        "There was strong evidence of convergence in the ACC.",
        "We found no evidence for an effect of age.",
        "The map provides evidence that the insula matters.",
        "Converging evidence suggests a frontal account.",
    ],
    "hypothesis": [
        "Our results support the hypothesis of a frontal deficit.",
        "The first hypothesis was confirmed.",
        "This is in line with our hypothesis.",
        "The null was rejected in the ACC.",
    ],
    "confirms": [
        "The leave-one-out analysis confirms the role of the insula.",
        "This confirmed earlier reviews.",
        "Our maps confirm the role of the insula.",
        "The map replicates the findings of Yarkoni et al.",
    ],
    "proof": [
        "The meta-analysis shows that the insula codes pain.",
        "Our findings demonstrate that the ACC is at the centre of cognitive control.",
        "This proves the importance of the insula.",
        "The map is proof of a shared system.",
        "The jackknife clearly showed that one cluster is stable.",
    ],
    "robust": [
        "The insula was a robust finding.",
        "Clusters were robustly located in the left hemisphere.",
        "The cluster in the SMA is robust to leaving out any one study.",
    ],
    "reliable": [
        "Pain reliably goes with the insula.",
        "A reliable cluster covered the left putamen.",
    ],
    "consistent": [
        "Across studies, consistent activation was located in the ACC.",
        "The insula was consistently activated.",
        "Foci consistently converged in the ACC.",
        "The peak in SMA was consistent across studies.",
    ],
    "trend": [
        "There was a trend in the left amygdala.",
        "The left thalamus trended toward the threshold.",
        "The right insula was at trend-level.",
        "A trend towards convergence is visible in the cuneus.",
    ],
    "marginal": [
        "Convergence in the cuneus was marginal.",
        "The cluster was marginally larger than the cut.",
        "A borderline cluster lies in the precuneus.",
        "The peak in BA 44 approached significance.",
    ],
    "activated": [
        "The left insula was activated.",
        "Pain activates the insula.",
        "Regions activated by nociception include the thalamus.",
        "The default mode network was deactivated.",
        "Both tasks activate the left inferior frontal gyrus.",
        "The amygdala was more active in patients.",
        "Tasks activating the insula were frequent.",
    ],
    "activation": [
        "Activation was found bilaterally.",
        "We describe activation in the insula.",
        "Activations of the amygdala were frequent.",
        "Hyperactivation in the left amygdala marks the disorder.",
        "Activation in bilateral insula is listed first.",
        "Activations were located mainly on the left.",
        "The tasks share convergent activation.",
    ],
    "more activation": [
        "Patients had stronger activation.",
        "Greater amygdala activation goes with anxiety.",
        "Reduced activation in the left DLPFC is a marker.",
        "The strongest activation lay in the ACC.",
        "Patients are marked by amygdala hyperactivity.",
        "Increased amygdala activity marks the disorder.",
        "Patients are marked by reduced activity in the left insula.",
    ],
    "found": [
        "The ALE map showed convergence in the left insula.",
        "The analysis revealed four clusters in the frontal lobe.",
        "We identified a large cluster of convergence in the ACC.",
        "Convergence was found in the ACC.",
        "Convergence of foci in the left insula was also observed.",
        "Two clusters of convergence were found.",
        "A third cluster emerged in the cuneus.",
        "The meta-analysis found activation throughout the frontal lobe.",
        "A cluster of convergence was found in the thalamus.",
    ],
    "absence": [
        "No convergence was visible for language.",
        "No significant convergence was found.",
        "There was an absence of activation in the hippocampus.",
        "The sub-analysis did not reveal any convergence.",
        "We failed to find convergence in the amygdala.",
        "There was no cluster of convergence for reward.",
        "Patients and controls did not differ.",
        "Language did not activate the insula.",
        "No overlap with the memory map is visible.",
    ],
    "effect": [
        "There was no effect of age.",
        "The main effect was in the insula.",
        "We describe effects of alcohol on the striatum.",
        "The effect was strongest on the left.",
        "Medication had a large effect size.",
        "A group effect is visible in the ACC.",
    ],
    "difference": [
        "The insula differs between patients and controls.",
        "The difference between the groups lies in the ACC.",
        "There was no difference.",
        "Group differences are listed in Table 4.",
        "Pain differed from touch in the insula.",
        "There were differences in convergence.",
    ],
    "comparison": [
        "There was more convergence in the left than in the right insula.",
        "Stronger convergence of foci for pain than for touch lay in the insula.",
        "The left insula is more frequently engaged by pain.",
    ],
    "specific": [
        "The posterior insula is specific to pain.",
        "Fear specifically involves the amygdala.",
        "The fusiform gyrus responds selectively to faces and is selective for them.",
    ],
    "core": [
        "The ACC and insula form a core network of pain.",
        "These are the core regions of the system.",
        "The insula is a key hub.",
    ],
    "reverse inference": [
        "The insula is involved in interoception.",
        "The ACC underlies conflict monitoring.",
        "Pain recruits the salience system.",
        "The fusiform gyrus is responsible for face perception.",
        "The hippocampus plays a key role in memory.",
        "The left IFG subserves syntax.",
        "These are the neural substrates of craving.",
        "The thalamus was engaged by all tasks.",
        "The processes underlying cognition are located here.",
        "The data implicate the insula.",
    ],
}
"""A sentence under the rule that its first finding has."""

CLEAN = [
    # what Focale writes in descriptive mode
    "Convergence of reported foci is highest near x = 54, y = -28, z = 20 mm.",
    "Foci of 4 of 12 experiments lie within 10 mm of the left anterior insula.",
    "The highest ALE is 0.01568, at x=54.0, y=-28.0, z=20.0.",
    "Peaks near (54, -28, 20) and (x = -8; y = 12; z = 45.5).",
    "The screened evidence base (8 studies, 8 experiments, 107 reported coordinates) was too "
    "small for robust voxelwise inference: it has 8 independent studies and the protocol asks "
    "for at least 17, so p and z maps were not computed.",
    "With 8, the evidence was read descriptively: no null distribution, p or z was computed.",
    "The map is displayed above a display-only threshold of ALE > 0.00378, the 95th percentile "
    "of its non-zero values, which makes the picture readable and tests nothing.",
    "No cluster above this threshold has a volume of 500 mm3 or more.",
    "Five clusters of at least 500 mm3 are listed, with peaks near (52, 4, -2) and (8, 4, 58).",
    "Every listed cluster keeps a volume of at least 500 mm3, whichever experiment is left out.",
    "With fewer than 20 experiments, power for moderate effects is low (Eickhoff et al. 2016).",
    "Within an experiment a voxel took the largest value any of its foci gave it.",
    "ALE = 1 - prod(1 - MA), MA being the modelled activation of an experiment.",
    "The modelled activation of a voxel is the largest of its Gaussians.",
    "In this set of papers more experiments on pain than on touch report foci near the insula.",
    "A jackknife sensitivity analysis was used to evaluate whether the displayed descriptive "
    "clusters were dominated by a single study.",
    "The evidence entering the analysis is shown in Figure 1.",
    "The included coordinates showed the strongest descriptive convergence near the peak above.",
    "8 of the 17 experiments declared as the minimum were found.",
    "The evidence base did not reach the declared minimum of 17 experiments.",
    "The descriptive clusters depend more strongly on that study than on others.",
    "Brighter areas indicate greater local overlap among modeled activation maps.",
    # denials of a reading or a test
    "No hypothesis test was made.",
    "No significance test was performed.",
    "This is not a statistical threshold.",
    "They do not, by themselves, establish statistical significance.",
    "This still does not imply statistical significance.",
    "This is not evidence for convergence.",
    "These maps do not show that the insula is activated.",
    "They are a summary, not as proof of activation or statistically significant convergence.",
    "A high value cannot be read as evidence of activation.",
    "They should not be described as statistically significant activation.",
    "The clusters must not be called significant.",
    "Corrected and uncorrected significance maps were not interpreted.",
    "The p and z maps were not computed.",
    "P-values and z-scores were not computed.",
    "Whether patients differ from controls was not tested.",
    "No p-values or z-scores are reported.",
    "The map is read without a significance test.",
    "We did not test for group differences.",
    "We make no claim about activation in the insula.",
    "This does not mean that there is no convergence elsewhere.",
    "ALE cannot say whether one group has stronger activation.",
    "The values are not corrected for multiple comparisons.",
    "Read the peaks as places to look rather than as significant clusters.",
    "The evidence base has too few experiments to test for significant convergence.",
    "There are not enough studies for robust inference.",
    "It is unknown whether the amygdala responds, and the role of age remains to be tested.",
    "The contribution of a study isn't evidence for an effect.",
    "Nothing is claimed about significance here.",
    "Whether this pattern is reliable remains open.",
    "The maps are not meant to prove significance.",
    "We did not assess whether convergence is significant.",
    "It is a description, not a test of robust activation.",
    "This tells us nothing about significant activation.",
    "No significant activation is implied.",
    # advice on words
    "Avoid language such as \u201csignificant cluster\u201d, \u201cactivation was found\u201d, or "
    "\u201cevidence for convergence\u201d unless a valid inferential analysis supports it.",
    'Never write "Convergence was significant."',
    'Do not use "robust" or "trend toward".',
    "- Avoid: significant, robust, marginal.",
    'Say "highest ALE", not "significant cluster".',
    "Words such as robust and reliable need a test.",
    # methods of reviews
    "Studies were included if they reported significant foci at p < .05 in the whole brain.",
    "We included only studies that found significant activation in healthy adults.",
    "Experiments reporting foci of a region of interest at p < .05 were excluded.",
    "Inclusion criteria: whole-brain analysis, p < .001 uncorrected, healthy adults.",
    "Participants were recruited from two clinics.",
    "Two authors were involved in screening and data extraction.",
    "The first author was responsible for the literature search.",
    "The coordinates were confirmed with the original authors.",
    "Two raters worked together to confirm eligibility.",
    "This is no test of differences between groups.",
    "We found 23 papers reporting activation foci in MNI space.",
    "The search identified 12 studies of brain activation.",
    "Experiments differ in sample size and in source thresholds.",
    "Differences between Talairach and MNI space were bridged with the Lancaster matrix.",
    "A random-effects model of sample size is part of the null of Eickhoff et al. (2009).",
    "ALE ignores effect sizes and uses reported coordinates only.",
    "A robustness check with another smoothing is given in the supplement.",
    "Activation likelihood estimation uses one activation map per experiment.",
    "Papers that reported activation in the insula are marked.",
    "The specific coordinates of each paper are given in Table S1.",
    "Species-specific templates were not needed.",
    "Inter-rater reliability was high (kappa = .91).",
    "The settings specific to this run are stored with the map.",
    "The reviewers passed the records on to the second author.",
    # words that only look alike
    "Patients with borderline personality disorder were the topic of nine papers.",
    "Children with attention-deficit/hyperactivity disorder took part.",
    "Depression was clinically significant in all samples.",
    "The questionnaire was completed by a significant other.",
    "The peak lies in the marginal ramus of the cingulate sulcus.",
    "The supramarginal gyrus is the label of the highest peak.",
    "Trends in Cognitive Sciences, Trendelenburg and Trend Micro are names.",
    "There is a trend in the literature to share maps.",
    "Survivors of childhood trauma were compared with controls by three papers.",
    "See p. 3 and P. Smith (2010), page 12.",
    "An effective search needs two databases.",
    "The proof of concept and the proofread text are online.",
    "Slices at z = 20 mm, z = -12 mm and z = 45.5 mm are shown.",
    "The axial slice z = 20 is shown.",
    "See https://example.org/robust-significant-effect-of for the data.",
    "The underlying coordinates are in the supplement.",
    "The core data set is shared on a hub-like server.",
    "The map \\cite{robust2010,evidence-for-activation-in-the} is shown.",
    "",
    " \t \r\n \r \n",
]


EXAMPLE = [
    # NiMARE's gallery example of a qualitative reading, which Focale grew from: its template,
    "The screened evidence base was too small for robust voxelwise inference, so corrected and "
    "uncorrected significance maps were not interpreted.",
    "The raw ALE statistic map was inspected descriptively.",
    "The included coordinates showed the strongest descriptive convergence near the reported "
    "peak above, with the map displayed only after applying a visualization threshold.",
    "A jackknife sensitivity analysis was used to evaluate whether the displayed descriptive "
    "clusters were dominated by a single study.",
    "These results summarize where coordinates tended to be reported; they should not be "
    "described as statistically significant activation.",
    # its advice,
    "Avoid language such as \u201csignificant cluster\u201d, \u201cactivation was found\u201d, or "
    "\u201cevidence for convergence\u201d unless a valid inferential analysis supports it.",
    # and other sentences of it
    "This example shows a conservative way to inspect an ALE result when a coordinate-based "
    "meta-analysis does not have enough eligible studies for robust voxelwise inference.",
    "The key choice is to inspect the raw stat map descriptively, instead of interpreting the z "
    "or p maps as evidence.",
    "Larger values indicate stronger descriptive spatial convergence among the modeled "
    "activation maps.",
    "They do not, by themselves, establish statistical significance.",
    "The outputs should be interpreted as a descriptive summary of where coordinates were "
    "reported, not as proof of activation or statistically significant convergence.",
    "It is not thresholded and does not perform inference.",
    "With too little evidence for robust inference, switching from corrected results to "
    "uncorrected z values would still invite inferential interpretation.",
    "It is the 95th percentile of nonzero ALE values and should not be described as a "
    "statistical threshold.",
    "Largest descriptive ALE statistic: 0.01568 at x=54.0, y=-28.0, z=20.0 mm.",
    "This still does not imply statistical significance.",
    "This is still not statistical inference.",
    "This suggests that the descriptive pattern depends more strongly on that study than others.",
]

BOTH = [
    # a sentence that denies one thing and claims another, and the phrase of the claim
    ("No hypothesis test was made, but convergence was significant.", "significant"),
    ("Although no hypothesis test was made, the insula is robust.", "robust"),
    ("These maps should not be read as causal, they show that pain is central.", "show that"),
    ("The map does not imply inference; the insula is robust.", "robust"),
    ("We did not compute p-values, yet the peak is reliable.", "reliable"),
    ("P-values were not computed, whereas convergence was significant.", "significant"),
    ("We included only healthy adults and found convergence in the ACC.", "found convergence"),
    ("This is not a test. The insula was activated.", "activated"),
    ("This is not a test.\n\nThe insula was activated.", "activated"),
    ("- This is not a test\n- The insula was activated", "activated"),
    ("There is no evidence for convergence.", "no evidence for convergence"),
    ("Our data did not show that the insula responds.", "show that"),
    ("The insula was included in a significant cluster.", "significant"),
    ("The effect was too small to reach significance.", "effect was"),
    ("No statistically significant cluster was found.", "statistically significant"),
    ("This was not a significant difference.", "significant"),
    ("There clearly was no evidence of it.", "no evidence"),
    ('The peak was not "significant".', "significant"),
    ("It is not a question of taste: the peak is robust.", "robust"),
    ("The map shows that pain, not touch, is central.", "shows that"),
]

MARKUP = [
    ("It is **significant** here.", 9, "significant"),
    ("It is _significant_ here.", 8, "significant"),
    ("It is \\emph{significant} here.", 13, "significant"),
    ("It is {\\em significant} here.", 12, "significant"),
    ("It is <b class='x'>significant</b> here.", 20, "significant"),
    ("It is sig\\textbf{nif}icant here.", 7, "sig\\textbf{nif}icant"),
    ("It is signi\ufb01cant here.", 7, "signi\ufb01cant"),
    ("It is sig\u00adnificant here.", 7, "sig\u00adnificant"),
    ("Peak ($p < .001$) here.", 8, "p < .001"),
    ("Peak ($p\\,\\leq\\,.001$) here.", 8, "p\\,\\leq\\,.001"),
    ("Peak ($p_{\\mathrm{FWE}}<.05$) here.", 8, "p_{\\mathrm{FWE}}<.05"),
    ("Peak (<i>p</i> &lt; .001) here.", 10, "p</i> &lt; .001"),
    ("Peak (*p* < .001) here.", 8, "p* < .001"),
    ("A robust\u00a0cluster, a\u00a0trend\u2011level one.", 3, "robust"),
    ("Activation **was** found.", 1, "Activation **was** found"),
    ("| SMA | significant |", 9, "significant"),
    ("# Significant clusters", 3, "Significant"),
    ("\\section{Significant clusters}", 10, "Significant"),
    ("\tsignificant", 2, "significant"),
]

WRAPPED = [
    ("It shows\nthat", (1, 4, "shows that")),
    ("It shows\r\n    that", (1, 4, "shows that")),
    ("Foci.\rIt shows\r that", (2, 4, "shows that")),
    ("Foci.\r\n\r\nIt shows\r\nthat", (3, 4, "shows that")),
    ("> It shows\n> that", (1, 6, "shows > that")),
    ("The map is signifi-\ncant.", (1, 12, "signifi- cant")),
    ("Convergence\nwas\nfound.", (1, 1, "Convergence was found")),
    ("The values do\nnot imply\nsignificance, but the peak is\n  robust.", (4, 3, "robust")),
]

REFERENCES = [
    "## References\n\nSmith. Significant activation in the insula.\n\nRobust effects of age.",
    "References\n----------\nSmith. Significant activation in the insula.",
    "**Bibliography**\nSmith. Significant activation in the insula.",
    "7. REFERENCES\nSmith. Significant activation in the insula.",
    "\\section*{References}\nSmith. Significant activation in the insula.",
    "\\begin{thebibliography}{9}\n\\bibitem{a} Smith. Robust activation in the insula.\n",
    "<h2>References</h2>\n<p>Smith. Significant activation in the insula.</p>",
    "[1] Smith. Significant activation in the\n    insula. Robust.\n[2] No effect of age.",
    "title = {Significant activation in the insula},",
    "@article{a,\n  title = {Significant activation\n    in the insula: a robust finding},\n}",
    "% a robust comment",
]

PATHOLOGICAL = {
    "a": "a " * 500_000,
    "not": "not " * 250_000,
    "findings": "not evidence; significant " * 4_000,
    "blanks": " " * 200_000,
    "lines": "\n" * 200_000,
    "stars": "*" * 100_000,
    "braces": "\\cite{" * 30_000,
    "tags": "<a " * 30_000,
    "entries": "@a{\n" * 50_000,
    "digits": "z = " + "1" * 200_000,
    "backward": "was not " * 8_000 + "significant",
    "sources": "studies was " * 5_000 + "significant",
    "no": "no a " * 12_000 + "significant",
}


def table(claims: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(rule, sentence) for rule, sentences in claims.items() for sentence in sentences]


def places(text: str) -> list[tuple[int, int, str]]:
    return [(finding.line, finding.column, finding.phrase) for finding in find_claims(text)]


@pytest.mark.parametrize(("rule", "sentence"), table(CLAIMS))
def test_find_claims__flags_a_claim(rule: str, sentence: str) -> None:
    assert [finding.rule for finding in find_claims(sentence)][:1] == [rule]


@pytest.mark.parametrize("sentence", CLEAN)
def test_find_claims__leaves_the_rest(sentence: str) -> None:
    assert find_claims(sentence) == []


@pytest.mark.parametrize(("sentence", "phrase"), BOTH)
def test_find_claims__flags_a_claim_next_to_a_denial(sentence: str, phrase: str) -> None:
    assert [finding.phrase for finding in find_claims(sentence)][:1] == [phrase]


def test_find_claims__keeps_the_clean_sentences_clean_together() -> None:
    assert find_claims(" ".join(CLEAN)) == []
    assert find_claims("\n\n".join(CLEAN)) == []


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", "\n\t"])
def test_find_claims__reads_wrapped_sentences_as_one(ending: str) -> None:
    for sentence in CLEAN:
        if not sentence.startswith("- "):
            assert find_claims(sentence.replace(" ", ending)) == [], sentence


@pytest.mark.parametrize("sentence", EXAMPLE)
def test_find_claims__finds_nothing_in_the_worked_example(sentence: str) -> None:
    assert find_claims(sentence) == []


def test_find_claims__finds_nothing_in_the_worked_example_as_a_whole() -> None:
    assert find_claims(" ".join(EXAMPLE)) == []
    assert find_claims("\u201c" + textwrap.fill(" ".join(EXAMPLE), 60) + "\u201d") == []


@pytest.mark.parametrize(("text", "column", "phrase"), MARKUP)
def test_find_claims__sees_through_markup(text: str, column: int, phrase: str) -> None:
    assert places(text)[0] == (1, column, phrase)


@pytest.mark.parametrize(("text", "place"), WRAPPED)
def test_find_claims__reads_across_line_ends(text: str, place: tuple[int, int, str]) -> None:
    assert places(text) == [place]


@pytest.mark.parametrize("text", REFERENCES)
def test_find_claims__skips_references(text: str) -> None:
    assert find_claims(text) == []
    assert find_claims(f"Foci were read.\n\n{text}".replace("\n", "\r\n")) == []


def test_find_claims__reads_on_after_the_references() -> None:
    text = "# References\n\nA robust finding.\n\n# Appendix\n\nThe peak is robust.\n"
    assert places(text) == [(7, 13, "robust")]
    assert places("[1] A robust finding.\n\nThe peak is robust.") == [(3, 13, "robust")]


def test_find_claims__takes_a_citation_at_a_line_start_for_prose() -> None:
    assert places("This was said before\n[1] and is robust.") == [(2, 12, "robust")]


def test_find_claims__prefers_the_first_and_the_longer() -> None:
    assert places("No significant convergence was found.") == [
        (1, 1, "No significant convergence"),
    ]
    assert places("It is not statistically significant.") == [
        (1, 7, "not statistically significant"),
    ]


def test_find_claims__says_what_to_write_instead() -> None:
    (finding,) = find_claims("The largest cluster was significant.")
    assert finding == Finding(
        line=1,
        column=25,
        phrase="significant",
        rule="significance",
        instead="Convergence of reported foci is highest near <place>.",
        why="Significance is the outcome of a test, and a descriptive reading makes none.",
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rules__offer_clean_words_in_whole_sentences(rule: Rule) -> None:
    assert find_claims(rule.instead) == []
    assert rule.instead.endswith(".")
    assert rule.why.endswith(".")


def test_rules__are_all_in_the_table() -> None:
    assert [rule.name for rule in RULES] == list(CLAIMS)
    assert len(table(CLAIMS)) > 100
    assert len(CLEAN) > 90


@pytest.mark.parametrize("denial", DENIALS, ids=lambda denial: denial.pattern[:40])
def test_denials__are_each_needed(
    denial: re.Pattern[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = tuple(other for other in DENIALS if other is not denial)
    monkeypatch.setattr(denials, "DENIALS", rest)
    assert any(find_claims(sentence) for sentence in CLEAN)


PHRASES = [
    "statistically significant",
    "p < .001",
    "robust",
    "evidence for",
    "activation was found",
    "confirms",
    "trended toward",
    "survived correction",
    "effects of",
]
WORDS = ["foci", "of", "twelve", "experiments", "lie", "near", "(54, -28, 20)", "mm.", "Maps,"]
BLANKS = [" ", "\n", "\r\n", "\r", "\t", "  ", " \n\n  ", "\n- ", "\n> ", " \\emph{x} ", " **x** "]
WRITTEN = ["{}", "**{}**", "_{}_", "\\emph{{{}}}", "<em>{}</em>", "\u201c{}\u201d", "({})"]

pieces = st.tuples(st.sampled_from(WORDS), st.sampled_from(BLANKS)).map("".join)
texts = st.lists(pieces, max_size=30).map("".join)


@given(texts, st.sampled_from(PHRASES), st.sampled_from(WRITTEN), st.sampled_from(BLANKS), texts)
def test_find_claims__gives_line_and_column(
    before: str, phrase: str, written: str, blank: str, after: str
) -> None:
    opening, closing = written.format("\0").split("\0")
    text = f"{before}{opening}{phrase}{closing}{blank}{after}"
    lines = re.split("\r\n|\r|\n", before + opening)
    assert find_claims(before + after) == []
    assert places(text) == [(len(lines), len(lines[-1]) + 1, phrase)]


claim_like = st.lists(
    st.one_of(
        st.sampled_from([*PHRASES, *WORDS, *BLANKS, "not ", "\\", "{", "<", "&lt;", "[1]"]),
        st.text(max_size=5),
    ),
    max_size=20,
).map("".join)


@given(claim_like)
def test_find_claims__takes_any_text(text: str) -> None:
    lines = re.split("\r\n|\r|\n", text)
    found = [(finding.line, finding.column) for finding in find_claims(text)]
    assert found == sorted(set(found))
    for finding in find_claims(text):
        start = finding.phrase.split()[0]
        assert lines[finding.line - 1][finding.column - 1 :].startswith(start)


@pytest.mark.parametrize("text", PATHOLOGICAL.values(), ids=PATHOLOGICAL)
def test_find_claims__is_quick_on_any_text(text: str) -> None:
    start = time.perf_counter()
    find_claims(text)
    assert time.perf_counter() - start < 5
