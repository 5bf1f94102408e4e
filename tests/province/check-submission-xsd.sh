#!/bin/sh
# Validates the samples of what goes to the province and comes back from it against the schemas.
# usage: check-submission-xsd.sh <folder of the schemas> <folder of the samples>
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for name in submission promotion payment tax-notice withdrawal; do
    xmllint --noout --schema "$1/reference-submission.xsd" "$2/$name.xml"
done
{
    echo '<province-export version="1" province="H22" exported="06/03/2026 00:00:00">'
    cat "$2/answer.xml"
    echo '</province-export>'
} >"$folder/answer.xml"
xmllint --noout --schema "$1/reference.xsd" "$folder/answer.xml"
# The check itself must be able to fail.
sed 's|<status>accepted|<status>pleased|' "$folder/answer.xml" >"$folder/wrong-answer.xml"
sed 's|<kind>filing|<kind>letter|' "$2/submission.xml" >"$folder/wrong-submission.xml"
if xmllint --noout --schema "$1/reference.xsd" "$folder/wrong-answer.xml" 2>/dev/null ||
    xmllint --noout --schema "$1/reference-submission.xsd" "$folder/wrong-submission.xml" \
        2>/dev/null; then
    echo "a schema accepts a word that does not exist"
    exit 1
fi
echo "every sample is valid"
