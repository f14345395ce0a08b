//! A conversation with the load generator, as suites/fanout/load_report.hpp has it. The generator
//! keeps its connections open until this one is closed.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::failure::{Failure, Result};
use crate::meter::Meter;
use crate::request::Server;

/// What the load generator found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    pub count: u64,
    pub sum: u64,
    figures: Vec<(String, f64)>,
}

pub struct LoadOrder {
    control: BufReader<TcpStream>,
}

impl LoadOrder {
    /// Returns once each of the connections has had a message sent back.
    pub async fn connect(generator: &Server, port: u16, connections: usize) -> Result<LoadOrder> {
        let stream = TcpStream::connect(&generator.address).await?;
        stream.set_nodelay(true)?;
        let control = BufReader::new(stream);
        let mut order = LoadOrder { control };
        let token = &generator.token;
        order.say(&format!("{token} {port} {connections}")).await?;
        require_answer(&order.hear().await?, "ready")?;
        Ok(order)
    }

    /// Times what is ordered, and names the report's figures.
    pub async fn run(&mut self, meter: &mut Meter, order: &str) -> Result<Report> {
        self.say(order).await?;
        require_answer(&self.hear().await?, "prepared")?;
        meter.start()?;
        self.say("start").await?;
        let answer = self.hear().await?;
        meter.stop()?;
        require_answer(&answer, "ended")?;
        let report = Report::parse(&self.hear().await?)?;
        for (name, value) in &report.figures {
            meter.figure(name, *value);
        }
        Ok(report)
    }

    async fn say(&mut self, words: &str) -> io::Result<()> {
        let line = format!("{words}\n");
        self.control.write_all(line.as_bytes()).await
    }

    /// An empty line when the generator has gone.
    async fn hear(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.control.read_line(&mut line).await?;
        Ok(line.trim_end().to_string())
    }
}

fn require_answer(answer: &str, wanted: &str) -> Result<()> {
    if answer == wanted {
        return Ok(());
    }
    Err(match answer.split_once(' ') {
        Some(("wrong", words)) => Failure::Wrong(words.to_string()),
        Some(("refused", words)) => Failure::Refused(words.to_string()),
        _ => io::Error::other(format!(
            "the load generator says '{answer}' instead of '{wanted}'"
        ))
        .into(),
    })
}

impl Report {
    pub fn parse(line: &str) -> Result<Report> {
        let Some(words) = line.strip_prefix("done ") else {
            require_answer(line, "done")?;
            return Ok(Report::default());
        };
        let figures = words.split_whitespace().map(|word| word.split_once('='));
        let mut report = Report::default();
        for figure in figures {
            let known = figure.and_then(|(name, value)| report.take(name, value));
            if known.is_none() {
                let words = format!("the load generator's report is none: {line}");
                return Err(io::Error::other(words).into());
            }
        }
        Ok(report)
    }

    fn take(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "count" => self.count = value.parse().ok()?,
            "sum" => self.sum = value.parse().ok()?,
            _ => self.figures.push((name.to_string(), value.parse().ok()?)),
        }
        Some(())
    }
}
