# SPDX-License-Identifier: Apache-2.0
hawser_library(multipath_measure
  SOURCES delay_estimator.cc delay_meter.cc delivery_meter.cc flight_ledger.cc loss_estimator.cc
          loss_meter.cc path_receiver.cc path_report.cc path_sender.cc reorder_meter.cc
          report_schedule.cc rtt_estimator.cc voice_quality.cc
  DEPS hawser_multipath_shim)
