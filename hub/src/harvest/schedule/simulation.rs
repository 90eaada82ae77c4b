//! Thirty feeds of one server over two weeks: the schedule against fixed intervals with the same number of requests.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::{Facts, Hints, Last, Policy, Rhythm, next, rhythm};

const FEEDS: usize = 30;
const LEARNING: TimeDelta = TimeDelta::weeks(8);
const WATCHED: TimeDelta = TimeDelta::weeks(2);

struct Site {
    published: Vec<DateTime<Utc>>,
}

/// Some feeds with a few entries a month, some with dozens a day; most in office hours, some in the evening, one like a
/// wire that does not sleep.
fn sites(start: DateTime<Utc>, chance: &mut StdRng) -> Vec<Site> {
    (0..FEEDS)
        .map(|number| {
            let weekly = 0.5 * 1.25_f64.powi(i32::try_from(number).unwrap());
            let busy = move |at: DateTime<Utc>| {
                let local = at.with_timezone(&rhythm::ZONE);
                let works = local.weekday().num_days_from_monday() < 5;
                match number % 6 {
                    5 => true,
                    4 => (18..22).contains(&local.hour()),
                    3 => works && (7..9).contains(&local.hour()),
                    2 => works && (14..17).contains(&local.hour()),
                    _ => works && (7..18).contains(&local.hour()),
                }
            };
            let hours = (0..7 * 24).filter(|hour| busy(start + TimeDelta::hours(*hour)));
            let in_five_minutes = weekly / hours.map(|_| 12.0).sum::<f64>();
            let steps = (LEARNING + WATCHED).num_minutes() / 5;
            let published = (0..steps)
                .map(|step| start + TimeDelta::minutes(step * 5))
                .filter(|at| busy(*at))
                .filter_map(|at| {
                    let within = TimeDelta::seconds(chance.random_range(0..300));
                    (chance.random::<f64>() < in_five_minutes).then(|| at + within)
                })
                .collect::<Vec<_>>();
            Site { published }
        })
        .collect()
}

/// The staleness of every entry in minutes, ascending.
fn staleness(site: &Site, fetches: &[DateTime<Utc>]) -> Vec<f64> {
    site.published
        .iter()
        .filter_map(|published| {
            let found = fetches.get(fetches.partition_point(|fetch| fetch < published))?;
            (published >= fetches.first()?).then(|| (*found - *published).as_seconds_f64() / 60.0)
        })
        .collect()
}

/// The fetches that the schedule makes of each feed in the watched weeks.
fn scheduled(sites: &[Site], start: DateTime<Utc>, policy: &Policy) -> Vec<Vec<DateTime<Utc>>> {
    let watched = start + LEARNING;
    let mut rhythms: Vec<Rhythm> = sites
        .iter()
        .map(|site| {
            (0..LEARNING.num_days()).fold(Rhythm::unknown(start), |rhythm, day| {
                let (from, to) = (
                    start + TimeDelta::days(day),
                    start + TimeDelta::days(day + 1),
                );
                let of_day = |at: &&DateTime<Utc>| (from..to).contains(*at);
                rhythm.with(
                    &site
                        .published
                        .iter()
                        .filter(of_day)
                        .copied()
                        .collect::<Vec<_>>(),
                    to,
                )
            })
        })
        .collect();
    let demands: Vec<f64> = rhythms
        .iter()
        .map(|rhythm| rhythm.demand(watched))
        .collect();
    let mut fetches = vec![Vec::new(); sites.len()];
    for (number, site) in sites.iter().enumerate() {
        let mut now = watched;
        while now < watched + WATCHED {
            let last = fetches[number].last().copied().unwrap_or(now);
            let new: Vec<_> = site
                .published
                .iter()
                .filter(|at| (last..now).contains(*at))
                .copied()
                .collect();
            if !new.is_empty() {
                rhythms[number] = rhythms[number].with(&new, now);
            }
            fetches[number].push(now);
            let facts = Facts {
                now,
                last: Last::Good,
                rhythm: rhythms[number].clone(),
                hints: Hints::default(),
                retry_after: None,
                target: None,
                pushed: false,
                overrun: None,
                neighbours: demands.iter().sum::<f64>() - demands[number],
            };
            now = next(&facts, policy, 0.5).at;
        }
    }
    fetches
}

fn fixed(requests: usize, start: DateTime<Utc>) -> Vec<Vec<DateTime<Utc>>> {
    let each = i32::try_from(requests / FEEDS).unwrap();
    let interval = WATCHED / each;
    (0..i32::try_from(FEEDS).unwrap())
        .map(|number| {
            let first = start + LEARNING + interval * number / i32::try_from(FEEDS).unwrap();
            (0..each).map(|fetch| first + interval * fetch).collect()
        })
        .collect()
}

#[test]
fn requests_are_spent_where_they_buy_the_most_freshness() {
    let start = "2026-09-07T00:00:00+07:00"
        .parse::<DateTime<Utc>>()
        .unwrap();
    let sites = sites(start, &mut StdRng::seed_from_u64(4));
    for host_budget in [60, 300] {
        let policy = Policy {
            host_budget,
            ..Policy::default()
        };
        let scheduled = scheduled(&sites, start, &policy);
        let requests: usize = scheduled.iter().map(Vec::len).sum();
        let fixed = fixed(requests, start);
        let measure = |fetches: &[Vec<DateTime<Utc>>]| {
            let mut all: Vec<f64> = sites
                .iter()
                .zip(fetches)
                .flat_map(|(site, fetches)| staleness(site, fetches))
                .collect();
            all.sort_by(f64::total_cmp);
            let mean = all.iter().sum::<f64>() / all.iter().map(|_| 1.0).sum::<f64>();
            (
                all.len(),
                mean,
                all[all.len() / 2],
                all[all.len() * 95 / 100],
            )
        };
        let mut busiest = vec![0; usize::try_from(WATCHED.num_hours()).unwrap() + 1];
        for fetch in scheduled
            .iter()
            .flatten()
            .filter(|at| **at > start + LEARNING)
        {
            let hour = (*fetch - start - LEARNING).num_hours();
            busiest[usize::try_from(hour).unwrap()] += 1;
        }
        let busiest = busiest.into_iter().max().unwrap();
        let (ours, theirs) = (measure(&scheduled), measure(&fixed));
        for (name, (entries, mean, p50, p95)) in [("schedule", ours), ("fixed", theirs)] {
            eprintln!(
                "budget {host_budget}/h, {requests} requests (at most {busiest} in an hour), {entries} entries: \
                 {name:>8}: mean {mean:.1} min, p50 {p50:.1} min, p95 {p95:.1} min"
            );
        }
        assert!(ours.1 < theirs.1 * 0.6, "the mean: {ours:?} {theirs:?}");
        assert!(
            ours.3 < theirs.3,
            "the 95th percentile: {ours:?} {theirs:?}"
        );
        assert!(busiest <= host_budget, "{busiest} requests in an hour");
    }
}
