# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Gradient-boosted trees on the last vector of a window."""

from __future__ import annotations

from .errors import TrainingError
from .folds import FoldData
from .models import TreeModel
from .settings import TreeTraining


def fit(name: str, data: FoldData, settings: TreeTraining, seed: int, threads: int) -> TreeModel:
    """Fits LightGBM or XGBoost on the fit rows; the validation rows say when to stop."""
    parts = (data.training_vectors(data.fold.fit), data.vectors(data.fold.validation))
    return (_lightgbm if name == "lightgbm" else _xgboost)(*parts, settings, seed, threads)


def _lightgbm(fit, validation, settings: TreeTraining, seed: int, threads: int) -> TreeModel:
    import lightgbm

    options = {
        "objective": "regression", "metric": "l2", "learning_rate": settings.learning_rate,
        "num_leaves": settings.leaves, "min_data_in_leaf": settings.rows_per_leaf,
        "feature_fraction": settings.feature_share, "bagging_fraction": settings.row_share,
        "bagging_freq": 1, "lambda_l2": settings.penalty, "seed": seed, "num_threads": threads,
        "deterministic": True, "force_row_wise": True, "verbosity": -1}
    training = lightgbm.Dataset(*fit)
    booster = lightgbm.train(
        options, training, settings.rounds,
        valid_sets=[lightgbm.Dataset(*validation, reference=training)],
        callbacks=[lightgbm.early_stopping(settings.patience, verbose=False)])
    text = booster.model_to_string(num_iteration=booster.best_iteration)
    kept = lightgbm.Booster(model_str=text)
    leaves = sum(tree["num_leaves"] for tree in kept.dump_model()["tree_info"])
    return TreeModel("lightgbm", text, kept, parameters=leaves)


def _xgboost(fit, validation, settings: TreeTraining, seed: int, threads: int) -> TreeModel:
    try:
        import xgboost
    except ImportError as error:
        raise TrainingError(
            "xgboost is not installed: run tuning/models/setup --xgboost") from error

    options = {
        "objective": "reg:squarederror", "eta": settings.learning_rate, "tree_method": "hist",
        "grow_policy": "lossguide", "max_leaves": settings.leaves, "max_depth": 0,
        "min_child_weight": settings.rows_per_leaf, "colsample_bytree": settings.feature_share,
        "subsample": settings.row_share, "lambda": settings.penalty, "seed": seed,
        "nthread": threads}
    booster = xgboost.train(
        options, xgboost.DMatrix(fit[0], fit[1]), settings.rounds,
        evals=[(xgboost.DMatrix(validation[0], validation[1]), "validation")],
        early_stopping_rounds=settings.patience, verbose_eval=False)
    kept = booster[:booster.best_iteration + 1]
    leaves = sum(tree.count("leaf=") for tree in kept.get_dump())
    return TreeModel(
        "xgboost", kept.save_raw("json").decode(), kept, parameters=leaves)
