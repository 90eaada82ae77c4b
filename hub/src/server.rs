//! The server's loop: takes connections, bounds what each may cost, lets them end in order.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::StartError;
use crate::web::Peer;

/// What connections may cost.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// Connections at once; more of them wait in the system's queue.
    connections: usize,
    /// For a whole head of a request, and between two requests.
    head: Duration,
    /// After this a connection ends at its next answer: who reads slowly, or not at all, can't
    /// keep a place for ever.
    age: Duration,
    /// For the request under way when a connection is to end.
    farewell: Duration,
}

const BOUNDS: Bounds = Bounds {
    connections: 4_096,
    head: Duration::from_secs(15),
    age: Duration::from_mins(5),
    farewell: Duration::from_secs(10),
};

/// Bytes of a request's head.
const MAX_HEAD: usize = 64 * 1024;

/// Header lines of a request.
const MAX_HEADERS: usize = 100;

/// How long to wait when the system has no more sockets to give.
const BREATH: Duration = Duration::from_millis(200);

/// Takes the address that the metrics are served at.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| StartError::Listen { address, source })
}

/// Answers with `router` until `shutdown` completes, and returns when the last connection ended:
/// ten seconds later at most.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
) {
    serve_within(BOUNDS, listener, router, shutdown).await;
}

async fn serve_within(
    bounds: Bounds,
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(bounds.connections));
    let closing = CancellationToken::new();
    let connections = TaskTracker::new();
    let take_connections = async {
        // The semaphore is never closed.
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            let (stream, peer) = accept(&listener).await;
            let talk = converse(bounds, stream, peer, router.clone(), closing.clone());
            connections.spawn(async move {
                talk.await;
                drop(place);
            });
        }
    };
    tokio::select! {
        () = take_connections => {}
        () = shutdown => {}
    }
    drop(listener);
    closing.cancel();
    connections.close();
    connections.wait().await;
}

/// The next connection. A lack of sockets or memory passes, so it is waited for.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => {
                // The end of a large answer need not wait until its beginning has arrived. Without it that is slower, not wrong.
                let _ = accepted.0.set_nodelay(true);
                return accepted;
            }
            Err(error) => {
                tracing::warn!(%error, "no connection could be taken");
                sleep(BREATH).await;
            }
        }
    }
}

/// Answers the requests of one connection, each with a note of who is at its other end.
async fn converse(
    bounds: Bounds,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    closing: CancellationToken,
) {
    let router = TowerToHyperService::new(router);
    let noting = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer.ip()));
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), noting);
    let mut connection = pin!(connection);
    // The set asks its only member when that has something to say; asked at every request, the token, which all
    // connections share, would be what they wait for.
    let mut end = FuturesUnordered::from_iter([async {
        tokio::select! {
            () = closing.cancelled() => {}
            () = sleep(bounds.age) => {}
        }
    }]);
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        _ = end.next() => {
            connection.as_mut().graceful_shutdown();
            timeout(bounds.farewell, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    use super::*;

    struct Server {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        task: JoinHandle<()>,
    }

    async fn start(bounds: Bounds) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let router = Router::new()
            .route("/", get(|| async { "here" }))
            .route("/big", get(|| async { vec![b'x'; 64 << 20] }));
        let task = tokio::spawn(serve_within(bounds, listener, router, async {
            stopped.await.ok();
        }));
        Server {
            address,
            stop,
            task,
        }
    }

    async fn send(server: &Server, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        // The server may answer and close before the last byte.
        stream.write_all(bytes).await.ok();
        stream
    }

    /// Everything until the server closes.
    async fn rest(mut stream: TcpStream) -> String {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.ok();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    const QUICK: Bounds = Bounds {
        head: Duration::from_millis(100),
        farewell: Duration::from_millis(100),
        ..BOUNDS
    };

    const LAST: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    #[tokio::test]
    async fn who_sends_no_whole_head_is_cut_off_and_the_place_given_on() {
        let server = start(Bounds {
            connections: 1,
            ..QUICK
        })
        .await;
        for half in [
            &b""[..],
            b"GET / HT",
            b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n",
        ] {
            let answer = rest(send(&server, half).await).await;
            assert!(!answer.contains("here"), "{answer}");
        }
        let idle = send(&server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(rest(idle).await.ends_with("here"), "an idle one ends too");
        let answer = rest(send(&server, LAST).await).await;
        assert!(answer.ends_with("here"), "{answer}");
    }

    #[tokio::test]
    async fn heads_are_bounded() {
        let server = start(QUICK).await;
        let long = format!(
            "GET / HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n",
            "b".repeat(200 << 10)
        );
        let many = format!(
            "GET / HTTP/1.1\r\nHost: x\r\n{}\r\n",
            "a: b\r\n".repeat(5_000)
        );
        for request in [long, many] {
            let mut stream = send(&server, request.as_bytes()).await;
            let mut start = [0; 12];
            stream.read_exact(&mut start).await.unwrap();
            assert_eq!(&start, b"HTTP/1.1 431");
        }
    }

    #[tokio::test]
    async fn who_reads_nothing_holds_neither_a_place_nor_the_shutdown() {
        let server = start(Bounds {
            connections: 1,
            age: Duration::from_millis(100),
            ..QUICK
        })
        .await;
        let request = b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n";
        let deaf = send(&server, request).await;
        assert!(rest(send(&server, LAST).await).await.ends_with("here"));
        let deaf_too = send(&server, request).await;
        server.stop.send(()).unwrap();
        timeout(Duration::from_secs(5), server.task)
            .await
            .expect("ends although nobody reads")
            .unwrap();
        drop((deaf, deaf_too));
    }
}
