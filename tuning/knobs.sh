# shellcheck shell=bash
# What is named why_NAME and some settings are read by those who source this.
# shellcheck disable=SC2034
# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
#
# The knobs of a host, shared by tuning/apply and tuning/revert. Sourced, never run.
#
# A knob is three functions named after it, with "_" for "-":
#   why_NAME      one line: what it is good for
#   targets_NAME  lines "KIND<tab>TARGET<tab>WANTED", or one line "refuse<tab>REASON"
# A target is read and written by read_KIND and write_KIND. What a target held before it was
# written stands in the state file, one line each, in the order of writing:
#   KIND<tab>TARGET<tab>BEFORE<tab>WRITTEN<tab>KNOB
# behind a first line "boot<tab>ID". BEFORE and WRITTEN of whole files are base64, "-" is no file.

# In the order in which they are applied. Those of `asked` are set only when --only names them.
knobs=(governor idle-states huge-pages same-pages numa-balancing swappiness stat-interval watchdog
    workqueues irq-affinity busy-poll nic-coalescing nic-offloads memlock rtprio rt-throttle boot)
asked=(rt-throttle)

root="${APUS_SYSROOT:-}"
state=""
cores=""
interfaces=()
user="${SUDO_USER:-root}"
program="${0##*/}"

say() { printf '%s: %s\n' "$program" "$*"; }
fail() {
    printf '%s: %s\n' "$program" "$*" >&2
    exit 1
}
# An option's value is not left out.
value_of() { if [ "$#" -lt 2 ] || [ -z "$2" ]; then usage_error "$1 needs a value"; fi; }
usage_error() {
    printf '%s: %s; see tuning/%s --help\n' "$program" "$*" "$program" >&2
    exit 2
}

is_knob() { [[ " ${knobs[*]} " == *" $1 "* ]]; }
is_asked_only() { [[ " ${asked[*]} " == *" $1 "* ]]; }

# MARK: - Sets of cores

