"""Nothing is dropped, and the order is balanced, seeded and untouched by what is left out."""

from __future__ import annotations

import unittest
from collections import Counter
from itertools import combinations

from harness.contenders import load
from harness.errors import InputError
from harness.model import Cell, Gap
from harness.plan import cell_order, choose_rounds, expected_cells, group_order
from harness.spec import load as load_specs
from harness.tests.bed import Bed

CELLS = [Cell("alpha/first", (("size", 8),), 2, f"c{i}", "plain") for i in range(7)]


class OrderTest(unittest.TestCase):
    def test_it_is_drawn_from_the_seed_alone(self) -> None:
        orders = {tuple(cell_order(seed, 0, CELLS)) for seed in range(20)}
        self.assertGreater(len(orders), 15)
        self.assertEqual(cell_order(5, 3, CELLS), cell_order(5, 3, reversed(CELLS)))

    def test_leaving_cells_out_keeps_the_order_of_the_rest(self) -> None:
        for number in range(24):
            whole = cell_order(1, number, CELLS)
            for left_out in (CELLS[:1], CELLS[2:5], CELLS[3:]):
                rest = [cell for cell in CELLS if cell not in left_out]
                self.assertEqual(
                    cell_order(1, number, rest), [cell for cell in whole if cell in rest]
                )
        names = [f"g{i}" for i in range(9)]
        whole_groups = group_order(1, 0, names)
        self.assertEqual(
            group_order(1, 0, names[::2]), [name for name in whole_groups if name in names[::2]]
        )

    def test_in_each_pair_of_rounds_every_two_cells_come_in_either_order(self) -> None:
        for number in range(0, 24, 2):
            first, second = cell_order(9, number, CELLS), cell_order(9, number + 1, CELLS)
            for a, b in combinations(CELLS, 2):
                before = [order.index(a) < order.index(b) for order in (first, second)]
                self.assertEqual(sum(before), 1)

    def test_each_cell_takes_each_position_about_equally_often(self) -> None:
        rounds = 1200
        counts = Counter(
            (cell.contender, position)
            for number in range(rounds)
            for position, cell in enumerate(cell_order(2, number, CELLS))
        )
        expected = rounds / len(CELLS)
        self.assertEqual(len(counts), len(CELLS) ** 2)
        for count in counts.values():
            self.assertAlmostEqual(count / expected, 1.0, delta=0.3)

    def test_over_a_block_of_six_rounds_no_cell_is_always_early_or_late(self) -> None:
        for start in range(0, 120, 6):
            places: dict[str, list[int]] = {}
            for number in range(start, start + 6):
                for position, cell in enumerate(cell_order(4, number, CELLS)):
                    places.setdefault(cell.contender, []).append(position)
            for found in places.values():
                self.assertEqual(sum(found) / 6, (len(CELLS) - 1) / 2)
                self.assertGreater(len(set(found)), 1)


class RoundsTest(unittest.TestCase):
    def test_without_a_budget_every_group_gets_the_most(self) -> None:
        self.assertEqual(choose_rounds({"a": 9.0}, {"a": None}, None, 30), {"a": 30})

    def test_as_many_as_the_budget_holds(self) -> None:
        rounds = choose_rounds({"a": 1.0, "b": 1.0}, {"a": None, "b": None}, 17.0, 10)
        self.assertEqual(rounds, {"a": 8, "b": 8})

    def test_where_six_do_not_fit_the_dearest_give_theirs_up(self) -> None:
        costs = {"dear": 20.0, "cheap": 1.0, "cheaper": 0.5}
        rounds = choose_rounds(costs, dict.fromkeys(costs), 60.0, 10)
        self.assertEqual(rounds, {"dear": 2, "cheap": 6, "cheaper": 6})

    def test_what_the_dearest_leave_over_goes_to_the_cheapest(self) -> None:
        costs = {"dear": 40.0, "cheap": 1.5, "cheaper": 1.0}
        rounds = choose_rounds(costs, dict.fromkeys(costs), 50.0, 10)
        self.assertEqual(rounds, {"dear": 1, "cheap": 2, "cheaper": 6})

    def test_every_group_is_run_once_even_where_nothing_fits(self) -> None:
        costs = {"a": 20.0, "b": 10.0}
        self.assertEqual(choose_rounds(costs, dict.fromkeys(costs), 1.0, 10), {"a": 1, "b": 1})

    def test_a_sweep_s_own_limit_holds(self) -> None:
        rounds = choose_rounds({"a": 1.0, "b": 1.0}, {"a": 2, "b": None}, 1000.0, 10)
        self.assertEqual(rounds, {"a": 2, "b": 10})


