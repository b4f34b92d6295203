//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CDoctor

/// What stands between this kernel and the hardware, and between this process and the kernel.
public struct HostKind: Sendable, Equatable {
    /// For instance "KVM (Firecracker)"; `nil`: bare metal.
    public let hypervisor: String?
    /// How a container was recognised; `nil`: the process is in the machine's own namespaces.
    public let container: String?
    /// Files of a container image on a machine that is none.
    public let hasContainerMarks: Bool

    public var isVirtual: Bool { hypervisor != nil }

    /// Numbers of the first PID namespace: include/linux/proc_ns.h, PROC_PID_INIT_INO.
    static let firstNamespace = "pid:[4026531836]"

    static func detect(_ files: HostFiles, vendor: String) -> HostKind {
        let marks = ["/.dockerenv", "/run/.containerenv"].filter { files.text($0) != nil }
        let namespace = files.link("/proc/self/ns/pid")
        let groups = files.text("/proc/1/cgroup") ?? ""
        let engine = ["docker", "kubepods", "lxc", "containerd", "libpod"].first {
            groups.contains($0)
        }
        var container: String?
        if let namespace, namespace != firstNamespace {
            container = marks.first ?? engine ?? "a PID namespace of its own"
        } else if namespace == nil {
            container = marks.first ?? engine
        }
        return HostKind(
            hypervisor: hypervisor(files, vendor: vendor), container: container,
            hasContainerMarks: !marks.isEmpty && container == nil)
    }

    static func detect(_ files: HostFiles) -> HostKind {
        // The processor at hand says nothing of the one a copy was taken from.
        guard files.root.isEmpty else { return detect(files, vendor: "") }
        var vendor = [CChar](repeating: 0, count: 13)
        unsafe vendor.withUnsafeMutableBufferPointer {
            unsafe apus_hypervisor_vendor($0.baseAddress!)
        }
        let bytes = vendor.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return detect(files, vendor: String(decoding: bytes, as: UTF8.self))
    }

    private static let vendors = [
        "KVMKVMKVM": "KVM", "Microsoft Hv": "Hyper-V", "VMwareVMware": "VMware",
        "XenVMMXenVMM": "Xen", "TCGTCGTCGTCG": "QEMU without hardware help",
        "bhyve bhyve ": "bhyve", "VBoxVBoxVBox": "VirtualBox", "ACRNACRNACRN": "ACRN",
    ]

    private static func hypervisor(_ files: HostFiles, vendor: String) -> String? {
        let product = ["sys_vendor", "product_name"]
            .compactMap { files.line("/sys/class/dmi/id/\($0)") }.joined(separator: " ")
        let isMarked = CPUFacts.flags(files).contains("hypervisor")
        guard !vendor.isEmpty || isMarked || product.contains("QEMU") else { return nil }
        let name = vendors[vendor] ?? (vendor.isEmpty ? "unnamed hypervisor" : vendor)
        if !product.isEmpty { return "\(name) (\(product))" }
        let command = files.line("/proc/cmdline") ?? ""
        return command.contains("firecracker") ? "\(name) (Firecracker)" : name
    }
}
