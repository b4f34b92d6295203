# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
#
# forest_values.py FOLDER ROWS: trains models, writes each into FOLDER as NAME.model with NAME.scores,
# what its library predicts for the rows of lightgbm.rows or xgboost.rows (doubles; float32, the
# features of a row side by side), and lists the names in `names`.
# forest_values.py costs: prints what one row costs the libraries, median and p99, nanoseconds.
import ctypes
import os
import sys
import time

import lightgbm
import numpy
import xgboost

FEATURES = 12
CATEGORIES = [10, 11]


def table(seed, count, zeros=0.15, missing=0.1, infinite=True):
    """Rows with ties, zeros, missing values and two columns of categories."""
    random = numpy.random.default_rng(seed)
    rows = random.normal(size=(count, FEATURES)).astype(numpy.float32)
    rows[:, 3] = numpy.round(rows[:, 3] * 4) / 4
    rows[:, 4] *= numpy.float32(1e-35)
    rows[:, 5] *= numpy.float32(1e30)
    rows[:, 10] = random.integers(0, 9, size=count)
    rows[:, 11] = random.integers(0, 300, size=count)
    rows[random.random(rows.shape) < zeros] = 0
    rows[random.random(rows.shape) < missing] = numpy.nan
    if infinite:
        rare = random.random(rows.shape) < 0.001
        rows[rare] = random.choice(
            numpy.array([numpy.inf, -numpy.inf, -0.0, 1e-40, -1e-35, -1, -0.5, 3e9, 1e38], "f4"),
            size=rare.sum())
    return rows


def target(rows):
    clean = numpy.nan_to_num(rows, nan=0.3).astype(numpy.float64)
    clean[:, :4] = numpy.clip(clean[:, :4], -3, 3)
    clean[:, CATEGORIES] = numpy.clip(clean[:, CATEGORIES], -1, 300)
    return (
        clean[:, 0] * clean[:, 1] + numpy.sin(3 * clean[:, 2]) + clean[:, 3]
        + numpy.sign(clean[:, 4]) + (clean[:, 10] % 3) + (clean[:, 11] % 7) / 7)


def lightgbm_models():
    base = {"verbose": -1, "seed": 7, "num_threads": 2, "deterministic": True}
    cases = {
        "regression": {"objective": "regression", "rounds": 100},
        "l1": {"objective": "regression_l1"},
        "huber": {"objective": "huber"},
        "sqrt": {"objective": "regression", "reg_sqrt": True},
        "poisson": {"objective": "poisson"},
        "quantile": {"objective": "quantile", "alpha": 0.7},
        "binary": {"objective": "binary"},
        "binary-steep": {"objective": "binary", "sigmoid": 0.7},
        "cross-entropy": {"objective": "cross_entropy"},
        "zero-missing": {"objective": "regression", "zero_as_missing": True},
        "none-missing": {"objective": "regression", "use_missing": False},
        "categories": {"objective": "regression", "categorical": True, "rounds": 60},
        "deep": {"objective": "regression", "num_leaves": 500, "min_data_in_leaf": 2, "rounds": 20},
        "shallow": {"objective": "regression", "max_depth": 1, "rounds": 200},
        "constant": {"objective": "regression", "min_gain_to_split": 1e9, "rounds": 3},
        "dart": {"objective": "binary", "boosting": "dart", "drop_rate": 0.3},
        "forest": {
            "objective": "regression", "boosting": "rf", "bagging_freq": 1,
            "bagging_fraction": 0.5, "feature_fraction": 0.7},
        "early": {"objective": "regression", "early": True, "rounds": 200, "learning_rate": 0.3},
    }
    for name, case in cases.items():
        parameters = {**base, **case}
        rounds = parameters.pop("rounds", 40)
        categories = CATEGORIES if parameters.pop("categorical", False) else []
        is_early = parameters.pop("early", False)
        rows = table(11, 5_000)
        if name == "none-missing":
            rows = numpy.nan_to_num(rows, nan=0, posinf=9, neginf=-9)
        labels = target(rows)
        if case["objective"] in ("binary", "cross_entropy"):
            labels = (labels > 1.5).astype(float)
        elif case["objective"] == "poisson":
            labels = numpy.abs(labels)
        if categories:
            rows[:, categories] = numpy.clip(
                numpy.nan_to_num(rows[:, categories], nan=-1, posinf=-1, neginf=-1), -1, 1e6)
        options = {"categorical_feature": categories, "free_raw_data": False}
        data = lightgbm.Dataset(rows, labels, **options)
        more = {}
        if is_early:
            proof = table(12, 3_000)
            more = {
                "valid_sets": [lightgbm.Dataset(proof, target(proof), reference=data)],
                "callbacks": [lightgbm.early_stopping(5, verbose=False)],
            }
        model = lightgbm.train(parameters, data, num_boost_round=rounds, **more)
        assert not is_early or 0 < model.best_iteration < rounds
        yield name, model


