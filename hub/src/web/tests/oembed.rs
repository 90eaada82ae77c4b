//! How editors of other sites embed an entry.

use super::{TestHub, entry};

#[tokio::test]
async fn an_entry_tells_how_it_is_embedded_and_is() {
    let hub = TestHub::new().await;
    let odd = entry("a", "Luật <đất> \"đai\" & 'nhà'");
    hub.harvest(vec![odd, entry("b", "Bị rút")], &[]).await;
    hub.harvest(Vec::new(), &["b"]).await;
    let listed = hub.get("/feeds/all.json").await.json();
    let page = listed["items"][0]["url"].as_str().unwrap().to_owned();
    let path = page
        .strip_prefix("https://phapluat.example")
        .unwrap()
        .to_owned();

    let shown = hub.get(&path).await.body;
    let link = shown
        .split("type=\"application/json+oembed\"")
        .nth(1)
        .unwrap();
    let link = link
        .split("href=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let link = link.replace("&#38;", "&").replace("&amp;", "&");
    let address = link.strip_prefix("https://phapluat.example").unwrap();
    let answer = hub.get(address).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, "application/json")
    );
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let told = answer.json();
    assert_eq!(
        (&told["version"], &told["type"]),
        (&"1.0".into(), &"rich".into())
    );
    assert_eq!(told["title"], "Luật <đất> \"đai\" & 'nhà'");
    let html = told["html"].as_str().unwrap();
    assert!(
        !html.contains("<script") && !html.contains("<đất>"),
        "{html}"
    );

    let small = hub
        .get(&format!("{address}&maxwidth=200&maxheight=100"))
        .await
        .json();
    assert_eq!(
        (&small["width"], &small["height"]),
        (&200.into(), &100.into())
    );
    assert!(
        small["html"]
            .as_str()
            .unwrap()
            .contains("width=\"200\" height=\"100\"")
    );
    let xml = hub.get(&address.replace("format=json", "format=xml")).await;
    assert_eq!(xml.header("content-type"), "text/xml; charset=utf-8");
    assert!(xml.body.contains("<type>rich</type>"), "{}", xml.body);

    let frame = html
        .split("src=\"https://phapluat.example")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let framed = hub.get(frame).await;
    assert_eq!(framed.status, 200);
    assert!(
        framed
            .header("content-security-policy")
            .contains("frame-ancestors *")
    );
    assert!(
        framed.body.contains(&format!("href=\"{page}\"")),
        "{}",
        framed.body
    );
    let around = hub.get(&path).await;
    assert!(
        around
            .header("content-security-policy")
            .contains("frame-ancestors 'none'")
    );
}

#[tokio::test]
async fn what_is_no_entry_cannot_be_embedded() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Luật Đất đai"), entry("b", "Bị rút")], &[])
        .await;
    hub.harvest(Vec::new(), &["b"]).await;
    for (asked, status) in [
        ("/oembed", 400),
        ("/oembed?url=https%3A%2F%2Fother.example%2Fbai%2F1", 404),
        ("/oembed?url=https%3A%2F%2Fphapluat.example%2F", 404),
        (
            "/oembed?url=https%3A%2F%2Fphapluat.example%2Fbai%2F2%2Fbi-rut",
            404,
        ),
        (
            "/oembed?url=https%3A%2F%2Fphapluat.example%2Fbai%2F999",
            404,
        ),
        ("/oembed?url=%00&format=html", 501),
        ("/oembed?url=x&maxwidth=-1", 400),
        ("/embed/bai/x", 404),
        ("/embed/bai/999", 404),
    ] {
        let answer = hub.get(asked).await;
        assert_eq!(answer.status, status, "{asked}: {}", answer.body);
    }
}
