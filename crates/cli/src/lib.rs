//! The client of operators, ministries and auditors: what the binary offers besides the roles of a server.
//!
//! It speaks gRPC and nothing else; it opens neither log nor database. [`Command`] is what can be asked,
//! [`Connection`] where and as whom; the binary flattens both into its own command line and calls [`run`].
//! To add a command: a file with its arguments and `run`, a variant here.

mod call;
mod codes;
mod connection;
mod failure;
mod header;
mod import;
mod initiative;
mod log;
mod output;
mod portfolio;
mod reflect;
mod resume;
mod units;
mod views;
mod whoami;

use std::process::ExitCode;

pub use connection::Connection;
use connection::Session;
use failure::Failure;
use output::Output;

/// For the long help: what the exit codes mean.
pub const EXIT_CODES: &str = "\
Exit codes of the client commands:
  0  done
  1  something on this side failed: a file, a token, an address
  2  the command line is wrong
  3  a rule of the business refused it, or another version is there
  4  the request is wrong; every violation is named
  5  the caller is not known, or not allowed
  6  not found, or outside the caller's scope
  7  not available now: the same command can be sent again with its --request-id
  8  the log is damaged
  9  the import is not complete: the report tells which rows were refused";

/// What can be asked.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Who am I here, and in which roles may I act today?
    Whoami,
    /// Commands on initiatives, from the proposal to the end
    #[command(subcommand)]
    Initiative(initiative::Command),
    /// The portfolio as it reads
    #[command(subcommand)]
    Portfolio(portfolio::Command),
    /// The log as auditors read it
    #[command(subcommand)]
    Log(log::Command),
    /// The read models: how far they are, and building them anew
    #[command(subcommand)]
    Views(views::Command),
    /// Organisational units
    #[command(subcommand)]
    Units(units::Command),
    Import(import::Import),
    Call(call::Call),
}

/// Does what was asked, and tells how it went.
pub async fn run(connection: &Connection, command: Command) -> ExitCode {
    let output = connection.output();
    match dispatch(connection, command, &output).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.show(&output);
            ExitCode::from(failure.exit_code())
        }
    }
}

async fn dispatch(connection: &Connection, command: Command, output: &Output) -> Result<(), Failure> {
    if let Command::Import(import) = &command
        && import.is_dry()
    {
        return import.run(None, output).await;
    }
    let session = Session::open(connection).await?;
    match command {
        Command::Whoami => whoami::run(&session, output).await,
        Command::Initiative(command) => command.run(&session, output).await,
        Command::Portfolio(command) => command.run(&session, output).await,
        Command::Log(command) => command.run(&session, output).await,
        Command::Views(command) => command.run(&session, output).await,
        Command::Units(command) => command.run(&session, output).await,
        Command::Import(import) => import.run(Some(&session), output).await,
        Command::Call(call) => call.run(&session, output).await,
    }
}
