//! Everything at once on private servers, on loopback: for a first look, for development and for tests.

pub(crate) mod client;
mod initiatives;
pub(crate) mod ports;
pub(crate) mod seed;
pub(crate) mod servers;

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use codec::{genesis::RootPrincipal, sign::Signer};
use event_log_nats::{Replicas, Settings};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vault::Kek;

use self::{ports::Ports, servers::Postgres};
use crate::{
    config, issuer,
    provision::{self, write_private},
    run::{All, asked_to_stop},
    telemetry,
};

/// How often the private servers are looked after.
const WATCH_INTERVAL: Duration = Duration::from_millis(500);

/// Runs until Ctrl-C, SIGTERM, or a part that ended.
///
/// # Errors
/// A busy port, a server that does not start, a role that failed.
pub async fn run(options: config::Dev) -> Result<()> {
    let var = folders(&options.var)?;
    ports::left_behind(&var).await;
    let ports = Ports::choose(options.port_base)?;
    let log = fs::OpenOptions::new().create(true).append(true).open(var.join("log/cornerstone.log"))?;
    let said = config::Telemetry {
        admin_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, ports.admin)),
        log: options.log.clone(),
        otlp: options.otlp.clone(),
    };
    telemetry::start(&said, Arc::new(log))?;
    say("starting the database and the log");
    let mut postgres = Postgres::start(&var, ports.postgres).await?;
    let passwords = servers::passwords(&var.join("keys"))?;
    let mut nats = servers::nats(&var, ports.nats, ports.nats_monitor, passwords)?;
    ports.write(&var, nats.pid(), postgres.server.pid())?;
    let (views_url, vault_url) = (var.join("keys/views-url"), var.join("keys/vault-url"));
    for (database, file) in [("views", &views_url), ("vault", &vault_url)] {
        postgres.database(database)?;
        fs::write(file, postgres.url(database))?;
        fs::set_permissions(file, fs::Permissions::from_mode(0o600))?;
    }
    let stop = CancellationToken::new();
    let mut everything = Box::pin(everything(&options, ports, &var, stop.clone()));
    let done = tokio::select! {
        done = &mut everything => done,
        ended = watch([&mut nats, &mut postgres.server]) => Err(ended),
        () = asked_to_stop() => {
            say("\nstopping");
            stop.cancel();
            everything.as_mut().await
        }
    };
    drop(everything);
    nats.stop().await?;
    postgres.server.stop().await?;
    done
}

async fn everything(options: &config::Dev, ports: Ports, var: &Path, stop: CancellationToken) -> Result<()> {
    let keys = var.join("keys");
    let log = |user: &str| config::Log {
        nats_url: vec![format!("nats://127.0.0.1:{}", ports.nats)],
        nats_user: user.to_owned(),
        nats_password_file: keys.join(format!("nats-{user}")),
        nats_ca: None,
        nats_monitor_url: vec![format!("http://127.0.0.1:{}", ports.nats_monitor)],
        allow_unchecked_sync: false,
    };
    let identity = config::Identity {
        issuer: vec![issuer::ISSUER.to_owned()],
        jwks_url: vec![format!("{}/jwks.json", ports.issuer_url())],
        audience: "cornerstone".to_owned(),
        allow_insecure_loopback: true,
        policies: None,
    };
    let vault = config::Vault { vault_url_file: keys.join("vault-url"), kek_file: keys.join("kek") };
    prepare(&keys, &log("provisioner"), &identity, &vault).await?;

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, ports.issuer)).await?;
    let issuing =
        tokio::spawn(issuer::serve(listener, keys.join("issuer-key"), issuer::Personas::development()?));
    let all = All {
        command_log: log("command"),
        reader_log: log("reader"),
        audit_log: log("auditor"),
        identity,
        vault,
        views: config::Views { views_url_file: keys.join("views-url") },
        writer_key_file: keys.join("writer-key"),
        token_key_file: keys.join("token-key"),
        listener: TcpListener::bind((Ipv4Addr::LOCALHOST, ports.api)).await?,
        admin_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, ports.admin)),
    };
    let serving = all.run(stop.clone());
    tokio::pin!(serving);
    let loaded = async {
        let loaded = load(options, ports, var).await;
        if loaded.is_ok() {
            say(&welcome(ports)?);
        }
        stop_on_error(loaded, &stop).await
    };
    let done = tokio::select! {
        done = &mut serving => done,
        failed = loaded => { serving.await?; failed }
    };
    issuing.abort();
    done
}

/// Waits for the stop once everything is loaded, or asks for it when something was refused.
async fn stop_on_error(loaded: Result<()>, stop: &CancellationToken) -> Result<()> {
    match loaded {
        Ok(()) => stop.cancelled().await,
        Err(_) => stop.cancel(),
    }
    loaded
}

