#!/usr/bin/env bash
# The contract passes buf's linter and is formatted as buf formats it.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need buf "$TOOL_HINT"

buf lint protos
buf format protos --diff --exit-code
echo "lint and format clean"
