//! The console: who gets in, who stays out, and what a form needs to be taken.

mod letters;
mod lists;
mod second_factor;

use std::net::IpAddr;

use chrono::TimeDelta;
use hub_repository::api_tokens::{self, NewToken, TokenScope};
use hub_repository::audit::{self, Filter, Verdict};
use hub_repository::one_time_tokens::{self, Purpose};
use hub_repository::people::{self, NewMember, Person, Role};
use hub_repository::pins::{self, NewPin};
use hub_repository::sessions::{self, NewSession};
use hub_repository::{AgencyId, EntryId, NoticeId, SessionId, TokenId, notices};

use super::*;
use crate::access;
use crate::web::Peer;
use crate::web::console::audit::words;
use crate::web::console::routes;

mod agencies;
mod decisions;
mod feeds;
mod new_feed;
mod onboarding;
mod programs;
mod provider;
mod sources;
mod statistics;
mod vocabulary;
mod widgets;

const PASSWORD: &str = "bốn từ không liên quan";

/// A browser: it keeps the session's cookie.
struct Guest<'a> {
    hub: &'a TestHub,
    token: String,
    address: IpAddr,
}

impl Guest<'_> {
    fn stranger(hub: &TestHub) -> Guest<'_> {
        Guest {
            hub,
            token: String::new(),
            address: [192, 0, 2, 1].into(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], &[]).await
    }

    /// Sends a form with the token that belongs in it.
    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = credentials::derive("form", &self.token);
        let fields = [&[("phieu", token.as_str())], fields].concat();
        self.send(
            "POST",
            path,
            &fields,
            &[("origin", "https://phapluat.example")],
        )
        .await
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let mut request = Request::builder().method(method).uri(path);
        if !self.token.is_empty() {
            request = request.header("cookie", format!("a=b; __Host-loa={}", self.token));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from(body.finish())).unwrap();
        request.extensions_mut().insert(Peer(self.address));
        self.hub.send(request).await
    }

    /// Takes over what the answer sets.
    fn keep(&mut self, answer: &Answer) {
        let cookie = answer.header("set-cookie");
        let (pair, _) = cookie.split_once(';').unwrap();
        self.token = pair.strip_prefix("__Host-loa=").unwrap().to_owned();
    }
}

impl TestHub {
    async fn enrol(&self, email: &str, agency: Option<AgencyId>, role: Role) -> Person {
        let email = email.to_owned();
        let enrolled = self.app.db.run(move |conn| {
            let new = NewMember {
                email: &email,
                name: "Trần Thị Lan",
                agency,
                role,
            };
            people::enrol(conn, &Scope::Province, &new, Timestamp::now())
        });
        enrolled.await.unwrap()
    }

