//! A GET over HTTP/1.1: one request, one answer, one connection.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer as it came; the head is what stands before the empty line.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

const LINE_END: &str = "\r\n";
const HEAD_END: &str = "\r\n\r\n";
const VERSION: &str = "HTTP/1.1 ";

impl Answer {
    /// A header's value; names are compared without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self
            .head
            .split(LINE_END)
            .filter_map(|line| line.split_once(':'));
        let mut named = headers.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.trim_start())
    }

    /// Fails when the text is no complete answer.
    pub fn parse(text: &[u8]) -> io::Result<Answer> {
        let text = std::str::from_utf8(text).map_err(io::Error::other)?;
        let (head, body) = text
            .split_once(HEAD_END)
            .ok_or_else(|| io::Error::other("the answer was cut off"))?;
        let status = head
            .strip_prefix(VERSION)
            .and_then(|rest| rest.get(..3)?.parse().ok())
            .ok_or_else(|| io::Error::other("the answer is not HTTP/1.1"))?;
        let answer = Answer {
            status,
            head: head.to_string(),
            body: body.to_string(),
        };
        let length = answer
            .header("Content-Length")
            .and_then(|value| value.parse().ok());
        if length != Some(answer.body.len()) {
            return Err(io::Error::other(
                "the answer's body is not as long as it says",
            ));
        }
        Ok(answer)
    }
}

pub async fn http_get(address: &str, target: &str) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut text = Vec::new();
    stream.read_to_end(&mut text).await?;
    Answer::parse(&text)
}
