"""Makes cases.json: small cases with the numbers that scikit-learn, SciPy and
lir (the package of the Netherlands Forensic Institute) give for them.

    python -m venv v && v/bin/pip install lir==1.3.1 scikit-learn==1.9.1
    v/bin/python src/evaluate/cases.py > src/evaluate/cases.json
"""
import json
import numpy as np
from scipy import stats
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score, roc_curve
from lir.algorithms.bayeserror import elub
from lir.algorithms.isotonic_regression import IsotonicCalibrator
from lir.algorithms.kde import KDECalibrator
from lir.algorithms.logistic_regression import LogitCalibrator
from lir.data.models import LLRData
from lir.metrics import cllr, cllr_cal, cllr_min
from lir.plotting.expected_calibration_error import calculate_ece

rng = np.random.default_rng(7)


def case(name, n1, n0, apart, digits):
    y = np.r_[np.ones(n1, int), np.zeros(n0, int)]
    x = np.round(np.r_[rng.normal(apart, 1, n1), rng.normal(0, 1.3, n0)], digits)
    other = np.round(x + rng.normal(0, 1, len(x)), digits)
    fpr, tpr, _ = roc_curve(y, x, drop_intermediate=False)
    eer = brentq(lambda a: 1 - a - interp1d(fpr, tpr)(a), 0, 1)
    llr = np.asarray(LogitCalibrator(tol=1e-12, max_iter=10000).fit(x.reshape(-1, 1), y).transform(x)).reshape(-1)
    kde = KDECalibrator(bandwidth='silverman').fit(x, y)
    at = np.linspace(-3, 4, 9)
    data = LLRData(features=llr, labels=y)
    own = LLRData(features=x, labels=y)
    pav = IsotonicCalibrator().fit(x, y).transform(x)
    priors = 10.0 ** np.array([-2, -1, 0, 1, 2])
    priors = priors / (1 + priors)
    p = 1 / (1 + 10.0 ** -llr)
    bins = np.minimum((p * 10).astype(int), 9)
    ece = sum(abs(p[bins == b].sum() - y[bins == b].sum()) for b in range(10)) / len(y)
    two = np.stack([x, other], 1)
    fused = LogisticRegression(class_weight='balanced', tol=1e-10, max_iter=10000).fit(two, y)
    ident = [None if not np.isfinite(v) else float(v) for v in pav]
    return dict(
        name=name, y=y.tolist(), x=x.tolist(), other=other.tolist(),
        auc=roc_auc_score(y, x), eer=eer, ap=average_precision_score(y, x),
        tpr_at=[float(tpr[fpr <= a].max()) for a in (0.01, 0.05, 0.1)],
        logistic=llr.tolist(), kde_at=at.tolist(), kde=kde.transform(at).tolist(),
        cllr=cllr(data), cllr_min=cllr_min(data), cllr_cal=cllr_cal(data),
        cllr_raw=cllr(own), pav=ident,
        elub=[float(v) for v in elub(llr.copy(), y)],
        ece_curve=calculate_ece(10.0 ** llr, y, priors).tolist(),
        brier=brier_score_loss(y, p), calibration_error=float(ece),
        fused=[float(fused.intercept_[0]), *map(float, fused.coef_[0])],
        delong=delong(y, x, other),
    )


def delong(y, a, b):
    """DeLong, DeLong & Clarke-Pearson 1988, by its definition."""
    psi = lambda u, v: (u > v) + 0.5 * (u == v)
    v10, v01, theta = [], [], []
    for s in (a, b):
        m = psi(s[y == 1][:, None], s[y == 0][None, :])
        v10.append(m.mean(1)); v01.append(m.mean(0)); theta.append(m.mean())
    c = np.cov(v10) / len(v10[0]) + np.cov(v01) / len(v01[0])
    z = (theta[0] - theta[1]) / np.sqrt(c[0, 0] + c[1, 1] - 2 * c[0, 1])
    return dict(auc=[float(t) for t in theta], se=float(np.sqrt(c[0, 0])), z=float(z), p=float(2 * stats.norm.sf(abs(z))))


print(json.dumps(dict(
    cases=[case('small, with ties', 25, 30, 1.2, 1), case('larger', 120, 80, 2.0, 3)],
    mcnemar=[dict(b=b, c=c, p=float(stats.binomtest(min(b, c), b + c, 0.5).pvalue)) for b, c in [(1, 9), (5, 5), (12, 30)]],
    probit=[[p, float(stats.norm.ppf(p))] for p in (1e-6, 0.001, 0.02, 0.3, 0.5, 0.9, 0.999)],
), indent=None))
