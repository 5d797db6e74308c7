"""What `make run` prints when the gateway is ready: what is running, and what to try."""

from __future__ import annotations

import sys

from gateway.config import Settings

# The EICAR test string in two pieces, so that no antivirus takes this file for it.
_EICAR = ("X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-", "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")


def announce(settings: Settings) -> None:
    """Print the hints on standard error, so that standard output stays one JSON line an event."""
    listener = settings.listener[0]
    server = str(listener.bind[0])
    domain = settings.gateway.local_domains[0] if settings.gateway.local_domains else "school.example"
    common = f"swaks --server {server} --from ann@elsewhere.example --to staff@{domain}"
    eicar = "".join(_EICAR)
    text = f"""
Postern is running.
  listening   {server} ({listener.direction}, for {", ".join(settings.gateway.local_domains)})
  delivers    {", ".join(map(str, listener.relay_to))}
  policy      {settings.policy.profile}
  metrics     {f"http://{settings.metrics.bind}/metrics" if settings.metrics.bind else "off"}

Try, in another terminal (swaks is a Debian package):
  # clean: delivered, readable as a file in the new/ folder of the Maildir above
  {common} --header "Subject: Lunch on Friday"
  # an executable, whatever it is called: blocked, with the clause of the policy
  printf 'MZ\\220\\0' > /tmp/invoice.pdf.exe; {common} --attach-name invoice.pdf.exe --attach @/tmp/invoice.pdf.exe
  # a prohibited phrase: blocked
  {common} --header "Subject: Claim your free casino bonus today"
  # marked personal: delivered, tagged X-Postern-Privacy: personal, and nothing that names a person is logged
  {common} --header "Subject: [Personal] Lunch on Friday"
  # the EICAR test virus: blocked
  {common} --body '{eicar}'

What was stopped:   .venv/bin/postern quarantine list -c {settings.source}
Ctrl-C ends it.
"""
    sys.stderr.write(text)
    sys.stderr.flush()
