#!/bin/sh
# Compiles a .cu for sm_90a and writes down each kernel's registers and spills as ptxas tells them. Fails if one spills or if ptxas put
# the asynchronous products one behind the other, since then the design does not hold.
#   kernels/sm90/registers.sh NVCC FILE.cu REPORT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# = 3 ] || { sed -n '2,4s/^# *//p' "$0" >&2; exit 2; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"$1" -O3 -std=c++17 -I"$here/../include" -gencode=arch=compute_90a,code=sm_90a -Xptxas -v --cubin -o /dev/null "$2" \
  >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
awk '
  /Compiling entry function/ { split($0, part, "\047"); name = part[2] }
  /bytes spill stores/ { spills = $5 + $9 }
  /Used [0-9]+ registers/ { for (i = 1; i < NF; ++i) if ($i == "Used") print name ": " $(i + 1) " registers, " spills " bytes spilled" }
' "$log" | sort >"$3"
cat "$3"
[ -s "$3" ] || { echo "ptxas told of no kernel:" >&2; cat "$log" >&2; exit 1; }
if grep -qiE 'serializ|potential performance loss' "$log"; then
  grep -iE 'serializ|potential performance loss' "$log" >&2
  exit 1
fi
! grep -qv ', 0 bytes spilled$' "$3"
