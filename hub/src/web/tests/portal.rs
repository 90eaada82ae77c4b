//! The portal's pages: what stands where, and what they say to machines.

use chrono::{Datelike as _, TimeDelta, Utc};
use hub_repository::entries::{Kind, NewEntry};
use hub_repository::legal_services::{self, LegalService, ServiceKind};
use hub_repository::{EntryId, Scope, Timestamp, pins};
use serde_json::{Value, json};

use super::{TestHub, entry};
use crate::publish::local;
use crate::work;

/// The things that a page describes in JSON-LD, by their type.
fn things(page: &str) -> Vec<(String, Value)> {
    let written = page
        .split("<script type=\"application/ld+json\">")
        .skip(1)
        .map(|rest| rest.split("</script>").next().unwrap());
    written
        .map(|text| {
            let thing: Value = serde_json::from_str(text).unwrap();
            (thing["@type"].as_str().unwrap().to_owned(), thing)
        })
        .collect()
}

fn thing(page: &str, name: &str) -> Value {
    let found = things(page).into_iter().find(|(kind, _)| kind == name);
    found.unwrap_or_else(|| panic!("no {name} in {page}")).1
}

/// An entry about land, for farmers who want a title to theirs.
fn about_land(identity: &str, title: &str, kind: Kind) -> NewEntry {
    let mut entry = entry(identity, title);
    entry.kind = kind;
    entry.reading.field = Some("dat-dai".to_owned());
    entry.reading.audiences = vec!["nong-dan".to_owned()];
    entry.reading.situations = vec!["lam-so-do-lan-dau".to_owned()];
    entry
}

fn event(identity: &str, title: &str, starts: Timestamp) -> NewEntry {
    let date = json!({"at": starts.to_utc(), "precision": "minute"});
    NewEntry {
        kind: Kind::Event,
        starts_at: Some(starts),
        legal: json!({"kind": "event", "event": {"starts": date, "place": "Nhà văn hóa"}}),
        ..entry(identity, title)
    }
}

