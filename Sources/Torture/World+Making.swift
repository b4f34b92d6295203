//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Gateway
import Messages
import Risk
import Simulator
import Telemetry

extension World {
    /// Most seeds trade on one venue, some on two.
    static func venues(_ seed: UInt64) -> [Venue] {
        switch seed % 5 {
        case 0, 1: [.binanceUSDM]
        case 2, 3: [.okx]
        default: [.binanceUSDM, .okx]
        }
    }

    static func limits(_ table: InstrumentTable) throws -> RiskLimits {
        let lots: [Int64] = (0..<UInt32(table.count)).map { id in
            table[id].venue == .okx ? 100 : id % 2 == 0 ? 60 : 300
        }
        return try RiskLimits(
            account: AccountLimits(
                openOrdersMax: 24, messagesPerSecond: 20, messageBurst: 60, cancelReserve: 20),
            instruments: (0..<table.count).map { index in
                InstrumentLimits(
                    orderQuantityMax: lots[index] / 3, orderNotionalMaxE8: 4_000 * 100_000_000,
                    collarE4: 100, positionMax: lots[index], openOrdersMax: 16)
            }, table: table)
    }

    static func makeEngine(
        _ instruments: InstrumentTable, _ limits: RiskLimits, _ control: ControlHandle,
        _ telemetry: TelemetryWriter, _ venues: [Venue], isSigned: Bool, maskSeed: UInt64
    ) throws -> Engine {
        try Engine(
            instruments: instruments, limits: limits,
            gateway: GatewayConfiguration(
                apiKey: InProcessBinance.apiKey, secret: InProcessBinance.apiSecret,
                liveOrdersMax: 64, endedOrdersMax: 256, isAdoptedKept: true,
                orderRates: OrderRate.documented, recentTradesMax: 1_024,
                maskSeed: maskSeed, isSessionAuthenticated: !isSigned,
                okx: OKXOrderConfiguration(accountMode: .futures, maskSeed: ~maskSeed)),
            venues: venues, control: control, telemetry: telemetry)
    }
}
