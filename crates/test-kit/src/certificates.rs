//! A certificate for servers on loopback, which is its own authority.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use event_log_nats::server_config::Tls;

/// Makes the certificate and its key in a folder. OpenSSL comes with the distribution's Postgres.
pub(crate) fn loopback(folder: &Path) -> Result<Tls> {
    let (cert, key): (PathBuf, PathBuf) = (folder.join("cert.pem"), folder.join("key.pem"));
    let output = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", "/CN=loopback", "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-addext", "extendedKeyUsage=serverAuth,clientAuth"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&cert)
        .output()
        .context("openssl is not installed: `tests/run` and `deploy/up` install it")?;
    ensure!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
    Ok(Tls { ca: cert.clone(), cert, key })
}
