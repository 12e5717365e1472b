# SPDX-License-Identifier: Apache-2.0
hawser_library(multipath_life
  SOURCES brownout_watch.cc flap_damper.cc path_challenge.cc path_life.cc path_life_states.cc
    path_planner.cc path_prober.cc path_probe.cc path_validator.cc silence_watch.cc
  DEPS hawser_multipath_shim)
