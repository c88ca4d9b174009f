"""How a method and its statistic are spoken of, in every text, table and figure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words of an estimator with its settings.

    Parameters
    ----------
    key
        Part of the names of files and columns.
    statistic
        Name of the statistic, as in "the largest ALE".
    method
        Name of the method in a sentence.
    references
        Keys of the papers that describe it.
    formula
        The statistic of all experiments, for the description of its map.
    means
        What a value counts, as in "5 experiments with a focus within 10 mm"; "" where a
        value needs a unit to compare with.
    within
        What is done within an experiment and over experiments, in sentences, with
        citations as `{key}`.
    footprint
        What stands for a focus, in a sentence.
    added
        What adds up over experiments, as the definitions of contributions have it.
    mass
        What a cluster mass is the sum of.
    decimals
        How many decimals of a value are printed; None for as many as it has.
    """

    key: str
    statistic: str
    method: str
    references: tuple[str, ...]
    formula: str
    means: str
    within: str
    footprint: str
    added: str
    mass: str
    decimals: int | None = None

    def value(self, value: float, decimals: int | None = None) -> str:
        """A value of the statistic as it is printed.

        Parameters
        ----------
        value
            The value.
        decimals
            Fewer than usual, where there is little room.
        """
        if self.decimals is None:
            return f"{value:g}"
        return f"{value:.{self.decimals if decimals is None else decimals}f}"

    def unequal(self, threshold: float) -> str:
        """That the statistic exceeds a threshold."""
        return f"{self.statistic} > {self.value(threshold)}"
