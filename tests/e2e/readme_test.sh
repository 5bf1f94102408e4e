#!/usr/bin/env bash
# The practice lines of README.md do what they say: they are cut out of it and run, on ports of their own.
# Argument: the folder of the programs.
set -euo pipefail

bin=$1
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shellcheck disable=SC2016  # the backticks are those of Markdown
block=$(sed -n '/^```bash$/,/^```$/p' "$top/README.md" | grep -v '^```')
[[ $block == *'dvc-sandbox serve'*'dvcsync --config'*'kill %1 %2'* ]] || {
  echo "FAILED  README.md has no block of practice lines"
  exit 1
}
# Four ports that are most likely free, in place of those that a person uses: below the range that the
# kernel hands out to clients (32768 and up).
port=$((20000 + RANDOM % 12000))
block=${block//8443/$port}
for offset in 1 2 3; do block=${block//$((8443 + offset))/$((port + offset))}; done
block=${block/'init --dir practice'/"init --dir practice && sed -i s/8443/$port/ practice/dvcsync.toml"}

mkdir -p "$work/build/release"
ln -s "$bin" "$work/build/release/bin"
ln -s "$top/certs" "$top/mappings" "$work"
# -m: job control, so that %1 and %2 are the sandboxes, as they are for a person. The trap must not fail when the last
# line has ended the sandbox already: under -e its status would become that of the whole.
if (cd "$work" && bash -m -e -c "trap 'kill %1 %2 2>/dev/null || true' EXIT; $block") >"$work/out" 2>&1; then
  echo "ok      the practice lines of README.md run"
else
  echo "FAILED  the practice lines of README.md"
  tail -n 40 "$work/out"
  exit 1
fi
grep -q '^green *portal' "$work/out" || { echo "FAILED  check is not green"; exit 1; }
grep -q '^dossier *500 *497 *0 *0 *0 *0 *3$' "$work/out" ||
  { echo "FAILED  497 dossiers are not delivered, with 3 that were born on the portal"; exit 1; }
echo "ok      497 dossiers are delivered; 3 were born on the portal"
grep -q "with the province's own code  *3$" "$work/out" ||
  { echo "FAILED  what citizens filed is not pulled and answered"; exit 1; }
echo "ok      the 3 submissions are pulled and answered"
