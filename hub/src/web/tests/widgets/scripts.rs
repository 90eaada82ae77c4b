//! The scripts that pages load.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hub_repository::widgets::scripts;
use hub_repository::{StoreError, Timestamp};
use sha2::{Digest as _, Sha384};

use super::TestHub;
use crate::web;

#[tokio::test]
async fn a_script_that_a_page_checks_never_changes() {
    let hub = TestHub::new().await;
    web::keep_scripts(&hub.app).await.unwrap();
    let guide = hub.get("/nhung").await.body;
    for (file, short) in [("loa.js", "/widget.js"), ("resize.js", "/widget/resize.js")] {
        let mut tags = guide.split("&lt;script src=\"");
        let tag = tags
            .find(|tag| tag.split('"').next().unwrap().ends_with(file))
            .unwrap();
        let address = tag.split('"').next().unwrap();
        let integrity = tag
            .split("integrity=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let path = address.strip_prefix("https://phapluat.example").unwrap();
        let script = hub.get(path).await;
        assert_eq!(script.status, 200, "{path}");
        let hash = STANDARD.encode(Sha384::digest(&script.body));
        assert_eq!(integrity.replace("&#43;", "+"), format!("sha384-{hash}"));
        assert_eq!(
            script.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        let newest = hub.get(short).await;
        assert_eq!(newest.body, script.body);
        assert_eq!(
            newest.header("cache-control"),
            "public, max-age=60, s-maxage=30, stale-while-revalidate=30, stale-if-error=86400"
        );
        for script in [script, newest] {
            assert_eq!(
                script.header("content-type"),
                "text/javascript; charset=utf-8"
            );
            assert_eq!(script.header("access-control-allow-origin"), "*");
            assert_eq!(
                script.header("cross-origin-resource-policy"),
                "cross-origin"
            );
            assert_eq!(script.header("x-content-type-options"), "nosniff");
            assert!(script.header("etag").starts_with('"'));
        }
    }
    let keep = hub.app.db.run(|conn| {
        scripts::keep(conn, "0123456789ab", "// của bản trước", Timestamp::now())?;
        Ok::<_, StoreError>(())
    });
    keep.await.unwrap();
    let former = hub.get("/widget/0123456789ab/loa.js").await;
    assert_eq!(
        (former.status.as_u16(), &*former.body),
        (200, "// của bản trước")
    );
    assert_eq!(
        former.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    for path in [
        "/widget/0123456789ac/loa.js",
        "/widget/0123456789ab/khac.js",
        "/widget/%FF/loa.js",
        "/widget/x",
    ] {
        assert_eq!(hub.get(path).await.status, 404, "{path}");
    }
}