def xgboost_models():
    base = {"seed": 7, "nthread": 2, "tree_method": "hist"}
    cases = {
        "squared": {"objective": "reg:squarederror", "rounds": 100},
        "based": {"objective": "reg:squarederror", "base_score": 0.3},
        "logistic": {"objective": "binary:logistic"},
        "logistic-based": {"objective": "binary:logistic", "base_score": 0.1},
        "logit": {"objective": "binary:logitraw"},
        "poisson": {"objective": "count:poisson"},
        "tweedie": {"objective": "reg:tweedie"},
        "absolute": {"objective": "reg:absoluteerror"},
        "quantile": {"objective": "reg:quantileerror", "quantile_alpha": 0.7},
        "deep": {"objective": "reg:squarederror", "max_depth": 14, "rounds": 20},
        "leafwise": {
            "objective": "reg:squarederror", "max_depth": 0, "max_leaves": 60,
            "grow_policy": "lossguide"},
        "stumps": {"objective": "reg:squarederror", "max_depth": 1, "rounds": 200},
        "pruned": {"objective": "reg:squarederror", "gamma": 30, "tree_method": "exact"},
        "dart": {"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.3},
        "forest": {
            "objective": "reg:squarederror", "num_parallel_tree": 20, "subsample": 0.5,
            "eta": 1, "rounds": 2},
        "early": {"objective": "reg:squarederror", "eta": 0.5, "early": True, "rounds": 200},
    }
    for name, case in cases.items():
        parameters = {**base, **case}
        rounds = parameters.pop("rounds", 40)
        is_early = parameters.pop("early", False)
        rows = table(21, 5_000, infinite=False)
        labels = target(rows)
        if case["objective"].startswith("binary"):
            labels = (labels > 1.5).astype(float)
        elif case["objective"] in ("count:poisson", "reg:tweedie"):
            labels = numpy.abs(labels)
        more = {}
        if is_early:
            proof = table(22, 3_000, infinite=False)
            more = {
                "evals": [(xgboost.DMatrix(proof, target(proof)), "proof")],
                "early_stopping_rounds": 5, "verbose_eval": False,
            }
        data = xgboost.DMatrix(rows, labels)
        model = xgboost.train(parameters, data, num_boost_round=rounds, **more)
        if is_early:
            assert model.best_iteration + 1 < model.num_boosted_rounds()
            model = model[:model.best_iteration + 1]
        yield name, model


def write(folder, count):
    names = []
    rows = table(31, count)
    rows.tofile(f"{folder}/lightgbm.rows")
    for name, model in lightgbm_models():
        path = f"{folder}/lightgbm-{name}"
        model.save_model(path + ".model")
        scores = lightgbm.Booster(model_file=path + ".model").predict(rows)
        assert (scores == model.predict(rows)).all()
        scores.astype("<f8").tofile(path + ".scores")
        names.append(f"lightgbm-{name}")
    rows = table(32, count, infinite=False)
    rows.tofile(f"{folder}/xgboost.rows")
    data = xgboost.DMatrix(rows)
    for name, model in xgboost_models():
        path = f"{folder}/xgboost-{name}"
        model.save_model(path + ".json")
        scores = xgboost.Booster(model_file=path + ".json").predict(data)
        assert scores.dtype == numpy.float32 and (scores == model.predict(data)).all()
        os.rename(path + ".json", path + ".model")
        scores.astype("<f8").tofile(path + ".scores")
        names.append(f"xgboost-{name}")
    return names


def write_once(folder, count):
    """Does nothing when a run of this very script has been there."""
    with open(__file__) as file:
        mark = f"{count} rows\n{file.read()}"
    try:
        with open(f"{folder}/complete") as file:
            if file.read() == mark:
                return
    except FileNotFoundError:
        pass
    os.makedirs(folder, exist_ok=True)
    names = write(folder, count)
    with open(f"{folder}/names", "w") as file:
        file.write("\n".join(names))
    with open(f"{folder}/complete", "w") as file:
        file.write(mark)


def nanoseconds(call, count):
    times = []
    for index in range(count):
        start = time.perf_counter_ns()
        call(index)
        times.append(time.perf_counter_ns() - start)
    times.sort()
    return times[count // 2], times[count * 99 // 100]


def costs():
    """A model of 100 trees of 31 leaves, one row at a time on one thread."""
    rows = table(31, 2_000, infinite=False)
    taught = table(11, 5_000, infinite=False)
    labels = target(taught)
    parameters = {"objective": "regression", "verbose": -1, "num_threads": 1, "num_leaves": 31}
    model = lightgbm.train(
        parameters, lightgbm.Dataset(taught, labels), num_boost_round=100)
    single = [rows[index:index + 1] for index in range(len(rows))]
    print("lightgbm Python predict", *nanoseconds(
        lambda index: model.predict(single[index], num_threads=1), len(single)))
    library = lightgbm.basic._LIB
    fast = ctypes.c_void_p()
    library.LGBM_BoosterPredictForMatSingleRowFastInit(
        model._handle, 0, 0, -1, 0, FEATURES, ctypes.c_char_p(b"num_threads=1"),
        ctypes.byref(fast))
    length, score = ctypes.c_int64(), ctypes.c_double()
    data = [row.ctypes.data_as(ctypes.c_void_p) for row in single]
    call = library.LGBM_BoosterPredictForMatSingleRowFast
    print("lightgbm C single row, fast", *nanoseconds(
        lambda index: call(fast, data[index], ctypes.byref(length), ctypes.byref(score)),
        len(single)))
    print("  of these a call from Python", *nanoseconds(
        lambda index: library.LGBM_GetLastError(), len(single)))
    model = xgboost.train(
        {"objective": "reg:squarederror", "nthread": 1, "max_leaves": 31, "max_depth": 0,
         "grow_policy": "lossguide"}, xgboost.DMatrix(taught, labels), num_boost_round=100)
    print("xgboost Python inplace_predict", *nanoseconds(
        lambda index: model.inplace_predict(single[index]), len(single)))


if sys.argv[-1] == "costs":
    costs()
else:
    write_once(sys.argv[1], int(sys.argv[2]))
