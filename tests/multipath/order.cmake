# SPDX-License-Identifier: Apache-2.0
hawser_test(multipath_order_test
  SOURCES duplicate_filter_test.cc loss_recovery_test.cc nack_test.cc resequencer_model_test.cc
          resequencer_test.cc retransmit_store_test.cc
  DEPS hawser_multipath_order)
