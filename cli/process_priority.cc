// SPDX-License-Identifier: Apache-2.0
#include "cli/process_priority.h"

#include <sched.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>

namespace hawser {
namespace {

Failure<std::string> os_failure(const std::string& what) {
  return failure("cannot set " + what + ": " + std::strerror(errno));
}

}  // namespace

Result<void, std::string> apply_priority(const ProcessPriority& priority) {
  if (priority.nice && setpriority(PRIO_PROCESS, 0, *priority.nice) != 0) {
    return os_failure("nice = " + std::to_string(*priority.nice));
  }
  const bool raised = priority.nice.value_or(0) < 0;
  if (priority.scheduler == "other" && !raised) return {};
  int policy = SCHED_OTHER;
  sched_param parameters{};
  if (priority.scheduler == "batch") policy = SCHED_BATCH;
  if (priority.scheduler == "rr") {
    policy = SCHED_RR;
    parameters.sched_priority = 1;
  }
  if (sched_setscheduler(0, policy | SCHED_RESET_ON_FORK, &parameters) != 0) {
    return os_failure("scheduler = " + priority.scheduler);
  }
  return {};
}

}  // namespace hawser
