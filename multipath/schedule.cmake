# SPDX-License-Identifier: Apache-2.0
hawser_library(multipath_schedule
  SOURCES aggregate.cc balance.cc duplicate.cc failover.cc flow_classifier.cc flow_key.cc
          flow_match.cc lowest_latency.cc path_explanation.cc path_ranking.cc path_score.cc
          path_selector.cc round_robin.cc scheduler.cc traffic_policy.cc
  DEPS hawser_multipath_shim)
