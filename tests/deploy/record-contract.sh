#!/usr/bin/env bash
# Records the contract that check-contract.sh compares with. Refuses a change that breaks clients of the recorded one.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need buf "$TOOL_HINT"

readonly RECORDED=tests/deploy/contract.binpb
if [[ -f $RECORDED ]]; then
    buf breaking protos --against "$RECORDED"
fi
buf build protos --exclude-source-info -o "$RECORDED"
echo "recorded $RECORDED"
