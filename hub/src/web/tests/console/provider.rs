//! Coming back from the identity provider, without one.

use super::*;
use crate::oidc;

#[tokio::test]
async fn who_comes_back_again_and_again_waits() {
    let hub = TestHub::with(|config| {
        config.oidc = Some(oidc::Settings {
            issuer: "http://127.0.0.1:9".parse().unwrap(),
            client_id: "loa".to_owned(),
            client_secret: "bí mật".parse().unwrap(),
            name: "tài khoản của tỉnh".to_owned(),
            allow: Vec::new(),
        });
    })
    .await;
    let mut guest = Guest::stranger(&hub);
    let path = "/console/dang-nhap/tinh/ve?state=0&code=0";
    let come = async |guest: &Guest<'_>, cookie: &str| {
        let cookie = format!("__Host-loa-tinh={cookie:0>64}");
        let answer = guest.send("GET", path, &[], &[("cookie", &cookie)]).await;
        answer.status.as_u16()
    };
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(come(&guest, "one").await);
    }
    assert_eq!(answers, [403, 403, 403, 403, 403, 429]);
    let mut taken = 0;
    for other in 0..40 {
        taken += usize::from(come(&guest, &other.to_string()).await == 403);
    }
    assert_eq!(taken, 25, "thirty in all from one address");
    assert_eq!(
        guest.get(path).await.status,
        403,
        "asks nobody, so it counts for nothing"
    );
    let wrong = [("email", "lan@tinh.vn"), ("mat-khau", "sai")];
    let answer = guest.post("/console/dang-nhap", &wrong).await;
    assert_eq!(answer.status, 401, "a password may be tried still");
    guest.address = [192, 0, 2, 7].into();
    assert_eq!(
        come(&guest, "one").await,
        403,
        "and so may others elsewhere"
    );
}
