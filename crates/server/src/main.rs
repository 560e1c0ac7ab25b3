//! `cornerstone`: every role, and the client commands of operators and auditors.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use server::{config, dev, provision, run, telemetry};

/// The operating record of innovation in government.
#[derive(Parser)]
#[command(name = "cornerstone", version, about, max_term_width = 110)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
#[expect(clippy::enum_variant_names, reason = "the role that takes commands is named so")]
enum Command {
    /// Take commands: decide and append them to the log.
    Command(config::CommandRole),
    /// Create the log, or check that it is as it was created.
    Provision(config::Provision),
    /// Bring the databases to this version.
    Migrate(config::Migrate),
    /// Everything at once on private servers, on loopback: for a first look and for development.
    Dev(config::Dev),
}

fn main() -> ExitCode {
    rustls::crypto::aws_lc_rs::default_provider().install_default().expect("nothing installed one before");
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(start(arguments.command)),
        Err(error) => failed(&error.into()),
    }
}

async fn start(command: Command) -> ExitCode {
    let done = match command {
        Command::Command(role) => {
            telemetry::with(&role.telemetry.clone(), Box::pin(run::command(role))).await
        }
        Command::Provision(options) => provision::run(options).await,
        Command::Migrate(options) => provision::migrate(&options).await,
        Command::Dev(options) => dev::run(options).await,
    };
    done.map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS)
}

#[expect(clippy::print_stderr, reason = "the last word of a program that failed")]
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("cornerstone: {error:#}");
    ExitCode::FAILURE
}
