//! Records the zoo, and tells what each of its handlers holds.

use heapdiff::Profile;
use heapshot::Recorder;
use serde_json::{Value, json};

use crate::Behaviour;

/// Snapshots of all handlers together.
pub(crate) struct Recording {
    snapshots: Vec<Value>,
}

/// Frames kept of each stack: in a debug build a cache of a library alone takes twenty.
const FRAMES: usize = 40;

impl Recording {
    /// Sends so many requests to each handler, and takes a snapshot each time that a count is reached.
    pub(crate) fn of(zoo: &[Behaviour], schedule: &[u64]) -> Self {
        let heap = Recorder::builder()
            .frames(FRAMES)
            .start()
            .expect("the only recorder");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("heap.json");
        let mut served = 0;
        let snapshots = schedule.iter().map(|target| {
            for request in served..*target {
                for behaviour in zoo {
                    (behaviour.handler)(request);
                }
            }
            served = *target;
            heap.snapshot(&path).expect("a snapshot");
            let text = std::fs::read(&path).expect("the snapshot");
            serde_json::from_slice(&text).expect("a snapshot is JSON")
        });
        Self {
            snapshots: snapshots.collect(),
        }
    }

    /// The snapshots with nothing in them but what has a frame of this function.
    pub(crate) fn only(&self, function: &str) -> Vec<Profile> {
        self.snapshots
            .iter()
            .map(|snapshot| only(snapshot, function))
            .collect()
    }
}

fn only(snapshot: &Value, function: &str) -> Profile {
    let frames = snapshot["ftbl"].as_array().expect("frames");
    // without the crate: a symbol may have a hash behind its name
    let (_, path) = function.split_once("::").expect("a path");
    let inside = format!("::{path}::");
    let end = format!("::{path} (");
    let is_of: Vec<bool> = frames
        .iter()
        .map(|frame| {
            let frame = frame.as_str().expect("a frame is text");
            frame.contains(&inside) || frame.contains(&end)
        })
        .collect();
    let number = |index: &Value| usize::try_from(index.as_u64().expect("an index")).expect("small");
    let mut kept: Vec<Value> = Vec::new();
    let mut place = vec![None; frames.len()];
    let mut points = Vec::new();
    for point in snapshot["pps"].as_array().expect("points") {
        let stack = point["fs"].as_array().expect("a stack");
        if !stack.iter().any(|index| is_of[number(index)]) {
            continue;
        }
        let mut point = point.clone();
        for index in point["fs"].as_array_mut().expect("a stack") {
            let at = place[number(index)].get_or_insert_with(|| {
                kept.push(frames[number(index)].clone());
                kept.len() - 1
            });
            *index = json!(at);
        }
        points.push(point);
    }
    let document = json!({
        "dhatFileVersion": 2, "mode": "rust-heap", "bklt": true,
        "pps": points, "ftbl": kept, "heapshot": snapshot["heapshot"],
    });
    let document = serde_json::to_vec(&document).expect("JSON");
    Profile::parse(&document).expect("a part of a snapshot is one")
}
