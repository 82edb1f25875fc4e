//! The example `axum_server`, run and asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;

use tempfile::TempDir;

use super::{LONG, example};

/// The example, running in a folder; killed and reaped when dropped.
pub struct Server {
    pub process: Child,
    pub address: String,
    pub folder: Rc<TempDir>,
}

impl Server {
    pub fn start() -> Self {
        Self::start_in(&Rc::new(tempfile::tempdir().unwrap()))
    }

    pub fn start_in(folder: &Rc<TempDir>) -> Self {
        let mut process = Command::new(example("axum_server"))
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().rsplit_once("http://").unwrap().1.to_owned();
        Self {
            process,
            address,
            folder: Rc::clone(folder),
        }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream
    }

    pub fn ask(&self, path: &str) -> TcpStream {
        let mut stream = self.connect();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        stream
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn read_all(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}
