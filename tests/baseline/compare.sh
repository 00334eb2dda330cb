#!/usr/bin/env bash
# Puts the same loads on the server and on the baseline beside it, both on loopback, and prints a table and each ratio. What it does and its
# settings: README.md.
#
#   tests/baseline/compare.sh [PICTURE...]        samples/portrait.jpg if none is given
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

: "${CALLERS:=1 2 4}" "${DURATION:=60}" "${CLOSED_DURATION:=$DURATION}" "${WARM_UP:=10}" "${DEADLINE:=5}" "${BULK_CALLERS:=32}" "${MODELS:=$root/models}"
: "${INTRA_OP_THREADS:=$(nproc)}" "${SHARP_CONCURRENCY:=$(nproc)}" "${BASE_PORT:=18080}"
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
    npm ci --prefix "$here" --no-progress --no-audit --no-fund >&2
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
metrics=http://127.0.0.1:$((BASE_PORT + 2))
ready ours "$metrics/readyz"

echo "cores $(nproc), load average $(cut -d ' ' -f 1 /proc/loadavg) before; ${#pictures[@]} picture(s), $MODELS"
echo "baseline: $(head -n 1 "$work/baseline.log")"
echo "ours: ${DctNet__Inference__IntraOpThreads:-automatic} threads a network run, ${DctNet__Limits__MaxConcurrentRequests:-default} pictures in work"

# load SIDE NAME SECONDS OPTION...: runs a load and appends its line, with its name, to SIDE.json and to all.json.
load() {
    local side=$1 name=$2 seconds=$3 target=(--server "$ours" --format png)
    shift 3
    [[ $side == ours ]] || target=(--http "$baseline/cartoonize")
    echo "== $side, $name"
    # Exit code 1 says that some pictures failed: the table counts them.
    "$here/.out/dctnet/dctnet" bench "${pictures[@]}" "${target[@]}" "$@" --duration "$seconds" --json "$work/$name.json" \
        2>"$work/$name.log" || (($? == 1)) || { cat "$work/$name.log" >&2; return 1; }
    node -p 'JSON.stringify({ side: process.argv[1], name: process.argv[2], ...JSON.parse(require("fs").readFileSync(0, "utf8")) })' \
        "$side" "$name" <"$work/$name.json" | tee -a "$work/all.json" >>"$work/$side.json"
}

# most SIDE: its highest throughput so far. last SIDE FIELD: a figure of its last load. calculate EXPRESSION.
most() { node -p 'Math.max(...require("fs").readFileSync(process.argv[1], "utf8").trim().split("\n").map(line => JSON.parse(line).okPerSecond))' "$work/$1.json"; }
last() { tail -n 1 "$work/$1.json" | node -p 'JSON.parse(require("fs").readFileSync(0, "utf8"))[process.argv[1]]' "$2"; }
calculate() { node -p "($1).toFixed(3)"; }

# The largest working set of our server since the last reset, in MiB.
working_set() { awk '/^VmHWM/ { print int($2 / 1024) }' "/proc/${servers[1]}/status"; }
reset_working_set() { echo 5 >"/proc/${servers[1]}/clear_refs"; }

# Sum and count of the network runs so far, in seconds: a background pass or all heads of a picture each.
infer() { curl --silent --fail "$metrics/metrics" | awk '/^dctnet_stage_duration_seconds_(sum|count)\{.*stage="infer"/ { sub(/.*} /, ""); print $1 }' | tr '\n' ' '; }

# A caller count at a time on both, so that a machine that changes its pace does so for both.
reset_working_set
for callers in $CALLERS; do
    load baseline "closed-$callers" "$CLOSED_DURATION" --callers "$callers" --warm-up "$WARM_UP" --deadline 600
    load ours "closed-$callers" "$CLOSED_DURATION" --callers "$callers" --warm-up "$WARM_UP" --deadline 600
done
capacity=$(most baseline)
throughput=$(most ours)
saturated_set=$(working_set)

