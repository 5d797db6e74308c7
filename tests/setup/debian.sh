#!/usr/bin/env bash
# Install the Debian packages that tests and benchmarks use: only those whose programs are missing, so that a
# machine that has them needs neither root nor network. No service is started, and none of the machine's own
# configuration is written: Postfix comes as "No configuration", and a temporary policy-rc.d keeps the
# packages from starting their daemons.
set -euo pipefail

# program, and the package that brings it
readonly NEEDED=(
  "postfix postfix"
  "smtp-source postfix"
  "swaks swaks"
  "prometheus prometheus"
  "promtool prometheus"
  "systemd-analyze systemd"
  "curl curl"
)
readonly POLICY=/usr/sbin/policy-rc.d

PATH=$PATH:/usr/sbin:/sbin

missing_packages() {
  local entry program package
  for entry in "${NEEDED[@]}"; do
    read -r program package <<<"$entry"
    command -v "$program" >/dev/null 2>&1 || echo "$package"
  done | sort -u
}

fail() {
  echo "tests/setup/debian.sh: $1" >&2
  echo "tests/setup/debian.sh: the tests need: ${packages[*]}" >&2
  echo "tests/setup/debian.sh: on Debian or Ubuntu, as root: apt-get install --no-install-recommends ${packages[*]}" >&2
  exit 1
}

mapfile -t packages < <(missing_packages)
[[ ${#packages[@]} -eq 0 ]] && exit 0

command -v apt-get >/dev/null 2>&1 || fail "programs are missing, and there is no apt-get to install them with."

if [[ $EUID -eq 0 ]]; then
  as_root=(env)
elif command -v sudo >/dev/null 2>&1; then
  as_root=(sudo env)
else
  fail "programs are missing, and installing them needs root (there is no sudo here)."
fi

own_policy=no
restore_policy() {
  if [[ $own_policy == yes ]]; then
    "${as_root[@]}" rm -f "$POLICY"
  fi
}
trap restore_policy EXIT

if [[ ! -e $POLICY ]]; then
  own_policy=yes
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$POLICY" >/dev/null || fail "cannot write $POLICY."
  "${as_root[@]}" chmod 755 "$POLICY"
fi

if [[ " ${packages[*]} " == *" postfix "* ]]; then
  command -v debconf-set-selections >/dev/null 2>&1 &&
    echo "postfix postfix/main_mailer_type select No configuration" | "${as_root[@]}" debconf-set-selections
fi

install() {
  "${as_root[@]}" DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --quiet --no-install-recommends "${packages[@]}"
}

echo "Installing: ${packages[*]}"
if ! install; then
  "${as_root[@]}" apt-get update --quiet || fail "apt-get update did not succeed."
  install || fail "apt-get install did not succeed."
fi

mapfile -t packages < <(missing_packages)
[[ ${#packages[@]} -eq 0 ]] || fail "installed, yet some programs are still missing."
