# SPDX-License-Identifier: Apache-2.0
hawser_test(multipath_schedule_test
  SOURCES aggregate_test.cc balance_test.cc duplicate_test.cc failover_test.cc
          flow_classifier_test.cc flow_key_test.cc flow_match_test.cc lowest_latency_test.cc
          path_explanation_test.cc path_ranking_test.cc path_score_test.cc round_robin_test.cc
          scheduler_test.cc traffic_policy_test.cc
  DEPS hawser_multipath_schedule)
