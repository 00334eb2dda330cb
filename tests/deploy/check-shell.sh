#!/usr/bin/env bash
# Every shell script of the repository passes shellcheck.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need shellcheck "apt-get install shellcheck"

mapfile -t scripts < <(git ls-files --cached --others --exclude-standard -- test .ci/run '*.sh')
shellcheck --source-path=SCRIPTDIR --external-sources "${scripts[@]}"
echo "${#scripts[@]} scripts"
