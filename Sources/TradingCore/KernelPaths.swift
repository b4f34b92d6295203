//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels

/// The sets of instructions that kernels use here. All give the same bits: a replay that is limited
/// to one shows it.
public enum KernelPaths {
    /// Names of the sets, each with those before it.
    public static let sets = ["portable", "avx2", "avx-vnni", "avx512"]

    /// Lets kernels that are chosen from now on use no more than one of `sets`. Before any thread
    /// that chooses kernels.
    ///
    /// - Returns: `false`, and nothing is limited: no such set, or no kernel of it runs here.
    public static func limit(to name: String) -> Bool {
        guard let index = sets.firstIndex(of: name),
            NetworkPath(rawValue: UInt32(index)).runs == 1
        else { return false }
        Instructions(rawValue: UInt8(index)).limit()
        return true
    }

    /// "messages avx512, indicators avx512, linear models avx2, networks avx512": as they are
    /// chosen from now on.
    public static var text: String {
        let scan = ["portable", "avx2", "avx512"][Int(apus_scan_path_best().rawValue)]
        let linear = sets[Int(apus_linear_path_best().rawValue)]
        let networks = sets[Int(NetworkPath.best().rawValue)]
        return "messages \(scan), indicators \(scan), linear models \(linear), networks \(networks)"
    }
}
