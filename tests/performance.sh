#!/usr/bin/env bash
# Takes the figures of PERFORMANCE.md and puts them there, with the latency plot: about fifteen minutes, on a machine with nothing else to do.
#
#   tests/performance.sh        needs the .NET SDK, Node.js with npm, and curl
#   COMPARISONS="saturated 20;upload 60" tests/performance.sh      other benchmarks, or more pairs
set -euo pipefail
: "${COMPARISONS:=saturated 10;upload 30;batching 15;threads 4}"
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$root/tests/baseline/.out
mkdir -p "$out"
cd "$root"
DCTNET_HOME=$(mktemp -d)
export DCTNET_HOME
trap 'rm -rf "$DCTNET_HOME"' EXIT

dotnet build -c Release tests/DctNet.Benchmarks -v quiet --nologo >&2
benchmark() { dotnet run --no-build -c Release --project tests/DctNet.Benchmarks -- "$@"; }
{
    echo "cores $(nproc), load average $(cut -d ' ' -f 1 /proc/loadavg) before"
    IFS=';' read -ra comparisons <<<"$COMPARISONS"
    for comparison in "${comparisons[@]}"; do
        read -r name pairs <<<"$comparison"
        echo "== $name"
        benchmark "$name" "$pairs"
    done
} | tee "$out/benchmarks.txt"

CALLERS=${CALLERS:-2 4} WARM_UP=${WARM_UP:-5} CLOSED_DURATION=${CLOSED_DURATION:-30} tests/baseline/compare.sh | tee "$out/loads.txt"
"$out/dctnet/dctnet" bench samples/portrait.jpg --callers 1,2,4 --warm-up 3 --duration 10 --plot samples/latency.svg

node - PERFORMANCE.md "$out/benchmarks.txt" "$out/loads.txt" <<'END'
const { readFileSync, writeFileSync } = require('fs');
const [page, benchmarks, loads] = process.argv.slice(2);
const lines = readFileSync(loads, 'utf8').split('\n');
const table = lines.filter(line => line.startsWith('|')).join('\n');
const rest = lines.filter(line => /^(cores|baseline:|ours:|refused at)|, ratio /.test(line))
  // Where the models lie on this machine is nobody's business.
  .map(line => line.replace(/, \/\S+$/, '')).join('\n');
const blocks = {
  benchmarks: '```\n' + readFileSync(benchmarks, 'utf8').trim() + '\n```',
  loads: table + '\n\n```\n' + rest + '\n```\n\n![Latency by percentile for one, two and four callers](samples/latency.svg)',
};
let text = readFileSync(page, 'utf8');
for (const [name, block] of Object.entries(blocks)) {
  text = text.replace(new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`), (_, before, after) => before + block + '\n' + after);
}
writeFileSync(page, text);
END
