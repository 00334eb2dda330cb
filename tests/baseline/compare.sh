#!/usr/bin/env bash
# Puts the same load on the server and on the baseline beside it, both on loopback, and prints the two ratios. What it does and its settings: README.md.
#
#   tests/baseline/compare.sh [PICTURE...]        samples/portrait.jpg if none is given
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

: "${CALLERS:=1 2 4}" "${DURATION:=60}" "${WARM_UP:=10}" "${DEADLINE:=5}" "${MODELS:=$root/models}"
: "${INTRA_OP_THREADS:=$(nproc)}" "${SHARP_CONCURRENCY:=$(nproc)}" "${BASE_PORT:=18080}"
export DctNet__Inference__IntraOpThreads=${DctNet__Inference__IntraOpThreads:-$INTRA_OP_THREADS}
pictures=("$@")
((${#pictures[@]} > 0)) || pictures=("$root/samples/portrait.jpg")

work=$(mktemp -d)
servers=()
# Called by the trap.
# shellcheck disable=SC2329
finish() {
    for server in "${servers[@]}"; do
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT

if [[ ${BUILD:-1} == 1 ]]; then
    dotnet publish "$root/src/DctNet.Server" -c Release -r linux-x64 -p:PublishReadyToRun=true -o "$here/.out/server" -v quiet --nologo >&2
    dotnet publish "$root/src/DctNet.Cli" -c Release -o "$here/.out/dctnet" -v quiet --nologo >&2
    npm ci --prefix "$here" --no-progress >&2
fi

# ready NAME URL: waits for the server that was started last.
ready() {
    for ((i = 0; i < 120; i++)); do
        curl --silent --fail --output "$work/health" "$2" && return
        kill -0 "${servers[-1]}" 2>/dev/null || break
        sleep 0.5
    done
    echo "$1 did not start:" >&2
    cat "$work/$1.log" >&2
    return 1
}

baseline=http://127.0.0.1:$BASE_PORT
PORT=$BASE_PORT MODELS=$MODELS INTRA_OP_THREADS=$INTRA_OP_THREADS SHARP_CONCURRENCY=$SHARP_CONCURRENCY \
    node "$here/server.mjs" >"$work/baseline.log" 2>&1 &
servers+=($!)
ready baseline "$baseline/healthz"

ours=http://127.0.0.1:$((BASE_PORT + 1))
DCTNET_HOME=$work/home DctNet__Models__Directory=$(cd "$MODELS" && pwd) DctNet__Ports__Http=-1 \
    DctNet__Ports__Grpc=$((BASE_PORT + 1)) DctNet__Ports__Ops=$((BASE_PORT + 2)) "$here/.out/server/DctNet.Server" >"$work/ours.log" 2>&1 &
servers+=($!)
ready ours "http://127.0.0.1:$((BASE_PORT + 2))/readyz"

echo "cores $(nproc), load average $(cut -d ' ' -f 1 /proc/loadavg) before; ${#pictures[@]} picture(s), $MODELS"
echo "baseline: $(head -n 1 "$work/baseline.log")"
echo "ours: $DctNet__Inference__IntraOpThreads threads a network run, ${DctNet__Limits__MaxConcurrentRequests:-default} pictures in work"

# load SIDE STEP...: runs a load and appends its line to SIDE.json.
load() {
    local side=$1 target=(--server "$ours" --format png)
    shift
    [[ $side == ours ]] || target=(--http "$baseline/cartoonize")
    echo "== $side $*"
    # Exit code 1 says that some pictures failed: the table counts them.
    "$here/.out/dctnet/dctnet" bench "${pictures[@]}" "${target[@]}" "$@" --duration "$DURATION" --json "$work/load.json" \
        2>"$work/bench.log" || (($? == 1)) || { cat "$work/bench.log" >&2; return 1; }
    cat "$work/load.json" >>"$work/$side.json"
}

# most SIDE: its highest throughput so far. last SIDE: that of its last load.
most() { node -p 'Math.max(...require("fs").readFileSync(process.argv[1], "utf8").trim().split("\n").map(line => JSON.parse(line).okPerSecond))' "$work/$1.json"; }
last() { tail -n 1 "$work/$1.json" | node -p 'JSON.parse(require("fs").readFileSync(0, "utf8")).okPerSecond'; }

# A caller count at a time on both, so that a machine that changes its pace does so for both.
for callers in $CALLERS; do
    load baseline --callers "$callers" --warm-up "$WARM_UP" --deadline 600
    load ours --callers "$callers" --warm-up "$WARM_UP" --deadline 600
done
capacity=$(most baseline)
throughput=$(most ours)

rate=$(node -p "($capacity * 1.5).toFixed(3)")
load baseline --rate "$rate" --warm-up 0 --deadline "$DEADLINE"
# What the baseline still works on, though nobody waits for it, is none of the next load's business.
kill "${servers[0]}"
load ours --rate "$rate" --warm-up 0 --deadline "$DEADLINE"

node - "$throughput" "$capacity" "$(last ours)" "$(last baseline)" "$rate" "$DEADLINE" <<'END'
const [ours, baseline, good, baselineGood, rate, deadline] = process.argv.slice(2).map(Number);
const line = (name, a, b, aim) =>
  console.log(`${name}: ${a.toFixed(2)}/s against ${b.toFixed(2)}/s, ratio ${b > 0 ? (a / b).toFixed(2) : 'without bound'} (aim: ${aim})`);
line('saturated throughput', ours, baseline, 0.9);
line(`goodput within ${deadline} s at ${rate.toFixed(2)}/s`, good, baselineGood, 3);
END
