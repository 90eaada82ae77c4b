//! What a list would do, row by row, without doing any of it.

use std::collections::{HashMap, HashSet};

use hub_repository::agencies::{self, Agency, former_slugs};
use hub_repository::people::{self, Role};
use hub_repository::{AgencyId, DbConn, Scope, StoreError, feeds};
use law::text::{Level, normalise};

use super::list::Row;
use crate::publish::slug;
use crate::web_address::web_address;

/// Bytes of a slug and of an address, and characters of a name.
const MAX_SLUG: usize = 80;
const MAX_NAME: usize = 300;

/// What becomes of a row's agency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgencyPlan {
    /// It is added.
    New,
    /// It is there already and stays as it is.
    Known(AgencyId),
}

/// What becomes of a row's administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonPlan {
    /// Gets an account and an invitation.
    New,
    /// Has an account, and gets this part too; the password is set anew.
    Joins,
    /// Has a part in this agency already.
    Known,
}

/// What a row would do.
#[derive(Debug, Clone)]
pub struct RowPlan {
    pub row: Row,
    /// The slug that was given or made.
    pub slug: String,
    pub homepage: Option<String>,
    pub agency: AgencyPlan,
    /// Addresses of feeds, and whether each is new.
    pub feeds: Vec<(String, bool)>,
    pub person: Option<PersonPlan>,
    /// Why the row cannot be carried out.
    pub problems: Vec<String>,
    /// The agency above it: one that is there, or another row.
    pub(super) parent: Parent,
}

/// Where an agency is hung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parent {
    None,
    Known(AgencyId),
    /// The row at this place.
    Row(usize),
}

/// What a list would do.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    pub rows: Vec<RowPlan>,
    /// Places of the rows in the order in which their agencies are added: parents first.
    pub(super) order: Vec<usize>,
}

impl Plan {
    /// Whether every row can be carried out.
    pub fn is_sound(&self) -> bool {
        self.rows.iter().all(|row| row.problems.is_empty())
    }

    /// How many agencies, feeds and parts of people it adds.
    pub fn adds(&self) -> [usize; 3] {
        let rows = || self.rows.iter();
        let new = |person: &Option<PersonPlan>| {
            matches!(person, Some(PersonPlan::New | PersonPlan::Joins))
        };
        [
            rows().filter(|row| row.agency == AgencyPlan::New).count(),
            rows()
                .flat_map(|row| &row.feeds)
                .filter(|(_, new)| *new)
                .count(),
            rows().filter(|row| new(&row.person)).count(),
        ]
    }
}

/// Says what each row would do as things stand, for the province. `own_email` is that of who asks: nobody loses the own account by
/// naming it.
pub fn plan(
    conn: &mut DbConn,
    scope: &Scope,
    rows: &[Row],
    own_email: Option<&str>,
) -> Result<Plan, StoreError> {
    let known = Known {
        agencies: agencies::list(conn, scope)?,
        former: former_slugs::list(conn, scope)?.into_iter().collect(),
    };
    let mut planned = Vec::with_capacity(rows.len());
    let mut slugs: HashMap<String, u64> = HashMap::new();
    let mut addresses: HashMap<String, u64> = HashMap::new();
    for row in rows {
        let mut one = known.plan_agency(row);
        if let Some(first) = slugs.insert(one.slug.clone(), row.line) {
            let problem = format!("mã “{}” trùng với dòng {first}", one.slug);
            one.problems.push(problem);
        }
        plan_feeds(conn, scope, &mut one, &mut addresses)?;
        plan_person(conn, scope, &mut one, own_email)?;
        planned.push(one);
    }
    place(&known, &mut planned);
    let order = in_order(&mut planned);
    Ok(Plan {
        rows: planned,
        order,
    })
}

struct Known {
    agencies: Vec<Agency>,
    former: HashMap<String, AgencyId>,
}

