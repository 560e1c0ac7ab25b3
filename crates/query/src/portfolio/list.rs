//! A page of the list.

use std::time::Duration;

use contract::{
    portfolio::v1::{InitiativeRow, ListInitiativesRequest, ListInitiativesResponse},
    status::Violation,
};
use prost::Message as _;
use read_model::{
    PORTFOLIO,
    reads::{Key, Line, Order, Selection, Sort, count, page},
};
use serde::{Deserialize, Serialize};
use time::Date;

use super::{fields::fields_of, line::row, order};
use crate::{Caller, Failure, Reader, Sealer, filter, moment::parse_day, reader::as_of, seal::Fingerprint};

const RPC: &str = "cornerstone.portfolio.v1.PortfolioQueryService/ListInitiatives";
const PAGE_SIZE_DEFAULT: usize = 50;
const PAGE_SIZE_MAX: usize = 1000;
/// Leaves room below the limit of 4 MiB per answer for everything that is not a line.
const PAGE_BYTES_MAX: usize = 3 * 1024 * 1024 + 512 * 1024;
/// Longer questions are no searches.
const TEXT_CHARS_MAX: usize = 200;
const TOKEN_SCHEMA: u8 = 1;

/// Where the next page begins.
#[derive(Serialize, Deserialize)]
struct PageToken {
    schema: u8,
    query: Fingerprint,
    after: Vec<Key>,
    /// Counting takes longer than finding a page: it is done once, for the first one.
    total: u64,
}

/// A request, understood.
struct Query {
    selection: Selection,
    order: Vec<(Sort, bool)>,
    page_size: usize,
    /// The page before, unless this is the first.
    before: Option<PageToken>,
    fingerprint: Fingerprint,
}

/// A page of the initiatives in the caller's scope.
///
/// # Errors
/// [`Failure::Refused`] with everything that is wrong; the view is behind or away.
pub async fn list(
    reader: &Reader,
    caller: &Caller,
    request: &ListInitiativesRequest,
    time: Duration,
) -> Result<ListInitiativesResponse, Failure> {
    let query = parse(request, caller, &reader.sealer).map_err(Failure::Refused)?;
    let token = request.read.as_ref().map_or("", |read| &read.consistency_token);
    let mut snapshot = reader.snapshot(PORTFOLIO, &caller.audience, token, time).await?;
    let Query { selection, order, page_size, before, fingerprint } = query;
    let after = before.as_ref().map(|before| &*before.after);
    // One more than asked tells whether there is another page.
    let lines = page(&mut snapshot, &selection, &order, after, page_size + 1).await?;
    let total = match before {
        Some(before) => before.total,
        None if lines.len() <= page_size => lines.len() as u64,
        None => count(&mut snapshot, &selection).await?,
    };
    let as_of = as_of(PORTFOLIO, &snapshot);
    drop(snapshot);
    let (initiatives, last) = cut(lines, &order, page_size);
    let token = last.map(|after| PageToken { schema: TOKEN_SCHEMA, query: fingerprint, after, total });
    let next_page_token = token.map(|token| reader.sealer.seal(RPC, &token)).unwrap_or_default();
    Ok(ListInitiativesResponse { as_of: Some(as_of), initiatives, next_page_token, total })
}

/// As many lines as fit on the page, and the place of the last one if there are more.
fn cut(lines: Vec<Line>, order: &Order, page_size: usize) -> (Vec<InitiativeRow>, Option<Vec<Key>>) {
    let found = lines.len();
    let mut rows = Vec::with_capacity(found.min(page_size));
    let (mut bytes, mut last) = (0, None);
    for line in lines.into_iter().take(page_size) {
        let place = line.place(order);
        let row = row(line);
        bytes += row.encoded_len();
        if bytes > PAGE_BYTES_MAX && !rows.is_empty() {
            break;
        }
        rows.push(row);
        last = Some(place);
    }
    let more = found > rows.len();
    (rows, last.filter(|_| more))
}

fn parse(
    request: &ListInitiativesRequest,
    caller: &Caller,
    sealer: &Sealer,
) -> Result<Query, Vec<Violation>> {
    let ListInitiativesRequest { read: _, page_size: _, page_token, filter, text, order_by, effective_on } =
        request;
    let fingerprint = caller.fingerprint(&[filter, text, order_by, effective_on]);
    let mut wrong = Vec::new();
    let page_size = keep(page_size(request.page_size), &mut wrong);
    let text = keep(words(text), &mut wrong);
    let day = keep(effective_day(effective_on), &mut wrong);
    let condition = keep(filter::parse(filter, fields_of(!effective_on.is_empty())), &mut wrong);
    let order = keep(order::parse(order_by, matches!(text, Some(Some(_)))), &mut wrong);
    let before = keep(before(page_token, fingerprint, sealer), &mut wrong);
    match (page_size, text, day, condition, order, before) {
        (Some(page_size), Some(text), Some(effective_on), Some(condition), Some(order), Some(before)) => {
            let selection = Selection { condition, text, effective_on };
            Ok(Query { selection, order, page_size, before, fingerprint })
        }
        _ => Err(wrong),
    }
}

/// Notes what is wrong, so that all of it is told at once.
fn keep<T>(found: Result<T, Vec<Violation>>, wrong: &mut Vec<Violation>) -> Option<T> {
    found.map_err(|violations| wrong.extend(violations)).ok()
}

fn page_size(asked: i32) -> Result<usize, Vec<Violation>> {
    match usize::try_from(asked) {
        Ok(0) => Ok(PAGE_SIZE_DEFAULT),
        Ok(size) => Ok(size.min(PAGE_SIZE_MAX)),
        Err(_) => {
            let violation = Violation::new("VALIDATION_RANGE").at("page_size");
            Err(vec![violation.with("min", 0).with("max", PAGE_SIZE_MAX)])
        }
    }
}

fn words(text: &str) -> Result<Option<String>, Vec<Violation>> {
    let chars = text.chars().count();
    if chars > TEXT_CHARS_MAX {
        let violation = Violation::new("VALIDATION_LENGTH").at("text").with("min", 0);
        return Err(vec![violation.with("max", TEXT_CHARS_MAX).with("actual", chars)]);
    }
    // Postgres takes no NUL, and nothing that anybody wrote has one.
    let text = text.replace('\0', " ");
    Ok(Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned))
}

fn effective_day(text: &str) -> Result<Option<Date>, Vec<Violation>> {
    if text.is_empty() {
        return Ok(None);
    }
    let violation = || Violation::new("VALIDATION_FORMAT").at("effective_on").with("expected", "YYYY-MM-DD");
    parse_day(text).map(Some).ok_or_else(|| vec![violation()])
}

fn before(token: &str, query: Fingerprint, sealer: &Sealer) -> Result<Option<PageToken>, Vec<Violation>> {
    if token.is_empty() {
        return Ok(None);
    }
    let opened: Option<PageToken> = sealer.open(RPC, token);
    let ours = opened.filter(|opened| opened.schema == TOKEN_SCHEMA && opened.query == query);
    ours.map(Some).ok_or_else(|| vec![Violation::new("PAGE_TOKEN_INVALID").at("page_token")])
}
