#!/usr/bin/env bash
# The portal's own calls through the real nginx, with the site file that is shipped: who gets in, what gets in, and
# what is acknowledged. Argument: the folder of the programs.
set -euo pipefail

bin=$1
work=$(mktemp -d)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
for program in nginx curl sqlite3; do
  command -v "$program" >/dev/null || {
    echo "SKIPPED: $program is not installed (connector/packaging/apt-packages-test.txt)"
    exit 0
  }
done

nginx_pid=''
trap 'end_program "$nginx_pid" >/dev/null; end_program "$serve_pid" >/dev/null; stop_sandbox; stop_file_host; rm -rf "$work"' EXIT

# The site as shipped; only the lines that a province edits are changed, and times that a test cannot wait for.
start_nginx() {
  local tries port site=$e2e_top/connector/packaging/nginx/dvcsync.conf
  mkdir -p "$work/nginx"
  for ((tries = 0; tries < 20; ++tries)); do
    port=$((20000 + RANDOM % 20000))
    sed -e "s|server 127.0.0.1:8090|server 127.0.0.1:$serve_port|" -e "s|listen 443 ssl|listen 127.0.0.1:$port ssl|" \
      -e "s|/etc/dvcsync/tls/portal-ca.pem|$work/certs/ca.pem|" -e "s|/etc/dvcsync/tls|$work/certs|" \
      -e "s|/var/log/nginx|$work/nginx|" -e 's|client_body_timeout 20s|client_body_timeout 1s|' \
      -e 's|client_header_timeout 10s|client_header_timeout 1s|' "$site" >"$work/nginx/site.conf"
    {
      ((EUID != 0)) || echo 'user root;'
      echo "daemon off; pid $work/nginx/pid; worker_processes 1; events { worker_connections 256; }"
      echo 'http {'
      for kind in client_body proxy fastcgi uwsgi scgi; do echo "${kind}_temp_path $work/nginx/$kind;"; done
      echo "include $work/nginx/site.conf; }"
    } >"$work/nginx/nginx.conf"
    nginx -p "$work/nginx" -e "$work/nginx/start.log" -c "$work/nginx/nginx.conf" 2>"$work/nginx/errors" &
    nginx_pid=$!
    for ((wait = 0; wait < 50; ++wait)); do
      kill -0 "$nginx_pid" 2>/dev/null || break
      if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        nginx_url=https://127.0.0.1:$port nginx_port=$port
        return 0
      fi
      sleep 0.1
    done
    nginx_pid=''
    grep -q 'Address already in use' "$work/nginx/start.log" "$work/nginx/errors" || break
  done
  cat "$work/nginx/start.log" "$work/nginx/errors" >&2
  return 1
}

portal() { # CURL-ARGUMENT…
  curl --silent --show-error --max-time 60 --cacert "$work/certs/ca.pem" --cert "$work/certs/client.pem" \
    --key "$work/certs/client.key" --output "$work/answer" --dump-header "$work/headers" \
    --write-out '%{http_code}' "$@" >"$work/status" 2>"$work/curl.err" || true
  cat "$work/headers" "$work/answer" "$work/curl.err" >"$work/out" 2>/dev/null || true
}
answered() { # WHAT STATUS [TEXT]
  verdict "$1 (HTTP $(<"$work/status"), expected $2)" "$([[ $(<"$work/status") == "$2" ]]; echo $?)"
  [[ -z ${3-} ]] || contains "   with $3" "$3" "$work/answer"
}
in_ledger() { sqlite3 -cmd '.timeout 5000' "$work/province/ledger.db" "$1" 2>&1 || true; }

readonly forward=XrdAdapter/RestService/forward
start_sandbox 0
write_configuration "$work/province" >"$work/out"
cat >>"$config" <<'TOML'

[serve]
port = 0
poll_seconds = 0
downloads = "downloads"
TOML
mkdir "$work/province/downloads"
start_serve
start_nginx
url=$nginx_url/$forward

