# SPDX-License-Identifier: Apache-2.0
"""Hawser with strongSwan at the other end, as client (initiator) and as gateway (responder).

    test_interop.py                                 the quick scenarios
    test_interop.py --role initiator                those with Hawser as the client
    test_interop.py psk-initiator raw-responder     these
    test_interop.py --all --traces DIR              all, and what was said, decrypted, in DIR
"""
import strongswan_rig

CASTS = ["initiator", "responder"]
strongswan_rig.main(CASTS, strongswan_rig.names(CASTS, quick=True), 560)
