//! Signing in with the province's identity provider, a real one.

use system_tests::database::Database;
use system_tests::hub::Hub;
use system_tests::identity_provider::IdentityProvider;
use system_tests::on_both;
use system_tests::visitor::{Seen, Visitor};

const PASSWORD: &str = "bốn từ không liên quan";

async fn invite(hub: &Hub, email: &str) -> String {
    let add = ["person", "add", "--email", email, "--name", "Trần Thị Lan"];
    let part = ["--role", "province-admin"];
    hub.answer(&[&add[..], &part].concat()).await
}

async fn come(visitor: &mut Visitor, hub: &Hub) -> Seen {
    let begun = visitor.get(&hub.url("/console/dang-nhap/tinh")).await;
    visitor.follow(begun).await
}

fn is_in(seen: &Seen) -> bool {
    seen.status == 200 && seen.url.path() == "/console"
}

/// Who is refused, with what text.
fn is_out(seen: &Seen, said: &str) {
    assert_eq!(seen.status, 403, "{}", seen.text);
    assert!(seen.text.contains(said), "{}", seen.text);
}

on_both!(the_provider_lets_in_who_was_invited);
async fn the_provider_lets_in_who_was_invited(database: Database) {
    let mut hub = Hub::new(database).await;
    let provider = IdentityProvider::of(&mut hub).await;
    let invitation = invite(&hub, "lan@tinh.vn").await;
    let owned = invite(&hub, "minh@tinh.vn").await;
    let _serving = hub.serve().await;

    let mut lan = Visitor::default();
    let page = lan.get(&hub.url("/console/dang-nhap")).await;
    assert!(page.text.contains("Đăng nhập bằng tài khoản của tỉnh"));
    provider.is("số 7", "lan@tinh.vn", false).await;
    is_out(&come(&mut lan, &hub).await, "chưa được mời");
    provider.is("số 7", "hoa@tinh.vn", true).await;
    is_out(&come(&mut lan, &hub).await, "chưa được mời");
    lan.forget();
    provider.is("số 7", "LAN@tinh.vn", true).await;
    assert!(is_in(&come(&mut lan, &hub).await));
    assert_eq!(
        Visitor::default().get(&invitation).await.status,
        404,
        "the invitation is used"
    );
    // The name counts from now on, whatever the address.
    provider.is("số 7", "hoa@tinh.vn", false).await;
    provider.rotate().await;
    let mut elsewhere = Visitor::default();
    let seen = come(&mut elsewhere, &hub).await;
    assert!(
        is_in(&seen) && seen.text.contains("Trần Thị Lan"),
        "{}",
        seen.text
    );

    let mut minh = Visitor::default();
    let both = [("mat-khau", PASSWORD), ("mat-khau-lai", PASSWORD)];
    assert_eq!(minh.post(&owned, &both).await.status, 303);
    provider.is("số 8", "minh@tinh.vn", true).await;
    let mut thief = Visitor::default();
    is_out(
        &come(&mut thief, &hub).await,
        "đã có tài khoản với mật khẩu",
    );
    let account = hub.url("/console/tai-khoan");
    let linking = format!("{account}/lien-ket");
    minh.get(&account).await;
    let refused = minh
        .post(&linking, &[("mat-khau", "sai sai sai sai")])
        .await;
    assert_eq!(refused.status, 400);
    let begun = minh.post(&linking, &[("mat-khau", PASSWORD)]).await;
    let (_, after) = begun.text.split_once("class=\"more\" href=\"").unwrap();
    let onward = after.split('"').next().unwrap().replace("&#38;", "&");
    let onward = minh.get(&onward).await;
    let linked = minh.follow(onward).await;
    assert!(
        linked.text.contains("Đã liên kết tài khoản"),
        "{}",
        linked.text
    );
    assert!(is_in(&come(&mut Visitor::default(), &hub).await));

    hub.answer(&["person", "disable", "lan@tinh.vn"]).await;
    provider.is("số 7", "lan@tinh.vn", true).await;
    is_out(&come(&mut elsewhere, &hub).await, "chưa được mời");
    let verified = hub.answer(&["audit", "verify"]).await;
    assert!(verified.starts_with("whole: "), "{verified}");
    let records = hub.answer(&["audit", "list"]).await;
    assert_eq!(
        records.matches("person.link-identity").count(),
        2,
        "{records}"
    );
}

#[tokio::test]
async fn a_token_that_is_wrong_in_any_way_lets_nobody_in() {
    let mut hub = Hub::new(Database::Sqlite).await;
    let provider = IdentityProvider::of(&mut hub).await;
    invite(&hub, "lan@tinh.vn").await;
    let serving = hub.serve().await;
    for way in [
        "nonce",
        "no nonce",
        "audience",
        "two audiences",
        "issuer",
        "expired",
        "old",
        "future",
        "no signature",
        "shared secret",
        "strange key",
        "unknown key",
    ] {
        provider.tamper(way).await;
        let mut visitor = Visitor::default();
        let seen = come(&mut visitor, &hub).await;
        is_out(&seen, "Không xác nhận được lần đăng nhập này");
        assert_eq!(visitor.cookie(&hub.url("/"), "loa"), None, "{way}");
    }
    for way in ["clock behind", "clock ahead", ""] {
        provider.tamper(way).await;
        assert!(is_in(&come(&mut Visitor::default(), &hub).await), "{way}");
    }
    assert!(!serving.log().contains("a secret"));
}

#[tokio::test]
async fn what_another_browser_began_is_worth_nothing() {
    let mut hub = Hub::new(Database::Sqlite).await;
    let _provider = IdentityProvider::of(&mut hub).await;
    invite(&hub, "lan@tinh.vn").await;
    let _serving = hub.serve().await;
    let mut lan = Visitor::default();
    let begun = lan.get(&hub.url("/console/dang-nhap/tinh")).await;
    let mut step = begun;
    while !step.location.as_ref().unwrap().path().ends_with("/ve") {
        step = lan.get(step.location.unwrap().as_str()).await;
    }
    let back = step.location.unwrap();
    let mut victim = Visitor::default();
    let expired = "hết hạn hoặc được bắt đầu ở trình duyệt khác";
    is_out(&victim.get(back.as_str()).await, expired);
    victim.get(&hub.url("/console/dang-nhap/tinh")).await;
    let refused = "Không xác nhận được lần đăng nhập này";
    is_out(&victim.get(back.as_str()).await, refused);
    assert_eq!(victim.cookie(&hub.url("/"), "loa"), None);

    let seen = lan.get(back.as_str()).await;
    assert!(is_in(&lan.follow(seen).await));
    is_out(&lan.get(back.as_str()).await, expired);
    for (name, value) in [
        ("state", "0"),
        ("code", "0"),
        ("iss", "https://evil.example"),
        ("error", "access_denied"),
    ] {
        let mut visitor = Visitor::default();
        visitor.get(&hub.url("/console/dang-nhap/tinh")).await;
        let mut changed = back.clone();
        let kept: Vec<(String, String)> = back
            .query_pairs()
            .filter(|(key, _)| key != name)
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .collect();
        changed
            .query_pairs_mut()
            .clear()
            .extend_pairs(kept)
            .append_pair(name, value);
        assert_eq!(visitor.get(changed.as_str()).await.status, 403, "{name}");
    }
}
