# SPDX-License-Identifier: Apache-2.0
"""Scenarios of interoperability with strongSwan at both ends: the rig and its plays work."""
import strongswan_rig

strongswan_rig.main(["rig"], ["psk-rig", "raw-rig"], 120)
