# shellcheck shell=bash
# What is named why_NAME is read by its name.
# shellcheck disable=SC2034
# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
#
# The knobs of a host, shared by tuning/apply and tuning/revert. Sourced behind host.sh.
#
# A knob is a variable and a function named after it, with "_" for "-":
#   why_NAME      one line: what it is good for
#   targets_NAME  lines "KIND<tab>TARGET<tab>WANTED", or one line "refuse<tab>REASON"

# In the order in which they are applied. Those of `asked` are set only when --only names them.
knobs=(governor idle-states huge-pages same-pages numa-balancing swappiness stat-interval watchdog
    workqueues irq-affinity busy-poll nic-coalescing nic-offloads memlock rtprio rt-throttle boot)
asked=(rt-throttle)

is_knob() { [[ " ${knobs[*]} " == *" $1 "* ]]; }
is_asked_only() { [[ " ${asked[*]} " == *" $1 "* ]]; }

# MARK: - Knobs

target() { printf '%s\t%s\t%s\n' "$1" "$2" "$3"; }
refuse() { printf 'refuse\t%s\n' "$*"; }

# One value in one file of the kernel. What is right already needs no permission.
single() {
    local reason
    reason=$(write_refusal "$root$1")
    if [ -n "$reason" ] && [ "$(read_value "$root$1")" != "$2" ]; then
        refuse "$reason"
    else
        target value "$root$1" "$2"
    fi
}

# As `single`, but a value that is good already stays.
at_least() {
    local now
    now=$(read_value "$root$1") || now=0
    if [ "$now" -ge "$2" ] 2> /dev/null; then target value "$root$1" "$now"; else single "$1" "$2"; fi
}

at_most() {
    local now
    now=$(read_value "$root$1") || now=999
    if [ "$now" -le "$2" ] 2> /dev/null; then target value "$root$1" "$now"; else single "$1" "$2"; fi
}

chosen_cores() { expand "${cores:-$(online)}"; }

why_governor="the clock goes down between bursts and takes 10 to 100 us to come back"
targets_governor() {
    local core folder found=0 reason
    for core in $(chosen_cores); do
        folder="$root/sys/devices/system/cpu/cpu$core/cpufreq"
        [ -e "$folder/scaling_governor" ] || continue
        found=1
        if ! grep -qw performance "$folder/scaling_available_governors"; then
            refuse "the driver has no governor 'performance'"
            return
        fi
        reason=$(write_refusal "$folder/scaling_governor")
        if [ -n "$reason" ]; then
            refuse "$reason"
            return
        fi
        target value "$folder/scaling_governor" performance
    done
    [ "$found" = 1 ] || refuse "no cpufreq: $(decider) decides on the clock speed"
}

why_idle_states="waking a core from a deep idle state takes 2 to 200 us"
targets_idle_states() {
    local core folder found=0 latency reason
    if is_virtual; then
        refuse "a virtual machine: how deep a halted core sleeps is the host's matter"
        return
    fi
    if [ -z "$cores" ]; then
        refuse "needs --cores: shallow sleep on every core costs power and turbo of the others"
        return
    fi
    for core in $(chosen_cores); do
        for folder in "$root/sys/devices/system/cpu/cpu$core/cpuidle"/state*; do
            [ -e "$folder/disable" ] || continue
            found=1
            reason=$(write_refusal "$folder/disable")
            if [ -n "$reason" ]; then
                refuse "$reason"
                return
            fi
            latency=$(cat "$folder/latency")
            [ "$latency" -gt 1 ] && target value "$folder/disable" 1
        done
    done
    [ "$found" = 1 ] || refuse "no cpuidle: $(decider) decides how deep an idle core sleeps"
}

