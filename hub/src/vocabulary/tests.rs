//! What the database's vocabulary promises to all who read.

use hub_repository::corrections::{self, NewCorrection};
use hub_repository::entries::{self, Kind, NewEntry};
use hub_repository::readings::{self, FieldBy};
use hub_repository::{Timestamp, category_mappings, instruments, revision, vocabularies};
use law::vocabulary as files;
use serde_json::json;

use super::{Current, VocabularyError, add, changes, newest};
use crate::harvest::readers::Readers;
use crate::ingest::{CategoryMappings, Readable, folded_category};
use crate::testing::{Hub, PROVINCE, entry};
use crate::work::reread::read_batch;

const LAND: &str = "Cấp giấy chứng nhận quyền sử dụng đất lần đầu";

#[tokio::test]
async fn a_new_database_begins_with_the_starting_vocabulary() {
    let hub = Hub::start().await;
    let (version, vocabulary) = hub.run(newest).await;
    assert_eq!(version, 1);
    assert!(vocabulary == files::starting().unwrap());
    assert_eq!(hub.run(newest).await.0, 1, "once");
    let old = hub
        .run(|conn| instruments::find(conn, "45-2013-qh13"))
        .await;
    let old = old.expect("the laws are known");
    assert_eq!(old.replaced_by.as_deref(), Some("31-2024-qh15"));
    assert!(old.replaced_on.is_some());
}

#[tokio::test]
async fn an_import_that_changes_nothing_has_no_changes() {
    let starting = files::starting().unwrap();
    let written = files::write(&starting);
    let again = files::read(&files::Files {
        taxonomy: written.taxonomy.as_bytes(),
        laws: written.laws.as_bytes(),
        synonyms: written.synonyms.as_bytes(),
        stopwords: written.stopwords.as_bytes(),
    });
    assert_eq!(changes(&starting, &again.unwrap()), []);
    let mut edited = starting.clone();
    edited.synonyms.remove(0);
    edited.fields[0].label.push('!');
    edited.stopwords.swap(0, 1);
    let found = changes(&starting, &edited);
    let parts: Vec<_> = found.iter().map(|changes| changes.part).collect();
    assert_eq!(parts, ["fields", "synonyms", "stopwords"]);
    assert_eq!(found[0].changed, [starting.fields[0].slug.clone()]);
    assert_eq!(found[1].removed.len(), 1);
    assert!(found[2].reordered);
}

#[tokio::test]
async fn what_counts_most_decides_the_field() {
    let hub = Hub::start().await;
    let current = hub.current().await;
    let mut delivered = [
        entry("rules", LAND, "Theo Điều 3 Luật Đất đai số 31/2024/QH15."),
        NewEntry {
            categories: vec!["Tin Tức".to_owned()],
            ..entry("mapped", LAND, "")
        },
        NewEntry {
            categories: vec!["Tin Tức".to_owned()],
            legal: json!({ "audiences": ["nong-dan", "nobody"] }),
            ..entry("declared", LAND, "")
        },
        NewEntry {
            legal: json!({ "field": "no-such-field" }),
            ..entry("unknown", "x", "")
        },
    ];
    let slugs = current.get().vocabulary().fields.clone();
    let other = slugs.iter().find(|field| field.slug != "dat-dai").unwrap();
    let declared = slugs.last().unwrap().slug.clone();
    delivered[2].legal["field"] = json!(declared);
    let mappings = [(folded_category("tin tức"), other.slug.clone())].into();
    for entry in &mut delivered {
        entry.reading = current.get().read(Readable::from(&*entry), &mappings);
    }
    let decided: Vec<_> = delivered
        .iter()
        .map(|entry| (entry.reading.field.as_deref(), entry.reading.field_by))
        .collect();
    assert_eq!(
        decided,
        [
            (Some("dat-dai"), Some(FieldBy::Rules)),
            (Some(&*other.slug), Some(FieldBy::Mapping)),
            (Some(&*declared), Some(FieldBy::Publisher)),
            (None, None),
        ]
    );
    assert_eq!(delivered[2].reading.audiences, ["nong-dan"]);
    let cited = &delivered[0].reading.citations;
    let places: Vec<_> = cited
        .iter()
        .map(|one| (&*one.instrument, &*one.article))
        .collect();
    assert_eq!(places, [("31-2024-qh15", "3")]);
}

#[tokio::test]
async fn a_document_has_its_record() {
    let hub = Hub::start().await;
    let current = hub.current().await;
    let decree = NewEntry {
        kind: Kind::Document,
        legal: json!({ "document": {
            "number": "28/2013/NĐ-CP", "document_type": "Nghị định", "issuer": "Chính phủ",
            "issued": "2013-04-04", "effective": "2013-05-27",
        } }),
        ..entry("decree", "Nghị định quy định chi tiết", "")
    };
    hub.store(&current, vec![decree]).await;
    let known = hub
        .run(|conn| instruments::find(conn, "28-2013-nd-cp"))
        .await;
    let known = known.unwrap();
    assert_eq!(
        (
            known.document_type.as_deref(),
            known.issuer.as_deref(),
            known.year
        ),
        (Some("nghi-dinh"), Some("Chính phủ"), Some(2013))
    );
    assert_eq!(known.entry_id, Some(hub.entries().await[0].id));
}

