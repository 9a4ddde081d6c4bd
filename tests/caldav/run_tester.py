"""Runs caldav-server-tester in a process of its own: url, address, password; prints what it found as JSON."""

import json
import logging
import sys

from caldav.davclient import DAVClient
from caldav_server_tester import ServerQuirkChecker

logging.disable(logging.CRITICAL)
url, address, password = sys.argv[1:4]
with DAVClient(url, username=address, password=password) as client:
    checker = ServerQuirkChecker(client)
    try:
        checker.check_all()
    finally:
        checker.cleanup(force=True)
    found = checker.features_checked
    names = json.load(sys.stdin)
    json.dump({name: found.is_supported(name, str) for name in names}, sys.stdout)