    /// A browser in which the person has signed in.
    async fn signed_in(&self, person: &Person) -> Guest<'_> {
        self.signed_in_before(person, TimeDelta::zero()).await
    }

    /// The same, so long ago.
    async fn signed_in_before(&self, person: &Person, ago: TimeDelta) -> Guest<'_> {
        let token = credentials::token();
        let (hash, person) = (credentials::derive("session", &token), person.id);
        let started = self.app.db.run(move |conn| {
            let new = NewSession {
                person,
                token_hash: &hash,
                former: None,
                user_agent: "",
                address: "",
            };
            sessions::start(conn, &new, Timestamp::now() + -ago)
        });
        started.await.unwrap();
        Guest {
            token,
            ..Guest::stranger(self)
        }
    }

    /// A token of the person, as it is sent.
    async fn token(
        &self,
        person: &Person,
        agency: Option<AgencyId>,
        scopes: &'static [TokenScope],
    ) -> (TokenId, String) {
        let token = credentials::token();
        let (hash, person) = (access::api_token_hash(&token), person.id);
        let issued = self.app.db.run_writing(move |conn| {
            let now = Timestamp::now();
            api_tokens::revoke_all(conn, person, now)?;
            let new = NewToken {
                person,
                agency,
                name: "Website",
                scopes,
                expires_at: now + TimeDelta::days(1),
                token_hash: &hash,
            };
            api_tokens::issue(conn, &new, now)
        });
        (issued.await.unwrap(), format!("Bearer {token}"))
    }

    /// What was changed, the first first; each of it has words in which the console tells it.
    async fn actions(&self) -> Vec<String> {
        let listed = self
            .app
            .db
            .run(|conn| audit::list(conn, &Scope::Province, &Filter::default(), 99));
        let listed = listed.await.unwrap();
        listed
            .into_iter()
            .rev()
            .map(|record| record.action)
            .inspect(|action| assert!(words::of(action).is_some(), "{action} has no words"))
            .collect()
    }

    async fn invite(&self, person: &Person) -> String {
        let token = credentials::token();
        let (hash, person) = (access::token_hash(&token), person.id);
        let issued = self.app.db.run(move |conn| {
            one_time_tokens::issue(conn, person, Purpose::Invitation, &hash, Timestamp::now())
        });
        issued.await.unwrap();
        format!("/console/moi/{token}")
    }

    fn agency(&self, slug: &str) -> AgencyId {
        self.app.snapshot().agency_by_slug(slug).unwrap().id
    }

    /// An old entry that has changed without a word, which is worth a notice.
    async fn change_silently(&self) -> NoticeId {
        let old = |title: &str| NewEntry {
            published_at: Some(Timestamp::now() + TimeDelta::days(-60)),
            ..entry("cu", title)
        };
        self.harvest(vec![old("Cũ")], &[]).await;
        self.harvest(vec![old("Mới")], &[]).await;
        let found = self
            .app
            .db
            .run(|conn| notices::list(conn, &Scope::Province, true, None, 1));
        found.await.unwrap()[0].id
    }
}

fn outcome(answer: &Answer) -> String {
    let location = answer.header("location");
    match answer.status.as_u16() {
        303 if location.starts_with("/console/dang-nhap?tiep=") => "sign in".to_owned(),
        status @ (403 | 404) => status.to_string(),
        200 | 303 | 400 | 401 | 409 => "yes".to_owned(),
        status => panic!("{status}: {}", answer.body),
    }
}

/// What `docs/access.md` says: an address, and what each column's person gets.
fn table(below: &str) -> Vec<(String, Vec<String>)> {
    let docs = include_str!("../../../../docs/access.md");
    let rows = docs.lines().filter(|line| {
        let address = line
            .strip_prefix("| `")
            .and_then(|line| line.split_once(' '));
        address.is_some_and(|(_, path)| path.starts_with(below))
    });
    rows.map(|row| {
        let mut cells = row
            .trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_owned());
        let address = cells.next().unwrap().trim_matches('`').to_owned();
        (address, cells.collect())
    })
    .collect()
}

