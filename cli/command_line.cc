// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include <boost/program_options.hpp>

#include "cli/version.h"

namespace hawser {
namespace {

namespace po = boost::program_options;

po::variables_map parse(int argc, const char* const* argv, const po::options_description& options,
                        const po::positional_options_description& positional) {
  namespace style = po::command_line_style;
  po::variables_map values;
  // No guessing: an abbreviated option changes its meaning when another one is added.
  constexpr int kStyle = style::unix_style & ~style::allow_guessing;
  po::store(po::command_line_parser(argc, argv)
                .options(options)
                .positional(positional)
                .style(kStyle)
                .run(),
            values);
  po::notify(values);
  return values;
}

}  // namespace

Result<CommandLine, std::string> parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  std::vector<std::string> words;
  po::options_description options;
  options.add_options()("help,h", po::bool_switch(&line.help))(
      "version,V", po::bool_switch(&line.version))("json", po::bool_switch(&line.json))(
      "manual", po::bool_switch(&line.manual))("pem", po::bool_switch(&line.pem))(
      "first-use", po::bool_switch(&line.first_use))("why", po::bool_switch(&line.why))(
      "runtime-dir", po::value(&line.runtime_dir))("state-dir", po::value(&line.state_dir))(
      "word", po::value(&words));
  po::positional_options_description positional;
  positional.add("word", -1);
  try {
    for (const auto& [name, value] : parse(argc, argv, options, positional)) {
      if (!value.defaulted() && name != "word") line.given.insert(name);
    }
  } catch (const po::error& error) {
    return failure(std::string(error.what()));
  }
  if (!words.empty()) {
    line.command = words.front();
    line.arguments.assign(words.begin() + 1, words.end());
  }
  return line;
}

Result<DaemonCommandLine, std::string> parse_daemon_command_line(int argc,
                                                                 const char* const* argv) {
  DaemonCommandLine line;
  std::string name;
  po::options_description options;
  options.add_options()("help,h", po::bool_switch(&line.help))(
      "version,V", po::bool_switch(&line.version))("config,c", po::value(&line.config))(
      "runtime-dir", po::value(&line.runtime_dir))("state-dir", po::value(&line.state_dir))(
      "log-level", po::value(&line.log_level))("first-use", po::bool_switch(&line.first_use))(
      "name", po::value(&name));
  po::positional_options_description positional;
  positional.add("name", 1);
  try {
    parse(argc, argv, options, positional);
  } catch (const po::error& error) {
    return failure(std::string(error.what()));
  }
  if (line.help || line.version) return line;
  if (name.empty() == line.config.empty()) {
    return failure(std::string("write either --config FILE or NAME"));
  }
  if (line.config.empty()) line.config = config_file_of(name);
  if (line.log_level != "debug" && line.log_level != "info" && line.log_level != "warn" &&
      line.log_level != "error") {
    return failure("--log-level: `" + line.log_level +
                   "` is not known; write debug, info, warn or error");
  }
  return line;
}

std::string config_file_of(std::string_view name_or_file) {
  if (name_or_file.find('/') != name_or_file.npos || name_or_file.ends_with(".conf")) {
    return std::string(name_or_file);
  }
  return "/etc/hawser/" + std::string(name_or_file) + ".conf";
}

std::string version_text(std::string_view program) {
  return std::string(program) + " " + kVersion + "\n";
}

}  // namespace hawser
