# SPDX-License-Identifier: Apache-2.0
hawser_test(multipath_pacing_test
  SOURCES codel_test.cc cubic_flow.cc ecn_mark_test.cc flow_queue_test.cc paced_loop.cc
          rate_controller_test.cc sent_history_test.cc virtual_link.cc
  DEPS hawser_multipath_pacing)
