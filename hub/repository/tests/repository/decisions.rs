use std::collections::{BTreeMap, BTreeSet};
use std::sync::Barrier;

use hub_repository::corrections::{self, NewCorrection};
use hub_repository::decisions::{self, Filter, Held, Kind, NewDecision};
use hub_repository::entries::{self, ChangePlace, Entry, NewEntry, Selection};
use hub_repository::harvests::Harvest;
use hub_repository::instruments::{self, NewInstrument};
use hub_repository::policies::{self, NewPolicy, Rule};
use hub_repository::readings::{self, ReadAgain, Reading};
use hub_repository::{
    AgencyId, DbConn, EntryId, FeedId, Scope, StoreError, Timestamp, feeds, revision,
};

use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, at, entry, feed, finish, harvest, on_both, read,
    tombstones, try_finish,
};

on_both!(
    whatever_comes_in_whatever_order,
    a_harvest_and_a_decision_at_the_same_moment,
    what_was_never_public_is_nowhere,
    a_new_name_brings_nothing_back,
    the_public_history_knows_what_was_public,
    a_document_is_known_when_it_is_published,
    who_decides,
    what_waits_is_listed_and_counted,
    a_feeds_policy_counts_before_its_agencys,
    a_policy_counts_from_the_moment_in_which_it_is_set,
    a_document_that_changed_out_of_sight_is_the_old_one_no_more,
    a_change_waits_while_the_public_sees_what_stood,
    a_change_that_nobody_waits_for_is_forgotten,
    what_comes_back_changed_is_looked_at_like_what_is_new,
    what_changes_out_of_sight_is_looked_at_too,
);

fn decide(
    conn: &mut DbConn,
    scope: Scope,
    entry: EntryId,
    kind: Kind,
    now: Timestamp,
) -> Result<(), StoreError> {
    let new = NewDecision {
        kind,
        by_province: scope == Scope::Province,
        reason: "vì lý do",
        basis: "",
        by: "Lan",
    };
    decisions::keep_back(conn, &scope, entry, &new, now)
}

fn held(words: &[&str], entry: NewEntry) -> NewEntry {
    let words = words.iter().map(ToString::to_string).collect();
    let reason = "Có từ cần xem lại".to_owned();
    NewEntry {
        held: Some(Held { reason, words }),
        ..entry
    }
}

fn stored(conn: &mut DbConn, agency: AgencyId, identity: &str) -> Option<Entry> {
    let found = entries::by_identities(conn, PROVINCE, agency, &[identity]);
    found.unwrap().pop()
}

/// What may happen to an entry.
#[derive(Debug, Clone, Copy)]
enum Step {
    Delivered,
    Changed,
    ChangedWith(&'static str),
    Gone,
    Kept(Kind, bool),
    TakenBack(Kind, bool),
    Published(bool),
}

const STEPS: [Step; 16] = [
    Step::Delivered,
    Step::Changed,
    Step::Changed,
    Step::ChangedWith("một"),
    Step::ChangedWith("hai"),
    Step::Gone,
    Step::Kept(Kind::Hold, true),
    Step::Kept(Kind::Hold, false),
    Step::Kept(Kind::Withdrawal, false),
    Step::Kept(Kind::Takedown, true),
    Step::TakenBack(Kind::Takedown, true),
    Step::TakenBack(Kind::Takedown, false),
    Step::TakenBack(Kind::Withdrawal, false),
    Step::TakenBack(Kind::Hold, false),
    Step::Published(true),
    Step::Published(false),
];

/// What should be true after some steps.
#[derive(Debug, Default)]
struct Model {
    there: bool,
    gone: bool,
    text: u32,
    word: Option<&'static str>,
    /// What keeps it back, and whether only the province takes that back.
    kept: BTreeMap<Kind, bool>,
    held_for: BTreeSet<&'static str>,
    published_with: BTreeSet<&'static str>,
    was_public: bool,
}

impl Model {
    fn is_public(&self) -> bool {
        self.there && !self.gone && self.kept.is_empty()
    }

