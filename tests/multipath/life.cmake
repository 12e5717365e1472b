# SPDX-License-Identifier: Apache-2.0
hawser_test(multipath_life_test
  SOURCES brownout_watch_test.cc flap_damper_test.cc life_pair.cc path_challenge_test.cc
          path_failure_test.cc path_life_test.cc path_move_test.cc path_planner_test.cc
          path_prober_test.cc path_probe_test.cc path_return_test.cc path_validator_test.cc
          silence_watch_test.cc
  DEPS hawser_multipath_life hawser_multipath_measure)
