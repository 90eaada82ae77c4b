//! Whether a site is an agency's: the agency puts a token where only who runs the site can, and the hub looks.

use std::time::Duration;

use feeds::discover;
use hub_repository::AgencyId;
use hub_repository::proven_sites::{ProvenSite, Way};
use url::{Host, Url};

use super::causes::Cause;
use super::fetch::{Body, FetchError, Fetched, Fetcher, Request};

/// The name of the `meta` element, and, with a prefix or an ending, of the file and the record.
pub const NAME: &str = "loa-verification";

/// The file.
pub const FILE: &str = "/.well-known/loa-verification.txt";

/// Somebody waits for it.
const PATIENCE: Duration = Duration::from_secs(12);

/// Characters of what was found that are shown.
const SHOWN: usize = 80;

/// What one of the three ways has shown: why it proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub way: Way,
    /// In Vietnamese.
    pub said: String,
}

/// Why an address counts as an agency's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ground {
    /// It lies in the folder of the homepage that the province has set down.
    Homepage,
    /// The agency has proven the site.
    Proven(ProvenSite),
}

/// Why an address counts as that of an agency with this homepage and these proven sites; none where it does not.
pub fn ground(url: &Url, homepage: Option<&str>, proven: &[ProvenSite]) -> Option<Ground> {
    let site_of_url = site(url)?;
    let homepage = homepage.and_then(|address| Url::parse(address).ok());
    let is_below = homepage.is_some_and(|homepage| {
        site(&homepage).as_ref() == Some(&site_of_url) && lies_below(url, &homepage)
    });
    if is_below {
        return Some(Ground::Homepage);
    }
    let mut proven = proven.iter();
    let proven = proven.find(|proven| proven.site == site_of_url);
    proven.cloned().map(Ground::Proven)
}

/// Whether an address lies in the folder of a homepage: several agencies may share a host.
fn lies_below(url: &Url, homepage: &Url) -> bool {
    let path = homepage.path();
    let (above, page) = path.rsplit_once('/').unwrap_or_default();
    let folder = if page.contains('.') { above } else { path };
    let folder = folder.trim_end_matches('/');
    let rest = url.path().strip_prefix(folder);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Names the site of an address: its host without `www.`, which leads to the same site wherever there is one, and the port
/// where it is not the usual one. None where there is no host.
pub fn site(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    let host = host.trim_end_matches('.');
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// The token that proves a site to be an agency's; another for every agency, site and repository.
pub fn token(repository: &str, agency: AgencyId, site: &str) -> String {
    let what = format!("{repository}\n{agency}\n{site}");
    credentials::derive("site of an agency", &what)[..32].to_owned()
}

/// The name whose TXT record may hold the token; none where the address has no name.
pub fn record(url: &Url) -> Option<String> {
    match url.host()? {
        Host::Domain(_) => {
            let host = site(url)?;
            let host = host.split(':').next().unwrap_or_default();
            Some(format!("_{NAME}.{host}"))
        }
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

/// Looks for the token in all ways at once: the first that has it, or what was seen in each.
pub async fn check(fetcher: &Fetcher, url: &Url, token: &str) -> Result<Way, Vec<Seen>> {
    let seen = tokio::join!(
        on_first_page(fetcher, url, token),
        in_file(fetcher, url, token),
        in_record(fetcher, url, token)
    );
    let seen = [(Way::Meta, seen.0), (Way::File, seen.1), (Way::Dns, seen.2)];
    if let Some((way, _)) = seen.iter().find(|(_, seen)| seen.is_ok()) {
        return Ok(*way);
    }
    let said = seen
        .into_iter()
        .filter_map(|(way, seen)| Some((way, seen.err()?)));
    Err(said.map(|(way, said)| Seen { way, said }).collect())
}

async fn on_first_page(fetcher: &Fetcher, url: &Url, token: &str) -> Result<(), String> {
    let body = read(fetcher, url, "/").await?;
    let found = discover::meta(&body.bytes, body.content_type.as_deref(), NAME);
    if found.iter().any(|content| content == token) {
        return Ok(());
    }
    let address = &body.final_url;
    Err(match found.first() {
        None => format!("Phần <head> của {address} không có thẻ meta “{NAME}”."),
        Some(other) => format!(
            "Thẻ meta ở {address} chứa “{}”, khác với mã cần có.",
            shortened(other)
        ),
    })
}

async fn in_file(fetcher: &Fetcher, url: &Url, token: &str) -> Result<(), String> {
    let body = read(fetcher, url, FILE).await?;
    let text = String::from_utf8_lossy(&body.bytes);
    let text = text.trim_start_matches('\u{feff}');
    if text.lines().any(|line| line.trim() == token) {
        return Ok(());
    }
    let address = &body.final_url;
    Err(match text.lines().find(|line| !line.trim().is_empty()) {
        None => format!("Tệp {address} rỗng."),
        Some(other) => format!(
            "Tệp {address} không có dòng nào là mã cần có; dòng đầu là “{}”.",
            shortened(other.trim())
        ),
    })
}

async fn in_record(fetcher: &Fetcher, url: &Url, token: &str) -> Result<(), String> {
    let Some(name) = record(url) else {
        return Err("Địa chỉ này không dùng tên miền nên không có bản ghi TXT.".to_owned());
    };
    let found = fetcher.text_records(&name).await;
    let found =
        found.map_err(|cause| format!("Không hỏi được bản ghi TXT của {name}: {cause}."))?;
    if found.iter().any(|text| text.trim() == token) {
        return Ok(());
    }
    Err(match found.first() {
        None => format!("Tên {name} không có bản ghi TXT nào."),
        Some(other) => format!(
            "Bản ghi TXT của {name} là “{}”, khác với mã cần có.",
            shortened(other)
        ),
    })
}

/// What stands at a path of the site, and nowhere else: what another site says proves nothing.
async fn read(fetcher: &Fetcher, url: &Url, path: &str) -> Result<Body, String> {
    let mut address = url.clone();
    address.set_path(path);
    address.set_query(None);
    address.set_fragment(None);
    let request = Request::unconditional(address.clone());
    let answer = tokio::time::timeout(PATIENCE, fetcher.fetch(&request)).await;
    let body = match answer {
        Ok(Ok(Fetched::Body(body))) => body,
        Ok(Ok(Fetched::NotModified)) => {
            return Err(format!("{address} trả lời 304 dù không được hỏi như vậy."));
        }
        Ok(Err(FetchError::Status { code: 404, .. })) => {
            return Err(format!("Không có gì ở {address} (404)."));
        }
        Ok(Err(error)) => {
            let said = Cause::from(error).in_vietnamese();
            return Err(format!("{address}: {said}"));
        }
        Err(_) => {
            let seconds = PATIENCE.as_secs();
            return Err(format!(
                "{address} không trả lời xong trong {seconds} giây."
            ));
        }
    };
    if site(&body.final_url) != site(url) {
        let elsewhere = &body.final_url;
        return Err(format!(
            "{address} chuyển hướng sang trang khác ({elsewhere}); mã phải nằm ngay trên trang này."
        ));
    }
    Ok(body)
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
