//! A TCP proxy that loses what it is told to lose.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use test_kit::eventually;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
    sync::watch,
};

/// What happens to the bytes of the connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Pass,
    /// The server's answers are lost.
    LoseAnswers,
    /// The client's requests are lost.
    LoseRequests,
}

pub(crate) struct Proxy {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    /// The number of times that all connections were cut.
    cuts: watch::Sender<u32>,
    lost: Arc<Mutex<Vec<u8>>>,
}

impl Proxy {
    pub(crate) async fn before(server: &str) -> Self {
        let server: SocketAddr = server.trim_start_matches("nats://").parse().expect("an address");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let proxy = Self {
            address,
            mode: watch::Sender::new(Mode::Pass),
            cuts: watch::Sender::new(0),
            lost: Arc::default(),
        };
        let (mode, cuts, lost) = (proxy.mode.clone(), proxy.cuts.clone(), proxy.lost.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(server).await else { continue };
                tokio::spawn(forward(client, server, mode.clone(), cuts.subscribe(), lost.clone()));
            }
        });
        proxy
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Waits until a text was lost.
    pub(crate) async fn loses(&self, text: &str) {
        let look = eventually(Duration::from_secs(10), async || {
            let lost = String::from_utf8_lossy(&self.lost.lock().expect("not poisoned")).into_owned();
            if lost.contains(text) { Ok(()) } else { Err(lost) }
        });
        look.await.expect("it comes to that");
    }

    /// Ends every connection; new ones are passed on.
    pub(crate) fn cut(&self) {
        self.set(Mode::Pass);
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

async fn forward(
    client: TcpStream,
    server: TcpStream,
    mode: watch::Sender<Mode>,
    mut cuts: watch::Receiver<u32>,
    lost: Arc<Mutex<Vec<u8>>>,
) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let loses = |losing: Mode| {
        let (mode, lost) = (mode.clone(), lost.clone());
        move |bytes: &[u8]| {
            let losing = *mode.borrow() == losing;
            if losing {
                lost.lock().expect("not poisoned").extend_from_slice(bytes);
            }
            losing
        }
    };
    tokio::select! {
        () = copy(from_client, to_server, loses(Mode::LoseRequests)) => {}
        () = copy(from_server, to_client, loses(Mode::LoseAnswers)) => {}
        _ = cuts.changed() => {}
    }
}

async fn copy(mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf, loses: impl Fn(&[u8]) -> bool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if !loses(&buffer[..count]) && to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
