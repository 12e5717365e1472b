# SPDX-License-Identifier: Apache-2.0
"""Runs scenarios by name: psk-initiator has Hawser as the client, psk-responder as the gateway; in
psk-rig strongSwan is both, which tests the scenario."""
import argparse
import os

from lab import Lab
from strongswan import StrongSwanEnd, require_strongswan
from strongswan_hawser import HawserEnd
from strongswan_scenarios import SCENARIOS
from strongswan_settings import Keys
from strongswan_world import keep_etc

CASTS = {"initiator": (HawserEnd, StrongSwanEnd), "responder": (StrongSwanEnd, HawserEnd),
         "rig": (StrongSwanEnd, StrongSwanEnd)}


def names(casts, quick):
    return [f"{scenario.name}-{cast}" for scenario in SCENARIOS for cast in casts
            if not quick or cast in scenario.quick]


def run(lab, chosen, trace_directory=None):
    """Each of the scenarios named; an exception fails its scenario only."""
    require_strongswan()
    keep_etc(lab)
    keys, by_name = Keys(lab), {scenario.name: scenario for scenario in SCENARIOS}
    results = {}
    for name in chosen:
        lab.say(f"== {name}")
        name_of_scenario, _, cast = name.rpartition("-")
        failed_before, lab.failed = lab.failed, False
        try:
            by_name[name_of_scenario].run(lab, keys, *CASTS[cast], name, trace_directory)
        except Exception as error:  # pylint: disable=broad-except
            lab.check(False, f"{type(error).__name__}: {error}")
        results[name], lab.failed = not lab.failed, lab.failed or failed_before
    return results


def main(casts, default, limit):
    parser = argparse.ArgumentParser()
    parser.add_argument("scenario", nargs="*", help="default: " + " ".join(default))
    parser.add_argument("--list", action="store_true", help="name all scenarios")
    parser.add_argument("--all", action="store_true", help="run all of them")
    parser.add_argument("--role", choices=casts, help="only those where Hawser has this one")
    parser.add_argument("--traces", metavar="DIR", help="write what was said to DIR/NAME.txt")
    arguments = parser.parse_args()
    known = names(CASTS, quick=False)
    if arguments.list:
        print("\n".join(known))
        return
    chosen = names(casts, False) if arguments.all else arguments.scenario or default
    if unknown := set(chosen) - set(known):
        parser.error(f"no scenario {', '.join(sorted(unknown))}; --list names them")
    if arguments.role:
        chosen = [name for name in chosen if name.endswith(f"-{arguments.role}")]
    if arguments.traces:
        os.makedirs(arguments.traces, exist_ok=True)
    with Lab(limit=max(limit, 90 * len(chosen))) as lab:
        results = run(lab, chosen, arguments.traces)
        lab.say(f"== {sum(results.values())} of {len(results)} scenarios passed")
        if failed := [name for name, passed in results.items() if not passed]:
            lab.say("failed: " + " ".join(failed))
