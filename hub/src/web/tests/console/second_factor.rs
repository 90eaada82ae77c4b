//! The second step of signing in: it cannot be left out, guessed or used twice.

use credentials::totp;
use hub_repository::second_factors;

use super::*;
use crate::sealed;

const CODE: &str = "/console/dang-nhap/ma";
const FACTOR: &str = "/console/tai-khoan/hai-buoc";

impl TestHub {
    async fn with_password(&self, email: &str, role: Role) -> Person {
        let person = self.enrol(email, None, role).await;
        let (id, hash) = (person.id, credentials::hash(PASSWORD).unwrap());
        let set = self
            .app
            .db
            .run(move |conn| people::set_password(conn, id, &hash));
        set.await.unwrap();
        person
    }
}

/// The cookie of this name that an answer sets.
fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let cookies = answer.headers.get_all("set-cookie").iter();
    let pair = cookies
        .filter_map(|cookie| cookie.to_str().unwrap().split(';').next())
        .find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    pair.filter(|value| !value.is_empty()).map(str::to_owned)
}

/// Proves the password; what the second step is proven with.
async fn first_step(guest: &Guest<'_>, email: &str) -> String {
    let fields = [
        ("email", email),
        ("mat-khau", PASSWORD),
        ("tiep", "/console/bai"),
    ];
    let answer = guest.post("/console/dang-nhap", &fields).await;
    let location = answer.header("location");
    assert_eq!(location, format!("{CODE}?tiep=%2Fconsole%2Fbai"));
    assert_eq!(cookie(&answer, "__Host-loa"), None, "not in yet");
    cookie(&answer, "__Host-loa-2").unwrap()
}

async fn second_step(guest: &Guest<'_>, pending: &str, code: &str) -> Answer {
    let cookie = format!("__Host-loa-2={pending}");
    let fields = [("ma", code), ("tiep", "/console/bai")];
    let headers = [
        ("cookie", cookie.as_str()),
        ("origin", "https://phapluat.example"),
    ];
    guest.send("POST", CODE, &fields, &headers).await
}

fn step() -> i64 {
    chrono::Utc::now().timestamp() / 30
}

/// Sets the second factor up; its secret, and the recovery codes.
async fn set_up(guest: &Guest<'_>) -> (String, Vec<String>) {
    let page = guest.get(FACTOR).await.body;
    assert!(page.contains("<svg"), "{page}");
    let (_, after) = page.split_once("name=\"bi-mat\" value=\"").unwrap();
    let secret = after.split('"').next().unwrap().to_owned();
    let right = totp::code_of(&secret, step()).unwrap();
    for (code, password, said) in [
        ("000", PASSWORD, "Mã không đúng"),
        (&*right, "sai sai sai sai", "Mật khẩu hiện tại không đúng"),
    ] {
        let fields = [("bi-mat", &*secret), ("ma", code), ("mat-khau", password)];
        let answer = guest.post(FACTOR, &fields).await;
        assert_eq!(answer.status, 400);
        assert!(answer.body.contains(said), "{}", answer.body);
        assert!(answer.body.contains(&secret), "what was scanned stays");
    }
    let fields = [
        ("bi-mat", &*secret),
        ("ma", &*right),
        ("mat-khau", PASSWORD),
    ];
    let answer = guest.post(FACTOR, &fields).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let codes = codes(&answer.body);
    assert_eq!(codes.len(), 10);
    (secret, codes)
}

