//! Programs that act for people, with tokens.

use hub_repository::api_tokens::TokenScope;

use super::*;

/// Sends a program's request, with a body that would do.
async fn call(hub: &TestHub, address: &str, token: &str) -> Answer {
    let (method, path) = address.split_once(' ').unwrap();
    let path = path
        .replace("entries/{id}", "entries/1")
        .replace("feeds/{id}", &format!("feeds/{}", hub.feed));
    let mut request = Request::builder().method(method).uri(path);
    if !token.is_empty() {
        request = request.header("authorization", token);
    }
    let body = match method {
        "PUT" => r#"{"field":"dat-dai"}"#,
        _ => "",
    };
    hub.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_program_may_do_what_the_table_says_and_no_more_than_its_token() {
    let hub = TestHub::new().await;
    add_feed(&hub.app, "cong-an-tinh", "Công an tỉnh").await;
    hub.harvest(vec![entry("a", "Sổ đỏ")], &[]).await;
    let (own, other) = (hub.agency("so-tu-phap"), hub.agency("cong-an-tinh"));
    let admin = hub.enrol("a@tinh.vn", None, Role::ProvinceAdmin).await;
    let editor = hub.enrol("e@stp.vn", Some(own), Role::AgencyEditor).await;
    let people = [
        Some(admin.clone()),
        Some(hub.enrol("b@tinh.vn", None, Role::ProvinceEditor).await),
        Some(hub.enrol("c@tinh.vn", None, Role::Auditor).await),
        Some(hub.enrol("d@stp.vn", Some(own), Role::AgencyAdmin).await),
        Some(editor.clone()),
        Some(hub.enrol("f@ca.vn", Some(other), Role::AgencyAdmin).await),
        None,
    ];
    let table = table("/api/v1/own");
    let routed = crate::web::api::routes();
    let routed: Vec<&str> = routed.iter().map(|(path, _)| *path).collect();
    let documented: Vec<&str> = table
        .iter()
        .map(|(address, _)| address.split_once(' ').unwrap().1)
        .collect();
    let taking: Vec<&str> = routed
        .iter()
        .filter(|path| path.starts_with("/api/v1/own"))
        .copied()
        .collect();
    assert_eq!(documented, taking);
    for path in routed
        .iter()
        .filter(|path| !path.starts_with("/api/v1/own"))
    {
        let answer = hub.get(&path.replace("{id}", "1")).await;
        assert!(
            ![401, 403].contains(&answer.status.as_u16()),
            "{path} is for everybody"
        );
    }
    for (address, expected) in &table {
        let (scope, expected) = expected.split_first().unwrap();
        assert_eq!(expected.len(), people.len(), "{address}");
        for (person, expected) in people.iter().zip(expected) {
            let token = match person {
                Some(person) => hub.token(person, None, TokenScope::ALL).await.1,
                None => String::new(),
            };
            let answer = call(&hub, address, &token).await;
            let outcome = match answer.status.as_u16() {
                200..=299 => "yes".to_owned(),
                status => status.to_string(),
            };
            let who = person.as_ref().map_or("a stranger", |person| &person.email);
            assert_eq!(&outcome, expected, "{address} as {who}: {}", answer.body);
            assert_eq!(answer.header("cache-control"), "no-store", "{address}");
        }
        // With every scope but the one that it takes.
        let others: &[TokenScope] = match scope.as_str() {
            "`read`" => &[TokenScope::Harvest],
            "`classify`" => &[TokenScope::Read, TokenScope::Harvest],
            "`harvest`" => &[TokenScope::Read, TokenScope::Classify],
            _ => continue,
        };
        let (_, token) = hub.token(&admin, None, others).await;
        assert_eq!(call(&hub, address, &token).await.status, 403, "{address}");
        // For one agency it is as if its person had no other.
        let (_, token) = hub.token(&admin, Some(other), TokenScope::ALL).await;
        let answer = call(&hub, address, &token).await;
        if address == "GET /api/v1/own/entries" {
            assert_eq!(answer.json()["items"], serde_json::json!([]));
        } else {
            assert_eq!(answer.status, 404, "{address}");
        }
    }
}

#[tokio::test]
async fn a_token_lives_no_longer_than_its_person_and_stands_in_the_audit() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Sổ đỏ")], &[]).await;
    let own = hub.agency("so-tu-phap");
    let editor = hub.enrol("e@stp.vn", Some(own), Role::AgencyEditor).await;
    let address = "GET /api/v1/own";
    for token in ["Bearer x", "Basic YTpi", "Bearer ", "bearer"] {
        let answer = call(&hub, address, token).await;
        assert_eq!(answer.status, 401, "{token}");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    let (_, token) = hub.token(&editor, None, TokenScope::ALL).await;
    let classify = "PUT /api/v1/own/entries/{id}/field";
    assert_eq!(call(&hub, classify, &token).await.status, 204);
    let ended = hub.app.db.run(move |conn| {
        people::set_disabled(
            conn,
            &Scope::Province,
            editor.id,
            None,
            Some(Timestamp::now()),
        )?;
        people::set_disabled(conn, &Scope::Province, editor.id, None, None)
    });
    ended.await.unwrap();
    assert_eq!(call(&hub, address, &token).await.status, 401);
    let records = hub
        .app
        .db
        .run(|conn| audit::list(conn, &Scope::Province, &Filter::default(), 100))
        .await
        .unwrap();
    assert!(
        records
            .iter()
            .any(|record| record.action == "entry.classify"
                && record.name.contains("khóa API “Website”"))
    );
}

#[tokio::test]
async fn a_token_is_shown_once_used_and_revoked() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Sổ đỏ")], &[]).await;
    let own = hub.agency("so-tu-phap");
    let editor = hub.enrol("e@stp.vn", Some(own), Role::AgencyEditor).await;
    let guest = hub.signed_in(&editor).await;
    for (fields, problem) in [
        (&[("ten", ""), ("read", "1"), ("han", "30")][..], "đặt tên"),
        (&[("ten", "Web"), ("han", "30")], "ít nhất một việc"),
        (
            &[("ten", "Web"), ("read", "1"), ("han", "9999")],
            "thời hạn",
        ),
        (&[("ten", "Web"), ("read", "1"), ("don-vi", "la")], "đơn vị"),
    ] {
        let answer = guest.post("/console/khoa-api", fields).await;
        assert_eq!(answer.status, 400);
        assert!(answer.body.contains(problem), "{problem}");
    }
    let fields = [
        ("ten", "Web"),
        ("read", "1"),
        ("don-vi", "so-tu-phap"),
        ("han", "30"),
    ];
    let answer = guest.post("/console/khoa-api", &fields).await;
    let (_, token) = answer.body.split_once("<code class=\"secret\">").unwrap();
    let token = format!("Bearer {}", token.split_once('<').unwrap().0);
    let list = guest.get("/console/khoa-api").await.body;
    assert!(list.contains("Web") && list.contains("chưa dùng"));
    assert!(!list.contains(&token[7..]), "only its hash is kept");
    let about = call(&hub, "GET /api/v1/own", &token).await.json();
    assert_eq!(about["scopes"], serde_json::json!(["read"]));
    assert!(
        !guest
            .get("/console/khoa-api")
            .await
            .body
            .contains("chưa dùng")
    );
    let (_, id) = list.split_once("/console/khoa-api/").unwrap();
    let path = format!(
        "/console/khoa-api/{}/thu-hoi",
        id.split_once('/').unwrap().0
    );
    let stranger = hub.enrol("x@stp.vn", Some(own), Role::AgencyAdmin).await;
    let stranger = hub.signed_in(&stranger).await;
    assert_eq!(stranger.post(&path, &[]).await.status, 404);
    assert_eq!(guest.post(&path, &[]).await.status, 303);
    assert_eq!(call(&hub, "GET /api/v1/own", &token).await.status, 401);
}

