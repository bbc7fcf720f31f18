"""From scores to confidence: how often answers that scored so were right, among examples held out one by one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEPS = 25
_RIDGE = 1.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic in the best score, its lead over the next, and how much of what was said no example has."""

    weights: tuple[float, float, float, float]

    def confidence(self, best: float, lead: float, strange: float) -> float:
        """The share, 0..1, of such answers that were right."""
        bias, by_score, by_lead, by_strange = self.weights
        sum_ = bias + by_score * best + by_lead * lead + by_strange * strange
        return 1.0 / (1.0 + math.exp(-min(max(sum_, -30.0), 30.0)))


def calibrate(scores: Floats, strange: Floats, right: NDArray[np.int64]) -> Calibration:
    """``scores`` by example and class, ``right`` the column of each example's own class. Newton's method: no chance."""
    if scores.shape[1] < 2 or len(scores) < 2:
        return Calibration((0.0, 2.0, 2.0, -2.0))
    order = np.sort(scores, axis=1)
    inputs = np.column_stack([np.ones(len(scores)), order[:, -1], order[:, -1] - order[:, -2], strange])
    wanted = (scores.argmax(axis=1) == right).astype(float)
    weights = np.array([0.0, 2.0, 2.0, -2.0])
    for _ in range(_STEPS):
        guess = 1.0 / (1.0 + np.exp(-np.clip(inputs @ weights, -30, 30)))
        slope = inputs.T @ (wanted - guess) - _RIDGE * 0.1 * weights
        bend = (inputs * (guess * (1 - guess))[:, None]).T @ inputs + _RIDGE * 0.1 * np.eye(4)
        weights = weights + np.linalg.solve(bend, slope)
    bias, by_score, by_lead, by_strange = weights.tolist()
    return Calibration((bias, max(by_score, 0.0), max(by_lead, 0.0), min(by_strange, 0.0)))