    /// Whether the step is allowed.
    fn take(&mut self, step: Step) -> bool {
        let mut allowed = self.there || !matches!(step, Step::Kept(..) | Step::TakenBack(..));
        match step {
            Step::Delivered => (self.there, self.gone) = (true, false),
            Step::Changed | Step::ChangedWith(_) => {
                self.word = match step {
                    Step::ChangedWith(word) => Some(word),
                    _ => None,
                };
                self.text += 1;
                if let Some(word) = self.word.filter(|word| !self.published_with.contains(word)) {
                    self.kept.insert(Kind::Hold, true);
                    self.held_for = BTreeSet::from([word]);
                }
                (self.there, self.gone) = (true, false);
            }
            Step::Gone => self.gone = self.there,
            Step::Kept(kind, by_province) if self.there => {
                if by_province || self.kept.get(&kind) != Some(&true) {
                    self.kept.insert(kind, by_province);
                    if kind == Kind::Hold {
                        self.held_for.clear();
                    }
                }
            }
            Step::TakenBack(kind, by_province) if self.there => {
                allowed = self.kept.get(&kind).is_some_and(|own| by_province || !own);
                if allowed {
                    self.kept.remove(&kind);
                }
            }
            Step::Published(by_province) => {
                let kinds = [Kind::Hold, Kind::Withdrawal];
                let foreign = kinds.iter().any(|kind| self.kept.get(kind) == Some(&true));
                allowed = self.there && (by_province || !foreign);
                if allowed {
                    if self.kept.remove(&Kind::Hold).is_some() {
                        self.published_with.append(&mut self.held_for);
                    }
                    self.kept.remove(&Kind::Withdrawal);
                }
            }
            Step::Kept(..) | Step::TakenBack(..) => {}
        }
        self.was_public |= self.is_public();
        allowed
    }
}

/// A copy of the repository that follows its changes, as others' do.
#[derive(Default)]
struct Mirror {
    place: i64,
    /// Title of what is public; none of what was.
    titles: BTreeMap<EntryId, Option<String>>,
}

impl Mirror {
    fn follow(&mut self, conn: &mut DbConn) {
        let up_to = revision::current(conn).unwrap();
        let after = ChangePlace::behind(self.place);
        for entry in entries::changes(conn, PROVINCE, after, up_to, 1000).unwrap() {
            let title = entry.withdrawn_at.is_none().then_some(entry.title);
            self.titles.insert(entry.id, title);
        }
        self.place = up_to;
    }
}

/// Numbers that look random and are the same each time.
fn dice() -> impl FnMut(usize) -> usize {
    let mut state: u64 = 0x2545_f491_4f6c_dd1d;
    move |sides| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % sides as u64).unwrap()
    }
}

fn whatever_comes_in_whatever_order(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let mut roll = dice();
    let mut mirror = Mirror::default();
    let mut minutes = 0;
    for run in 0..150 {
        let identity = format!("{run}");
        let mut model = Model::default();
        let mut taken = Vec::new();
        for _ in 0..9 {
            let step = STEPS[roll(STEPS.len())];
            taken.push(step);
            minutes += 1;
            let before = (
                model.is_public(),
                model.text,
                revision::current(conn).unwrap(),
            );
            let done = take(conn, (agency, feed), &identity, &model, step, minutes);
            let allowed = model.take(step);
            assert!(
                done.is_none() || done == Some(allowed),
                "{taken:?} {done:?}"
            );

            let is_public = model.is_public();
            let stored = stored(conn, agency, &identity);
            assert_eq!(stored.is_some(), model.there, "{taken:?}");
            let after = revision::current(conn).unwrap();
            if !before.0 && !is_public {
                assert_eq!(after, before.2, "nobody can see a change: {taken:?}");
            }
            let Some(stored) = stored else { continue };
            assert_eq!(
                stored.title,
                format!("Bài {run}, bản {}", model.text),
                "the newest: {taken:?}"
            );
            assert_eq!(stored.withdrawn_at.is_none(), is_public, "{taken:?}");
            assert_eq!(stored.was_public(), model.was_public, "{taken:?}");
            mirror.follow(conn);
            let copied = mirror.titles.get(&stored.id);
            assert_eq!(copied.is_some(), model.was_public, "{taken:?}");
            let title = copied.cloned().flatten();
            assert_eq!(title, is_public.then_some(stored.title), "{taken:?}");
            let standing = decisions::standing(conn, PROVINCE, stored.id);
            let standing = standing.unwrap().unwrap();
            assert_eq!(standing.gone_at.is_some(), model.gone, "{taken:?}");
            let kept = standing
                .decisions
                .iter()
                .filter(|one| one.kind.keeps_back());
            let kept: BTreeMap<_, _> = kept.map(|one| (one.kind, one.by_province)).collect();
            assert_eq!(kept, model.kept, "{taken:?}");
        }
    }
}

