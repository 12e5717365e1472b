# SPDX-License-Identifier: Apache-2.0
"""The scenarios with strongSwan at both ends: is a failure of test_interop.py Hawser's?"""
import strongswan_rig

strongswan_rig.main(["rig"], ["psk-rig", "raw-rig"], 120)
