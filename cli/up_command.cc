// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include "cli/config_loader.h"
#include "cli/control_client.h"
#include "cli/daemon_commands.h"
#include "cli/exit_code.h"
#include "cli/key_commands.h"

namespace hawser {
namespace {

using namespace std::chrono_literals;

constexpr auto kStartPatience = 45s;  // post-up may take 30 s
constexpr auto kDyingPatience = 1s;

// Beside this command, as in a build directory, or where the installation puts it.
std::string daemon_program() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto directory = self.parent_path();
  for (const auto& file : {directory / "hawserd", directory.parent_path() / "sbin" / "hawserd"}) {
    if (access(file.c_str(), X_OK) == 0) return file.string();
  }
  return "hawserd";
}

std::string absolute_path(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

struct DaemonLog {
  std::string file;
  off_t begin = 0;  // what this start logs
};

Result<UniqueFd, std::string> open_log(DaemonLog& log) {
  UniqueFd fd(open(log.file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!fd.is_open()) return failure("cannot make " + log.file + ": " + std::strerror(errno));
  log.begin = lseek(fd.get(), 0, SEEK_END);
  return fd;
}

pid_t start_daemon(const std::vector<std::string>& words, int log) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid != 0) return pid;
  setsid();
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  unsetenv("JOURNAL_STREAM");
  if (chdir("/") != 0) _exit(kExitFailed);
  execvp(argv[0], argv.data());
  dprintf(STDERR_FILENO, "cannot run %s: %s\n", argv[0], std::strerror(errno));
  _exit(kExitFailed);
}

// What the daemon said before it gave up.
void print_log(const DaemonLog& log) {
  std::ifstream stream(log.file);
  stream.seekg(log.begin);
  std::cerr << stream.rdbuf();
}

// A daemon that is being killed still has its socket for a moment, but answers no more.
bool is_in_use(const std::string& socket) {
  const auto deadline = std::chrono::steady_clock::now() + kDyingPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    auto client = ControlClient::connect(socket);
    if (!client) return false;
    if (client->call("status", 5s)) return true;
    std::this_thread::sleep_for(20ms);
  }
  return true;
}

int wait_for_daemon(pid_t pid, const std::string& socket, const DaemonLog& log) {
  const auto deadline = std::chrono::steady_clock::now() + kStartPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    int state = 0;
    if (waitpid(pid, &state, WNOHANG) == pid) {
      print_log(log);
      if (!WIFEXITED(state))
        print_error("hawserd died of signal " + std::to_string(WTERMSIG(state)));
      if (log.begin == 0) unlink(log.file.c_str());
      const int code = WIFEXITED(state) ? WEXITSTATUS(state) : kExitFailed;
      return code == kExitDone ? kExitFailed : code;
    }
    if (auto client = ControlClient::connect(socket); client && client->call("status", 5s)) {
      return kExitDone;
    }
    std::this_thread::sleep_for(20ms);
  }
  kill(pid, SIGTERM);
  waitpid(pid, nullptr, 0);
  print_log(log);
  print_error("hawserd gave no answer in time and was stopped");
  return kExitFailed;
}

}  // namespace

int run_up(const CommandLine& line) {
  if (line.arguments.size() != 1) {
    print_error("up takes one NAME or FILE; see hawser up --help");
    return kExitUsage;
  }
  // The daemon changes its directory.
  const std::string file = absolute_path(config_file_of(line.arguments[0]));
  const std::string runtime_dir = absolute_path(line.runtime_dir);
  const std::string state_dir = absolute_path(line.state_dir);
  const auto config = load_config(file);
  if (!config) {
    for (const ConfigError& error : config.error()) std::cerr << error.to_string() << '\n';
    return kExitUsage;
  }
  const std::string& name = config->interface.name;
  const std::string socket = control_socket_path(runtime_dir, name);
  if (is_in_use(socket)) {
    print_error("`" + name + "` runs already");
    return kExitFailed;
  }
  std::error_code error;
  std::filesystem::create_directories(runtime_dir, error);
  DaemonLog log{runtime_dir + "/" + name + ".log"};
  const auto log_fd = open_log(log);
  if (!log_fd) {
    print_error(log_fd.error());
    return kExitFailed;
  }
  std::vector<std::string> words{daemon_program(), "--config",    file,     "--runtime-dir",
                                 runtime_dir,      "--state-dir", state_dir};
  if (line.first_use) words.push_back("--first-use");
  const pid_t pid = start_daemon(words, log_fd->get());
  if (pid < 0) {
    print_error("cannot start a process: " + std::string(std::strerror(errno)));
    return kExitFailed;
  }
  const int code = wait_for_daemon(pid, socket, log);
  if (code == kExitDone) std::cout << name << " is up, hawserd has pid " << pid << '\n';
  return code;
}

}  // namespace hawser
