#!/usr/bin/env python3
"""within_memory.py MIB COMMAND...: runs it, and ends with its exit code, or with 99 when it needed more."""

import resource
import subprocess
import sys

code = subprocess.run(sys.argv[2:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
if used > int(sys.argv[1]):
    print(f"it used {used} MiB", file=sys.stderr)
    sys.exit(99)
sys.exit(code)
