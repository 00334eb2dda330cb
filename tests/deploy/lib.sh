# Shared by the check-*.sh scripts. A check says what it found on its last line and exits 0 (pass), 77 (skipped) or anything else (failed).
# shellcheck shell=bash
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly ROOT TOOLS=$ROOT/tests/tools/.bin
export PATH="$TOOLS:$PATH"
cd "$ROOT"

# skip REASON
skip() {
    echo "$1"
    exit 77
}

# fail REASON
fail() {
    echo "$1"
    exit 1
}

# need COMMAND HOW: skips the check when COMMAND is absent, or fails it with DCTNET_REQUIRE_TOOLS=1.
need() {
    command -v "$1" >/dev/null && return
    if [[ ${DCTNET_REQUIRE_TOOLS:-} == 1 ]]; then
        fail "$1 is not installed: $2"
    fi
    skip "$1 is not installed: $2"
}

# How the tools in $TOOLS come there.
# shellcheck disable=SC2034
readonly TOOL_HINT="run tests/tools/install.sh"
