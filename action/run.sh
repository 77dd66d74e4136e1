#!/usr/bin/env bash
# The step of action.yml: runs a program under memwatch while a command sends it traffic. Which leak fails it is decided by
# memwatch run; here is only what becomes of the inputs.
set -euo pipefail
# Each job in a group of its own, so that the load can be ended with all that it has started.
set -m

read -r -a memwatch <<< "$MEMWATCH_ACTION_COMMAND"
words=(run --no-dashboard --duration "$MEMWATCH_ACTION_DURATION" --summary "$GITHUB_STEP_SUMMARY")
[ "$MEMWATCH_ACTION_FAIL" != true ] || words+=(--fail-on-leak)
[ -z "$MEMWATCH_ACTION_REPORT" ] || words+=(--report "$MEMWATCH_ACTION_REPORT")

# A pull request is compared with the branch that it goes to. A slash in the name of a branch is no directory.
baseline=""
if [ -n "$MEMWATCH_ACTION_BASELINES" ]; then
  branch="${GITHUB_BASE_REF:-$GITHUB_REF_NAME}"
  file="$MEMWATCH_ACTION_BASELINES/${branch//\//-}.txt"
  if [ -f "$file" ]; then
    words+=(--baseline "$file")
    baseline="$file"
  fi
  if [ "$MEMWATCH_ACTION_UPDATE" = true ]; then
    mkdir -p "$MEMWATCH_ACTION_BASELINES"
    words+=(--write-baseline "$file")
    baseline="$file"
  fi
fi
echo "baseline=$baseline" >> "$GITHUB_OUTPUT"

# As a shell splits them. They come from the workflow, as everything else that a job runs.
eval "program=($MEMWATCH_ACTION_RUN)"
"${memwatch[@]}" "${words[@]}" "${program[@]}" &
running=$!
load=""
if [ -n "$MEMWATCH_ACTION_LOAD" ]; then
  bash -c "$MEMWATCH_ACTION_LOAD" &
  load=$!
fi

status=0
wait "$running" || status=$?
if [ -n "$load" ]; then
  if kill -- "-$load" 2> /dev/null; then
    wait "$load" || true
  else
    sent=0
    wait "$load" || sent=$?
    [ "$sent" = 0 ] || echo "::warning::the load command ended with status $sent before the program did"
  fi
fi
exit "$status"
