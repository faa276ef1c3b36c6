use futures::{FutureExt, StreamExt, pin_mut};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

pub async fn race(mut rx: mpsc::Receiver<String>, mut stop: oneshot::Receiver<u32>) -> usize {
    let mut seen: Vec<String> = Vec::new();
    let suffix = String::from("!");
    loop {
        tokio::select! {
            Some(text) = rx.recv() => {
                let mut keep = || seen.push(text.clone());
                keep();
            }
            code = &mut stop => {
                let n = code.map(|c| c as usize).unwrap_or_else(|_| seen.len());
                return seen.iter().filter(|s| s.ends_with(&suffix)).count() + n;
            }
            _ = tokio::time::sleep(Duration::from_millis(10)), if seen.iter().any(|s| *s != suffix) => {
                seen.retain(|s| s.len() < suffix.len());
            }
            else => break,
        }
    }
    seen.len()
}

pub async fn biased(a: oneshot::Receiver<u8>, b: oneshot::Receiver<String>) -> String {
    let tag = "t".to_string();
    let out = tokio::select! {
        biased;
        Ok(n) = a => Some(n).map(|n| format!("{tag}{n}")).unwrap_or_default(),
        r = b => r.unwrap_or_else(|_| tag.clone()),
        else => tag.clone(),
    };
    let show = || out.len();
    show();
    out
}

pub async fn together(mut names: Vec<String>) -> usize {
    let (a, b) = tokio::join!(async { names.iter().map(|n| n.len()).sum::<usize>() }, async { 2 });
    let both = || a + b;
    let n = both();
    let r: Result<(u8, u16), String> = tokio::try_join!(async { Ok(1u8) }, async { Ok(2u16) });
    let pair = r.map(|(x, y)| x as usize + y as usize + n).unwrap_or_else(|e| e.len());
    names.retain(|name| name.len() > pair);
    pair
}

pub async fn fut_select(mut events: futures::stream::Fuse<futures::stream::Iter<std::vec::IntoIter<String>>>) -> Vec<String> {
    let mut out = Vec::new();
    let slow = tokio::time::sleep(Duration::from_millis(1)).fuse();
    pin_mut!(slow);
    loop {
        futures::select! {
            event = events.next() => match event {
                Some(text) => { let mut put = || out.push(text.to_uppercase()); put(); }
                None => break,
            },
            () = slow => { out.iter_mut().for_each(|o| o.push('.')); }
            complete => break,
        }
    }
    let (first, second) = futures::join!(async { out.first().cloned() }, async { out.len() });
    let add = move || first.map(|f| f.len()).unwrap_or(0) + second;
    add();
    out
}
