#!/usr/bin/env python3
import unittest

from conformance import Row, ids_in, judge, read_rows

ROWS = [Row("ORD-01", "S", "MUST", "8555 7.4"), Row("ORD-02", "B", "SHOULD", "8555 7.4"), Row("ORD-03", "C", "MUST", "x"),
        Row("ORD-04", "S", "MAY", "x"), Row("EXT-01", "S", "MUST", "x"), Row("ORD-05", "V", "MAY", "x")]


class ConformanceTest(unittest.TestCase):
    def test_ids_stand_in_names_in_any_of_their_forms(self):
        self.assertEqual(ids_in("OrderTest.ORD_01_ORD_02_ANewOrder"), {"ORD-01", "ORD-02"})
        self.assertEqual(ids_in("the order is ready (ORD-12)"), {"ORD-12"})
        self.assertEqual(ids_in("Caa.CAA_01_to_03_X509_07_Parses"), {"CAA-01", "CAA-02", "CAA-03", "X509-07"})
        self.assertEqual(ids_in("Caa.CAA_01_to_CAA_03"), {"CAA-01", "CAA-02", "CAA-03"})
        for name in ("SF20_to_SF23", "Base64Url.TR_5", "xORD_01", "V16", "ORD_011"):
            self.assertEqual(ids_in(name), set(), name)

    def test_each_requirement_is_proved_missing_left_out_or_not_built(self):
        report = judge(ROWS, ["T.ORD_01_Works"], {"ORD-04": "nobody asks for it"}, "server")
        self.assertEqual([row.id for row in report.proved], ["ORD-01"])
        self.assertEqual([row.id for row in report.missing], ["ORD-02", "ORD-05"])
        self.assertEqual([row.id for row, _ in report.left_out], ["ORD-04"])
        self.assertEqual([row.id for row in report.not_built], ["EXT-01"])
        self.assertEqual(report.share("MUST"), (1, 1))
        self.assertEqual(report.share("SHOULD"), (0, 1))

    def test_the_other_role_has_its_own(self):
        self.assertEqual([row.id for row in judge(ROWS, [], {}, "client").missing], ["ORD-02", "ORD-03"])

    def test_a_must_cannot_be_left_out(self):
        self.assertIn("ORD-01", [row.id for row in judge(ROWS, [], {"ORD-01": "no"}, "server").missing])

    def test_an_id_that_nobody_knows_is_told(self):
        self.assertEqual(judge(ROWS, ["T.ORD_77_X", "T.SHA_25"], {}, "server").unknown, ["ORD-77"])

    def test_the_table_is_whole(self):
        import conformance
        rows = read_rows((conformance.ROOT / "tools/conformance.tsv").read_text())
        self.assertEqual(len(rows), 350)
        self.assertEqual(len({row.id for row in rows}), 350)
        self.assertLessEqual({row.role for row in rows}, set("CRSVB"))


if __name__ == "__main__":
    unittest.main()