/// Whether what people decide was taken; none of what a feed says.
fn take(
    conn: &mut DbConn,
    (agency, feed): (AgencyId, FeedId),
    identity: &str,
    model: &Model,
    step: Step,
    minutes: i64,
) -> Option<bool> {
    let now = at(minutes);
    let id = stored(conn, agency, identity).map(|entry| entry.id);
    let scope = |by_province| {
        if by_province {
            Scope::Province
        } else {
            Scope::Agency(agency)
        }
    };
    // Else it would be taken for the entry of another run, under a new name.
    let text = |number| entry(identity, &format!("Bài {identity}, bản {number}"));
    let delivered = match step {
        Step::Delivered => match model.word {
            Some(word) => held(&[word], text(model.text)),
            None => text(model.text),
        },
        Step::Changed => text(model.text + 1),
        Step::ChangedWith(word) => held(&[word], text(model.text + 1)),
        Step::Gone => {
            finish(conn, feed, &tombstones(minutes, &[identity]));
            return None;
        }
        Step::Kept(kind, by_province) => {
            return Some(decide(conn, scope(by_province), id?, kind, now).is_ok());
        }
        Step::TakenBack(kind, by_province) => {
            let done = decisions::take_back(conn, &scope(by_province), id?, kind, now);
            return Some(done.is_ok());
        }
        Step::Published(by_province) => {
            let done = decisions::publish(conn, &scope(by_province), id?, "Lan", now);
            return Some(done.is_ok());
        }
    };
    finish(conn, feed, &harvest(minutes, vec![delivered]));
    None
}

fn a_harvest_and_a_decision_at_the_same_moment(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    finish(conn, feed, &harvest(1, vec![entry("a", "Bản 0")]));
    let id = stored(conn, agency, "a").unwrap().id;
    let begin = Barrier::new(2);
    for round in 1..=20 {
        let minutes = 10 * round;
        std::thread::scope(|threads| {
            threads.spawn(|| {
                let conn = &mut db.conn();
                begin.wait();
                let changed = vec![entry("a", &format!("Bản {round}"))];
                finish(conn, feed, &harvest(minutes, changed));
            });
            threads.spawn(|| {
                let conn = &mut db.conn();
                begin.wait();
                let now = at(minutes);
                if round % 2 == 1 {
                    decide(conn, Scope::Province, id, Kind::Takedown, now).unwrap();
                } else {
                    decisions::take_back(conn, PROVINCE, id, Kind::Takedown, now).unwrap();
                }
            });
        });
        let entry = entries::find(conn, PROVINCE, id).unwrap().unwrap();
        assert_eq!(entry.title, format!("Bản {round}"), "nothing is lost");
        assert_eq!(
            entry.withdrawn_at.is_some(),
            round % 2 == 1,
            "round {round}"
        );
    }
}

fn what_was_never_public_is_nowhere(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let before = revision::current(conn).unwrap();
    let counts = finish(conn, feed, &harvest(1, vec![held(&[], entry("a", "Bài"))]));
    assert_eq!((counts.new, counts.revision), (1, None));
    let id = stored(conn, agency, "a").unwrap().id;
    // Nor does anything that is done to it meanwhile tell of it.
    let new = NewCorrection {
        field: Some("dat-dai"),
        by: "Lan",
        ..NewCorrection::default()
    };
    corrections::set(conn, PROVINCE, id, &new, at(2)).unwrap();
    let entry = entries::find(conn, PROVINCE, id).unwrap().unwrap();
    let again = ReadAgain {
        entry,
        reading: Reading {
            audiences: vec!["nguoi-lao-dong".to_owned()],
            read_with: 9,
            ..Reading::default()
        },
    };
    readings::store_again(conn, PROVINCE, &[again]).unwrap();

    let every = Selection::default();
    let up_to = revision::current(conn).unwrap();
    let begin = ChangePlace {
        revision: 0,
        entry: EntryId(0),
    };
    let filter = entries::EntryFilter::default();
    let nowhere = |conn: &mut DbConn| {
        vec![
            entries::changes(conn, PROVINCE, begin, up_to, 9)
                .unwrap()
                .len(),
            entries::changed_since(conn, PROVINCE, 0, 9).unwrap().len(),
            entries::dated(conn, PROVINCE, &[id]).unwrap().len(),
            entries::next_ids(conn, PROVINCE, &every, EntryId(0), 9)
                .unwrap()
                .len(),
            usize::try_from(entries::count(conn, PROVINCE, &every).unwrap()).unwrap(),
            entries::newest(conn, PROVINCE, &filter, 9).unwrap().len(),
            entries::withdrawn(conn, PROVINCE, &filter, 9)
                .unwrap()
                .len(),
            entries::touched(conn, before, up_to).unwrap().len(),
            entries::published(conn, PROVINCE, EntryId(0), 9)
                .unwrap()
                .len(),
        ]
    };
    assert_eq!(nowhere(conn), [0; 9]);
    decisions::publish(conn, PROVINCE, id, "Lan", at(3)).unwrap();
    let up_to = revision::current(conn).unwrap();
    let changes = entries::changes(conn, PROVINCE, begin, up_to, 9).unwrap();
    assert_eq!(changes[0].field.as_deref(), Some("dat-dai"));
    assert_eq!(entries::count(conn, PROVINCE, &every).unwrap(), 1);
    assert_eq!(
        entries::next_ids(conn, PROVINCE, &every, EntryId(0), 9).unwrap(),
        [id]
    );
}