#[tokio::test]
async fn every_address_answers_every_role_as_the_table_says() {
    let hub = TestHub::new().await;
    add_feed(&hub.app, "cong-an-tinh", "Công an tỉnh").await;
    let notice = hub.change_silently().await;
    let (own, other) = (hub.agency("so-tu-phap"), hub.agency("cong-an-tinh"));
    let editor = hub.enrol("e@stp.vn", Some(own), Role::AgencyEditor).await;
    let people = [
        Some(hub.enrol("a@tinh.vn", None, Role::ProvinceAdmin).await),
        Some(hub.enrol("b@tinh.vn", None, Role::ProvinceEditor).await),
        Some(hub.enrol("c@tinh.vn", None, Role::Auditor).await),
        Some(hub.enrol("d@stp.vn", Some(own), Role::AgencyAdmin).await),
        Some(editor.clone()),
        Some(hub.enrol("f@ca.vn", Some(other), Role::AgencyAdmin).await),
        None,
    ];
    let answer = hub.receive(b"<rss/>", "text/xml", Outcome::Stored).await;
    let table = table("/console");
    let documented: Vec<&str> = table.iter().map(|(address, _)| address.as_str()).collect();
    let routed: Vec<String> = routes()
        .iter()
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert_eq!(
        documented, routed,
        "docs/access.md has every address, in order"
    );
    let mut places = 0;
    for (address, expected) in &table {
        assert_eq!(expected.len(), people.len(), "{address}");
        let (method, path) = address.split_once(' ').unwrap();
        for (person, expected) in people.iter().zip(expected) {
            let mut guest = match person {
                Some(person) => hub.signed_in(person).await,
                None => Guest::stranger(&hub),
            };
            // Nobody is throttled for what others tried.
            places += 1;
            guest.address = std::net::Ipv4Addr::from_bits(places).into();
            let another = match person {
                Some(person) => another_session(&hub, person).await,
                None => SessionId(1),
            };
            let own_token = match person {
                Some(person) => hub.token(person, None, TokenScope::ALL).await.0,
                None => TokenId(1),
            };
            let email = format!("{}@x.vn", credentials::generate());
            let invited = hub.enrol(&email, None, Role::Auditor).await;
            let invitation = hub.invite(&invited).await;
            let pinned = hub.app.db.run(|conn| {
                let new = NewPin {
                    entry: EntryId(1),
                    since: None,
                    until: None,
                    label: "",
                };
                pins::pin(conn, &Scope::Province, &new, Timestamp::now())
            });
            pinned.await.unwrap();
            let path = path
                .replace("/console/moi/{token}", &invitation)
                .replace("{session}", &another.to_string())
                .replace("{token}", &own_token.to_string())
                .replace("{part}", "linh-vuc")
                .replace("{version}", "1")
                .replace("{agency}", "so-tu-phap")
                .replace("{feed}", &hub.feed.to_string())
                .replace("{entry}", "1")
                .replace("{notice}", &notice.to_string())
                .replace("{upload}", &hub.list_of_nobody().await)
                .replace("{answer}", &answer)
                .replace("{widget}", &hub.widget().await)
                .replace("{person}", &editor.id.to_string());
            let answered = if method == "GET" {
                guest.get(&path).await
            } else {
                guest.post(&path, &[("don-vi", "so-tu-phap")]).await
            };
            let who = person.as_ref().map_or("a stranger", |person| &person.email);
            assert_eq!(&outcome(&answered), expected, "{method} {path} as {who}");
            assert_eq!(answered.header("cache-control"), "no-store", "{path}");
            assert!(
                answered
                    .header("content-security-policy")
                    .starts_with("default-src 'none'")
            );
        }
    }
    let done = hub.actions().await;
    assert!(done.len() > 20, "what was allowed was done: {done:?}");
}

async fn another_session(hub: &TestHub, person: &Person) -> SessionId {
    hub.signed_in(person).await;
    let person = person.id;
    let listed = hub
        .app
        .db
        .run(move |conn| sessions::list(conn, person, Timestamp::now()));
    listed.await.unwrap()[0].id
}

