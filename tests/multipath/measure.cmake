# SPDX-License-Identifier: Apache-2.0
hawser_test(multipath_measure_test
  SOURCES delay_estimator_test.cc delay_meter_test.cc delivery_meter_test.cc flight_ledger_test.cc
          loss_estimator_test.cc loss_meter_test.cc measured_path.cc path_measurement_test.cc
          path_receiver_test.cc path_report_test.cc path_sender_test.cc reorder_meter_test.cc
          report_schedule_test.cc rtt_estimator_test.cc voice_quality_test.cc
          windowed_extreme_test.cc ${PROJECT_SOURCE_DIR}/tests/netns/tools/emodel.cc
  DEPS hawser_multipath_measure)
