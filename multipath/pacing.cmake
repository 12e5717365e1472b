# SPDX-License-Identifier: Apache-2.0
hawser_library(multipath_pacing
  SOURCES codel.cc ecn_mark.cc flow_queue.cc rate_controller.cc sent_history.cc
  DEPS hawser_multipath_shim)
