"""What the build left is read or refused; what a program answers is never trusted."""

from __future__ import annotations

import json
from unittest import mock

from harness import contenders
from harness.contenders import AnswerError, Candidate, Limit, Profile, strict_json
from harness.errors import InputError
from harness.model import Gap
from harness.tests.bed import Bed


class InterviewTest(Bed):
    def one(self, name: str = "good") -> Candidate:
        (found,) = [c for c in contenders.load(self.build, self.folder) if c.contender.name == name]
        return found

    def test_a_good_program_says_its_profiles_and_offers(self) -> None:
        self.add_contender("good", "limited")
        found = self.one()
        self.assertIsNone(found.failure)
        plain = Profile(is_default=True, on_request=False, effective=())
        tuned = Profile(is_default=False, on_request=False, effective=())
        self.assertEqual(found.profiles, {"plain": plain, "tuned": tuned})
        offer = found.offers["alpha/first", "plain"]
        self.assertEqual(offer.limits[1].reason, "holds sixteen at most")
        gaps = [limit.gap for limit in offer.limits]
        self.assertEqual(gaps, [Gap.NOT_IMPLEMENTED, Gap.NOT_EXPRESSIBLE])
        self.assertIsNone(offer.gap)
        self.assertIs(found.offers["alpha/first", "tuned"].gap, Gap.NOT_EXPRESSIBLE)

    def test_a_profile_on_request_says_what_its_records_have_to_say(self) -> None:
        self.add_contender("good", "geared")
        extra = Profile(is_default=False, on_request=True, effective=(("gear", "fifth"),))
        self.assertEqual(self.one().profiles["extra"], extra)

    def test_an_absent_contender_keeps_its_reason(self) -> None:
        self.add_manifest("gone", status="absent", reason="no toolchain")
        found = self.one("gone")
        self.assertEqual(
            (found.contender.status, found.contender.reason), ("absent", "no toolchain")
        )

    def test_whatever_a_program_answers_is_a_failure_in_words(self) -> None:
        scripts = {
            "echo garbage": "is not JSON",
            "true": "printed nothing",
            "printf '\\377'": "not UTF-8",
            "kill -SEGV $$": "ended by SIGSEGV",
            "exit 9": "ended with status 9",
            "echo oops >&2; exit 9": "oops",
            "sleep 60": "did not end within",
            "cat /dev/zero": "more than is sensible",
            "echo '[]'": "not a JSON object",
            "echo '{\"schema\": NaN}'": "NaN",
            'echo \'{"schema": "weft.describe/9"}\'': "schema is",
            'echo \'{"schema": "weft.describe/1", "contender": "other"}\'': "contender is",
            'echo \'{"schema": "weft.describe/1", "contender": "odd"}\'': "0 default ones",
        }
        for script, words in scripts.items():
            with self.subTest(script), mock.patch.object(contenders, "ANSWER_LIMIT_S", 1.0):
                program = self.build / "contenders" / "odd"
                program.write_text(f"#!/bin/sh\n{script}\n")
                program.chmod(0o755)
                self.add_manifest("odd", status="built", program="contenders/odd")
                failure = self.one("odd").failure or ""
                self.assertIn("describe", failure)
                self.assertIn(words, failure)

    def test_a_program_that_was_not_built_yet_is_a_failure_in_words(self) -> None:
        self.add_manifest("odd", status="built", program="contenders/odd")
        self.assertIn("cannot be started", self.one("odd").failure or "")

    def test_a_bad_list_is_told_from_a_bad_description(self) -> None:
        self.add_contender("odd", "bad_list")
        found = self.one("odd")
        self.assertIn("list", found.failure or "")
        self.assertEqual(found.contender.describe["version"], "1.0")

    def test_a_gap_that_is_the_harness_s_to_see_cannot_be_declared(self) -> None:
        self.add_contender("odd", "bad_gap")
        self.assertIn("gap is 'wrong result'", self.one("odd").failure or "")

    def test_an_unknown_name_is_a_mistake(self) -> None:
        self.add_contender("good")
        with self.assertRaisesRegex(InputError, "no contender is called 'other'; there are good"):
            contenders.load(self.build, self.folder, ["other"])


class ManifestTest(Bed):
    def test_each_broken_manifest_is_refused_with_its_file_and_key(self) -> None:
        good = {"schema": "weft.contender/1", "name": "c", "title": "C", "status": "absent"}
        broken = {
            "reason: is missing": json.dumps(good),
            "program: is missing": json.dumps({**good, "status": "built"}),
            "status: must be": json.dumps({**good, "status": "maybe"}),
            "schema: must be": json.dumps({**good, "schema": "2"}),
            "name: must be": json.dumps({**good, "reason": "r", "name": "d"}),
            "cannot be read": "{",
        }
        for words, text in broken.items():
            with self.subTest(words):
                (self.build / "contenders" / "c.json").write_text(text)
                with self.assertRaisesRegex(InputError, f"c.json: {words}"):
                    contenders.manifests(self.build)

    def test_a_build_without_contenders_says_what_to_do(self) -> None:
        with self.assertRaisesRegex(InputError, "cmake --preset release"):
            contenders.manifests(self.build)


class LimitTest(Bed):
    def test_bounds_and_values_rule_out(self) -> None:
        bounded = Limit("workers", 2, 4, None, "r")
        self.assertEqual([bounded.rules_out(v) for v in (1, 2, 4, 5)], [True, False, False, True])
        listed = Limit("mode", None, None, ("a", "1"), "r")
        values: list[int | str] = ["a", 1, "b"]
        self.assertEqual([listed.rules_out(v) for v in values], [False, False, True])


class StrictJsonTest(Bed):
    def test_what_is_not_standard_json_is_refused(self) -> None:
        for text in (b"", b"NaN", b"[1, Infinity]", b"{} {}", b"\xff", b"[" * 100_000):
            with self.subTest(text[:20]), self.assertRaises(AnswerError):
                strict_json(text)
