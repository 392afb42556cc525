#!/bin/sh
# Usage: sh run-tests.sh
# Checks leap.sh against years whose kind is known.

failed=0

check() {
    actual=$(sh leap.sh "$1")
    if [ "$actual" = "$2" ]; then
        echo "ok      $1 is $2"
    else
        echo "FAILED  $1: expected $2, got $actual"
        failed=1
    fi
}

check 2023 common
check 2024 leap
check 1900 common
check 2000 leap

exit $failed