submission() { # CODE SUMMARY [LINK-OF-FORM]
  cat <<JSON
{"service": "NhanHoSo", "isUpdating": false, "data": {"MaHoSoQG": "$1", "MaTTHC": "1.001193", "TenTTHC": "Đăng ký khai sinh",
 "MaDonViTiepNhan": "H22.38", "TenDonViTiepNhan": "UBND", "NgayNop": "20190301080000", "LoaiDoiTuong": "1",
 "MaDoiTuong": "T1", "ChuHoSo": "Người Không Tên", "SoDinhDanh": "001099000001", "LoaiDinhDanh": "1", "SoDienThoai": "",
 "Email": "", "Fax": "", "MaTinh": "02", "MaHuyen": "", "MaXa": "", "DiaChi": "", "TenToChuc": "", "MaSoThue": "",
 "TrichYeuHoSo": "$2", "HinhThuc": "0", "LePhi": "0", "TrangThaiThanhToan": "0", "URLTepDangKy": "${3-}",
 "EformThongTinChiTiet": {"a": "b"}, "ThanhPhanHoSo": []}}
JSON
}
submission 000.00.00.H22-190301-0001 first >"$work/first.json"

# Who gets in.
status=$(curl --silent --max-time 20 --cacert "$work/certs/ca.pem" -o "$work/answer" -w '%{http_code}' \
  -d @"$work/first.json" "$url/nhanhsdvcqg" || true)
verdict "without a certificate nobody gets in (HTTP $status)" "$([[ $status == 400 || $status == 000 ]]; echo $?)"
"$e2e_top/certs/dev-ca.sh" "$work/strangers" >/dev/null
status=$(curl --silent --max-time 20 --cacert "$work/certs/ca.pem" --cert "$work/strangers/client.pem" \
  --key "$work/strangers/client.key" -o "$work/answer" -w '%{http_code}' -d @"$work/first.json" "$url/nhanhsdvcqg" || true)
verdict "nor with one of another authority (HTTP $status)" "$([[ $status == 400 || $status == 000 ]]; echo $?)"
verdict "and nothing of it is in the ledger" "$([[ $(in_ledger 'SELECT count(*) FROM submission') == 0 ]]; echo $?)"

# What gets in.
for path in "" health admin XrdAdapter/RestService XrdAdapter/RestService/forwards/nhanhsdvcqg "$forward/../../../health"; do
  portal --path-as-is "$nginx_url/$path"
  answered "/$path is not there" 404
done
portal "$url/anything"
answered "nor a callback that the profile does not name" 404
for method in PUT DELETE OPTIONS HEAD TRACE; do
  if [[ $method == HEAD ]]; then portal --head "$url/nhanhsdvcqg"; else portal -X "$method" "$url/nhanhsdvcqg"; fi
  answered "$method is not allowed" 405
done
head -c $((33 << 20)) /dev/zero >"$work/large"
portal --data-binary @"$work/large" "$url/nhanhsdvcqg"
answered "a body that is too large" 413
# Half a body, then silence; the shortened time is one second.
{
  printf 'POST /%s/nhanhsdvcqg HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{' "$forward"
  sleep 5
} | timeout 20 openssl s_client -quiet -connect "127.0.0.1:$nginx_port" -cert "$work/certs/client.pem" \
  -key "$work/certs/client.key" -CAfile "$work/certs/ca.pem" >"$work/slow" 2>/dev/null || true
verdict "a body that stops is cut off, unanswered or with 408" "$([[ ! -s $work/slow ]] || grep -q '408' "$work/slow"; echo $?)"
verdict "none of it reached dvcsync" "$([[ $(in_ledger 'SELECT count(*) FROM submission') == 0 ]]; echo $?)"

