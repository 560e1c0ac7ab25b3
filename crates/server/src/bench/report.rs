//! The figures, as tables for people and as JSON for machines.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use super::{cold, commands, machine::Machine};

/// All that was measured.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    version: &'static str,
    machine: Machine,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) commands: Option<Vec<commands::Level>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cold: Option<Vec<cold::Length>>,
}

impl Report {
    /// Nothing measured yet.
    pub(super) fn new(machine: Machine) -> Self {
        Self { version: env!("CARGO_PKG_VERSION"), machine, commands: None, cold: None }
    }

    /// Tables, unless JSON goes to the standard output.
    pub(super) fn tell(&self, json: Option<&Path>) -> Result<()> {
        let to_stdout = json == Some(Path::new("-"));
        let text = serde_json::to_string_pretty(self)?;
        match json {
            Some(path) if !to_stdout => {
                fs::write(path, &text).with_context(|| format!("write {}", path.display()))?;
            }
            _ => {}
        }
        say(&if to_stdout { text } else { self.text() });
        Ok(())
    }

    fn text(&self) -> String {
        let Machine { cores, processor, load_average, nats_version, filesystem, flush_p50_ms, build, .. } =
            &self.machine;
        let mut lines = vec![format!(
            "{cores} cores ({processor}), load {load_average} at the start; {filesystem}, a flush takes \
             {flush_p50_ms:.2} ms; nats-server {nats_version}; {build} build"
        )];
        lines.extend(self.machine.warnings().into_iter().map(|warning| format!("Careful: {warning}.")));
        if let Some(levels) = &self.commands {
            lines.push(format!("\n{}", commands::table(levels)));
            lines.extend(commands::aims(levels));
        }
        if let Some(lengths) = &self.cold {
            lines.push(format!("\n{}", cold::table(lengths)));
        }
        lines.join("\n")
    }
}

/// A table with numbers to the right.
pub(super) fn table(title: &str, columns: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    let mut columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
    columns[0] = title.to_owned();
    table.set_header(columns);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Three digits or so.
pub(super) fn number(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[expect(clippy::print_stdout, reason = "this is what the person at the terminal reads")]
fn say(text: &str) {
    println!("{text}");
}
