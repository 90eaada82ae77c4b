//! How often people may have the hub visit other sites while they wait: a site is not to be troubled through it, nor the hub
//! kept from its work. Counted by each hub for itself.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hub_repository::PersonId;

/// Visits of one person in [`WINDOW`].
const MOST: usize = 30;

const WINDOW: Duration = Duration::from_mins(10);

/// Visits of all people at once.
const AT_ONCE: usize = 8;

/// The visits of everybody.
#[derive(Debug, Default)]
pub(crate) struct Visits {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    under_way: Vec<PersonId>,
    begun: HashMap<PersonId, VecDeque<Instant>>,
}

/// The right to visit a site, given back when dropped.
#[derive(Debug)]
#[must_use = "the visit ends when it is dropped"]
pub(super) struct Visit<'a> {
    visits: &'a Visits,
    person: PersonId,
}

/// Why somebody has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// For the own visit that is under way.
    Own,
    /// For those of others.
    Others,
    /// Until the window has passed.
    For(Duration),
}

impl Visits {
    /// Begins a visit, or says why the person has to wait.
    pub(super) fn begin(&self, person: PersonId) -> Result<Visit<'_>, Wait> {
        self.begin_at(person, Instant::now())
    }

    fn begin_at(&self, person: PersonId, now: Instant) -> Result<Visit<'_>, Wait> {
        let mut held = self.lock();
        if held.under_way.contains(&person) {
            return Err(Wait::Own);
        }
        if held.under_way.len() >= AT_ONCE {
            return Err(Wait::Others);
        }
        let is_recent = |begun: &Instant| now.duration_since(*begun) < WINDOW;
        held.begun.retain(|_, begun| {
            begun.retain(is_recent);
            !begun.is_empty()
        });
        let begun = held.begun.entry(person).or_default();
        if let Some(first) = begun.front().filter(|_| begun.len() >= MOST) {
            return Err(Wait::For(WINDOW.saturating_sub(now.duration_since(*first))));
        }
        begun.push_back(now);
        held.under_way.push(person);
        Ok(Visit {
            visits: self,
            person,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        let mut held = self.visits.lock();
        held.under_way.retain(|person| *person != self.person);
    }
}

impl Wait {
    /// For the person.
    pub(super) fn in_words(self) -> String {
        match self {
            Self::Own => "Lần xem trước của bạn chưa xong. Hãy đợi ít giây rồi thử lại.".to_owned(),
            Self::Others => {
                "Nhiều người đang cùng xem trang ngoài. Hãy đợi ít giây rồi thử lại.".to_owned()
            }
            Self::For(wait) => {
                let minutes = wait.as_secs().div_ceil(60);
                format!("Bạn đã xem nhiều trang ngoài liên tiếp. Hãy thử lại sau {minutes} phút.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_visits_one_site_after_the_other_and_not_too_many() {
        let visits = Visits::default();
        let (lan, now) = (PersonId(1), Instant::now());
        let first = visits.begin_at(lan, now).unwrap();
        assert_eq!(visits.begin_at(lan, now).unwrap_err(), Wait::Own);
        assert!(visits.begin_at(PersonId(2), now).is_ok());
        drop(first);
        for _ in 1..MOST {
            assert!(visits.begin_at(lan, now).is_ok());
        }
        let minute = Duration::from_mins(1);
        let later = now + minute;
        assert_eq!(
            visits.begin_at(lan, later).unwrap_err(),
            Wait::For(WINDOW.saturating_sub(minute))
        );
        assert!(visits.begin_at(PersonId(2), later).is_ok());
        assert!(visits.begin_at(lan, later + WINDOW).is_ok());
        assert_eq!(
            visits.lock().begun.len(),
            1,
            "who came long ago is forgotten"
        );
    }

    #[test]
    fn so_many_visit_at_once() {
        let visits = Visits::default();
        let people = (0..).map(PersonId).take(AT_ONCE);
        let under_way: Vec<Visit<'_>> = people.map(|one| visits.begin(one).unwrap()).collect();
        assert_eq!(visits.begin(PersonId(99)).unwrap_err(), Wait::Others);
        drop(under_way);
        assert!(visits.begin(PersonId(99)).is_ok());
    }
}
