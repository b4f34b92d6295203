# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
from apus_models import metrics, ridge, splits, trees
from apus_models.folds import FoldData
from apus_models.train_network import NetworkFit


def fold_data(dataset, settings, labels=None) -> FoldData:
    ends, own, rows = dataset.usable(8, settings.horizon_ns)
    fold = splits.walk_forward(
        rows, folds=1, test_share=0.4, validation_share=0.2, embargo_ns=settings.embargo_ns,
        rows_min=100)[0]
    return FoldData.make(
        dataset, 0, fold, ends, own if labels is None else labels(own), settings)


def out_of_sample(model, data: FoldData) -> float:
    test = data.fold.test
    return metrics.r2(data.labels[test], model.score(data.inputs, data.ends[test]))


def network_fit(data, settings, device, **options) -> NetworkFit:
    return NetworkFit(
        data, settings.shapes["tiny"], settings.network,
        **{"seed": 3, "device": device, "key": {"test": 1}, **options})


def fit(name, data, settings, device):
    if name == "ridge":
        return ridge.fit(data, settings.penalties)
    if name == "lightgbm":
        return trees.fit("lightgbm", data, settings.trees, seed=1, threads=2)
    return network_fit(data, settings, device).run(resume=False)


MODELS = ["ridge", "lightgbm", "tiny"]


@pytest.mark.parametrize("name", MODELS)
def test_shuffled_labels_cannot_be_forecast(name, dataset, settings, device):
    data = fold_data(
        dataset, settings, lambda own: np.random.default_rng(11).permutation(own))
    # About 3600 test rows: the noise of R2 without skill is some thousandths.
    assert out_of_sample(fit(name, data, settings, device), data) <= 0.005


@pytest.mark.parametrize("name", MODELS)
def test_what_can_be_forecast_is(name, dataset, settings, device):
    data = fold_data(dataset, settings)
    assert out_of_sample(fit(name, data, settings, device), data) > 0.1


@pytest.mark.parametrize("name", MODELS)
def test_the_future_shifted_by_one_raises_r2(name, dataset, settings, device):
    # The mid that the row after sees, as a feature: one step of the future.
    ahead = np.append(np.diff(np.log(dataset.mids)) * 1e4, 0)
    values = dataset.values.copy()
    values[:, 1] = ahead
    leaking = fold_data(replace(dataset, values=values), settings)
    blind = dataset.values.copy()
    blind[:, 1] = np.append(0, ahead[:-1])
    past = fold_data(replace(dataset, values=blind), settings)
    with_leak = out_of_sample(fit(name, leaking, settings, device), leaking)
    without = out_of_sample(fit(name, past, settings, device), past)
    assert with_leak > without + 0.01


def test_the_ridge_is_the_solution_of_its_equations():
    generator = np.random.default_rng(4)
    inputs, labels = generator.normal(size=(500, 3)), generator.normal(size=500)
    weights, bias = ridge.solve(inputs, labels, 0.1)

    def cost(w, b):
        return np.mean((labels - inputs @ w - b) ** 2) + 0.1 * np.sum(w ** 2)

    least = cost(weights, bias)
    for place in range(3):
        for step in (-1e-3, 1e-3):
            moved = weights.copy()
            moved[place] += step
            assert cost(moved, bias) > least
    assert cost(weights, bias + 1e-3) > least and cost(weights, bias - 1e-3) > least


def test_a_symmetric_ridge_has_neither_bias_nor_weight_without_direction(dataset, settings):
    data = fold_data(dataset, replace(settings, directional_only=False))
    model = ridge.fit(data, settings.penalties)
    assert np.abs(model.tensors["weight"][2]) < 1e-6
    # Bid and ask sides: opposite weights.
    assert np.isclose(
        model.tensors["weight"][3], -model.tensors["weight"][4], rtol=0, atol=1e-6)
    # With their own means as zero, a score of nothing is nothing.
    assert np.abs(model.tensors["bias"]) < 1e-6


@pytest.mark.parametrize("name", MODELS)
def test_the_same_seed_gives_the_same_weights(name, dataset, settings, device):
    data = fold_data(dataset, settings)
    digests = {fit(name, data, settings, device).digest() for _ in range(2)}
    assert len(digests) == 1


def test_xgboost_is_the_same_twice_and_its_text_says_all(dataset, settings, tmp_path):
    xgboost = pytest.importorskip(
        "xgboost", reason="tuning/models/setup --xgboost installs xgboost")
    data = fold_data(dataset, settings)
    one, two = (trees.fit("xgboost", data, settings.trees, seed=1, threads=2) for _ in range(2))
    assert one.digest() == two.digest()
    assert out_of_sample(one, data) > 0.1
    file = tmp_path / one.file
    file.write_text(one.text)
    rows = data.ends[data.fold.test]
    again = xgboost.Booster(model_file=str(file)).inplace_predict(data.inputs[rows])
    assert np.array_equal(again, one.score(data.inputs, rows))


def test_another_seed_gives_other_weights(dataset, settings, device):
    data = fold_data(dataset, settings)
    digests = {network_fit(data, settings, device, seed=seed).run(False).digest()
               for seed in (3, 4)}
    assert len(digests) == 2


@pytest.mark.parametrize("epochs_before", [1, 2, 3])
def test_resuming_gives_what_an_uninterrupted_run_gives(
    epochs_before, dataset, settings, device, tmp_path
):
    data = fold_data(dataset, settings)
    whole = network_fit(data, settings, device).run(resume=False)

    def interrupt(epoch: int, entry: dict) -> None:
        if epoch + 1 == epochs_before:
            raise KeyboardInterrupt

    file = tmp_path / "fit.pt"
    with pytest.raises(KeyboardInterrupt):
        network_fit(data, settings, device, checkpoint=file, on_epoch=interrupt).run(False)
    trained: list[int] = []
    resumed = network_fit(
        data, settings, device, checkpoint=file,
        on_epoch=lambda epoch, entry: trained.append(epoch)).run(resume=True)
    assert trained == list(range(epochs_before, len(whole.history)))
    assert resumed.digest() == whole.digest()
    assert resumed.history == whole.history


def test_a_checkpoint_of_other_settings_is_not_used(dataset, settings, device, tmp_path):
    data = fold_data(dataset, settings)
    file = tmp_path / "fit.pt"
    network_fit(data, settings, device, checkpoint=file).run(False)
    trained: list[int] = []
    network_fit(
        data, settings, device, checkpoint=file, key={"test": 2},
        on_epoch=lambda epoch, entry: trained.append(epoch)).run(resume=True)
    assert trained[0] == 0