#[tokio::test]
async fn an_entry_stands_on_the_pages_of_its_topics_and_kind() {
    let hub = TestHub::new().await;
    let entries = vec![
        about_land("a", "Cấp sổ đỏ lần đầu ở đâu?", Kind::Qa),
        about_land("b", "Anh Ba làm sổ đỏ", Kind::Situation),
        entry("c", "Đăng ký kết hôn"),
    ];
    hub.harvest(entries, &[]).await;
    for path in [
        "/linh-vuc/dat-dai",
        "/doi-tuong/nong-dan",
        "/tinh-huong/lam-so-do-lan-dau",
    ] {
        let page = hub.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        for title in ["Cấp sổ đỏ lần đầu ở đâu?", "Anh Ba làm sổ đỏ"] {
            assert!(page.body.contains(title), "{title} on {path}");
        }
        assert!(!page.body.contains("Đăng ký kết hôn"), "{path}");
        let above = thing(&page.body, "BreadcrumbList");
        let part = path.rsplit_once('/').unwrap().0;
        let own = format!("https://phapluat.example{part}");
        assert_eq!(above["itemListElement"][0]["item"], own);
    }
    for (path, title) in [
        ("/hoi-dap", "Cấp sổ đỏ lần đầu ở đâu?"),
        ("/tin-tuc", "Đăng ký kết hôn"),
    ] {
        let page = hub.get(path).await;
        assert!(page.body.contains(title), "{title} on {path}");
        assert!(!page.body.contains("Anh Ba làm sổ đỏ"), "{path}");
    }
    // Every topic of the vocabulary has a page, also one without entries, and no other has.
    for (path, status) in [
        ("/linh-vuc/ma-tuy", 200),
        ("/linh-vuc/khong-co", 404),
        ("/doi-tuong/khong-co", 404),
        ("/tinh-huong/dat-dai", 404),
        ("/tinh-huong/%00", 404),
    ] {
        assert_eq!(hub.get(path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_kinds_page_goes_on_to_the_oldest() {
    let hub = TestHub::new().await;
    let now = Utc::now();
    let questions = (0..45).map(|number| NewEntry {
        kind: Kind::Qa,
        published_at: Some((now - TimeDelta::hours(number)).into()),
        ..entry(
            &format!("q{number}"),
            &format!("Câu hỏi số {number} là gì?"),
        )
    });
    hub.harvest(questions.collect(), &[]).await;
    let mut next = Some("/hoi-dap".to_owned());
    let mut titles = Vec::new();
    while let Some(path) = next {
        let page = hub.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        let named = page.body.split("\">Câu hỏi số ").skip(1);
        titles.extend(named.map(|rest| rest.split(' ').next().unwrap().parse::<i64>().unwrap()));
        let link = page.body.split("rel=\"next\" href=\"").nth(1);
        next = link.map(|rest| rest.split('"').next().unwrap().to_owned());
    }
    assert_eq!(titles, (0..45).collect::<Vec<_>>());
    assert_eq!(hub.get("/hoi-dap?truoc=x").await.status, 400);
}

#[tokio::test]
async fn the_calendar_shows_a_month() {
    let hub = TestHub::new().await;
    let soon = Utc::now() + TimeDelta::hours(1);
    let day = local(soon);
    let old = "2026-03-05T01:00:00Z"
        .parse::<chrono::DateTime<Utc>>()
        .unwrap();
    let entries = vec![
        event("a", "Phiên tòa giả định", soon.into()),
        event("b", "Hội thi hòa giải", old.into()),
    ];
    hub.harvest(entries, &[]).await;
    let month = format!("/su-kien?thang={}-{:02}", day.year(), day.month());
    let page = hub.get(&month).await;
    assert!(page.body.contains("Phiên tòa giả định") && page.body.contains("Nhà văn hóa"));
    assert!(
        page.body
            .contains(&format!("href=\"#ngay-{}\"", day.date_naive()))
    );
    assert!(!page.body.contains("Hội thi hòa giải"));
    let march = hub.get("/su-kien?thang=2026-03").await;
    assert!(march.body.contains("Hội thi hòa giải") && march.body.contains("08:00"));
    assert!(
        hub.get("/").await.body.contains("Phiên tòa giả định"),
        "it is to come"
    );
    for wrong in ["2026-13", "hom-nay", "99999-01"] {
        let answer = hub.get(&format!("/su-kien?thang={wrong}")).await;
        assert_eq!(answer.status, 400, "{wrong}");
        assert!(answer.body.contains("2026-11"), "it says what is expected");
    }
}

#[tokio::test]
async fn machines_read_what_an_entry_is() {
    let hub = TestHub::new().await;
    let hostile = "Hỏi </script><script>alert(1)</script>?";
    let question = NewEntry {
        legal: json!({"kind": "qa", "question": hostile}),
        body_html: "<p>Trả lời: đến UBND xã.</p>".to_owned(),
        url: Some("https://stp.example/1".to_owned()),
        ..about_land("a", "Hỏi về sổ đỏ", Kind::Qa)
    };
    hub.harvest(vec![question, entry("b", "Tin mới")], &[])
        .await;
    let page = hub.get("/bai/1/hoi-ve-so-do").await;
    let about = thing(&page.body, "QAPage");
    assert_eq!(about["mainEntity"]["text"], hostile);
    assert_eq!(
        about["mainEntity"]["acceptedAnswer"]["text"],
        "Trả lời: đến UBND xã."
    );
    assert_eq!(about["publisher"]["name"], "Sở Tư pháp");
    for said in [
        "<link rel=\"canonical\" href=\"https://stp.example/1\">",
        "<meta property=\"og:url\" content=\"https://phapluat.example/bai/1/hoi-ve-so-do\">",
        "<meta name=\"DC.publisher\" content=\"Sở Tư pháp\">",
    ] {
        assert!(page.body.contains(said), "{said}");
    }
    assert!(
        things(&hub.get("/bai/2/tin-moi").await.body)
            .iter()
            .any(|(kind, _)| kind == "NewsArticle")
    );
    let agency = hub.get("/don-vi/so-tu-phap").await;
    assert_eq!(
        thing(&agency.body, "GovernmentOrganization")["name"],
        "Sở Tư pháp"
    );
    let site = thing(&hub.get("/").await.body, "WebSite");
    let search = site["potentialAction"]["target"]["urlTemplate"]
        .as_str()
        .unwrap();
    assert!(
        search.starts_with("https://phapluat.example/tim-kiem?q="),
        "{search}"
    );
    let code = hub.get("/bai/1/ma-qr.svg").await;
    assert_eq!(code.header("content-type"), "image/svg+xml");
    assert!(code.body.starts_with("<svg"), "{}", code.body);
    assert_eq!(hub.get("/bai/99/ma-qr.svg").await.status, 404);
}

#[tokio::test]
async fn an_entry_leads_to_others_about_the_same() {
    let hub = TestHub::new().await;
    let mut entries: Vec<NewEntry> = (0..9)
        .map(|number| {
            about_land(
                &format!("l{number}"),
                &format!("Sổ đỏ phần {number}"),
                Kind::Qa,
            )
        })
        .collect();
    entries.push(entry("m", "Đăng ký kết hôn"));
    hub.harvest(entries, &[]).await;
    let page = hub.get("/bai/1/so-do-phan-0").await;
    let related = page.body.split("id=\"lien-quan\"").nth(1).unwrap();
    assert_eq!(related.matches("Sổ đỏ phần ").count(), 5);
    assert!(!related.contains("Sổ đỏ phần 0<") && !related.contains("Đăng ký kết hôn"));
}

#[tokio::test]
async fn what_the_province_puts_in_front_stands_there() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Tin nổi bật"), entry("b", "Tin khác")], &[])
        .await;
    assert!(!hub.get("/").await.body.contains("id=\"noi-bat\""));
    let pinned = hub.app.db.run(|conn| {
        let new = pins::NewPin {
            entry: EntryId(1),
            since: None,
            until: None,
            label: "Ngày Pháp luật 9/11",
        };
        pins::pin(conn, &Scope::Province, &new, Timestamp::now())
    });
    pinned.await.unwrap();
    work::follow_once(&hub.app).await.unwrap();
    let front = hub.get("/").await.body;
    let front = front
        .split("id=\"noi-bat\"")
        .nth(1)
        .expect("a part of its own");
    assert!(
        front
            .split("</section>")
            .next()
            .unwrap()
            .contains("Tin nổi bật")
    );
    assert!(front.contains("Ngày Pháp luật 9/11"));
}

#[tokio::test]
async fn who_helps_is_found_by_commune_without_accents() {
    let hub = TestHub::new().await;
    let service = |kind, name: &str, area: &str, phone: Option<&str>| LegalService {
        kind,
        name: name.to_owned(),
        area: area.to_owned(),
        address: None,
        phone: phone.map(str::to_owned),
        email: None,
        hours: None,
        note: None,
    };
    let directory = vec![
        service(
            ServiceKind::Mediation,
            "Tổ hòa giải thôn 1",
            "Xã Thọ Xuân",
            Some("0237 385 1225"),
        ),
        service(
            ServiceKind::LegalAid,
            "Chi nhánh số 2",
            "Phường Đông Sơn",
            None,
        ),
    ];
    let store = hub
        .app
        .db
        .run(move |conn| legal_services::replace(conn, &Scope::Province, &directory));
    store.await.unwrap();
    work::follow_once(&hub.app).await.unwrap();
    let all = hub.get("/tro-giup-phap-ly").await.body;
    assert!(
        all.find("Phường Đông Sơn") < all.find("Xã Thọ Xuân"),
        "by the alphabet"
    );
    assert!(all.contains("href=\"tel:02373851225\""));
    let found = hub.get("/tro-giup-phap-ly?ten=dong+son").await.body;
    assert!(found.contains("Chi nhánh số 2") && !found.contains("Tổ hòa giải thôn 1"));
    let found = hub.get("/tro-giup-phap-ly?loai=hoa-giai").await.body;
    assert!(!found.contains("Chi nhánh số 2") && found.contains("Tổ hòa giải thôn 1"));
    let none = hub.get("/tro-giup-phap-ly?ten=%3Cb%3E").await;
    assert_eq!(none.status, 200);
    assert!(none.body.contains("“&#60;b&#62;”"), "{}", none.body);
    assert_eq!(hub.get("/tro-giup-phap-ly?loai=x").await.status, 400);
}

#[tokio::test]
async fn agencies_are_found_by_name_without_accents() {
    let hub = TestHub::new().await;
    work::follow_once(&hub.app).await.unwrap();
    let listed = hub.get("/don-vi?ten=tu+phap").await.body;
    assert!(listed.contains("href=\"/don-vi/so-tu-phap\""));
    let none = hub.get("/don-vi?ten=y+te").await.body;
    assert!(!none.contains("href=\"/don-vi/so-tu-phap\""));
}

#[tokio::test]
async fn figures_count_what_is_published() {
    let hub = TestHub::new().await;
    let mut entries = vec![
        about_land("a", "Một", Kind::Qa),
        about_land("b", "Hai", Kind::Qa),
    ];
    entries.push(entry("c", "Ba"));
    hub.harvest(entries, &[]).await;
    let page = hub.get("/thong-ke").await.body;
    let row = |table: &str, label: &str| {
        let table = page.split(&format!("id=\"{table}\"")).nth(1).unwrap();
        let table = table.split("</table>").next().unwrap();
        let row = table
            .split(&format!(">{label}<"))
            .nth(1)
            .unwrap_or_else(|| panic!("{label}"));
        let number = row.split("<td class=\"number\">").nth(1).unwrap();
        number.split('<').next().unwrap().parse::<u32>().unwrap()
    };
    assert_eq!(row("loai", "Hỏi đáp"), 2);
    assert_eq!(row("linh-vuc", "Đất đai"), 2);
    assert_eq!(row("doi-tuong", "Nông dân"), 2);
    assert_eq!(row("co-quan", "Sở Tư pháp"), 3);
    let today = local(Utc::now());
    assert_eq!(
        row("thang", &format!("{}/{}", today.month(), today.year())),
        3
    );
}