#[tokio::test]
async fn an_invitation_leads_in_and_every_sign_in_has_a_session_of_its_own() {
    let hub = TestHub::new().await;
    let lan = hub.enrol("lan@tinh.vn", None, Role::ProvinceAdmin).await;
    let invitation = hub.invite(&lan).await;
    let mut guest = Guest::stranger(&hub);
    assert!(guest.get(&invitation).await.body.contains("lan@tinh.vn"));
    for (new, again, said) in [
        ("ngắn", "ngắn", "ít nhất 10"),
        (PASSWORD, "khác hẳn như thế", "không giống nhau"),
    ] {
        let answer = guest
            .post(&invitation, &[("mat-khau", new), ("mat-khau-lai", again)])
            .await;
        assert_eq!(answer.status, 400);
        assert!(answer.body.contains(said), "{}", answer.body);
    }
    let both = [("mat-khau", PASSWORD), ("mat-khau-lai", PASSWORD)];
    let answer = guest.post(&invitation, &both).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, "/console")
    );
    let cookie = answer.header("set-cookie");
    for part in [
        "__Host-loa=",
        "; Path=/;",
        "; HttpOnly",
        "; SameSite=Lax",
        "; Secure",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    guest.keep(&answer);
    assert_eq!(guest.get("/console").await.status, 200);
    assert_eq!(
        guest.post(&invitation, &both).await.status,
        404,
        "it works once"
    );

    let first = guest.token.clone();
    let right = [
        ("email", " LAN@tinh.vn"),
        ("mat-khau", PASSWORD),
        ("tiep", "/console/bai"),
    ];
    let answer = guest.post("/console/dang-nhap", &right).await;
    assert_eq!(answer.header("location"), "/console/bai");
    guest.keep(&answer);
    assert_ne!(guest.token, first);
    let before = Guest {
        token: first,
        ..Guest::stranger(&hub)
    };
    assert_eq!(
        outcome(&before.get("/console").await),
        "sign in",
        "the former one ended"
    );

    let answer = guest.post("/console/dang-xuat", &[]).await;
    assert!(
        answer.header("set-cookie").contains("__Host-loa=; ")
            && answer.header("set-cookie").contains("Max-Age=0")
    );
    assert_eq!(outcome(&guest.get("/console").await), "sign in");
    let away = [
        ("email", "lan@tinh.vn"),
        ("mat-khau", PASSWORD),
        ("tiep", "//evil.example/console"),
    ];
    let answer = guest.post("/console/dang-nhap", &away).await;
    assert_eq!(answer.header("location"), "/console");
}

#[tokio::test]
async fn who_guesses_waits_and_does_not_learn_who_is_there() {
    let hub = TestHub::new().await;
    hub.enrol("lan@tinh.vn", None, Role::ProvinceAdmin).await;
    let mut guest = Guest::stranger(&hub);
    let mut told = Vec::new();
    for email in ["lan@tinh.vn", "nobody@tinh.vn", "no address"] {
        let wrong = [("email", email), ("mat-khau", "sai sai sai sai")];
        let mut answers = Vec::new();
        for _ in 0..6 {
            let answer = guest.post("/console/dang-nhap", &wrong).await;
            answers.push((answer.status.as_u16(), answer.body.replace(email, "…")));
        }
        let statuses: Vec<u16> = answers.iter().map(|(status, _)| *status).collect();
        assert_eq!(statuses, [401, 401, 401, 401, 401, 429], "{email}");
        told.push(answers);
    }
    assert!(told[0][0].1.contains("hoặc mật khẩu không đúng"));
    assert!(
        told.iter().all(|answers| *answers == told[0]),
        "the same for all"
    );
    let wrong = [("email", "lan@tinh.vn"), ("mat-khau", "sai")];
    let answer = guest.post("/console/dang-nhap", &wrong).await;
    assert!(answer.header("retry-after").parse::<u64>().unwrap() <= 16 * 60);
    guest.address = [192, 0, 2, 7].into();
    let answer = guest.post("/console/dang-nhap", &wrong).await;
    assert_eq!(answer.status, 401, "somebody elsewhere is not locked out");
}

