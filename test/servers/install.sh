#!/usr/bin/env bash
# Installs what `npm run test:dovecot` and `npm run bench` run against: real mail servers, and GnuPG. Debian or Ubuntu, as root.
set -euo pipefail
cd "$(dirname "$0")/../.."
export DEBIAN_FRONTEND=noninteractive
# Packages must not start services of their own: the tests run private instances.
if [ ! -e /usr/sbin/policy-rc.d ]; then
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod +x /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends openssl gnupg dovecot-core dovecot-imapd dovecot-lmtpd postfix \
  cyrus-common sasl2-bin libsasl2-modules libsasl2-modules-db >/dev/null
# Cyrus' imapd and Dovecot's cannot be installed together, but they can run together: unpack it beside.
cache=node_modules/.cache/cyrus
rm -rf "$cache"
mkdir -p "$cache"
(cd "$cache" && apt-get download -qq cyrus-imapd && dpkg -x cyrus-imapd_*.deb .)
echo "installed: $(dovecot --version), $(postconf -h mail_version), cyrus $(dpkg-query -W -f '${Version}' cyrus-common)"
