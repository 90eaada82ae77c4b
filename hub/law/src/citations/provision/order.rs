//! Which values of a chain of provisions belong together.

use super::{Joint, Provision, Rank, Unit};

/// Cuts a chain into parts of one order each: before `và` and `;`, unless what stands on one side has
/// no article of its own, and before an article that has its clauses behind it.
pub(super) fn segments(units: &[Unit]) -> impl Iterator<Item = &[Unit]> {
    let mut starts = vec![0];
    for index in 1..units.len() {
        let start = starts[starts.len() - 1];
        let before = &units[start..index];
        let has_article = |units: &[Unit]| units.iter().any(|unit| unit.rank == Rank::Article);
        let next_cut = (index + 1..units.len()).find(|&next| units[next].joint == Joint::And);
        let behind = &units[index..next_cut.unwrap_or(units.len())];
        let cut = if units[index].joint == Joint::And {
            let descends = units[index - 1].rank < Rank::Article;
            has_article(before) && (has_article(behind) || !descends)
        } else {
            // `khoản 1 Điều 5, Điều 12 khoản 3`.
            units[index].rank == Rank::Article
                && units[index - 1].rank == Rank::Article
                && behind.get(1).is_some_and(|next| next.rank < Rank::Article)
                && highest_first(behind)
        };
        if cut {
            starts.push(index);
        }
    }
    let ends: Vec<usize> = starts[1..].iter().copied().chain([units.len()]).collect();
    let ranges = starts.into_iter().zip(ends);
    ranges.map(|(start, end)| &units[start..end])
}

pub(super) fn read(units: &[Unit]) -> Vec<Provision> {
    if highest_first(units) {
        descending(units)
    } else {
        ascending(units)
    }
}

/// Whether the first article has its clauses behind it: `Điều 12 khoản 1`, not `Điều 5, khoản 1
/// Điều 6`.
fn highest_first(units: &[Unit]) -> bool {
    let [first, second, rest @ ..] = units else {
        return false;
    };
    if first.rank != Rank::Article || second.rank == Rank::Article {
        return false;
    }
    let following = rest.iter().find(|unit| unit.rank == Rank::Article);
    following.is_none_or(|article| second.joint < article.joint || second.joint == Joint::Blank)
}

fn descending(units: &[Unit]) -> Vec<Provision> {
    let mut provisions: Vec<Provision> = Vec::new();
    let mut last_rank = Rank::Point;
    for unit in units {
        let base = provisions.last().cloned().unwrap_or_default();
        // The units below the last value narrow it.
        let narrows = !provisions.is_empty() && unit.rank < last_rank;
        if narrows {
            provisions.pop();
        }
        for (index, value) in unit.values.iter().enumerate() {
            let mut provision = Provision {
                start: if narrows && index == 0 {
                    base.start
                } else {
                    value.start
                },
                end: value.end,
                ..Provision::default()
            };
            if unit.rank < Rank::Article {
                provision.article.clone_from(&base.article);
            }
            if unit.rank < Rank::Clause {
                provision.clause.clone_from(&base.clause);
            }
            provision.say(unit.rank, &value.text);
            provisions.push(provision);
        }
        last_rank = unit.rank;
    }
    provisions
}

fn ascending(units: &[Unit]) -> Vec<Provision> {
    let mut provisions: Vec<Provision> = Vec::new();
    for (index, unit) in units.iter().enumerate() {
        let mut values = unit.values.as_slice();
        let lacks = |provision: &&Provision| match unit.rank {
            Rank::Article => provision.article.is_none(),
            Rank::Clause => provision.article.is_none() && provision.clause.is_none(),
            Rank::Point => false,
        };
        // The first value completes what was read below it; `khoản 1 và Điều 6` are two things.
        let waiting = provisions.iter().rev().take_while(lacks).count();
        let from = provisions.len() - waiting;
        if let ([first, rest @ ..], Some(last)) = (values, provisions[from..].last_mut())
            && unit.joint < Joint::And
        {
            last.end = first.end;
            for provision in &mut provisions[from..] {
                provision.say(unit.rank, &first.text);
            }
            values = rest;
        }
        // `khoản 1 điểm a Điều 5`: the point is of the clause before it.
        let of_clause = unit.rank == Rank::Point
            && unit.joint == Joint::Blank
            && units
                .get(index + 1)
                .is_none_or(|next| next.rank == Rank::Article);
        let clause = provisions
            .pop_if(|last| of_clause && last.article.is_none() && last.point.is_none())
            .unwrap_or_default();
        for (index, value) in values.iter().enumerate() {
            let narrows = index == 0 && clause.clause.is_some();
            let mut provision = Provision {
                start: if narrows { clause.start } else { value.start },
                end: value.end,
                ..clause.clone()
            };
            provision.say(unit.rank, &value.text);
            provisions.push(provision);
        }
    }
    provisions
}
