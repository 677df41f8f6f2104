#!/bin/sh
# Rewrites the table of kernels in README.md; with --check only says whether it is current (exit status 1: it is not).
#   kernels/index.sh [--check] [PROGRAM]     PROGRAM prints the table; build/native/test/kernel_index unless named
set -eu
here=$(cd "$(dirname "$0")" && pwd)
check=no
if [ "${1:-}" = --check ]; then
  check=yes
  shift
fi
program=${1:-$here/../build/native/test/kernel_index}
new=$(mktemp)
table=$(mktemp)
trap 'rm -f "$new" "$table"' EXIT
"$program" >"$table"
awk -v table="$table" '
  /<!-- table begins -->/ { print; while ((getline line < table) > 0) print line; inside = 1; next }
  /<!-- table ends -->/ { inside = 0 }
  !inside' "$here/README.md" >"$new"
if cmp -s "$new" "$here/README.md"; then
  exit 0
elif [ $check = yes ]; then
  echo "kernels/README.md: the table is not current; run kernels/index.sh" >&2
  exit 1
fi
cat "$new" >"$here/README.md"
