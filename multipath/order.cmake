# SPDX-License-Identifier: Apache-2.0
hawser_library(multipath_order
  SOURCES duplicate_filter.cc gap_list.cc held_packets.cc loss_recovery.cc nack.cc order_bucket.cc
          resequencer.cc retransmit_store.cc
  DEPS hawser_multipath_shim)
