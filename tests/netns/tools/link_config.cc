// SPDX-License-Identifier: Apache-2.0
#include "tests/netns/tools/link_config.h"

#include <charconv>
#include <cmath>
#include <utility>

namespace hawser::lab {
namespace {

// A number and whatever follows it; nullopt where there is no number.
struct Quantity {
  double number = 0;
  std::string_view unit;
};

std::optional<Quantity> parse_quantity(std::string_view text) {
  Quantity quantity;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, quantity.number);
  if (error != std::errc{} || !std::isfinite(quantity.number) || quantity.number < 0) return {};
  quantity.unit = text.substr(static_cast<std::size_t>(stop - text.data()));
  return quantity;
}

bool parse_rate(std::string_view text, double& rate) {
  if (text == "off") {
    rate = 0;
    return true;
  }
  const auto quantity = parse_quantity(text);
  if (!quantity) return false;
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}};
  for (const auto& [unit, factor] : kUnits) {
    if (quantity->unit == unit) {
      rate = quantity->number * factor;
      return true;
    }
  }
  return false;
}

bool parse_duration(std::string_view text, Duration& duration) {
  const auto quantity = parse_quantity(text);
  if (!quantity) return false;
  constexpr std::pair<std::string_view, double> kUnits[] = {{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
  for (const auto& [unit, factor] : kUnits) {
    if (quantity->unit == unit || (quantity->number == 0 && quantity->unit.empty())) {
      duration = Duration(std::llround(quantity->number * factor));
      return true;
    }
  }
  return false;
}

bool parse_share(std::string_view text, double& share) {
  const auto quantity = parse_quantity(text);
  if (!quantity || quantity->unit != "%" || quantity->number > 100) return false;
  share = quantity->number / 100;
  return true;
}

bool parse_switch(std::string_view text, bool& value) {
  value = text == "on";
  return value || text == "off";
}

// "first[:second]"
std::pair<std::string_view, std::string_view> split(std::string_view text, char separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

bool parse_queue(std::string_view text, LinkConfig& config) {
  const auto quantity = parse_quantity(text);
  if (quantity && quantity->unit == "p" && quantity->number >= 1) {
    config.queue_packets = static_cast<std::size_t>(quantity->number);
    config.queue_time = {};
    return true;
  }
  // A limit in time stands alone: the packet limit only keeps memory bounded.
  config.queue_packets = 100'000;
  return parse_duration(text, config.queue_time);
}

bool parse_ecmp(std::string_view text, LinkConfig& config) {
  config.second_delay.reset();
  if (text == "off") return true;
  const auto [delay, share] = split(text, ':');
  return parse_duration(delay, config.second_delay.emplace()) &&
         (share.empty() || parse_share(share, config.second_share));
}

bool parse_reorder(std::string_view text, LinkConfig& config) {
  const auto [share, range] = split(text, ':');
  if (!parse_share(share, config.reorder)) return false;
  if (range.empty()) return true;
  const auto [low, high] = split(range, '-');
  return parse_duration(low, config.reorder_min) && parse_duration(high, config.reorder_max) &&
         config.reorder_min <= config.reorder_max;
}

bool parse_burst_loss(std::string_view text, LinkConfig& config) {
  const auto [share, length] = split(text, ':');
  if (!parse_share(share, config.burst_loss) || config.burst_loss >= 1) return false;
  if (length.empty()) return true;
  const auto quantity = parse_quantity(length);
  if (!quantity || !quantity->unit.empty() || quantity->number < 1) return false;
  config.burst_length = quantity->number;
  return true;
}

bool parse_ecn(std::string_view text, LinkConfig& config) {
  return parse_duration(text == "off" ? "0" : text, config.ecn_threshold);
}

bool apply(std::string_view key, std::string_view value, LinkConfig& config) {
  if (key == "rate") return parse_rate(value, config.rate_bps);
  if (key == "delay") return parse_duration(value, config.delay);
  if (key == "jitter") return parse_duration(value, config.jitter);
  if (key == "jitter-correlation") return parse_duration(value, config.jitter_correlation);
  if (key == "ecmp") return parse_ecmp(value, config);
  if (key == "reorder") return parse_reorder(value, config);
  if (key == "loss") return parse_share(value, config.loss);
  if (key == "burst-loss") return parse_burst_loss(value, config);
  if (key == "duplicate") return parse_share(value, config.duplicate);
  if (key == "queue") return parse_queue(value, config);
  if (key == "ecn") return parse_ecn(value, config);
  if (key == "udp-block") return parse_switch(value, config.udp_block);
  if (key == "blackhole") return parse_switch(value, config.blackhole);
  return false;
}

}  // namespace

Result<LinkConfig, std::string> apply_settings(LinkConfig config,
                                               std::span<const std::string_view> words) {
  while (!words.empty()) {
    if (words[0] == "clear") {
      config = LinkConfig{};
      words = words.subspan(1);
      continue;
    }
    if (words.size() < 2 || !apply(words[0], words[1], config)) {
      std::string sentence = "cannot understand '" + std::string(words[0]);
      if (words.size() > 1) sentence += " " + std::string(words[1]);
      return failure(sentence + "'");
    }
    words = words.subspan(2);
  }
  return config;
}

}  // namespace hawser::lab
