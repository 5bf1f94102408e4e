#!/usr/bin/env bash
# Our catalogue against the portal's, with the real programs and seeded drift. Argument: the folder of the
# programs.
set -euo pipefail

bin=$1
work=$(mktemp -d)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
trap 'stop_sandbox; rm -rf "$work"' EXIT
# shellcheck source-path=SCRIPTDIR source=checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
# shellcheck disable=SC2317  # expect calls it
dvcsync() { "$bin/dvcsync" --config "$config" "$@"; }

procedure() { # CODE NAME FIELD LEVEL DECISION DECIDED
  cat <<END
<procedure>
 <code>$1</code><name>$2</name><state>public</state>
 <fields><field><code>$3</code><name>Field $3</name></field></fields>
 <levels><level><code>$4</code><name>Level</name></level></levels>
 <decision><id>D$5</id><number>$5/QĐ-UBND</number><issued>$6</issued><action>new</action></decision>
 <online-level>part</online-level><inter-agency>no</inter-agency>
</procedure>
END
}
catalogue() { # FOLDER, procedures on standard input
  mkdir -p "$1"
  {
    printf '<?xml version="1.0" encoding="UTF-8"?>\n'
    printf '<province-export version="1" province="H22" exported="31/12/2019 23:55:00">\n'
    cat
    printf '</province-export>\n'
  } >"$1/procedures-1.xml"
}

start_sandbox 0
write_configuration "$work/province" >"$work/out"
mine=$config
write_configuration "$work/other" >"$work/out" # what somebody else does at the portal
theirs=$config
config=$mine

# Services of the province itself: no national list names them.
{
  procedure 9.000001.000.00.00.H22 "Cấp giấy phép một" L01 province 101 01/03/2019
  procedure 9.000002.000.00.00.H22 "Cấp giấy phép hai" L01 province 102 01/03/2019
  procedure 9.000003.000.00.00.H22 "Cấp giấy phép ba" L01 province 103 01/03/2019
  procedure 9.000004.000.00.00.H22 "Cấp giấy phép bốn" L01 province 104 01/03/2019
  procedure 9.000005.000.00.00.H22 "Cấp giấy phép năm" L01 province 105 01/03/2019
} | catalogue "$work/ours"
hand_over "$work/ours" "$work/province/drop"
expect 0 "nothing is published yet: nothing drifts" dvcsync --json catalogue drift
number "we have published nothing" ours -eq 0
expect 0 "the catalogue is pushed" dvcsync --json sync push-catalogue
number "all of it" refused -eq 0
expect 0 "drift after the push" dvcsync --json catalogue drift
number "five are ours" ours -eq 5
number "and are the same" same -eq 5
contains "nothing is missing there" '"missing_there":\[\]' "$work/out"
contains "nothing differs" '"differing":\[\]' "$work/out"
contains "the list is the country's" '"whole_country":true' "$work/out"

# -- somebody else's catalogue takes the place of ours ---------------------------------------------------------------
curl -fsS -X POST "$sandbox_admin/reset" >"$work/out"
{
  procedure 9.000001.000.00.00.H22 "  Cấp giấy   phép một " L01 province 101 01/03/2019 # only blanks differ
  procedure 9.000002.000.00.00.H22 "Cấp giấy phép hai (sửa)" L01 province 102 01/03/2019
  procedure 9.000003.000.00.00.H22 "Cấp giấy phép ba" L02 commune 103 01/03/2019
  procedure 9.000004.000.00.00.H22 "Cấp giấy phép bốn" L01 province 999 01/03/2019
  procedure 9.000009.000.00.00.H22 "Chỉ cổng có" L01 province 109 01/03/2019
} | catalogue "$work/held"
config=$theirs
hand_over "$work/held" "$work/other/drop"
expect 0 "somebody else fills the portal" dvcsync --json sync push-catalogue
config=$mine
expect 1 "drift finds it" dvcsync --json catalogue drift
contains "what the portal has lost" '"missing_there":\["9.000005.000.00.00.H22"\]' "$work/out"
number "what only the portal lists is counted" not_ours -gt 2000
number "blanks are no drift" same -eq 1
name='"code":"9.000002.000.00.00.H22","facts":\[{"fact":"name","ours":"Cấp giấy phép hai","theirs":"Cấp giấy phép hai (sửa)"}\]'
contains "another name" "$name" "$work/out"
contains "another field" '"fact":"field","ours":"L01","theirs":"L02"' "$work/out"
contains "another level" '"fact":"level","ours":"1","theirs":"3"' "$work/out"
decision='"code":"9.000004.000.00.00.H22","facts":\[{"fact":"decision","ours":"104/QĐ-UBND","theirs":"999/QĐ-UBND"}\]'
contains "another decision" "$decision" "$work/out"
expect 1 "the same in words" dvcsync catalogue drift --limit 2
contains "what is missing" 'Published by us, missing at the portal: 1' "$work/out"
contains "what differs" 'theirs  Cấp giấy phép hai (sửa)' "$work/out"
contains "the list is cut" '1 more: --limit N shows more' "$work/out"

# -- procedures of dossiers ------------------------------------------------------------------------------------------
"$bin/dvc-province" generate --dossiers 40 --out "$work/year" >"$work/out" 2>&1
rm "$work"/year/procedures*.xml
some=$(sed -n 's/.*<procedure>\(.*\)<\/procedure>.*/\1/p' "$work"/year/dossiers*.xml | head -n 1)
sed -i "s|<procedure>$some</procedure>|<procedure>9.000008</procedure>|" "$work"/year/dossiers*.xml
used=$(cat "$work"/year/dossiers*.xml | grep -c '<procedure>9.000008</procedure>')
hand_over "$work/year" "$work/province/drop"
expect '0|1' "dossiers are read" dvcsync --json sync push-statistics
expect 1 "drift finds a procedure that nobody knows" dvcsync --json catalogue drift
contains "with its dossiers" '"procedure":"9.000008","national":"","dossiers":'"$used" "$work/out"
late='"decision":"101/QĐ-UBND","decided":"2019-03-01","due":"2019-03-08","entered":"20'
contains "a decision of 2019 that is entered today is late" "$late" "$work/out"

# -- a profile that cannot be asked, and a portal that is away -------------------------------------------------------
cp -r "$e2e_top/mappings" "$work/mappings"
set_key "$config" folder "\"$work/mappings\""
sed -i '/^  <catalogue>/,/^  <\/catalogue>/d' "$work/mappings/portal/mapi-2024/profile.xml"
expect 3 "a profile without <catalogue>" dvcsync catalogue drift
contains "says what to add" 'has no <catalogue>' "$work/err"
set_key "$config" folder "\"$e2e_top/mappings\""
stop_sandbox
expect 4 "a portal that is away" dvcsync --json catalogue drift
contains "is told" '"complete":false' "$work/out"
expect 0 "catalogue alone still tells of the next push" dvcsync catalogue

exit "$failed"