rate=$(calculate "$capacity * 1.5")
load baseline open-1.5x "$DURATION" --rate "$rate" --warm-up 0 --deadline "$DEADLINE"
baseline_good=$(last baseline okPerSecond)
# What the baseline still works on, though nobody waits for it, is none of the next load's business.
kill "${servers[0]}"
load ours open-1.5x "$DURATION" --rate "$rate" --warm-up 0 --deadline "$DEADLINE"
good=$(last ours okPerSecond)

# The warm-up fills the queue: what is answered of that which is sent after it is what the server does in that time.
reset_working_set
load ours open-10x "$DURATION" --rate "$(calculate "$throughput * 10")" --warm-up "$WARM_UP" --deadline 600
overload_good=$(last ours okPerSecond)
overload_set=$(working_set)
refused="$(last ours refused) of $(last ours sent)"
failed=$(last ours failed)

read -r sum_before count_before <<<"$(infer)"
load ours alone "$CLOSED_DURATION" --callers 1 --warm-up "$WARM_UP" --deadline 600
read -r sum_after count_after <<<"$(infer)"
alone=$(last ours p99)
call=$(calculate "1000 * ($sum_after - $sum_before) / ($count_after - $count_before)")
"$here/.out/dctnet/dctnet" bench "${pictures[@]}" --server "$ours" --format png --bulk --callers "$BULK_CALLERS" --warm-up "$WARM_UP" \
    --duration $((CLOSED_DURATION + WARM_UP)) --deadline 600 >"$work/bulk.log" 2>&1 &
bulk=$!
load ours beside-bulk "$CLOSED_DURATION" --callers 1 --warm-up "$WARM_UP" --deadline 600
beside=$(last ours p99)
wait "$bulk" || { cat "$work/bulk.log" >&2; exit 1; }

echo
node - "$work/all.json" <<'END'
const rows = require('fs').readFileSync(process.argv[2], 'utf8').trim().split('\n').map(line => JSON.parse(line));
const ms = value => value == null ? '–' : Math.round(value).toString();
const columns = ['load', 'server', 'sent', 'ok', 'refused', 'late', 'failed', 'ok/s', 'p50', 'p90', 'p99', 'p99.9', 'queue p50', 'compute p50'];
console.log(`| ${columns.join(' | ')} |\n|${'---|'.repeat(columns.length)}`);
for (const r of rows) {
  const cells = [r.name, r.side, r.sent, r.ok, r.refused, r.late, r.failed, r.okPerSecond.toFixed(2), ...[r.p50, r.p90, r.p99, r.p999, r.queueP50, r.computeP50].map(ms)];
  console.log(`| ${cells.join(' | ')} |`);
}
END
echo
node - "$throughput" "$capacity" "$good" "$baseline_good" "$rate" "$DEADLINE" "$overload_good" "$overload_set" "$saturated_set" \
    "$refused" "$failed" "$alone" "$call" "$beside" <<'END'
const texts = process.argv.slice(2);
const [ours, baseline, good, baselineGood, rate, deadline, overload, overloadSet, saturatedSet, , , alone, call, beside] = texts.map(Number);
const [refused, failed] = texts.slice(9);
const line = (what, a, b, unit, aim) =>
  console.log(`${what}: ${a.toFixed(2)} against ${b.toFixed(2)} ${unit}, ratio ${b > 0 ? (a / b).toFixed(2) : 'without bound'} (aim: ${aim})`);
line('saturated throughput over the baseline', ours, baseline, 'pictures/s', '0.9 or more');
line(`goodput within ${deadline} s at ${rate.toFixed(2)}/s over the baseline`, good, baselineGood, 'pictures/s', '3 or more');
line('goodput at 10 times capacity over saturated throughput', overload, ours, 'pictures/s', '0.95 or more');
line('working set at 10 times capacity over that at saturation', overloadSet, saturatedSet, 'MiB', '1.5 or less');
console.log(`refused at 10 times capacity with RESOURCE_EXHAUSTED and RetryInfo: ${refused}; anything else: ${failed} (aim: 0)`);
line('interactive p99 beside bulk over twice the unloaded p99 and a network run', beside, 2 * alone + call, 'ms', '1 or less');
END
