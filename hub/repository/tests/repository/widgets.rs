//! Widgets that agencies set up, and how often they are shown.

use chrono::NaiveDate;
use hub_repository::widgets::views::{self, Form, Viewed};
use hub_repository::widgets::{
    self, Filters, Language, MAX_ENTRIES, MAX_TITLE, NewWidget, Theme, View, scripts,
};
use hub_repository::{AgencyId, EntryId, Json, Scope, StoreError, revision};

use crate::support::{PROVINCE, TestDb, agency, at, on_both};

on_both!(
    a_widget_is_its_agencys,
    a_widget_that_cannot_be_shown_is_refused,
    views_are_counted_by_day_and_form,
    a_script_is_kept_under_its_version,
);

pub(crate) fn widget(id: &str, agency_id: AgencyId) -> NewWidget<'_> {
    NewWidget {
        id,
        agency_id,
        title: "Hỏi đáp của Sở",
        view: View::Qa,
        filters: Json(Filters {
            field: vec!["dat-dai".to_owned()],
            ..Filters::default()
        }),
        entry_id: None,
        entries: 6,
        language: Language::Vietnamese,
        theme: Theme::Auto,
        allowed_origins: Json(vec!["https://stp.example".to_owned()]),
        created_at: at(1),
    }
}

fn a_widget_is_its_agencys(db: &TestDb) {
    let conn = &mut db.conn();
    let (owner, stranger) = (agency(conn, "so-tu-phap"), agency(conn, "khac"));
    let before = revision::current(conn).unwrap();
    let own = &Scope::Agency(owner);
    let added = widgets::add(conn, own, &widget("abc", owner)).unwrap();
    assert_eq!(revision::current(conn).unwrap(), before + 1);
    assert_eq!(added.filters.field, ["dat-dai"]);
    for scope in [PROVINCE, own] {
        assert_eq!(
            widgets::list(conn, scope).unwrap(),
            std::slice::from_ref(&added)
        );
        assert_eq!(
            widgets::find(conn, scope, "abc").unwrap().as_ref(),
            Some(&added)
        );
    }
    let foreign = &Scope::Agency(stranger);
    assert_eq!(widgets::list(conn, foreign).unwrap(), []);
    assert_eq!(widgets::find(conn, foreign, "abc").unwrap(), None);
    for refused in [
        widgets::remove(conn, foreign, "abc"),
        widgets::change(conn, foreign, &widget("abc", stranger)),
        widgets::change(conn, own, &widget("def", owner)),
        widgets::change(conn, own, &widget("abc", stranger)),
        widgets::add(conn, foreign, &widget("def", owner)).map(drop),
    ] {
        assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    }
    let taken = widgets::add(conn, own, &widget("abc", owner));
    assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");
    let other = NewWidget {
        title: "Tin của Sở",
        view: View::List,
        ..widget("abc", owner)
    };
    widgets::change(conn, own, &other).unwrap();
    let changed = widgets::find(conn, own, "abc").unwrap().unwrap();
    assert_eq!((&*changed.title, changed.view), ("Tin của Sở", View::List));
    widgets::remove(conn, own, "abc").unwrap();
    assert_eq!(widgets::list(conn, PROVINCE).unwrap(), []);
    assert_eq!(revision::current(conn).unwrap(), before + 3);
}

fn a_widget_that_cannot_be_shown_is_refused(db: &TestDb) {
    let conn = &mut db.conn();
    let owner = agency(conn, "so-tu-phap");
    let long = "đ".repeat(MAX_TITLE + 1);
    let many = vec!["https://a.example".to_owned(); 21];
    for wrong in [
        NewWidget {
            id: "a b",
            ..widget("a", owner)
        },
        NewWidget {
            title: &long,
            ..widget("a", owner)
        },
        NewWidget {
            entries: 0,
            ..widget("a", owner)
        },
        NewWidget {
            entries: MAX_ENTRIES + 1,
            ..widget("a", owner)
        },
        NewWidget {
            view: View::Entry,
            ..widget("a", owner)
        },
        NewWidget {
            entry_id: Some(EntryId(1)),
            ..widget("a", owner)
        },
        NewWidget {
            allowed_origins: Json(many),
            ..widget("a", owner)
        },
    ] {
        let refused = widgets::add(conn, PROVINCE, &wrong);
        assert!(
            matches!(refused, Err(StoreError::Invalid(_))),
            "{wrong:?}: {refused:?}"
        );
    }
}

fn views_are_counted_by_day_and_form(db: &TestDb) {
    let conn = &mut db.conn();
    let (owner, stranger) = (agency(conn, "so-tu-phap"), agency(conn, "khac"));
    widgets::add(conn, PROVINCE, &widget("abc", owner)).unwrap();
    let day = |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
    let viewed = |widget: &str, form| Viewed {
        widget: widget.to_owned(),
        form,
    };
    let once = [
        (viewed("abc", Form::Element), 2),
        (viewed("", Form::Element), 9),
    ];
    views::record(conn, day(1), &once).unwrap();
    views::record(conn, day(2), &once).unwrap();
    views::record(conn, day(2), &[(viewed("abc", Form::Element), 3)]).unwrap();
    views::record(conn, day(2), &[(viewed("abc", Form::Frame), 1)]).unwrap();
    let mut counts = |scope: &Scope, since| -> Vec<(u32, String, i64)> {
        use chrono::Datelike as _;
        let rows = views::since(conn, scope, since).unwrap().into_iter();
        rows.map(|row| {
            (
                row.day.day(),
                format!("{}/{}", row.widget, row.form),
                row.count,
            )
        })
        .collect()
    };
    let named = |day, name: &str, count| (day, name.to_owned(), count);
    assert_eq!(
        counts(PROVINCE, day(1)),
        [
            named(2, "/element", 9),
            named(2, "abc/element", 5),
            named(2, "abc/frame", 1),
            named(1, "/element", 9),
            named(1, "abc/element", 2),
        ]
    );
    assert_eq!(
        counts(&Scope::Agency(owner), day(2)),
        [named(2, "abc/element", 5), named(2, "abc/frame", 1)]
    );
    assert_eq!(counts(&Scope::Agency(stranger), day(1)), []);
    assert_eq!(views::trim(conn, day(2)).unwrap(), 2);
}

fn a_script_is_kept_under_its_version(db: &TestDb) {
    let conn = &mut db.conn();
    scripts::keep(conn, "v1", "one", at(1)).unwrap();
    scripts::keep(conn, "v1", "other", at(2)).unwrap();
    assert_eq!(scripts::find(conn, "v1").unwrap().as_deref(), Some("one"));
    assert_eq!(scripts::find(conn, "v2").unwrap(), None);
}