fn a_new_name_brings_nothing_back(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let there = |identity: &str| NewEntry {
        url: Some("https://x.vn/1".to_owned()),
        ..entry(identity, "Bài")
    };
    finish(conn, feed, &harvest(1, vec![there("a")]));
    let id = stored(conn, agency, "a").unwrap().id;
    decide(conn, Scope::Province, id, Kind::Takedown, at(2)).unwrap();
    finish(conn, feed, &harvest(3, vec![there("b")]));
    finish(conn, feed, &tombstones(4, &["b"]));
    finish(conn, feed, &harvest(5, vec![there("c")]));
    assert_eq!(stored(conn, agency, "c").unwrap().id, id);
    // Nor does another of the agency's feeds bring it, old or new, and whatever both say afterwards.
    let other = feeds::add(conn, PROVINCE, agency, "https://x.vn/khac.rss", at(6)).unwrap();
    for minute in [7, 9] {
        finish(conn, other.id, &harvest(minute, vec![there("d")]));
        finish(conn, feed, &harvest(minute + 1, vec![there("c")]));
    }
    assert_eq!(stored(conn, agency, "c").unwrap().id, id);
    let filter = entries::EntryFilter::default();
    assert_eq!(entries::newest(conn, PROVINCE, &filter, 9).unwrap(), []);
}

fn the_public_history_knows_what_was_public(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let text = |number| vec![entry("a", &format!("Bản {number}"))];
    finish(conn, feed, &harvest(1, text(1)));
    let id = stored(conn, agency, "a").unwrap().id;
    decide(conn, Scope::Agency(agency), id, Kind::Withdrawal, at(2)).unwrap();
    finish(conn, feed, &harvest(3, text(2)));
    finish(conn, feed, &harvest(4, text(3)));
    decisions::publish(conn, PROVINCE, id, "Lan", at(5)).unwrap();
    finish(conn, feed, &harvest(6, text(4)));
    // A rule holds the fifth at the moment in which it comes.
    for number in [5, 6] {
        let bad = held(&["cá độ"], text(number).remove(0));
        finish(conn, feed, &harvest(number + 2, vec![bad]));
    }
    decisions::publish(conn, PROVINCE, id, "Lan", at(9)).unwrap();
    finish(conn, feed, &harvest(10, text(7)));
    let titles: Vec<String> = entries::versions(conn, PROVINCE, id)
        .unwrap()
        .into_iter()
        .map(|version| version.title)
        .collect();
    let public = ["Bản 6", "Bản 4", "Bản 3", "Bản 1"];
    assert_eq!(titles, public, "the second and the fifth never were");
}

fn a_document_is_known_when_it_is_published(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let reading = || Reading {
        read_with: 1,
        document: Some(NewInstrument {
            key: "1-2026-qd-ubnd".to_owned(),
            number: "1/2026/QĐ-UBND".to_owned(),
            title: Some("Quyết định".to_owned()),
            ..NewInstrument::default()
        }),
        ..Reading::default()
    };
    finish(
        conn,
        feed,
        &harvest(1, vec![held(&[], read("a", reading()))]),
    );
    let again = |conn: &mut DbConn| {
        let entry = stored(conn, agency, "a").unwrap();
        let again = ReadAgain {
            entry,
            reading: reading(),
        };
        readings::store_again(conn, PROVINCE, &[again]).unwrap()
    };
    again(conn);
    assert_eq!(instruments::find(conn, "1-2026-qd-ubnd").unwrap(), None);
    let id = stored(conn, agency, "a").unwrap().id;
    decisions::publish(conn, PROVINCE, id, "Lan", at(2)).unwrap();
    let expired = readings::expired(conn, PROVINCE, 1, 9).unwrap();
    assert_eq!(expired.len(), 1, "it is read again");
    assert!(again(conn).revision.is_some(), "pages show it");
    let known = instruments::find(conn, "1-2026-qd-ubnd").unwrap().unwrap();
    assert_eq!(known.entry_id, Some(id));
    assert_eq!(again(conn).revision, None);
}

