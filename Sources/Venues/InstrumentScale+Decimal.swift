//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import JSON

// Conversions of the generic path, which say why they fail.

extension InstrumentScale {
    @_noAllocation @_noLocks
    private func outcome(_ converted: Int64) -> Outcome {
        if converted >= 0 { return .done }
        return converted == Self.inexact ? .inexact : .overflow
    }

    /// - Returns: `done`, `malformed` for anything but a decimal of zero or more, `inexact` or
    ///   `overflow`.
    @_noAllocation @_noLocks
    func ticks(_ decimal: JSONText.Decimal, _ result: inout Int64) -> Outcome {
        guard decimal.isValid, !decimal.isNegative else { return .malformed }
        if decimal.overflows { return .overflow }
        result = ticks(decimal.mantissa, decimal.decimals)
        return outcome(result)
    }

    /// As `ticks`.
    @_noAllocation @_noLocks
    func lots(_ decimal: JSONText.Decimal, _ result: inout Int64) -> Outcome {
        guard decimal.isValid, !decimal.isNegative else { return .malformed }
        if decimal.overflows { return .overflow }
        result = lots(decimal.mantissa, decimal.decimals)
        return outcome(result)
    }

    /// As `ticks`, rounded.
    @_noAllocation @_noLocks
    func nearestTicks(_ decimal: JSONText.Decimal, _ result: inout Int64) -> Outcome {
        guard decimal.isValid, !decimal.isNegative else { return .malformed }
        if decimal.overflows { return .overflow }
        result = nearestTicks(decimal.mantissa, decimal.decimals)
        return outcome(result)
    }
}

extension JSONText.Decimal {
    /// The value at `wanted` decimals, further ones rounded to the nearest.
    ///
    /// - Precondition: `wanted <= 19`.
    @_noAllocation @_noLocks
    func signed(decimals wanted: UInt32, _ result: inout Int64) -> Outcome {
        guard isValid else { return .malformed }
        guard let value = scaled(decimals: wanted) else { return .overflow }
        result = value
        return .done
    }
}
