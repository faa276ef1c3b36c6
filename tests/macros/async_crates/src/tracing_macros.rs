use tracing::{Level, debug, error, event, info, info_span, span, trace, warn};

#[derive(Debug, Clone)]
pub struct Request {
    pub path: String,
    pub size: u64,
}

pub fn log_all(requests: &[Request], mut limit: u64) -> u64 {
    requests.iter().for_each(|r| info!(path = %r.path, size = r.size, "request"));
    let report = |r: &Request| debug!(?r, limit, "debugged {}", r.path);
    requests.iter().for_each(report);
    let mut lower = || {
        limit -= 1;
        warn!(limit, "lowered");
    };
    lower();
    let span = span!(Level::INFO, "work", count = requests.len(), limit);
    let inside = span.in_scope(|| requests.iter().map(|r| r.size + limit).sum::<u64>());
    let _enter = info_span!("other", %inside).entered();
    let owned = requests.to_vec();
    let tell = move || error!("{} requests, {:?}", owned.len(), owned.iter().map(|r| r.size).max());
    tell();
    event!(Level::TRACE, n = requests.iter().filter(|r| r.size > limit).count());
    trace!(target: "lab", first = ?requests.first().map(|r| &r.path), "end {inside}");
    inside
}

pub fn make_spans(requests: Vec<Request>) -> Vec<tracing::Span> {
    let root = info_span!("root");
    requests.into_iter().map(|r| info_span!(parent: &root, "request", path = r.path, size = r.size)).collect()
}
