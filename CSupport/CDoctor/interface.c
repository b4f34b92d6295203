//===-- interface.c - What a network driver says of itself ------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_doctor.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static int ask(int socket, char const *name, void *command) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    request.ifr_data = command;
    return ioctl(socket, SIOCETHTOOL, &request) == 0 ? 0 : -errno;
}

/// 1, 0, or -1 when the driver does not say.
static int64_t is_on(int socket, char const *name, uint32_t command) {
    struct ethtool_value value = {.cmd = command};
    return ask(socket, name, &value) == 0 ? (value.data != 0) : -1;
}

int apus_interface_read(char const *name, apus_interface_facts_t *facts) {
    memset(facts, 0xff, sizeof *facts);
    if (strlen(name) >= IFNAMSIZ) return -ENAMETOOLONG;
    int const file = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (file < 0) return -errno;
    struct ethtool_coalesce coalesce = {.cmd = ETHTOOL_GCOALESCE};
    if (ask(file, name, &coalesce) == 0) {
        facts->rx_usecs = coalesce.rx_coalesce_usecs;
        facts->adaptive_rx = coalesce.use_adaptive_rx_coalesce != 0;
    }
    struct ethtool_value flags = {.cmd = ETHTOOL_GFLAGS};
    if (ask(file, name, &flags) == 0) facts->lro = (flags.data & ETH_FLAG_LRO) != 0;
    facts->gro = is_on(file, name, ETHTOOL_GGRO);
    facts->tso = is_on(file, name, ETHTOOL_GTSO);
    facts->gso = is_on(file, name, ETHTOOL_GGSO);
    close(file);
    return 0;
}

uint64_t apus_priority_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_RTPRIO, &limit) != 0) return 0;
    return limit.rlim_max > 99 ? 99 : (uint64_t)limit.rlim_max;
}

int apus_may_use_fifo(void) {
    struct sched_param before;
    int const policy = sched_getscheduler(0);
    if (policy < 0 || sched_getparam(0, &before) != 0) return 0;
    struct sched_param const least = {.sched_priority = 1};
    if (sched_setscheduler(0, SCHED_FIFO, &least) != 0) return 0;
    sched_setscheduler(0, policy, &before);
    return 1;
}
