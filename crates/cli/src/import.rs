//! `cornerstone import`: a source's files become initiatives, by a mapping that says how.
//!
//! Read and plan without a connection, then send. What a mapping may say is in `mapping`, how files are read in
//! `source`, what follows from a row in `plan`.

mod amount;
mod identity;
mod mapping;
mod plan;
mod report;
mod send;
mod source;
mod text;

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

pub(crate) use identity::unit_id;
use indicatif::{ProgressBar, ProgressStyle};
pub(crate) use mapping::MappingError;
pub(crate) use mapping::Unit;
use mapping::{Edition, Mapping};
use plan::Plan;
use report::Report;
pub(crate) use source::SourceError;
use source::Table;

use crate::{connection::Session, failure::Failure, output::Output, units};

/// Imports initiatives, ratings and costs from a source's files.
///
/// A second run sends the same commands with the same ids, so it records nothing twice and goes on where a first
/// one ended. Needs the role INTEGRATION with a grant that allows imports.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// How the source is to be read; deploy/import has examples
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
    /// Files of the editions that the mapping names
    #[arg(long, value_name = "FILES", num_args = 1.., required = true)]
    source: Vec<PathBuf>,
    /// Read and plan everything, and send nothing; needs no server
    #[arg(long)]
    dry_run: bool,
    /// Where to write what became of every row, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

impl Import {
    /// Whether a server is needed.
    pub(crate) fn is_dry(&self) -> bool {
        self.dry_run
    }

    /// Plans, and sends when there is a session to send with.
    pub(crate) async fn run(&self, session: Option<&Session>, output: &Output) -> Result<(), Failure> {
        let mapping = mapping::load(&self.mapping)?;
        let mut plan = self.plan(&mapping)?;
        if let Some(session) = session {
            let units = self.units(&mapping, session).await?;
            let steps: usize = plan.initiatives.iter().map(|planned| planned.steps.len()).sum();
            let progress = progress(steps);
            send::send(&mut plan, session, &units, &progress).await;
            progress.finish_and_clear();
        }
        let initiatives = plan.initiatives.len();
        let report = Report::new(&mapping.source, session.is_none(), initiatives, plan.editions);
        if let Some(path) = &self.report {
            let json = serde_json::to_vec_pretty(&report).expect("string keys");
            fs::write(path, json).map_err(|source| Failure::Write { path: path.clone(), source })?;
        }
        if output.json {
            output.value(&serde_json::to_value(&report).expect("string keys"));
        } else {
            report.show(output);
        }
        if report.is_clean() { Ok(()) } else { Err(Failure::ImportIncomplete) }
    }

    fn plan(&self, mapping: &Mapping) -> Result<Plan, Failure> {
        let mut read: Vec<(&Edition, Table)> = Vec::new();
        for path in &self.source {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let mut named = mapping.edition.iter().filter(|edition| edition.file == name).peekable();
            if named.peek().is_none() {
                return Err(Failure::NoEdition { path: path.clone() });
            }
            let bytes = fs::read(path).map_err(|source| SourceError::Read { path: path.clone(), source })?;
            for edition in named {
                read.push((edition, source::read(&bytes, mapping, edition)?));
            }
        }
        read.sort_by(|(one, _), (other, _)| one.effective_on.cmp(&other.effective_on));
        Ok(plan::plan(mapping, &read))
    }

    /// The ids of the mapping's units on the server.
    async fn units(&self, mapping: &Mapping, session: &Session) -> Result<HashMap<String, String>, Failure> {
        let known = units::list(session).await?;
        let known: HashMap<String, String> =
            known.into_iter().map(|unit| (unit.code, unit.org_unit_id)).collect();
        let unknown = mapping.unit.iter().filter(|unit| !known.contains_key(&unit.code));
        let missing: Vec<String> = unknown.map(|unit| unit.code.clone()).collect();
        if missing.is_empty() {
            Ok(known)
        } else {
            Err(Failure::NoUnits { missing, file: self.mapping.clone() })
        }
    }
}

fn progress(steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} commands, {per_sec}, {eta} left");
    ProgressBar::new(steps as u64).with_style(style.expect("a template"))
}

/// The file of a mapping, for those who only want its units.
pub(crate) fn units_of(path: &Path) -> Result<Vec<mapping::Unit>, Failure> {
    Ok(mapping::units(path)?)
}
