"""The specs are read whole or refused with the file and the key that has to change."""

from __future__ import annotations

import tomllib
import unittest
from pathlib import Path

from harness.cli import ROOT
from harness.errors import InputError
from harness.spec import SIZES, Spec, load, parse
from harness.tests.bed import Bed, spec_text


def spec(text: str) -> Spec:
    return parse(tomllib.loads(text), "suites/alpha/first.toml")


class PointsTest(unittest.TestCase):
    def test_every_combination_of_a_sweep_is_a_point(self) -> None:
        points = spec(spec_text(sizes="[0, 1, 8]")).points("full", 4)
        found = {(dict(p.parameters)["size"], p.workers) for p in points}
        self.assertEqual(found, {(s, w) for s in (0, 1, 8) for w in (1, 4, 8)})
        self.assertEqual(len(points), 9)

    def test_on_one_cpu_one_worker_and_all_workers_are_one_point(self) -> None:
        points = spec(spec_text()).points("standard", 1)
        self.assertEqual([p.workers for p in points], [1])

    def test_a_size_may_have_several_sweeps_and_their_points_count_once(self) -> None:
        several = "[[sizes.quick]]\nworkers = [1]\nsize = [1, 2]\n"
        several += "[[sizes.quick]]\nworkers = [1]\nsize = [2, 3]\nrounds_max = 1\n"
        text = spec_text().replace("[sizes.quick]\nworkers = [1]\nsize = [8]\n", several)
        points = spec(text).points("quick", 2)
        found = [(dict(p.parameters)["size"], p.rounds_max) for p in points]
        self.assertEqual(found, [(1, None), (2, None), (3, 1)])


class RefusalTest(unittest.TestCase):
    def refused(self, old: str, new: str) -> str:
        text = spec_text()
        self.assertIn(old, text)
        with self.assertRaises(InputError) as caught:
            spec(text.replace(old, new))
        message = str(caught.exception)
        self.assertTrue(message.startswith("suites/alpha/first.toml: "), message)
        self.assertNotIn("\n", message)
        return message

    def test_a_point_of_several_sweeps_has_the_profiles_of_all(self) -> None:
        sweep = "[[sizes.quick]]\nworkers = [1]\nsize = [8]\n"
        text = spec_text(sizes='[8]\nprofiles = ["b"]').replace("[sizes.quick]", "[[sizes.quick]]")
        for names in ("", 'profiles = ["a"]\n', 'profiles = ["b", "c"]\n'):
            text = text.replace("[sizes.standard]", f"{sweep}{names}[sizes.standard]")
        (point,) = parse(tomllib.loads(text), "f.toml").points("quick", 2)
        self.assertEqual(point.profiles, ("b", "a", "c"))

    def test_each_mistake_names_its_key(self) -> None:
        mistakes = [
            ("version = 1", "", "version: is missing"),
            ("version = 1", "version = true", "version: must be a whole number"),
            ('title = "A title"', "title = 3", "title: must be a text"),
            ('"alpha/first"', '"Alpha first"', "id: "),
            ('"lower"', '"down"', "direction: must be one of lower, higher"),
            ('metric = "real_time"', 'metric = "bytes"', "metric: "),
            ('unit = "ns"', 'unit = "s"', "unit: "),
            ("[parameters.size]", "[parameters.workers]", "parameters.workers: "),
            ("size = [8]", "", "sizes.quick.size: is missing"),
            ("size = [8]", "size = []", "sizes.quick.size: must be a list"),
            ("size = [8]", "size = [1.5]", "sizes.quick.size: 1.5 "),
            ("size = [8]", 'size = ["a b"]', "sizes.quick.size: 'a b' "),
            ("size = [8]", "size = [8]\nwidth = [1]", "sizes.quick.width: is not a key"),
            ("workers = [1]", "workers = [0]", "sizes.quick.workers: 0 "),
            ("workers = [1]", 'workers = ["all"]', "sizes.quick.workers: 'all' "),
            ("size = [8]", "size = [8]\nprofiles = [1]", "sizes.quick.profiles: must be a list"),
            ("size = [8]", 'size = [8]\nprofiles = "a"', "sizes.quick.profiles: must be a list"),
            ("[sizes.full]", "[sizes.whole]", "sizes.full: is missing"),
            ('"calibrated"', '"guessed"', "run.operations: "),
            ('"calibrated"', "0", "run.operations: must be a whole number"),
            ("time_limit_s = 30", "time_limit_s = 0", "run.time_limit_s: "),
            ("time_limit_s", "timelimit_s", "run.timelimit_s: is not a key"),
        ]
        for old, new, message in mistakes:
            with self.subTest(message):
                self.assertIn(message, self.refused(old, new))


class LoadTest(Bed):
    def test_broken_toml_is_said_with_its_file(self) -> None:
        self.add_spec()
        (self.suites / "alpha" / "broken.toml").write_text("id = ")
        with self.assertRaisesRegex(InputError, "broken.toml: cannot be read"):
            load(self.suites, self.folder)

    def test_an_id_belongs_to_one_file(self) -> None:
        self.add_spec()
        (self.suites / "alpha" / "second.toml").write_text(spec_text())
        with self.assertRaisesRegex(InputError, "already the id of suites/alpha/first.toml"):
            load(self.suites, self.folder)

    def test_a_folder_without_specs_is_a_mistake(self) -> None:
        with self.assertRaisesRegex(InputError, "no workload specs"):
            load(self.folder, self.folder)


class RepositoryTest(unittest.TestCase):
    def test_every_spec_of_this_repository_is_read_and_has_points_at_every_size(self) -> None:
        specs = load(ROOT / "suites", ROOT)
        self.assertGreaterEqual(len(specs), 8)
        for found in specs:
            self.assertTrue((ROOT / found.workload.path).is_file())
            self.assertEqual(Path(found.workload.path).stem, found.workload.id.split("/")[1])
            for size in SIZES:
                self.assertTrue(found.points(size, 2), (found.workload.id, size))