why_huge_pages="a fault may wait while memory is compacted; khugepaged moves pages of programs"
targets_huge_pages() {
    local folder="/sys/kernel/mm/transparent_hugepage"
    if [ ! -e "$root$folder/enabled" ]; then
        refuse "this kernel has no transparent huge pages"
        return
    fi
    # "never" is as good.
    if [ "$(read_value "$root$folder/enabled")" = always ]; then
        single "$folder/enabled" madvise
    fi
    if [ "$(read_value "$root$folder/defrag")" = always ]; then
        single "$folder/defrag" madvise
    fi
    single "$folder/khugepaged/defrag" 0
}

why_same_pages="a write to a page that was merged with another's faults"
targets_same_pages() { single /sys/kernel/mm/ksm/run 0; }

why_numa_balancing="pages are unmapped to see who uses them, and each costs a fault"
targets_numa_balancing() { single /proc/sys/kernel/numa_balancing 0; }

why_swappiness="what is not locked is paged out and faults when it is used again"
targets_swappiness() { at_most /proc/sys/vm/swappiness 10; }

why_stat_interval="a worker wakes on every core to fold memory statistics, each second"
targets_stat_interval() { at_least /proc/sys/vm/stat_interval 10; }

why_watchdog="a performance counter interrupts every core to see whether it hangs"
targets_watchdog() { single /proc/sys/kernel/nmi_watchdog 0; }

needs_cores() {
    if [ -z "$cores" ]; then
        refuse "needs --cores: the cores to keep free"
        return 1
    fi
}

why_workqueues="unbound work of the kernel runs on any core"
targets_workqueues() {
    needs_cores || return 0
    single /sys/devices/virtual/workqueue/cpumask "$(mask "$(others)")"
}

why_irq_affinity="a device's interrupt takes 1 to 20 us from the core it comes to"
targets_irq_affinity() {
    local folder reason now rest
    needs_cores || return 0
    reason=$(write_refusal "$root/proc/irq/default_smp_affinity")
    if [ -n "$reason" ]; then
        refuse "$reason"
        return
    fi
    target value "$root/proc/irq/default_smp_affinity" "$(mask "$(others)")"
    for folder in "$root"/proc/irq/[0-9]*; do
        now=$(read_value "$folder/smp_affinity_list") || continue
        # One that is off the cores stays where it was put.
        rest=$(without_cores "$now")
        target value "$folder/smp_affinity_list" "${rest:-$(others)}"
    done
}

why_busy_poll="a receive asks the driver itself for so many us instead of waiting for its interrupt"
targets_busy_poll() {
    if [ ! -e "$root/proc/sys/net/core/busy_read" ]; then
        refuse "this kernel is built without CONFIG_NET_RX_BUSY_POLL"
        return
    fi
    at_least /proc/sys/net/core/busy_read 50
    at_least /proc/sys/net/core/busy_poll 50
}

# Those of --nic, or all that belong to a device.
device_interfaces() {
    local folder
    if [ "${#interfaces[@]}" -gt 0 ]; then
        printf '%s\n' "${interfaces[@]}"
        return
    fi
    for folder in "$root"/sys/class/net/*; do
        [ -e "$folder/device" ] && printf '%s\n' "${folder##*/}"
    done
    return 0
}

