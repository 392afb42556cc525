#!/bin/sh
# Usage: sh leap.sh YEAR
# Prints "leap" or "common" for a year of the Gregorian calendar.

year=$1

if [ $((year % 4)) -eq 0 ]; then
    echo leap
else
    echo common
fi
