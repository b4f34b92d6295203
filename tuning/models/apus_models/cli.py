# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""The command: captures to models and a report."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from . import dataset, experiment, report, serving, settings, train_network
from .core import Capture, Core, FeatureSettings
from .errors import TrainingError
from .progress import Progress
from .registry import TrialRegistry

EPILOG = """\
Each CAPTURE is a file that apus record wrote, or FILE,FILE… where a recording goes on in further
files; VENUE:FILE for another venue than --venue's.
Written to OUT: a folder NAME of each model with model.json, tensors or trees and evaluation rows;
NAME.model, the core's own file; report.html and report.json; trials.jsonl, every trial ever made
there; checkpoints and a cache of the features.

Time is split, purged and embargoed. There is no shuffled split.

Exit status: 0 done; 1 failed; 2 wrong usage; 3 everything done, but a model has no NAME.model: the
core's gates for quantised models refused it, or the core cannot convert. The report and standard
error say which and why.

example:
  tuning/models/train --out models --preset small \\
      --venue binance-spot btcusdt-1.gz,btcusdt-2.gz
"""


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="tuning/models/train", description="Trains models on the core's features of recorded "
        "captures, judges them on later data, exports and converts them.", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = made.add_argument
    add("captures", metavar="CAPTURE", nargs="+", help="plain, gzip or zstd")
    add("--out", metavar="DIR", type=Path, required=True, help="where everything goes")
    add("--models", metavar="A,B", help="of ridge, lightgbm, xgboost and the networks "
        f"{', '.join(settings.SHAPES)}; the ridge is always trained, as the reference")
    add("--preset", choices=sorted(settings.PRESETS), default="small",
        help="small: minutes on two cores; full: more folds, epochs and models (default: small)")
    add("--config", metavar="FILE", type=Path,
        help="YAML or JSON with hyperparameters over the preset's: tuning/models/README.md")
    add("--seed", type=int, help="the same command and seed give the same weights (default: 1)")
    add("--resume", action="store_true", help="go on from the checkpoints in OUT, as if the run "
        "before had not been interrupted")
    add("--venue", choices=Capture.VENUES, default="binance-usdm",
        help="of the captures (default: binance-usdm)")
    add("--apus", metavar="PATH", help="the program (default: .build/release/apus, else in PATH)")
    add("--apus-config", metavar="FILE", type=Path, help="its configuration, for the features")
    add("--set", metavar="KEY=VALUE", action="append", default=[],
        help="override one key of that; may be repeated")
    add("--instruments", metavar="FILE", type=Path, help="the venue's exchangeInfo or instruments "
        "JSON, for the true ticks; else they are guessed from the prices' decimals")
    add("--cache", metavar="DIR", type=Path, help="of features (default: OUT/cache)")
    add("--threads", type=int, default=2, help="of training (default: 2)")
    add("--quiet", action="store_true", help="print the result only")
    return made


def main(arguments: list[str]) -> int:
    """Exit status: 0 done, 1 failed, 2 wrong usage, 3 done but for models the core did not take."""
    options = parser().parse_args(arguments)
    try:
        return _train(options)
    except TrainingError as error:
        print(f"train: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("train: interrupted; --resume goes on", file=sys.stderr)
        return 1


def _settings(options: argparse.Namespace) -> settings.Settings:
    chosen = settings.load(options.preset, options.config)
    if options.models:
        names = tuple(name for name in options.models.split(",") if name)
        chosen = replace(chosen, models=names)
    if "ridge" not in chosen.models:
        chosen = replace(chosen, models=("ridge", *chosen.models))
    if options.seed is not None:
        chosen = replace(chosen, seed=options.seed)
    chosen.check()
    return chosen


def _train(options: argparse.Namespace) -> int:
    progress = Progress(options.quiet)
    chosen = _settings(options)
    core = Core.find(options.apus)
    features = FeatureSettings(options.apus_config, tuple(options.set), options.instruments)
    for file in (options.apus_config, options.instruments):
        if file is not None and not file.is_file():
            raise TrainingError(f"{file}: no such file")
    captures = [Capture.parse(text, options.venue) for text in options.captures]
    progress.say(f"features of {len(captures)} captures")
    rows = dataset.load(
        core, captures, features, horizon_ns=chosen.horizon_ns, gap_max_ns=chosen.gap_max_ns,
        cache=options.cache or options.out / "cache")
    progress.say(
        f"{len(rows.times)} vectors of {len(rows.schema.names)} features, data {rows.hash[:16]}")
    registry = TrialRegistry(options.out / "trials.jsonl")
    made = experiment.run(
        rows, chosen, options.out, device=train_network.prepare(options.threads),
        threads=options.threads, resume=options.resume, registry=registry, progress=progress)
    served = {result.name: serving.convert(core, result.folder) for result in made.results}
    tree = report.write(options.out, made, served, registry)
    print(report.summary(tree))
    progress.say(f"report: {options.out / 'report.html'}")
    for name, one in served.items():
        for problem in one.problems:
            print(f"train: {name}: {problem}", file=sys.stderr)
    return 0 if all(one.file for one in served.values()) else 3
