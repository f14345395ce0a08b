//! A `run` command line as values. Nothing has a default.

use std::collections::BTreeMap;

use crate::failure::{Failure, Result};

#[derive(Clone, Debug)]
pub struct Server {
    pub address: String,
    pub token: String,
}

#[derive(Clone, Debug)]
pub struct Request {
    pub workload: String,
    pub profile: String,
    pub workers: usize,
    pub operations: u64,
    pub warmup: usize,
    pub repetitions: usize,
    pub parameters: BTreeMap<String, String>,
    pub server: Option<Server>,
}

impl Request {
    pub fn parse(arguments: &[String]) -> Result<Request> {
        let mut parameters = BTreeMap::new();
        let mut options = BTreeMap::new();
        for pair in arguments.chunks(2) {
            let [option, value] = pair else {
                return usage(format!("{} wants a value", pair[0]));
            };
            let (name, value, known) = match option.as_str() {
                "--param" => match value.split_once('=') {
                    Some((name, value)) => (name, value, &mut parameters),
                    None => return usage(format!("--param {value} is not name=value")),
                },
                _ => (option.as_str(), value.as_str(), &mut options),
            };
            if known.insert(name.to_string(), value.to_string()).is_some() {
                return usage(format!("{name} is given twice"));
            }
        }
        Request::from_options(options, parameters)
    }

    fn from_options(
        mut options: BTreeMap<String, String>,
        parameters: BTreeMap<String, String>,
    ) -> Result<Request> {
        let server = match (options.remove("--server"), options.remove("--server-token")) {
            (Some(address), Some(token)) => Some(Server { address, token }),
            (None, None) => None,
            _ => return usage("--server and --server-token go together".to_string()),
        };
        let mut take = |name: &str| {
            options
                .remove(name)
                .ok_or_else(|| Failure::Usage(format!("{name} is missing")))
        };
        let request = Request {
            workload: take("--workload")?,
            profile: take("--profile")?,
            workers: whole_number("--workers", &take("--workers")?, 1)? as usize,
            operations: whole_number("--operations", &take("--operations")?, 1)?,
            warmup: whole_number("--warmup", &take("--warmup")?, 0)? as usize,
            repetitions: whole_number("--repetitions", &take("--repetitions")?, 1)? as usize,
            parameters,
            server,
        };
        match options.keys().next() {
            Some(unknown) => usage(format!("unknown option '{unknown}'")),
            None => Ok(request),
        }
    }

    /// A parameter's text.
    pub fn text(&self, name: &str) -> Result<&str> {
        match self.parameters.get(name) {
            Some(text) => Ok(text),
            None => usage(format!("parameter {name} is missing")),
        }
    }

    /// A parameter as a whole number.
    pub fn number(&self, name: &str, least: u64) -> Result<u64> {
        whole_number(name, self.text(name)?, least)
    }
}

pub fn usage<T>(words: String) -> Result<T> {
    Err(Failure::Usage(words))
}

fn whole_number(name: &str, text: &str, least: u64) -> Result<u64> {
    match text.parse() {
        Ok(value) if value >= least && value <= i64::MAX as u64 => Ok(value),
        _ => usage(format!(
            "{name} must be a whole number of at least {least}, not '{text}'"
        )),
    }
}
