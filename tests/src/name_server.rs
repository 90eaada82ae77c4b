//! A name server on loopback that says what a test wants (RFC 1035 over UDP).

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// Addresses (type A).
const ADDRESS: u8 = 1;
/// Texts (type TXT).
const TEXT: u8 = 16;
/// The code for a name that does not exist.
const NO_SUCH_NAME: u8 = 3;

/// The server. Stops when dropped.
#[derive(Debug)]
pub struct NameServer {
    /// `127.0.0.1:PORT`, as the hub's setting names it.
    pub authority: String,
    records: Arc<Mutex<Records>>,
    server: JoinHandle<()>,
}

/// Names, each with its records: type and data.
type Records = HashMap<String, Vec<(u8, Vec<u8>)>>;

impl NameServer {
    /// A server that knows no name.
    pub async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0")
            .await
            .expect("a free port on loopback");
        let authority = socket.local_addr().expect("a bound socket").to_string();
        let records = Arc::new(Mutex::new(Records::new()));
        let known = Arc::clone(&records);
        let server = tokio::spawn(async move {
            let mut query = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut query).await {
                let known = known.lock().unwrap_or_else(PoisonError::into_inner).clone();
                if let Some(answer) = answer(&query[..length], &known) {
                    // Who does not hear it asks again.
                    let _ = socket.send_to(&answer, from).await;
                }
            }
        });
        Self {
            authority,
            records,
            server,
        }
    }

    /// Lets a name have an address.
    pub fn point(&self, name: &str, address: Ipv4Addr) {
        self.add(name, ADDRESS, address.octets().to_vec());
    }

    /// Gives a name a text of up to 255 bytes, beside those that it has.
    pub fn say(&self, name: &str, text: &str) {
        let length = u8::try_from(text.len()).expect("a text of up to 255 bytes");
        self.add(name, TEXT, [&[length], text.as_bytes()].concat());
    }

    fn add(&self, name: &str, kind: u8, data: Vec<u8>) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records
            .entry(name.to_owned())
            .or_default()
            .push((kind, data));
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The answer to a query with one question; none where it is not understood.
fn answer(query: &[u8], records: &Records) -> Option<Vec<u8>> {
    let mut rest = query.get(12..)?;
    let mut labels = Vec::new();
    while let [length, after @ ..] = rest
        && *length > 0
    {
        let (label, next) = after.split_at_checked(usize::from(*length))?;
        labels.push(String::from_utf8_lossy(label).to_lowercase());
        rest = next;
    }
    // The end of the name, the type, the class.
    let [0, 0, kind, _, _, ..] = rest else {
        return None;
    };
    let question = &query[12..query.len() - rest.len() + 5];
    let found = records.get(&labels.join("."));
    let code = found.map_or(NO_SUCH_NAME, |_| 0);
    let fitting = found.into_iter().flatten().filter(|(of, _)| of == kind);
    let fitting: Vec<_> = fitting.collect();
    let count = u8::try_from(fitting.len()).ok()?;
    let mut answer = query[..2].to_vec();
    answer.extend([0x81, 0x80 | code, 0, 1, 0, count, 0, 0, 0, 0]);
    answer.extend(question);
    for (kind, data) in fitting {
        let length = u16::try_from(data.len()).ok()?;
        // The question's name, the type, the class IN, no time to live.
        answer.extend([0xc0, 12, 0, *kind, 0, 1, 0, 0, 0, 0]);
        answer.extend(length.to_be_bytes());
        answer.extend(data);
    }
    Some(answer)
}
