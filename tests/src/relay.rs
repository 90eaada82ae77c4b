//! A way to a server that a test can cut.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Passes connections on to a server, until it is cut.
#[derive(Debug)]
pub struct Relay {
    /// Where it listens.
    pub address: SocketAddr,
    is_whole: watch::Sender<bool>,
}

impl Relay {
    /// A whole way to `server`.
    pub async fn to(server: String) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (is_whole, seen) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass_on(stream, server.clone(), seen.clone()));
            }
        });
        Self { address, is_whole }
    }

    /// Breaks every connection off, and new ones at once.
    pub fn cut(&self) {
        self.is_whole.send_replace(false);
    }

    /// Lets new connections pass again.
    pub fn mend(&self) {
        self.is_whole.send_replace(true);
    }
}

async fn pass_on(mut here: TcpStream, server: String, mut is_whole: watch::Receiver<bool>) {
    if !*is_whole.borrow() {
        return;
    }
    let Ok(mut there) = TcpStream::connect(server).await else {
        return;
    };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut here, &mut there) => {}
        _ = is_whole.wait_for(|is_whole| !is_whole) => {}
    }
}