fn who_decides(db: &TestDb) {
    let conn = &mut db.conn();
    let (own, feed_of_own) = agency_and_feed(conn);
    let other = agency(conn, "khac");
    feed(conn, other, "khac");
    finish(conn, feed_of_own, &harvest(1, vec![entry("a", "Bài")]));
    let id = stored(conn, own, "a").unwrap().id;
    let not_found = |result| matches!(result, Err(StoreError::NotFound));
    let foreign = Scope::Agency(other);
    assert!(not_found(decide(conn, foreign, id, Kind::Hold, at(2))));
    assert!(decisions::standing(conn, &foreign, id).unwrap().is_none());
    let scope = Scope::Agency(own);
    assert!(not_found(decide(conn, scope, id, Kind::Takedown, at(2))));
    let long = "x".repeat(decisions::MAX_REASON + 1);
    for (kind, reason) in [
        (Kind::Takedown, " "),
        (Kind::Publication, "vì"),
        (Kind::Hold, long.as_str()),
        (Kind::Hold, "a\0b"),
    ] {
        let new = NewDecision {
            kind,
            by_province: true,
            reason,
            basis: "",
            by: "Lan",
        };
        let refused = decisions::keep_back(conn, PROVINCE, id, &new, at(2));
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{kind}");
    }
    assert!(not_found(decisions::publish(
        conn,
        &foreign,
        id,
        "Lan",
        at(3)
    )));
    let entry = entries::find(conn, PROVINCE, id).unwrap().unwrap();
    assert_eq!(entry.withdrawn_at, None, "what was refused changed nothing");
}

fn what_waits_is_listed_and_counted(db: &TestDb) {
    let conn = &mut db.conn();
    let (own, feed_of_own) = agency_and_feed(conn);
    let other = agency(conn, "khac");
    let new = (1..=3).map(|n| held(&["cá độ"], entry(&format!("{n}"), &format!("Bài {n}"))));
    finish(conn, feed_of_own, &harvest(1, new.collect()));
    finish(conn, feed_of_own, &tombstones(2, &["3"]));
    let ids = |conn: &mut DbConn, scope: &Scope, filter: &Filter| {
        let found = decisions::list(conn, scope, filter, 9).unwrap();
        let ids = found.into_iter().map(|(entry, _)| entry.identity);
        ids.collect::<Vec<_>>()
    };
    let held = Filter::of(Kind::Hold);
    assert_eq!(
        ids(conn, PROVINCE, &held),
        ["2", "1"],
        "nobody waits for what is gone"
    );
    assert_eq!(decisions::waiting(conn, PROVINCE, 9).unwrap(), 2);
    assert_eq!(decisions::waiting(conn, PROVINCE, 1).unwrap(), 1);
    let foreign = Scope::Agency(other);
    assert_eq!(ids(conn, &foreign, &held), [""; 0]);
    assert_eq!(decisions::waiting(conn, &foreign, 9).unwrap(), 0);
    let first = decisions::list(conn, PROVINCE, &held, 1).unwrap();
    let (entry, decision) = &first[0];
    assert_eq!(decision.words.0, ["cá độ"]);
    let before = Some((decision.decided_at, entry.id));
    assert_eq!(ids(conn, PROVINCE, &Filter { before, ..held }), ["1"]);
    let agency = Some(own);
    assert_eq!(ids(conn, PROVINCE, &Filter { agency, ..held }).len(), 2);
    let entry_kind = Some(entries::Kind::Event);
    assert_eq!(ids(conn, PROVINCE, &Filter { entry_kind, ..held }), [""; 0]);
}

fn a_feeds_policy_counts_before_its_agencys(db: &TestDb) {
    let conn = &mut db.conn();
    let (own, first) = agency_and_feed(conn);
    let second = feed(conn, own, "hai");
    let other = agency(conn, "khac");
    let new = |feed, rule, words: &[&str]| NewPolicy {
        agency: own,
        feed,
        rule,
        words: words.iter().map(ToString::to_string).collect(),
        by: "Lan",
    };
    let rules = |conn: &mut DbConn| {
        [first, second].map(|feed| {
            let known = policies::of_feed(conn, PROVINCE, own, feed).unwrap();
            known.map(|known| known.rule)
        })
    };
    assert_eq!(rules(conn), [None, None]);
    for (feed, rule, expected) in [
        (None, Some(Rule::Review), [Rule::Review, Rule::Review]),
        (
            Some(first),
            Some(Rule::Publish),
            [Rule::Publish, Rule::Review],
        ),
        (None, Some(Rule::Words), [Rule::Publish, Rule::Words]),
        (Some(first), None, [Rule::Words, Rule::Words]),
    ] {
        policies::set(conn, PROVINCE, &new(feed, rule, &["cá độ"]), at(1)).unwrap();
        assert_eq!(rules(conn), expected.map(Some));
    }
    assert_eq!(
        policies::of_agency(conn, &Scope::Agency(other), own).unwrap(),
        []
    );
    let many = vec!["a"; policies::MAX_WORDS + 1];
    for words in [&[][..], &[" "], &["a\0"], &many] {
        let refused = policies::set(conn, PROVINCE, &new(None, Some(Rule::Words), words), at(2));
        assert!(
            matches!(refused, Err(StoreError::Invalid(_))),
            "{words:.60?}"
        );
    }
    let foreign = NewPolicy {
        agency: other,
        ..new(Some(first), Some(Rule::Review), &[])
    };
    for (scope, new) in [
        (PROVINCE, foreign),
        (&Scope::Agency(own), new(None, None, &[])),
    ] {
        let refused = policies::set(conn, scope, &new, at(3));
        assert!(matches!(refused, Err(StoreError::NotFound)));
    }
}