/// Keys, the log, the databases: made at the first run, checked at every other.
async fn prepare(
    keys: &Path,
    log: &config::Log,
    identity: &config::Identity,
    vault: &config::Vault,
) -> Result<()> {
    let writer_key = keys.join("writer-key");
    if !writer_key.exists() {
        write_private(&writer_key, &STANDARD.encode(Signer::generate_seed()?))?;
    }
    let token_key = keys.join("token-key");
    if !token_key.exists() {
        write_private(&token_key, &STANDARD.encode(Signer::generate_seed()?))?;
    }
    if !vault.kek_file.exists() {
        Kek::generate_file(&vault.kek_file)?;
    }
    let roots = vec![RootPrincipal { issuer: identity.issuer[0].clone(), subject: "root".to_owned() }];
    let settings = Settings { replicas: Replicas::One, bytes_max: servers::STORE_BYTES_MAX / 5 * 4 };
    let genesis =
        provision::genesis(&keys.join("genesis.json"), &provision::signer(&writer_key)?, roots, settings)?;
    wait_for(log).await?;
    event_log_nats::provision(&provision::log_server(log)?, settings, &genesis)
        .await
        .context("provision the log")?;
    let views_url_file = Some(keys.join("views-url"));
    let migrate = config::Migrate { views_url_file, vault_url_file: Some(vault.vault_url_file.clone()) };
    provision::bring_up(&migrate).await
}

/// The log server listens a moment after it was started.
pub(crate) async fn wait_for(log: &config::Log) -> Result<()> {
    let address = log.nats_url[0].trim_start_matches("nats://").to_owned();
    for _ in 0..600 {
        if tokio::net::TcpStream::connect(&address).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("nats-server did not start in time: see log/nats.log")
}

async fn load(options: &config::Dev, ports: Ports, var: &Path) -> Result<()> {
    let marker = var.join(if options.no_seed { "government-loaded" } else { "initiatives-loaded" });
    if marker.exists() {
        return Ok(());
    }
    say("loading an invented government");
    let loaded = seed::load(ports.api_url(), ports.issuer_url(), !options.no_seed).await?;
    fs::write(marker, loaded.to_string())?;
    Ok(())
}

async fn watch(mut children: [&mut servers::Server; 2]) -> anyhow::Error {
    loop {
        for child in &mut children {
            match child.ended() {
                Ok(None) => {}
                Ok(Some(status)) => return anyhow::anyhow!("{} ended with {status}", child.name()),
                Err(error) => return error,
            }
        }
        tokio::time::sleep(WATCH_INTERVAL).await;
    }
}

fn folders(var: &Path) -> Result<PathBuf> {
    fs::create_dir_all(var).with_context(|| format!("create {}", var.display()))?;
    let var = fs::canonicalize(var)?;
    for name in ["keys", "log", "nats", "postgres"] {
        fs::create_dir_all(var.join(name))?;
    }
    fs::set_permissions(var.join("keys"), fs::Permissions::from_mode(0o700))?;
    Ok(var)
}

fn welcome(ports: Ports) -> Result<String> {
    let program = std::env::current_exe()?;
    let here = std::env::current_dir()?;
    let program = program.strip_prefix(&here).unwrap_or(&program).display().to_string();
    let at = if ports.issuer == config::PORT_BASE {
        String::new()
    } else {
        format!(" --server {} --persona-issuer {}", ports.api_url(), ports.issuer_url())
    };
    Ok(format!(
        "\nCornerstone runs on {api}. Ctrl-C stops it; data is kept.\n\nThree things to try in another terminal:\n\n\
         1. Propose an initiative as an employee of the Ministry of Health:\n\n   \
         {program}{at} --persona nurse initiative propose --ministry MOHHOSP --title-he \"תור דיגיטלי לבדיקות דם\" \
         --summary-he \"מטופל קובע שעה לבדיקת דם ומקבל תזכורת, במקום לעמוד בתור מן הבוקר.\" \
         --problem-he \"מטופלים ממתינים שעות לבדיקות דם, והעומס מרוכז בשעות הבוקר.\"\n\n\
         2. See it in the portfolio as the Center of Government:\n\n   \
         {program}{at} --persona cog-pm portfolio list --text \"תור\"\n\n\
         3. Stream the log as an auditor:\n\n   \
         {program}{at} --persona auditor log stream --until-head\n",
        api = ports.api_url(),
    ))
}

#[expect(clippy::print_stdout, reason = "this is what the person at the terminal reads")]
fn say(text: &str) {
    println!("{text}");
}
