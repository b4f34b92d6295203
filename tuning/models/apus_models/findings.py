# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""What did not work, told from the figures."""

from __future__ import annotations


def findings(tree: dict) -> list[str]:
    """One sentence each, of a report's object: the ridge is its first model."""
    made = []
    base = tree["base_rates"]
    if tree["models"][0]["r2"] <= base["imbalance_r2"]:
        made.append(f"ridge: no better than {base['imbalance_feature']} alone.")
    for model in tree["models"]:
        name, low = model["name"], model["r2_interval"][0]
        if low <= 0:
            made.append(f"{name}: not known to be better than forecasting zero; the interval of "
                        "its R2 holds 0.")
        gain = model["gain_over_ridge_interval"]
        if name != "ridge" and gain[1] < 0:
            made.append(f"{name}: worse than the ridge.")
        elif name != "ridge" and gain[0] <= 0:
            made.append(f"{name}: not known to be better than the ridge; the interval of its gain "
                        "holds 0.")
        folds = model["fold_r2"]
        if min(folds) <= 0 < max(folds):
            made.append(f"{name}: R2 is positive in some folds and not in others.")
        if model["brier"] is not None and model["brier"] > model["brier_base"]:
            made.append(f"{name}: its probabilities are worse than always saying the share of "
                        "upward moves (Brier).")
        net = model.get("costs")
        if net and net["net_taker_bps"] <= 0:
            made.append(f"{name}: its best tenths lose {-net['net_taker_bps']:.2f} bps a round "
                        "trip to a taker.")
        made += [f"{name}: {problem}." for problem in model["serving"]["problems"]]
    return made
