//! The format: `v8/src/profiler/heap-snapshot-generator.cc` writes it, DevTools'
//! `front_end/entrypoints/heap_snapshot_worker/HeapSnapshotLoader.ts` reads it.
//!
//! Nodes and edges are flat lists of numbers. The edges stand in the order of the nodes that they leave; an edge names
//! the node it leads to by that node's place in the list. Here the root comes first, then the paths, then the blocks.

use std::io::{self, BufWriter, Write};

use super::series::Series;
use super::strings::Strings;
use super::tree::Path;

/// Fields of a node, as [`META`] lists them.
pub(super) const NODE_FIELDS: u64 = 7;

/// What V8 says about its format. The places in the lists of types are [`NodeType`] and [`EdgeType`].
const META: &str = r#"{"node_fields":["type","name","id","self_size","edge_count","trace_node_id","detachedness"],"node_types":[["hidden","array","string","object","code","closure","regexp","number","native","synthetic","concatenated string","sliced string","symbol","bigint","object shape"],"string","number","number","number","number","number"],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["context","element","property","internal","hidden","shortcut","weak"],"string_or_number","node"],"trace_function_info_fields":["function_id","name","script_name","script_id","line","column"],"trace_node_fields":["id","function_info_index","count","size","children"],"sample_fields":["timestamp_us","last_assigned_id"],"location_fields":["object_index","script_id","line","column"]}"#;

/// How Chrome shows a node.
#[derive(Clone, Copy)]
enum NodeType {
    /// A function of a path; with this type its name is shown as it is.
    Code = 4,
    /// A block: grouped by its name, and no part of a JavaScript heap.
    Native = 8,
    /// The root.
    Synthetic = 9,
}

/// How Chrome shows an edge.
#[derive(Clone, Copy)]
enum EdgeType {
    /// By a number.
    Element = 1,
    /// By a name.
    Property = 2,
}

/// One snapshot of a [`Series`], ready to be written.
#[derive(Debug)]
pub struct Heap<'s> {
    series: &'s Series,
    /// The place of each path among the nodes; `None` if it retains nothing in this snapshot.
    places: Vec<Option<u64>>,
    /// How many edges leave each path.
    edges: Vec<u64>,
    /// The root and the other paths that retain something.
    paths: u64,
    blocks: u64,
}

impl<'s> Heap<'s> {
    pub(super) fn of(series: &'s Series) -> Self {
        let mut edges = vec![0_u64; series.tree.len()];
        let mut blocks = 0;
        for stack in &series.stacks {
            let nodes = stack.blocks.count();
            edges[stack.path.index()] += nodes;
            blocks += nodes;
        }
        for (path, parent, _) in series.tree.steps().rev() {
            if edges[path.index()] > 0 {
                edges[parent.index()] += 1;
            }
        }
        let mut paths = 0;
        let places = edges.iter().enumerate().map(|(at, edges)| {
            let place = (at == 0 || *edges > 0).then_some(paths);
            paths += u64::from(place.is_some());
            place
        });
        let places = places.collect();
        Self {
            series,
            places,
            edges,
            paths,
            blocks,
        }
    }

    /// How many nodes stand for blocks.
    pub fn nodes(&self) -> u64 {
        self.blocks
    }

    /// Writes the `.heapsnapshot` file. It is not held in memory.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write(&self, out: impl Write) -> io::Result<()> {
        let mut out = BufWriter::new(out);
        let nodes = self.paths + self.blocks;
        let edges = nodes - 1; // a tree
        write!(
            out,
            r#"{{"snapshot":{{"meta":{META},"node_count":{nodes},"edge_count":{edges},"trace_function_count":0,"extra_native_bytes":0}}"#
        )?;
        out.write_all(b",\n\"nodes\":[")?;
        self.write_paths(&mut out)?;
        self.write_blocks(&mut out)?;
        out.write_all(b"],\n\"edges\":[")?;
        self.write_edges(&mut out)?;
        out.write_all(b"],\n\"trace_function_infos\":[],\n\"trace_tree\":[],\n\"samples\":[],\n\"locations\":[],\n\"strings\":[")?;
        for (at, string) in self.series.strings.iter().enumerate() {
            out.write_all(if at == 0 { b"" } else { b",\n" })?;
            serde_json::to_writer(&mut out, string)?;
        }
        out.write_all(b"]}\n")?;
        out.flush()
    }

    fn write_paths(&self, out: &mut impl Write) -> io::Result<()> {
        let (root, code) = (NodeType::Synthetic as u8, NodeType::Code as u8);
        write!(out, "{root},{},1,0,{},0,0", Strings::EMPTY, self.edges[0])?;
        for (path, ..) in self.series.tree.steps() {
            if self.places[path.index()].is_some() {
                let name = self.series.names[path.index()].function;
                let (id, edges) = (2 * path.0 + 1, self.edges[path.index()]);
                write!(out, "\n,{code},{name},{id},0,{edges},0,0")?;
            }
        }
        Ok(())
    }

    fn write_blocks(&self, out: &mut impl Write) -> io::Result<()> {
        for stack in &self.series.stacks {
            let before = format!("\n,{},{},", NodeType::Native as u8, stack.constructor);
            for run in stack.blocks.runs() {
                let after = format!(",{},0,0,0", run.size);
                for id in run.ids() {
                    write!(out, "{before}{id}{after}")?;
                }
            }
        }
        Ok(())
    }

    /// From each path first to the paths that it calls, then to the blocks that it allocated.
    fn write_edges(&self, out: &mut impl Write) -> io::Result<()> {
        let mut calls: Vec<(Path, u64)> = self
            .series
            .tree
            .steps()
            .filter_map(|(path, parent, _)| Some((parent, self.places[path.index()]?)))
            .collect();
        calls.sort_by_key(|(parent, _)| *parent);
        let mut calls = calls.into_iter().peekable();
        let mut stacks = self.series.stacks.iter().peekable();
        let (mut next_block, mut first) = (self.paths, true);
        for at in (0_u32..).map(Path).take(self.places.len()) {
            let mut index = 0_u64;
            let mut edge = |to: u64| {
                let separator = if first { "" } else { "\n," };
                first = false;
                index += 1;
                let (kind, name) = if at == Path::ROOT {
                    (EdgeType::Element, index)
                } else {
                    let place = self.series.names[at.index()].place;
                    (EdgeType::Property, u64::from(place))
                };
                write!(out, "{separator}{},{name},{}", kind as u8, to * NODE_FIELDS)
            };
            while let Some((_, to)) = calls.next_if(|(parent, _)| *parent == at) {
                edge(to)?;
            }
            while let Some(stack) = stacks.next_if(|stack| stack.path == at) {
                for _ in 0..stack.blocks.count() {
                    edge(next_block)?;
                    next_block += 1;
                }
            }
        }
        Ok(())
    }
}