impl Known {
    fn plan_agency(&self, row: &Row) -> RowPlan {
        let mut problems = Vec::new();
        if row.name.is_empty() {
            problems.push("thiếu tên đơn vị".to_owned());
        }
        if row.name.chars().count() > MAX_NAME {
            problems.push(format!("tên dài hơn {MAX_NAME} ký tự"));
        }
        let by_slug = |slug: &str| self.agencies.iter().find(|agency| agency.slug == slug);
        let folded = |text: &str| normalise(text, Level::Tone);
        let is_same = |agency: &Agency| folded(&agency.name) == folded(&row.name);
        let namesakes: Vec<&Agency> = self.agencies.iter().filter(|it| is_same(it)).collect();
        let found = match (&*row.slug, by_slug(&row.name)) {
            // OPML names agencies by slug.
            ("", Some(agency)) => Some(agency),
            ("", None) => namesakes.first().copied(),
            (given, _) => by_slug(given),
        };
        if row.slug.is_empty() && namesakes.len() > 1 {
            problems.push("có nhiều đơn vị cùng tên này; hãy ghi mã".to_owned());
        }
        let slug = match (found, &*row.slug) {
            (Some(agency), _) => agency.slug.clone(),
            (None, "") => slug(&row.name),
            (None, given) => given.to_owned(),
        };
        let is_fit = slug.len() <= MAX_SLUG && !slug.starts_with('-') && !slug.ends_with('-');
        let is_unfit = !is_fit || agencies::check_slug(&slug).is_err();
        if is_unfit && !row.name.is_empty() {
            problems.push(format!(
                "mã “{slug}” phải gồm chữ thường không dấu, chữ số và gạch nối, dài nhất {MAX_SLUG} ký tự"
            ));
        }
        match found.or_else(|| by_slug(&slug)) {
            Some(agency) if !is_same(agency) && agency.slug != row.name => {
                problems.push(format!("mã “{slug}” đã là của {}", agency.name));
            }
            None if self.former.contains_key(&slug) => {
                problems.push(format!("mã “{slug}” từng là mã của đơn vị khác"));
            }
            _ => {}
        }
        let homepage = Some(&*row.homepage).filter(|given| !given.is_empty());
        let homepage = homepage.map(web_address).transpose();
        if homepage.is_err() {
            problems.push(format!(
                "trang chủ “{}” không phải địa chỉ web",
                row.homepage
            ));
        }
        RowPlan {
            row: row.clone(),
            slug,
            homepage: homepage.ok().flatten(),
            agency: found.map_or(AgencyPlan::New, |agency| AgencyPlan::Known(agency.id)),
            feeds: Vec::new(),
            person: None,
            problems,
            parent: Parent::None,
        }
    }
}

fn plan_feeds(
    conn: &mut DbConn,
    scope: &Scope,
    one: &mut RowPlan,
    addresses: &mut HashMap<String, u64>,
) -> Result<(), StoreError> {
    for given in &one.row.feeds {
        let address = match web_address(given) {
            Ok(address) if address.len() <= feeds::MAX_URL_BYTES => address,
            _ => {
                let problem = format!("nguồn tin “{given}” không phải địa chỉ web");
                one.problems.push(problem);
                continue;
            }
        };
        if let Some(first) = addresses.insert(address.clone(), one.row.line) {
            let problem = format!("nguồn tin {address} trùng với dòng {first}");
            one.problems.push(problem);
        }
        let known = feeds::find_by_url(conn, scope, &address)?;
        if let Some(feed) = &known
            && one.agency != AgencyPlan::Known(feed.agency_id)
        {
            let problem = format!("nguồn tin {address} đang thuộc đơn vị khác");
            one.problems.push(problem);
        }
        one.feeds.push((address, known.is_none()));
    }
    Ok(())
}