# "2-4,8" as "2 3 4 8".
expand() {
    local part first last core
    for part in ${1//,/ }; do
        first="${part%-*}"
        last="${part#*-}"
        for ((core = first; core <= last; core++)); do printf '%s ' "$core"; done
    done
}

is_core_list() { [[ "$1" =~ ^[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*$ ]]; }

online() { cat "$root/sys/devices/system/cpu/online"; }

# Online cores that are not in `cores`, as "0,1".
others() {
    local core list=""
    for core in $(expand "$(online)"); do
        [[ " $(expand "$cores")" == *" $core "* ]] || list+="${list:+,}$core"
    done
    printf '%s' "$list"
}

# "0,1,33" as "2,00000003", the kernel's form of a mask.
mask() {
    local core word text="" top=0
    local -a words=(0)
    for core in $(expand "$1"); do
        word=$((core / 32))
        ((word > top)) && top=$word
        words[word]=$((${words[word]:-0} | 1 << core % 32))
    done
    text=$(printf '%x' "${words[top]:-0}")
    for ((word = top - 1; word >= 0; word--)); do
        text+=$(printf ',%08x' "${words[word]:-0}")
    done
    printf '%s' "$text"
}

# MARK: - What kind of machine this is

is_virtual() { grep -qw hypervisor "$root/proc/cpuinfo" 2> /dev/null; }

# The first PID namespace has a fixed number (include/linux/proc_ns.h).
is_container() {
    local namespace
    namespace=$(readlink "$root/proc/self/ns/pid" 2> /dev/null) || return 1
    [ "$namespace" != "pid:[4026531836]" ]
}

decider() { if is_virtual; then printf 'the host'; else printf 'the firmware'; fi; }

# Empty, or why `path` cannot be written.
write_refusal() {
    [ -e "$1" ] || {
        printf '%s is not there' "${1#"$root"}"
        return
    }
    [ -w "$1" ] && return
    printf '%s may not be written' "${1#"$root"}"
    ! is_container || printf ': a container shares the kernel of the machine outside'
}

# MARK: - Kinds of targets

# A file of the kernel that holds one value: "50", or the word in brackets of "a [b] c".
read_value() {
    local text
    text=$(cat "$1" 2> /dev/null) || return 1
    if [[ "$text" =~ \[([^]]+)\] ]]; then text="${BASH_REMATCH[1]}"; fi
    printf '%s' "$text"
}

write_value() {
    local text words=() word
    if [ -n "$root" ]; then
        # A copy of the tree has no kernel behind it to move the brackets.
        text=$(cat "$1")
        if [[ "$text" == *\[*\]* ]]; then
            for word in ${text//[\[\]]/}; do
                if [ "$word" = "$2" ]; then word="[$word]"; fi
                words+=("$word")
            done
            printf '%s\n' "${words[*]}" > "$1"
            return
        fi
    fi
    printf '%s\n' "$2" 2> /dev/null > "$1"
}

# A whole file, in base64; "-" for none.
read_file() { if [ -e "$1" ]; then base64 -w 0 "$1"; else printf '%s' -; fi; }

write_file() {
    if [ "$2" = - ]; then
        rm -f "$1"
    else
        # In place, so that owner and mode stay.
        base64 -d <<< "$2" > "$1"
    fi
}

# Targets such as "eth0:rx-usecs". A copy of the tree must not reach this machine's interfaces.
ethtool_name() {
    if [ -n "$root" ]; then printf '%s' "${APUS_ETHTOOL:-}"; else printf '%s' ethtool; fi
}
ethtool_command() { "$(ethtool_name)" "$@"; }

# Fails for what the driver does not say.
read_coalesce() {
    local name="${1#*:}" line value
    if [ "$name" = adaptive-rx ]; then name="Adaptive RX"; fi
    line=$(ethtool_command -c "${1%%:*}" 2> /dev/null | grep "^$name:") || return 1
    read -r value _ <<< "${line#*:}"
    [ "$value" != n/a ] && printf '%s' "$value"
}

write_coalesce() { ethtool_command -C "${1%%:*}" "${1#*:}" "$2" > /dev/null 2>&1; }

declare -A offload_names=([gro]=generic-receive-offload [lro]=large-receive-offload)

# Fails for what the driver cannot change.
read_offload() {
    local line value
    line=$(ethtool_command -k "${1%%:*}" 2> /dev/null | grep "^${offload_names[${1#*:}]}:") \
        || return 1
    [[ "$line" == *"[fixed]"* ]] && return 1
    read -r value _ <<< "${line#*:}"
    printf '%s' "$value"
}

write_offload() { ethtool_command -K "${1%%:*}" "${1#*:}" "$2" > /dev/null 2>&1; }

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
    local core folder found=0 latency
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
    local folder reason
    needs_cores || return 0
    reason=$(write_refusal "$root/proc/irq/default_smp_affinity")
    if [ -n "$reason" ]; then
        refuse "$reason"
        return
    fi
    target value "$root/proc/irq/default_smp_affinity" "$(mask "$(others)")"
    for folder in "$root"/proc/irq/[0-9]*; do
        [ -e "$folder/smp_affinity_list" ] || continue
        target value "$folder/smp_affinity_list" "$(others)"
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
    while IFS= read -r line || [ -n "$line" ]; do
        if [[ "$line" =~ ^GRUB_CMDLINE_LINUX=\"(.*)\"$ ]]; then
            value=""
            for parameter in ${BASH_REMATCH[1]}; do
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

update_boot_loader() {
    if [ -n "$root" ]; then return; fi
    if command -v update-grub > /dev/null; then
        update-grub
    else
        say "update-grub is not there: make the boot loader's configuration anew yourself"
    fi
}

# MARK: - State

boot_id() { cat "$root/proc/sys/kernel/random/boot_id" 2> /dev/null || printf 'unknown'; }

# Takes the state file for this process; entries of an earlier boot that the restart has undone
# are dropped.
open_state() {
    local kept
    umask 077
    state="${state:-$root/var/lib/apus/tuning.state}"
    mkdir -p "$(dirname "$state")"
    exec 9> "$state.lock"
    flock -n 9 || fail "another run of apply or revert has $state"
    [ -s "$state" ] || printf 'boot\t%s\n' "$(boot_id)" > "$state"
    if [ "$(head -1 "$state")" != "boot"$'\t'"$(boot_id)" ]; then
        say "the machine was restarted: what lives in the kernel is as it was before apply"
        kept=$(grep -P '^file\t' "$state" || true)
        printf 'boot\t%s\n%s' "$(boot_id)" "${kept:+$kept$'\n'}" > "$state"
    fi
}

is_recorded() { grep -qF "$1"$'\t'"$2"$'\t' "$state"; }

record() { printf '%s\t%s\t%s\t%s\t%s\n' "$@" >> "$state"; }

forget() {
    local rest
    rest=$(grep -vF "$1"$'\t'"$2"$'\t' "$state" || true)
    printf '%s\n' "$rest" > "$state.new"
    mv "$state.new" "$state"
}

# "/sys/x" of a target, without the test tree's root; whole files by their path.
shown() { printf '%s' "${1#"$root"}"; }
shown_value() {
    if [ "$1" != file ]; then
        printf '%s' "$2"
    elif [ "$2" = - ]; then
        printf 'not there'
    else
        printf 'a text of %d bytes' "$(base64 -d <<< "$2" | wc -c)"
    fi
}
