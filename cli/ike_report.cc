// SPDX-License-Identifier: Apache-2.0
#include "cli/ike_report.h"

#include <cstdio>

#include "cli/status_report.h"

namespace hawser {
namespace {

std::int64_t ms(Duration duration) {
  return std::chrono::duration_cast<Milliseconds>(duration).count();
}

Json ms_or_null(const std::optional<Duration>& duration) {
  return duration ? Json(ms(*duration)) : Json();
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json spi_or_null(const std::optional<IkeSpi>& spi) {
  if (!spi) return nullptr;
  char text[24];
  std::snprintf(text, sizeof text, "0x%016llx", static_cast<unsigned long long>(spi->value()));
  return text;
}

Json spi_list(const std::vector<Spi>& spis) {
  Json list = Json::array();
  for (const Spi spi : spis) list.push_back(spi_text(spi));
  return list;
}

template <typename T>
Json text_list(const std::vector<T>& items) {
  Json list = Json::array();
  for (const T& item : items) list.push_back(item.to_string());
  return list;
}

Json child_json(const ChildStatus& child) {
  return Json{{"spis_in", spi_list(child.spis_in)},
              {"spis_out", spi_list(child.spis_out)},
              {"suite", child.suite},
              {"local", text_list(child.local)},
              {"remote", text_list(child.remote)},
              {"age_ms", ms(child.age)},
              {"rekey_in_ms", ms_or_null(child.rekey_in)},
              {"sending", child.sending}};
}

}  // namespace

Json ike_status_json(const IkePeerStatus& status) {
  Json children = Json::array();
  for (const ChildStatus& child : status.children) {
    if (child.sending) children.push_back(child_json(child));
  }
  return Json{{"state", status.state},
              {"local_identity", status.local_identity},
              {"remote_identity", status.remote_identity},
              {"we_initiated", status.we_initiated},
              {"suite", text_or_null(status.suite)},
              {"age_ms", ms(status.age)},
              {"rekey_in_ms", ms_or_null(status.rekey_in)},
              {"is_hawser", status.is_hawser},
              {"post_quantum_key", status.post_quantum_key},
              {"assigned", text_list(status.assigned)},
              {"children", std::move(children)},
              {"ike_rekeys", status.ike_rekeys},
              {"child_rekeys", status.child_rekeys},
              {"last_error", text_or_null(status.last_error)}};
}

Json ike_sa_json(const IkePeerStatus& status, const std::string& peer) {
  Json children = Json::array();
  for (const ChildStatus& child : status.children) children.push_back(child_json(child));
  Json path;
  if (status.path) {
    path = Json{{"local", status.path->local.to_string()},
                {"remote", status.path->remote.to_string()}};
  }
  return Json{{"peer", peer},
              {"state", status.state},
              {"spi_initiator", spi_or_null(status.spi_initiator)},
              {"spi_responder", spi_or_null(status.spi_responder)},
              {"we_initiated", status.we_initiated},
              {"suite", status.suite},
              {"path", std::move(path)},
              {"age_ms", ms(status.age)},
              {"rekey_in_ms", ms_or_null(status.rekey_in)},
              {"children", std::move(children)}};
}

Json ike_counters_json(const IkeCounters& counters) {
  return Json{{"received", counters.received},
              {"sent", counters.sent},
              {"malformed", counters.malformed},
              {"unknown_spi", counters.unknown_spi},
              {"not_authentic", counters.not_authentic},
              {"unexpected", counters.unexpected},
              {"quiet", counters.quiet},
              {"cookies_demanded", counters.cookies_demanded},
              {"half_open_full", counters.half_open_full},
              {"rate_limited", counters.rate_limited},
              {"retransmitted", counters.retransmitted},
              {"half_open", counters.half_open},
              {"ike_sas", counters.ike_sas}};
}

}  // namespace hawser