fn plan_person(
    conn: &mut DbConn,
    scope: &Scope,
    one: &mut RowPlan,
    own_email: Option<&str>,
) -> Result<(), StoreError> {
    let Row { person, email, .. } = &one.row;
    if email.is_empty() {
        if !person.is_empty() {
            one.problems
                .push("thiếu thư điện tử của người quản trị".to_owned());
        }
        return Ok(());
    }
    let Ok(email) = people::normal_email(email) else {
        let problem = format!("thư điện tử “{email}” chưa đúng");
        one.problems.push(problem);
        return Ok(());
    };
    if people::check_name(person).is_err() {
        one.problems.push(
            "thiếu họ tên người quản trị, quá dài, hoặc có dấu của một địa chỉ (/ \\ : @ < >)"
                .to_owned(),
        );
    }
    if own_email == Some(&*email) {
        one.problems.push(
            "không thể mời chính mình: việc đó đặt lại mật khẩu của bạn; hãy nhờ một quản trị viên khác của tỉnh"
                .to_owned(),
        );
    }
    let Some(known) = people::find_by_email(conn, scope, &email)? else {
        one.person = Some(PersonPlan::New);
        return Ok(());
    };
    if known.disabled_at.is_some() {
        one.problems.push(format!("tài khoản {email} đang bị khóa"));
    }
    let parts = people::memberships(conn, scope, known.id)?;
    let here = parts.iter().find(|part| match one.agency {
        AgencyPlan::Known(agency) => part.agency_id == Some(agency),
        AgencyPlan::New => false,
    });
    if here.is_some_and(|part| part.role != Role::AgencyAdmin) {
        one.problems.push(format!(
            "{email} đang có vai trò khác ở đơn vị này; hãy đổi ở mục Người dùng"
        ));
    }
    if here.is_none() && people::is_only_admin(conn, scope, known.id)? {
        one.problems.push(format!(
            "{email} là quản trị viên duy nhất của tỉnh: việc đó đặt lại mật khẩu và không còn ai vào được; hãy mời quản trị viên thứ hai trước"
        ));
    }
    one.person = Some(match here {
        Some(_) => PersonPlan::Known,
        None if people::has_password(conn, known.id)? => PersonPlan::Joins,
        None => PersonPlan::New,
    });
    Ok(())
}

/// Finds the agency above each row: one that is there, or that another row adds.
fn place(known: &Known, planned: &mut [RowPlan]) {
    let folded = |text: &str| normalise(text, Level::Tone);
    for at in 0..planned.len() {
        let wanted = planned[at].row.parent.clone();
        // What is there already stays where it is.
        if wanted.is_empty() || planned[at].agency != AgencyPlan::New {
            continue;
        }
        let is_wanted = |slug: &str, name: &str| slug == wanted || folded(name) == folded(&wanted);
        let agencies = known.agencies.iter();
        let of_agencies = agencies.filter(|it| is_wanted(&it.slug, &it.name));
        let mut found: Vec<Parent> = of_agencies.map(|it| Parent::Known(it.id)).collect();
        let rows = planned.iter().enumerate();
        let of_rows = rows
            .filter(|(_, it)| it.agency == AgencyPlan::New && is_wanted(&it.slug, &it.row.name));
        found.extend(of_rows.map(|(at, _)| Parent::Row(at)));
        match found[..] {
            [one] => planned[at].parent = one,
            [] => planned[at].problems.push(format!(
                "không có đơn vị cấp trên “{wanted}”, trong hệ thống lẫn trong tệp"
            )),
            _ => planned[at].problems.push(format!(
                "có nhiều đơn vị tên “{wanted}”; hãy ghi mã của đơn vị cấp trên"
            )),
        }
    }
}

/// Parents before those below them; rows that stand below themselves are told so.
fn in_order(planned: &mut [RowPlan]) -> Vec<usize> {
    let mut order = Vec::with_capacity(planned.len());
    let mut below: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut ahead = Vec::new();
    for (at, row) in planned.iter().enumerate() {
        match row.parent {
            Parent::Row(parent) => below.entry(parent).or_default().push(at),
            Parent::None | Parent::Known(_) => ahead.push(at),
        }
    }
    ahead.reverse();
    while let Some(at) = ahead.pop() {
        order.push(at);
        ahead.extend(below.remove(&at).into_iter().flatten().rev());
    }
    let placed: HashSet<usize> = order.iter().copied().collect();
    for (at, row) in planned.iter_mut().enumerate() {
        if !placed.contains(&at) {
            row.problems
                .push("đơn vị trực thuộc chính nó, trực tiếp hoặc qua dòng khác".to_owned());
        }
    }
    order
}
