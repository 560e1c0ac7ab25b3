//! How far the views are: for those who wait for a position, and for operators.

use sqlx::{PgPool, Row};
use time::OffsetDateTime;

use crate::{Error, Shape, batch::signed, build::unsigned, error::doing};

/// The channel that names the position of a live view whenever it moves: `<name> <version> <position>`. A wake-up
/// only: a listener that lost its connection asks [`position`].
pub const POSITION_CHANNEL: &str = "view_position";

/// Where a view stands, as readers are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewState {
    Building,
    Verifying,
    Live,
    /// Live, and was not up to date for more than two seconds, or nobody keeps it.
    Lagging,
    /// Live, and some keys wait for a repair.
    Quarantined,
    Stopped,
    /// Was live, kept to swap back.
    Retired,
}

/// One build of a view.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewStatus {
    pub name: String,
    pub version: u32,
    pub schema: String,
    pub state: ViewState,
    /// Why it stopped, which keys wait, or in what it differed from the build before.
    pub reason: Option<String>,
    /// Not the one that readers use.
    pub shadow: bool,
    pub position: u64,
    /// The log's clock there.
    pub stored_at: Option<OffsetDateTime>,
    /// The log's last position as the keeper last saw it.
    pub head: u64,
    pub commits: u64,
    pub digest: String,
    /// Commits per second over the last seconds.
    pub throughput: f64,
}

/// Every build of every view that is not retired, by name.
///
/// # Errors
/// Those of the database.
pub async fn statuses(pool: &PgPool) -> Result<Vec<ViewStatus>, Error> {
    let select = "SELECT b.*, b.schema_name IS DISTINCT FROM v.live AS shadow,
            CASE WHEN b.state <> 'LIVE' THEN b.state
                 WHEN b.quarantined > 0 THEN 'QUARANTINED'
                 WHEN b.caught_up_at > clock_timestamp() - interval '3 seconds' THEN 'LIVE'
                 ELSE 'LAGGING' END AS seen
       FROM public.build b JOIN public.view v ON (v.name, v.version) = (b.view_name, b.view_version)
      WHERE b.state <> 'RETIRED'
      ORDER BY v.name, v.version, shadow, b.created_at";
    let statuses = sqlx::query(select).try_map(|row: sqlx::postgres::PgRow| {
        let version: i32 = row.try_get("view_version")?;
        let seen: String = row.try_get("seen")?;
        Ok(ViewStatus {
            name: row.try_get("view_name")?,
            version: version.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            schema: row.try_get("schema_name")?,
            state: state(&seen).ok_or_else(|| sqlx::Error::Decode("an unknown state of a build".into()))?,
            reason: row.try_get("reason")?,
            shadow: row.try_get("shadow")?,
            position: unsigned(&row, "position")?,
            stored_at: row.try_get("stored_at")?,
            head: unsigned(&row, "head")?,
            commits: unsigned(&row, "commits")?,
            digest: row.try_get("digest")?,
            throughput: row.try_get("throughput")?,
        })
    });
    doing("read the states of the views", statuses.fetch_all(pool)).await
}

fn state(code: &str) -> Option<ViewState> {
    Some(match code {
        "BUILDING" => ViewState::Building,
        "VERIFYING" => ViewState::Verifying,
        "LIVE" => ViewState::Live,
        "LAGGING" => ViewState::Lagging,
        "QUARANTINED" => ViewState::Quarantined,
        "STOPPED" => ViewState::Stopped,
        "RETIRED" => ViewState::Retired,
        _ => return None,
    })
}

/// The position of the live build of a view; none before the first build is complete.
///
/// # Errors
/// Those of the database.
pub async fn position(pool: &PgPool, shape: Shape) -> Result<Option<u64>, Error> {
    let select = "SELECT b.position FROM public.view v JOIN public.build b ON b.schema_name = v.live
                   WHERE v.name = $1 AND v.version = $2";
    let select = sqlx::query(select).bind(shape.name).bind(shape.version);
    let position = select.try_map(|row| unsigned(&row, "position"));
    doing("read the position of a view", position.fetch_optional(pool)).await
}

/// Asks the keeper of a view to rebuild it beside the live build. False when there is no such view.
///
/// # Errors
/// Those of the database.
pub async fn request_rebuild(pool: &PgPool, name: &str) -> Result<bool, Error> {
    let request = "UPDATE public.view SET rebuild_requested_at = clock_timestamp() WHERE name = $1";
    let request = sqlx::query(request).bind(name).execute(pool);
    Ok(doing("ask for a rebuild", request).await?.rows_affected() > 0)
}

/// A keeper's note: how fast a build grows, how far the log is, whether nothing was left to apply.
///
/// # Errors
/// Those of the database.
pub async fn note_progress(
    pool: &PgPool,
    schema: &str,
    head: u64,
    throughput: f64,
    caught_up: bool,
) -> Result<(), Error> {
    let note = "UPDATE public.build SET head = $2, throughput = $3,
                       caught_up_at = CASE WHEN $4 THEN clock_timestamp() ELSE caught_up_at END
                 WHERE schema_name = $1";
    let note = sqlx::query(note).bind(schema).bind(signed(head)).bind(throughput).bind(caught_up);
    doing("note the progress of a build", note.execute(pool)).await.map(|_| ())
}
