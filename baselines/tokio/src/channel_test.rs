//! The checks of suite channel.

use std::future::ready;

use crate::channel::{Flume, Mpsc, Receiver, Sender};
use crate::checks_test::{assert_wrong, in_pool};
use crate::fine_grain_sum::{check_sum, Batches};
use crate::meter::Meter;
use crate::pipeline::WeightedSum;
use crate::ring::{Ring, Way};
use crate::select::Ends;
use crate::select_branches::Select;
use crate::sieve::{check_sieves, first_primes};
use crate::throughput::{message, read, Tally};

#[test]
fn ring_finds_a_task_that_was_passed_over() {
    let way = Way {
        hops: 50,
        tasks: 5,
        tokens: 1,
    };
    assert_eq!(way.check(&[10; 5]).expect("all were passed"), 50);
    assert_wrong(
        way.check(&[10, 10, 9, 11, 10]),
        "a task that was passed over",
    );
}

#[test]
fn ring_passes_every_token_its_way() {
    for (hops, tasks, tokens) in [(50, 5, 1), (101, 5, 4), (3, 7, 3)] {
        let way = Way {
            hops,
            tasks,
            tokens,
        };
        let passed = in_pool(async move {
            let ring = Ring::new(way);
            ring.turn(&mut Meter::new()).await.expect("tokens turn")
        });
        assert_eq!(passed.iter().sum::<u64>(), hops);
        assert_eq!(way.check(&passed).expect("each was passed"), hops);
    }
}

#[test]
fn first_primes_counts_the_hops_of_every_number() {
    assert_eq!(first_primes(3), (vec![2, 3, 5], 1 + 2 + 1 + 3));
    assert_eq!(first_primes(2000).0[1999], 17389);
}

#[test]
fn sieve_finds_wrong_primes() {
    assert!(check_sieves(2, 2).is_ok());
    assert_wrong(check_sieves(1, 2), "a sieve that found other numbers");
}

#[test]
fn pipeline_finds_every_fault() {
    let wanted = WeightedSum::calculated(2, 4);
    let after = |numbers: &[u64]| {
        let mut got = WeightedSum::default();
        numbers.iter().for_each(|&each| got.take(each));
        got.check(&wanted)
    };
    assert!(after(&[2, 3, 4, 5]).is_ok());
    assert_wrong(after(&[2, 3, 5]), "a lost number");
    assert_wrong(after(&[2, 2, 3, 4, 5]), "a duplicated number");
    assert_wrong(after(&[3, 2, 4, 5]), "an overtaken number");
    assert_wrong(after(&[2, 3, 4, 6]), "a changed number");
}

#[test]
fn fine_grain_sum_covers_every_number_once() {
    let batches = Batches::new(100, 40);
    assert_eq!(batches.calculated(), 4950);
    assert_eq!(batches.sum_directly(), 4950);
    assert_eq!(
        in_pool(async move { batches.sum_over_channel().await }),
        4950
    );
    assert_wrong(check_sum(4949, 4950), "a lost number");
}

#[test]
fn a_letter_whose_ends_disagree_is_no_message() {
    let mut letter = [message(1, 2); 8];
    assert_eq!(read(&letter), message(1, 2));
    letter[7] += 1;
    let mut seen = Tally::new(2);
    seen.take(read(&letter));
    assert_eq!((seen.count, seen.disordered), (0, 1));
}

fn selected(found: &[(usize, u64)]) -> Tally {
    let mut own = Tally::new(2);
    for &(index, number) in found {
        own.take_selected(Some((index, Some(number))));
    }
    own
}

#[test]
fn select_finds_every_fault() {
    let (first, second, third) = (message(0, 1), message(1, 1), message(1, 2));
    let right = selected(&[(1, second), (0, first), (1, third)]);
    assert!(right.check_selected(3).is_ok());
    assert_wrong(right.check_selected(4), "a select too few");
    for (what, found) in [
        ("a lost message", vec![(0, first), (1, third)]),
        ("a duplicated message", vec![(1, second), (1, second)]),
        ("an overtaken message", vec![(1, third), (1, second)]),
        ("a message of another channel", vec![(1, first)]),
    ] {
        let wanted = found.len() as u64;
        assert_wrong(selected(&found).check_selected(wanted), what);
    }
    let mut closed = right;
    closed.take_selected(Some((0, None)));
    assert_wrong(closed.check_selected(3), "a closed channel");
}

#[test]
fn select_finds_a_timeout_that_fired() {
    let own = in_pool(async {
        let mut ends = Ends::<Flume, 2>::make(0);
        let mut own = Tally::new(2);
        own.take_selected(Select::new().next_or(&mut ends.receivers, ready(())).await);
        own
    });
    assert_wrong(own.check_selected(1), "a timeout that fired");
}

#[test]
fn select_finds_one_that_would_have_found_nothing_ever() {
    let (blind, seeing) = in_pool(async {
        let mut ends = Ends::<Mpsc, 2>::make(1);
        ends.fill().await;
        let blind = ends.check(Tally::new(2), 0, |_| None);
        let mut select = Select::new();
        (
            blind,
            ends.check(Tally::new(2), 0, |all| select.try_next(all)),
        )
    });
    assert_wrong(blind, "a select that finds nothing");
    assert!(seeing.is_ok());
}

#[test]
fn a_select_that_is_over_leaves_what_it_did_not_take() {
    in_pool(async {
        let mut ends = Ends::<Flume, 4>::make(0);
        let mut select = Select::new();
        let sending = tokio::spawn(async move {
            for number in 1..=100 {
                ends.senders[3].put(message(3, number)).await;
            }
            ends.senders
        });
        let mut own = Tally::new(4);
        for _ in 0..50 {
            let found = select.next_or(&mut ends.receivers, ready(())).await;
            if found.is_some() {
                own.take_selected(found);
            }
        }
        while own.count < 100 {
            let next = ends.receivers[3].next().await;
            own.take_selected(Some((3, next)));
        }
        own.check_selected(100).expect("all came in order");
        sending.await.expect("a task returns");
    });
}
