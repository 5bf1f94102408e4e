#!/bin/sh
# Validates a generated slice of the year, and an answer, against reference.xsd.
# usage: check-xsd.sh <dvc-province> <reference.xsd>
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" generate --out "$folder" --dossiers 2500 --per month
"$1" generate --out "$folder" --dossiers 2500 --per month --portal --until 2019-08-15
# One submission of the year, which is answered.
"$1" submissions --out "$folder/list.csv" --dossiers 2500
code=$(sed -n '2s/,.*//p' "$folder/list.csv")
mkdir -p "$folder/inbox/new/one" "$folder/inbox/taken" "$folder/in"
echo "<province-submission><submission><portal-code>$code</portal-code><revision>1</revision><kind>filing</kind>
<arrived>01/02/2026 08:00:00</arrived></submission></province-submission>" >"$folder/inbox/new/one/submission.xml"
"$1" answer --dossiers 2500 --inbox "$folder/inbox" --drop "$folder"
mv "$folder"/in/answers-*.xml "$folder"
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
