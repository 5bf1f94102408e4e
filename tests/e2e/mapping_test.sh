#!/usr/bin/env bash
# Mappings without a compiler: the page for IT officers is followed word by word, in both languages; then mistakes
# are sown into the shipped mappings, and lint finds each of them with file and line.
# Argument: the folder of the programs.
set -euo pipefail

bin=$1
work=$(mktemp -d)
trap 'stop_sandbox; rm -rf "$work"' EXIT
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/e2e/checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"

# -- the page ---------------------------------------------------------------------------------------------------------
# Writes the page's files (```xml NAME) and its commands (```bash) into a script that does both in the page's order.
script_of() { # PAGE
  awk '
    /^```bash$/ { mode = "bash"; next }
    /^```[a-z]+ [^ ]+$/ { mode = "file"; print "cat >" $2 " <<\"END-OF-FILE\""; next }
    /^```$/ && mode == "file" { print "END-OF-FILE" }
    /^```/ { mode = mode == "" ? "other" : ""; next }
    mode == "file" { print }
    mode == "bash" { print }
  ' "$1"
}

for language in en vi; do
  folder=$work/$language
  mkdir "$folder"
  ln -s "$e2e_top/mappings" "$folder/mappings"
  script_of "$e2e_top/connector/packaging/docs/$language/mappings.md" >"$folder/script"
  expect 0 "the page ($language) runs as it stands" \
    env -C "$folder" PATH="$bin:$PATH" bash -e script
  contains "a code comes by its row ($language)" '^    row  practice/codes/ward-procedures.csv:2: CT-01 -> 2.000815$' \
    "$work/out"
  contains "the page shows what explain prints ($language)" '^    rule practice/portal/thu/dossier.xml:10$' "$work/out"
  contains "the cases hold ($language)" '^6 cases run, 0 failed$' "$work/out"
  contains "a new code needs no build ($language)" \
    'ward-procedures.csv:3: CT-02 -> 2.000884, in force from 2026-03-01$' "$work/out"
  contains "a new field needs no build ($language)" '^DonViXuLy = "UBND phường Thử"$' "$work/out"
done
expect 1 "the case notices the new field" "$bin/dvcsync" mapping test --mappings "$folder/practice"
contains "and says which it is" '    DonViXuLy: "UBND phường Thử" was not expected' "$work/out"

# -- what is shipped --------------------------------------------------------------------------------------------------
expect 0 "the shipped mappings have no fault" "$bin/dvcsync" mapping lint --mappings "$e2e_top/mappings"
contains "and no warning" "files examined: 0 faults, 0 warnings$" "$work/out"
expect 0 "the shipped cases hold" "$bin/dvcsync" --json mapping test --mappings "$e2e_top/mappings"
number "there are many" run -gt 100

# -- seeded mistakes --------------------------------------------------------------------------------------------------
# One mistake in a fresh copy; lint must end with 1 (with 0 for a warning) and tell file, line and what.
mistake() { # STATUS WHAT FILE SED-EXPRESSION PATTERN-OF-THE-LINE TEXT
  local status=$1 what=$2 file=$3 edit=$4 at=$5 text=$6 line
  rm -rf "$work/mappings"
  mkdir -p "$work/mappings/province" "$work/mappings/portal"
  cp -r "$e2e_top/mappings/codes" "$e2e_top/mappings/contract" "$work/mappings/"
  cp "$e2e_top/mappings/province/reference.xml" "$work/mappings/province/"
  cp -r "$e2e_top/mappings/portal/mapi-2024" "$work/mappings/portal/"
  sed -i "$edit" "$work/mappings/$file"
  cmp -s "$work/mappings/$file" "$e2e_top/mappings/$file" && verdict "nothing was sown: $what" 1
  line=$(grep -n -m 1 -- "$at" "$work/mappings/$file" | cut -d : -f 1)
  expect "$status" "$what" "$bin/dvcsync" mapping lint --mappings "$work/mappings"
  verdict "  told as $file:$line: …$text…" "$(grep -F -- "$file:$line: " "$work/out" | grep -q -F -- "$text"; echo $?)"
}
p=portal/mapi-2024
mistake 1 "a name that is none" $p/dossier.xml 's/from="email"/from="emial"/' emial "did you mean 'email'?"
mistake 1 "a field that the contract does not know" $p/dossier.xml 's/to="Email"/to="EMail"/' EMail \
  "is not known to the contract"
