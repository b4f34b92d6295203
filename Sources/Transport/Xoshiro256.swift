//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// xoshiro256**: masking keys and jitter, neither of which is a secret of ours. RFC 6455 wants
/// keys that the peer cannot foresee; a state of 256 bits from the kernel serves that.
///
/// Source: D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators", 2021.
public struct Xoshiro256: Sendable {
    var s0: UInt64
    var s1: UInt64
    var s2: UInt64
    var s3: UInt64

    /// State from `seed` by SplitMix64, as the authors advise.
    public init(seed: UInt64) {
        var state = seed
        func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
        (s0, s1, s2, s3) = (next(), next(), next(), next())
    }

    /// State from the kernel's generator.
    public static func fromKernel() -> Xoshiro256 {
        var generator = Xoshiro256(seed: randomWord())
        generator.s1 ^= randomWord()
        generator.s2 ^= randomWord()
        generator.s3 ^= randomWord()
        return generator
    }

    @_noAllocation @_noLocks
    public mutating func next() -> UInt64 {
        let product = s1 &* 5
        let result = ((product << 7) | (product >> 57)) &* 9
        let shifted = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= shifted
        s3 = (s3 << 45) | (s3 >> 19)
        return result
    }
}

private func randomWord() -> UInt64 {
    var generator = SystemRandomNumberGenerator()
    return generator.next()
}