fn codes(page: &str) -> Vec<String> {
    let codes = page.split("<li><code>").skip(1);
    codes
        .map(|code| code.split('<').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn with_a_second_factor_a_password_is_half_the_way_in() {
    let hub = TestHub::new().await;
    let lan = hub.with_password("lan@tinh.vn", Role::ProvinceAdmin).await;
    let (guest, other) = (hub.signed_in(&lan).await, hub.signed_in(&lan).await);
    let (secret, codes) = set_up(&guest).await;
    assert_eq!(outcome(&other.get("/console").await), "sign in");
    assert!(guest.get(FACTOR).await.body.contains("Còn 10 mã"));

    let stranger = Guest::stranger(&hub);
    let pending = first_step(&stranger, "lan@tinh.vn").await;
    for forged in ["", &"0".repeat(64), &guest.token] {
        let answer = second_step(&stranger, forged, "000000").await;
        assert_eq!(answer.header("location"), "/console/dang-nhap", "{forged}");
    }
    // Far enough ahead of the step that set it up, and of the clock at the end of this test.
    let next = totp::code_of(&secret, step() + 1).unwrap();
    let answer = second_step(&stranger, &pending, &next).await;
    assert_eq!(answer.header("location"), "/console/bai");
    let session = cookie(&answer, "__Host-loa").unwrap();
    let inside = Guest {
        token: session,
        ..Guest::stranger(&hub)
    };
    assert_eq!(inside.get("/console").await.status, 200);
    let answer = second_step(&stranger, &pending, &codes[0]).await;
    assert_eq!(
        answer.header("location"),
        "/console/dang-nhap",
        "the first step counts once"
    );

    let pending = first_step(&stranger, "lan@tinh.vn").await;
    let answer = second_step(&stranger, &pending, &next).await;
    assert_eq!(answer.status, 401, "a code is taken once");
    let typed = codes[0].to_uppercase().replace('-', " ");
    let answer = second_step(&stranger, &pending, &typed).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let pending = first_step(&stranger, "lan@tinh.vn").await;
    let answer = second_step(&stranger, &pending, &codes[0]).await;
    assert_eq!(answer.status, 401, "a recovery code too");
    assert!(guest.get(FACTOR).await.body.contains("Còn 9 mã"));
    let actions = hub.actions().await;
    for action in ["person.set-second-factor", "person.use-recovery-code"] {
        assert!(actions.iter().any(|found| found == action), "{actions:?}");
    }
}

/// Whoever reads the database or a back-up of it can't compute the codes.
#[tokio::test]
async fn a_secret_is_sealed_where_it_is_stored() {
    let hub = TestHub::new().await;
    let lan = hub.with_password("lan@tinh.vn", Role::ProvinceAdmin).await;
    let (secret, codes) = set_up(&hub.signed_in(&lan).await).await;
    let (id, db) = (lan.id, &hub.app.db);
    let stored = async || {
        let found = db.run(move |conn| second_factors::secret(conn, id));
        found.await.unwrap().unwrap()
    };
    let sealed = stored().await;
    assert!(sealed.starts_with("sealed-1:"), "{sealed}");

    // As a hub stored it that knew of no key.
    let (from, to) = (sealed.clone(), secret.clone());
    let exchanged = db.run(move |conn| second_factors::exchange(conn, id, &from, &to));
    exchanged.await.unwrap();
    let file = &hub.app.config.secret_key_file;
    assert!(sealed::prepare(file, db).await.unwrap().is_some());
    let again = stored().await;
    assert!(again.starts_with("sealed-1:") && again != sealed, "{again}");
    let stranger = Guest::stranger(&hub);
    let pending = first_step(&stranger, "lan@tinh.vn").await;
    let next = totp::code_of(&secret, step() + 1).unwrap();
    let answer = second_step(&stranger, &pending, &next).await;
    assert_eq!(answer.header("location"), "/console/bai");

    // Where the key is lost the hub serves, and makes no other by itself.
    std::fs::remove_file(file).unwrap();
    assert!(sealed::prepare(file, db).await.unwrap().is_none());
    assert!(!file.exists());
    // With another one recovery codes are what is left.
    std::fs::write(file, "0".repeat(64)).unwrap();
    let other = sealed::prepare(file, db).await.unwrap().unwrap();
    assert!(other.open("", &again).is_err());
    let pending = first_step(&stranger, "lan@tinh.vn").await;
    let answer = second_step(&stranger, &pending, &codes[0]).await;
    assert_eq!(answer.status, 303);
}

#[tokio::test]
async fn who_has_the_password_guesses_five_codes_from_wherever() {
    let hub = TestHub::new().await;
    let lan = hub.with_password("lan@tinh.vn", Role::ProvinceAdmin).await;
    let (_, codes) = set_up(&hub.signed_in(&lan).await).await;
    for number in 0..6_u8 {
        let mut stranger = Guest::stranger(&hub);
        stranger.address = [192, 0, 2, number].into();
        let pending = first_step(&stranger, "lan@tinh.vn").await;
        let answer = second_step(&stranger, &pending, "123").await;
        let expected = if number < 5 { 401 } else { 429 };
        assert_eq!(answer.status, expected);
        if number == 5 {
            let answer = second_step(&stranger, &pending, &codes[0]).await;
            assert_eq!(answer.status, 429, "and waits");
        }
    }
}

#[tokio::test]
async fn a_link_for_a_new_password_does_not_lead_past_the_second_step() {
    let hub = TestHub::new().await;
    let lan = hub.with_password("lan@tinh.vn", Role::ProvinceAdmin).await;
    set_up(&hub.signed_in(&lan).await).await;
    let link = hub.invite(&lan).await;
    let both = [("mat-khau", PASSWORD), ("mat-khau-lai", PASSWORD)];
    let answer = Guest::stranger(&hub).post(&link, &both).await;
    assert!(answer.header("location").starts_with(CODE));
    assert_eq!(cookie(&answer, "__Host-loa"), None);
}

#[tokio::test]
async fn a_second_factor_goes_with_the_password_or_by_the_provinces_hand() {
    let hub = TestHub::new().await;
    let lan = hub.with_password("lan@tinh.vn", Role::ProvinceAdmin).await;
    let minh = hub
        .with_password("minh@tinh.vn", Role::ProvinceEditor)
        .await;
    let (lan_guest, minh_guest) = (hub.signed_in(&lan).await, hub.signed_in(&minh).await);
    set_up(&lan_guest).await;
    let (_, old) = set_up(&minh_guest).await;
    let right = [("mat-khau", PASSWORD)];

    let renew = format!("{FACTOR}/ma");
    assert_eq!(minh_guest.post(&renew, &[]).await.status, 400);
    let new = codes(&minh_guest.post(&renew, &right).await.body);
    assert!(new.len() == 10 && new.iter().all(|code| !old.contains(code)));
    let stranger = Guest::stranger(&hub);
    let pending = first_step(&stranger, "minh@tinh.vn").await;
    assert_eq!(second_step(&stranger, &pending, &old[1]).await.status, 401);

    let own = format!("/console/nguoi-dung/{}/bo-hai-buoc", lan.id);
    assert_eq!(
        lan_guest.post(&own, &[]).await.status,
        403,
        "needs the password"
    );
    let minhs = format!("/console/nguoi-dung/{}/bo-hai-buoc", minh.id);
    let page = lan_guest
        .get(&format!("/console/nguoi-dung/{}", minh.id))
        .await;
    assert!(page.body.contains("bo-hai-buoc"), "{}", page.body);
    assert_eq!(lan_guest.post(&minhs, &[]).await.status, 303);
    let answer = second_step(&stranger, &pending, &new[0]).await;
    assert_eq!(answer.header("location"), "/console/dang-nhap", "over");
    let off = format!("{FACTOR}/tat");
    assert_eq!(lan_guest.post(&off, &[]).await.status, 400);
    assert_eq!(lan_guest.post(&off, &right).await.status, 303);
    for person in [lan.id, minh.id] {
        let found = hub
            .app
            .db
            .run(move |conn| second_factors::standing(conn, person));
        assert_eq!(found.await.unwrap(), None);
    }
    let dropped = hub.actions().await;
    let dropped = dropped
        .iter()
        .filter(|action| *action == "person.drop-second-factor");
    assert_eq!(dropped.count(), 2);
}
