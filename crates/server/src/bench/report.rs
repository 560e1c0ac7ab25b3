//! The figures, as tables for people and as JSON for machines.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use super::{catch_up, cold, commands, machine::Machine, replay, visible};

/// All that was measured.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    version: &'static str,
    machine: Machine,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) commands: Option<Vec<commands::Level>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cold: Option<Vec<cold::Length>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) visible: Option<Vec<visible::Visible>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) replay: Option<Vec<replay::Replay>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) catch_up: Option<catch_up::CatchUp>,
}

impl Report {
    /// Nothing measured yet.
    pub(super) fn new(machine: Machine) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            machine,
            commands: None,
            cold: None,
            visible: None,
            replay: None,
            catch_up: None,
        }
    }

    /// Tables or JSON on the standard output, and JSON in a file when one is named.
    pub(super) fn tell(&self, json: bool, file: Option<&Path>) -> Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        if let Some(path) = file {
            fs::write(path, &text).with_context(|| format!("write {}", path.display()))?;
        }
        say(&if json { text } else { self.text() });
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
            lines.push(commands::speeds(levels));
            lines.extend(commands::aims(levels));
            lines.push(commands::costs(levels));
        }
        if let Some(lengths) = &self.cold {
            lines.push(cold::table(lengths));
        }
        if let Some(seen) = &self.visible {
            lines.push(visible::table(seen));
        }
        if let Some(replays) = &self.replay {
            lines.push(replay::table(replays));
        }
        if let Some(built) = &self.catch_up {
            lines.push(catch_up::table(built));
        }
        lines.join("\n")
    }
}

/// A table under its title, numbers to the right.
pub(super) fn table(title: &str, columns: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns);
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("\n{title}\n{table}")
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