# Lines for each interface: NAME WANTED pairs that its driver knows.
interface_targets() {
    local kind="$1" name found=0 any=0
    shift
    if ! command -v "$(ethtool_name)" > /dev/null; then
        refuse "ethtool is not installed: apt-get install ethtool"
        return
    fi
    local -a pairs=("$@")
    local index
    for name in $(device_interfaces); do
        any=1
        for ((index = 0; index < ${#pairs[@]}; index += 2)); do
            "read_$kind" "$name:${pairs[index]}" > /dev/null || continue
            found=1
            target "$kind" "$name:${pairs[index]}" "${pairs[index + 1]}"
        done
    done
    if [ "$any" = 0 ]; then
        refuse "no network interface of a device"
    elif [ "$found" = 0 ]; then
        refuse "the driver cannot change it"
    fi
}

why_nic_coalescing="the interface waits for more frames before it interrupts"
targets_nic_coalescing() { interface_targets coalesce adaptive-rx off rx-usecs 0; }

why_nic_offloads="received frames are held back to be merged"
targets_nic_offloads() { interface_targets offload gro off lro off; }

limits() {
    local folder="$root/etc/security/limits.d" text
    if [ ! -d "$folder" ]; then
        refuse "no /etc/security/limits.d: this system has no pam_limits"
        return
    fi
    text=$(printf '%s - %s %s\n' "$user" "$1" "$2" | base64 -w 0)
    target file "$folder/90-apus-$1.conf" "$text"
}

why_memlock="rings and books are locked, so that no page fault stands in the path; 512 MiB at least"
targets_memlock() { limits memlock unlimited; }

why_rtprio="threads with a priority in placement.threads need SCHED_FIFO"
targets_rtprio() { limits rtprio 99; }

why_rt_throttle="a spinning SCHED_FIFO thread is stopped for 50 ms of each second"
targets_rt_throttle() {
    local count
    count=$(expand "$(online)" | wc -w)
    if [ "$count" -lt 4 ]; then
        refuse "$count cores: a spinning SCHED_FIFO thread could lock the machine up"
        return
    fi
    single /proc/sys/kernel/sched_rt_runtime_us -1
}

# MARK: - Boot parameters

boot_parameters() {
    local text="isolcpus=managed_irq,domain,$cores rcu_nocbs=$cores"
    # Without CONFIG_NO_HZ_FULL there is no such file, and the parameter does nothing.
    [ ! -e "$root/sys/devices/system/cpu/nohz_full" ] || text+=" nohz_full=$cores"
    printf '%s' "$text"
}

# Standard input is /etc/default/grub; the parameters take the place of older ones.
with_boot_parameters() {
    local line value parameter
    local -a words
    while IFS= read -r line || [ -n "$line" ]; do
        if [[ "$line" =~ ^GRUB_CMDLINE_LINUX=\"(.*)\"$ ]]; then
            value=""
            read -ra words <<< "${BASH_REMATCH[1]}"
            for parameter in "${words[@]}"; do
                case "$parameter" in
                    isolcpus=* | nohz_full=* | rcu_nocbs=*) ;;
                    *) value+="$parameter " ;;
                esac
            done
            line="GRUB_CMDLINE_LINUX=\"$value$(boot_parameters)\""
        fi
        printf '%s\n' "$line"
    done
}

why_boot="other threads, the timer tick and RCU callbacks stay off the cores; needs a restart"
targets_boot() {
    local file="$root/etc/default/grub"
    needs_cores || return 0
    if [[ " $(expand "$cores")" == *" 0 "* ]]; then
        refuse "core 0 starts the machine and keeps its time: leave it out of --cores"
    elif is_container; then
        refuse "a container has no boot parameters of its own"
    elif [ ! -e "$file" ]; then
        refuse "no /etc/default/grub: the kernel's command line comes from outside" \
            "(on a virtual machine perhaps from the host). To add there: $(boot_parameters)"
    elif ! grep -q '^GRUB_CMDLINE_LINUX=".*"$' "$file"; then
        refuse "/etc/default/grub has no line GRUB_CMDLINE_LINUX=\"...\"." \
            "To add: $(boot_parameters)"
    else
        target file "$file" "$(with_boot_parameters < "$file" | base64 -w 0)"
    fi
}

# Behind a change of /etc/default/grub.
update_boot_loader() {
    say "boot: takes effect with the next start"
    if [ -n "$root" ]; then return; fi
    if ! command -v update-grub > /dev/null; then
        say "update-grub is not there: make the boot loader's configuration anew yourself"
    elif ! (umask 022 && update-grub < /dev/null); then
        say "boot: update-grub failed: the boot loader's configuration is as it was"
        failed=1
    fi
}
