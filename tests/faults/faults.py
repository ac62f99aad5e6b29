#!/usr/bin/env python3
"""The queue under faults.

  faults.py BUILD PART            all of it; what cannot run on this machine is a failure
  faults.py BUILD PART --sample   seconds of it; what cannot run is skipped, and says so
  faults.py BUILD PART --seed N   the same random choices again

Parts: sweep, kills, power, disk, rot, clocks. Exit code 0: every state was as it must be,
and every control saw its losses."""
import argparse
import os
import random
import sys
import time

import clocks
import disk
import kills
import power
import rot
import sweep
from rig import CannotRunHere
from scratch import scratch

SKIPPED = 77
PARTS = {module.__name__: module.run for module in (sweep, kills, power, disk, rot, clocks)}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('build')
    parser.add_argument('part', choices=PARTS)
    parser.add_argument('--sample', action='store_true')
    parser.add_argument('--seed', type=int, default=None)
    words = parser.parse_args()
    seed = random.randrange(1 << 30) if words.seed is None else words.seed
    print(f'seed {seed}')
    began = time.monotonic()
    program = os.path.join(words.build, 'bin', 'sluice-mq')
    shim = os.path.join(words.build, 'tests', 'faults', 'libcrash_shim.so')
    try:
        with scratch() as folder:
            fine = PARTS[words.part](program, shim, folder, words.sample, seed)
    except CannotRunHere as lack:
        print(f'{"SKIPPED" if words.sample else "CANNOT RUN"}: {words.part}: {lack}')
        return SKIPPED if words.sample else 1
    print(f'{"fine" if fine else "WRONG"} after {time.monotonic() - began:.0f} s')
    return 0 if fine else 1


if __name__ == '__main__':
    sys.stdout.reconfigure(line_buffering=True)
    sys.exit(main())