class ExpectedTest(Bed):
    def gaps(self, size: str = "quick", pattern: str | None = None) -> dict[str, Gap | None]:
        specs = load_specs(self.suites, self.folder)
        candidates = load(self.build, self.folder)
        expected = expected_cells(specs, candidates, size, 2, pattern)
        self.assertTrue(all(e.reason for e in expected if e.gap is not None))
        return {e.cell.id: e.gap for e in expected}

    def test_every_combination_is_there_with_its_gap(self) -> None:
        self.add_spec(sizes="[8, 12, 128, 130]")
        self.add_spec("alpha/unknown", sizes=None)
        self.add_contender("good")
        self.add_contender("small", "limited")
        self.add_contender("broken", "bad_list")
        self.add_manifest("gone", status="absent", reason="no toolchain")
        first = "alpha/first/size={}/workers=1@{}"
        unknown = "alpha/unknown/workers=1@{}"
        wanted: dict[str, Gap | None] = {
            first.format(8, "small:plain"): None,
            first.format(12, "small:plain"): Gap.NOT_IMPLEMENTED,
            first.format(128, "small:plain"): Gap.NOT_EXPRESSIBLE,
            first.format(130, "small:plain"): Gap.NOT_EXPRESSIBLE,
        }
        for size in (8, 12, 128, 130):
            wanted[first.format(size, "good:plain")] = None
            wanted[first.format(size, "good:tuned")] = Gap.NOT_EXPRESSIBLE
            wanted[first.format(size, "small:tuned")] = Gap.NOT_EXPRESSIBLE
            wanted[first.format(size, "broken")] = Gap.FAILED
            wanted[first.format(size, "gone")] = Gap.NOT_INSTALLED
        for row in ("good:plain", "good:tuned", "small:plain", "small:tuned"):
            wanted[unknown.format(row)] = Gap.NOT_IMPLEMENTED
        wanted[unknown.format("broken")] = Gap.FAILED
        wanted[unknown.format("gone")] = Gap.NOT_INSTALLED
        self.assertEqual(self.gaps(), wanted)

    def test_another_version_of_a_workload_is_a_mismatch(self) -> None:
        self.add_spec()
        path = self.suites / "alpha/first.toml"
        path.write_text(path.read_text().replace("version = 1", "version = 2"))
        self.add_contender("good")
        self.assertIn(Gap.MISMATCH, self.gaps().values())

    def test_the_floors_have_only_the_row_that_the_spec_names(self) -> None:
        self.add_spec(head='floor = "plain"')
        self.add_spec("beta/fixed", sizes=None)
        self.add_contender("floors")
        self.add_contender("good")
        floors = [name for name in self.gaps() if "@floors" in name]
        self.assertEqual(floors, ["alpha/first/size=8/workers=1@floors:plain"])

    def test_a_profile_on_request_is_there_where_a_sweep_names_it(self) -> None:
        self.add_contender("good", "geared")
        self.add_contender("other")
        self.add_spec()
        self.assertNotIn("alpha/first/size=8/workers=1@good:extra", self.gaps())
        self.add_spec(sizes='[8]\nprofiles = ["extra"]')
        named = [cell for cell in self.gaps() if cell.endswith(":extra")]
        self.assertEqual(named, ["alpha/first/size=8/workers=1@good:extra"])

    def test_a_pattern_leaves_cells_out_and_a_bad_one_is_a_mistake(self) -> None:
        self.add_spec(sizes="[8, 128]")
        self.add_contender("good")
        self.assertEqual(len(self.gaps(pattern="size=8/.*plain")), 1)
        with self.assertRaisesRegex(InputError, "no cell is left"):
            self.gaps(pattern="nothing like it")
        with self.assertRaisesRegex(InputError, "--filter"):
            self.gaps(pattern="(")
