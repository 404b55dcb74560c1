#!/usr/bin/env python3
import unittest

from conformance import Row, faults_in, ids_in, judge, judge_faults, read_pairs, read_rows

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

    def test_faults_stand_in_names_alone_and_as_a_range(self):
        self.assertEqual(faults_in("Gate.JWS_02_SF7_SF8_BodyMatrix"), {"SF7", "SF8"})
        self.assertEqual(faults_in("Orders.SF20_to_SF23_Names"), {"SF20", "SF21", "SF22", "SF23"})
        self.assertEqual(faults_in("SF63 SF65 a full disk loses nothing"), {"SF63", "SF65"})
        for name in ("SF123", "xSF1", "SF_20", "CF20", "SFx"):
            self.assertEqual(faults_in(name), set(), name)

    def test_each_fault_is_proved_or_missing(self):
        report = judge_faults({"SF1": "a", "SF2": "b", "SF20": "c"}, ["T.SF20_Works", "T.SF2_SF19_X"])
        self.assertEqual((report.proved, report.missing, report.unknown), (["SF2", "SF20"], ["SF1"], ["SF19"]))

    def test_the_table_of_faults_is_whole(self):
        import conformance
        faults = read_pairs((conformance.ROOT / "tools/faults.tsv").read_text())
        numbers = [*range(1, 19), *range(20, 38), *range(40, 55), *range(60, 71), *range(80, 90)]
        self.assertEqual(list(faults), [f"SF{number}" for number in numbers])

    def test_the_table_is_whole(self):
        import conformance
        rows = read_rows((conformance.ROOT / "tools/conformance.tsv").read_text())
        self.assertEqual(len(rows), 350)
        self.assertEqual(len({row.id for row in rows}), 350)
        self.assertLessEqual({row.role for row in rows}, set("CRSVB"))


if __name__ == "__main__":
    unittest.main()
