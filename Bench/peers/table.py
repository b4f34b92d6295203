# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""One table of what Bench/peers/run measured.

usage: table.py FOLDER [--json]

Ours and a peer that were measured in several turns: the ratio is the median of the turns' ratios,
each of two medians that were measured one behind the other.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

# What each row is, and who measures it where it is not this program.
ROWS = {
    "P1": "own time, ciphertext in to encrypted order out",
    "P2": "wire to wire, as the venue sees it",
    "P3": "ring hop, 64 bytes",
    "P4": "validated parse",
    "P5": "book update with best bid and ask",
    "P6": "twenty indicators a tick",
    "P7": "recurrent networks, after the tick",
    "P8": "risk, every control on",
    "P9": "observation",
    "P10": "replay of captures, one core",
    "P11": "growth over a soak",
}
ELSEWHERE = {
    "P2": ("wire.json", "see wire: apus-sim --echo"),
    "P9": ("monitor.json", "see monitor: apus-bench monitor/"),
    "P11": ("soak.json", "see soak: apus soak"),
}

# Of wire to wire: what is asked of our median and the echo's, cold and warm, without load.
WIRE_LIMITS = {
    ("echo", "0x", 20): ("≤ 1.2 times", lambda ours, echo: ours <= 1.2 * echo),
    ("echo", "0x", 2_000): ("≤ 1,000 ns more", lambda ours, echo: ours <= echo + 1_000),
}


def read(path: Path) -> dict | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def row(target: str, what: str, ours, peer: str, theirs, ratio, wanted, verdict: str,
        same: str = "", note: str = "") -> dict:
    return {"target": target, "what": what, "ours_ns": ours, "peer": peer, "peer_ns": theirs,
            "ratio": ratio, "wanted": wanted, "verdict": verdict, "same_result": same,
            "note": note}


def judged(is_smoke: bool, is_reached: bool) -> str:
    return "smoke" if is_smoke else "reached" if is_reached else "MISSED"


def inside(run: dict) -> list[dict]:
    """Pairs that apus-bench measured sample by sample in one process."""
    rows = []
    for one in run["ratios"]:
        what, peer = one["title"].split(" against ")
        rows.append(row(
            one["target_row"], what, one["own_ns"], peer, one["peer_ns"], one["ratio"],
            f"≥ {one['target']:g} ×", judged(run["mode"] == "smoke", one["is_reached"]),
            "same hash" if one["is_same_result"] else "OTHER HASH",
            f"rounds {one['min']:.2f}–{one['max']:.2f} ×"))
    return rows


def own(run: dict) -> list[dict]:
    """Our own figures against their limits, without a peer."""
    return [
        row(one["target"], one["name"], None, "", None, None, one["wanted"],
            judged(run["mode"] == "smoke", one["is_reached"]), note=one["measured"])
        for one in run["targets"]]


def same(one: dict, notes: dict[str, str], is_smoke: bool) -> str:
    if "outcome" in one and is_smoke:
        return "smoke"  # Ours stops early.
    if "outcome" in one:
        return "same result" if notes.get(one["ours"]) == one["outcome"] else "OTHER RESULT"
    if one.get("same") is None:
        return "not comparable"
    return "same result" if one["same"] else "OTHER RESULT"


def turns(folder: Path, peer: str) -> list[dict]:
    """Ours and a peer in Python, that were measured one behind the other."""
    pairs = []
    for turn in range(1, 100):
        ours = read(folder / f"apus-{peer}-{turn}.json")
        theirs = read(folder / f"{peer}-{turn}.json")
        if ours is None or theirs is None:
            break
        pairs.append((ours, theirs))
    rows = []
    if not pairs:
        return rows
    is_smoke = pairs[0][0]["mode"] == "smoke"
    for place, one in enumerate(pairs[0][1]["rows"]):
        mine, other, verdicts = [], [], set()
        for ours, theirs in pairs:
            found = [r["median_ns"] for r in ours["results"] if r["name"] == one["ours"]]
            if found:
                mine.append(found[0])
                other.append(theirs["rows"][place]["peer_ns"])
                notes = {n["name"]: n["text"] for n in ours["notes"]}
                verdicts.add(same(theirs["rows"][place], notes, is_smoke))
        if not mine:
            continue
        ratios = [b / a for a, b in zip(mine, other)]
        wanted = one.get("wanted")
        ratio = statistics.median(ratios)
        name = f"{pairs[0][1]['peer']} {pairs[0][1]['peer_version']}"
        rows.append(row(
            one["target"], one["what"], statistics.median(mine), name, statistics.median(other),
            ratio, f"≥ {wanted:g} ×" if wanted else "–",
            judged(is_smoke, ratio >= wanted) if wanted else "–",
            " / ".join(sorted(verdicts)),
            f"turns {min(ratios):.2f}–{max(ratios):.2f} ×; {one.get('note', '')}"))
    return rows


