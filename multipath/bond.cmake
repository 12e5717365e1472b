# SPDX-License-Identifier: Apache-2.0
hawser_library(multipath_bond
  SOURCES bond.cc bond_packets.cc bond_path.cc bond_recovery.cc
  DEPS hawser_multipath_shim hawser_multipath_measure hawser_multipath_life
       hawser_multipath_schedule hawser_multipath_pacing hawser_multipath_order)
