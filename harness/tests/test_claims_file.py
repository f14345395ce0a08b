"""The claims are read whole or refused with the file and the key that has to change."""

from __future__ import annotations

import tomllib
import unittest
from typing import Any

from harness import claims_file
from harness.claims import Claim
from harness.claims_file import FILE, ROOT, parse
from harness.errors import InputError
from harness.spec import parse as parse_spec
from harness.tests.bed import spec_text

TEXT = """
topics = ["Time", "Memory"]
[articles.A]
title = "A title"
file = "a.txt"
[[claims]]
id = "quick"
topic = "Time"
articles = ["A"]
says = "it takes 100 ns"
reading = "within a factor of two"
workload = "alpha/first"
parameters = { size = 8 }
workers = "max"
metric = "real_time"
at_least = 50
at_most = 200
[[claims]]
id = "shown"
topic = "Memory"
articles = ["A"]
says = "it prints 55"
example = "fan_out_fan_in"
"""
OVER = 'over = { workers = 1, contender = "std_thread" }\nat_least = 50'


def claims(text: str) -> tuple[Claim, ...]:
    spec = parse_spec(tomllib.loads(spec_text()), "suites/alpha/first.toml")
    source: dict[str, Any] = tomllib.loads(text)
    return parse(source, FILE, [spec], ROOT)


class ReadTest(unittest.TestCase):
    def test_a_claim_says_all_that_it_is_judged_by(self) -> None:
        quick, shown = claims(TEXT)
        assert quick.place is not None
        self.assertEqual((quick.at_least, quick.at_most, quick.unit), (50.0, 200.0, "ns"))
        self.assertEqual(quick.contenders, ("go", "weft"))
        self.assertEqual((quick.place.parameters, quick.place.workers), ({"size": 8}, "max"))
        self.assertEqual(quick.place.sizes, ("standard", "full"))
        self.assertEqual(quick.articles[0].file, "a.txt")
        self.assertEqual(shown.example, "runtime/examples/fan_out_fan_in.cpp")
        self.assertEqual((shown.contenders, shown.refutes), (("weft",), False))

    def test_what_a_figure_is_divided_by_differs_only_where_it_says_so(self) -> None:
        quick = claims(TEXT.replace("at_least = 50", OVER))[0]
        assert quick.place is not None and quick.over is not None
        self.assertEqual((quick.over.workers, quick.over.contender), (1, "std_thread"))
        self.assertEqual(quick.over.parameters, quick.place.parameters)
        self.assertEqual(quick.over.metric, quick.place.metric)
        self.assertEqual(quick.unit, "×")

    def test_a_race_detector_is_of_a_place(self) -> None:
        race = "race_detector = true\nover = { race_detector = false }\nat_least = 50"
        quick = claims(TEXT.replace("at_least = 50", race))[0]
        assert quick.place is not None and quick.over is not None
        self.assertEqual((quick.place.race_detector, quick.over.race_detector), (True, False))

    def test_other_expectations(self) -> None:
        bounds = "at_least = 50\nat_most = 200"
        for words, finishes in (("finishes", True), ("does not finish", False)):
            quick = claims(TEXT.replace(bounds, f'expect = "{words}"'))[0]
            self.assertIs(quick.finishes, finishes)
        sum_of_parts = 'arithmetic = { claimed = 100, least = 1000, why = "ten of 100" }'
        quick = claims(TEXT.replace(bounds, sum_of_parts))[0]
        assert quick.arithmetic is not None
        self.assertEqual(quick.arithmetic.least, 1000.0)
        shown = claims(TEXT.replace("example =", "counterexample ="))[1]
        self.assertTrue(shown.refutes)


class RefusalTest(unittest.TestCase):
    def refused(self, old: str, new: str) -> str:
        self.assertIn(old, TEXT)
        with self.assertRaises(InputError) as caught:
            claims(TEXT.replace(old, new))
        message = str(caught.exception)
        self.assertTrue(message.startswith(f"{FILE}: "), message)
        self.assertNotIn("\n", message)
        return message

    def test_each_mistake_names_its_key(self) -> None:
        arithmetic = 'arithmetic = { claimed = 100, least = 100, why = "so" }'
        bounds = "at_least = 50\nat_most = 200"
        mistakes = [
            ('"alpha/first"', '"alpha/none"', "claims[0].workload: there is no workload"),
            ("size = 8", "size = 9", "claims[0].parameters: no size of alpha/first has"),
            ("size = 8", "width = 8", "claims[0].parameters: no size"),
            ("{ size = 8 }", "8", "claims[0].parameters must be a table"),
            ('workers = "max"', "workers = 3", "claims[0].parameters: no size"),
            ('workers = "max"', 'workers = "all"', "claims[0].workers: must be a whole number"),
            ('"real_time"', '"p99_ns"', "claims[0].metric: must be one of"),
            ("at_most = 200", "at_most = 50", "claims[0].at_least: is not below at_most"),
            ("at_most = 200", "at_most = 0", "claims[0].at_most: must be a number above 0"),
            ("at_most = 200", 'at_most = "200"', "claims[0].at_most: must be a number"),
            ("at_most = 200", 'expect = "finishes"', "claims[0].id: needs either"),
            (bounds, "", "claims[0].id: needs either"),
            (bounds, 'expect = "ends"', "claims[0].expect: must be one of"),
            (bounds, arithmetic, "claims[0].arithmetic.least: does not exceed"),
            ("at_least = 50", "over = {}\nat_least = 50", "claims[0].over: changes nothing"),
            ("at_least = 50", "over = { size = 1 }\nat_least = 50", "claims[0].over.size: is not"),
            ("at_least = 50", "per = 1\nat_least = 50", "claims[0].per: must be a whole number"),
            ('example = "fan_out_fan_in"', 'example = "none"', "claims[1].example: there is no"),
            ('example = "fan_out_fan_in"', "", "needs exactly one of workload, example"),
            ("example =", 'not_measured = "so"\nexample =', "needs exactly one of"),
            ('"shown"', '"quick"', "claims[1].id: 'quick' is given twice"),
            ('"quick"', '"Quick one"', "claims[0].id: 'Quick one' is not"),
            ('topic = "Time"', 'topic = "Tmie"', "claims[0].topic: must be one of"),
            ('articles = ["A"]', 'articles = ["B"]', "claims[0].articles: there is no article"),
            ('articles = ["A"]', "articles = []", "claims[0].articles: must be a list"),
            ("at_least", "race_detector = 1\nat_least", "claims[0].race_detector: must be true"),
            ("reading", "raeding", "claims[0].raeding: is not a key"),
            ("[articles.A]", "[articles.AB]", "articles.AB: an article's name"),
            ('topics = ["Time", "Memory"]', "", "topics: is missing"),
        ]
        for old, new, message in mistakes:
            with self.subTest(message):
                self.assertIn(message, self.refused(old, new))

    def test_an_article_without_a_claim_was_not_read(self) -> None:
        more = '[articles.B]\ntitle = "B"\nfile = "b.txt"\n[[claims]]\nid = "quick"'
        self.assertIn(
            "articles.B: no claim is from it", self.refused('[[claims]]\nid = "quick"', more)
        )


class RepositoryTest(unittest.TestCase):
    def test_every_claim_of_this_repository_is_about_something_that_is_there(self) -> None:
        found = claims_file.load()
        self.assertGreaterEqual(len(found), 60)
        kinds = {(claim.place is None, claim.example is None) for claim in found}
        self.assertEqual(kinds, {(False, True), (True, False), (True, True)})


if __name__ == "__main__":
    unittest.main()
