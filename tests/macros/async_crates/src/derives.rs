use clap::{Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};
use thiserror::Error;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Config {
    pub name: String,
    pub retries: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
pub enum Level {
    Low,
    High,
}

#[derive(Debug, Error)]
pub enum AppError {
    #[error("io: {0}")]
    Io(#[from] std::io::Error),
    #[error("bad {what}")]
    Bad { what: String },
    #[error(transparent)]
    Number(#[from] std::num::ParseIntError),
}

#[derive(Debug, Parser)]
#[command(name = "lab")]
pub struct Args {
    #[arg(long)]
    pub level: Option<Level>,
    #[command(subcommand)]
    pub command: Command,
    pub files: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Add { n: i32 },
    Show,
}

pub fn moves_config(config: Config) -> impl FnOnce() -> Config {
    move || config
}

pub fn copies_level(level: Level) -> impl Fn() -> Level {
    move || level
}

pub fn reads_config(config: &Config) -> usize {
    let size = || config.name.len();
    size() + config.name.chars().filter(|c| c.is_ascii() && config.retries > 0).count()
}

pub fn convert(text: &str) -> Result<i32, AppError> {
    let parse = |t: &str| -> Result<i32, AppError> { Ok(t.parse::<i32>()?) };
    let n = parse(text)?;
    let bad = || AppError::Bad { what: text.to_string() };
    if n < 0 { Err(bad()) } else { Ok(n) }
}

pub fn shown(error: AppError) -> impl FnOnce() -> String {
    move || error.to_string()
}

pub fn by_ref(error: &AppError) -> String {
    let show = || error.to_string();
    let boxed = || -> Box<dyn std::error::Error + '_> { Box::new(ParseFailed(show())) };
    boxed().to_string()
}

#[derive(Debug, Error)]
#[error("{0}")]
pub struct ParseFailed(pub String);

pub fn parse_args() -> usize {
    let args = Args::parse();
    let count = || args.files.len();
    let level = args.level.map(|l| l as usize).unwrap_or_else(|| count());
    let run = move || match args.command {
        Command::Add { n } => n as usize,
        Command::Show => 0,
    };
    level + run()
}

pub fn try_args(input: Vec<String>) -> Result<Vec<String>, clap::Error> {
    Args::try_parse_from(input.iter()).map(|args| args.files)
}

pub fn from_err(r: Result<u8, std::io::Error>) -> Result<u8, AppError> {
    r.map_err(|e| AppError::from(e))
}

pub fn into_err(r: Result<u8, std::io::Error>) -> Result<u8, AppError> {
    r.map_err(|e| e.into())
}

pub fn levels() -> Vec<&'static str> {
    let all = Level::value_variants();
    all.iter().map(|l| if *l == Level::Low { "low" } else { "high" }).collect()
}

pub fn store<S: serde::Serializer>(config: &Config, s: S) -> Result<S::Ok, S::Error> {
    let go = move || config.serialize(s);
    go()
}