mistake 1 "a required field that is missing" $p/dossier.xml '/to="HinhThuc"/d' '^<mapping' "'HinhThuc' is missing"
mistake 1 "a required field that may be empty" $p/dossier.xml 's/\(to="MaHoSo".*\) required="yes"/\1/' 'to="MaHoSo"' \
  "may be empty"
mistake 1 "a field that may be too long" $p/dossier.xml 's/max="1000"/max="3000"/' 'max="3000"' "at most 1000"
mistake 1 "a number that is sent as text" $p/dossier.xml '0,/from="quantity" as="number" default="0"/s//from="quantity"/' \
  'to="SoLuong" from="quantity"/' "is a number in the contract"
mistake 1 "a date in another form" $p/progress.xml \
  's|\(record="dossier" .*\)>|\1><date-form name="d" form="yyyy-MM-dd"/>|;s/from="at" as="timestamp"/from="at" as="d"/' \
  'as="d"' "goes out as yyyy-MM-dd"
mistake 1 "a word without a code" $p/shared.xml '0,/from="withdrawn" to="7"/{/from="withdrawn"/d}' 'codes name="status"' \
  "has no row for 'withdrawn'"
mistake 0 "a code that no record can ask for" $p/shared.xml \
  's|<map from="portal" to="1"/>|&<map from="post-office" to="9"/>|' post-office "no record can hold 'post-office'"
mistake 1 "a code that comes twice" $p/shared.xml 's|<map from="portal" to="1"/>|&<map from="portal" to="2"/>|' \
  'from="portal" to="2"' "comes twice"
mistake 0 "a table that nobody uses" $p/shared.xml 's|</shared>|<codes name="spare"><map from="a" to="b"/></codes>&|' \
  'name="spare"' "is used by no rule"
mistake 1 "a condition that contradicts itself" $p/dossier.xml \
  's/when="identity and identity-kind=citizen-card|old-card"/when="identity and not identity"/' 'not identity' "never holds"
mistake 1 "words that exclude one another" $p/dossier.xml \
  's/identity-kind=citizen-card|old-card/identity-kind=citizen-card and identity-kind!=citizen-card/' 'citizen-card and' \
  "asks of 'identity-kind' what no word"
mistake 1 "a word that is none, in a condition" $p/dossier.xml 's/status!=registered|rejected/status!=registred/' registred \
  "is not a canonical word"
mistake 1 "a suffix that an earlier one cuts" $p/shared.xml 's|<strip pattern=".##"/>|&<strip pattern=".H2.##"/>|' \
  'H2.##' "is never found"
mistake 1 "days that overlap" codes/procedures.csv '2a TS_lop1.000.00.00.H22,9.999999,2020-01-01,' '9.999999' \
  "another meaning on the same days"
mistake 1 "days that are the wrong way round" codes/procedures.csv '2a XX,9.999999,2020-01-02,2020-01-01' '^XX' \
  "valid_to lies before valid_from"
mistake 1 "a day that is none" codes/agencies.csv '2a ZZ,Z.Z,Z,commune,,2020-02-30,' '^ZZ' "is not a date"
mistake 1 "a wrong row in the calendar" codes/calendar.csv '2s/,off,/,of,/' ',of,' "kind"
mistake 1 "an element that does not belong" $p/status.xml 's|</mapping>|<feild to="X"/>&|' feild "did you mean 'field'?"
mistake 1 "a profile with a mistake" $p/profile.xml 's/<endpoint name="auth"/<endpiont name="auth"/' endpiont "endpiont"
mistake 1 "a reading that writes a name that is none" $p/reading-withdrawal.xml 's/to="reason"/to="raeson"/' raeson \
  "did you mean 'reason'?"
mistake 0 "words that no value uses" province/reference.xml \
  's|<words name="status">|<words name="spare"><word from="a" to="b"/></words>&|' 'name="spare"' "are the type of no value"
mistake 0 "a default beside 'required'" $p/dossier.xml 's/to="NgayTra" from="returned"/& required="yes" default="0"/' \
  'to="NgayTra"' "says nothing beside 'default'"

