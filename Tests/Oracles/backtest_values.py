# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""hftbacktest's own result for the strategy of the golden runs.

    backtest_values.py CAPTURE FOLDER CASE...

A case is "queue-model,exchange,entry_ns,response_ns,distance_ticks". Writes FOLDER/events.npz with
hftbacktest's converter, and for each case FOLDER/N: 64-bit floats, one row of eight for each
step of 100 ms: time since the first step in ns, position, balance, fee, trades, volume, value, mid.
"""

import sys

import numpy as np
from hftbacktest import BUY, GTX, LIMIT, SELL, BacktestAsset, HashMapMarketDepthBacktest
from hftbacktest.data.utils import binancefutures
from numba import njit

TICK = 0.1
LOT = 0.001
STEP_NS = 100_000_000
QUANTITY = 0.01
POSITION_MAX = 0.05


@njit
def quote(hbt, distance, rows):
    """Keeps one bid and one ask `distance` ticks behind the best, each renewed when it is off."""
    count = 0
    next_id = 1
    bid_id = 0
    ask_id = 0
    first = 0
    while hbt.elapse(STEP_NS) == 0:
        depth = hbt.depth(0)
        values = hbt.state_values(0)
        if first == 0:
            first = hbt.current_timestamp
        bid = depth.best_bid_tick
        ask = depth.best_ask_tick
        rows[count, 0] = hbt.current_timestamp - first
        rows[count, 1] = values.position
        rows[count, 2] = values.balance
        rows[count, 3] = values.fee
        rows[count, 4] = values.num_trades
        rows[count, 5] = values.trading_volume
        rows[count, 6] = values.trading_value
        rows[count, 7] = (bid + ask) / 2.0 * TICK
        count += 1
        hbt.clear_inactive_orders(0)
        if bid <= 0 or ask > 1_000_000_000 or bid >= ask:
            continue
        orders = hbt.orders(0)
        for side in range(2):
            target = bid - distance if side == 0 else ask + distance
            working = bid_id if side == 0 else ask_id
            order = orders.get(working)
            if order is not None:
                if order.price_tick == target or not order.cancellable:
                    continue
                hbt.cancel(0, working, False)
            held = values.position if side == 0 else -values.position
            if held + QUANTITY > POSITION_MAX + LOT / 2:
                continue
            if side == 0:
                hbt.submit_buy_order(0, next_id, target * TICK, QUANTITY, GTX, LIMIT, False)
                bid_id = next_id
            else:
                hbt.submit_sell_order(0, next_id, target * TICK, QUANTITY, GTX, LIMIT, False)
                ask_id = next_id
            next_id += 1
    return count


def asset(data, queue, exchange, entry_ns, response_ns):
    made = (
        BacktestAsset()
        .data(data)
        .linear_asset(1.0)
        .constant_order_latency(entry_ns, response_ns)
        .tick_size(TICK)
        .lot_size(LOT)
        .trading_value_fee_model(-0.00005, 0.0007)
    )
    made = {
        "risk-averse": lambda: made.risk_adverse_queue_model(),
        "power-prob": lambda: made.power_prob_queue_model(2.0),
        "power-prob-2": lambda: made.power_prob_queue_model2(2.0),
        "power-prob-3": lambda: made.power_prob_queue_model3(3.0),
        "log-prob": lambda: made.log_prob_queue_model(),
        "log-prob-2": lambda: made.log_prob_queue_model2(),
    }[queue]()
    if exchange == "partial-fill":
        return made.partial_fill_exchange()
    return made.no_partial_fill_exchange()


def main():
    capture, folder, *cases = sys.argv[1:]
    archive = f"{folder}/events.npz"
    data = binancefutures.convert(capture, archive, buffer_size=5_000_000)
    for number, case in enumerate(cases):
        queue, exchange, entry, response, distance = case.split(",")
        hbt = HashMapMarketDepthBacktest([asset(data, queue, exchange, int(entry), int(response))])
        rows = np.zeros((100_000, 8))
        count = quote(hbt, int(distance), rows)
        hbt.close()
        rows[:count].tofile(f"{folder}/{number}")
        print(case, count, rows[count - 1])


if __name__ == "__main__":
    main()