/// A token outlasts the session in which it is made, so an open browser is not enough for one.
#[tokio::test]
async fn a_token_is_made_by_who_proves_to_be_the_owner() {
    let hub = TestHub::new().await;
    let lan = hub.enrol("lan@tinh.vn", None, Role::ProvinceAdmin).await;
    let hoa = hub.enrol("hoa@tinh.vn", None, Role::Auditor).await;
    let (id, hash) = (lan.id, credentials::hash(PASSWORD).unwrap());
    let set = hub
        .app
        .db
        .run(move |conn| people::set_password(conn, id, &hash));
    set.await.unwrap();
    let fields = |password| {
        [
            ("ten", "Web"),
            ("read", "1"),
            ("han", "30"),
            ("mat-khau", password),
        ]
    };
    let guest = hub.signed_in(&lan).await;
    let page = guest.get("/console/khoa-api").await;
    assert!(page.body.contains("type=\"password\""));
    for wrong in ["", "sai sai sai sai"] {
        let answer = guest.post("/console/khoa-api", &fields(wrong)).await;
        assert_eq!(answer.status, 400);
        assert!(answer.body.contains("Mật khẩu hiện tại không đúng"));
        assert!(
            answer.body.contains("value=\"Web\""),
            "what was typed stays"
        );
    }
    let answer = guest.post("/console/khoa-api", &fields(PASSWORD)).await;
    assert!(answer.body.contains("<code class=\"secret\">loa_"));

    // Who comes by the identity provider only has no password to show.
    let fresh = hub.signed_in(&hoa).await;
    let page = fresh.get("/console/khoa-api").await;
    assert!(!page.body.contains("type=\"password\""));
    let answer = fresh.post("/console/khoa-api", &fields("")).await;
    assert!(answer.body.contains("<code class=\"secret\">loa_"));
    let stale = hub.signed_in_before(&hoa, TimeDelta::minutes(11)).await;
    let answer = stale.post("/console/khoa-api", &fields("")).await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("10 phút sau khi đăng nhập"));
}