# -- before it goes live ----------------------------------------------------------------------------------------------
# A year's beginning in a real ledger; the configured mappings are a copy, and lack one code that dossiers name.
start_sandbox 0 --journal "$work/journal"
write_configuration "$work/office" >"$work/out"
cp -r "$e2e_top/mappings" "$work/live"
set_key "$config" folder "\"$work/live\""
# shellcheck disable=SC2317  # expect calls it
dvcsync() { "$bin/dvcsync" --config "$config" "$@"; }
"$bin/dvc-province" generate --dossiers 200 --out "$work/june" --until 2019-06-30 >"$work/out" 2>&1
lost=$(grep -h -o '<procedure>[0-9.]*' "$work"/june/dossiers*.xml | grep -o '[0-9]\.[0-9]\{6\}' | sort | uniq -c |
  sort -rn | awk 'NR == 1 {print $2}')
sed -i "/^$lost,/d" "$work/live/codes/procedures.csv"
hand_over "$work/june" "$work/office/drop"
expect "0|1" "a sync with a code that is not in the table" dvcsync --json sync all

cp -r "$work/live" "$work/new"
# What the ledger holds, and how many calls the portal has had.
state() {
  "$bin/dvcsync" --config "$config" --json audit list --limit 1000
  "$bin/dvcsync" --config "$config" --json status
  find "$work/journal" -type f -exec cat {} + | sha256sum
}
before=$(state)
expect 0 "preview of the same files" dvcsync --json mapping preview --mappings "$work/new"
number "changes nothing" changed -eq 0
number "looks at all that there is" records -gt 200
expect 0 "preview of a sample" dvcsync --json mapping preview --mappings "$work/new" --sample 50
number "looks at so many" records -eq 50
sed -i 's/<map from="direct" to="1"\/>/<map from="direct" to="9"\/>/' "$work/new/portal/mapi-2024/shared.xml"
sed -i 's/to="SoDienThoai" from="phone"/& required="yes"/' "$work/new/portal/mapi-2024/dossier.xml"
sed -i "2i $lost,1.005129,," "$work/new/codes/procedures.csv"
expect "0|1" "preview of new files" dvcsync --json mapping preview --mappings "$work/new"
contains "tells which members differ" '"operation":"push-dossier","field":"KenhThucHien","records":[1-9]' "$work/out"
contains "and which records are no longer refused" '"no_longer_refused":\[{"operation":"push-dossier","field":"MaTTHC"' \
  "$work/out"
number "how many" no_longer_refused_records -gt 0
verdict "nothing was sent, nothing was written" "$([[ $before == "$(state)" ]]; echo $?)"
echo '<mapping>' >"$work/new/portal/mapi-2024/dossier.xml"
expect 3 "files that do not load are not previewed" dvcsync mapping preview --mappings "$work/new"

# -- codes without a national one -------------------------------------------------------------------------------------
expect 1 "suggest" dvcsync --json mapping suggest
contains "names the code that is missing" "\"local\":\"$lost" "$work/out"
contains "and its own name's national code first" "\"candidates\":\[{\"code\":\"$lost\"" "$work/out"
local_code=$(sed -n 's/.*"local":"\([^"]*\)".*/\1/p' "$work/out")
expect 2 "accepting needs a reason" dvcsync mapping suggest --accept "$local_code" "$lost"
expect 1 "a code that is not in the national list is not taken" \
  dvcsync mapping suggest --accept "$local_code" 9.999999 --reason "thử"
expect 0 "a person accepts" dvcsync mapping suggest --accept "$local_code" "$lost" --reason "QĐ 12/2019"
contains "the table says who, when and why" "^# 20[0-9-]*, [^ ]*: QĐ 12/2019$" \
  "$work/live/codes/procedures.csv"
expect 3 "twice is told with its line" dvcsync mapping suggest --accept "$local_code" "$lost" --reason "QĐ 12/2019"
contains "which one" "procedures.csv:[0-9]*: '$local_code' stands there already" "$work/err"
expect 0 "the act is kept" dvcsync acts
contains "with its reason" 'mapping accept' "$work/out"
expect 0 "the table still loads" dvcsync mapping lint --mappings "$work/live"
expect "0|1" "the next sync delivers what was parked" dvcsync --json sync all
expect 0 "then nothing is left to suggest" dvcsync --json mapping suggest
cp "$e2e_top/mappings/codes/national-procedures.csv" "$work/list.csv"
expect 0 "with a list of one's own" dvcsync mapping suggest --catalogue "$work/list.csv"

# -- command lines ----------------------------------------------------------------------------------------------------
expect 3 "without a configuration the folder must be said" "$bin/dvcsync" --config "$work/none.toml" mapping lint
expect 2 "an operation that is none" "$bin/dvcsync" mapping explain --record x --operation push-nothing
exit "$failed"
