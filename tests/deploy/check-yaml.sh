#!/usr/bin/env bash
# Every YAML file that is not a template passes yamllint.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need yamllint "apt-get install yamllint"

mapfile -t files < <(git ls-files --cached --others --exclude-standard -- '*.yaml' '*.yml' ':!helm/dctnet/templates')
yamllint --strict -c tests/deploy/yamllint.yaml "${files[@]}"
echo "${#files[@]} files"