/// What is stored goes by the policy that counts at that moment, whichever counted when the document was read.
fn a_policy_counts_from_the_moment_in_which_it_is_set(db: &TestDb) {
    let conn = &mut db.conn();
    let (own, feed) = agency_and_feed(conn);
    let set = |conn: &mut DbConn, rule, words: &[&str], minute| {
        let new = NewPolicy {
            agency: own,
            feed: None,
            rule,
            words: words.iter().map(ToString::to_string).collect(),
            by: "Lan",
        };
        policies::set(conn, PROVINCE, &new, at(minute)).unwrap();
        policies::of_feed(conn, PROVINCE, own, feed).unwrap()
    };
    let read_under = |policy, entries| Harvest {
        policy,
        ..harvest(3, entries)
    };
    let some = || vec![entry("a", "Bài")];
    let mut known = None;
    for (rule, words) in [
        (Some(Rule::Review), &[][..]),
        (Some(Rule::Words), &["cá độ"]),
        (Some(Rule::Words), &["ma túy"]),
        (None, &[]),
    ] {
        let counts = set(conn, rule, words, 2);
        let late = try_finish(conn, feed, &read_under(known, some()));
        assert!(matches!(late, Err(StoreError::Stale)), "{late:?}");
        assert_eq!(stored(conn, own, "a"), None);
        known = counts;
    }
    let again = set(conn, Some(Rule::Publish), &[], 3);
    set(conn, Some(Rule::Publish), &[], 4);
    let counts = finish(conn, feed, &read_under(again, some()));
    assert_eq!(counts.new, 1, "it says the same as before");
    set(conn, Some(Rule::Review), &[], 5);
    let nothing = try_finish(conn, feed, &tombstones(6, &["a"]));
    assert_eq!(nothing.unwrap().withdrawn, 1, "there is nothing to hold");
}

fn a_document_that_changed_out_of_sight_is_the_old_one_no_more(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let reading = |key: &str| Reading {
        read_with: 1,
        document: Some(NewInstrument {
            key: key.to_owned(),
            number: key.to_owned(),
            ..NewInstrument::default()
        }),
        ..Reading::default()
    };
    let text = |text: &str, key| NewEntry {
        reading: reading(key),
        ..entry("a", text)
    };
    finish(conn, feed, &harvest(1, vec![text("Bản 1", "1-2026")]));
    let id = stored(conn, agency, "a").unwrap().id;
    decide(conn, Scope::Province, id, Kind::Withdrawal, at(2)).unwrap();
    finish(conn, feed, &harvest(3, vec![text("Bản 2", "2-2026")]));
    decisions::publish(conn, PROVINCE, id, "Lan", at(4)).unwrap();
    let entry = stored(conn, agency, "a").unwrap();
    let reading = reading("2-2026");
    let again = [ReadAgain { entry, reading }];
    let read = readings::store_again(conn, PROVINCE, &again).unwrap();
    assert!(read.revision.is_some(), "both pages change");
    let speaker = |conn: &mut DbConn, key| {
        let known = instruments::find(conn, key).unwrap();
        known.and_then(|known| known.entry_id)
    };
    assert_eq!(speaker(conn, "1-2026"), None);
    assert_eq!(speaker(conn, "2-2026"), Some(id));
    let entry = stored(conn, agency, "a").unwrap();
    let again = [ReadAgain {
        entry,
        ..again[0].clone()
    }];
    let read = readings::store_again(conn, PROVINCE, &again).unwrap();
    assert_eq!(read.revision, None, "nothing is left to change");
}

/// Under a policy that holds everything.
fn reviewed(identity: &str, title: &str) -> NewEntry {
    held(&[], entry(identity, title))
}

