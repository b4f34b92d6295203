//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What the commands use when no configuration is given.
public enum DemoProfile {
    /// Where keys of a profile say they come from.
    public static let source = "built-in profile"

    /// `apus run`: three symbols of the embedded simulator, traded by the latency probe.
    public static let run = """
        strategy:
          name: reflex
          order: ioc
          interval: 1s
          order_notional: "500"
          position_notional: "5000"
        risk:
          order_notional_max: "2000"
          instruments:
            - {symbol: BTC-USDT, order_quantity_max: "0.1", position_max: "1"}
            - {symbol: ETH-USDT, order_quantity_max: "2", position_max: "20"}
            - {symbol: SOL-USDT, order_quantity_max: "50", position_max: "500"}
        """

    /// `apus replay` and `apus model fit-linear`: limits that hold back nothing of usual size, and
    /// no mark price, which recordings of trades and books do not have.
    public static let replay = """
        strategy:
          name: reflex
          order: ioc
          interval: 500ms
          order_notional: "500"
          position_notional: "5000"
        risk:
          order_quantity_max: "1000000"
          position_max: "1000000"
          order_notional_max: "2000"
          start_equity: "100000000"
          references: [mid, last]
          venue_age_max: 60s
        """
}
