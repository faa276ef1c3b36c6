use async_trait::async_trait;
use tracing::instrument;

pub struct Row {
    pub id: u32,
    pub name: String,
}

#[async_trait]
pub trait Store: Sync {
    async fn rows(&self, prefix: &str) -> Vec<Row>;

    async fn count(&self, prefix: &str) -> usize {
        let keep = |row: &Row| row.name.starts_with(prefix);
        self.rows(prefix).await.iter().filter(|row| keep(row)).count()
    }
}

pub struct Memory {
    rows: Vec<(u32, String)>,
    seen: std::sync::Mutex<usize>,
}

#[async_trait]
impl Store for Memory {
    async fn rows(&self, prefix: &str) -> Vec<Row> {
        let add = |n: usize| *self.seen.lock().unwrap() += n;
        add(1);
        self.rows
            .iter()
            .filter(|(_, name)| name.starts_with(prefix))
            .map(|(id, name)| Row { id: *id, name: name.clone() })
            .collect()
    }
}

pub async fn names(store: &dyn Store) -> Vec<String> {
    let rows = store.rows("a").await;
    rows.into_iter().map(|row| row.name).collect()
}

pub fn boxed<'a>(store: &'a dyn Store, prefix: &'a str) -> impl FnOnce() -> std::pin::Pin<Box<dyn std::future::Future<Output = usize> + Send + 'a>> + 'a {
    move || store.count(prefix)
}

#[instrument]
pub fn traced(limit: usize, mut values: Vec<usize>) -> usize {
    values.retain(|v| *v < limit);
    let mut total = 0;
    values.iter().for_each(|v| total += v);
    total
}

#[instrument(skip(values), err)]
pub async fn traced_async(limit: usize, values: Vec<usize>) -> Result<usize, String> {
    let take = || values.len();
    let found = values.iter().position(|v| *v > limit).ok_or_else(|| format!("none over {limit}"))?;
    Ok(found + take())
}

#[tokio::main]
pub async fn run() {
    let list = vec![1, 2, 3];
    let job = tokio::spawn(async move { list.iter().map(|x| x + 1).sum::<i32>() });
    let name = String::from("a");
    let show = || println!("{name}");
    show();
    let _ = job.await.map(|sum| sum + 1);
}

#[tokio::main(flavor = "current_thread")]
pub async fn main_with(args: Vec<String>) -> Result<(), std::io::Error> {
    let first = args.first().map(|a| a.len()).unwrap_or_else(|| args.len());
    tokio::task::spawn_blocking(move || first + 1).await.map(|_| ()).map_err(|e| std::io::Error::other(e))
}

#[async_trait]
pub trait Consume {
    async fn consume(self) -> String;
}

#[async_trait]
impl Consume for Row {
    async fn consume(self) -> String {
        let whole = || {
            let _ = &__self;
            self.name
        };
        whole()
    }
}