fn a_change_waits_while_the_public_sees_what_stood(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    finish(conn, feed, &harvest(1, vec![entry("a", "Bản 1")]));
    let before = stored(conn, agency, "a").unwrap();
    let revision = revision::current(conn).unwrap();
    for number in [2, 3] {
        let changed = reviewed("a", &format!("Bản {number}"));
        let counts = finish(conn, feed, &harvest(number, vec![changed]));
        assert_eq!((counts.updated, counts.revision), (1, None));
    }
    let repeated = finish(conn, feed, &harvest(4, vec![reviewed("a", "Bản 3")]));
    assert_eq!(repeated.unchanged, 1);
    assert_eq!(stored(conn, agency, "a").unwrap(), before);
    assert_eq!(revision::current(conn).unwrap(), revision);
    let waiting = entries::pending(conn, PROVINCE, &[before.id]).unwrap();
    assert_eq!(waiting[&before.id].title, "Bản 3");
    let queue = Filter::of(Kind::Hold);
    let listed = decisions::list(conn, PROVINCE, &queue, 9).unwrap();
    assert_eq!(listed[0].1.kind, Kind::Change);
    assert_eq!(decisions::waiting(conn, PROVINCE, 9).unwrap(), 1);
    let own = Scope::Agency(agency);
    let theirs = decisions::publish(conn, &own, before.id, "Lan", at(5));
    assert!(
        matches!(theirs, Err(StoreError::NotFound)),
        "the province's"
    );

    decisions::publish(conn, PROVINCE, before.id, "Lan", at(6)).unwrap();
    let after = stored(conn, agency, "a").unwrap();
    assert_eq!((after.title.as_str(), after.version), ("Bản 3", 2));
    assert_eq!(after.body_html, "<p>Bản 3</p>");
    assert!(after.revision > before.revision);
    let versions = entries::versions(conn, PROVINCE, after.id).unwrap();
    assert_eq!(versions.len(), 1, "the second never was");
    assert_eq!(versions[0].title, "Bản 1");
    assert_eq!(readings::expired(conn, PROVINCE, 1, 9).unwrap().len(), 1);
    assert_eq!(decisions::waiting(conn, PROVINCE, 9).unwrap(), 0);
    let same = finish(conn, feed, &harvest(7, vec![reviewed("a", "Bản 3")]));
    assert_eq!(same.unchanged, 1);
    // Once the policy is another, what comes next is public at once.
    finish(conn, feed, &harvest(8, vec![reviewed("a", "Bản 4")]));
    finish(conn, feed, &harvest(9, vec![entry("a", "Bản 5")]));
    assert_eq!(stored(conn, agency, "a").unwrap().title, "Bản 5");
    assert_eq!(decisions::waiting(conn, PROVINCE, 9).unwrap(), 0);
}

fn a_change_that_nobody_waits_for_is_forgotten(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let first = || entry("a", "Bản 1");
    finish(conn, feed, &harvest(1, vec![first()]));
    let id = stored(conn, agency, "a").unwrap().id;
    let change = |conn: &mut DbConn, minute, title: &str| {
        finish(conn, feed, &harvest(minute, vec![reviewed("a", title)]));
        assert_eq!(entries::pending(conn, PROVINCE, &[id]).unwrap().len(), 1);
    };
    let is_over = |conn: &mut DbConn| {
        assert!(entries::pending(conn, PROVINCE, &[id]).unwrap().is_empty());
        let standing = decisions::standing(conn, PROVINCE, id).unwrap().unwrap();
        assert!(standing.of(Kind::Change).is_none());
    };
    // Its publisher goes back to what stands.
    change(conn, 2, "Bản 2");
    finish(conn, feed, &harvest(3, vec![reviewed("a", "Bản 1")]));
    is_over(conn);
    // The province leaves it as it stands, and the feed says the same on.
    change(conn, 4, "Bản 3");
    let own = Scope::Agency(agency);
    let theirs = decisions::take_back(conn, &own, id, Kind::Change, at(5));
    assert!(matches!(theirs, Err(StoreError::NotFound)));
    decisions::take_back(conn, PROVINCE, id, Kind::Change, at(5)).unwrap();
    finish(conn, feed, &harvest(6, vec![reviewed("a", "Bản 3")]));
    is_over(conn);
    assert_eq!(stored(conn, agency, "a").unwrap().title, "Bản 1");
    // It is taken down meanwhile: the change waits on, and is published with it.
    change(conn, 7, "Bản 4");
    decide(conn, Scope::Province, id, Kind::Withdrawal, at(8)).unwrap();
    assert_eq!(decisions::waiting(conn, PROVINCE, 9).unwrap(), 0);
    decisions::publish(conn, PROVINCE, id, "Lan", at(9)).unwrap();
    is_over(conn);
    let entry = stored(conn, agency, "a").unwrap();
    assert_eq!((entry.title.as_str(), entry.withdrawn_at), ("Bản 4", None));
    // Who withdrew it takes that back, and not the change with it.
    change(conn, 10, "Bản 5");
    decide(conn, own, id, Kind::Withdrawal, at(10)).unwrap();
    decisions::publish(conn, &own, id, "Lan", at(10)).unwrap();
    let entry = stored(conn, agency, "a").unwrap();
    assert_eq!((entry.title.as_str(), entry.withdrawn_at), ("Bản 4", None));
    // Its publisher withdraws it.
    change(conn, 11, "Bản 6");
    finish(conn, feed, &tombstones(12, &["a"]));
    is_over(conn);
    assert!(stored(conn, agency, "a").unwrap().withdrawn_at.is_some());
}