#[tokio::test]
async fn a_form_is_taken_from_its_own_session_and_page_only() {
    let hub = TestHub::new().await;
    let lan = hub.enrol("lan@tinh.vn", None, Role::ProvinceAdmin).await;
    let minh = hub.enrol("minh@tinh.vn", None, Role::ProvinceAdmin).await;
    let (guest, other) = (hub.signed_in(&lan).await, hub.signed_in(&minh).await);
    hub.harvest(vec![entry("a", "Luật Đất đai")], &[]).await;
    let token = |guest: &Guest<'_>| credentials::derive("form", &guest.token);
    let (own, foreign) = (token(&guest), token(&other));
    for (field, headers, status) in [
        ("", &[][..], 403),
        (&*foreign, &[], 403),
        (&*own, &[("origin", "https://evil.example")], 403),
        (&*own, &[("origin", "null")], 403),
        (&*own, &[("origin", "http://phapluat.example")], 403),
        (&*own, &[("sec-fetch-site", "cross-site")], 403),
        (&*own, &[("sec-fetch-site", "same-origin")], 303),
        (&*own, &[("origin", "https://phapluat.example")], 303),
    ] {
        let fields = [("phieu", field), ("bai", "1")];
        let answer = guest.send("POST", "/console/ghim", &fields, headers).await;
        assert_eq!(answer.status, status, "{headers:?}");
    }
    let answer = guest.send(
        "POST",
        "/console/dang-nhap",
        &[],
        &[("origin", "https://evil.example")],
    );
    assert_eq!(
        answer.await.status,
        403,
        "nobody is signed in as somebody else"
    );
    for token in [
        "",
        "x",
        &"0".repeat(64),
        &guest.token.to_uppercase(),
        &guest.token[1..],
    ] {
        let forged = Guest {
            token: token.to_owned(),
            ..Guest::stranger(&hub)
        };
        assert_eq!(outcome(&forged.get("/console").await), "sign in", "{token}");
    }
    let large = "x".repeat(80_000);
    let answer = guest.post("/console/ghim", &[("bai", &large)]).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn the_second_of_two_editors_sees_what_the_first_decided() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Bài")], &[]).await;
    let own = hub.agency("so-tu-phap");
    let lan = hub.enrol("lan@stp.vn", Some(own), Role::AgencyEditor).await;
    let guest = hub.signed_in(&lan).await;
    let decide = |field| [("linh-vuc", field), ("phien-ban", "")];
    let path = "/console/bai/1/phan-loai";
    assert_eq!(guest.post(path, &decide("dat-dai")).await.status, 303);
    let second = guest.post(path, &decide("hinh-su")).await;
    assert_eq!(second.status, 409);
    assert!(
        second.body.contains("đã quyết định “Đất đai”"),
        "{}",
        second.body
    );
    assert!(
        second.body.contains("<option value=\"hinh-su\" selected>"),
        "the choice is kept"
    );
    assert_eq!(guest.post(path, &decide("khong-co")).await.status, 400);
    let records = hub
        .app
        .db
        .run(|conn| audit::list(conn, &Scope::Province, &Filter::default(), 9));
    let records = records.await.unwrap();
    assert_eq!(records.len(), 1, "what was refused changed nothing");
    assert_eq!(records[0].action, "entry.classify");
    assert_eq!(
        (&*records[0].name, &*records[0].address),
        ("Trần Thị Lan", "192.0.2.1")
    );
    let verdict = hub.app.db.run(|conn| audit::verify(conn, |_| {})).await;
    assert!(matches!(
        verdict.unwrap(),
        Verdict::Whole { records: 1, .. }
    ));
}

