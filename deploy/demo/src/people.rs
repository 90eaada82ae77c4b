//! Who may sign in to the hub's console.

use hub::Config;
use hub::app;
use hub_repository::agencies;
use hub_repository::people::{self, NewMember, Role};
use hub_repository::{Scope, Timestamp};

use crate::agencies::AGENCIES;
use crate::nodes::PASSWORD;

/// Signs in as the province's administrator.
pub(crate) const PROVINCE: &str = "tinh@example.vn";
/// Signs in as the administrator of the first agency.
pub(crate) const AGENCY: &str = "so-tu-phap@example.vn";

/// Lets both in with the demo's password; who is there already keeps what was changed since.
pub(crate) async fn ensure(config: &Config) -> anyhow::Result<()> {
    let db = app::open_repository(config).await?;
    let hash = tokio::task::spawn_blocking(|| credentials::hash(PASSWORD)).await??;
    db.run(move |conn| {
        let scope = Scope::Province;
        let first = agencies::find_by_slug(conn, &scope, AGENCIES[0].slug)?;
        let expected = [
            (PROVINCE, "Trần Thị Lan", None, Role::ProvinceAdmin),
            (
                AGENCY,
                "Lê Văn Hùng",
                first.map(|agency| agency.id),
                Role::AgencyAdmin,
            ),
        ];
        for (email, name, agency, role) in expected {
            if people::find_by_email(conn, &scope, email)?.is_none() {
                let new = NewMember {
                    email,
                    name,
                    agency,
                    role,
                };
                let person = people::enrol(conn, &scope, &new, Timestamp::now())?;
                people::set_password(conn, person.id, &hash)?;
            }
        }
        Ok::<_, anyhow::Error>(())
    })
    .await
}
