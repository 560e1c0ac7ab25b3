//! `cornerstone`: every role, and the client commands of operators and auditors.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use server::{bench, config, dev, provision, run, telemetry};

/// The operating record of innovation in government.
#[derive(Parser)]
#[command(name = "cornerstone", version, max_term_width = 110, after_long_help = cli::EXIT_CODES)]
struct Arguments {
    #[command(flatten)]
    connection: cli::Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
#[expect(clippy::enum_variant_names, reason = "the role that takes commands is named so")]
enum Command {
    /// Take commands: decide and append them to the log.
    Command(config::CommandRole),
    /// Answer queries from the views.
    Query(config::QueryRole),
    /// Keep the views true; one at a time works, others stand by.
    Projector(config::ProjectorRole),
    /// Stream the log to auditors.
    Audit(config::AuditRole),
    /// Create the log, or check that it is as it was created.
    Provision(config::Provision),
    /// Bring the databases to this version.
    Migrate(config::Migrate),
    /// Everything at once on private servers, on loopback: for a first look and for development.
    Dev(config::Dev),
    /// Measure how fast everything is on this machine, on private servers in a temporary folder.
    Bench(bench::Options),
    #[command(flatten)]
    Client(cli::Command),
}

fn main() -> ExitCode {
    rustls::crypto::aws_lc_rs::default_provider().install_default().expect("nothing installed one before");
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(start(&arguments.connection, arguments.command)),
        Err(error) => failed(&error.into()),
    }
}

async fn start(connection: &cli::Connection, command: Command) -> ExitCode {
    let done = match command {
        Command::Client(command) => return cli::run(connection, command).await,
        Command::Command(role) => {
            telemetry::with(&role.telemetry.clone(), Box::pin(run::command(role))).await
        }
        Command::Query(role) => telemetry::with(&role.telemetry.clone(), Box::pin(run::query(role))).await,
        Command::Projector(role) => {
            telemetry::with(&role.telemetry.clone(), Box::pin(run::projector(role))).await
        }
        Command::Audit(role) => telemetry::with(&role.telemetry.clone(), Box::pin(run::audit(role))).await,
        Command::Provision(options) => provision::run(options).await,
        Command::Migrate(options) => provision::migrate(&options).await,
        Command::Dev(options) => dev::run(options).await,
        Command::Bench(options) => bench::run(options, connection.wants_json()).await,
    };
    done.map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS)
}

#[expect(clippy::print_stderr, reason = "the last word of a program that failed")]
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("cornerstone: {error:#}");
    ExitCode::FAILURE
}