# What is acknowledged.
portal -d @"$work/first.json" "$url/nhanhsdvcqg"
answered "a submission is accepted" 200 '"error_code" *: *0'
in_ledger 'SELECT count(*) FROM submission' >"$work/out"
verdict "it is durable by then" "$([[ $(<"$work/out") == 1 ]]; echo $?)"
portal -d @"$work/first.json" "$nginx_url/VXPAdapter/RestService/forward/nhanhsdvcqg"
answered "the same through the other prefix is a duplicate" 200 '"error_code" *: *1'
submission 000.00.00.H22-190301-0001 second >"$work/second.json"
portal -H 'Transfer-Encoding: chunked' -d @"$work/second.json" "$url/nhanhsdvcqg"
answered "a change of it is accepted, in chunks too" 200 '"error_code" *: *0'
portal -d 'this is not JSON' "$url/nhanhsdvcqg"
answered "what cannot be parsed" 500 'request body incorrect'
head -c 100000 /dev/zero | tr '\0' '[' >"$work/deep"
portal --data-binary @"$work/deep" "$url/nhanhsdvcqg"
answered "nor 100,000 nested arrays" 500 'request body incorrect'
portal -d '{"service": "Other", "data": {}}' "$url/nhanhsdvcqg"
answered "a service that is not known" 200 'service not supported'
portal -d '{"madonvi": "H22", "service": "x", "masohoso": "000.00.00.H22-190301-0009"}' "$url/search/call"
answered "a question about a dossier that nobody knows" 200 'masohoso not found'
printf 'the result' >"$work/province/downloads/4f1c-9b"
portal "$url/downloadfile/4f1c-9b"
answered "a file that was laid out" 200 'the result'
portal --path-as-is "$url/downloadfile/..%2f..%2fledger.key"
answered "a file that was not" 404
ln -s ../ledger.key "$work/province/downloads/linked"
portal "$url/downloadfile/linked"
answered "a link out of the folder" 404

# Handed over at once, though the portal's list is never read.
handed=0
for ((tries = 0; tries < 200; ++tries)); do
  handed=$(find "$work/province/inbox/new" -name submission.xml 2>/dev/null | wc -l)
  ((handed >= 2)) && break
  sleep 0.1
done
cat "$work/serve.err" >"$work/out"
verdict "both revisions are with the province within seconds ($handed)" "$([[ $handed == 2 ]]; echo $?)"

# A file that cannot be had at first is asked for again when it is due, without a poll and without another call.
start_file_host
(sandbox_admin=http://127.0.0.1:$(json_number "$work/files.json" admin_port); administer POST '/faults?spec=citizen-file-missing=1') >"$work/out"
submission 000.00.00.H22-190301-0002 file "$files_url/files/pdf-0000000000000005" >"$work/file.json"
portal -d @"$work/file.json" "$url/nhanhsdvcqg"
answered "a submission with a file" 200 '"error_code" *: *0'
waited=0 handed=0
for ((tries = 0; tries < 300; ++tries)); do
  [[ $(in_ledger "SELECT max(attempts) FROM submission WHERE code LIKE '%-0002'") == 0 ]] || waited=1
  handed=$(find "$work/province/inbox/new/000.00.00.H22-190301-0002-r1" -name '*.pdf' 2>/dev/null | wc -l || true)
  ((handed >= 1)) && break
  sleep 0.1
done
cat "$work/serve.err" >"$work/out"
verdict "has waited, and is with the province with its file ($waited, $handed)" "$([[ $waited$handed == 11 ]]; echo $?)"

# The end, and without dvcsync.
took=$(end_program "$serve_pid")
status=0
wait "$serve_pid" || status=$?
cat "$work/serve.err" >"$work/out"
verdict "SIGTERM ends it cleanly within five seconds (status $status, $took tenths)" "$((status == 0 && took < 50 ? 0 : 1))"
serve_pid=''
contains "it says what came" 'accepted 3, duplicates 1' "$work/province/dvcsync.log"
portal -d @"$work/first.json" "$url/nhanhsdvcqg"
answered "when dvcsync is not there the portal is told to come again" 503
contains "   with Retry-After" '^Retry-After: 30' "$work/headers"
start_serve
verdict "after a restart the submissions are still there" "$([[ $(in_ledger 'SELECT count(*) FROM submission') -ge 2 ]]; echo $?)"

# What is written down.
cat "$work"/nginx/*.log "$work/province/dvcsync.log" "$work/serve.out" "$work/serve.err" >"$work/all"
verdict "the proxy has a line for each call" "$([[ $(grep -c " /$forward/" "$work/nginx/dvcsync.log") -gt 10 ]]; echo $?)"
verdict "no citizen is in any log" "$(grep -c -e 'Không Tên' -e 001099000001 "$work/all" || true)"

exit "$failed"
