//! The whole way: from a node's desk to the portal, the feeds and the widget, and back out.

use system_tests::database::Database;
use system_tests::hub::Hub;
use system_tests::on_both;

on_both!(starts);

async fn starts(database: Database) {
    let hub = Hub::new(database).await;
    hub.serve().await.terminate().await;
}
