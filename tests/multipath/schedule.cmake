# SPDX-License-Identifier: Apache-2.0
hawser_test(multipath_schedule_test
  SOURCES flow_classifier_test.cc flow_key_test.cc flow_match_test.cc path_ranking_test.cc
          path_score_test.cc traffic_policy_test.cc
  DEPS hawser_multipath_schedule)
