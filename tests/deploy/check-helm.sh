#!/usr/bin/env bash
# Helm 3 and Helm 4 lint and render the chart with its defaults and with each ci/*-values.yaml, both to the same manifests, and refuse bad values.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need "$TOOLS/helm3/helm" "$TOOL_HINT"
need "$TOOLS/helm4/helm" "$TOOL_HINT"

readonly CHART=helm/dctnet
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/default-values.yaml"
cp "$CHART"/ci/*-values.yaml "$work"

# Each line: what is wrong, and the part of the message that has to say so in both versions.
bad_values=(
    "accelerator=amd|accelerator"
    "image.tagg=1|tagg"
    "replicaCount=two|integer"
    "replicaCount=2|needs watermark.existingSecret"
    "replicaCount=2,watermark.existingSecret=k|needs c2pa.existingSecret"
    "replicaCount=2,watermark.existingSecret=k,c2pa.existingSecret=c|needs ledger.postgres.existingSecret"
    "c2pa.signerUrl=https://kms|needs c2pa.existingSecret"
    "c2pa.timeStampUrl=timestamp|timeStampUrl"
    "settings.C2pa__PrivateKeyFile=x|settings.C2pa__PrivateKeyFile is set by the chart itself"
    "settings.Ledger__PostgresConnectionString=x|settings.Ledger__PostgresConnectionString is set by the chart itself"
    "settings.Watermark__KeyFile=x|settings.Watermark__KeyFile is set by the chart itself"
    "settings.Watermark__Keys=x|settings.Watermark__Keys would show the keys"
    "settings.Watermark__keys=x,watermark.existingSecret=k|settings.Watermark__keys would show the keys"
    "settings.C2pa__Pkcs12Password=x|settings.C2pa__Pkcs12Password would show the password"
    "settings.Ports__Http=1|settings.Ports__Http is set by the chart itself"
    "settings.lower=1|lower"
    "nvidia.gpuCount=0|gpuCount"
    "resources.limits.nvidia\.com/gpu=1|set GPUs with accelerator: nvidia"
    "resources.limits.memory=lots|memory"
    "drain.holdSeconds=-1|holdSeconds"
    "otel.endpoint=collector:4317|endpoint"
    "extraEnv[0].value=x|name"
    "unknown=1|unknown"
)

rendered=0
for major in 3 4; do
    helm=$TOOLS/helm$major/helm
    "$helm" version --short | grep -q "^v$major\." || fail "$helm is not Helm $major"
    for values in "$work"/*-values.yaml; do
        "$helm" lint --strict --quiet "$CHART" -f "$values"
        "$helm" template release "$CHART" --namespace pictures -f "$values" >"${values%-values.yaml}.$major"
        rendered=$((rendered + 1))
    done
    for entry in "${bad_values[@]}"; do
        if "$helm" template release "$CHART" --set "${entry%%|*}" >"$work/out" 2>&1; then
            fail "Helm $major accepts --set ${entry%%|*}"
        fi
        grep -qF "${entry##*|}" "$work/out" || fail "Helm $major refuses --set ${entry%%|*} without saying '${entry##*|}': $(<"$work/out")"
    done
    "$helm" package "$CHART" --destination "$work" >/dev/null
done
for values in "$work"/*-values.yaml; do
    diff -u "${values%-values.yaml}.3" "${values%-values.yaml}.4" || fail "Helm 3 and 4 render $(basename "$values") differently"
done
echo "$rendered renderings, ${#bad_values[@]} bad values refused by each version"
