"""One comparison of two groups' changes, adjusted for covariates, with the influence of each unit on it."""

import numpy as np

#: Steps of Newton's method for the chance of being treated, and the change at which it has converged.
STEPS, CONVERGED = 50, 1e-10

#: Controls whose chance of being treated exceeds this have next to no counterpart (the bound of R's DRDID 1.2).
OVERLAP = 0.995


class NoComparison(ValueError):
    """Two groups that cannot be compared; the message is the reason."""


def adjusted_effect(
    change: np.ndarray, treated: np.ndarray, controls: np.ndarray, covariates: np.ndarray | None
) -> tuple[float, np.ndarray]:
    """Difference of mean changes between treated and controls, adjusted for covariates, and each unit's influence.

    ``covariates`` have a row per unit and a first column of ones (None: no adjustment). The standard error is the root
    of the sum of squared influence over the number of all units. Doubly robust (Sant'Anna PHC, Zhao J. Journal of
    Econometrics 2020;219:101-122, ``dr`` with least squares and maximum likelihood): right if either model is.
    """
    if not treated.any():
        raise NoComparison("no unit of the group has a value in both periods")
    if not controls.any():
        raise NoComparison("no unit to compare with")
    used = treated | controls
    y, d, out = change[used], treated[used].astype(float), np.zeros(len(change))
    if covariates is None:
        own, other = y[d == 1].mean(), y[d == 0].mean()
        effect = float(own - other)
        influence = d / d.mean() * (y - own) - (1 - d) / (1 - d).mean() * (y - other)
    else:
        effect, influence = _doubly_robust(y, d, covariates[used])
    out[used] = influence * len(change) / len(y)
    return effect, out


def _regression(y: np.ndarray, d: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Regress the controls' changes on covariates: predicted change of every unit, and influence on coefficients."""
    c = 1 - d
    gram = (x * c[:, None]).T @ x / len(y)
    if c.sum() < x.shape[1] or np.linalg.matrix_rank(gram, hermitian=True) < x.shape[1]:
        raise NoComparison(f"{int(c.sum())} controls do not determine a regression on {x.shape[1] - 1} covariates")
    inverse = np.linalg.inv(gram)
    slopes = inverse @ (x.T @ (c * y)) / len(y)
    predicted = x @ slopes
    return predicted, (c * (y - predicted))[:, None] * x @ inverse


def _chances(d: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit the chance of being treated by logistic regression: chance of every unit, and influence on coefficients."""
    slopes = np.zeros(x.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(x @ slopes, -30, 30)))
        information = (x * (chance * (1 - chance))[:, None]).T @ x
        if np.linalg.matrix_rank(information, hermitian=True) < x.shape[1]:
            break
        step = np.linalg.solve(information, x.T @ (d - chance))
        slopes = slopes + step
        if np.abs(step).max() < CONVERGED * max(1.0, np.abs(slopes).max()):
            inverse = np.linalg.inv(information) * len(d)
            if chance[d == 0].max() > OVERLAP:
                break
            return chance, (d - chance)[:, None] * x @ inverse
    raise NoComparison("the covariates tell treated from controls too well; there are no alike units to compare")


def _doubly_robust(y: np.ndarray, d: np.ndarray, x: np.ndarray) -> tuple[float, np.ndarray]:
    predicted, of_slopes = _regression(y, d, x)
    chance, of_chance = _chances(d, x)
    left, weight = y - predicted, chance * (1 - d) / (1 - chance)
    own, other = (d * left).mean() / d.mean(), (weight * left).mean() / weight.mean()
    mine = (d * (left - own) - of_slopes @ (d[:, None] * x).mean(axis=0)) / d.mean()
    theirs = weight * (left - other) + of_chance @ ((weight * (left - other))[:, None] * x).mean(axis=0)
    theirs = theirs - of_slopes @ (weight[:, None] * x).mean(axis=0)
    return float(own - other), mine - theirs / weight.mean()