fn what_comes_back_changed_is_looked_at_like_what_is_new(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    finish(
        conn,
        feed,
        &harvest(1, vec![entry("a", "Bản 1"), entry("b", "Bản 1")]),
    );
    finish(conn, feed, &tombstones(2, &["a", "b"]));
    let back = vec![reviewed("a", "Bản 2"), reviewed("b", "Bản 1")];
    finish(conn, feed, &harvest(3, back));
    let changed = stored(conn, agency, "a").unwrap();
    assert!(changed.withdrawn_at.is_some());
    let same = stored(conn, agency, "b").unwrap();
    assert_eq!(same.withdrawn_at, None, "the public has seen it as it is");
    assert_eq!(decisions::waiting(conn, PROVINCE, 9).unwrap(), 1);
    decisions::publish(conn, PROVINCE, changed.id, "Lan", at(4)).unwrap();
    assert_eq!(stored(conn, agency, "a").unwrap().withdrawn_at, None);
}

fn what_changes_out_of_sight_is_looked_at_too(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let own = Scope::Agency(agency);
    let names = ["withdrawn", "held", "waiting", "gone"];
    let all = |title: &str| names.map(|name| reviewed(name, title)).to_vec();
    let first = names.map(|name| entry(name, "Bản 1")).to_vec();
    finish(conn, feed, &harvest(1, first));
    let [withdrawn, held, waiting, gone] = names.map(|name| stored(conn, agency, name).unwrap().id);
    finish(conn, feed, &harvest(2, vec![reviewed("waiting", "Bản 2")]));
    decide(conn, own, held, Kind::Hold, at(3)).unwrap();
    for id in [withdrawn, waiting, gone] {
        decide(conn, own, id, Kind::Withdrawal, at(3)).unwrap();
    }
    finish(conn, feed, &tombstones(4, &["gone"]));
    finish(conn, feed, &harvest(5, all("Bản 3")));
    finish(conn, feed, &harvest(6, all("Bản 4")));

    for (name, id) in names.into_iter().zip([withdrawn, held, waiting, gone]) {
        let theirs = decisions::publish(conn, &own, id, "Lan", at(7));
        assert!(matches!(theirs, Err(StoreError::NotFound)), "{name}");
        let kind = if id == held {
            Kind::Hold
        } else {
            Kind::Withdrawal
        };
        let taken_back = decisions::take_back(conn, &own, id, kind, at(7));
        assert_eq!(taken_back.is_ok(), id != held, "{name}");
        let entry = stored(conn, agency, name).unwrap();
        assert_eq!(entry.title, "Bản 4", "{name}: it is taken in");
        assert!(entry.withdrawn_at.is_some(), "{name}");
        let standing = decisions::standing(conn, PROVINCE, id).unwrap().unwrap();
        let kept = standing.of(Kind::Hold).unwrap();
        let since = if id == held { at(3) } else { at(5) };
        assert_eq!((kept.by_province, kept.decided_at), (true, since), "{name}");
    }
    assert_eq!(decisions::waiting(conn, PROVINCE, 9).unwrap(), 4);
    for (name, id) in names.into_iter().zip([withdrawn, held, waiting, gone]) {
        decisions::publish(conn, PROVINCE, id, "Hà", at(8)).unwrap();
        let entry = stored(conn, agency, name).unwrap();
        assert_eq!(entry.withdrawn_at, None, "{name}");
    }
    // What did not change is its agency's to give back.
    decide(conn, own, held, Kind::Withdrawal, at(9)).unwrap();
    finish(conn, feed, &harvest(10, all("Bản 4")));
    decisions::publish(conn, &own, held, "Lan", at(11)).unwrap();
}
