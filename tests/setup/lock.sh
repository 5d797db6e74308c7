#!/usr/bin/env bash
# Renew the lock: install the package with its dev extras into a fresh virtual environment, and write down
# what came. Used through `make lock`.
#
#   lock.sh PYTHON LOCKFILE
set -euo pipefail

python=$1
lock=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$python" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip --disable-pip-version-check install --quiet '.[dev]'

{
  echo '# Versions that Postern is tested with: constraints for pip, direct and indirect dependencies alike.'
  echo '# Written by `make lock`; do not edit by hand. To renew: `make lock`, then `make test`.'
  "$scratch/venv/bin/python" -m pip --disable-pip-version-check freeze --exclude postern |
    grep -E '^[A-Za-z0-9._-]+==' | LC_ALL=C sort -f
} >"$scratch/lock"
mv "$scratch/lock" "$lock"
echo "$lock: $(grep -c == "$lock") packages"
