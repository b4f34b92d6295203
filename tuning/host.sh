# shellcheck shell=bash
# Settings are read by those who source this.
# shellcheck disable=SC2034
# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
#
# How tuning/apply and tuning/revert reach a host: cores, kinds of targets, and the state file, in
# which what a target held before it was written stands, one line each, in the order of writing:
#   KIND<tab>TARGET<tab>BEFORE<tab>WRITTEN<tab>KNOB
# behind a first line "boot<tab>ID". BEFORE and WRITTEN of whole files are base64, "-" is no file.
# A target is read and written by read_KIND and write_KIND. Sourced, never run.

shopt -s extglob

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

is_core_list() {
    local part number='(0|[1-9][0-9]{0,3})'
    [[ "$1" =~ ^$number(-$number)?(,$number(-$number)?)*$ ]] || return 1
    for part in ${1//,/ }; do [ "${part%-*}" -le "${part#*-}" ] || return 1; done
}

online() { cat "$root/sys/devices/system/cpu/online"; }

# What is left of "0-3" without `cores`, as "0,1".
without_cores() {
    local core list="" hot
    hot=" $(expand "$cores")"
    for core in $(expand "$1"); do
        [[ "$hot" == *" $core "* ]] || list+="${list:+,}$core"
    done
    printf '%s' "$list"
}

# Online cores that are not in `cores`.
others() { without_cores "$(online)"; }

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
        # In place, so that owner and mode stay; a new one is for everybody to read.
        (umask 022 && base64 -d <<< "$2" > "$1")
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

# Whether two values of a target are one: lists and masks of cores have several forms, and the
# kernel prints its own.
is_same() {
    [ "$2" = "$3" ] && return
    case "$1" in
        */smp_affinity_list) [ "$(expand "$2")" = "$(expand "$3")" ] ;;
        */cpumask | */default_smp_affinity) [ "${2##+([0,])}" = "${3##+([0,])}" ] ;;
        *) return 1 ;;
    esac
}

# Whether a target holds a value now.
holds() {
    local now
    now=$("read_$1" "$2") && is_same "$2" "$now" "$3"
}

# MARK: - State

boot_id() { cat "$root/proc/sys/kernel/random/boot_id" 2> /dev/null || printf 'unknown'; }

is_this_boot() { [ "$(head -1 "$state")" = "boot"$'\t'"$(boot_id)" ]; }

# Any other file would be lost.
need_state_file() {
    [ ! -s "$state" ] || [[ "$(head -1 "$state" 2> /dev/null | tr -d '\0')" == "boot"$'\t'* ]] \
        || fail "$state is no state file of tuning/apply"
}

# Takes the state file for this process; entries of an earlier boot that the restart has undone
# are dropped.
open_state() {
    umask 077
    state="${state:-$root/var/lib/apus/tuning.state}"
    need_state_file
    mkdir -p "$(dirname "$state")"
    exec 9> "$state.lock"
    flock -n 9 || fail "another run of apply or revert has $state"
    [ -s "$state" ] || printf 'boot\t%s\n' "$(boot_id)" > "$state"
    if ! is_this_boot; then
        say "the machine was restarted: what lives in the kernel is as it was before apply"
        {
            printf 'boot\t%s\n' "$(boot_id)"
            grep -P '^file\t' "$state" || true
        } > "$state.new"
        mv "$state.new" "$state"
    fi
}

# BEFORE<tab>WRITTEN<tab>KNOB of a target; fails when it has none.
recorded() { grep -F "$1"$'\t'"$2"$'\t' "$state" | cut -f 3-; }

record() { printf '%s\t%s\t%s\t%s\t%s\n' "$@" >> "$state"; }

forget() {
    local rest
    rest=$(grep -vF "$1"$'\t'"$2"$'\t' "$state" || true)
    printf '%s\n' "$rest" > "$state.new"
    mv "$state.new" "$state"
}

# Of a target that is recorded: what is written now. What was there before stays.
record_again() {
    awk -F '\t' -v OFS='\t' -v kind="$1" -v target="$2" -v written="$3" \
        '$1 == kind && $2 == target { $4 = written } { print }' "$state" > "$state.new"
    mv "$state.new" "$state"
}

# Whether another hand has changed a file since: KIND NOW BEFORE WRITTEN. What it wrote must stay.
is_foreign() { [ "$1" = file ] && [ "$2" != "$3" ] && [ "$2" != "$4" ]; }

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
