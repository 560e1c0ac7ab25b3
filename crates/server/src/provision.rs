//! Creating the log and bringing the databases to this version: jobs of their own, never of a service at start.

use std::{fs, os::unix::fs::OpenOptionsExt as _, path::Path};

use anyhow::{Context as _, Result, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use codec::{
    genesis::{self, LogOpened, RootPrincipal},
    sign::Signer,
};
use domain::values::Timestamp;
use event_log::Append;
use event_log_nats::{Replicas, Server, Settings};
use serde::{Deserialize, Serialize};

use crate::config;

/// A genesis as kept between runs: the same bytes on every attempt.
#[derive(Serialize, Deserialize)]
struct Kept {
    subject: String,
    commit_id: uuid::Uuid,
    key_id: String,
    signature: String,
    body: String,
}

/// Creates the log, or checks that it is as it was created.
///
/// # Errors
/// Each field of the stream that differs; files that cannot be used.
#[expect(clippy::print_stdout, reason = "the operator waits for the outcome")]
pub async fn run(options: config::Provision) -> Result<()> {
    let roots = options.root.iter().map(|text| root(text)).collect::<Result<Vec<_>>>()?;
    let replicas = match options.replicas {
        1 => Replicas::One,
        3 => Replicas::Three,
        5 => Replicas::Five,
        other => bail!("--replicas {other}: 1, 3 or 5"),
    };
    let settings = Settings { replicas, bytes_max: options.bytes_max };
    let signer = signer(&options.writer_key_file)?;
    let genesis = genesis(&options.genesis_file, &signer, roots, settings)?;
    let server = log_server(&options.log)?;
    let outcome = event_log_nats::provision(&server, settings, &genesis).await?;
    println!("{outcome:?}: log {}", genesis.subject.id());
    Ok(())
}

/// Brings the databases to this version, and says so.
///
/// # Errors
/// Those of the databases.
#[expect(clippy::print_stdout, reason = "the operator waits for the outcome")]
pub async fn migrate(options: &config::Migrate) -> Result<()> {
    bring_up(options).await?;
    println!("the databases named are at this version");
    Ok(())
}

/// Brings the databases to this version.
///
/// # Errors
/// Those of the databases.
pub async fn bring_up(options: &config::Migrate) -> Result<()> {
    if let Some(file) = &options.views_url_file {
        read_model::migrate(&secret(file)?).await.context("migrate the views' database")?;
    }
    if let Some(file) = &options.vault_url_file {
        vault::migrate(&secret(file)?).await.context("migrate the vault's database")?;
    }
    Ok(())
}

fn root(text: &str) -> Result<RootPrincipal> {
    let (issuer, subject) =
        text.split_once(' ').with_context(|| format!("--root `{text}`: issuer, a space, subject"))?;
    Ok(RootPrincipal { issuer: issuer.to_owned(), subject: subject.to_owned() })
}

/// The genesis of a file, made once.
///
/// # Errors
/// When the file cannot be read or written.
pub fn genesis(
    path: &Path,
    signer: &Signer,
    roots: Vec<RootPrincipal>,
    settings: Settings,
) -> Result<Append> {
    if let Ok(text) = fs::read_to_string(path) {
        let kept: Kept = serde_json::from_str(&text).with_context(|| format!("read {}", path.display()))?;
        let headers = event_log::Headers {
            commit_id: kept.commit_id,
            key_id: kept.key_id,
            signature: kept.signature,
            traceparent: None,
        };
        let subject = kept.subject.parse()?;
        return Ok(Append { subject, expected: 0, headers, body: kept.body.into() });
    }
    let opened = LogOpened {
        log_id: uuid::Uuid::new_v4(),
        created_at: now(),
        writer_key: signer.public_key(),
        root_principals: roots,
        configuration_sha256: settings.config_sha256(),
    };
    let commit = genesis::commit(&opened, signer);
    let kept = Kept {
        subject: commit.subject.to_string(),
        commit_id: commit.headers.commit_id,
        key_id: commit.headers.key_id.clone(),
        signature: commit.headers.signature.clone(),
        body: String::from_utf8(commit.body.to_vec()).context("a body is UTF-8")?,
    };
    write_private(path, &serde_json::to_string(&kept)?)?;
    Ok(commit)
}

/// The command side's clock.
///
/// # Panics
/// Outside the years that timestamps can tell.
pub fn now() -> Timestamp {
    let nanos = time::OffsetDateTime::now_utc().unix_timestamp_nanos();
    let micros = i64::try_from(nanos / 1000).ok().and_then(Timestamp::from_micros);
    micros.expect("the clock is within the years that timestamps can tell")
}

/// The signing key of a file.
///
/// # Errors
/// When the file does not hold a seed.
pub fn signer(path: &Path) -> Result<Signer> {
    let seed = STANDARD.decode(secret(path)?).with_context(|| format!("key in {}", path.display()))?;
    Signer::from_seed(&seed).with_context(|| format!("key in {}", path.display()))
}

/// A secret of a file, without the newline at its end.
///
/// # Errors
/// When the file cannot be read.
pub fn secret(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    Ok(text.trim_end().to_owned())
}

/// Writes a file that only its owner can read.
///
/// # Errors
/// When it exists or cannot be written.
pub fn write_private(path: &Path, text: &str) -> Result<()> {
    use std::io::Write as _;
    let opened = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = opened.with_context(|| format!("write {}", path.display()))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .with_context(|| format!("write {}", path.display()))
}

/// How the log is reached, with its password.
///
/// # Errors
/// When the password file cannot be read.
pub fn log_server(options: &config::Log) -> Result<Server> {
    let password = secret(&options.nats_password_file)?;
    Ok(Server {
        urls: options.nats_url.clone(),
        user: options.nats_user.clone(),
        password,
        ca: options.nats_ca.clone(),
    })
}
