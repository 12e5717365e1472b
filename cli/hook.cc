// SPDX-License-Identifier: Apache-2.0
#include "cli/hook.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string_view>
#include <vector>

namespace hawser {
namespace {

constexpr std::string_view kVariable = "HAWSER_INTERFACE=";

// How the child differs from us: no input, no signal blocked or ignored, a group of its own.
class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

Result<pid_t, std::string> start(const Hook& hook) {
  std::string variable = std::string(kVariable) + hook.device;
  std::vector<char*> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with(kVariable)) environment.push_back(*entry);
  }
  environment.push_back(variable.data());
  environment.push_back(nullptr);
  std::string shell = "sh";
  std::string option = "-c";
  std::string command = hook.command;
  char* const arguments[] = {shell.data(), option.data(), command.data(), nullptr};
  const SpawnSettings settings;
  pid_t pid = -1;
  const int error = posix_spawn(&pid, "/bin/sh", &settings.actions, &settings.attributes, arguments,
                                environment.data());
  if (error != 0) {
    return failure(hook.key + " cannot run /bin/sh: " + std::strerror(error));
  }
  return pid;
}

Result<void, std::string> outcome_of(const Hook& hook, int state) {
  if (WIFEXITED(state) && WEXITSTATUS(state) == 0) return {};
  return failure(hook.key + " failed: `" + hook.command + "` " +
                 (WIFEXITED(state) ? "ended with " + std::to_string(WEXITSTATUS(state))
                                   : "was killed by signal " + std::to_string(WTERMSIG(state))));
}

}  // namespace

Result<void, std::string> run_hook(const Hook& hook, const std::function<bool()>& meanwhile,
                                   Duration patience) {
  const auto pid = start(hook);
  if (!pid) return failure(pid.error());
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::string why;
  while (why.empty()) {
    int state = 0;
    const pid_t ended = waitpid(*pid, &state, WNOHANG);
    if (ended == *pid) return outcome_of(hook, state);
    if (ended < 0 && errno != EINTR) return failure(hook.key + " got lost");
    if (!meanwhile()) why = "was stopped";
    if (std::chrono::steady_clock::now() > deadline) {
      const auto seconds = std::chrono::duration_cast<Seconds>(patience).count();
      why = "took more than " + std::to_string(seconds) + " s and was killed";
    }
  }
  kill(-*pid, SIGKILL);
  waitpid(*pid, nullptr, 0);
  return failure(hook.key + " failed: `" + hook.command + "` " + why);
}

}  // namespace hawser