def wire(run: dict) -> list[dict]:
    """What apus-sim --echo wrote: ours beside the echo and every other client of a case.

    The medians are those of quiet frames, as its own comparison with the echo is.
    """
    rows = []
    for case in run["cases"]:
        mine = next((one for one in case["targets"] if one["name"] == "apus"), None)
        if mine is None or not mine["quiet"]["count"]:
            continue
        ours, rate = mine["quiet"]["p50"], case["marksPerSecond"]
        for one in case["targets"]:
            if one is mine or not one["quiet"]["count"]:
                continue
            theirs = one["quiet"]["p50"]
            wanted, is_reached = WIRE_LIMITS.get(
                (one["name"], case["load"], rate), (None, None))
            rows.append(row(
                "P2", f"{case['load']}, {rate:,}/s, quiet p50", ours, one["name"], theirs,
                theirs / ours, wanted or "–",
                judged(False, is_reached(ours, theirs)) if wanted else "–",
                "same hash" if mine["hash"] == one["hash"] else "other answers",
                f"ours {ours - theirs:+,} ns"))
    return rows


def elsewhere(folder: Path, target: str) -> list[dict]:
    name, where = ELSEWHERE[target]
    run = read(folder / name)
    if run is None:
        return [row(target, ROWS[target], None, "", None, None, "", where)]
    if str(run.get("schema", "")).startswith("apus-echo-"):
        return wire(run)
    if run.get("format") == "apus-bench":
        return inside(run)
    if run.get("format") == "apus-peer":
        peer = f"{run['peer']} {run['peer_version']}".strip()
        return [row(
            target, one["what"], one.get("ours_ns"), peer, one["peer_ns"],
            one["peer_ns"] / one["ours_ns"] if one.get("ours_ns") else None,
            f"≥ {one['wanted']:g} ×" if one.get("wanted") else "–", one.get("verdict", "–"),
            note=one.get("note", "")) for one in run["rows"]]
    # A soak's report, or another that ends in a verdict.
    bad = [line["name"] for line in run.get("lines", []) if line.get("outcome") == "FAIL"]
    note = f"{run['elapsed_s']:,.0f} s" if "elapsed_s" in run else ""
    return [row(target, ROWS[target], None, "", None, None, "",
                str(run.get("verdict", f"{name} has no verdict")),
                note=", ".join([note] + bad).strip(", "))]


def collect(folder: Path) -> list[dict]:
    rows = []
    run = read(folder / "apus-inside.json")
    if run is not None:
        rows += inside(run)
    for peer in ("talib", "onnxruntime", "hftbacktest"):
        rows += turns(folder, peer)
        run = read(folder / f"apus-{peer}-1.json")
        if run is not None:
            rows += own(run)
    run = read(folder / "apus-own.json")
    if run is not None:
        rows += own(run)
    for target in ELSEWHERE:
        rows += elsewhere(folder, target)
    return sorted(rows, key=lambda one: int(one["target"][1:]))


def time_text(ns: float | None) -> str:
    if ns is None:
        return ""
    return f"{ns:,.0f}" if ns >= 100 else f"{ns:.1f}" if ns >= 10 else f"{ns:.2f}"


def show(rows: list[dict], skipped: list[list[str]], machine: dict | None) -> None:
    if machine is not None:
        print(f"{machine['cpu']}, {machine['cores']} cores, kernel {machine['kernel']}, "
              f"load {machine['load_before']} to {machine['load_after']}, "
              f"cores {machine['cores_before']} to {machine['cores_after']}, "
              f"steal {machine['steal_percent']:.2f} %\n")
    head = ["", "what", "ours ns", "peer", "peer ns", "ratio", "wanted", "verdict", "results",
            "note"]
    lines = [[one["target"], one["what"], time_text(one["ours_ns"]), one["peer"],
              time_text(one["peer_ns"]), f"{one['ratio']:.2f} ×" if one["ratio"] else "",
              one["wanted"] or "", one["verdict"], one["same_result"], one["note"]]
             for one in rows]
    widths = [max(len(line[place]) for line in [head] + lines) for place in range(len(head))]
    for line in [head] + lines:
        cells = [cell.rjust(width) if place in (2, 4, 5) else cell.ljust(width)
                 for place, (cell, width) in enumerate(zip(line, widths))]
        print("  ".join(cells).rstrip())
    for peer, reason in skipped:
        print(f"skipped  {peer}: {reason}")


def main() -> None:
    folder = Path(sys.argv[1])
    rows = collect(folder)
    skipped = []
    if (folder / "skipped").exists():
        text = (folder / "skipped").read_text(encoding="utf-8")
        skipped = [line.split("\t", 1) for line in text.splitlines()]
    # The run over two cores knows most of the machine.
    paths = [folder / "apus-inside.json", *sorted(folder.glob("apus-*.json"))]
    run = next((found for found in map(read, paths) if found is not None), None)
    machine = run["machine"] if run else None
    if "--json" in sys.argv:
        print(json.dumps({
            "format": "apus-peers", "version": 1, "machine": machine, "rows": rows,
            "skipped": [{"peer": peer, "reason": reason} for peer, reason in skipped]},
            indent=1, ensure_ascii=False))
    else:
        show(rows, skipped, machine)


if __name__ == "__main__":
    main()