#[tokio::test]
async fn people_are_managed_within_the_own_walls() {
    let hub = TestHub::new().await;
    add_feed(&hub.app, "cong-an-tinh", "Công an tỉnh").await;
    hub.harvest(vec![entry("a", "Bài")], &[]).await;
    let (own, other) = (hub.agency("so-tu-phap"), hub.agency("cong-an-tinh"));
    let lan = hub.enrol("lan@stp.vn", Some(own), Role::AgencyAdmin).await;
    let boss = hub.enrol("boss@tinh.vn", None, Role::ProvinceAdmin).await;
    let id = boss.id;
    let set = hub
        .app
        .db
        .run(move |conn| people::set_password(conn, id, "hash"));
    set.await.unwrap();
    let guest = hub.signed_in(&lan).await;
    let invite = |agency, role| {
        [
            ("ten", "Minh"),
            ("email", "minh@stp.vn"),
            ("don-vi", agency),
            ("vai-tro", role),
        ]
    };
    let path = "/console/nguoi-dung";
    for (agency, role, status) in [
        ("cong-an-tinh", "agency-editor", 404),
        ("", "province-admin", 403),
        ("so-tu-phap", "province-admin", 400),
        ("so-tu-phap", "king", 400),
        ("so-tu-phap", "agency-editor", 200),
        // Sent twice.
        ("so-tu-phap", "agency-editor", 409),
    ] {
        let answer = guest.post(path, &invite(agency, role)).await;
        assert_eq!(answer.status, status, "{agency} {role}");
        assert_eq!(
            answer
                .body
                .contains("https://phapluat.example/console/moi/"),
            status == 200
        );
    }
    let minh = hub
        .enrol("minh@stp.vn", Some(other), Role::AgencyEditor)
        .await;
    let again = format!("{path}/{}/moi-lai", minh.id);
    let answer = guest.post(&again, &[]).await;
    assert_eq!(
        answer.status, 403,
        "who works elsewhere too is not taken over from here"
    );

    // Invited by the province, not come yet.
    hub.enrol("chief@tinh.vn", None, Role::ProvinceAdmin).await;
    let mut taken = invite("so-tu-phap", "agency-editor");
    taken[1].1 = "chief@tinh.vn";
    let answer = guest.post(path, &taken).await;
    assert_eq!(
        answer.status, 409,
        "only the province adds a part to an account that others have"
    );
    let chief = hub
        .app
        .db
        .run(|conn| people::find_by_email(conn, &Scope::Province, "chief@tinh.vn"));
    let chief = chief.await.unwrap().unwrap();
    let answer = guest
        .post(&format!("{path}/{}/moi-lai", chief.id), &[])
        .await;
    assert_eq!(answer.status, 404);

    let boss_guest = hub.signed_in(&boss).await;
    assert_eq!(boss_guest.post(&again, &[]).await.status, 200);
    let version = chief.version.to_string();
    let locked = [("phien-ban", version.as_str())];
    let lock = format!("{path}/{}/khoa", chief.id);
    assert_eq!(boss_guest.post(&lock, &locked).await.status, 303);
    let version = boss.version.to_string();
    let resign = [("phien-ban", version.as_str()), ("bo", "1")];
    let answer = boss_guest
        .post(&format!("{path}/{}/vai-tro", boss.id), &resign)
        .await;
    assert_eq!(answer.status, 409, "somebody must stay");
    let locked = [("phien-ban", "1")];
    let answer = boss_guest
        .post(&format!("{path}/{}/khoa", lan.id), &locked)
        .await;
    assert_eq!(answer.status, 409, "somebody has changed it meanwhile");
    let version = lan.version.to_string();
    let locked = [("phien-ban", version.as_str())];
    let answer = boss_guest
        .post(&format!("{path}/{}/khoa", lan.id), &locked)
        .await;
    assert_eq!(answer.status, 303);
    assert_eq!(
        outcome(&guest.get("/console").await),
        "sign in",
        "out at once"
    );
}

#[tokio::test]
async fn lists_are_searched_without_accents_and_kept_as_files() {
    let hub = TestHub::new().await;
    add_feed(&hub.app, "cong-an-tinh", "Công an tỉnh").await;
    hub.harvest(vec![entry("a", "Đất đai ở xã"), entry("b", "=Cư trú")], &[])
        .await;
    let own = hub.agency("so-tu-phap");
    let admin = hub.enrol("d@stp.vn", Some(own), Role::AgencyAdmin).await;
    let other = hub.agency("cong-an-tinh");
    hub.enrol("f@ca.vn", Some(other), Role::AgencyAdmin).await;
    let guest = hub.signed_in(&admin).await;
    let found = guest.get("/console/bai?tim=dat+dai").await.body;
    assert!(found.contains("Đất đai ở xã") && !found.contains("Cư trú"));
    let csv = guest.get("/console/bai?xuat=csv").await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert!(csv.header("content-disposition").starts_with("attachment"));
    let lines: Vec<&str> = csv.body.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines.iter().any(|line| line.contains("'=Cư trú")),
        "{lines:?}"
    );
    let people = guest.get("/console/nguoi-dung?xuat=csv").await.body;
    assert!(people.contains("d@stp.vn") && !people.contains("f@ca.vn"));
    let workbook = guest.get("/console/nguoi-dung?tim=LAN&xuat=xlsx").await;
    assert!(workbook.header("content-type").contains("spreadsheetml"));
    let wrong = guest.get("/console/bai?xuat=pdf").await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.body.contains("csv, xlsx"));
}
