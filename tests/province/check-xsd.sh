#!/bin/sh
# Validates a generated slice of the year against reference.xsd.
# usage: check-xsd.sh <dvc-province> <reference.xsd>
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" generate --out "$folder" --dossiers 2500 --per month
"$1" generate --out "$folder" --dossiers 2500 --per month --until 2019-08-15
xmllint --noout --stream --schema "$2" "$folder"/*.xml >"$folder/log" 2>&1 || {
    grep -v ' validates$' "$folder/log" | head -n 20
    exit 1
}
# The check itself must be able to fail.
sed 's|<channel>direct</channel>|<channel>pigeon</channel>|' "$folder/dossiers-2019-03.xml" \
    >"$folder/wrong.xml"
if xmllint --noout --schema "$2" "$folder/wrong.xml" 2>/dev/null; then
    echo "the schema accepts a channel that does not exist"
    exit 1
fi
echo "every file is valid"
