#!/usr/bin/env python3
import unittest

import interop

SAID = """ok certbot http-01/ec-p256
ok mod_md http-01/rsa-2048 # revoke: it has none
not ok lego dns-01/wildcard: obtain: exit 1: the CA said no: 5/7
cannot uacme dns-01/ip: an address is never proved by DNS
something else
"""


class InteropTest(unittest.TestCase):
    def test_a_line_is_a_cell(self):
        certbot, mod_md, lego, uacme = interop.read(SAID)
        self.assertEqual((certbot["client"], certbot["challenge"], certbot["case"], certbot["result"]),
                         ("certbot", "http-01", "ec-p256", "ok"))
        self.assertEqual((mod_md["result"], mod_md["lacks"]), ("ok", ["revoke: it has none"]))
        self.assertEqual((lego["case"], lego["result"], lego["why"]),
                         ("wildcard", "failed", "obtain: exit 1: the CA said no: 5/7"))
        self.assertEqual((uacme["result"], uacme["why"]), ("cannot", "an address is never proved by DNS"))

    def test_what_nobody_spoke_of_has_failed(self):
        cells = interop.missing("lego", interop.read("ok lego http-01/ec-p256\n"), "lego is not installed")
        self.assertEqual(len(cells), len(interop.CHALLENGES) * len(interop.CASES) - 1)
        self.assertEqual({cell["result"] for cell in cells}, {"failed"})
        self.assertIn("not installed", cells[0]["why"])

    def test_the_table_has_a_row_for_each_challenge_and_tells_a_reason_once(self):
        cells = interop.read("".join(f"cannot x {challenge}/{case}: never\n" for challenge in interop.CHALLENGES
                                     for case in interop.CASES if (challenge, case) != ("http-01", "ip")))
        cells += interop.read("not ok x http-01/ip: renew: still the same\n")
        lines = interop.table(cells).splitlines()
        self.assertEqual([line.split()[:2] for line in lines[1:4]], [["x", challenge] for challenge in interop.CHALLENGES])
        self.assertEqual(lines[1].split()[-1], "FAIL")
        self.assertEqual(sum("never" in line for line in lines), 1)
        self.assertIn("FAIL x http-01 ip: renew: still the same", lines)

    def test_each_peer_of_the_matrix_is_run_by_the_tests(self):
        script = (interop.ROOT / "tests/interop/peers_test.sh").read_text()
        for peer in interop.peers():
            self.assertRegex(script, rf"(?m)^{peer} \S+/\S+$")


if __name__ == "__main__":
    unittest.main()
