"""How a method and its statistic are spoken of, in every text, table and figure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words of an estimator with its settings.

    A paper is cited by its key in braces: "{wager2007}".

    Parameters
    ----------
    key
        Part of the names of files and columns.
    statistic
        Name of the statistic, as in "the largest ALE".
    method
        Name of the method in a sentence, with citations.
    means
        What a value is, as in "number of experiments with a focus within 10 mm"; "" where
        a value needs a unit to compare with.
    formula
        The statistic of all experiments, for the description of its map.
    within
        What is done within an experiment and over experiments, in a sentence.
    footprint
        What stands for a focus, as in "a sphere"; follows "was modelled by".
    width
        Name and meaning of the column with the width of an experiment's footprints.
    null
        Follows "if the experiments were independent of each other in space".
    kept
        What random maps keep of each experiment.
    summand
        What adds up over experiments.
    summands
        The same of one experiment, l_i, for the definition of a contribution.
    mass
        What a cluster mass is the sum of, above the threshold.
    tfce
        What is known of TFCE of this statistic; follows "it".
    decimals
        How many decimals of a value are printed; None for as many as it has.
    """

    key: str
    statistic: str
    method: str
    means: str
    formula: str
    within: str
    footprint: str
    width: tuple[str, str]
    null: str
    kept: str
    summand: str
    summands: str
    mass: str
    tfce: str = (
        "was studied for ALE alone, where it is valid but not more sensitive than cluster size"
    )
    decimals: int | None = None

    def value(self, value: float, decimals: int | None = None) -> str:
        """A value of the statistic as it is printed.

        Parameters
        ----------
        value
            The value.
        decimals
            How many decimals at most.
        """
        if self.decimals is None:
            return f"{value:g}"
        return f"{value:.{min(self.decimals, decimals or self.decimals)}f}"

    def equals(self, value: float) -> str:
        """The statistic with a value, and what it is: "MKDA density = 5, the number of ..."."""
        text = f"{self.statistic} = {self.value(value)}"
        return f"{text}, the {self.means}" if self.means else text

    def exceeds(self, threshold: float) -> str:
        """That the statistic exceeds a threshold: "ALE > 0.01234"."""
        return f"{self.statistic} > {self.value(threshold)}"
