#!/usr/bin/env bash
# The contract breaks no client of the recorded one (tests/deploy/contract.binpb, a buf image), and every addition to it is recorded too.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need buf "$TOOL_HINT"

readonly RECORDED=tests/deploy/contract.binpb
[[ -f $RECORDED ]] || skip "no contract is recorded yet: tests/deploy/record-contract.sh does it"
buf breaking protos --against "$RECORDED"
buf build protos --exclude-source-info -o - | cmp -s - "$RECORDED" ||
    fail "the contract grew compatibly: record it with tests/deploy/record-contract.sh, so that the additions are protected as well"
echo "unchanged"
