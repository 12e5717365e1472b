// SPDX-License-Identifier: Apache-2.0
#include "tests/netns/tools/voice_report.h"

#include <algorithm>
#include <cmath>

#include "tests/netns/tools/emodel.h"

namespace hawser::lab {
namespace {

double to_ms(Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

using Packet = VoiceTrace::Packet;

std::vector<const Packet*> by_arrival(const VoiceTrace& trace) {
  std::vector<const Packet*> order;
  for (const Packet& packet : trace.packets) {
    if (packet.received) order.push_back(&packet);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const Packet* a, const Packet* b) { return *a->received < *b->received; });
  return order;
}

void judge_times(const std::vector<const Packet*>& arrivals, VoiceReport& report) {
  double sum = 0;
  const Packet* previous = nullptr;
  report.delay_min_ms = to_ms(*arrivals[0]->received - arrivals[0]->sent);
  for (const Packet* packet : arrivals) {
    const double delay = to_ms(*packet->received - packet->sent);
    sum += delay;
    report.delay_min_ms = std::min(report.delay_min_ms, delay);
    report.delay_max_ms = std::max(report.delay_max_ms, delay);
    if (packet->below_highest) report.reordered += 1;
    if (previous != nullptr) {
      report.longest_gap_ms =
          std::max(report.longest_gap_ms, to_ms(*packet->received - *previous->received));
      // RFC 3550 section 6.4.1: J += (|D(i-1,i)| - J) / 16.
      const double before = to_ms(*previous->received - previous->sent);
      report.jitter_ms += (std::abs(delay - before) - report.jitter_ms) / 16;
      report.jitter_max_ms = std::max(report.jitter_max_ms, report.jitter_ms);
    }
    previous = packet;
  }
  report.delay_mean_ms = sum / static_cast<double>(arrivals.size());
}

// Loss runs, late packets and the bursts of what was not heard.
double judge_losses(const VoiceTrace& trace, double playout_ms, VoiceReport& report) {
  std::uint64_t run = 0, unheard = 0, bursts = 0;
  bool heard_before = true;
  for (std::uint64_t i = 0; i < report.sent; ++i) {
    const Packet* packet = i < trace.packets.size() ? &trace.packets[i] : nullptr;
    const bool arrived = packet != nullptr && packet->received.has_value();
    run = arrived ? 0 : run + 1;
    report.longest_loss_run = std::max(report.longest_loss_run, run);
    const bool late = arrived && to_ms(*packet->received - packet->sent) > playout_ms;
    if (late) report.late += 1;
    const bool heard = arrived && !late;
    if (!heard) unheard += 1;
    if (!heard && heard_before) bursts += 1;
    heard_before = heard;
  }
  const double loss = static_cast<double>(unheard) / static_cast<double>(report.sent);
  if (bursts > 0 && loss < 1) {
    // Random loss of this share has bursts of 1 / (1 - loss) packets.
    const double mean_burst = static_cast<double>(unheard) / static_cast<double>(bursts);
    report.burst_ratio = std::max(1.0, mean_burst * (1 - loss));
  }
  return loss;
}

}  // namespace

void VoiceTrace::add(std::uint32_t index, TimePoint sent, TimePoint received) {
  if (index >= packets.size()) packets.resize(index + 1);
  Packet& packet = packets[index];
  if (packet.received) {
    duplicated += 1;
    return;
  }
  packet = {received, sent, index < next_expected_};
  next_expected_ = std::max<std::size_t>(next_expected_, index + 1u);
}

VoiceReport judge_voice(const VoiceTrace& trace, std::uint64_t sent, Duration playout_buffer) {
  VoiceReport report;
  const auto arrivals = by_arrival(trace);
  report.sent = sent;
  report.received = arrivals.size();
  report.lost = sent - std::min<std::uint64_t>(sent, report.received);
  report.duplicated = trace.duplicated;
  report.longest_loss_run = sent;
  if (arrivals.empty() || sent == 0) return report;
  report.longest_loss_run = 0;
  judge_times(arrivals, report);
  report.mouth_to_ear_ms = report.delay_min_ms + to_ms(playout_buffer);
  const double loss = judge_losses(trace, report.mouth_to_ear_ms, report);
  report.r = r_factor(
      {.mouth_to_ear_ms = report.mouth_to_ear_ms, .loss = loss, .burst_ratio = report.burst_ratio});
  report.mos = mean_opinion_score(report.r);
  return report;
}

}  // namespace hawser::lab