#[tokio::test]
async fn what_editors_decide_teaches_the_next_reading() {
    let hub = Hub::start().await;
    let current = hub.current().await;
    let unseen = || {
        let mut unseen = entry(
            "unseen",
            "Ngày hội thả diều sáo",
            "Diều sáo bay trên đê làng.",
        );
        unseen.identity.push('!');
        unseen
    };
    let read = |current: &Current| {
        let unseen = unseen();
        let reading = current
            .get()
            .read(Readable::from(&unseen), &CategoryMappings::default());
        reading.field
    };
    let (kites, oxen) = ("van-hoa-du-lich", "nong-lam-ngu");
    assert_eq!(read(&current), None, "no rule knows kites");

    let fields = current.get().vocabulary().fields.clone();
    for slug in [kites, oxen] {
        assert!(fields.iter().any(|field| field.slug == slug), "{slug}");
    }
    let about = |n: usize| match n % 2 {
        0 => entry(
            &format!("{n}"),
            &format!("Thả diều sáo lần {n}"),
            "Diều sáo vi vu trên đê.",
        ),
        _ => entry(
            &format!("{n}"),
            &format!("Chọi trâu lần {n}"),
            "Trâu chọi trong sới.",
        ),
    };
    hub.store(&current, (0..60).map(about).collect()).await;
    for stored in hub.entries().await {
        let field = if stored.title.contains("diều") {
            kites
        } else {
            oxen
        };
        hub.run(move |conn| {
            let decided = NewCorrection {
                field: Some(field),
                by: "editor",
                ..NewCorrection::default()
            };
            corrections::set(conn, PROVINCE, stored.id, &decided, Timestamp::now())
        })
        .await;
    }
    assert_eq!(read(&hub.current().await).as_deref(), Some(kites));
}

#[tokio::test]
async fn a_new_version_is_read_with_and_a_restart_goes_on() {
    let hub = Hub::start().await;
    let current = hub.current().await;
    let many = (0..450).map(|n| entry(&format!("{n}"), &format!("Bài {n}"), "lorem"));
    let special = entry("zoo", "Chuyện thả diều sáo trúc", "Chơi diều sáo ở làng.");
    hub.store(&current, many.chain([special]).collect()).await;
    assert_eq!(hub.reread(&current).await, 0);

    let (version, mut vocabulary) = hub.run(newest).await;
    let field = vocabulary.fields.last_mut().unwrap();
    let slug = field.slug.clone();
    field.keywords.push("diều sáo".to_owned());
    field.keywords.push("thả diều".to_owned());
    hub.run(move |conn| add(conn, version, &vocabulary, "diều sáo", ""))
        .await;
    let before = hub.run(revision::current).await;
    // One batch, and the hub is gone.
    let after = hub.current().await;
    assert_eq!(after.get().version(), 2);
    let first = read_batch(&hub.db, &Readers::default(), &after).await;
    assert_eq!(first.unwrap().read, 200);
    let left = hub
        .run(|conn| readings::expired_count(conn, PROVINCE, 2))
        .await;
    assert_eq!(left, 251);
    let restarted = hub.current().await;
    assert_eq!(hub.reread(&restarted).await, 1);
    let changed = hub
        .run(move |conn| entries::changed_since(conn, PROVINCE, before, 99))
        .await;
    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0].field, Some(slug));
}

#[tokio::test]
async fn a_mapping_is_minded_when_its_agency_is_read_again() {
    let hub = Hub::start().await;
    let current = hub.current().await;
    let delivered = NewEntry {
        categories: vec!["Hoạt động".to_owned()],
        ..entry("a", "Buổi gặp mặt đầu xuân", "")
    };
    hub.store(&current, vec![delivered]).await;
    let stored = hub.entries().await.remove(0);
    let slug = current.get().vocabulary().fields[0].slug.clone();
    let (agency, field) = (stored.agency_id, slug.clone());
    hub.run(move |conn| {
        let category = folded_category("HOẠT ĐỘNG");
        category_mappings::set(conn, PROVINCE, agency, &category, Some(&field))
    })
    .await;
    assert_eq!(hub.reread(&current).await, 1);
    assert_eq!(hub.entries().await[0].field, Some(slug));
    assert_eq!(hub.field_by(stored.id).await, Some(FieldBy::Mapping));
}

#[tokio::test]
async fn a_program_that_reads_otherwise_adds_a_version() {
    let hub = Hub::start().await;
    hub.run(|conn| {
        let written = files::write(&files::starting().map_err(VocabularyError::Rows)?);
        let old = vocabularies::NewVocabulary {
            reader: 0,
            taxonomy: &written.taxonomy,
            laws: &written.laws,
            synonyms: &written.synonyms,
            stopwords: &written.stopwords,
            note: "",
            created_at: Timestamp::now(),
            author: "",
        };
        vocabularies::add(conn, PROVINCE, 0, &old, &[])?;
        Ok::<_, VocabularyError>(())
    })
    .await;
    assert_eq!(hub.run(newest).await.0, 2);
    assert_eq!(hub.run(newest).await.0, 2);
}
